/* token_win.h - read out of tokens whose they are, and which groups they count.
 *
 * Effects: asks about open tokens              Units:  none
 * Owns:    texts and struct ag_token_list;     Errors: ST_IO, ST_DENIED, ST_NO_MEMORY
 *          ag_token_list_done() frees
 * Threads: one thread                          Source: GetTokenInformation, TOKEN_GROUPS
 */
#ifndef AGENT_TOKEN_WIN_H
#define AGENT_TOKEN_WIN_H

#include "agent/groups.h"
#include "agent/sessions_win.h"

/* The SID; free() frees it. */
enum status ag_token_user(const struct ag_session_calls *calls, HANDLE token, char **out,
                          struct err *err) MUST_USE;

/* Does a group with these attributes count as one that its user is in? Not if it may only deny, not
 * what names the logon or an integrity level and is no group. */
bool ag_token_counts(DWORD attributes);

/* A user and one group of his token; NULL: he is in none. */
struct ag_token_row {
    char *sid;
    char *group;
};

struct ag_token_list {
    struct ag_token_row *rows;
    size_t count;
};

/* Append what the token says; after a failure nothing of it is there. */
enum status ag_token_list_add(struct ag_token_list *list, const struct ag_session_calls *calls,
                              HANDLE token, struct err *err) MUST_USE;
bool ag_token_list_has(const struct ag_token_list *list, const char *sid);
/* Put all that was read into the table: of each user the groups of all his tokens. */
enum status ag_token_list_keep(struct ag_token_list *list, struct ag_groups *groups,
                               struct err *err) MUST_USE;
void ag_token_list_done(struct ag_token_list *list);

#endif
