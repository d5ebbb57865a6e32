#include "admin/commands.h"
#include "admin/options.h"
#include "admin/print.h"
#include "admin/secret.h"
#include "policy/json_write.h"

static enum status show(const char *path, const char *public_path, const char *kid, bool json,
                        struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = ST_OK;
    if (json) {
        struct pol_json_writer w = pol_json_write_start(&text);
        pol_json_object(&w, NULL);
        pol_json_text(&w, "private", path);
        pol_json_text(&w, "public", public_path);
        pol_json_text(&w, "kid", kid);
        pol_json_close_object(&w);
        st = pol_json_write_end(&w);
        if (st == ST_OK) {
            st = bytes_append_text(&text, "\n");
        }
    } else {
        st = bytes_append_format(&text,
                                 "private key  %s (keep it offline)\npublic key   %s\n"
                                 "key id       %s\n",
                                 path, public_path, kid);
    }
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

enum status adm_cmd_keygen(int argc, char *const *argv, struct err *err)
{
    const char *out = NULL;
    const char *passphrase_file = NULL;
    bool none_wanted = false;
    bool json = false;
    const struct adm_option options[] = {
        {.name = "--out", .value = "FILE.pem", .needed = true, .text = &out},
        {.name = "--passphrase-file", .value = "FILE", .text = &passphrase_file},
        {.name = "--no-passphrase", .flag = &none_wanted},
        {.name = "--json", .flag = &json},
    };
    const struct adm_syntax syntax = {.command = "keygen",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0]};
    struct bytes passphrase = {0};
    struct bytes public_path = bytes_with_limit(ADM_PRINT_BYTES);
    struct pol_public_key key;

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    if (st == ST_OK) {
        st = adm_passphrase_choose(passphrase_file, none_wanted, &passphrase, err);
    }
    if (st == ST_OK) {
        st = adm_key_create(out, bytes_span(&passphrase), &public_path, &key, err);
    }
    if (st == ST_OK && passphrase.size == 0) {
        adm_print_warning("the key is not encrypted: whoever reads the file can sign");
    }
    if (st == ST_OK) {
        st = show(out, bytes_text(&public_path), key.kid, json, err);
    }
    bytes_wipe(&passphrase);
    bytes_free(&public_path);
    return st;
}
