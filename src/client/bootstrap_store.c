/* What a Bootstrap-Write says, written to the copies: first checked whole, then stored.
 * spec: CORE-1.1.1 §6.1.7.6 Bootstrap-Write */

#include "client/bootstrap.h"
#include "lwm2m/field.h"

#include <string.h>

enum { NOWHERE = 0x10000 };

/* One pass over the payload. */
struct pass {
    struct ln_client__request *request;
    struct ln_client_bootstrap *b;
    const struct ln_client_bootstrap_object *how;
    enum ln_write_step step;
    uint32_t id; /* of the instance that the records are of; NOWHERE before the first */
    void *instance;
    size_t added; /* instances that are new */
    const struct ln_resource *row;
    struct ln_list_pass list; /* of that row, if it is a list */
};

static const struct ln_object *object_of(const struct pass *pass)
{
    return pass->request->entry->object;
}

static void *member(const struct pass *pass, size_t offset)
{
    return (char *)pass->instance + offset;
}

/* ---- Instances ---- */

static bool is_storable(const struct ln_resource *row)
{
    switch (row->place) {
    case LN_PLACE_FIELD:
        return row->storage != LN_IN_TEXT && row->storage != LN_IN_BYTES;
    case LN_PLACE_LIST:
        return row->at.list->write != NULL;
    case LN_PLACE_CALL:
        return row->at.calls->write != NULL;
    default:
        return false;
    }
}

/* What is not written is not there. spec: optional resources that a Bootstrap-Write leaves out must
 * not be instantiated; mandatory ones are looked for at Finish. */
static void mark_absent(const struct ln_object *object, void *instance)
{
    uint32_t *absent = ln_client__absent(object, instance);

    for (size_t i = 0; absent != NULL && i < object->resource_count; i++) {
        const struct ln_resource *row = &object->resources[i];
        if (is_storable(row) && (row->operations & LN_MANY) == 0) {
            *absent |= ln_client__absent_bit(object, row);
        }
    }
}

/* The place behind all instances that there may be: values are checked against nothing there. */
static void *trial(const struct pass *pass)
{
    const struct ln_object_entry *first =
        ln_client__entry(pass->b->config->client->config, object_of(pass)->id);
    const struct ln_instances *store = first->store;
    const struct ln_instances *copy = pass->how->copy;

    return memset((char *)copy->items + (size_t)store->capacity * store->item_size, 0,
                  store->item_size);
}

static bool has_room(const struct pass *pass)
{
    const struct ln_object_entry *first =
        ln_client__entry(pass->b->config->client->config, object_of(pass)->id);
    const struct ln_instances *store = first->store;
    const struct ln_instances *copy = pass->how->copy;

    return copy->count + pass->added <= store->capacity;
}

/* Whether an instance is written whole, and what is there goes. */
static bool replaces(const struct pass *pass)
{
    const struct ln_object_calls *calls = object_of(pass)->calls;

    return pass->request->operation.path.depth <= 2 && calls != NULL && calls->create != NULL &&
           calls->remove != NULL;
}

static ln_err check_instance(struct pass *pass, uint16_t id)
{
    pass->instance = ln_client__instance(pass->request->entry, id);
    if (ln_object_is_single(object_of(pass))) {
        return pass->instance == NULL ? LN_ERR_BAD_REQUEST : LN_OK;
    }
    bool is_new = pass->instance == NULL;
    if (pass->how->copy == NULL) {
        return is_new && object_of(pass)->calls->create == NULL ? LN_ERR_BAD_REQUEST : LN_OK;
    }
    pass->added += is_new;
    if (is_new || replaces(pass)) {
        pass->instance = trial(pass);
    }
    return has_room(pass) ? LN_OK : LN_ERR_NO_SPACE;
}

static ln_err make_instance(struct pass *pass, uint16_t id)
{
    const struct ln_object_entry *entry = pass->request->entry;
    const struct ln_object_calls *calls = entry->object->calls;

    pass->instance = ln_client__instance(entry, id);
    if (pass->instance != NULL && replaces(pass) && calls->remove(entry->store, id) == LN_OK) {
        pass->instance = NULL;
    }
    if (pass->instance == NULL) {
        pass->instance = pass->how->copy != NULL ? ln_instances_calls.create(entry->store, id)
                                                 : calls->create(entry->store, id);
        if (pass->instance == NULL) {
            return LN_ERR_NO_SPACE;
        }
        mark_absent(entry->object, pass->instance);
    }
    return LN_OK;
}

