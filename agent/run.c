#include "agent/run.h"

#include "agent/lanes.h"
#include "base/log.h"
#include "version.h"

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t ag_run_due_ms(struct ag_loop *l)
{
    uint64_t here_ms = sooner(sooner(l->pass_due_ms, l->file_due_ms),
                              ag_preflight_due_ms(&l->reports.machine.preflight));
    return sooner(here_ms, ag_lanes_due_ms(l));
}

static uint32_t sleep_ms(struct ag_loop *l)
{
    uint64_t now_ms = ag_loop_now_ms(l);
    uint64_t due_ms = ag_run_due_ms(l);
    return due_ms > now_ms ? (uint32_t)(due_ms - now_ms) : 0; /* pass_due_ms is near */
}

/* Sleep until something is due or somebody wakes us, and take the answer that came. */
static void wait(struct ag_loop *l)
{
    const struct ag_http *http = &l->ports->http;
    enum ag_lane lane = AG_LANE_POLICY;
    struct ag_answer answer = {.st = ST_OK};
    if (http->wait(http->ctx, sleep_ms(l), &lane, &answer)) {
        ag_lanes_take(l, lane, &answer);
        bytes_wipe(&answer.body); /* of enrolling: a token */
    }
}

/* Policies first, then the users, then the network: what came is acted on before anything else.
 * Probing only begins and takes: it delays nobody. */
enum status ag_run_step(struct ag_loop *l)
{
    uint64_t began_ms = ag_loop_now_ms(l);
    enum status st = ST_OK;
    ag_loop_look_for_changes(l);
    ag_loop_look_for_pending(l);
    if (l->file_due_ms <= ag_loop_now_ms(l)) {
        ag_loop_look_for_file(l);
    }
    ag_loop_probe(l);
    if (l->pass_due_ms <= ag_loop_now_ms(l)) {
        st = ag_loop_run_pass(l);
    }
    if (st == ST_OK) {
        ag_lanes_renew(l);
        ag_lanes_start(l);
    }
    uint64_t now_ms = ag_loop_now_ms(l);
    l->awaited_ms = ag_run_due_ms(l);
    l->awaited_ms = l->awaited_ms > now_ms ? l->awaited_ms : now_ms;
    l->step_ms = now_ms - began_ms;
    return st;
}

enum status ag_run(const struct ag_config *config, const struct ag_host *host,
                   const struct ag_ports *ports, const struct ag_trust *trust, struct err *err)
{
    struct ag_loop l;
    enum status st = ag_loop_open(&l, config, host, ports, trust, err);
    if (st != ST_OK) {
        return st;
    }
    ag_loop_take_mark(&l);
    log_write(LOG_INFO, "event=started version=%s server=%s", MR_VERSION,
              config->server_url != NULL ? config->server_url : "-");
    while (st == ST_OK && !ports->stopping(ports->events_ctx)) {
        st = ag_run_step(&l);
        if (st == ST_OK && !ports->stopping(ports->events_ctx)) { /* a pass may have seen it */
            wait(&l);
        }
    }
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the agent cannot go on: %s", status_name(st));
    }
    log_write(LOG_INFO, "event=stopped status=%s", status_name(st));
    ag_lanes_cancel(&l);
    ag_loop_close(&l);
    return st;
}

enum status ag_run_once(const struct ag_config *config, const struct ag_host *host,
                        const struct ag_ports *ports, const struct ag_trust *trust, struct err *err)
{
    struct ag_loop l;
    enum status st = ag_loop_open(&l, config, host, ports, trust, err);
    if (st != ST_OK) {
        return st;
    }
    l.file.patient = false;
    ag_loop_look_for_file(&l);
    ag_loop_look_for_pending(&l);
    st = ag_loop_run_pass(&l);
    if (st == ST_OK) {
        st = l.worst;
    }
    if (st != ST_OK) {
        st = err_set(err, st, 0, "not every user could be looked after; the log says why");
    }
    ag_loop_close(&l);
    return st;
}
