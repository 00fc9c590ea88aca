/* Writes to lists of resource instances in an instance's struct. */

#include "lwm2m/field.h"

/* The bytes of two places change places: a buffer takes its memory along. */
static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

static size_t place_in(const uint16_t *ids, size_t count, uint16_t id)
{
    size_t i = 0;

    while (i < count && ids[i] < id) {
        i++;
    }
    return i;
}

/* A new value is stored behind the last one and then moved to its place. */
static void insert(uint16_t *ids, uint8_t *values, size_t size, size_t place, size_t last)
{
    for (size_t i = last; i > place; i--) {
        ids[i] = ids[i - 1];
        swap(values + i * size, values + (i - 1) * size, size);
    }
}

static void *at(void *instance, size_t offset)
{
    return (char *)instance + offset;
}

ln_err ln_list_write(struct ln_list_pass *pass, const struct ln_resource *row, void *instance,
                     uint16_t id, const struct ln_value *value, enum ln_write_step step)
{
    const struct ln_list_layout *list = row->at.list;
    uint16_t *count = at(instance, list->count);
    uint16_t *ids = at(instance, list->ids);
    uint8_t *values = at(instance, list->values);
    size_t kept = pass->cleared && step == LN_CHECK ? 0 : *count;
    size_t place = place_in(ids, kept, id);
    bool is_new = place == kept || ids[place] != id;
    size_t slot = place;

    if (is_new) {
        slot = step == LN_CHECK ? kept + pass->added++ : kept;
    }
    if (slot >= list->capacity) {
        return LN_ERR_NO_SPACE;
    }
    ln_err err = ln_lwm2m__field_store((enum ln_storage)row->storage, list->value_size,
                                       values + slot * list->value_size, value, step);
    if (err == LN_OK && is_new && step == LN_STORE) {
        insert(ids, values, list->value_size, place, *count);
        ids[place] = id;
        (*count)++;
    }
    return err;
}
