/* Which format to ask a device for, and which to write to it in. */
#ifndef LINNETD_ENCODING_H
#define LINNETD_ENCODING_H

#include "linnetd/operation.h"

/*
 * The Accept of a Read. A device may refuse the format that we chose with 4.06 (op->attempt 1):
 * then the choice is left to it.
 */
uint16_t encoding_to_ask_for(const struct operation_call *op,
                             const struct ln_registration_view *view);
/*
 * Encodes the records of a Write or Create. `*payload` is the caller's to free. A device may refuse
 * the format that we chose with 4.15: op->attempt 1 takes another, LN_ERR_NOT_FOUND if there is
 * none. LN_ERR_NOT_ACCEPTABLE: the records do not fit the format that was asked for;
 * LN_ERR_TOO_LARGE: they are more than OPERATION_PAYLOAD_MAX.
 *
 * SenML and OMA JSON have no way to leave the id of a new instance to the device: then the lowest
 * that it has not registered is taken, and op->instance tells.
 */
LN_MUST_USE ln_err encoding_write(struct operation_call *op,
                                  const struct ln_registration_view *view, uint8_t **payload,
                                  struct ln_operation *operation);

#endif
