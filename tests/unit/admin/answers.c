#include "tests/cmocka_all.h"

#include "tests/unit/admin/answers.h"

#include <stdlib.h>

const char ANSWER_ROLLOUT[] =
    "{\"rollout\":\"mapihttp-2026\",\"policy_etag\":\"\\\"7002-aa\\\"\","
    "\"bundle_etag\":\"\\\"7-bb\\\"\",\"safe_released\":false,"
    "\"released\":{\"version\":7002,\"serial\":7,\"stage\":\"pilot\",\"kind\":\"stage\","
    "\"at\":\"2026-11-22T10:00:00Z\",\"by\":\"alice\",\"reason\":null,\"served\":true},"
    "\"stored\":{\"serial\":7,\"expires_at\":\"2027-02-20T10:00:00Z\",\"stages\":["
    "{\"stage\":\"observe\",\"version\":7001,\"not_before\":null},"
    "{\"stage\":\"pilot\",\"version\":7002,\"not_before\":null},"
    "{\"stage\":\"everyone\",\"version\":7003,\"not_before\":\"2026-12-07T06:00:00Z\"}]},"
    "\"released_bundle\":{\"serial\":7,\"expires_at\":\"2027-02-20T10:00:00Z\",\"stages\":["
    "{\"stage\":\"observe\",\"version\":7001,\"not_before\":null},"
    "{\"stage\":\"pilot\",\"version\":7002,\"not_before\":null},"
    "{\"stage\":\"everyone\",\"version\":7003,\"not_before\":\"2026-12-07T06:00:00Z\"}]},"
    "\"days_to_expiry\":90}";

const char ANSWER_EMPTY[] =
    "{\"rollout\":null,\"policy_etag\":\"\\\"0\\\"\",\"bundle_etag\":\"\\\"0\\\"\","
    "\"safe_released\":false,\"released\":null,\"stored\":null,\"released_bundle\":null,"
    "\"days_to_expiry\":null}";

const char ANSWER_FLEET[] = "{\"users\":20,\"devices\":12,\"state\":{\"compliant\":14,\"error\":1},"
                            "\"ring\":{\"pilot\":3},\"version\":{\"7002\":15,\"7001\":4,\"0\":1}}";

const char ANSWER_FLEET_WHOLE[] =
    "{\"users\":20,\"devices\":12,\"stale_devices\":2,\"state\":{\"compliant\":9,\"error\":1,"
    "\"idle\":5,\"unmanaged\":4,\"pending_logon\":1},\"ring\":{\"pilot\":3},"
    "\"version\":{\"7002\":15,\"7001\":4,\"0\":1},"
    "\"stage\":{\"pilot\":15,\"observe\":4,\"none\":1},"
    "\"stage_state\":{\"pilot\":{\"compliant\":9,\"error\":1,\"idle\":5},"
    "\"observe\":{\"unmanaged\":4},\"none\":{\"pending_logon\":1}},"
    "\"brake\":[{\"outlook\":\"16.0.5000.1000\",\"users\":3,\"rpc_http\":3,\"mapi_http\":0,"
    "\"other\":0},{\"outlook\":\"16.0.17328.20162\",\"users\":100,\"rpc_http\":99,\"mapi_http\":1,"
    "\"other\":0},{\"outlook\":\"16.0.18000.1\",\"users\":40,\"rpc_http\":10,\"mapi_http\":28,"
    "\"other\":2}]}";

struct adm_answer answer_of(const char *text)
{
    struct pol_json_limits limits = pol_json_limits_document(ADM_ANSWER_BYTES);
    struct adm_answer answer = {.problems = calloc(1, sizeof *answer.problems)};
    struct err err = {.st = ST_OK};

    assert_non_null(answer.problems);
    if (pol_json_parse(span_text(text), &limits, &answer.json, &err) != ST_OK) {
        fail_msg("%s", err.text);
    }
    return answer;
}
