/* json_vectors.h - the documents of tests/data/json and what must come of each.
 *
 * Effects: reads files; fails the running test where something is amiss with them
 * Owns:    struct json_vectors, from json_vectors_read() to json_vectors_free();
 *          documents are the caller's              Errors: fail the test
 * Units:   bytes                                   Threads: one thread
 * Source:  tests/data/json/README.md
 */
#ifndef TESTS_VECTORS_JSON_VECTORS_H
#define TESTS_VECTORS_JSON_VECTORS_H

#include "base/bytes.h"

struct json_vector {
    const char *reader; /* the folder, and who is to read it */
    const char *file;   /* its name in that folder */
    const char *expected;
    const char *pointer; /* "" for the whole document, and for what is taken */
    size_t pad;          /* 0, or the size that blanks behind the document make it */
    size_t times;        /* 0, or how often what stands between << and >> is there */
    size_t problems;     /* how many are found in all; 1 unless the manifest says more */
    const char *says;    /* what the sentence must hold, or "" */
};

struct json_vectors {
    struct json_vector *items;
    size_t count;
    char *text; /* what the pointers above point into */
};

enum { JSON_VECTORS_LEAST = 120, JSON_VECTOR_MOST_BYTES = 2 * 1024 * 1024 };

/* The whole manifest; rows that are not understood fail the test. */
void json_vectors_read(struct json_vectors *out);
void json_vectors_free(struct json_vectors *vectors);

/* The document as it is to be read. No byte stands behind the last, so that the sanitizer sees who
 * reads on. free() frees it. */
uint8_t *json_vector_document(const struct json_vector *vector, size_t *out_size);

/* The folder of a reader. */
void json_vectors_folder(const char *reader, char *out, size_t size);

/* Say which vector went wrong, and how. code: NULL if the document was taken. */
void json_vector_print(const struct json_vector *vector, const char *code, const char *pointer,
                       const char *text);

#endif
