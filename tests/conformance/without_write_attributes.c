/* In the place of src/client/operations/write_attributes.c: a client that has no Write-Attributes. */

#include "client/requests.h"

#include <linnet/client.h>

/* The row of no operation: all requests of that kind are answered as not implemented. */
const struct ln_client_operation ln_client_write_attributes = {.serve = ln_client__serve};
