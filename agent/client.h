/* client.h - choose, among the Outlooks found on a machine, the one that its users use.
 *
 * What runs says more than what is installed, and a program file's own version more than what an
 * installer wrote down.
 * Effects: none       Units:  versions as policy/outlook_version.h has them
 * Owns:    nothing    Errors: none: what is not known is said so
 * Threads: safe       Source: docs/outlook.md "What is looked at"
 */
#ifndef AGENT_CLIENT_H
#define AGENT_CLIENT_H

#include "agent/sight.h"

enum { AG_CLIENT_IMAGES_MOST = 16 };

/* A program file that is there. */
struct ag_client_image {
    bool runs;
    bool readable; /* the two below were read */
    uint64_t version;
    enum pol_bitness bitness;
    bool click_to_run; /* it lies where Click-to-Run installs */
    bool registered;   /* an installer named it */
};

struct ag_client_search {
    struct ag_client_image images[AG_CLIENT_IMAGES_MOST]; /* the most likely first */
    size_t count;
    /* What installers wrote down, for a file that cannot be read. */
    uint64_t click_to_run_version;
    enum pol_bitness bitness;
    uint32_t dotnet_release;
};

void ag_client_choose(const struct ag_client_search *search, struct ag_client *out);

/* From the first bytes of a program file. */
enum pol_bitness ag_client_bitness(struct span head);

/* "x86", "x64", "arm64" as installers write it, any ASCII case. */
enum pol_bitness ag_client_bitness_word(const char *word);

#endif
