/* The groups of tests of this layer, and what several of them need. */
#ifndef LN_COAP_TEST_H
#define LN_COAP_TEST_H

#include <linnet/coap.h>

#include "ln_test.h"

int arrival_tests(void);
int block_fetcher_tests(void);
int block_receiver_tests(void);
int block_sender_tests(void);
int block_tests(void);
int block_transfer_tests(void);
int builder_tests(void);
int code_tests(void);
int exchange_tests(void);
int history_tests(void);
int message_tests(void);
int options_tests(void);
int parameters_tests(void);
int uri_tests(void);

/* Numbers that are the same in each run: a test that fails can be run again. */
static inline uint32_t coap_test_random(uint32_t *seed, uint32_t bound)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % bound;
}

#endif
