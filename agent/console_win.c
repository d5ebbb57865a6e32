#include "agent/console_win.h"

#include "agent/config_win.h"
#include "agent/control_win.h"
#include "base/error_win.h"

#include <windows.h>

static BOOL WINAPI stop_by_console(DWORD event)
{
    (void)event; /* Ctrl-C, Ctrl-Break, closing the window, logging off: all mean the same */
    ag_control_stop();
    return TRUE;
}

enum status ag_console_heed_ctrl_c(struct err *err)
{
    return SetConsoleCtrlHandler(stop_by_console, TRUE)
               ? ST_OK
               : error_set(err, (uint32_t)GetLastError(), "Ctrl-C will end this at once");
}

static enum status read_settings(void *ctx, struct ag_config *out, struct err *err)
{
    const struct ag_console_flags *flags = ctx;
    enum status st = ag_config_win_read(out, err);
    return st == ST_OK ? ag_config_read_flags(out, flags->count, flags->list, err) : st;
}

static enum status log_to_console(void *ctx, const struct ag_config *config, struct err *err)
{
    (void)ctx;
    return log_open(NULL, config->log_level, err);
}

static void say_nothing(void *ctx)
{
    (void)ctx;
}

enum status ag_console_run(struct ag_console_flags flags, enum ag_edge_mode mode, struct err *err)
{
    struct ag_settings settings = {.ctx = &flags, .read = read_settings};
    const struct ag_edge_events events = {.configured = log_to_console, .started = say_nothing};
    enum status st = ag_settings_open(&settings, err);
    if (st == ST_OK) {
        st = ag_edge_run(&settings, mode, &events, err);
    }
    ag_settings_done(&settings);
    return st;
}
