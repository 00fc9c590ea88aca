/* All operations of a client, for whoever leaves none out. */

#include "client/requests.h"

const struct ln_client_operation *const ln_client_all_operations[] = {
    &ln_client_read,
    &ln_client_discover,
    &ln_client_write,
    &ln_client_execute,
    &ln_client_create,
    &ln_client_delete,
    &ln_client_write_attributes,
    NULL,
};
