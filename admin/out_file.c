#include "admin/out_file.h"

#include "admin/print.h"
#include "admin/terminal.h"
#include "base/file.h"
#include "base/random.h"

#include <errno.h>
#include <string.h>

/* KIND_BYTES: where a bundle, a to-sign file and a plan differ, and two bundles do not yet. */
enum {
    PATH_BYTES = 8192,
    RANDOM_BYTES = 8,
    KIND_BYTES = 32,
    REPLACED_MOST_BYTES = 64 * 1024 * 1024,
};

static bool is_stdout(const char *path)
{
    return strcmp(path, "-") == 0;
}

static enum status check_absent(const char *path, bool force, struct err *err)
{
    FILE *there = NULL;
    enum status st = force ? ST_NOT_FOUND : file_open_to_read(path, &there, err);
    if (st != ST_OK) {
        return st == ST_NOT_FOUND ? ST_OK : st;
    }
    (void)fclose(there);
    return err_set(err, ST_EXISTS, 0, "%s is there already: give another --out, or --force", path);
}

static enum status name_beside(const char *path, struct bytes *out, struct err *err)
{
    uint8_t raw[RANDOM_BYTES];
    char hex[2 * RANDOM_BYTES + 1];
    enum status st = random_bytes(raw, sizeof raw);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot make a name for a new file");
    }
    hex_encode(raw, sizeof raw, hex);
    *out = bytes_with_limit(PATH_BYTES);
    st = bytes_append_format(out, "%s.%s.part", path, hex);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "the path %s is too long", path);
}

enum status adm_out_open(struct adm_out_file *out, const char *path, bool force, struct err *err)
{
    *out = (struct adm_out_file){.path = path};
    if (is_stdout(path)) {
        return ST_OK;
    }
    enum status st = check_absent(path, force, err);
    st = st == ST_OK ? name_beside(path, &out->beside, err) : st;
    const char *beside = bytes_text(&out->beside);
    st = st == ST_OK ? file_create(beside, (struct span){.size = 0}, FILE_FOR_OWNER, err) : st;
    return st == ST_OK ? file_open_to_append(beside, &out->file, err) : st;
}

enum status adm_out_write(struct adm_out_file *out, struct span part, struct err *err)
{
    enum status st = ST_OK;
    if (is_stdout(out->path)) {
        st = adm_terminal_write_raw(part, err);
    } else if (part.size > 0 && fwrite(part.data, 1, part.size, out->file) != part.size) {
        int error = errno;
        st = err_set(err, error == ENOSPC ? ST_NO_SPACE : ST_IO, (uint32_t)error,
                     "cannot write %s: %s", out->path, strerror(error));
    }
    out->bytes += st == ST_OK ? (int64_t)part.size : 0;
    return st;
}

enum status adm_out_keep(struct adm_out_file *out, bool force, struct err *err)
{
    if (is_stdout(out->path)) {
        return ST_OK;
    }
    FILE *file = out->file;
    out->file = NULL;
    enum status st = file_close(file, out->path, err);
    st = st == ST_OK ? check_absent(out->path, force, err) : st;
    st = st == ST_OK ? file_rename(bytes_text(&out->beside), out->path, err) : st;
    if (st == ST_OK) {
        bytes_free(&out->beside);
    }
    return st;
}

void adm_out_done(struct adm_out_file *out)
{
    struct err ignored;
    if (out->file != NULL) {
        (void)fclose(out->file);
    }
    if (out->beside.size > 0) {
        enum status st = file_remove(bytes_text(&out->beside), &ignored);
        if (st != ST_OK && st != ST_NOT_FOUND) {
            adm_print_warning("a part of the file stays behind and cannot be removed");
        }
    }
    bytes_free(&out->beside);
    *out = (struct adm_out_file){.path = "-"};
}

/* An empty file is nothing to lose. Larger than what we write is something else, too. */
static enum status check_kind(const char *path, struct span content, struct err *err)
{
    struct bytes there = {0};
    enum status st = file_read(path, REPLACED_MOST_BYTES, &there, err);
    if (st == ST_NOT_FOUND || (st == ST_OK && there.size == 0)) {
        st = ST_OK;
    } else if (st == ST_TOO_LARGE ||
               (st == ST_OK && (there.size < KIND_BYTES || content.size < KIND_BYTES ||
                                memcmp(there.data, content.data, KIND_BYTES) != 0))) {
        st = err_set(err, ST_EXISTS, 0, "%s is there and is something else: give another --out",
                     path);
    }
    bytes_free(&there);
    return st;
}

enum status adm_out_replace(const char *path, struct span content, struct err *err)
{
    enum status st = check_kind(path, content, err);
    return st == ST_OK ? file_write(path, content, FILE_FOR_ALL, err) : st;
}
