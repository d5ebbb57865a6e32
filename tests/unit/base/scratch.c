#include "tests/cmocka_all.h"

#include "base/file.h"
#include "base/random.h"
#include "tests/unit/base/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[SCRATCH_PATH_BYTES / 2];
static char path[SCRATCH_PATH_BYTES];
static int real_stderr = -1;

static const char *place_for_folders(void)
{
    static const char *const VARIABLES[] = {"TMPDIR", "TEMP", "TMP"};
    for (size_t i = 0; i < sizeof VARIABLES / sizeof VARIABLES[0]; i++) {
        const char *value = getenv(VARIABLES[i]);
        if (value != NULL && value[0] != '\0') {
            return value;
        }
    }
    return "/tmp";
}

int scratch_make(void **state)
{
    (void)state;
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    struct err err = {0};
    if (random_bytes(random, sizeof random) != ST_OK) {
        return -1;
    }
    hex_encode(random, sizeof random, hex);
    (void)snprintf(folder, sizeof folder, "%s/mapi-rollout-test-%s", place_for_folders(), hex);
    if (file_make_folder(folder, &err) != ST_OK) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static bool remove_one(void *ctx, const char *name)
{
    int *failures = ctx;
    *failures += file_remove(scratch_path(name), NULL) == ST_OK ? 0 : 1;
    return true;
}

int scratch_remove(void **state)
{
    (void)state;
    int failures = 0;
    scratch_stderr_back();
    if (file_list(folder, remove_one, &failures, NULL) != ST_OK) {
        return -1;
    }
    return failures == 0 && rmdir(folder) == 0 ? 0 : -1;
}

const char *scratch_path(const char *name)
{
    (void)snprintf(path, sizeof path, "%s%s%s", folder, name != NULL ? "/" : "",
                   name != NULL ? name : "");
    return path;
}

struct bytes scratch_content(const char *name)
{
    struct bytes content = {0};
    struct err err = {0};
    if (file_read(scratch_path(name), 65536, &content, &err) != ST_OK) {
        fail_msg("%s", err.text);
    }
    return content;
}

void scratch_put(const char *name, const char *content)
{
    assert_int_equal(file_write(scratch_path(name), span_text(content), FILE_FOR_OWNER, NULL),
                     ST_OK);
}

void scratch_stderr_to(const char *name)
{
    FILE *file = fopen(scratch_path(name), "wb");
    assert_non_null(file);
    (void)fflush(stderr);
    real_stderr = dup(fileno(stderr));
    assert_true(real_stderr >= 0);
    assert_true(dup2(fileno(file), fileno(stderr)) >= 0);
    assert_int_equal(fclose(file), 0);
}

void scratch_stderr_back(void)
{
    if (real_stderr >= 0) {
        (void)fflush(stderr);
        (void)dup2(real_stderr, fileno(stderr));
        (void)close(real_stderr);
        real_stderr = -1;
    }
}
