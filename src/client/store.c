/* Writes the values of a request to an instance: first checked whole, then stored. */

#include "client/data.h"
#include "client/requests.h"
#include "lwm2m/field.h"

#include <string.h>

/* One pass over the payload. */
struct pass {
    struct ln_client__request *request;
    enum ln_write_step step;
    const struct ln_resource *row; /* of the record before */
    struct ln_list_pass list;      /* of that row, if it is a list */
    uint8_t seen[32];              /* a bit for each row */
};

static void *member(const struct pass *pass, size_t offset)
{
    return (char *)pass->request->instance + offset;
}

static const struct ln_object *object_of(const struct pass *pass)
{
    return pass->request->entry->object;
}

/* ---- One resource ---- */

static ln_err write_value(struct pass *pass, const struct ln_resource *row, uint16_t id,
                          const struct ln_value *value)
{
    uint32_t *absent = ln_client__absent(object_of(pass), pass->request->instance);

    if (absent != NULL && pass->step == LN_STORE) {
        *absent &= ~ln_client__absent_bit(object_of(pass), row);
    }
    switch (row->place) {
    case LN_PLACE_FIELD:
        return ln_lwm2m__field_store((enum ln_storage)row->storage, row->at.field.size,
                                     member(pass, row->at.field.offset), value, pass->step);
    case LN_PLACE_LIST:
        return row->at.list->write == NULL
                   ? LN_ERR_NOT_ALLOWED
                   : row->at.list->write(&pass->list, row, pass->request->instance, id, value,
                                         pass->step);
    case LN_PLACE_CALL:
        return row->at.calls->write(pass->request->instance, id, value, pass->step);
    case LN_PLACE_STREAM:
        return row->at.stream->write(row->at.stream, pass->request->instance, value,
                                     pass->step);
    default:
        return LN_ERR_NOT_ALLOWED;
    }
}

static void clear_field(const struct pass *pass, const struct ln_resource *row)
{
    uint32_t *absent = ln_client__absent(object_of(pass), pass->request->instance);
    void *at = member(pass, row->at.field.offset);

    if (absent != NULL) {
        *absent |= ln_client__absent_bit(object_of(pass), row);
    }
    if (row->storage == LN_IN_BUFFER) {
        ((struct ln_buffer *)at)->len = 0;
    } else {
        memset(at, 0, row->at.field.size);
    }
}

static ln_err clear(const struct pass *pass, const struct ln_resource *row)
{
    switch (row->place) {
    case LN_PLACE_FIELD:
        clear_field(pass, row);
        return LN_OK;
    case LN_PLACE_LIST:
        *(uint16_t *)member(pass, row->at.list->count) = 0;
        return LN_OK;
    case LN_PLACE_CALL:
        return row->at.calls->write(pass->request->instance, 0, NULL, LN_CLEAR);
    default:
        return LN_OK;
    }
}

/* ---- The payload ---- */

static bool seen(const struct pass *pass, size_t index)
{
    return (pass->seen[index / 8] & 1U << index % 8) != 0;
}

/* Begins with a row: where it is replaced whole, its old values go first. */
static ln_err enter_row(struct pass *pass, const struct ln_resource *row)
{
    size_t index = (size_t)(row - object_of(pass)->resources);
    struct ln_client__request *request = pass->request;

    if (row == pass->row) {
        return LN_OK;
    }
    pass->row = row;
    pass->list.added = 0;
    pass->list.cleared = (row->operations & LN_MANY) != 0 &&
                         request->operation.kind == LN_OPERATION_WRITE &&
                         request->operation.path.depth < 4 && !seen(pass, index);
    pass->seen[index / 8] |= (uint8_t)(1U << index % 8);
    return pass->list.cleared && pass->step == LN_STORE ? clear(pass, row) : LN_OK;
}

/* spec: CORE-1.1.1 Appendix C: a link leads to something that is there, or nowhere. */
static bool link_leads_somewhere(const struct ln_client_config *config, struct ln_objlnk link)
{
    const struct ln_object_entry *entry = ln_client__entry(config, link.object);

    if (link.object == LN_ID_NONE) {
        return link.instance == LN_ID_NONE;
    }
    return entry != NULL &&
           (link.instance == LN_ID_NONE || ln_client__instance(entry, link.instance) != NULL);
}

static ln_err check_value(const struct pass *pass, const struct ln_resource *row,
                          struct ln_value *value)
{
    ln_err err = ln_value_convert(value, (enum ln_type)row->type);

