#include "policy/signature_form.h"

#include "policy/envelope.h"

#include <string.h>

enum { NUMBER_BYTES = SIGNATURE_BYTES / 2, DER_SEQUENCE = 0x30, DER_INTEGER = 0x02 };

/* ---- DER ---------------------------------------------------------------------------------- */

/* The content of one element at the front of *der, which moves behind it. All lengths that can
 * occur fit into one byte. */
static bool take_element(struct span *der, uint8_t tag, struct span *out)
{
    if (der->size < 2 || der->data[0] != tag || der->data[1] > 0x7f ||
        der->data[1] > der->size - 2) {
        return false;
    }
    *out = (struct span){der->data + 2, der->data[1]};
    *der = (struct span){out->data + out->size, der->size - 2 - out->size};
    return true;
}

/* A number that is not negative, as NUMBER_BYTES bytes; DER pads it only to keep the sign apart. */
static bool take_number(struct span *der, uint8_t out[NUMBER_BYTES])
{
    struct span number;
    if (!take_element(der, DER_INTEGER, &number) || number.size == 0 || number.data[0] > 0x7f) {
        return false;
    }
    if (number.data[0] == 0) {
        if (number.size > 1 && number.data[1] <= 0x7f) {
            return false;
        }
        number = (struct span){number.data + 1, number.size - 1};
    }
    if (number.size > NUMBER_BYTES) {
        return false;
    }
    memset(out, 0, NUMBER_BYTES);
    memcpy(out + NUMBER_BYTES - number.size, number.data, number.size);
    return true;
}

static bool read_der(struct span der, uint8_t out[SIGNATURE_BYTES])
{
    struct span numbers;
    return take_element(&der, DER_SEQUENCE, &numbers) && der.size == 0 &&
           take_number(&numbers, out) && take_number(&numbers, out + NUMBER_BYTES) &&
           numbers.size == 0;
}

/* ---- text --------------------------------------------------------------------------------- */

/* Base64 of either alphabet as our own base64url; false leaves out undefined. */
static bool read_text(struct span text, struct bytes *out)
{
    char plain[SIGNATURE_TEXT_BYTES];
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.data[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            plain[size++] = c;
        }
    }
    for (size_t padding = 0; padding < 2 && size > 0 && plain[size - 1] == '='; padding++) {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        plain[i] = plain[i] == '+' ? '-' : plain[i] == '/' ? '_' : plain[i];
    }
    return pol_base64url_decode((struct span){(const uint8_t *)plain, size}, out);
}

size_t pol_signature_readings(struct span answer, uint8_t out[SIGNATURE_READINGS][SIGNATURE_BYTES])
{
    struct bytes decoded = bytes_with_limit(SIGNATURE_TEXT_BYTES);
    size_t count = 0;
    if (answer.size == 0 || answer.size > SIGNATURE_TEXT_BYTES) {
        return 0;
    }
    struct span binary = answer;
    if (read_text(answer, &decoded)) {
        binary = bytes_span(&decoded);
    }
    if (binary.size == SIGNATURE_BYTES) {
        memcpy(out[count++], binary.data, SIGNATURE_BYTES);
    }
    if (read_der(binary, out[count])) {
        count++;
    }
    bytes_free(&decoded);
    return count;
}
