/* From reset to main(): the vector table, memory as C expects it, and a stack that shows its use. */

#include "board.h"

#include <stddef.h>

enum { PAINT = 0xA5A5A5A5 };

/* Given by image.ld: only their addresses mean anything. */
extern uint32_t data_begin[], data_end[], data_in_flash[], bss_begin[], bss_end[], stack_top[];

void reset(void);

static void fault(void)
{
    board_print("fault\n");
    board_exit(1);
}

/* The first word is the stack's end, then come reset, NMI and hard fault. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handlers[3])(void);
} vectors = {stack_top, {reset, fault, fault}};

/* begin reset */
void reset(void)
{
    const uint32_t *from = data_in_flash;
    uint32_t *stack_now = __builtin_frame_address(0);

    for (uint32_t *to = data_begin; to < data_end; to++) {
        *to = *from++;
    }
    for (volatile uint32_t *to = bss_begin; (uint32_t *)to < bss_end; to++) {
        *to = 0;
    }
    /* What lies between the last variable and the stack in use: it grows down into this. */
    for (volatile uint32_t *to = bss_end; (uint32_t *)to < stack_now - 16; to++) {
        *to = PAINT;
    }
    board_exit(main());
}
/* end reset */

size_t board_stack_used(void)
{
    const volatile uint32_t *lowest = bss_end;

    while (*lowest == PAINT) {
        lowest++;
    }
    return (size_t)((const char *)stack_top - (const char *)lowest);
}
