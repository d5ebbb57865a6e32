#include "server/options_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS = 18 };

#define BIT(flag) (1u << SRV_FLAG_##flag)

struct syntax {
    const char *words[2]; /* the command; NULL: serving, which has no word */
    unsigned allowed;
    unsigned required;
    bool json;
    bool file;
};

static const char *const FLAGS[SRV_FLAG_COUNT] = {
    [SRV_FLAG_DATA] = "--data",
    [SRV_FLAG_LISTEN] = "--listen",
    [SRV_FLAG_ADMIN_LISTEN] = "--admin-listen",
    [SRV_FLAG_TRUST] = "--trust",
    [SRV_FLAG_TLS_CERT] = "--tls-cert",
    [SRV_FLAG_TLS_KEY] = "--tls-key",
    [SRV_FLAG_LOG_LEVEL] = "--log-level",
    [SRV_FLAG_KEEP_REPORTS_DAYS] = "--keep-reports-days",
    [SRV_FLAG_KEEP_REPORTS_MB] = "--keep-reports-mb",
    [SRV_FLAG_ROLE] = "--role",
    [SRV_FLAG_NAME] = "--name",
    [SRV_FLAG_DEVICE] = "--device",
    [SRV_FLAG_REASON] = "--reason",
    [SRV_FLAG_TRUSTED_PROXY] = "--trusted-proxy",
    [SRV_FLAG_NEW_DEVICES] = "--new-devices",
    [SRV_FLAG_USES] = "--uses",
    [SRV_FLAG_EXPIRES_DAYS] = "--expires-days",
    [SRV_FLAG_STALE_DAYS] = "--stale-days",
    [SRV_FLAG_CONFIG] = "--config",
    [SRV_FLAG_USER] = "--user",
    [SRV_FLAG_MAX_CONNECTIONS] = "--max-connections",
    [SRV_FLAG_MAX_PER_ADDRESS] = "--max-connections-per-address",
};

static const struct syntax SYNTAX[SRV_COMMAND_COUNT] = {
    [SRV_COMMAND_SERVE] = {{NULL, NULL},
                           BIT(DATA) | BIT(LISTEN) | BIT(ADMIN_LISTEN) | BIT(TRUST) |
                               BIT(TLS_CERT) | BIT(TLS_KEY) | BIT(LOG_LEVEL) |
                               BIT(KEEP_REPORTS_DAYS) | BIT(KEEP_REPORTS_MB) | BIT(TRUSTED_PROXY) |
                               BIT(NEW_DEVICES) | BIT(USER) | BIT(MAX_CONNECTIONS) |
                               BIT(MAX_PER_ADDRESS),
                           BIT(DATA) | BIT(LISTEN) | BIT(ADMIN_LISTEN) | BIT(TRUST),
                           false,
                           false},
    [SRV_COMMAND_TOKEN_ADD] = {{"token", "add"},
                               BIT(DATA) | BIT(ROLE) | BIT(NAME) | BIT(EXPIRES_DAYS),
                               BIT(DATA) | BIT(ROLE) | BIT(NAME),
                               false,
                               false},
    [SRV_COMMAND_TOKEN_LIST] = {{"token", "list"}, BIT(DATA), BIT(DATA), true, false},
    [SRV_COMMAND_TOKEN_REVOKE] =
        {{"token", "revoke"}, BIT(DATA) | BIT(NAME), BIT(DATA) | BIT(NAME), false, false},
    [SRV_COMMAND_SECRET_ADD] = {{"enroll-secret", "add"},
                                BIT(DATA) | BIT(NAME) | BIT(USES) | BIT(EXPIRES_DAYS),
                                BIT(DATA),
                                false,
                                false},
    [SRV_COMMAND_SECRET_LIST] = {{"enroll-secret", "list"}, BIT(DATA), BIT(DATA), true, false},
    [SRV_COMMAND_SECRET_REVOKE] =
        {{"enroll-secret", "revoke"}, BIT(DATA) | BIT(NAME), BIT(DATA) | BIT(NAME), false, false},
    [SRV_COMMAND_DEVICE_LIST] =
        {{"device", "list"}, BIT(DATA) | BIT(NAME) | BIT(STALE_DAYS), BIT(DATA), true, false},
    [SRV_COMMAND_DEVICE_RETIRE] =
        {{"device", "retire"}, BIT(DATA) | BIT(DEVICE), BIT(DATA) | BIT(DEVICE), false, false},
    [SRV_COMMAND_SAFE] =
        {{"safe", NULL}, BIT(DATA) | BIT(REASON), BIT(DATA) | BIT(REASON), false, false},
    [SRV_COMMAND_BACKUP] = {{"backup", NULL}, BIT(DATA), BIT(DATA), false, true},
    [SRV_COMMAND_RESTORE] = {{"restore", NULL}, BIT(DATA), BIT(DATA), false, true},
};

