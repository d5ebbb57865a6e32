/* main_win.c - mapi-rollout-agent.exe: what the command line asks for.
 *
 * Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
 * Source: docs/protocol.md "Command lines"
 */
#include "agent/config_win.h"
#include "agent/console_win.h"
#include "agent/explain_win.h"
#include "agent/harden_win.h"
#include "agent/inspect_win.h"
#include "agent/preflight_here_win.h"
#include "agent/restore_win.h"
#include "agent/service_setup_win.h"
#include "agent/service_win.h"
#include "base/text_win.h"
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <psa/crypto.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char PROGRAM[] = "mapi-rollout-agent";

/* What stands behind the command's name. */
struct arguments {
    int count;
    char **list;
};

struct command {
    const char *name;
    int (*run)(struct arguments arguments);
    const char *help;
};

static int finish(enum status st, const struct err *err)
{
    if (st == ST_OK) {
        return EXIT_DONE;
    }
    err_print(PROGRAM, err);
    return EXIT_FAILED;
}

static int wrong_usage(const char *what)
{
    (void)fprintf(stderr, "%s: usage: %s\n", PROGRAM, what);
    return EXIT_USAGE;
}

/* Take a flag without a value out of the list. */
static bool take_flag(struct arguments *arguments, const char *flag)
{
    for (int i = 0; i < arguments->count; i++) {
        if (strcmp(arguments->list[i], flag) == 0) {
            arguments->count--;
            for (int j = i; j < arguments->count; j++) {
                arguments->list[j] = arguments->list[j + 1];
            }
            return true;
        }
    }
    return false;
}

/* The registry's settings, and over them those of the command line. Anything but ST_OK has been
 * said on stderr; *exit_code is then the program's. */
static enum status read_config(struct arguments arguments, struct ag_config *config, int *exit_code)
{
    struct err err = {0};
    enum status st = ag_config_win_read(config, &err);
    if (st != ST_OK) {
        *exit_code = finish(st, &err);
        return st;
    }
    st = ag_config_read_flags(config, arguments.count, arguments.list, &err);
    if (st != ST_OK) {
        *exit_code = st == ST_REFUSED ? wrong_usage(err.text) : finish(st, &err);
        ag_config_done(config);
    }
    return st;
}

/* ---- running ------------------------------------------------------------------------------- */

static int run_with(struct arguments arguments, enum ag_edge_mode mode)
{
    struct ag_config config = {0};
    struct err err = {0};
    int exit_code = EXIT_FAILED;
    if (read_config(arguments, &config, &exit_code) != ST_OK) {
        return exit_code; /* wrong flags are wrong usage */
    }
    ag_config_done(&config);
    const struct ag_console_flags flags = {arguments.count, arguments.list};
    return finish(ag_console_run(flags, mode, &err), &err);
}

static int command_run(struct arguments arguments)
{
    if (!take_flag(&arguments, "--console")) {
        return wrong_usage("run --console [--server-url URL] [--data-dir DIR] [...]");
    }
    struct err err = {0};
    if (ag_console_heed_ctrl_c(&err) != ST_OK) {
        err_print(PROGRAM, &err);
    }
    return run_with(arguments, AG_EDGE_LOOP);
}

static int command_once(struct arguments arguments)
{
    return run_with(arguments, AG_EDGE_ONCE);
}

/* ---- the service --------------------------------------------------------------------------- */

static int print_state(struct err *err)
{
    const char *word = NULL;
    uint32_t process_id = 0;
    enum status st = ag_service_state(&word, &process_id, err);
    if (st == ST_OK) {
        (void)puts(word);
    }
    return finish(st, err);
}

static int command_service(struct arguments arguments)
{
    static const struct {
        const char *name;
        enum status (*act)(struct err *err);
    } acts[] = {
        {"run", ag_service_run},     {"install", ag_service_install},
        {"start", ag_service_start}, {"uninstall", ag_service_uninstall},
        {"stop", ag_service_stop},
    };
    struct err err = {0};
    if (arguments.count == 1 && strcmp(arguments.list[0], "status") == 0) {
        return print_state(&err);
    }
    for (size_t i = 0; arguments.count == 1 && i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(arguments.list[0], acts[i].name) == 0) {
            return finish(acts[i].act(&err), &err);
        }
    }
    return wrong_usage("service run|install|uninstall|start|stop|status");
}

/* ---- looking ------------------------------------------------------------------------------- */

static int command_status(struct arguments arguments)
{
    struct ag_config config = {0};
    struct err err = {0};
    int exit_code = EXIT_FAILED;
    bool json = take_flag(&arguments, "--json");
    if (read_config(arguments, &config, &exit_code) != ST_OK) {
        return exit_code;
    }
    enum status st = ag_inspect_status(&config, json, &err);
    ag_config_done(&config);
    return finish(st, &err);
}

