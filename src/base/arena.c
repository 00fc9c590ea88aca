/* Hands out pieces of a buffer and takes all back at once. */

#include <linnet/base.h>

struct ln_arena ln_arena(void *memory, size_t size)
{
    return (struct ln_arena){.at = memory, .size = size};
}

void *ln_arena_take(struct ln_arena *arena, size_t size)
{
    size_t mask = _Alignof(max_align_t) - 1;
    size_t padding = (0 - ((uintptr_t)arena->at + arena->used)) & mask;
    size_t left = arena->size - arena->used;

    if (padding > left || size > left - padding) {
        return NULL;
    }
    void *piece = arena->at + arena->used + padding;
    arena->used += padding + size;
    return piece;
}
