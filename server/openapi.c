#include "server/openapi.h"

#include "server/openapi_json.h"

struct span srv_openapi(void)
{
    return span_text(OPENAPI);
}
