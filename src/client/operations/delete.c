/* Delete: an instance of an object goes. */

#include "client/requests.h"

static ln_err remove_instance(struct ln_client__request *r)
{
    const struct ln_object_calls *calls = r->entry->object->calls;

    if (ln_client__is_fixed(r) || calls->remove == NULL) {
        return LN_ERR_NOT_ALLOWED;
    }
    ln_err err = calls->remove(r->entry->store, r->instance_id);
    if (err == LN_OK) {
        ln_client__tell(r->client, r->server, LN_CLIENT_DELETED, &r->operation.path);
        ln_client__answer(r, LN_COAP_2_02);
    }
    return err;
}

const struct ln_client_operation ln_client_delete = {
    .kinds = LN_KIND(DELETE),
    .perform = remove_instance,
    .serve = ln_client__serve,
};
