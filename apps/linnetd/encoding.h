/* Which format to ask a device for, and which to write to it in. */
#ifndef LINNETD_ENCODING_H
#define LINNETD_ENCODING_H

#include "linnetd/operation.h"

/* The Accept of a Read. `asked`: the format that the caller of the API wants; NULL: choose. */
uint16_t encoding_to_ask_for(const struct ln_registration_view *view,
                             const struct ln_format *asked);
/*
 * Encodes the records of a Write or Create. LN_ERR_NOT_ACCEPTABLE: they do not fit the format
 * that was asked for; LN_ERR_TOO_LARGE: they do not fit a datagram.
 */
LN_MUST_USE ln_err encoding_write(const struct operation_call *op,
                                  const struct ln_registration_view *view,
                                  struct ln_writer *payload, struct ln_operation *operation);

#endif
