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

/* One setting each: a value in the registry, a flag of the command line. */
enum ag_setting_id {
    AG_SET_SERVER_URL,
    AG_SET_CA_FILE,
    AG_SET_TRUST_FILE,
    AG_SET_ROLLOUT,
    AG_SET_ENROLL_SECRET_FILE,
    AG_SET_PROXY,
    AG_SET_DATA_DIR,
    AG_SET_TAGS,
    AG_SET_LOG_LEVEL,
    AG_SET_OBSERVE,
    AG_SET_MIN_VERSION,
    AG_SET_PAUSE,
    AG_SET_COUNT
};

struct ag_config_entry {
    const char *name;    /* "ServerUrl" */
    const char *flag;    /* "--server-url"; NULL: there is none */
    bool is_list;        /* of texts (REG_MULTI_SZ); else one (REG_SZ) */
    bool machine_policy; /* allowed there and as a flag alone: who installs must not set it */
};
extern const struct ag_config_entry AG_CONFIG_ENTRIES[AG_SET_COUNT];

struct ag_config {
    char *server_url; /* "https://host:port"; NULL: signed files alone */
    char *ca_file;    /* NULL: the Windows store */
    char *trust_file;
    char *rollout;            /* only this rollout is taken; NULL: any that trust names */
    char *enroll_secret_file; /* NULL: no enrolling */
    char *proxy;              /* NULL: none */
    char *data_dir;
    char **tags; /* NULL: nobody knows, which is not the same as none */
    size_t tag_count;
    int64_t min_version;   /* MinVersion of machine policy; 0: none */
    int64_t pause_until_s; /* Pause of machine policy: write nothing before this time; 0: none */
    enum ag_observe_level observe;
    enum log_level log_level;
    const char *places[AG_SET_COUNT]; /* where each was set, a literal; NULL: nowhere */
};

/* What holds where nothing is set. */
struct ag_config ag_config_defaults(void);
void ag_config_done(struct ag_config *config);

/* Would an agent do the same with both? Where they were set does not count. */
bool ag_config_same(const struct ag_config *a, const struct ag_config *b);
bool ag_config_same_entry(const struct ag_config *a, const struct ag_config *b,
                          enum ag_setting_id id);

/* Set one, or add one text to a list. place: a literal such as "HKLM\\SOFTWARE\\...". ST_REFUSED
 * (out_of_range, too_large) names the setting, its place and what is allowed. */
enum status ag_config_put(struct ag_config *config, enum ag_setting_id id, const char *place,
                          const char *text, struct err *err) MUST_USE;

/* Take over `--server-url URL`, `--data-dir DIR`, ... (console mode); each overrides what is there.
 * ST_REFUSED for an unknown flag or a missing value. */
enum status ag_config_read_flags(struct ag_config *config, int argc, char *const *argv,
                                 struct err *err) MUST_USE;

/* Check that what is needed is there and well formed. */
enum status ag_config_check(const struct ag_config *config, struct err *err) MUST_USE;

extern const char *const AG_OBSERVE_WORDS[4]; /* by their level */

#endif
