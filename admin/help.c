#include "admin/commands.h"
#include "admin/help_server.h"

#include <stddef.h>
#include <string.h>

/* A text each, of at most 24 lines of 80 columns. */

#define SERVER_OPTIONS ADM_HELP_SERVER

static const char GENERAL[] =
    "mapi-rollout - move Outlook between RPC/HTTP and MAPI/HTTP by signed policies\n"
    "\n"
    "offline:\n"
    "  init DIR            keys, trust, certificates, a cautious plan, next steps\n"
    "  keygen              make a signing key\n"
    "  trust new|show      say which keys may sign\n"
    "  check PLAN          find mistakes in a plan\n"
    "  sign PLAN           make a bundle of signed policies\n"
    "  attach TO_SIGN SIG  put in signatures that were made elsewhere, as in an HSM\n"
    "  verify FILE         who signed it, and would agents take it now\n"
    "  explain PLAN        why a user gets what he gets\n"
    "  simulate PLAN       what each stage would do to many users\n"
    "at the server:\n"
    "  publish BUNDLE      store a bundle; releases nothing\n"
    "  release STAGE       hand a stage to the agents\n"
    "  advance             hand out the next stage\n"
    "  hold  resume        stop the gates, let them go on\n"
    "  safe                the brake: the safe policy, at once\n"
    "  status  users  devices  export\n"
    "  audit [verify FILE] who changed what; check a copy of that offline\n"
    "\n"
    "mapi-rollout COMMAND --help says more. --version tells the version; 'completion\n"
    "bash' completes words by Tab.\n";

static const char INIT[] =
    "mapi-rollout init DIR [--host NAME] [--rollout NAME] [--passphrase-file FILE]\n"
    "\n"
    "Makes DIR with all that a new rollout needs: signing key, trust.json, a private\n"
    "CA and the server's certificate, a plan whose first stage only observes, a\n"
    "set-up script for clients, and README.txt with the next commands. DIR must be\n"
    "empty or not there yet; it appears complete or not at all.\n"
    "\n"
    "  --host NAME             the server's host name as clients reach it (localhost)\n"
    "  --rollout NAME          a-z, 0-9, \"-\" (mapi-http)\n"
    "  --passphrase-file FILE  encrypt the signing key (it is not encrypted)\n"
    "  --json                  answer for programs\n"
    "\n"
    "Example: mapi-rollout init site --host mapi.example.com --rollout mapihttp-2026\n";

static const char KEYGEN[] =
    "mapi-rollout keygen --out FILE.pem [--passphrase-file FILE | --no-passphrase]\n"
    "\n"
    "Makes a P-256 signing key: FILE.pem (private, for you alone) and FILE.pub.pem.\n"
    "Files that are there already are never overwritten. On a terminal you are asked\n"
    "for a passphrase; elsewhere, without --passphrase-file, the key is not encrypted\n"
    "and a warning says so.\n"
    "\n"
    "  --out FILE.pem          where the private key goes\n"
    "  --passphrase-file FILE  one line, the passphrase\n"
    "  --no-passphrase         do not ask, do not encrypt\n"
    "  --json                  answer for programs\n"
    "\n"
    "Example: mapi-rollout keygen --out ops.pem\n";

static const char TRUST[] =
    "mapi-rollout trust new --key FILE.pub.pem [--key ...] --rollout NAME --out FILE\n"
    "mapi-rollout trust show FILE [--replaces OLD.json]\n"
    "\n"
    "Writes or shows the keys that agents and the server accept signatures from.\n"
    "\n"
    "  --key FILE.pub.pem  a public key; repeat for more\n"
    "  --threshold NUMBER  how many of the keys must have signed (1)\n"
    "  --rollout NAME      what they may sign for; repeat for more\n"
    "  --version NUMBER    rises with every change (1)\n"
    "  --out FILE          a new file\n"
    "  --replaces OLD.json would a machine that has OLD take this one? Only with a\n"
    "                      higher version; exit 1 and trust_rollback if not\n"
    "  --json              answer for programs\n"
    "\n"
    "Example: mapi-rollout trust new --key ops.pub.pem --key boss.pub.pem \\\n"
    "           --threshold 2 --rollout mapihttp-2026 --out trust.json\n";

static const char CHECK[] =
    "mapi-rollout check PLAN.json\n"
    "\n"
    "Reads a plan as sign would and tells up to 20 mistakes in one run, each with its\n"
    "place (a JSON pointer). Exit 1 if there are any. What is allowed but probably\n"
    "not meant is a warning on standard error.\n"
    "\n"
    "  --json              answer for programs\n"
    "\n"
    "Example: mapi-rollout check plan.json\n";

