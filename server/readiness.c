#include "server/readiness.h"

enum status srv_readiness(struct srv_app *app, struct err *err)
{
    struct srv_rollout_view view;
    srv_rollout_look(app->rollout, &view);
    bool policy = view.release.version == 0 || view.served;
    srv_rollout_view_done(&view);
    return policy ? app->store.check(app->store.ctx, err)
                  : err_refuse(err, "unavailable", "", "the released policy is not at hand");
}
