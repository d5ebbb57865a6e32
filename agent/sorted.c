#include "agent/sorted.h"

#include <string.h>

size_t ag_sorted_place(const void *table, size_t count,
                       const char *(*key_at)(const void *table, size_t i), const char *key,
                       bool *found)
{
    size_t low = 0;
    size_t high = count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key_at(table, middle), key);
        *found = order == 0;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return *found ? high : low;
}
