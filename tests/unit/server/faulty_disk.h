/* faulty_disk.h - a disk under SQLite whose n-th write, flush or cut fails, and all that follow.
 *
 * It stands before the system's own, for files of stores; registered once as the default.
 * Effects: those of the system's disk    Units:  calls
 * Owns:    nothing                       Errors: those it is told to make
 * Threads: armed while no store works    Source: https://www.sqlite.org/vfs.html
 */
#ifndef TESTS_UNIT_SERVER_FAULTY_DISK_H
#define TESTS_UNIT_SERVER_FAULTY_DISK_H

#include <stdbool.h>

/* The last two: of the store's own file, which checkpoints alone touch. */
enum fault {
    FAULT_WRITE,
    FAULT_FLUSH,
    FAULT_CUT,
    FAULT_STORE_WRITE,
    FAULT_STORE_FLUSH,
    FAULT_COUNT
};

void faulty_disk_register(void);
/* From the n-th call of that kind on (1: the first), calls end with SQLite's code; until disarmed. */
void faulty_disk_arm(enum fault fault, unsigned nth, int code);
/* How many calls of that kind came since it was armed; nothing fails any more. */
unsigned faulty_disk_disarm(void);

#endif
