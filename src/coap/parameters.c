/* The transmission parameters and the times that follow from them (RFC 7252 §4.8). */

#include "parameters.h"

enum { MAX_LATENCY_MS = 100 * 1000 };

const struct ln_coap_parameters ln_coap_parameters_default = {
    .ack_timeout = 2000,
    .random_percent = 150,
    .max_retransmit = 4,
    .response_timeout = 93 * 1000,
};

static uint32_t capped(uint64_t ms)
{
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* In two parts: a product of 64 bits would need a division that small processors lack. */
uint32_t ln_coap__longest_first_wait(const struct ln_coap_parameters *p)
{
    uint32_t extra = p->random_percent > 100 ? p->random_percent - 100U : 0;
    uint64_t hundreds = (uint64_t)(p->ack_timeout / 100) * extra;

    return capped(p->ack_timeout + hundreds + p->ack_timeout % 100 * extra / 100);
}

/* The sum of `waits` waits, each twice the one before; the first is as long as it may be. */
static uint32_t sum_of_waits(const struct ln_coap_parameters *p, unsigned waits)
{
    uint32_t firsts = waits < 32 ? (1U << waits) - 1 : UINT32_MAX;

    return capped((uint64_t)ln_coap__longest_first_wait(p) * firsts);
}

uint32_t ln_coap_max_transmit_wait(const struct ln_coap_parameters *p)
{
    return sum_of_waits(p, p->max_retransmit + 1U);
}

uint32_t ln_coap_exchange_lifetime(const struct ln_coap_parameters *p)
{
    uint64_t span = sum_of_waits(p, p->max_retransmit);

    /* PROCESSING_DELAY is ACK_TIMEOUT. */
    return capped(span + 2 * MAX_LATENCY_MS + p->ack_timeout);
}
