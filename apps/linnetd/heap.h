/* The allocator of the program: malloc and its like, for the engines and maps that take one. */
#ifndef LINNETD_HEAP_H
#define LINNETD_HEAP_H

#include <linnet/base.h>

extern const struct ln_allocator heap_allocator;

#endif
