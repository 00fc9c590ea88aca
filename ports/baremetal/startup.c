/* From reset to main(): the vector table, and memory as C expects it. */

#include "port.h"

#include <string.h>

/* Given by image.ld: only their addresses mean anything. */
extern uint8_t data_begin[], data_end[], data_in_flash[], bss_begin[], bss_end[], stack_top[];

int main(void);
void reset(void);

/* The first word is the stack's end, then come reset, NMI and hard fault. */
__attribute__((section(".vectors"), used)) static const struct {
    uint8_t *stack;
    void (*handlers[3])(void);
} vectors = {stack_top, {reset, port_fault, port_fault}};

/* begin reset */
void reset(void)
{
    memcpy(data_begin, data_in_flash, (size_t)(data_end - data_begin));
    memset(bss_begin, 0, (size_t)(bss_end - bss_begin));
    (void)main();
    port_fault();
}
/* end reset */
