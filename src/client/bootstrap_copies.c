/* The second copies of what a bootstrap changes: they become the first ones, or nothing of them
 * remains. */

#include "client/bootstrap.h"

#include <string.h>

/* ---- Stores ---- */

const struct ln_client_bootstrap_object *
ln_client__bootstrap_object(const struct ln_client_bootstrap *b, uint16_t object)
{
    for (size_t i = 0; i < b->config->object_count; i++) {
        if (b->config->objects[i].object == object) {
            return &b->config->objects[i];
        }
    }
    return NULL;
}

static const struct ln_object_entry *first_of(const struct ln_client_bootstrap *b,
                                              const struct ln_client_bootstrap_object *object)
{
    return ln_client__entry(b->config->client->config, object->object);
}

static void copy_bytes(void *to, const void *from, size_t size)
{
    struct ln_writer w = ln_writer(to, size);

    ln_write_bytes(&w, ln_bytes(from, size));
}

static void swap_bytes(void *a, void *b, size_t size)
{
    uint8_t *x = a;
    uint8_t *y = b;

    for (size_t i = 0; i < size; i++) {
        uint8_t byte = x[i];
        x[i] = y[i];
        y[i] = byte;
    }
}

static void copy_instances(struct ln_instances *to, const struct ln_instances *from)
{
    to->count = from->count;
    copy_bytes(to->items, from->items, (size_t)from->count * from->item_size);
    copy_bytes(to->ids, from->ids, (size_t)from->count * sizeof(from->ids[0]));
}

static void swap_instances(struct ln_instances *a, struct ln_instances *b)
{
    size_t most = a->count > b->count ? a->count : b->count;

    swap_bytes(a->items, b->items, most * a->item_size);
    swap_bytes(a->ids, b->ids, most * sizeof(a->ids[0]));
    swap_bytes(&a->count, &b->count, sizeof(a->count));
}

static void clear_instances(struct ln_instances *s)
{
    s->count = 0;
    memset(s->items, 0, (size_t)s->capacity * s->item_size);
}

/* ---- Keys ---- */

/* The buffer that a row of an instance is; NULL: it is none. */
static struct ln_buffer *buffer_of(const struct ln_resource *row, void *instance)
{
    if (row->place != LN_PLACE_FIELD || row->storage != LN_IN_BUFFER) {
        return NULL;
    }
    return (struct ln_buffer *)(void *)((char *)instance + row->at.field.offset);
}

static bool is_used_in(const struct ln_object *object, const struct ln_instances *store,
                       const uint8_t *place)
{
    for (size_t i = 0; i < store->count; i++) {
        void *instance = (char *)store->items + i * store->item_size;
        for (size_t row = 0; row < object->resource_count; row++) {
            const struct ln_buffer *buffer = buffer_of(&object->resources[row], instance);
            if (buffer != NULL && buffer->at == place) {
                return true;
            }
        }
    }
    return false;
}

/* Whether the firsts, or the copies, have a key at that place. */
static bool is_used(const struct ln_client_bootstrap *b, const uint8_t *place, bool by_copies)
{
    for (size_t i = 0; i < b->config->object_count; i++) {
        const struct ln_client_bootstrap_object *object = &b->config->objects[i];
        const struct ln_object_entry *first = first_of(b, object);
        if (object->copy != NULL && object->size == 0 &&
            is_used_in(first->object, by_copies ? object->copy : first->store, place)) {
            return true;
        }
    }
    return false;
}

static uint8_t *place_of(const struct ln_client_bootstrap *b, size_t i)
{
    return (uint8_t *)b->config->keys + i * b->config->key_size;
}

static bool is_ours(const struct ln_client_bootstrap *b, const uint8_t *place)
{
    for (size_t i = 0; i < b->config->key_count; i++) {
        if (place_of(b, i) == place) {
            return true;
        }
    }
    return false;
}

ln_err ln_client__own_buffer(struct ln_client_bootstrap *b, struct ln_buffer *buffer)
{
    if (buffer->at != NULL && is_ours(b, buffer->at) && !is_used(b, buffer->at, false)) {
        return LN_OK;
    }
    for (size_t i = 0; i < b->config->key_count; i++) {
        uint8_t *place = place_of(b, i);
        if (!is_used(b, place, false) && !is_used(b, place, true)) {
            *buffer = (struct ln_buffer){.at = place, .size = b->config->key_size};
            return LN_OK;
        }
    }
    return LN_ERR_NO_SPACE;
}