static const char SIGN[] =
    "mapi-rollout sign PLAN.json --key FILE.pem [--key ...] --out BUNDLE.json\n"
    "mapi-rollout sign PLAN.json --detached --key FILE.pub.pem ... --out TO_SIGN.json\n"
    "\n"
    "Checks the plan, makes one policy per stage and the safe policy, signs each and\n"
    "the bundle of them. A stage that is not signed cannot be released by anybody.\n"
    "With --detached it writes what other devices are to sign: see attach --help.\n"
    "\n"
    "  --key FILE.pem          a private key; repeat for more signatures\n"
    "  --passphrase-file FILE  for encrypted keys: one for all, or one for each --key\n"
    "  --through STAGE         leave out the stages behind this one\n"
    "  --out BUNDLE.json       replaced if it is a bundle already\n"
    "  --detached              sign nothing; --key names public keys\n"
    "  --files DIR             also one file for each signature, for openssl\n"
    "  --json                  answer for programs\n"
    "\n"
    "Example: mapi-rollout sign plan.json --key ops.pem --through pilot --out b.json\n";

static const char ATTACH[] =
    "mapi-rollout attach TO_SIGN.json SIGNATURES --out FILE [--files DIR]\n"
    "\n"
    "Puts signatures into what sign --detached wrote; each is verified first. Twice:\n"
    "of the signed policies comes a TO_SIGN.json again, for the bundle; of that one\n"
    "the bundle. SIGNATURES is a folder of ITEM.sig files, or a file {\"format\":\n"
    "\"mapi-rollout/signatures/1\",\"signatures\":{\"ITEM\":\"BASE64\"}}: r||s or DER.\n"
    "\n"
    "  --also SIGNATURES   those of another signer; repeat for more\n"
    "  --out FILE          replaced if it is one already\n"
    "  --files DIR         also one file for each signature of the second round\n"
    "  --json              answer for programs\n"
    "\n"
    "Example: mapi-rollout sign p.json --detached --key k.pub.pem --out one.json \\\n"
    "           --files one\n"
    "         for f in one/*; do openssl dgst -sha256 -sign k.pem -out $f.sig $f;done\n"
    "         mapi-rollout attach one.json one --out two.json --files two\n"
    "         for f in two/*; do openssl dgst -sha256 -sign k.pem -out $f.sig $f;done\n"
    "         mapi-rollout attach two.json two --out bundle.json\n";

static const char VERIFY[] =
    "mapi-rollout verify FILE --trust TRUST.json [--floor VERSION[:DIGEST]]\n"
    "\n"
    "Checks a bundle or a single policy as an agent does: which keys signed what, and\n"
    "whether an agent with this trust and floor would take each policy now, and why\n"
    "not. Exit 1 if it is not genuine, or if no stage in it would be taken.\n"
    "\n"
    "  --trust TRUST.json    the keys to believe\n"
    "  --floor VERSION       the version accepted last (none); with :DIGEST of its\n"
    "                        payload, another content of that version is told apart\n"
    "  --min-version VERSION MinVersion in the machine policy (none)\n"
    "  --at TIME             another moment than now: 2026-12-07T06:00:00Z\n"
    "  --json                answer for programs\n"
    "\n"
    "Example: mapi-rollout verify bundle.json --trust trust.json --floor 7002\n";

static const char EXPLAIN[] =
    "mapi-rollout explain PLAN.json --stage STAGE --facts FACTS.jsonl [--user SID]\n"
    "\n"
    "Shows how a stage decides: each rule tried, each condition with the fact it saw,\n"
    "bucket against threshold, guards, outcome. An agent explains in the same words.\n"
    "A line of FACTS.jsonl is a user on a machine, like this (what is left out is not\n"
    "known; docs/protocol.md has all of it):\n"
    "  {\"host\":{\"name\":\"PC-1\",\"tags\":[]},\n"
    "   \"user\":{\"sid\":\"S-1-5-21-1-2-3-1001\",\"account\":\"CONTOSO\\\\alice\"}}\n"
    "\n"
    "  --stage STAGE         a stage of the plan, or safe\n"
    "  --facts FACTS.jsonl   the users; - reads standard input\n"
    "  --user SID            only this user\n"
    "  --json                one JSON object a line\n"
    "\n"
    "Example: mapi-rollout explain plan.json --stage pilot --facts facts.jsonl\n";

static const char SIMULATE[] =
    "mapi-rollout simulate PLAN.json --facts FACTS.jsonl [--changes FILE]\n"
    "mapi-rollout simulate PLAN.json --fleet\n"
    "\n"
    "Counts what every stage and the safe policy would decide, how many change from\n"
    "the stage before, and which facts are missing: for the users of a facts file\n"
    "(see 'mapi-rollout explain --help'), or for the fleet as it last reported to the\n"
    "server, there against what is released now, too.\n"
    "\n"
    "  --facts FACTS.jsonl  the users, of any number; - reads standard input\n"
    "  --changes FILE       also write who changes: one JSON object for each user\n"
    "                       and stage, into a new file\n"
    "  --fleet              ask the server; it changes nothing\n" SERVER_OPTIONS "\n"
    "Example: mapi-rollout simulate plan.json --facts facts.jsonl --changes who.jsonl\n"
    "         mapi-rollout simulate plan.json --fleet\n";

