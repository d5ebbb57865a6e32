#include "tests/cmocka_all.h"

#include "tests/fakes/nth_allocation.h"

#include <malloc.h>
#include <stdint.h>
#include <string.h>

/* ---- what the linker puts in the place of the C library's --------------------------------- */

/* The linker's --wrap says what they are called. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *old);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

enum {
    PLACES = 65536,
    ROW_FIRST = 3,  /* of a row of allocations by one place: so many fail one by one ... */
    ROW_STEP = 199, /* ... and then each so many-th */
    FOREVER_STEP = 5,
};

/* What was allocated where, in a call that nothing fails in. */
static const void *places[PLACES];

static struct {
    bool armed;
    bool forever; /* all from the n-th on fail */
    size_t nth;   /* 1 and up; 0: none */
    size_t made;  /* since it was armed */
    size_t failed;
    size_t live; /* blocks */
    size_t live_bytes;
    size_t peak_bytes;
    size_t start_bytes; /* when the watch began */
} book;

static bool fails(const void *place)
{
    if (!book.armed) {
        return false;
    }
    if (book.nth == 0 && book.made < PLACES) {
        places[book.made] = place;
    }
    book.made++;
    bool fail = book.nth != 0 && (book.forever ? book.made >= book.nth : book.made == book.nth);
    book.failed += fail ? 1 : 0;
    return fail;
}

void *nth_allocation_lend(void *old, size_t size)
{
    return fails((const void *)(uintptr_t)(book.made + 1)) ? NULL : __real_realloc(old, size);
}

void nth_allocation_take_back(void *old)
{
    __real_free(old);
}

static void *enter(void *block)
{
    if (block != NULL) {
        book.live++;
        book.live_bytes += malloc_usable_size(block);
        book.peak_bytes = book.live_bytes > book.peak_bytes ? book.live_bytes : book.peak_bytes;
    }
    return block;
}

static void leave(void *block)
{
    if (block != NULL) {
        book.live--;
        book.live_bytes -= malloc_usable_size(block);
    }
}

void *__wrap_malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : enter(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : enter(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (fails(__builtin_return_address(0))) {
        return NULL;
    }
    leave(old);
    void *block = __real_realloc(old, size);
    return block != NULL ? enter(block) : (enter(old), NULL);
}

void __wrap_free(void *old)
{
    leave(old);
    __real_free(old);
}

/* ---- one call, many times ----------------------------------------------------------------- */

static void check_answer(const struct nth_call *call, enum status st, const struct err *err)
{
    bool told = st == ST_NO_MEMORY || (st != ST_OK && (st == call->also[0] || st == call->also[1]));
    if (st == ST_OK && (book.failed == 0 || call->may_succeed)) {
        return;
    }
    if (book.failed == 0) {
        fail_msg("with all memory: %s, %s", status_name(st), err->text);
    }
    if (!told || err->st != st || err->text[0] == '\0') {
        fail_msg("allocation %zu failed%s: %s, err says %s \"%s\"", book.nth,
                 book.forever ? ", and all behind it" : "", status_name(st), status_name(err->st),
                 err->text);
    }
}

/* False once no allocation fails any more; the call has then succeeded. */
static bool fail_nth(const struct nth_call *call, size_t nth, bool forever)
{
    struct err err = {.st = ST_BUG};
    size_t live = book.live;
    book.nth = nth;
    book.forever = forever;
    book.made = 0;
    book.failed = 0;
    book.armed = true;
    enum status st = call->call(call->ctx, &err);
    book.armed = false;
    check_answer(call, st, &err);
    call->after(call->ctx, st == ST_OK);
    if (nth > 0 && book.live != live) {
        fail_msg("allocation %zu failed: %zu blocks before, %zu after", nth, live, book.live);
    }
    return book.failed > 0;
}

/* Is the n-th one of those that are let fail? */
static bool is_chosen(size_t nth, size_t recorded, size_t *row)
{
    if (nth > recorded || nth > PLACES) {
        return true;
    }
    *row = nth > 1 && places[nth - 1] == places[nth - 2] ? *row + 1 : 0;
    return *row < ROW_FIRST || *row % ROW_STEP == 0;
}

/* Every step-th of the chosen ones fails, alone or with all behind it. */
static void fail_all(const struct nth_call *call, size_t recorded, size_t step, bool forever)
{
    size_t row = 0;
    size_t chosen = 0;
    bool failed = true;
    for (size_t nth = 1; failed || nth <= recorded; nth++) {
        if (is_chosen(nth, recorded, &row) && chosen++ % step == 0) {
            failed = fail_nth(call, nth, forever);
        }
    }
}

size_t nth_allocation_each(const struct nth_call *call)
{
    (void)fail_nth(call, 0, false); /* what libraries keep for good is there afterwards */
    size_t recorded = book.made;
    size_t step = call->step > 0 ? call->step : 1;
    fail_all(call, recorded, step, false);
    fail_all(call, recorded, step * FOREVER_STEP, true);
    return recorded;
}

void allocation_watch_start(void)
{
    book.start_bytes = book.live_bytes;
    book.peak_bytes = book.live_bytes;
}

size_t allocation_watch_peak_bytes(void)
{
    return book.peak_bytes - book.start_bytes;
}
