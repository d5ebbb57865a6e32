/* one_agent.h - a whole agent and the world around it, new for each test of ag_run().
 *
 * Each test program has its own: these are definitions.
 */
#ifndef TESTS_UNIT_AGENT_ONE_AGENT_H
#define TESTS_UNIT_AGENT_ONE_AGENT_H

#include "tests/cmocka_all.h"

#include "tests/fakes/fake_world.h"

static struct fake_world world;

static inline int set_up(void **state)
{
    (void)state;
    fake_world_init(&world);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    fake_world_done(&world);
    return 0;
}

/* The users of the world, by what plans do with them. */
static inline struct ag_hive *pilot(void)
{
    return &world.hives.hives[0];
}

static inline struct ag_hive *exception(void)
{
    return &world.hives.hives[1];
}

static inline struct ag_hive *other(void)
{
    return &world.hives.hives[2];
}

#endif
