/* decimal.h - read a decimal number as an integer, exactly.
 *
 * Effects: none       Units:  10^-decimals
 * Owns:    nothing    Errors: false; *out is then unchanged
 * Threads: safe       Source: docs/policy-format.md "Percentages"
 */
#ifndef POLICY_DECIMAL_H
#define POLICY_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/* digits: a number as JSON writes it, without an exponent. False if it has more decimals than
 * `decimals`, or does not fit. */
bool pol_decimal_read(const char *digits, unsigned decimals, int64_t *out);

#endif
