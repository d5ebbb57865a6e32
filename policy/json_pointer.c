#include "policy/json_pointer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static size_t character_size(const char *text, size_t size)
{
    size_t length = 1;
    while (length < size && ((unsigned char)text[length] & 0xc0) == 0x80) {
        length++;
    }
    return length;
}

void pol_pointer_append_key(char pointer[ERR_POINTER_BYTES], const char *key, size_t size)
{
    size_t used = strlen(pointer);
    if (used + 1 >= ERR_POINTER_BYTES) {
        return;
    }
    pointer[used++] = '/';
    for (size_t i = 0; i < size;) {
        size_t length = character_size(key + i, size - i);
        bool escaped = key[i] == '~' || key[i] == '/';
        const char *escape = key[i] == '~' ? "~0" : "~1";
        size_t needed = escaped ? 2 : length;
        if (used + needed >= ERR_POINTER_BYTES) {
            break;
        }
        memcpy(pointer + used, escaped ? escape : key + i, needed);
        used += needed;
        i += length;
    }
    pointer[used] = '\0';
}

void pol_pointer_append_index(char pointer[ERR_POINTER_BYTES], size_t index)
{
    char token[24];
    int length = snprintf(token, sizeof token, "/%zu", index);
    size_t used = strlen(pointer);
    if (length > 0 && used + (size_t)length < ERR_POINTER_BYTES) {
        memcpy(pointer + used, token, (size_t)length + 1);
    }
}
