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

/* How many objects and instances it names. The reader stays where it is. */
static ln_err count_links(const struct ln_object_list_reader *reader, size_t *count)
{
    struct ln_object_list_reader at = *reader;
    struct ln_object_link link;

    *count = 0;
    while (ln_object_list_next(&at, &link)) {
        (*count)++;
    }
    if (at.in.failed || *count == 0) {
        return LN_ERR_BAD_PAYLOAD;
    }
    return *count > LN_LIMIT_OBJECT_LINKS ? LN_ERR_TOO_LARGE : LN_OK;
}

/* What is kept beside the links moves into the list, out of the datagram. */
static void keep_texts(struct object_list *list, struct ln_bytes root, struct ln_bytes formats)
{
    struct ln_writer w = ln_writer(&list->links[list->count], root.len + formats.len);

    ln_write_bytes(&w, root);
    ln_write_bytes(&w, formats);
    struct ln_reader kept = ln_reader(ln_writer_bytes(&w));
    list->root = ln_read_bytes(&kept, root.len);
    list->formats = ln_read_bytes(&kept, formats.len);
}

static struct object_list *list_new(struct ln_server *server, size_t count,
                                    struct ln_bytes root, struct ln_bytes formats)
{
    size_t links = count * sizeof(struct ln_object_link);
    struct object_list *list =
        ln_server__allocate(server, sizeof(*list) + links + root.len + formats.len);

    if (list != NULL) {
        *list = (struct object_list){.count = count};
        keep_texts(list, root, formats);
    }
    return list;
}

static ln_err read_links(struct ln_server *server, struct ln_bytes payload,
                         struct object_list **out)
{
    struct ln_object_list_reader reader;
    size_t count;
    ln_err err = ln_object_list_open(payload, &reader);

    if (err == LN_OK) {
        err = count_links(&reader, &count);
    }
    if (err != LN_OK) {
        return err;
    }
    struct object_list *list = list_new(server, count, reader.root, reader.formats);
    if (list == NULL) {
        return LN_ERR_NO_MEMORY;
    }
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

/* ---- Brought back: the bytes that came are not known any more, so what they said is hashed ---- */

static uint64_t hash_of_view(const uint8_t seed[16], const struct ln_registration_view *view)
{
    _Static_assert(sizeof(struct ln_object_link) == 6, "a link has no bytes without a meaning");
    size_t links = view->object_count * sizeof(*view->objects);
    uint64_t hash = ln_hash(seed, ln_bytes(view->objects, links));

    hash = ln_server__mix(hash ^ ln_hash(seed, view->root));
    return ln_server__mix(hash ^ ln_hash(seed, view->formats));
}

static ln_err bring_back(struct ln_server *server, const struct ln_registration_view *view,
                         struct object_list **out)
{
    struct object_list *list = list_new(server, view->object_count, view->root, view->formats);

    if (list == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < list->count; i++) {
        list->links[i] = view->objects[i];
    }
    list->hash = hash_of_view(server->seed, view);
    list->print = hash_of_view(server->print_seed, view);
    ln_err err = ln_map_add(&server->lists, list);
    if (err != LN_OK) {
        ln_server__release(server, list);
        return err;
    }
    *out = list;
    return LN_OK;
}

ln_err ln_server__list_restore(struct ln_server *server,
                               const struct ln_registration_view *view,
                               struct object_list **out)
{
    uint64_t print = hash_of_view(server->print_seed, view);

    *out = ln_map_find(&server->lists, hash_of_view(server->seed, view), &print);
    if (*out == NULL) {
        ln_err err = bring_back(server, view, out);
        if (err != LN_OK) {
            return err;
        }
    }
    (*out)->references++;
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
