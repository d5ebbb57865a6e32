/* image_win.h - read which version a program file is, and for which processors.
 *
 * From this machine's own disks only, and no more of the file than that takes.
 * Effects: opens and reads files           Units:  bytes
 * Owns:    nothing                         Errors: ST_NOT_FOUND: there is none; ST_DENIED: not on a disk
 *                                                  of this machine, or of somebody who may not say;
 *                                                  ST_TOO_LARGE, ST_IO: it makes no sense
 * Threads: safe                            Source: GetFileVersionInfoExW; PE/COFF
 */
#ifndef AGENT_IMAGE_WIN_H
#define AGENT_IMAGE_WIN_H

#include "base/err.h"
#include "policy/words.h"

#include <stdbool.h>
#include <wchar.h>

struct ag_image {
    uint64_t version; /* as policy/outlook_version.h has it */
    enum pol_bitness bitness;
};

/* only_trusted: refuse a file that an ordinary user could have put there. */
enum status ag_image_read(const wchar_t *path, bool only_trusted, struct ag_image *out,
                          struct err *err) MUST_USE;

#endif
