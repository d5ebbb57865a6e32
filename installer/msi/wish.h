/* wish.h - what whoever installs the agent asks for: the public properties of the MSI.
 *
 * command line -> [wish] -> settings of the agent
 *
 * A property that is not given leaves what is set. One that is a single "-" takes it away. What is
 * asked for travels from the first, unprivileged look to the privileged change as lines of
 * NAME=VALUE; no secret is among them, only where one lies.
 * Effects: none                                Units:  bytes
 * Owns:    texts; ins_wish_done() frees        Errors: ST_REFUSED names the property and what to do
 * Threads: one thread                          Source: docs/install.md "Properties"
 */
#ifndef INSTALLER_WISH_H
#define INSTALLER_WISH_H

#include "agent/config.h"
#include "base/bytes.h"

#include <stdbool.h>

enum ins_property {
    INS_SERVERURL,
    INS_ENROLLSECRETFILE,
    INS_TRUSTFILE,
    INS_ROLLOUT,
    INS_CAFILE,
    INS_TAGS,
    INS_PROXY,
    INS_NOSTART,
    INS_ONUNINSTALL,
    INS_PROPERTY_COUNT
};

struct ins_property_entry {
    const char *name;           /* of the MSI property */
    enum ag_setting_id setting; /* AG_SET_COUNT: none of the agent's */
    const char *kept_as; /* a file whose content is kept in the data directory by this name */
    bool can_go;         /* "-" takes it away */
};
extern const struct ins_property_entry INS_PROPERTIES[INS_PROPERTY_COUNT];

struct ins_wish {
    char *values[INS_PROPERTY_COUNT]; /* NULL: not given */
};

enum { INS_WISH_BYTES = 32 * 1024 }; /* all properties as lines */

void ins_wish_done(struct ins_wish *wish);

/* An empty text is as good as none: that is how Windows Installer takes a property away. */
enum status ins_wish_put(struct ins_wish *wish, enum ins_property property, const char *text,
                         struct err *err) MUST_USE;

/* Would the agent take what is asked for, on top of what is set? set: as the agent reads it now. */
enum status ins_wish_check(const struct ins_wish *wish, const struct ag_config *set,
                           struct err *err) MUST_USE;
/* The same for those of an uninstallation alone. */
enum status ins_wish_check_leaving(const struct ins_wish *wish, struct err *err) MUST_USE;

bool ins_wish_is_given(const struct ins_wish *wish, enum ins_property property);
bool ins_wish_takes_away(const struct ins_wish *wish, enum ins_property property);

/* One tag after the other out of TAGS; *at is NULL at the first call. False: no more. */
bool ins_wish_next_tag(const struct ins_wish *wish, const char **at, char *out, size_t room);

enum status ins_wish_write(const struct ins_wish *wish, struct bytes *out) MUST_USE;
/* Only what ins_wish_write() wrote; ST_REFUSED otherwise. */
enum status ins_wish_read(const char *lines, struct ins_wish *out, struct err *err) MUST_USE;

#endif
