/* config.h - how this agent was set up.
 *
 * Effects: none                                  Units:  none
 * Owns:    all texts; ag_config_done() frees     Errors: ST_REFUSED names the setting and what to do
 * Threads: one thread                            Source: docs/protocol.md "Command lines"
 */
#ifndef AGENT_CONFIG_H
#define AGENT_CONFIG_H

#include "base/err.h"
#include "base/log.h"

#include <stddef.h>
#include <stdint.h>

/* How far the agent may look at what Outlook does (Observe of machine policy). */
enum ag_observe_level {
    AG_OBSERVE_NONE,    /* not at all */
    AG_OBSERVE_PROCESS, /* whether OUTLOOK.EXE runs, and since when */
    AG_OBSERVE_PROFILE, /* and the user's profiles */
    AG_OBSERVE_FULL,    /* and the cached Autodiscover answers */
};

struct ag_config {
    char *server_url; /* "https://host:port"; NULL: signed files alone */
    char *ca_file;    /* NULL: the Windows store */
    char *trust_file;
    char *rollout;            /* only this rollout is taken; NULL: any that trust names */
    char *enroll_secret_file; /* NULL: no enrolling */
    char *proxy;              /* NULL: none */
    char *data_dir;
    char **tags;
    size_t tag_count;
    int64_t min_version;   /* MinVersion of machine policy; 0: none */
    int64_t pause_until_s; /* Pause of machine policy: write nothing before this time; 0: none */
    enum ag_observe_level observe;
    enum log_level log_level;
};

/* What holds where nothing is set. */
struct ag_config ag_config_defaults(void);
void ag_config_done(struct ag_config *config);

/* Take over `--server-url URL`, `--data-dir DIR`, ... (console mode); each overrides what is there.
 * ST_REFUSED for an unknown flag or a missing value. */
enum status ag_config_read_flags(struct ag_config *config, int argc, char *const *argv,
                                 struct err *err) MUST_USE;

/* Check that what is needed is there and well formed. */
enum status ag_config_check(const struct ag_config *config, struct err *err) MUST_USE;

#endif
