/* Devices that begin with nothing but a bootstrap account, and end with what the server wrote. */

#include "bootstrapped.h"

static struct ln_instances *store(struct bootstrapped *b, size_t at, void *items, size_t size,
                                  uint16_t capacity)
{
    b->stores[at] = (struct ln_instances){
        .items = items, .ids = b->ids[at], .item_size = (uint32_t)size, .capacity = capacity};
    return &b->stores[at];
}

void bootstrapped_place(struct simulated *device)
{
    struct bootstrapped *b = device->bootstrapped;
    struct ln_instances *securities =
        store(b, 0, b->securities, sizeof(b->securities[0]), BOOT_ACCOUNTS);
    struct ln_instances *accounts =
        store(b, 2, b->accounts, sizeof(b->accounts[0]), BOOT_ACCOUNTS);

    /* Where it goes to is the worker's link, whatever the URI says; the keys are the session's. */
    b->securities[0] = (struct ln_security){
        .uri = "coap://127.0.0.1", .is_bootstrap = true, .mode = LN_SECURITY_NONE};
    securities->count = 1;
    device->objects[0] = (struct ln_object_entry){&ln_security_object, securities};
    device->objects[1] = (struct ln_object_entry){&ln_bootstrapped_server_object, accounts};
}

bool bootstrapped_init(struct simulated *device)
{
    struct bootstrapped *b = device->bootstrapped;

    b->objects[0] = (struct ln_client_bootstrap_object){
        .object = 0,
        .copy =
            store(b, 1, b->security_copies, sizeof(b->security_copies[0]), BOOT_ACCOUNTS + 1)};
    b->objects[1] = (struct ln_client_bootstrap_object){
        .object = 1,
        .copy =
            store(b, 3, b->account_copies, sizeof(b->account_copies[0]), BOOT_ACCOUNTS + 1)};
    b->config = (struct ln_client_bootstrap_config){
        .client = &device->client,
        .objects = b->objects,
        .object_count = LN_COUNT(b->objects),
        .views = b->views,
        .keys = b->keys,
        .key_size = BOOT_KEY_SIZE,
        .key_count = LN_COUNT(b->keys),
        .memory = b->memory,
        .memory_size = sizeof(b->memory),
        .attempts = 1,
    };
    return ln_client_bootstrap_init(&b->machine, sizeof(b->machine), &b->config) == LN_OK;
}

bool bootstrapped_is_whole(const struct simulated *device)
{
    const struct bootstrapped *b = device->bootstrapped;
    bool has_keys = false;

    for (size_t i = 0; i < b->stores[0].count; i++) {
        const struct ln_security *security = &b->securities[i];
        has_keys |= !security->is_bootstrap &&
                    (security->mode == LN_SECURITY_NONE || security->secret.len > 0);
    }
    return has_keys && b->stores[2].count == 1;
}
