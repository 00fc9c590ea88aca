/* What the image asks of the board: a voice, an end, and how much stack was used. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

int main(void);

void board_print(const char *text);
void board_print_number(uint32_t number);
__attribute__((noreturn)) void board_exit(int status);
/* Bytes, at the most so far. */
size_t board_stack_used(void);

#endif
