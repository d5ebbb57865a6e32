/* parse_lines.c FILE - what simulate is held against: parse each line with cJSON, and do nothing. */
#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 64 * 1024 };

int main(int argc, char **argv)
{
    static char line[LINE_BYTES];
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        (void)fputs("usage: bench_parse_lines FILE\n", stderr);
        return 2;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        cJSON *json = cJSON_ParseWithLength(line, strlen(line));
        if (json == NULL) {
            (void)fputs("bench_parse_lines: this is not JSON\n", stderr);
            return 1;
        }
        cJSON_Delete(json);
    }
    return fclose(file) == 0 ? 0 : 1;
}
