#include "policy/unbuilt.h"

enum status pol_unbuilt_in_server(const struct pol_policy *policy, struct err *err)
{
    if (policy->gate.advance != POL_ADVANCE_MANUAL || policy->gate.on_fail != POL_ON_FAIL_HOLD) {
        return err_refuse(err, "unsupported", "/gate",
                          "servers of this version leave a stage only when they are told to");
    }
    return ST_OK;
}
