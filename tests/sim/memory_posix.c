#include "tests/sim/memory_posix.h"

#include <malloc.h>

/* The sanitizer has an allocator of its own, beside which mallinfo2() knows nothing. */
#if defined(__SANITIZE_ADDRESS__)
/* Declared in sanitizer/allocator_interface.h, which comes with clang only. */
size_t __sanitizer_get_current_allocated_bytes(void);

size_t sim_memory_bytes(void)
{
    return __sanitizer_get_current_allocated_bytes();
}
#else
size_t sim_memory_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
#endif
