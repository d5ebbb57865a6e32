/* wire.h - a client that does what no client should: slow, silent, odd.
 *
 * Effects: sockets on loopback; files for certificates
 * Units:   milliseconds                  Owns:    descriptors are the caller's, to be closed
 * Errors:  fail the test                 Threads: one
 * Source:  docs/operations-server.md "Doors and limits"
 */
#ifndef TESTS_UNIT_SERVER_WIRE_H
#define TESTS_UNIT_SERVER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* To the port of that URL. */
int wire_dial(const char *url);
/* With a small buffer: so that whoever sends much must wait. */
int wire_dial_little(const char *url);
/* False if the other side has closed. */
bool wire_put(int fd, const char *text);
/* Everything until the other side closes; its length. */
size_t wire_drain(int fd, char *out, size_t room);
/* One answer of a connection that goes on: its head and as many bytes as it says. */
void wire_answer(int fd, char *out, size_t room);
/* Does the other side close before a generous bound? */
bool wire_ends(int fd);
void wire_close(int fd);

/* A new self-signed pair of P-256, good for so long; the serial number is one byte. */
void wire_make_pair(const char *cert_file, const char *key_file, uint8_t serial, int64_t seconds);
/* The serial number of the certificate that is shown, after a whole handshake. */
uint8_t wire_serial(const char *url);
uint8_t wire_serial_of(int fd); /* on that connection, which ends with it */

#endif
