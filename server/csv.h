/* csv.h - write comma-separated values that a spreadsheet shows and never carries out.
 *
 * RFC 4180: CRLF, every text in quotes, quotes doubled. Whatever a spreadsheet would take for a formula
 * gets an apostrophe before it: at the start of a field, and behind quotes and separators, since a
 * spreadsheet of another country splits at semicolons or tabs and then sees fields that are none. The
 * signs are = + - @ and their full-width forms; control characters become spaces.
 * Effects: none                       Units:  bytes
 * Owns:    nothing                    Errors: the first one sticks, as in json_write.h
 * Threads: one                        Source: RFC 4180; OWASP, "CSV Injection"; OWASP ASVS 1.2.10
 */
#ifndef SERVER_CSV_H
#define SERVER_CSV_H

#include "base/bytes.h"
#include "base/err.h"

struct srv_csv {
    struct bytes *out;
    enum status st;
    bool comma; /* the next field needs one before it */
};

struct srv_csv srv_csv_start(struct bytes *out);
/* The mark of UTF-8 that Excel looks for; before anything else. */
void srv_csv_mark(struct srv_csv *w);
void srv_csv_text(struct srv_csv *w, const char *text); /* NULL: an empty field without quotes */
void srv_csv_integer(struct srv_csv *w, int64_t value);
void srv_csv_boolean(struct srv_csv *w, bool value);
void srv_csv_time(struct srv_csv *w, int64_t wall_s); /* RFC 3339; negative: empty */
void srv_csv_end_line(struct srv_csv *w);

#endif
