#include "admin/secret.h"

#include "admin/options.h"
#include "admin/print.h"
#include "admin/terminal.h"
#include "base/file.h"
#include "policy/limits.h"

#include <string.h>

enum { LINE_END_BYTES = 2, PATH_MOST_BYTES = 4096 };

static void drop_line_end(struct bytes *line)
{
    if (line->size > 0 && line->data[line->size - 1] == '\n') {
        line->data[--line->size] = '\0';
    }
    if (line->size > 0 && line->data[line->size - 1] == '\r') {
        line->data[--line->size] = '\0';
    }
}

enum status adm_secret_read(const char *path, const char *what, struct bytes *out, struct err *err)
{
    struct bytes line = {0};

    enum status st = file_read(path, ADM_SECRET_BYTES + LINE_END_BYTES, &line, err);
    if (st == ST_OK) {
        drop_line_end(&line);
        if (line.size == 0) {
            st = err_set(err, ST_NOT_FOUND, 0, "the %s file %s is empty", what, path);
        } else if (line.size > ADM_SECRET_BYTES || memchr(line.data, '\n', line.size) != NULL ||
                   memchr(line.data, '\0', line.size) != NULL) {
            st = err_set(err, ST_TOO_LARGE, 0,
                         "the %s file %s must hold one line of at most %d bytes", what, path,
                         ADM_SECRET_BYTES);
        }
    }
    if (st == ST_OK) {
        *out = line;
        line = (struct bytes){0};
    }
    bytes_wipe(&line);
    return st;
}

static enum status ask_twice(struct bytes *out, struct err *err)
{
    struct bytes first = bytes_with_limit(ADM_SECRET_BYTES);
    struct bytes again = bytes_with_limit(ADM_SECRET_BYTES);

    enum status st = adm_terminal_read_secret("Passphrase for the new key: ", &first, err);
    if (st == ST_OK && first.size == 0) {
        st = adm_usage(err, "an empty passphrase is none: say --no-passphrase if that is meant");
    }
    if (st == ST_OK) {
        st = adm_terminal_read_secret("The same again: ", &again, err);
    }
    if (st == ST_OK && !span_equal(bytes_span(&first), bytes_span(&again))) {
        st = adm_usage(err, "the two passphrases differ: no key was made, try again");
    }
    if (st == ST_OK) {
        *out = first;
        first = (struct bytes){0};
    }
    bytes_wipe(&first);
    bytes_wipe(&again);
    return st;
}

enum status adm_passphrase_choose(const char *path, bool none_wanted, struct bytes *out,
                                  struct err *err)
{
    if (path != NULL && none_wanted) {
        return adm_usage(err, "--passphrase-file and --no-passphrase exclude each other");
    }
    if (path != NULL) {
        return adm_secret_read(path, "passphrase", out, err);
    }
    if (!none_wanted && adm_terminal_asks()) {
        return ask_twice(out, err);
    }
    *out = bytes_with_limit(ADM_SECRET_BYTES);
    return ST_OK;
}

static bool contains(const struct bytes *text, const char *word)
{
    return strstr(bytes_text(text), word) != NULL;
}

static enum status find_passphrase(const char *key_path, const char *path, struct bytes *out,
                                   struct err *err)
{
    if (path != NULL) {
        return adm_secret_read(path, "passphrase", out, err);
    }
    if (!adm_terminal_asks()) {
        return adm_usage(err,
                         "%s is encrypted: name the file with its passphrase, "
                         "--passphrase-file FILE",
                         key_path);
    }
    struct bytes prompt = bytes_with_limit(PATH_MOST_BYTES);
    struct bytes typed = bytes_with_limit(ADM_SECRET_BYTES);
    enum status st = bytes_append_format(&prompt, "Passphrase of %s: ", key_path);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the path of the key is too long");
    } else {
        st = adm_terminal_read_secret(bytes_text(&prompt), &typed, err);
    }
    if (st == ST_OK) {
        *out = typed;
        typed = (struct bytes){0};
    }
    bytes_free(&prompt);
    bytes_wipe(&typed);
    return st;
}

enum status adm_key_read(const char *path, const char *passphrase_path, struct pol_key **out,
                         struct err *err)
{
    struct bytes pem = {0};
    struct bytes passphrase = bytes_with_limit(ADM_SECRET_BYTES);

    enum status st = file_read(path, LIMIT_KEY_FILE_BYTES, &pem, err);
    if (st == ST_OK && contains(&pem, "-----BEGIN PUBLIC KEY-----")) {
        st = err_refuse(err, "key_unknown", NULL,
                        "%s is a public key: signing takes the private "
                        "one that keygen wrote beside it",
                        path);
    }
    if (st == ST_OK && contains(&pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----")) {
        st = find_passphrase(path, passphrase_path, &passphrase, err);
    }
    if (st == ST_OK) {
        st = pol_key_read_private(bytes_span(&pem), bytes_span(&passphrase), out, err);
    }
    bytes_wipe(&passphrase);
    bytes_wipe(&pem);
    return st;
}

enum status adm_public_key_read(const char *path, struct pol_public_key *out, struct err *err)
{
    struct bytes pem = {0};
    enum status st = file_read(path, LIMIT_KEY_FILE_BYTES, &pem, err);
    if (st == ST_OK && contains(&pem, "PRIVATE KEY-----")) {
        st = err_refuse(err, "key_unknown", NULL,
                        "%s is a private key: here the public one is taken, which keygen wrote"
                        " beside it",
                        path);
    }
    if (st == ST_OK) {
        st = pol_public_key_read(bytes_span(&pem), out, err);
    }
    bytes_wipe(&pem);
    return st;
}

static enum status name_public_half(const char *path, struct bytes *out, struct err *err)
{
    static const char END[] = ".pem";
    size_t length = strlen(path);
    size_t end = sizeof END - 1;
    size_t stem = length > end && strcmp(path + length - end, END) == 0 ? length - end : length;

    enum status st = bytes_append(out, path, stem);
    if (st == ST_OK) {
        st = bytes_append_text(out, ".pub.pem");
    }
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "the path %s is too long", path);
}

static enum status write_halves(const char *path, struct span private_pem, const char *public_path,
                                struct span public_pem, struct err *err)
{
    enum status st = file_create(path, private_pem, FILE_FOR_OWNER, err);
    if (st != ST_OK) {
        return st;
    }
    st = file_create(public_path, public_pem, FILE_FOR_ALL, err);
    struct err left;
    if (st != ST_OK && file_remove(path, &left) != ST_OK) {
        adm_print_warning(left.text); /* the first failure is the one to tell */
    }
    return st;
}

enum status adm_key_create(const char *path, struct span passphrase, struct bytes *public_path,
                           struct pol_public_key *out, struct err *err)
{
    struct pol_key *key = NULL;
    struct bytes private_pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct bytes public_pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);

    enum status st = name_public_half(path, public_path, err);
    if (st == ST_OK) {
        st = pol_key_generate(&key, err);
    }
    if (st == ST_OK) {
        st = pol_key_write_private(key, passphrase, &private_pem, err);
    }
    if (st == ST_OK) {
        st = pol_public_key_write(pol_key_public(key), &public_pem, err);
    }
    if (st == ST_OK) {
        st = write_halves(path, bytes_span(&private_pem), bytes_text(public_path),
                          bytes_span(&public_pem), err);
    }
    if (st == ST_OK) {
        *out = *pol_key_public(key);
    }
    bytes_wipe(&private_pem);
    bytes_free(&public_pem);
    pol_key_free(key);
    return st;
}
