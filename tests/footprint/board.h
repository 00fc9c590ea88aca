/* What a replay asks of the board: a voice, and an end. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void board_print(const char *text);
void board_print_number(uint32_t number);
__attribute__((noreturn)) void board_exit(int status);

#endif
