/* How many registrations each IP address has. Kept only where the configuration bounds them. */

#include "engine.h"

struct address_use {
    struct ln_address address; /* its port does not matter */
    size_t count;
};

static uint64_t hash_address(const struct ln_server *server, const struct ln_address *address)
{
    return ln_hash(server->seed, ln_bytes(address->ip, sizeof(address->ip))) ^ address->scope;
}

static uint64_t hash_of(const void *context, const void *item)
{
    const struct address_use *use = item;

    return hash_address(context, &use->address);
}

static bool is(const void *item, const void *key)
{
    const struct address_use *use = item;
    struct ln_address address = *(const struct ln_address *)key;

    address.port = use->address.port;
    return ln_address_equal(&use->address, &address);
}

const struct ln_map_calls ln_server__address_calls = {hash_of, is};

static struct address_use *find(const struct ln_server *server,
                                const struct ln_address *address)
{
    return ln_map_find(&server->addresses, hash_address(server, address), address);
}

size_t ln_server__address_count(const struct ln_server *server,
                                const struct ln_address *address)
{
    const struct address_use *use = find(server, address);

    return use == NULL ? 0 : use->count;
}

ln_err ln_server__address_add(struct ln_server *server, const struct ln_address *address)
{
    if (server->max_per_address == 0) {
        return LN_OK;
    }
    struct address_use *use = find(server, address);
    if (use != NULL) {
        use->count++;
        return LN_OK;
    }
    use = ln_server__allocate(server, sizeof(*use));
    if (use == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    *use = (struct address_use){.address = *address, .count = 1};
    ln_err err = ln_map_add(&server->addresses, use);
    if (err != LN_OK) {
        ln_server__release(server, use);
    }
    return err;
}

void ln_server__address_remove(struct ln_server *server, const struct ln_address *address)
{
    struct address_use *use = server->max_per_address == 0 ? NULL : find(server, address);

    if (use != NULL && --use->count == 0) {
        ln_map_remove(&server->addresses, use);
        ln_server__release(server, use);
    }
}
