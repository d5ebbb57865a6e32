#include "admin/commands.h"

#include "admin/options.h"
#include "admin/print.h"
#include "version.h"

#include <string.h>

static const char PROGRAM[] = "mapi-rollout";

struct command {
    const char *name;
    enum status (*run)(int argc, char *const *argv, struct err *err);
    const char *later; /* instead of run: what it will do, in words */
};

static const struct command COMMANDS[] = {
    {.name = "init", .run = adm_cmd_init},
    {.name = "keygen", .run = adm_cmd_keygen},
    {.name = "trust", .run = adm_cmd_trust},
    {.name = "check", .run = adm_cmd_check},
    {.name = "sign", .run = adm_cmd_sign},
    {.name = "attach", .run = adm_cmd_attach},
    {.name = "verify", .run = adm_cmd_verify},
    {.name = "explain", .run = adm_cmd_explain},
    {.name = "simulate", .run = adm_cmd_simulate},
    {.name = "publish", .run = adm_cmd_publish},
    {.name = "release", .run = adm_cmd_release},
    {.name = "advance", .run = adm_cmd_advance},
    {.name = "hold", .run = adm_cmd_hold},
    {.name = "resume", .run = adm_cmd_resume},
    {.name = "safe", .run = adm_cmd_safe},
    {.name = "status", .run = adm_cmd_status},
    {.name = "users", .run = adm_cmd_users},
    {.name = "devices", .run = adm_cmd_devices},
    {.name = "export", .run = adm_cmd_export},
    {.name = "audit", .run = adm_cmd_audit},
    {.name = "completion", .run = adm_cmd_completion},
    {.name = "evidence", .later = "uploading evidence from Exchange's logs"},
};

/* Those that are only planned stand at the end. */
const char *adm_command_name(size_t index)
{
    size_t count = sizeof COMMANDS / sizeof COMMANDS[0];
    return index < count && COMMANDS[index].run != NULL ? COMMANDS[index].name : NULL;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (strcmp(COMMANDS[i].name, name) == 0) {
            return &COMMANDS[i];
        }
    }
    return NULL;
}

static enum status show(const char *text, struct err *err)
{
    struct bytes out = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = adm_print(&out, bytes_append_text(&out, text), err);
    bytes_free(&out);
    return st;
}

static bool asks_for_help(int argc, char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

static enum status run_command(const struct command *command, int argc, char *const *argv,
                               struct err *err)
{
    if (command->run == NULL) {
        return err_refuse(err, "unsupported", NULL, "%s (%s) is not built yet", command->name,
                          command->later);
    }
    return asks_for_help(argc, argv) ? show(adm_help_find(command->name), err)
                                     : command->run(argc, argv, err);
}

static enum status dispatch(int argc, char *const *argv, struct err *err)
{
    if (argc < 2) {
        return adm_usage(err, "say what to do: 'mapi-rollout help' lists the commands");
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0) {
        return show("mapi-rollout " MR_VERSION "\n", err);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        const char *text = adm_help_find(argc > 2 ? argv[2] : "");
        return text != NULL ? show(text, err)
                            : adm_usage(err,
                                        "there is no help about \"%s\": 'mapi-rollout help'"
                                        " lists the commands",
                                        argv[2]);
    }
    const struct command *command = find_command(word);
    return command != NULL ? run_command(command, argc - 2, argv + 2, err)
                           : adm_usage(err,
                                       "there is no command \"%s\": 'mapi-rollout help' lists"
                                       " them",
                                       word);
}

enum adm_exit adm_run(int argc, char *const *argv)
{
    struct err err = {.st = ST_OK};
    enum status st = dispatch(argc, argv, &err);
    if (st == ST_OK) {
        return ADM_EXIT_DONE;
    }
    err_print(PROGRAM, &err);
    return adm_is_usage(&err) ? ADM_EXIT_USAGE : ADM_EXIT_FAILED;
}
