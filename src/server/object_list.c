/* Object lists by the hash of their bytes: the same list again costs a look-up and no parse. */

#include "engine.h"

static uint64_t hash_of(const void *context, const void *item)
{
    const struct object_list *list = item;

    (void)context;
    return list->hash;
}

static bool is(const void *item, const void *key)
{
    const struct object_list *list = item;
    const struct ln_bytes *payload = key;

    return ln_bytes_equal(list->payload, *payload);
}

const struct ln_map_calls ln_server__list_calls = {hash_of, is};

/* How many objects and instances it names, if it is a list at all. */
static ln_err count_links(struct ln_bytes payload, size_t *count)
{
    struct ln_object_list_reader reader;
    struct ln_object_link link;
    ln_err err = ln_object_list_open(payload, &reader);

    *count = 0;
    if (err != LN_OK) {
        return err;
    }
    while (ln_object_list_next(&reader, &link)) {
        (*count)++;
    }
    if (reader.in.failed || *count == 0) {
        return LN_ERR_BAD_PAYLOAD;
    }
    return *count > LN_LIMIT_OBJECT_LINKS ? LN_ERR_TOO_LARGE : LN_OK;
}

/* Reads the list's own copy of the payload, so that root and formats point into it. */
static ln_err read_links(struct object_list *list)
{
    struct ln_object_list_reader reader;
    ln_err err = ln_object_list_open(list->payload, &reader);

    if (err != LN_OK) {
        return err;
    }
    list->root = reader.root;
    list->formats = reader.formats;
    for (size_t i = 0; i < list->count; i++) {
        if (!ln_object_list_next(&reader, &list->links[i])) {
            return LN_ERR_BAD_PAYLOAD;
        }
    }
    return LN_OK;
}

static ln_err make(struct ln_server *server, uint64_t hash, struct ln_bytes payload,
                   struct object_list **out)
{
    size_t count;
    ln_err err = count_links(payload, &count);

    if (err != LN_OK) {
        return err;
    }
    size_t before = sizeof(struct object_list) + count * sizeof(struct ln_object_link);
    struct object_list *list = ln_server__allocate(server, before + payload.len);
    if (list == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    struct ln_writer copy = ln_writer(&list->links[count], payload.len);
    ln_write_bytes(&copy, payload);
    *list =
        (struct object_list){.hash = hash, .count = count, .payload = ln_writer_bytes(&copy)};
    err = read_links(list);
    if (err == LN_OK) {
        err = ln_map_add(&server->lists, list);
    }
    if (err != LN_OK) {
        ln_server__release(server, list);
        return err;
    }
    *out = list;
    return LN_OK;
}

ln_err ln_server__list_take(struct ln_server *server, struct ln_bytes payload,
                            struct object_list **out)
{
    uint64_t hash = ln_hash(server->seed, payload);
    struct object_list *list = ln_map_find(&server->lists, hash, &payload);

    if (list == NULL) {
        ln_err err = make(server, hash, payload, &list);
        if (err != LN_OK) {
            return err;
        }
    }
    list->references++;
    *out = list;
    return LN_OK;
}

void ln_server__list_drop(struct ln_server *server, struct object_list *list)
{
    if (list == NULL || --list->references > 0) {
        return;
    }
    ln_map_remove(&server->lists, list);
    ln_server__release(server, list);
}