static const char HELP_SERVE[] =
    "mapi-rollout-server: hands signed policies to agents and takes their reports.\n"
    "\n"
    "  --data DIR --listen ADDR:PORT --admin-listen ADDR:PORT --trust TRUST.json\n"
    "      [--tls-cert FILE --tls-key FILE] [--log-level error|warning|info|debug]\n"
    "      [--keep-reports-days N] [--keep-reports-mb N]\n"
    "      [--trusted-proxy ADDR[/BITS],...] [--new-devices N] [--user NAME]\n"
    "      [--max-connections N] [--max-connections-per-address N] [--config FILE]\n"
    "        serve; port 0 takes a free one; without TLS on loopback addresses only;\n"
    "        X-Forwarded-For is believed from those proxies; new machines of one address an hour\n"
    "  token add|list|revoke             tokens of administrators\n"
    "  enroll-secret add|list|revoke     what lets a new machine in\n"
    "  device list|retire                machines\n"
    "  safe --reason TEXT                release the safe policy now, at the running server\n"
    "  backup FILE                       copy the store while it is in use\n"
    "  restore FILE                      put such a copy in the store's place\n"
    "  --version, --help                 COMMAND --help says more\n"
    "\n"
    "Example: mapi-rollout-server --data /var/lib/mapi-rollout --listen 0.0.0.0:8443 \\\n"
    "             --admin-listen 127.0.0.1:8444 --trust trust.json \\\n"
    "             --tls-cert server.pem --tls-key server.key\n";