static int command_check_policy(struct arguments arguments)
{
    struct ag_config config = {0};
    struct err err = {0};
    int exit_code = EXIT_FAILED;
    bool json = take_flag(&arguments, "--json");
    if (arguments.count < 1 || arguments.list[0][0] == '-') {
        return wrong_usage("check-policy FILE [--trust-file FILE] [--json]");
    }
    struct arguments flags = {arguments.count - 1, arguments.list + 1};
    if (read_config(flags, &config, &exit_code) != ST_OK) {
        return exit_code;
    }
    enum status st = ag_inspect_policy(&config, arguments.list[0], json, &err);
    ag_config_done(&config);
    return finish(st, &err);
}

/* The value behind an option, taken out of the list with it; NULL if it is not there. */
static const char *take_value(struct arguments *arguments, const char *option)
{
    for (int i = 0; i + 1 < arguments->count; i++) {
        if (strcmp(arguments->list[i], option) == 0) {
            const char *value = arguments->list[i + 1];
            arguments->count -= 2;
            for (int j = i; j < arguments->count; j++) {
                arguments->list[j] = arguments->list[j + 2];
            }
            return value;
        }
    }
    return NULL;
}

static int command_explain(struct arguments arguments)
{
    struct ag_config config = {0};
    struct err err = {0};
    int exit_code = EXIT_FAILED;
    bool json = take_flag(&arguments, "--json");
    const char *sid = take_value(&arguments, "--user");
    if (read_config(arguments, &config, &exit_code) != ST_OK) {
        return exit_code;
    }
    enum status st = ag_explain(&config, sid, json, &err);
    ag_config_done(&config);
    return finish(st, &err);
}

static int command_restore(struct arguments arguments)
{
    struct ag_config config = {0};
    struct err err = {0};
    int exit_code = EXIT_FAILED;
    enum ag_restore_how how = AG_RESTORE_PRE_IMAGE;
    bool json = take_flag(&arguments, "--json");
    const char *word = take_value(&arguments, "--set");
    if (word != NULL && !ag_restore_how_find(word, &how)) {
        return wrong_usage("restore [--set restore|allow] [--json]");
    }
    if (read_config(arguments, &config, &exit_code) != ST_OK) {
        return exit_code;
    }
    enum status st = ag_restore_here(&config, how, json, &err);
    ag_config_done(&config);
    return finish(st, &err);
}

/* URLs come first; the flags are those of all commands. */
static int command_preflight(struct arguments arguments)
{
    struct ag_config config = {0};
    struct err err = {0};
    int exit_code = EXIT_FAILED;
    bool ready = false;
    bool json = take_flag(&arguments, "--json");
    int count = 0;
    while (count < arguments.count && arguments.list[count][0] != '-') {
        count++;
    }
    struct arguments flags = {arguments.count - count, arguments.list + count};
    if (read_config(flags, &config, &exit_code) != ST_OK) {
        return exit_code;
    }
    enum status st = ag_preflight_here(&config, arguments.list, (size_t)count, json, &ready, &err);
    ag_config_done(&config);
    return st == ST_OK && !ready ? EXIT_FAILED : finish(st, &err);
}

/* ---- finding the command ------------------------------------------------------------------- */

#define FLAGS_HELP                                                                                 \
    "Settings come from HKLM\\SOFTWARE\\Policies\\MapiRollout, then from\n"                        \
    "HKLM\\SOFTWARE\\MapiRollout\\Agent; flags override both:\n"                                   \
    "  --server-url URL  --ca-file FILE  --trust-file FILE  --rollout NAME\n"                      \
    "  --enroll-secret-file FILE  --proxy none|auto|URL|pac:URL  --data-dir DIR\n"                 \
    "  --log-level LEVEL  --tags TAG (once for each)\n"                                            \
    "  --observe none|process|profile|full  --pause TIME (in UTC)  --min-version N\n"

