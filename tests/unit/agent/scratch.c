/* scratch.c - the folder of tests/unit/base/scratch.h, for the tests of the agent. */
#include "tests/unit/base/scratch.c"
