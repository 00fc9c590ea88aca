/* Addresses by use: our own, which all registrations share, and the devices', where bounded. */

#include "engine.h"

static uint64_t hash_address(const struct ln_server *server, const struct ln_address *address)
{
    uint64_t where = (uint64_t)address->scope << 16 | address->port;

    return ln_hash(server->seed, ln_bytes(address->ip, sizeof(address->ip))) ^
           ln_server__mix(where);
}

static uint64_t hash_of(const void *context, const void *item)
{
    const struct address_use *use = item;

    return hash_address(context, &use->address);
}

static bool is(const void *item, const void *key)
{
    const struct address_use *use = item;

    return ln_address_equal(&use->address, key);
}

const struct ln_map_calls ln_server__address_calls = {hash_of, is};

static struct address_use *find(const struct ln_server *server, const struct ln_map *map,
                                const struct ln_address *address)
{
    return ln_map_find(map, hash_address(server, address), address);
}

struct address_use *ln_server__address_take(struct ln_server *server, struct ln_map *map,
                                            const struct ln_address *address)
{
    struct address_use *use = find(server, map, address);

    if (use != NULL) {
        use->count++;
        return use;
    }
    use = ln_server__allocate(server, sizeof(*use));
    if (use == NULL) {
        return NULL;
    }
    *use = (struct address_use){.address = *address, .count = 1};
    if (ln_map_add(map, use) != LN_OK) {
        ln_server__release(server, use);
        return NULL;
    }
    return use;
}

void ln_server__address_drop(struct ln_server *server, struct ln_map *map,
                             struct address_use *use)
{
    if (use != NULL && --use->count == 0) {
        ln_map_remove(map, use);
        ln_server__release(server, use);
    }
}

/* ---- Bounded: of the address of a device its port does not matter ---- */

static struct ln_address without_port(const struct ln_address *remote)
{
    struct ln_address address = *remote;

    address.port = 0;
    return address;
}

size_t ln_server__remote_count(const struct ln_server *server, const struct ln_address *remote)
{
    struct ln_address address = without_port(remote);
    const struct address_use *use = find(server, &server->remotes, &address);

    return use == NULL ? 0 : use->count;
}

ln_err ln_server__remote_add(struct ln_server *server, const struct ln_address *remote)
{
    struct ln_address address = without_port(remote);

    if (server->max_per_address == 0 ||
        ln_server__address_take(server, &server->remotes, &address) != NULL) {
        return LN_OK;
    }
    return LN_ERR_NO_MEMORY;
}

void ln_server__remote_remove(struct ln_server *server, const struct ln_address *remote)
{
    struct ln_address address = without_port(remote);

    if (server->max_per_address > 0) {
        ln_server__address_drop(server, &server->remotes,
                                find(server, &server->remotes, &address));
    }
}