    if (err == LN_OK && value->type == LN_OBJLNK &&
        !link_leads_somewhere(pass->request->client->config, value->as.link)) {
        err = LN_ERR_BAD_VALUE;
    }
    return err;
}

static ln_err take(struct pass *pass, struct ln_record *record)
{
    struct ln_client__request *request = pass->request;
    bool is_new = request->operation.kind == LN_OPERATION_CREATE;
    bool none = record->value.type == LN_NONE;

    if (record->path.depth < 3) {
        return LN_OK; /* an instance with nothing in it */
    }
    const struct ln_resource *row = ln_object_resource(object_of(pass), record->path.id[2]);
    if (row == NULL) {
        /* spec: CORE-1.1.1 §6.3.4 Write: unknown optional resources are passed over. */
        return ln_client__version(request) > LN_VERSION_1_0 ? LN_OK : LN_ERR_NOT_FOUND;
    }
    if ((row->operations & LN_WRITE) == 0) {
        return is_new ? LN_OK : LN_ERR_NOT_ALLOWED;
    }
    if (((row->operations & LN_MANY) != 0) != (none || record->path.depth == 4)) {
        return LN_ERR_BAD_VALUE;
    }
    ln_err err = enter_row(pass, row);
    if (err != LN_OK || none) {
        return err;
    }
    err = check_value(pass, row, &record->value);
    return err != LN_OK ? err : write_value(pass, row, record->path.id[3], &record->value);
}

/* What an instance's new values leave out. */
static ln_err finish(struct pass *pass)
{
    const struct ln_object *object = object_of(pass);
    struct ln_client__request *request = pass->request;
    bool replaces =
        request->operation.kind == LN_OPERATION_WRITE && request->operation.path.depth == 2;
    ln_err err = LN_OK;

    for (size_t i = 0; i < object->resource_count && err == LN_OK; i++) {
        const struct ln_resource *row = &object->resources[i];
        if ((row->operations & LN_WRITE) == 0 || seen(pass, i)) {
            continue;
        }
        if ((row->operations & LN_MANDATORY) != 0) {
            err = replaces || request->operation.kind == LN_OPERATION_CREATE
                      ? LN_ERR_BAD_REQUEST
                      : LN_OK;
        } else if (replaces && pass->step == LN_STORE) {
            err = clear(pass, row);
        }
    }
    return err;
}

bool ln_client__decoder(struct ln_client__request *r, struct ln_types *types,
                        struct ln_decoder *out)
{
    const struct ln_format *format =
        ln_format_find(r->client->config->formats, r->operation.format);

    if (format == NULL) {
        return false;
    }
    *types = ln_client__types(r->client->config);
    ln_arena_reset(&r->client->scratch);
    ln_decoder_init(out, format, r->operation.path, r->operation.payload, types,
                    &r->client->scratch);
    return true;
}

static ln_err run(struct ln_client__request *request, enum ln_write_step step)
{
    struct pass pass = {.request = request, .step = step};
    struct ln_types types;
    struct ln_decoder in;
    struct ln_record record;
    ln_err err = ln_client__decoder(request, &types, &in) ? LN_OK : LN_ERR_BAD_FORMAT;

    while (err == LN_OK && ln_decode(&in, &record)) {
        err = take(&pass, &record);
    }
    if (err == LN_OK) {
        err = in.err;
    }
    return err != LN_OK ? err : finish(&pass);
}

/* Between begin and the end of it: the object may look at the whole before it is kept. */
static ln_err store(struct ln_client__request *request)
{
    const struct ln_object_calls *calls = request->entry->object->calls;
    void *objects = request->entry->store;
    ln_err err = LN_OK;

    if (calls == NULL) {
        return run(request, LN_STORE);
    }
    if (calls->begin != NULL) {
        err = calls->begin(objects, request->instance_id);
    }
    if (err != LN_OK) {
        return err;
    }
    err = run(request, LN_STORE);
    if (err == LN_OK && calls->validate != NULL) {
        err = calls->validate(objects, request->instance_id);
    }
    if (err == LN_OK && calls->commit != NULL) {
        calls->commit(objects, request->instance_id);
    }
    if (err != LN_OK && calls->rollback != NULL) {
        calls->rollback(objects, request->instance_id);
    }
    return err;
}

ln_err ln_client__store(struct ln_client__request *request)
{
    ln_err err = run(request, LN_CHECK);

    return err != LN_OK ? err : store(request);
}