/* Instances come one after the other: one that was left is not come back to. */
static ln_err enter_instance(struct pass *pass, uint16_t id)
{
    if (pass->id == id) {
        return LN_OK;
    }
    if (id == LN_ID_NONE || (pass->id != NOWHERE && id < pass->id)) {
        return LN_ERR_BAD_REQUEST;
    }
    pass->id = id;
    pass->row = NULL;
    return pass->step == LN_CHECK ? check_instance(pass, id) : make_instance(pass, id);
}

/* ---- Values ---- */

static ln_err write_field(struct pass *pass, const struct ln_resource *row,
                          const struct ln_value *value)
{
    void *at = member(pass, row->at.field.offset);
    ln_err err = LN_OK;

    if (row->storage == LN_IN_BUFFER && pass->how->copy != NULL) {
        if (value->as.bytes.len > pass->b->config->key_size) {
            return LN_ERR_BAD_VALUE;
        }
        if (pass->step == LN_CHECK) {
            return LN_OK;
        }
        err = ln_client__own_buffer(pass->b, at);
    }
    return err != LN_OK ? err
                        : ln_lwm2m__field_store((enum ln_storage)row->storage,
                                                row->at.field.size, at, value, pass->step);
}

static ln_err write_value(struct pass *pass, const struct ln_resource *row, uint16_t id,
                          const struct ln_value *value)
{
    uint32_t *absent = ln_client__absent(object_of(pass), pass->instance);

    if (absent != NULL && pass->step == LN_STORE) {
        *absent &= ~ln_client__absent_bit(object_of(pass), row);
    }
    switch (row->place) {
    case LN_PLACE_FIELD:
        return write_field(pass, row, value);
    case LN_PLACE_LIST:
        return row->at.list->write(&pass->list, row, pass->instance, id, value, pass->step);
    default:
        return row->at.calls->write(pass->instance, id, value, pass->step);
    }
}

/* The instances of a resource are written whole: those before go. */
static ln_err enter_row(struct pass *pass, const struct ln_resource *row)
{
    if (row == pass->row) {
        return LN_OK;
    }
    pass->row = row;
    pass->list.added = 0;
    pass->list.cleared = (row->operations & LN_MANY) != 0;
    if (!pass->list.cleared || pass->step == LN_CHECK) {
        return LN_OK;
    }
    if (row->place == LN_PLACE_LIST) {
        *(uint16_t *)member(pass, row->at.list->count) = 0;
        return LN_OK;
    }
    return row->place == LN_PLACE_CALL ? row->at.calls->write(pass->instance, 0, NULL, LN_CLEAR)
                                       : LN_OK;
}

static ln_err take(struct pass *pass, struct ln_record *record)
{
    bool none = record->value.type == LN_NONE;
    ln_err err = enter_instance(pass, record->path.id[1]);

    if (err != LN_OK || record->path.depth < 3) {
        return err;
    }
    const struct ln_resource *row = ln_object_resource(object_of(pass), record->path.id[2]);
    if (row == NULL || (pass->instance == NULL && pass->step == LN_CHECK)) {
        return LN_OK; /* spec: what is not known is passed over */
    }
    if (!is_storable(row)) {
        return LN_ERR_BAD_REQUEST;
    }
    if (((row->operations & LN_MANY) != 0) != (none || record->path.depth == 4)) {
        return LN_ERR_BAD_VALUE;
    }
    err = enter_row(pass, row);
    if (err != LN_OK || none) {
        return err;
    }
    err = ln_value_convert(&record->value, (enum ln_type)row->type);
    return err != LN_OK ? err : write_value(pass, row, record->path.id[3], &record->value);
}

static ln_err run(struct ln_client__request *r, enum ln_write_step step)
{
    struct pass pass = {
        .request = r,
        .b = ln_client__bootstrap_of(r->client),
        .step = step,
        .id = NOWHERE,
    };
    struct ln_types types;
    struct ln_decoder in;
    struct ln_record record;
    ln_err err = ln_client__decoder(r, &types, &in) ? LN_OK : LN_ERR_BAD_FORMAT;

    pass.how = ln_client__bootstrap_object(pass.b, r->entry->object->id);
    while (err == LN_OK && ln_decode(&in, &record)) {
        err = take(&pass, &record);
    }
    if (err == LN_OK) {
        err = in.err;
    }
    if (err == LN_OK && pass.id == NOWHERE && r->operation.path.depth >= 2) {
        err = enter_instance(&pass, r->operation.path.id[1]); /* with nothing in it */
    }
    return err;
}

ln_err ln_client__bootstrap_store(struct ln_client__request *r)
{
    struct ln_client_bootstrap *b = ln_client__bootstrap_of(r->client);
    ln_err err = run(r, LN_CHECK);

    if (err == LN_OK) {
        err = ln_client__touch(b, ln_client__bootstrap_object(b, r->entry->object->id));
    }
    return err != LN_OK ? err : run(r, LN_STORE);
}
