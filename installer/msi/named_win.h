/* named_win.h - read the files that properties name: trust, CA, enroll secret.
 *
 * Effects: reads files                            Units:  bytes
 * Owns:    *out, bytes_wipe() it                  Errors: ST_REFUSED: it is not what it should be;
 * Threads: one thread                                     those of file.h, with the property's name
 * Source:  docs/install.md
 */
#ifndef INSTALLER_NAMED_WIN_H
#define INSTALLER_NAMED_WIN_H

#include "installer/msi/wish.h"

enum { INS_CA_BYTES = 1024 * 1024 };

/* property: one with kept_as, and given. A secret comes without its line end. */
enum status ins_named_read(const struct ins_wish *wish, enum ins_property property,
                           struct bytes *out, struct err *err) MUST_USE;
/* Can all of them be read, and are they what they should be? */
enum status ins_named_look(const struct ins_wish *wish, struct err *err) MUST_USE;

#endif
