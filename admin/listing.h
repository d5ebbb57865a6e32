/* listing.h - print all pages of a list as one table.
 *
 * Effects: asks the server, prints on stdout    Units:  rows
 * Owns:    nothing                              Errors: those of answer.h and print.h
 * Threads: one thread                           Source: docs/protocol.md "Administrators"
 */
#ifndef ADMIN_LISTING_H
#define ADMIN_LISTING_H

#include "admin/answer.h"
#include "admin/table.h"

/* pages->visit gets the table as its context and adds a row of so many cells as head has. */
enum status adm_listing_print(struct adm_client *client, struct adm_pages pages,
                              const char *const *head, size_t columns, struct err *err) MUST_USE;

#endif
