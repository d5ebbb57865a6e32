#include "agent/client.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* PE/COFF: where the header's place stands, and what is in it. */
enum {
    PE_PLACE_AT = 0x3c,
    PE_MACHINE_AFTER = 4,
    MACHINE_X86 = 0x14c,
    MACHINE_X64 = 0x8664,
    MACHINE_ARM64 = 0xaa64
};

static uint32_t read_number(const uint8_t *at, size_t size)
{
    uint32_t number = 0;
    for (size_t i = size; i > 0; i--) {
        number = number << 8 | at[i - 1];
    }
    return number;
}

enum pol_bitness ag_client_bitness(struct span head)
{
    if (head.size < PE_PLACE_AT + 4 || memcmp(head.data, "MZ", 2) != 0) {
        return POL_BITNESS_UNKNOWN;
    }
    size_t place = read_number(head.data + PE_PLACE_AT, 4);
    if (place > head.size || head.size - place < PE_MACHINE_AFTER + 2 ||
        memcmp(head.data + place, "PE\0", PE_MACHINE_AFTER) != 0) {
        return POL_BITNESS_UNKNOWN;
    }
    switch (read_number(head.data + place + PE_MACHINE_AFTER, 2)) {
    case MACHINE_X86: return POL_BITNESS_X86;
    case MACHINE_X64: return POL_BITNESS_X64;
    case MACHINE_ARM64: return POL_BITNESS_ARM64;
    default: return POL_BITNESS_UNKNOWN; /* the open end of a foreign enumeration */
    }
}

enum pol_bitness ag_client_bitness_word(const char *word)
{
    for (int bitness = POL_BITNESS_UNKNOWN + 1; bitness < POL_BITNESS_COUNT; bitness++) {
        if (strcasecmp(word, POL_BITNESS_WORDS[bitness]) == 0) {
            return (enum pol_bitness)bitness;
        }
    }
    return POL_BITNESS_UNKNOWN;
}

/* The newest of those that run, else the first that is installed. */
static const struct ag_client_image *first_readable(const struct ag_client_search *search)
{
    const struct ag_client_image *best = NULL;
    for (size_t i = 0; i < search->count; i++) {
        const struct ag_client_image *image = &search->images[i];
        bool newer = best != NULL && best->runs && image->runs && image->version > best->version;
        if (image->readable && (best == NULL || (image->runs && !best->runs) || newer)) {
            best = image;
        }
    }
    return best;
}

static enum pol_install install_of(const struct ag_client_image *image)
{
    if (image->click_to_run) {
        return POL_INSTALL_CLICK_TO_RUN;
    }
    return image->registered ? POL_INSTALL_MSI : POL_INSTALL_UNKNOWN;
}

static void print_version(uint64_t version, char out[AG_CLIENT_VERSION_BYTES])
{
    (void)snprintf(out, AG_CLIENT_VERSION_BYTES, "%u.%u.%u.%u", (unsigned)(version >> 48 & 0xffff),
                   (unsigned)(version >> 32 & 0xffff), (unsigned)(version >> 16 & 0xffff),
                   (unsigned)(version & 0xffff));
}

void ag_client_choose(const struct ag_client_search *search, struct ag_client *out)
{
    const struct ag_client_image *image = first_readable(search);
    struct ag_client client = {
        .known = true, .install = POL_INSTALL_UNKNOWN, .dotnet_release = search->dotnet_release};
    if (image != NULL) {
        client.install = install_of(image);
        client.bitness = image->bitness;
        print_version(image->version, client.version);
    } else if (search->count > 0) {
        client.install = install_of(&search->images[0]);
        client.bitness = search->bitness;
        client.known = search->images[0].click_to_run && search->click_to_run_version != 0;
        if (client.known) {
            print_version(search->click_to_run_version, client.version);
        }
    }
    *out = client;
}
