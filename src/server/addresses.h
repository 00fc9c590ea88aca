/* IP addresses that many registrations share: each is kept once, with how many use it. */

#ifndef LN_SERVER_ADDRESSES_H
#define LN_SERVER_ADDRESSES_H

#include <linnet/server.h>

struct address_use {
    struct ln_address address;
    size_t count;
};

extern const struct ln_map_calls ln_server__address_calls;

/* One use more; NULL: no memory. Give it back with ln_server__address_drop(). */
struct address_use *ln_server__address_take(struct ln_server *server, struct ln_map *map,
                                            const struct ln_address *address);
/* The last use takes it out of the map. NULL is fine. */
void ln_server__address_drop(struct ln_server *server, struct ln_map *map,
                             struct address_use *use);

/* ---- How many registrations an IP address has, where that is bounded ---- */

size_t ln_server__remote_count(const struct ln_server *server, const struct ln_address *remote);
LN_MUST_USE ln_err ln_server__remote_add(struct ln_server *server,
                                         const struct ln_address *remote);
void ln_server__remote_remove(struct ln_server *server, const struct ln_address *remote);

#endif
