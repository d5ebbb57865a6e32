#include "admin/roots.h"

enum status adm_roots_read(struct bytes *out, struct err *err)
{
    (void)out; /* the library was built with the path of the system's bundle */
    (void)err;
    return ST_OK;
}
