/* scanning.h - ask the scanner, and be told what it answered instead.
 *
 * Effects: fails the running test    Units:  bytes
 * Owns:    nothing                   Errors: none
 * Threads: one thread                Source: docs/policy-format.md "JSON is strict"
 */
#ifndef TESTS_UNIT_POLICY_SCANNING_H
#define TESTS_UNIT_POLICY_SCANNING_H

#include "policy/json_scan.h"
#include "policy/limits.h"

/* By the bounds of documents, up to the size of a bundle. */
enum status scan_document(struct span document, struct err *err) MUST_USE;

void assert_scan_takes(const char *text);
void assert_scan_refuses(const char *text, const char *code, const char *pointer);
void assert_scan_refuses_span(struct span document, const char *code, const char *pointer);

#endif
