#include "policy/unbuilt.h"

enum status pol_unbuilt_in_agent(const struct pol_policy *policy, struct err *err)
{
    if (policy->apply.when != POL_WHEN_NOW || policy->apply.spread_s != 0) {
        return err_refuse(err, "unsupported", "/apply",
                          "agents of this version write at once: they cannot wait for Outlook or "
                          "spread writes");
    }
    return ST_OK;
}

enum status pol_unbuilt_in_server(const struct pol_policy *policy, struct err *err)
{
    if (policy->gate.advance != POL_ADVANCE_MANUAL || policy->gate.on_fail != POL_ON_FAIL_HOLD) {
        return err_refuse(err, "unsupported", "/gate",
                          "servers of this version leave a stage only when they are told to");
    }
    return ST_OK;
}
