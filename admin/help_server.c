#include "admin/help_server.h"

#include <stddef.h>
#include <string.h>

/* A text each, of at most 24 lines of 80 columns. */

#define WATCH_OPTION                                                                               \
    "  --watch [SECONDS]   again and again until Ctrl-C: in place on a terminal,\n"                \
    "                      elsewhere a line for each change\n"

static const char STATUS[] =
    "mapi-rollout status [--watch [SECONDS]]\n"
    "\n"
    "What is released, since when and by whom; each stage with a bar of its users;\n"
    "each number of the gate beside its bound; who fails and why; how long until the\n"
    "policies expire; and by build of Outlook whether the brake works there. NO_COLOR\n"
    "switches colours off.\n"
    "\n" WATCH_OPTION ADM_HELP_SERVER "\n"
    "Example: mapi-rollout status --watch 10\n";

static const char USERS[] =
    "mapi-rollout users [FILTER ...] [--limit NUMBER] [--watch [SECONDS]]\n"
    "\n"
    "One line for each user on each machine, as last reported, and WHY. Filters:\n"
    "  --state STATE       error, mismatch, blocked, pending_restart, compliant, ...\n"
    "  --ring RING         --set SET        --value VALUE         of the decision\n"
    "  --stage STAGE       --version VERSION                      in force\n"
    "  --protocol WORD     --confidence WORD                      what was observed\n"
    "  --mailbox WORD      --outlook VERSION    --host HOST       --device ID\n"
    "  --blocked-by WORD   preflight, server, foreign, unknown_fact, ...\n"
    "  --stale             --duplicate          --failed          of the machine\n"
    "  --sid SID           --text TEXT          part of account, host or SID\n"
    "  --limit NUMBER      so many at most\n" WATCH_OPTION ADM_HELP_SERVER
    "                      (users: one JSON object a line)\n"
    "\n"
    "Example: mapi-rollout users --state error --ring pilot\n";

static const char DEVICES[] =
    "mapi-rollout devices [FILTER ...] [--limit NUMBER] [--watch [SECONDS]]\n"
    "mapi-rollout devices ID|HOST [--watch [SECONDS]]\n"
    "\n"
    "One line for each machine; of one that is named all that is known, its probes\n"
    "and its users. Filters:\n"
    "  --host HOST         --text TEXT          its name, or part of it\n"
    "  --stage STAGE       --version VERSION    in force\n"
    "  --stale             not heard from for long\n"
    "  --duplicate         may be a copy of another\n"
    "  --failed            refused the last policy\n"
    "  --retired           out of service\n"
    "  --seen-before TIME  --seen-after TIME    such as 2026-11-29T20:00:00Z\n"
    "  --limit NUMBER      so many at most\n" WATCH_OPTION ADM_HELP_SERVER
    "                      (devices: one JSON object a line)\n"
    "\n"
    "Example: mapi-rollout devices PC-0042\n";

static const char EXPORT[] =
    "mapi-rollout export --out FILE [--format csv|jsonl] [--force] [FILTER ...]\n"
    "\n"
    "Writes one line for each user on each machine, of any number: CSV as spread-\n"
    "sheets read it, or JSON lines. The file is for you alone (it names people) and\n"
    "appears whole or not at all. Filters, as 'mapi-rollout users --help' says:\n"
    "  --state   --ring   --set   --value   --stage   --version   --protocol   --host\n"
    "  --confidence   --mailbox   --outlook   --device   --blocked-by   --sid\n"
    "  --text   --stale   --duplicate   --failed\n"
    "\n"
    "  --out FILE          which must not be there yet; - is standard output\n"
    "  --format FORMAT     csv or jsonl (csv)\n"
    "  --force             replace FILE\n" ADM_HELP_SERVER "\n"
    "Example: mapi-rollout export --out pilot.csv --ring pilot\n";

static const char COMPLETION[] =
    "mapi-rollout completion bash\n"
    "\n"
    "Prints a script that lets bash complete commands, options and their words by\n"
    "Tab. It asks nobody while it completes.\n"
    "\n"
    "Example: mapi-rollout completion bash >mapi-rollout.bash; . ./mapi-rollout.bash\n";

const char *adm_help_find_looking(const char *command)
{
    static const struct {
        const char *command;
        const char *text;
    } HELP[] = {
        {"status", STATUS}, {"users", USERS},           {"devices", DEVICES},
        {"export", EXPORT}, {"completion", COMPLETION},
    };
    for (size_t i = 0; i < sizeof HELP / sizeof HELP[0]; i++) {
        if (strcmp(HELP[i].command, command) == 0) {
            return HELP[i].text;
        }
    }
    return NULL;
}
