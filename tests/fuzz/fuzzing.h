/* fuzzing.h - what every fuzz target checks: properties that hold for any input.
 *
 * A property that does not hold ends the program, as a crash does, and libFuzzer keeps the input.
 * Effects: ends the program where something is wrong    Units:  bytes
 * Owns:    what it returns, said there                  Errors: none
 * Threads: one thread                                   Source: https://llvm.org/docs/LibFuzzer.html
 */
#ifndef TESTS_FUZZ_FUZZING_H
#define TESTS_FUZZ_FUZZING_H

#include "policy/problems.h"
#include "policy/verify.h"

/* libFuzzer calls them; each target has the second one. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The property must hold. */
#define HOLDS(property)                                                                            \
    do {                                                                                           \
        if (!(property)) {                                                                         \
            fuzz_broken(#property, __FILE__, __LINE__);                                            \
        }                                                                                          \
    } while (0)
_Noreturn void fuzz_broken(const char *property, const char *file, int line);

/* UTF-8 by RFC 3629, written a second time and otherwise than the scanner has it. */
bool fuzz_is_utf8(const char *text);

/* Success, or a refusal that says all it must: a code, the pointer, a sentence. No input runs out of
 * memory or finds a mistake of ours. Gives true on success. */
bool fuzz_taken(enum status st, const struct err *err);
bool fuzz_refused_with(const struct err *err, const char *const *codes, size_t code_count);
void fuzz_check_problems(const struct pol_problems *problems);

/* Trust in the one key of tests/data/envelope/trust-one.json, for the life of the program. */
const struct pol_trust *fuzz_trust(void);

/* While it is set, any signature by that key holds: of all that verifying does, only the arithmetic is
 * left out (see the linker's --wrap in tests/CMakeLists.txt). */
extern bool fuzz_any_signature_holds;

/* Append the envelope of a payload with a signature that holds only then. False if it is too large. */
bool fuzz_envelope(struct span payload, enum pol_document document, struct bytes *out);

/* A policy's payload, verified in that way. NULL if it is too large or there is none. */
struct pol_verified *fuzz_verified(struct span payload);

#endif
