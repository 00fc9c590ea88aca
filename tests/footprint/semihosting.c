/* Words and the end of the program by way of the debugger, or of QEMU in its place. */

#include "board.h"

/* Arm's "Semihosting for AArch32 and AArch64". */
enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

static void call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void board_print(const char *text)
{
    call(SYS_WRITE0, text);
}

void board_print_number(uint32_t number)
{
    char text[11];
    char *at = &text[sizeof(text) - 1];

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    board_print(at);
}

void board_exit(int status)
{
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};

    for (;;) {
        call(SYS_EXIT_EXTENDED, block);
    }
}
