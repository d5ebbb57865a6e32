#include "base/status.h"

enum status_class status_class(enum status st)
{
    switch (st) {
    case ST_OK: return STATUS_FINE;
    case ST_UNREACHABLE:
    case ST_TIMED_OUT:
    case ST_BUSY:
    case ST_CANCELLED: return STATUS_TRY_LATER;
    case ST_REFUSED: return STATUS_REFUSED;
    case ST_NOT_FOUND:
    case ST_EXISTS:
    case ST_DENIED:
    case ST_TOO_LARGE:
    case ST_IO:
    case ST_NO_SPACE:
    case ST_NO_MEMORY: return STATUS_MACHINE;
    case ST_BUG: return STATUS_BUG;
    }
    return STATUS_BUG; /* a value that no enumerator names can only be our own mistake */
}

const char *status_name(enum status st)
{
    switch (st) {
    case ST_OK: return "ok";
    case ST_UNREACHABLE: return "unreachable";
    case ST_TIMED_OUT: return "timed_out";
    case ST_BUSY: return "busy";
    case ST_CANCELLED: return "cancelled";
    case ST_REFUSED: return "refused";
    case ST_NOT_FOUND: return "not_found";
    case ST_EXISTS: return "exists";
    case ST_DENIED: return "denied";
    case ST_TOO_LARGE: return "too_large";
    case ST_IO: return "io";
    case ST_NO_SPACE: return "no_space";
    case ST_NO_MEMORY: return "no_memory";
    case ST_BUG: return "bug";
    }
    return "bug";
}
