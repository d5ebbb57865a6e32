#include "tests/sim/soak.h"

#include "tests/sim/fleet.h"
#include "tests/sim/reckon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { AGENTS_LEAST = 20, AGENTS_MOST = 100000, DAYS_LEAST = 7, DAYS_MOST = 90 };

static void show_progress(unsigned day, unsigned days)
{
    (void)fprintf(stderr, "\rday %u of %u ", day + 1, days);
    (void)fflush(stderr);
}

static bool read_number(const char *text, unsigned long long least, unsigned long long most,
                        unsigned long long *out)
{
    char *end = NULL;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *out >= least && *out <= most;
}

static void print_counts(const struct sim_fleet *fleet)
{
    const struct sim_paper *paper = &fleet->paper;
    (void)printf("%-24s %12s   %s\n", "requests", "seen", "computed");
    for (size_t i = 0; i < SIM_KIND_COUNT; i++) {
        (void)printf("%-24s %12" PRIu64 "   %.0f to %.0f\n", SIM_KIND_WORDS[i], paper->seen[i],
                     paper->least[i] > 0 ? paper->least[i] : 0, paper->most[i]);
    }
    for (size_t i = 0; i < SIM_WINDOWS; i++) {
        (void)printf("most within %2g s         %12zu   %.0f were the bound then\n",
                     (double)paper->windows[i].width_ms / 1000, paper->windows[i].peak,
                     paper->windows[i].bound_at_peak);
    }
}

static void print_sums(const struct sim_fleet *fleet)
{
    struct sim_sums sums = sim_reckon_sums(fleet);
    double agent_days = (double)sums.on_ms / SIM_DAY_MS;
    (void)printf("%-24s %12.0f   of %u x %u\n", "agent days", agent_days, fleet->order.agents,
                 fleet->order.days);
    (void)printf("%-24s %12.0f   each agent and day\n", "steps", (double)sums.steps / agent_days);
    (void)printf("%-24s %12" PRIu64 "   %" PRIu64 " at most; %" PRIu64 " by others\n",
                 "values written", sums.value_writes, sums.value_writes_most, sums.foreign_writes);
    (void)printf("%-24s %12" PRIu64 "\n", "parts of markers", sums.marker_writes);
    (void)printf("%-24s %12" PRIu64 "\n", "files written", sums.vault_writes);
    (void)printf("%-24s %12" PRIu64 "\n", "requests lost", sums.lost);
    (void)printf("%-24s %12zu   KiB; %zu on the second day\n", "memory in use",
                 fleet->memory_last_bytes / 1024, fleet->memory_bytes / 1024);
    (void)printf("%-24s %12u\n", "checks of all machines", fleet->checks);
    (void)printf("%-24s %012" PRIx64 "\n", "story", fleet->world.story >> 16);
}

int sim_soak(int argc, char **argv)
{
    static struct sim_fleet fleet;
    unsigned long long agents = 0;
    unsigned long long days = 0;
    unsigned long long seed = 1;
    if (argc < 3 || argc > 4 || !read_number(argv[1], AGENTS_LEAST, AGENTS_MOST, &agents) ||
        !read_number(argv[2], DAYS_LEAST, DAYS_MOST, &days) ||
        (argc == 4 && !read_number(argv[3], 0, UINT64_MAX, &seed))) {
        (void)fprintf(stderr, "usage: %s AGENTS DAYS [SEED]; %d to %d agents, %d to %d days\n",
                      argv[0], AGENTS_LEAST, AGENTS_MOST, DAYS_LEAST, DAYS_MOST);
        return 2;
    }
    struct sim_order order = {.agents = (unsigned)agents,
                              .days = (unsigned)days,
                              .seed = seed,
                              .progress = isatty(STDERR_FILENO) ? show_progress : NULL};
    sim_fleet_init(&fleet, &order);
    sim_fleet_run(&fleet);
    if (order.progress != NULL) {
        (void)fprintf(stderr, "\r%20s\r", "");
    }
    print_counts(&fleet);
    print_sums(&fleet);
    unsigned faults = sim_faults(&fleet.world);
    (void)printf("seed %llu: %u faults\n", seed, faults);
    sim_fleet_done(&fleet);
    return faults == 0 ? 0 : 1;
}
