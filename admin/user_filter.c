#include "admin/user_filter.h"

#include "admin/client_url.h"
#include "policy/words.h"

#include <string.h>

enum { TEXT_MOST_BYTES = 1024, WORDS_BYTES = 400 };

/* key: in the query, and of the member that must then have this text. */
static const struct {
    const char *option;
    const char *key;
    bool is_member;
    const char *const *words; /* NULL: any text */
    size_t word_count;
} KEYS[ADM_USER_KEYS] = {
    [ADM_USER_STATE] = {"--state", "state", true, POL_STATE_WORDS, POL_STATE_COUNT},
    [ADM_USER_RING] = {"--ring", "ring", true, NULL, 0},
    [ADM_USER_SET] = {"--set", "set", true, POL_SET_WORDS, POL_SET_COUNT},
    [ADM_USER_STAGE] = {"--stage", "stage", false, NULL, 0},
    [ADM_USER_PROTOCOL] = {"--protocol", "protocol", true, POL_OBSERVED_WORDS, POL_OBSERVED_COUNT},
    [ADM_USER_CONFIDENCE] = {"--confidence", "confidence", true, POL_CONFIDENCE_WORDS,
                             POL_CONFIDENCE_COUNT},
    [ADM_USER_MAILBOX] = {"--mailbox", "mailbox", true, POL_MAILBOX_WORDS, POL_MAILBOX_COUNT},
    [ADM_USER_OUTLOOK] = {"--outlook", "outlook", false, NULL, 0},
    [ADM_USER_VALUE] = {"--value", "value", false, NULL, 0},
    [ADM_USER_VERSION] = {"--version", "version", false, NULL, 0},
    [ADM_USER_BLOCKED_BY] = {"--blocked-by", "blocked_by", true, POL_BLOCKED_WORDS,
                             POL_BLOCKED_COUNT},
    [ADM_USER_HOST] = {"--host", "host", true, NULL, 0},
    [ADM_USER_DEVICE] = {"--device", "device", false, NULL, 0},
    [ADM_USER_SID] = {"--sid", "sid", true, NULL, 0},
    [ADM_USER_TEXT] = {"--text", "q", false, NULL, 0},
};

static bool is_among(const char *const *words, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (words[i] != NULL && strcmp(words[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static enum status refuse_word(size_t key, const char *text, struct err *err)
{
    struct bytes words = bytes_with_limit(WORDS_BYTES);
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < KEYS[key].word_count; i++) {
        const char *word = KEYS[key].words[i];
        st = word == NULL ? ST_OK
                          : bytes_append_format(&words, "%s%s", words.size > 0 ? ", " : "", word);
    }
    st = adm_usage(err, "%s is no %s: it takes %s", text, KEYS[key].option, bytes_text(&words));
    bytes_free(&words);
    return st;
}

enum status adm_user_filter_check(const struct adm_user_filter *filter, struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < ADM_USER_KEYS; i++) {
        const char *text = filter->text[i];
        if (text != NULL && KEYS[i].words != NULL &&
            !is_among(KEYS[i].words, KEYS[i].word_count, text)) {
            st = refuse_word(i, text, err);
        }
    }
    return st;
}

enum status adm_user_filter_query(const struct adm_user_filter *filter, struct bytes *out,
                                  struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < ADM_USER_KEYS; i++) {
        st = adm_query_add(out, KEYS[i].key, filter->text[i]);
    }
    st = st == ST_OK ? adm_query_add(out, "stale", filter->stale ? "1" : NULL) : st;
    st = st == ST_OK ? adm_query_add(out, "duplicate", filter->duplicate ? "1" : NULL) : st;
    st = st == ST_OK ? adm_query_add(out, "failed", filter->failed ? "1" : NULL) : st;
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "the filters are too long");
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Hosts have no case. */
static bool is_same(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

enum status adm_user_filter_holds(const struct adm_user_filter *filter, const struct pol_at *user,
                                  struct err *err)
{
    for (size_t i = 0; i < ADM_USER_KEYS; i++) {
        const char *has = "";
        if (filter->text[i] == NULL || !KEYS[i].is_member || !pol_at_is_object(user)) {
            continue;
        }
        (void)pol_read_text(user, KEYS[i].key, POL_OPTIONAL, TEXT_MOST_BYTES, &has);
        if (!is_same(has, filter->text[i])) {
            return err_refuse(err, "unsupported", NULL,
                              "this server does not know %s: it answers with others, too",
                              KEYS[i].option);
        }
    }
    return ST_OK;
}
