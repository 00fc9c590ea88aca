/* What a fuzz target includes: the function that it defines, and a check that ends the run. */
#ifndef LN_FUZZ_H
#define LN_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <linnet/base.h>

/* Called with each input, in a block of just its size. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Holds in optimised builds too, unlike assert. */
#define FUZZ_CHECK(condition)                                                                  \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

#endif
