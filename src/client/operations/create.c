/* Create: a new instance of an object, with the values that the server gives. */

#include "client/data.h"
#include "client/requests.h"

/* The instance that the payload names, or else the lowest free one. */
static ln_err instance_to_create(struct ln_client__request *r, uint16_t *id)
{
    struct ln_types types;
    struct ln_decoder in;
    struct ln_record record;
    uint16_t named = LN_ID_NONE;
    bool has_format = ln_client__decoder(r, &types, &in);

    if (!has_format && r->operation.payload.len > 0) {
        return LN_ERR_BAD_FORMAT;
    }
    if (has_format) {
        for (bool first = true; ln_decode(&in, &record); first = false) {
            if (!first && record.path.id[1] != named) {
                return LN_ERR_BAD_REQUEST; /* several at once */
            }
            named = record.path.id[1];
        }
        if (in.err != LN_OK) {
            return in.err;
        }
    }
    *id = named == LN_ID_NONE ? 0 : named;
    while (ln_client__instance(r->entry, *id) != NULL) {
        if (named != LN_ID_NONE) {
            return LN_ERR_EXISTS;
        }
        (*id)++;
    }
    return LN_OK;
}

/* spec: CORE-1.1.1 §6.3.7 Create: from 1.1 on the new values may be left out, all together. */
static ln_err fill(struct ln_client__request *r)
{
    bool empty = r->operation.payload.len == 0;

    if (empty && ln_client__version(r) > LN_VERSION_1_0) {
        return LN_OK;
    }
    return empty ? LN_ERR_BAD_REQUEST : ln_client__store(r);
}

static ln_err create(struct ln_client__request *r)
{
    const struct ln_object_calls *calls = r->entry->object->calls;

    if (ln_client__is_fixed(r) || calls->create == NULL || calls->remove == NULL) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (!ln_client__is_acceptable(r)) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    ln_err err = instance_to_create(r, &r->instance_id);
    if (err != LN_OK) {
        return err;
    }
    r->instance = calls->create(r->entry->store, r->instance_id);
    if (r->instance == NULL) {
        return LN_ERR_NO_SPACE;
    }
    err = fill(r);
    if (err != LN_OK) {
        (void)calls->remove(r->entry->store, r->instance_id);
        return err;
    }
    struct ln_path path = ln_path_add(r->operation.path, r->instance_id);
    struct ln_coap_builder b = ln_client__answer_begin(r, LN_COAP_2_01);
    ln_coap_add_path(&b, LN_COAP_LOCATION_PATH, path);
    ln_client__answer_block1(r, &b);
    ln_client__answer_end(r, &b);
    ln_client__tell(r->client, r->server, LN_CLIENT_CREATED, &path);
    return LN_OK;
}

const struct ln_client_operation ln_client_create = {
    .kinds = LN_KIND(CREATE),
    .perform = create,
    .serve = ln_client__serve,
};
