#include "tests/fuzz/one_file.h"

#include "tests/fuzz/fuzzing.h"

static struct bytes file;

static enum status read_file(void *ctx, const char *name, size_t limit, struct bytes *out,
                             struct err *err)
{
    (void)ctx;
    (void)name;
    *out = bytes_with_limit(limit);
    return file.size > limit ? err_set(err, ST_TOO_LARGE, 0, "too large")
                             : bytes_append(out, file.data, file.size);
}

static enum status write_file(void *ctx, const char *name, struct span content, struct err *err)
{
    (void)ctx;
    (void)name;
    (void)err;
    bytes_free(&file);
    file = bytes_with_limit(content.size);
    return bytes_append(&file, content.data, content.size);
}

const struct ag_vault ONE_FILE_VAULT = {.read = read_file, .write = write_file};

void one_file_put(const uint8_t *data, size_t size)
{
    HOLDS(write_file(NULL, NULL, (struct span){data, size}, NULL) == ST_OK);
}

void one_file_drop(void)
{
    bytes_free(&file);
}