static const struct command COMMANDS[] = {
    {"service", command_service,
     "service run|install|uninstall|start|stop|status\n\n"
     "Installs this program as the Windows service MapiRollout with automatic start, restart\n"
     "on failure and the source of its events; starts and stops it. uninstall leaves data,\n"
     "settings and what was decided for users.\n"
     "`run` is what the service manager calls.\n\n"
     "Example: mapi-rollout-agent service install\n"},
    {"run", command_run,
     "run --console [flags]\n\n"
     "Runs the agent in this window until Ctrl-C; the log goes to stderr.\n" FLAGS_HELP
     "\nExample: mapi-rollout-agent run --console --server-url https://rollout:8443\n"},
    {"once", command_once,
     "once [flags]\n\n"
     "Takes policy.jws from the data directory if it is there, else the stored policy, looks\n"
     "after every user once and ends. No network.\n" FLAGS_HELP
     "\nExample: mapi-rollout-agent once\n"},
    {"status", command_status,
     "status [--json] [flags]\n\n"
     "Says how this agent is set up, whether it runs, what it accepted last, and where it and\n"
     "its users stand, as HKLM\\SOFTWARE\\MapiRollout\\State has it: also while no service runs,\n"
     "then with the time it is of.\n\n"
     "Example: mapi-rollout-agent status --json\n"},
    {"check-policy", command_check_policy,
     "check-policy FILE [--json] [flags]\n\n"
     "Says whether this agent would take a signed policy now, and why not. Stores nothing.\n\n"
     "Example: mapi-rollout-agent check-policy policy.jws --trust-file trust.json\n"},
    {"explain", command_explain,
     "explain [--user SID] [--json] [flags]\n\n"
     "Shows why each user of this machine gets what he gets from the policy in force: each rule\n"
     "tried, each condition with the fact it saw, guards, outcome. Changes nothing.\n\n"
     "Example: mapi-rollout-agent explain --user S-1-5-21-1-2-3-1001\n"},
    {"preflight", command_preflight,
     "preflight [URL...] [--json] [flags]\n\n"
     "Asks Exchange's servers, without credentials and by the way Outlook would take from this\n"
     "machine, whether Outlook can be sent there: namespace, certificate, connectivity,\n"
     "authentication, virtual directory, server version. Without a URL those of the policy in force;\n"
     "0 if of the URLs for `allow` one is ready, and one of those for `block`, or all that are named\n"
     "here. Changes nothing.\n\n"
     "Example: mapi-rollout-agent preflight https://mail.example.com/mapi/\n"},
    {"restore", command_restore,
     "restore [--set restore|allow] [--json] [flags]\n\n"
     "Gives every user who is logged on back what was there before the agent; with --set allow the\n"
     "value is removed, whoever wrote it. The agent's marks go. Says for each user what was done\n"
     "and who was not reached. Refused while the agent runs: it would write again.\n\n"
     "Example: mapi-rollout-agent restore\n"},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

static const char USAGE[] =
    "service run|install|uninstall|start|stop|status, run --console, once, status, "
    "check-policy FILE, explain, preflight, restore, --help or --version";

static int print_help(void)
{
    (void)printf("%s %s - moves Outlook between RPC/HTTP and MAPI/HTTP as signed policies say.\n\n"
                 "Commands (each has --help):\n",
                 PROGRAM, MR_VERSION);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        (void)printf("  %.*s\n", (int)strcspn(COMMANDS[i].help, "\n"), COMMANDS[i].help);
    }
    (void)puts("\nExample: mapi-rollout-agent check-policy policy.jws");
    return EXIT_DONE;
}

static int dispatch(struct arguments arguments)
{
    if (arguments.count < 1) {
        return wrong_usage(USAGE);
    }
    const char *name = arguments.list[0];
    struct arguments rest = {arguments.count - 1, arguments.list + 1};
    if (strcmp(name, "--help") == 0) {
        return print_help();
    }
    if (strcmp(name, "--version") == 0) {
        (void)printf("%s %s\n", PROGRAM, MR_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, COMMANDS[i].name) == 0) {
            if (take_flag(&rest, "--help")) {
                (void)printf("usage: %s %s", PROGRAM, COMMANDS[i].help);
                return EXIT_DONE;
            }
            return COMMANDS[i].run(rest);
        }
    }
    return wrong_usage(USAGE);
}

/* Everything inside is UTF-8; the program ends with the process, which frees the copies. */
static enum status narrow_arguments(int argc, wchar_t **argv, struct arguments *out)
{
    char **list = calloc((size_t)argc + 1, sizeof *list);
    enum status st = list != NULL ? ST_OK : ST_NO_MEMORY;
    for (int i = 1; i < argc && st == ST_OK; i++) {
        st = text_from_wide(argv[i], wcslen(argv[i]), &list[i - 1]);
    }
    if (st == ST_OK) {
        *out = (struct arguments){argc > 0 ? argc - 1 : 0, list};
    }
    return st;
}

int wmain(int argc, wchar_t **argv); /* what -municode calls; no header declares it */

int wmain(int argc, wchar_t **argv)
{
    struct arguments arguments = {0};
    struct err err = {0};
    const struct ag_harden_calls calls = ag_harden_calls_win();
    if (ag_harden(&calls, &err) != ST_OK) { /* first of all */
        return finish(err.st, &err);
    }
    if (psa_crypto_init() != PSA_SUCCESS) {
        (void)fprintf(stderr, "%s: the cryptography does not start\n", PROGRAM);
        return EXIT_FAILED;
    }
    if (narrow_arguments(argc, argv, &arguments) != ST_OK) {
        return wrong_usage("arguments in valid Unicode");
    }
    return dispatch(arguments);
}