static const char PUBLISH[] =
    "mapi-rollout publish BUNDLE.json [--skip]\n"
    "\n"
    "Stores a bundle at the server. Nothing changes for agents until release.\n"
    "\n"
    "  --skip              let the serial rise by more than 100\n" SERVER_OPTIONS "\n"
    "Example: mapi-rollout publish b.json --server https://mapi.example.com:8444 \\\n"
    "           --ca ca.pem --token-file token\n";

static const char RELEASE[] =
    "mapi-rollout release STAGE [--confirm-regression] [--yes] [--dry-run]\n"
    "\n"
    "Hands a stage of the newest stored bundle to the agents. Shows first how many\n"
    "users would change from what to what, and asks; where nobody can be asked,\n"
    "--yes is needed.\n"
    "\n"
    "  --confirm-regression  go on although somebody goes from allow to block\n"
    "  --yes                 do not ask\n"
    "  --dry-run             only show it\n" SERVER_OPTIONS "\n"
    "Example: mapi-rollout release pilot\n";

static const char ADVANCE[] =
    "mapi-rollout advance [--confirm-regression] [--yes] [--dry-run]\n"
    "\n"
    "Hands the next stage of the released serial to the agents. Shows first how many\n"
    "users would change from what to what, and asks; where nobody can be asked,\n"
    "--yes is needed.\n"
    "\n"
    "  --confirm-regression  go on although somebody goes from allow to block\n"
    "  --yes                 do not ask\n"
    "  --dry-run             only show it\n" SERVER_OPTIONS "\n"
    "Example: mapi-rollout advance --yes\n";

static const char HOLD[] =
    "mapi-rollout hold --reason TEXT\n"
    "\n"
    "Stops the gates: no stage is left by itself, and none pulls the brake, until\n"
    "'mapi-rollout resume'. release, advance and safe work all the same.\n"
    "\n"
    "  --reason TEXT       why, for those who come after\n" SERVER_OPTIONS "\n"
    "Example: mapi-rollout hold --reason \"the help desk is not staffed today\"\n";

static const char RESUME[] =
    "mapi-rollout resume\n"
    "\n"
    "Lets the gates go on after 'mapi-rollout hold'. A stage whose gate has passed\n"
    "meanwhile is left within seconds.\n"
    "\n" SERVER_OPTIONS "\n"
    "Example: mapi-rollout resume\n";

static const char SAFE[] =
    "mapi-rollout safe --reason TEXT --confirm ROLLOUT\n"
    "\n"
    "The brake: releases the signed safe policy at once, without a further question.\n"
    "Leaving the safe state takes a bundle with a higher serial. If the server is not\n"
    "reached: 'mapi-rollout-server safe --data DIR --reason TEXT' on its machine.\n"
    "\n"
    "  --reason TEXT       why, for those who come after\n"
    "  --confirm ROLLOUT   the rollout's name, so that no other one is stopped\n" SERVER_OPTIONS
    "\n"
    "Example: mapi-rollout safe --reason \"Outlook hangs\" --confirm mapihttp-2026\n";

static const char AUDIT[] =
    "mapi-rollout audit [--out FILE]\n"
    "mapi-rollout audit verify FILE [--head HASH]\n"
    "\n"
    "Who changed what at the server, when and from where: one line for each entry.\n"
    "verify checks a file that audit --json wrote, without a server: every entry\n"
    "carries a hash over itself and the one before it. The first that does not fit\n"
    "is named. Only a head that was printed at the time (by status, publish, release\n"
    "and the like) tells whether entries are missing at the end.\n"
    "\n"
    "  --out FILE          into this file, which must not be there yet\n"
    "  --head HASH         verify: the file must have this entry\n" SERVER_OPTIONS
    "                      (audit: one JSON object a line)\n"
    "\n"
    "Example: mapi-rollout audit --json --out audit.jsonl\n"
    "         mapi-rollout audit verify audit.jsonl --head 9f86d0...\n";

struct help {
    const char *command;
    const char *text;
};

static const struct help HELP[] = {
    {"", GENERAL},        {"init", INIT},         {"keygen", KEYGEN},   {"trust", TRUST},
    {"check", CHECK},     {"sign", SIGN},         {"attach", ATTACH},   {"verify", VERIFY},
    {"explain", EXPLAIN}, {"simulate", SIMULATE}, {"publish", PUBLISH}, {"release", RELEASE},
    {"advance", ADVANCE}, {"hold", HOLD},         {"resume", RESUME},   {"safe", SAFE},
    {"audit", AUDIT},
};

const char *adm_help_find(const char *command)
{
    const char *looking = adm_help_find_looking(command);
    if (looking != NULL) {
        return looking;
    }
    for (size_t i = 0; i < sizeof HELP / sizeof HELP[0]; i++) {
        if (strcmp(HELP[i].command, command) == 0) {
            return HELP[i].text;
        }
    }
    return NULL;
}