void ln_client__wipe_unused_keys(struct ln_client_bootstrap *b)
{
    for (size_t i = 0; i < b->config->key_count; i++) {
        if (!is_used(b, place_of(b, i), false)) {
            memset(place_of(b, i), 0, b->config->key_size);
        }
    }
}

/* ---- The transaction ---- */

static bool is_sound(const struct ln_client_bootstrap *b,
                     const struct ln_client_bootstrap_object *object)
{
    const struct ln_object_entry *first = first_of(b, object);
    const struct ln_instances *copy = object->copy;

    if (first == NULL || (copy == NULL) == (object->calls == NULL)) {
        return false;
    }
    if (copy == NULL) {
        return object->calls->begin != NULL && object->calls->commit != NULL &&
               object->calls->rollback != NULL;
    }
    if (ln_object_is_single(first->object)) {
        return object->size > 0;
    }
    const struct ln_instances *store = first->store;
    return object->size == 0 && copy->items != NULL && copy->ids != NULL &&
           copy->item_size == store->item_size && copy->capacity > store->capacity;
}

bool ln_client__init_copies(struct ln_client_bootstrap *b)
{
    const struct ln_client_config *own = b->config->client->config;

    if (b->config->object_count > 32 || b->config->views == NULL ||
        ln_client__bootstrap_object(b, 0) == NULL ||
        ln_client__bootstrap_object(b, 1) == NULL) {
        return false;
    }
    for (size_t i = 0; i < b->config->object_count; i++) {
        if (!is_sound(b, &b->config->objects[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < own->object_count; i++) {
        const struct ln_client_bootstrap_object *object =
            ln_client__bootstrap_object(b, own->objects[i].object->id);
        b->config->views[i] = own->objects[i];
        if (object != NULL && object->copy != NULL) {
            b->config->views[i].store = object->copy;
        }
    }
    return true;
}

void ln_client__open_copies(struct ln_client_bootstrap *b)
{
    for (size_t i = 0; i < b->config->object_count; i++) {
        const struct ln_client_bootstrap_object *object = &b->config->objects[i];
        const struct ln_object_entry *first = first_of(b, object);
        if (object->copy != NULL && object->size > 0) {
            copy_bytes(object->copy, first->store, object->size);
        } else if (object->copy != NULL) {
            copy_instances(object->copy, first->store);
        }
    }
    b->begun = 0;
    b->is_open = true;
}

ln_err ln_client__touch(struct ln_client_bootstrap *b,
                        const struct ln_client_bootstrap_object *object)
{
    uint32_t bit = UINT32_C(1) << (object - b->config->objects);
    ln_err err = LN_OK;

    if (object->calls != NULL && (b->begun & bit) == 0) {
        err = object->calls->begin(first_of(b, object)->store);
        b->begun |= err == LN_OK ? bit : 0;
    }
    return err;
}

void ln_client__swap_copies(struct ln_client_bootstrap *b)
{
    for (size_t i = 0; i < b->config->object_count; i++) {
        const struct ln_client_bootstrap_object *object = &b->config->objects[i];
        void *store = first_of(b, object)->store;
        if (object->copy != NULL && object->size > 0) {
            swap_bytes(store, object->copy, object->size);
        } else if (object->copy != NULL) {
            swap_instances(store, object->copy);
        }
    }
}

static void end_in_place(struct ln_client_bootstrap *b, bool commits)
{
    for (size_t i = 0; i < b->config->object_count; i++) {
        const struct ln_client_bootstrap_object *object = &b->config->objects[i];
        if ((b->begun >> i & 1) != 0) {
            (commits ? object->calls->commit
                     : object->calls->rollback)(first_of(b, object)->store);
        }
    }
    b->begun = 0;
}

void ln_client__close_copies(struct ln_client_bootstrap *b, bool commits)
{
    end_in_place(b, commits);
    for (size_t i = 0; i < b->config->object_count; i++) {
        const struct ln_client_bootstrap_object *object = &b->config->objects[i];
        if (object->copy != NULL && object->size > 0) {
            memset(object->copy, 0, object->size);
        } else if (object->copy != NULL) {
            clear_instances(object->copy);
        }
    }
    ln_client__wipe_unused_keys(b);
    b->is_open = false;
}
