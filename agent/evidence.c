#include "agent/evidence.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool has(const struct ag_evidence *evidence, const char *text)
{
    for (size_t i = 0; i < evidence->count; i++) {
        if (strcmp(evidence->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static void put(struct ag_evidence *evidence, size_t place, const char *text)
{
    (void)snprintf(evidence->items[place], AG_EVIDENCE_BYTES, "%s", text);
}

void ag_evidence_add(struct ag_evidence *evidence, const char *format, ...)
{
    char text[AG_EVIDENCE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (has(evidence, text)) {
        return;
    }
    if (evidence->count < AG_EVIDENCE_MOST) {
        put(evidence, evidence->count++, text);
    } else {
        put(evidence, AG_EVIDENCE_MOST - 1, "more");
    }
}

void ag_evidence_insist(struct ag_evidence *evidence, const char *text)
{
    ag_evidence_add(evidence, "%s", text);
    if (!has(evidence, text)) {
        put(evidence, AG_EVIDENCE_MOST - 2, text);
    }
}
