#include "tests/cmocka_all.h"

#include "base/file.h"
#include "tests/vectors/json_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANIFEST_BYTES = 1024 * 1024, PATH_BYTES = 1024, COLUMNS = 6, COLUMNS_LEAST = 3 };

static const char REPEATED_FROM[] = "<<";
static const char REPEATED_TO[] = ">>";

/* ---- the manifest ------------------------------------------------------------------------------ */

static void path_of(const char *name, char *out, size_t size)
{
    const char *data = getenv("MR_TEST_DATA");
    int length = snprintf(out, size, "%s/json/%s", data != NULL ? data : "tests/data", name);
    assert_true(length > 0 && (size_t)length < size);
}

void json_vectors_folder(const char *reader, char *out, size_t size)
{
    path_of(reader, out, size);
}

/* Cut the line at its tabs; columns that are not there become "-". */
static void take_columns(char *line, const char *columns[COLUMNS])
{
    size_t count = 0;
    for (char *at = line; at != NULL && count < COLUMNS; count++) {
        char *tab = strchr(at, '\t');
        columns[count] = at;
        if (tab != NULL) {
            *tab = '\0';
            tab++;
        }
        at = tab;
    }
    if (count < COLUMNS_LEAST) {
        fail_msg("expected.tsv: %s has %zu columns", line, count);
    }
    while (count < COLUMNS) {
        columns[count] = "-";
        count++;
    }
}

static const char *or_nothing(const char *column)
{
    return strcmp(column, "-") == 0 ? "" : column;
}

/* "pad=7" for the word "pad=": 7. False if it is another word. */
static bool take_rule(const char **at, const char *word, size_t *out)
{
    size_t length = strlen(word);
    char *end = NULL;
    if (strncmp(*at, word, length) != 0) {
        return false;
    }
    *out = strtoul(*at + length, &end, 10);
    if (end == *at + length || (*end != ' ' && *end != '\0')) {
        return false;
    }
    *at = *end == ' ' ? end + 1 : end;
    return true;
}

static void take_rules(struct json_vector *vector, const char *rules)
{
    const char *at = rules;
    while (*at != '\0') {
        if (!take_rule(&at, "pad=", &vector->pad) && !take_rule(&at, "times=", &vector->times) &&
            !take_rule(&at, "problems=", &vector->problems)) {
            fail_msg("expected.tsv: %s/%s: no rule is \"%s\"", vector->reader, vector->file, at);
        }
    }
}

static void take_row(char *line, struct json_vector *out)
{
    const char *columns[COLUMNS];
    take_columns(line, columns);
    *out = (struct json_vector){.reader = columns[0],
                                .file = columns[1],
                                .expected = columns[2],
                                .pointer = or_nothing(columns[3]),
                                .problems = 1,
                                .says = or_nothing(columns[5])};
    take_rules(out, or_nothing(columns[4]));
}

static char *read_manifest(void)
{
    char path[PATH_BYTES];
    struct bytes manifest = {0};
    struct err err = {0};
    path_of("expected.tsv", path, sizeof path);
    if (file_read(path, MANIFEST_BYTES, &manifest, &err) != ST_OK) {
        fail_msg("%s: %s", path, err.text);
    }
    return (char *)manifest.data;
}

void json_vectors_read(struct json_vectors *out)
{
    char *text = read_manifest();
    size_t lines = 1;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    *out = (struct json_vectors){.text = text, .items = calloc(lines, sizeof *out->items)};
    assert_non_null(out->items);
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
            end++;
        }
        if (line[0] != '\0' && line[0] != '#') {
            take_row(line, &out->items[out->count]);
            out->count++;
        }
        line = end;
    }
}

void json_vectors_free(struct json_vectors *vectors)
{
    free(vectors->items);
    free(vectors->text);
    *vectors = (struct json_vectors){0};
}

/* ---- documents --------------------------------------------------------------------------------- */

/* The bytes from..to, with the number in place of each '#'. */
static void append_numbered(struct bytes *out, const char *from, const char *to, size_t number)
{
    for (const char *at = from; at < to; at++) {
        if (*at == '#') {
            assert_int_equal(bytes_append_format(out, "%zu", number), ST_OK);
        } else {
            assert_int_equal(bytes_append(out, at, 1), ST_OK);
        }
    }
}

/* Such files hold no NUL: they are text. */
static void repeat(const struct json_vector *vector, struct bytes *document)
{
    struct bytes out = bytes_with_limit(JSON_VECTOR_MOST_BYTES);
    const char *text = bytes_text(document);
    const char *from = strstr(text, REPEATED_FROM);
    const char *to = from != NULL ? strstr(from, REPEATED_TO) : NULL;
    if (to == NULL) {
        fail_msg("%s/%s: nothing stands between << and >>", vector->reader, vector->file);
    }
    assert_int_equal(bytes_append(&out, text, (size_t)(from - text)), ST_OK);
    for (size_t i = 0; i < vector->times; i++) {
        append_numbered(&out, from + strlen(REPEATED_FROM), to, i);
    }
    assert_int_equal(bytes_append_text(&out, to + strlen(REPEATED_TO)), ST_OK);
    bytes_free(document);
    *document = out;
}

static void pad(const struct json_vector *vector, struct bytes *document)
{
    assert_true(document->size < vector->pad && vector->pad <= JSON_VECTOR_MOST_BYTES);
    document->limit = JSON_VECTOR_MOST_BYTES;
    while (document->size < vector->pad) {
        assert_int_equal(bytes_append(document, " ", 1), ST_OK);
    }
}

uint8_t *json_vector_document(const struct json_vector *vector, size_t *out_size)
{
    char folder[PATH_BYTES];
    char path[2 * PATH_BYTES];
    struct bytes document = {0};
    struct err err = {0};
    json_vectors_folder(vector->reader, folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/%s", folder, vector->file);
    if (file_read(path, JSON_VECTOR_MOST_BYTES, &document, &err) != ST_OK) {
        fail_msg("%s/%s has a row and no file: %s", vector->reader, vector->file, err.text);
    }
    if (vector->times > 0) {
        repeat(vector, &document);
    }
    if (vector->pad > 0) {
        pad(vector, &document);
    }
    uint8_t *exact = malloc(document.size + (document.size == 0));
    assert_non_null(exact);
    if (document.size > 0) {
        memcpy(exact, document.data, document.size);
    }
    *out_size = document.size;
    bytes_free(&document);
    return exact;
}

void json_vector_print(const struct json_vector *vector, const char *code, const char *pointer,
                       const char *text)
{
    print_error("%s/%s: wanted %s at \"%s\"%s%s, got %s at \"%s\": %s\n", vector->reader,
                vector->file, vector->expected, vector->pointer,
                vector->says[0] != '\0' ? " saying " : "", vector->says, code != NULL ? code : "ok",
                pointer, text);
}
