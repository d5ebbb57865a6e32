#include "agent/preflight.h"

#include <string.h>

static bool is_asked(const struct pol_preflight *asked, const char *url)
{
    for (size_t i = 0; i < asked->count; i++) {
        if (strcmp(asked->urls[i], url) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_known(const struct ag_preflight *p, const char *url)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->urls[i].url, url) == 0) {
            return p->urls[i].known;
        }
    }
    return false;
}

enum pol_answer ag_preflight_answer(const struct ag_preflight *p, const struct pol_preflight *asked)
{
    enum pol_answer answer = asked->count > 0 ? POL_NO : POL_NOT_KNOWN;
    for (size_t i = 0; i < p->count; i++) {
        const struct ag_preflight_url *u = &p->urls[i];
        if (u->known && u->last.verdict == POL_VERDICT_READY && is_asked(asked, u->url)) {
            return POL_YES;
        }
    }
    for (size_t i = 0; i < asked->count; i++) {
        answer = is_known(p, asked->urls[i]) ? answer : POL_NOT_KNOWN;
    }
    return answer;
}

size_t ag_preflight_rows(const struct ag_preflight *p, struct pol_report_probe *rows, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < 2 * p->count && count < most; i++) {
        const struct ag_preflight_url *u = &p->urls[i / 2];
        bool for_block = i % 2 == 1;
        if (!u->known || !(for_block ? u->for_block : u->for_allow)) {
            continue;
        }
        rows[count++] = (struct pol_report_probe){
            .url = u->url,
            .for_block = for_block,
            .verdict = u->last.verdict,
            .http = u->last.http,
            .server = u->last.server[0] != '\0' ? u->last.server : NULL,
            .auth = u->auth,
            .auth_count = u->auth_count,
            .at_s = u->at_s,
        };
    }
    return count;
}
