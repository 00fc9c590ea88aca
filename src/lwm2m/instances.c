/* Instances of an object in an array of the app. */

#include <linnet/lwm2m.h>

#include <string.h>

static uint8_t *item(const struct ln_instances *s, size_t i)
{
    return (uint8_t *)s->items + i * s->item_size;
}

/* The place of the first instance with that id or above; s->count if there is none. */
static size_t place_of(const struct ln_instances *s, uint16_t id)
{
    size_t i = 0;

    while (i < s->count && s->ids[i] < id) {
        i++;
    }
    return i;
}

static void *next(void *store, uint16_t *id)
{
    const struct ln_instances *s = store;
    size_t i = place_of(s, *id);

    if (i == s->count) {
        return NULL;
    }
    *id = s->ids[i];
    return item(s, i);
}

/* Moves the instances from place `from` on to place `to`, with their ids. */
static void move(struct ln_instances *s, size_t from, size_t to)
{
    size_t moved = s->count - from;

    memmove(item(s, to), item(s, from), moved * s->item_size);
    memmove(s->ids + to, s->ids + from, moved * sizeof(s->ids[0]));
}

static void *create(void *store, uint16_t id)
{
    struct ln_instances *s = store;
    size_t i = place_of(s, id);

    if (s->count == s->capacity || (i < s->count && s->ids[i] == id)) {
        return NULL;
    }
    move(s, i, i + 1);
    s->count++;
    s->ids[i] = id;
    return memset(item(s, i), 0, s->item_size);
}

static ln_err remove_instance(void *store, uint16_t id)
{
    struct ln_instances *s = store;
    size_t i = place_of(s, id);

    if (i == s->count || s->ids[i] != id) {
        return LN_ERR_NOT_FOUND;
    }
    move(s, i + 1, i);
    s->count--;
    return LN_OK;
}

const struct ln_object_calls ln_instances_calls = {
    .next = next,
    .create = create,
    .remove = remove_instance,
};
