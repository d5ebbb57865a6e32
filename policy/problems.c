#include "policy/json_pointer.h"
#include "policy/json_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status pol_problems_status(const struct pol_problems *problems, struct err *err)
{
    if (problems->found == 0) {
        return ST_OK;
    }
    const struct pol_problem *first = &problems->items[0];
    return err_refuse(err, first->code, first->pointer, "%s", first->text);
}

/* Counted; NULL: it is one too many to be kept. */
static struct pol_problem *count_one(struct pol_problems *problems)
{
    return problems->found++ < LIMIT_PROBLEMS ? &problems->items[problems->count++] : NULL;
}

void pol_problems_add(struct pol_problems *problems, const struct err *err)
{
    struct pol_problem *problem = count_one(problems);
    if (problem != NULL) {
        problem->code = err->code;
        (void)snprintf(problem->pointer, sizeof problem->pointer, "%s", err->pointer);
        (void)snprintf(problem->text, sizeof problem->text, "%s", err->text);
    }
}

static void write_pointer(const struct pol_at *at, char out[ERR_POINTER_BYTES])
{
    const struct pol_at *way[LIMIT_NESTING + 2];
    size_t steps = 0;
    for (; at->up != NULL && steps < sizeof way / sizeof way[0]; at = at->up) {
        way[steps++] = at;
    }
    out[0] = '\0';
    while (steps > 0) {
        const struct pol_at *step = way[--steps];
        if (step->key != NULL) {
            pol_pointer_append_key(out, step->key, strlen(step->key));
        } else {
            pol_pointer_append_index(out, step->index);
        }
    }
}

void pol_at_problem(const struct pol_at *at, const char *code, const char *format, ...)
{
    struct pol_problem *problem = count_one(at->problems);
    va_list arguments;
    if (problem == NULL) {
        return;
    }
    problem->code = code;
    write_pointer(at, problem->pointer);
    va_start(arguments, format);
    if (vsnprintf(problem->text, sizeof problem->text, format, arguments) < 0) {
        problem->text[0] = '\0';
    }
    va_end(arguments);
}
