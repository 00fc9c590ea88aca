/* The allocator of the program. */

#include "linnetd/heap.h"

#include <stdlib.h>

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

const struct ln_allocator heap_allocator = {resize, NULL};