static const char *const HELP[SRV_COMMAND_COUNT] = {
    [SRV_COMMAND_SERVE] = HELP_SERVE,
    [SRV_COMMAND_TOKEN_ADD] =
        "token add --data DIR --role viewer|operator|publisher --name NAME "
        "[--expires-days DAYS]\n"
        "Make a token for an administrator and print it, once, alone on stdout. The store keeps "
        "its digest only. Without --expires-days it is good until it is revoked.\n"
        "Example: mapi-rollout-server token add --data /var/lib/mapi-rollout --role operator "
        "--name alice > alice.token\n",
    [SRV_COMMAND_TOKEN_LIST] =
        "token list --data DIR [--json]\n"
        "List tokens: name, role, when made, whether good and until when; never the tokens.\n"
        "Example: mapi-rollout-server token list --data /var/lib/mapi-rollout\n",
    [SRV_COMMAND_TOKEN_REVOKE] =
        "token revoke --data DIR --name NAME\n"
        "End a token, at a running server at once.\n"
        "Example: mapi-rollout-server token revoke --data /var/lib/mapi-rollout --name alice\n",
    [SRV_COMMAND_SECRET_ADD] =
        "enroll-secret add --data DIR [--name NAME] [--uses COUNT] [--expires-days DAYS]\n"
        "Make a secret that lets machines enroll and print it, once, alone on stdout. It lets in\n"
        "as many new machines as --uses says (any number without it), for --expires-days (365\n"
        "days; 0: until it is revoked). Machines keep it for enrolling again.\n"
        "Example: mapi-rollout-server enroll-secret add --data /var/lib/mapi-rollout > "
        "enroll.secret\n",
    [SRV_COMMAND_SECRET_LIST] =
        "enroll-secret list --data DIR [--json]\n"
        "List enroll secrets: name, when made, uses, last use, until when; never the secrets.\n"
        "Example: mapi-rollout-server enroll-secret list --data /var/lib/mapi-rollout\n",
    [SRV_COMMAND_SECRET_REVOKE] =
        "enroll-secret revoke --data DIR --name NAME\n"
        "End an enroll secret, at a running server at once; machines that enrolled with it stay.\n"
        "Example: mapi-rollout-server enroll-secret revoke --data /var/lib/mapi-rollout --name "
        "berlin\n",
    [SRV_COMMAND_DEVICE_LIST] =
        "device list --data DIR [--name PART] [--stale-days DAYS] [--json]\n"
        "List machines: id, version in effect, last seen, name; with --name those whose name has\n"
        "that part, with --stale-days those in service that were not heard from for so long.\n"
        "Example: mapi-rollout-server device list --data /var/lib/mapi-rollout --stale-days 90\n",
    [SRV_COMMAND_DEVICE_RETIRE] =
        "device retire --data DIR --device ID\n"
        "Take a machine and its users out of all numbers; its tokens and its held poll end, at a\n"
        "running server at once. With a good enroll secret it comes back as another one.\n"
        "Example: mapi-rollout-server device retire --data /var/lib/mapi-rollout --device "
        "0123456789abcdef0123456789abcdef\n",
    [SRV_COMMAND_SAFE] =
        "safe --data DIR --reason TEXT\n"
        "The brake: release the newest safe policy at the server that runs on DIR, at once. Only a "
        "bundle of a higher serial leads on.\n"
        "Example: mapi-rollout-server safe --data /var/lib/mapi-rollout --reason 'mailbox server "
        "fault'\n",
    [SRV_COMMAND_BACKUP] =
        "backup FILE --data DIR\n"
        "Copy the store into a new file, while a server uses it or not.\n"
        "Example: mapi-rollout-server backup store-backup.db --data /var/lib/mapi-rollout\n",
    [SRV_COMMAND_RESTORE] =
        "restore FILE --data DIR\n"
        "Check a copy that backup made and put it in the store's place; what was there stays beside "
        "it, under the name that is printed. No server may run on DIR.\n"
        "Example: mapi-rollout-server restore store-backup.db --data /var/lib/mapi-rollout\n",
};

const char *srv_options_help(const struct srv_options *options)
{
    return HELP[options->command];
}

bool srv_option_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
    size_t digits = text != NULL ? strlen(text) : 0;
    if (digits == 0 || digits > NUMBER_DIGITS || strspn(text, "0123456789") != digits) {
        return false;
    }
    int64_t number = (int64_t)strtoull(text, NULL, 10);
    if (number < least || number > most) {
        return false;
    }
    *out = number;
    return true;
}

static bool find_command(int argc, char *const *argv, int *used, enum srv_command *out)
{
    if (argc < 2 || argv[1][0] == '-') {
        *used = 1;
        *out = SRV_COMMAND_SERVE;
        return true;
    }
    for (int i = 0; i < SRV_COMMAND_COUNT; i++) {
        const char *const *words = SYNTAX[i].words;
        if (words[0] == NULL || strcmp(words[0], argv[1]) != 0) {
            continue;
        }
        if (words[1] == NULL || (argc > 2 && strcmp(words[1], argv[2]) == 0)) {
            *used = words[1] == NULL ? 2 : 3;
            *out = (enum srv_command)i;
            return true;
        }
    }
    return false;
}

int srv_options_find_flag(const char *text)
{
    for (int i = 0; i < SRV_FLAG_COUNT; i++) {
        if (strcmp(FLAGS[i], text) == 0) {
            return i;
        }
    }
    return -1;
}

