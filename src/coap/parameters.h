/* What parameters.c tells the rest of src/coap. */
#ifndef LN_COAP_PARAMETERS_H
#define LN_COAP_PARAMETERS_H

#include <linnet/coap.h>

/* ACK_TIMEOUT times ACK_RANDOM_FACTOR. */
uint32_t ln_coap__longest_first_wait(const struct ln_coap_parameters *p);

#endif
