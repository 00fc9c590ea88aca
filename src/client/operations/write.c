/* Write: values replaced, or some of an instance updated. store.c is how. */

#include "client/requests.h"

static ln_err write_values(struct ln_client__request *r)
{
    if (r->row != NULL && (r->row->operations & LN_WRITE) == 0) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (!ln_client__has_instance(r)) {
        return LN_ERR_NOT_FOUND;
    }
    if (!ln_client__is_acceptable(r)) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    ln_err err = ln_client__store(r);
    if (err == LN_OK) {
        ln_client__tell(r->client, r->server, LN_CLIENT_WRITTEN, &r->operation.path);
        ln_client__answer(r, LN_COAP_2_04);
    }
    return err;
}

const struct ln_client_operation ln_client_write = {
    .kinds = LN_KIND(WRITE) | LN_KIND(WRITE_PARTIAL),
    .perform = write_values,
    .serve = ln_client__serve,
};