static bool take_flag(const struct syntax *syntax, const char *flag, const char *value,
                      struct srv_options *o, char usage[SRV_USAGE_BYTES])
{
    int i = srv_options_find_flag(flag);
    if (i < 0 || ((syntax->allowed | BIT(CONFIG)) & (1u << i)) == 0) {
        (void)snprintf(usage, SRV_USAGE_BYTES, "%.64s is not known here: see --help", flag);
        return false;
    }
    if (value == NULL || o->flags[i] != NULL) {
        (void)snprintf(usage, SRV_USAGE_BYTES,
                       value == NULL ? "%s takes a value: see --help" : "%s is given twice", flag);
        return false;
    }
    o->flags[i] = value;
    return true;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* One word that takes no value; false if it is none. */
static bool take_word(const struct syntax *syntax, const char *word, struct srv_options *o)
{
    if (asks_for_help(word)) {
        o->help = true;
    } else if (strcmp(word, "--version") == 0 && syntax->words[0] == NULL) {
        o->version = true;
    } else if (strcmp(word, "--json") == 0 && syntax->json) {
        o->json = true;
    } else if (word[0] != '-' && syntax->file && o->file == NULL) {
        o->file = word;
    } else {
        return false;
    }
    return true;
}

static bool is_complete(const struct syntax *syntax, const struct srv_options *o,
                        char usage[SRV_USAGE_BYTES])
{
    if (o->help || o->version) {
        return true;
    }
    for (int i = 0; i < SRV_FLAG_COUNT; i++) {
        if ((syntax->required & (1u << i)) != 0 && o->flags[i] == NULL) {
            (void)snprintf(usage, SRV_USAGE_BYTES, "%s is missing: see --help", FLAGS[i]);
            return false;
        }
    }
    if ((o->flags[SRV_FLAG_TLS_CERT] == NULL) != (o->flags[SRV_FLAG_TLS_KEY] == NULL)) {
        (void)snprintf(usage, SRV_USAGE_BYTES, "--tls-cert and --tls-key go together");
        return false;
    }
    if (syntax->file && o->file == NULL) {
        (void)snprintf(usage, SRV_USAGE_BYTES, "the FILE is missing: see --help");
        return false;
    }
    return true;
}

bool srv_options_is_complete(const struct srv_options *o, char usage[SRV_USAGE_BYTES])
{
    return is_complete(&SYNTAX[o->command], o, usage);
}

bool srv_options_allow(enum srv_command command, int flag)
{
    return (SYNTAX[command].allowed & (1u << flag)) != 0;
}

/* What may stand behind the first word, such as "add|list|revoke"; "" if no command begins so. */
static void list_second_words(const char *first, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < SRV_COMMAND_COUNT && used < room; i++) {
        const char *const *words = SYNTAX[i].words;
        if (words[0] != NULL && words[1] != NULL && strcmp(words[0], first) == 0) {
            used +=
                (size_t)snprintf(out + used, room - used, "%s%s", used > 0 ? "|" : "", words[1]);
        }
    }
}

/* No command has these words: `token --help` is help all the same. */
static bool read_unknown(int argc, char *const *argv, struct srv_options *out,
                         char usage[SRV_USAGE_BYTES])
{
    char second[SRV_USAGE_BYTES / 2];
    list_second_words(argv[1], second, sizeof second);
    if (strcmp(argv[1], "help") == 0 || (second[0] != '\0' && argc > 2 && asks_for_help(argv[2]))) {
        *out = (struct srv_options){.command = SRV_COMMAND_SERVE, .help = true};
        return true;
    }
    if (second[0] != '\0') {
        (void)snprintf(usage, SRV_USAGE_BYTES, "%s takes %s: see --help", argv[1], second);
    } else {
        (void)snprintf(usage, SRV_USAGE_BYTES, "there is no command %.64s: see --help", argv[1]);
    }
    return false;
}

bool srv_options_read(int argc, char *const *argv, struct srv_options *out,
                      char usage[SRV_USAGE_BYTES])
{
    struct srv_options o = {.command = SRV_COMMAND_SERVE};
    int at = 1;
    if (!find_command(argc, argv, &at, &o.command)) {
        return read_unknown(argc, argv, out, usage);
    }
    const struct syntax *syntax = &SYNTAX[o.command];
    for (; at < argc; at++) {
        if (take_word(syntax, argv[at], &o)) {
            continue;
        }
        const char *value = at + 1 < argc ? argv[at + 1] : NULL;
        if (!take_flag(syntax, argv[at], value, &o, usage)) {
            return false;
        }
        at++;
    }
    if (o.flags[SRV_FLAG_CONFIG] == NULL && !is_complete(syntax, &o, usage)) {
        return false;
    }
    *out = o;
    return true;
}
