#include "admin/options.h"

#include "policy/limits.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char ADM_USAGE[] = "usage";

enum {
    TEXT_MOST_BYTES = 4096, /* of one argument; longer ones are no path and no reason */
    NUMBER_DIGITS = 10      /* as VERSION_MOST has */
};

enum status adm_usage(struct err *err, const char *format, ...)
{
    char text[ERR_TEXT_BYTES] = "";
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof text, format, arguments) < 0) {
        text[0] = '\0';
    }
    va_end(arguments);
    return err_refuse(err, ADM_USAGE, NULL, "%s", text);
}

bool adm_is_usage(const struct err *err)
{
    return err->st == ST_REFUSED && err->code != NULL && strcmp(err->code, ADM_USAGE) == 0;
}

/* "--out=x" and "--out" both name "--out". */
static const struct adm_option *find_option(const struct adm_syntax *syntax, const char *word)
{
    size_t length = strcspn(word, "=");
    for (size_t i = 0; i < syntax->option_count; i++) {
        const char *name = syntax->options[i].name;
        if (strlen(name) == length && memcmp(name, word, length) == 0) {
            return &syntax->options[i];
        }
    }
    return NULL;
}

static enum status take_text(const struct adm_option *option, const char *value, struct err *err)
{
    if (value[0] == '\0' || strlen(value) > TEXT_MOST_BYTES) {
        return adm_usage(err, "%s needs a value of 1 to %d bytes: %s %s", option->name,
                         TEXT_MOST_BYTES, option->name, option->value);
    }
    if (option->list != NULL) {
        if (option->list->count == ADM_LIST_MOST) {
            return adm_usage(err, "%s may be given %d times at most", option->name, ADM_LIST_MOST);
        }
        option->list->items[option->list->count++] = value;
        return ST_OK;
    }
    if (*option->text != NULL) {
        return adm_usage(err, "%s is given twice: give it once", option->name);
    }
    *option->text = value;
    return ST_OK;
}

static bool is_number(const char *word)
{
    size_t length = strlen(word);
    return length > 0 && length <= NUMBER_DIGITS && strspn(word, "0123456789") == length;
}

/* argv[*i] names the option; *i moves to the last word that belongs to it. */
static enum status take_option(const struct adm_option *option, int argc, char *const *argv, int *i,
                               struct err *err)
{
    const char *equals = strchr(argv[*i], '=');
    if (option->flag != NULL && option->text != NULL) {
        *option->flag = true;
        if (equals == NULL && (*i + 1 >= argc || !is_number(argv[*i + 1]))) {
            return ST_OK;
        }
    } else if (option->flag != NULL) {
        if (equals != NULL) {
            return adm_usage(err, "%s takes no value: leave out the \"=\"", option->name);
        }
        *option->flag = true;
        return ST_OK;
    }
    if (equals != NULL) {
        return take_text(option, equals + 1, err);
    }
    if (*i + 1 >= argc) {
        return adm_usage(err, "%s needs a value: %s %s", option->name, option->name, option->value);
    }
    (*i)++;
    return take_text(option, argv[*i], err);
}

static size_t operand_count(const struct adm_syntax *syntax)
{
    size_t count = 0;
    while (count < ADM_OPERANDS_MOST && syntax->operands[count] != NULL) {
        count++;
    }
    return count;
}

static enum status check_complete(const struct adm_syntax *syntax, size_t given, struct err *err)
{
    if (given < operand_count(syntax) && syntax->operands[given][0] != '[') {
        return adm_usage(err, "%s needs %s: see 'mapi-rollout %s --help'", syntax->command,
                         syntax->operands[given], syntax->command);
    }
    for (size_t i = 0; i < syntax->option_count; i++) {
        const struct adm_option *option = &syntax->options[i];
        bool there = option->flag != NULL   ? *option->flag
                     : option->list != NULL ? option->list->count > 0
                                            : *option->text != NULL;
        if (option->needed && !there) {
            return adm_usage(err, "%s needs %s %s: see 'mapi-rollout %s --help'", syntax->command,
                             option->name, option->value, syntax->command);
        }
    }
    return ST_OK;
}

static enum status take_operand(const struct adm_syntax *syntax, const char *word, size_t *given,
                                const char **operands, struct err *err)
{
    size_t most = operand_count(syntax);
    if (*given == most) {
        return adm_usage(err, "%s does not take \"%s\": see 'mapi-rollout %s --help'",
                         syntax->command, word, syntax->command);
    }
    if (word[0] == '\0') {
        return adm_usage(err, "%s needs %s, and got an empty word", syntax->command,
                         syntax->operands[*given]);
    }
    operands[(*given)++] = word;
    return ST_OK;
}

enum status adm_options_read(const struct adm_syntax *syntax, int argc, char *const *argv,
                             const char **operands, struct err *err)
{
    enum status st = ST_OK;
    bool options_end = false;
    size_t given = 0;

    for (int i = 0; st == ST_OK && i < argc; i++) {
        bool is_option = !options_end && argv[i][0] == '-' && argv[i][1] != '\0';
        if (is_option && strcmp(argv[i], "--") == 0) {
            options_end = true;
            continue;
        }
        if (!is_option) {
            st = take_operand(syntax, argv[i], &given, operands, err);
            continue;
        }
        const struct adm_option *option = find_option(syntax, argv[i]);
        if (option == NULL) {
            /* Only the name: what stands behind "=" may be a secret in the wrong place. */
            st = adm_usage(err, "%s has no option %.*s: see 'mapi-rollout %s --help'",
                           syntax->command, (int)strcspn(argv[i], "="), argv[i], syntax->command);
        } else {
            st = take_option(option, argc, argv, &i, err);
        }
    }
    return st == ST_OK ? check_complete(syntax, given, err) : st;
}

enum status adm_option_number(const char *option, const char *text, int64_t least, int64_t most,
                              int64_t *out, struct err *err)
{
    int64_t value = 0;
    size_t length = strlen(text);
    bool good = length > 0 && length <= NUMBER_DIGITS;
    for (size_t i = 0; good && i < length; i++) {
        good = text[i] >= '0' && text[i] <= '9';
        value = value * 10 + (text[i] - '0');
    }
    if (!good || value < least || value > most) {
        return adm_usage(err, "%s takes a whole number from %" PRId64 " to %" PRId64 ", not \"%s\"",
                         option, least, most, text);
    }
    *out = value;
    return ST_OK;
}

enum status adm_option_name(const char *option, const char *text, struct err *err)
{
    size_t length = strlen(text);
    if (length == 0 || length > LIMIT_NAME_BYTES ||
        strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != length) {
        return adm_usage(err, "%s takes 1 to %d of a-z, 0-9 and \"-\", not \"%s\"", option,
                         LIMIT_NAME_BYTES, text);
    }
    return ST_OK;
}
