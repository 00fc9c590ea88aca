/* Object lists, kept once for all devices that sent the same bytes: a fleet has few. */

#ifndef LN_SERVER_OBJECT_LIST_H
#define LN_SERVER_OBJECT_LIST_H

#include <linnet/server.h>

/*
 * The bytes themselves are not kept: where each device's list is its own they would be most of
 * what it costs. Two hashes with secret seeds of their own, 128 bits together, stand for them.
 */
struct object_list {
    uint64_t hash;
    uint64_t print;
    struct ln_bytes root; /* behind the links, as the formats are */
    struct ln_bytes formats;
    size_t count;
    size_t references;
    struct ln_object_link links[];
};

extern const struct ln_map_calls ln_server__list_calls;

/*
 * The list of these bytes, with one reference more: give it back with ln_server__list_drop().
 * Only bytes that are not known yet are parsed. LN_ERR_BAD_PAYLOAD: it is no object list, or
 * one of no objects; LN_ERR_TOO_LARGE; LN_ERR_NO_MEMORY.
 */
LN_MUST_USE ln_err ln_server__list_take(struct ln_server *server, struct ln_bytes payload,
                                        struct object_list **out);
/* The same for a list as ln_registration_get() told of it. */
LN_MUST_USE ln_err ln_server__list_restore(struct ln_server *server,
                                           const struct ln_registration_view *view,
                                           struct object_list **out);
/* NULL is fine. */
void ln_server__list_drop(struct ln_server *server, struct object_list *list);

#endif
