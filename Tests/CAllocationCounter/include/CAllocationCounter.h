#ifndef C_ALLOCATION_COUNTER_H
#define C_ALLOCATION_COUNTER_H

#include <stdint.h>

/// The number of blocks that the calling thread has asked the heap for since it started.
uint64_t allocation_count_of_this_thread(void);

#endif
