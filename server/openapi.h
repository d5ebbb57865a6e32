/* openapi.h - the description of both doors, as programs read it.
 *
 * Effects: none                  Units:  bytes
 * Owns:    nothing; static       Errors: none
 * Threads: safe                  Source: server/openapi.json; OpenAPI 3.1
 */
#ifndef SERVER_OPENAPI_H
#define SERVER_OPENAPI_H

#include "base/bytes.h"

struct span srv_openapi(void);

#endif
