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
    const uint64_t *print = key;

    return list->print == *print;
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

/* What is kept beside the links moves into the list, out of the datagram. */
static void keep_texts(struct object_list *list, const struct ln_object_list_reader *reader)
{
    size_t size = reader->root.len + reader->formats.len;
    struct ln_writer w = ln_writer(&list->links[list->count], size);

    ln_write_bytes(&w, reader->root);
    ln_write_bytes(&w, reader->formats);
    struct ln_reader kept = ln_reader(ln_writer_bytes(&w));
    list->root = ln_read_bytes(&kept, reader->root.len);
    list->formats = ln_read_bytes(&kept, reader->formats.len);
}

static ln_err read_links(struct ln_server *server, struct ln_bytes payload,
                         struct object_list **out)
{
    struct ln_object_list_reader reader;
    size_t count;
    ln_err err = count_links(payload, &count);

    if (err == LN_OK) {
        err = ln_object_list_open(payload, &reader);
    }
    if (err != LN_OK) {
        return err;
    }
    size_t texts = reader.root.len + reader.formats.len;
    struct object_list *list = ln_server__allocate(
        server, sizeof(*list) + count * sizeof(struct ln_object_link) + texts);
    if (list == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    *list = (struct object_list){.count = count};
    keep_texts(list, &reader);
    for (size_t i = 0; i < count; i++) {
        (void)!ln_object_list_next(&reader, &list->links[i]); /* counted before */
    }
    *out = list;
    return LN_OK;
}

static ln_err make(struct ln_server *server, uint64_t hash, uint64_t print,
                   struct ln_bytes payload, struct object_list **out)
{
    ln_err err = read_links(server, payload, out);

    if (err != LN_OK) {
        return err;
    }
    (*out)->hash = hash;
    (*out)->print = print;
    err = ln_map_add(&server->lists, *out);
    if (err != LN_OK) {
        ln_server__release(server, *out);
    }
    return err;
}

ln_err ln_server__list_take(struct ln_server *server, struct ln_bytes payload,
                            struct object_list **out)
{
    uint64_t hash = ln_hash(server->seed, payload);
    uint64_t print = ln_hash(server->print_seed, payload);
    struct object_list *list = ln_map_find(&server->lists, hash, &print);

    if (list == NULL) {
        ln_err err = make(server, hash, print, payload, &list);
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
