#include "admin/completion.h"

#include "admin/commands.h"
#include "policy/words.h"

#include <string.h>

enum { WORDS_BYTES = 64 * 1024 };

static const char OPTION_LETTERS[] = "abcdefghijklmnopqrstuvwxyz-";

/* Words that come behind a command, or behind an option of any command. */
static const struct {
    const char *before;
    const char *words;
} FIXED[] = {
    {"trust", "new show"}, {"audit", "verify"}, {"completion", "bash"}, {"--format", "csv jsonl"}};

static const struct {
    const char *option;
    const char *const *words;
    size_t count;
} LISTED[] = {
    {"--state", POL_STATE_WORDS, POL_STATE_COUNT},
    {"--set", POL_SET_WORDS, POL_SET_COUNT},
    {"--protocol", POL_OBSERVED_WORDS, POL_OBSERVED_COUNT},
    {"--confidence", POL_CONFIDENCE_WORDS, POL_CONFIDENCE_COUNT},
    {"--mailbox", POL_MAILBOX_WORDS, POL_MAILBOX_COUNT},
    {"--blocked-by", POL_BLOCKED_WORDS, POL_BLOCKED_COUNT},
};

/* ---- options, from help ---------------------------------------------------------------------- */

/* Calls visit for each option of the text, with what stands behind it: lines of options begin with
 * two spaces, and between two of them are at least two. */
static enum status each_option(const char *help,
                               enum status (*visit)(void *ctx, const char *option, size_t size),
                               void *ctx)
{
    enum status st = ST_OK;
    for (const char *line = help; st == ST_OK && *line != '\0';) {
        size_t length = strcspn(line, "\n");
        bool options = strncmp(line, "  --", 4) == 0;
        for (size_t i = 2; st == ST_OK && options && i + 2 < length; i++) {
            if (strncmp(line + i - 2, "  --", 4) == 0) {
                st = visit(ctx, line + i, strspn(line + i, OPTION_LETTERS));
            }
        }
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    return st;
}

static enum status append_option(void *ctx, const char *option, size_t size)
{
    return bytes_append_format(ctx, " %.*s", (int)size, option);
}

enum status adm_completion_options(const char *help, struct bytes *out)
{
    return each_option(help, append_option, out);
}

/* What stands behind an option in the help, in capitals. */
enum kind { KIND_FLAG, KIND_FILE, KIND_OTHER };

static enum kind kind_of(const char *behind)
{
    static const char *const FILES[] = {"FILE", "DIR", "SIGNATURES", ".json"};
    size_t size = strcspn(behind + 1, " \n") + 1;
    if (behind[0] != ' ' || behind[1] < 'A' || behind[1] > 'Z') {
        return KIND_FLAG;
    }
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        const char *found = strstr(behind, FILES[i]);
        if (found != NULL && found < behind + size) {
            return KIND_FILE;
        }
    }
    return KIND_OTHER;
}

struct gathering {
    enum kind kind;
    struct bytes words; /* each with a '|' around it */
};

static enum status gather(void *ctx, const char *option, size_t size)
{
    struct gathering *g = ctx;
    struct bytes word = bytes_with_limit(WORDS_BYTES);
    enum status st = bytes_append_format(&word, "|%.*s|", (int)size, option);
    bool had = st == ST_OK && strstr(bytes_text(&g->words), bytes_text(&word)) != NULL;
    if (st == ST_OK && !had && kind_of(option + size) == g->kind) {
        st = bytes_append_text(&g->words, bytes_text(&word) + (g->words.size > 0 ? 1 : 0));
    }
    bytes_free(&word);
    return st;
}

/* "|--ca|--out|" of all commands together. */
static enum status gather_all(struct gathering *g)
{
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && adm_command_name(i) != NULL; i++) {
        const char *help = adm_help_find(adm_command_name(i));
        st = help != NULL ? each_option(help, gather, g) : ST_OK;
    }
    return st;
}

/* ---- the script ------------------------------------------------------------------------------ */

static const char BEGIN[] =
    "# bash completion for mapi-rollout; written by 'mapi-rollout completion bash'\n"
    "_mapi_rollout() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local command=${COMP_WORDS[1]} options='--help' words=''\n"
    "    COMPREPLY=()\n"
    "    # --state=error comes as three words\n"
    "    if [[ $word == '=' ]]; then\n"
    "        word=''\n"
    "    elif [[ $before == '=' && COMP_CWORD -ge 2 ]]; then\n"
    "        before=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    case $before in\n";

static const char COMMANDS[] = "    esac\n"
                               "    case $command in\n";

