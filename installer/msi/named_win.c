#include "installer/msi/named_win.h"

#include "base/file.h"
#include "installer/msi/wipe_win.h"
#include "policy/limits.h"
#include "policy/trust.h"

#include <string.h>

static size_t limit_of(enum ins_property property)
{
    return property == INS_TRUSTFILE ? LIMIT_TRUST_BYTES
           : property == INS_CAFILE  ? INS_CA_BYTES
                                     : INS_SECRET_BYTES;
}

/* The line end that an editor or `>` put there is no part of a secret. */
static void cut_line_end(struct bytes *text)
{
    while (text->size > 0 &&
           (text->data[text->size - 1] == '\n' || text->data[text->size - 1] == '\r')) {
        text->size--;
    }
}

/* No secret is JSON, and the file is overwritten in the end: a wrong one would be lost. */
static bool is_secret(const struct bytes *content)
{
    return content->size > 0 && strcspn(bytes_text(content), " \t\r\n{}\"") == content->size;
}

static enum status check_content(enum ins_property property, const struct bytes *content,
                                 struct err *err)
{
    const char *name = INS_PROPERTIES[property].name;
    struct pol_trust *trust = NULL;
    enum status st = ST_OK;
    if (property == INS_TRUSTFILE) {
        struct err why = {.st = ST_OK};
        st = pol_trust_parse(bytes_span(content), &trust, &why);
        pol_trust_free(trust);
        if (st == ST_REFUSED) {
            st = err_refuse(err, why.code, name, "%s names no trust file: %.300s", name, why.text);
        } else if (st != ST_OK) {
            *err = why;
        }
    } else if (property == INS_CAFILE &&
               strstr(bytes_text(content), "-----BEGIN CERTIFICATE-----") == NULL) {
        st = err_refuse(err, "bad_certificate", name, "%s names a file without a PEM certificate",
                        name);
    } else if (property == INS_ENROLLSECRETFILE && !is_secret(content)) {
        st = err_refuse(err, "out_of_range", name, "%s must name a file of one line, the secret",
                        name);
    }
    return st;
}

enum status ins_named_read(const struct ins_wish *wish, enum ins_property property,
                           struct bytes *out, struct err *err)
{
    const char *name = INS_PROPERTIES[property].name;
    struct err why = {.st = ST_OK};
    struct bytes content = {0};
    enum status st = file_read(wish->values[property], limit_of(property), &content, &why);
    if (st != ST_OK) {
        st = err_set(err, st, why.os_code, "%s: %.300s", name, why.text);
    }
    if (st == ST_OK && property == INS_ENROLLSECRETFILE) {
        cut_line_end(&content);
        content.data[content.size] = '\0'; /* there was a final NUL behind it before */
    }
    if (st == ST_OK) {
        st = check_content(property, &content, err);
    }
    if (st == ST_OK) {
        *out = content;
    } else {
        bytes_wipe(&content);
    }
    return st;
}

enum status ins_named_look(const struct ins_wish *wish, struct err *err)
{
    enum status st = ST_OK;
    for (int i = 0; i < INS_PROPERTY_COUNT && st == ST_OK; i++) {
        if (INS_PROPERTIES[i].kept_as != NULL && ins_wish_is_given(wish, (enum ins_property)i)) {
            struct bytes content = {0};
            st = ins_named_read(wish, (enum ins_property)i, &content, err);
            bytes_wipe(&content);
        }
    }
    return st;
}