static const char END[] =
    "    if [[ $COMP_CWORD == 1 || ($COMP_CWORD == 2 && $command == help) ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$word\")\n"
    "    elif [[ $word == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
    "    else\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\"; compgen -f -- \"$word\")\n"
    "    fi\n"
    "}\n"
    "complete -F _mapi_rollout mapi-rollout\n";

static enum status append_case(struct bytes *out, const char *options, const char *words)
{
    return bytes_append_format(out,
                               "    %s)\n"
                               "        mapfile -t COMPREPLY < <(compgen %s -- \"$word\")\n"
                               "        return ;;\n",
                               options, words);
}

static enum status append_words(struct bytes *out, size_t listed)
{
    struct bytes words = bytes_with_limit(WORDS_BYTES);
    enum status st = bytes_append_text(&words, "-W '");
    for (size_t i = 0; st == ST_OK && i < LISTED[listed].count; i++) {
        const char *word = LISTED[listed].words[i];
        st = word != NULL ? bytes_append_format(&words, " %s", word) : ST_OK;
    }
    st = st == ST_OK ? bytes_append_text(&words, "'") : st;
    st = st == ST_OK ? append_case(out, LISTED[listed].option, bytes_text(&words)) : st;
    bytes_free(&words);
    return st;
}

static enum status append_fixed(struct bytes *out, size_t fixed)
{
    struct bytes words = bytes_with_limit(WORDS_BYTES);
    enum status st = bytes_append_format(&words, "-W '%s'", FIXED[fixed].words);
    st = st == ST_OK ? append_case(out, FIXED[fixed].before, bytes_text(&words)) : st;
    bytes_free(&words);
    return st;
}

static enum status append_listed(struct bytes *out)
{
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < sizeof LISTED / sizeof LISTED[0]; i++) {
        st = append_words(out, i);
    }
    for (size_t i = 0; st == ST_OK && i < sizeof FIXED / sizeof FIXED[0]; i++) {
        st = FIXED[i].before[0] == '-' ? append_fixed(out, i) : ST_OK;
    }
    return st;
}

/* Files behind the options that take one; nothing behind the others that take a value. A case of
 * bash is taken by the first that fits, so those with words come before. */
static enum status append_values(struct bytes *out)
{
    struct gathering files = {.kind = KIND_FILE, .words = bytes_with_limit(WORDS_BYTES)};
    struct gathering others = {.kind = KIND_OTHER, .words = bytes_with_limit(WORDS_BYTES)};
    enum status st = append_listed(out);
    st = st == ST_OK ? gather_all(&files) : st;
    st = st == ST_OK ? gather_all(&others) : st;
    if (st == ST_OK && files.words.size > 2) {
        st = bytes_append_format(out,
                                 "    %.*s)\n"
                                 "        compopt -o filenames 2>/dev/null\n"
                                 "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                                 "        return ;;\n",
                                 (int)files.words.size - 2, bytes_text(&files.words) + 1);
    }
    if (st == ST_OK && others.words.size > 2) {
        st = bytes_append_format(out, "    %.*s) return ;;\n", (int)others.words.size - 2,
                                 bytes_text(&others.words) + 1);
    }
    bytes_free(&files.words);
    bytes_free(&others.words);
    return st;
}

static const char *words_behind(const char *command)
{
    for (size_t i = 0; i < sizeof FIXED / sizeof FIXED[0]; i++) {
        if (strcmp(FIXED[i].before, command) == 0) {
            return FIXED[i].words;
        }
    }
    return "";
}

static enum status append_commands(struct bytes *out)
{
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && adm_command_name(i) != NULL; i++) {
        const char *name = adm_command_name(i);
        const char *help = adm_help_find(name);
        st = bytes_append_format(out, "    %s) words='%s' options+='", name, words_behind(name));
        st = st == ST_OK ? adm_completion_options(help != NULL ? help : "", out) : st;
        st = st == ST_OK ? bytes_append_text(out, "' ;;\n") : st;
    }
    return st;
}

static enum status append_names(struct bytes *out)
{
    enum status st = bytes_append_text(out, "    local commands='help");
    for (size_t i = 0; st == ST_OK && adm_command_name(i) != NULL; i++) {
        st = bytes_append_format(out, " %s", adm_command_name(i));
    }
    return st == ST_OK ? bytes_append_text(out, "'\n") : st;
}

enum status adm_completion_bash(struct bytes *out)
{
    enum status st = bytes_append_text(out, BEGIN);
    st = st == ST_OK ? append_values(out) : st;
    st = st == ST_OK ? bytes_append_text(out, COMMANDS) : st;
    st = st == ST_OK ? append_commands(out) : st;
    st = st == ST_OK ? bytes_append_text(out, "    esac\n") : st;
    st = st == ST_OK ? append_names(out) : st;
    return st == ST_OK ? bytes_append_text(out, END) : st;
}
