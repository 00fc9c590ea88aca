/* Memory for a bootstrap, and what its events mean. */

#include "bootstrap.h"

#include <stdio.h>

#include "device.h"

static struct ln_instances store(void *items, uint16_t *ids, size_t size, size_t capacity)
{
    return (struct ln_instances){.items = items,
                                 .ids = ids,
                                 .item_size = (uint32_t)size,
                                 .capacity = (uint16_t)capacity};
}

static void add_copy(struct bootstrapping *b, uint16_t object, void *copy, size_t size)
{
    b->objects[b->config.object_count++] =
        (struct ln_client_bootstrap_object){.object = object, .copy = copy, .size = size};
}

static void place_copies(struct device *d, struct bootstrapping *b)
{
    b->security_store = store(b->securities, b->security_ids, sizeof(b->securities[0]),
                              LN_COUNT(b->securities));
    b->account_store =
        store(b->accounts, b->account_ids, sizeof(b->accounts[0]), LN_COUNT(b->accounts));
    b->access_store = store(b->access_controls, b->access_ids, sizeof(b->access_controls[0]),
                            LN_COUNT(b->access_controls));
    add_copy(b, 0, &b->security_store, 0);
    add_copy(b, 1, &b->account_store, 0);
    if (device_has(d, &ln_access_control_object)) {
        add_copy(b, 2, &b->access_store, 0);
    }
    add_copy(b, 3, &b->device, sizeof(d->device));
}

bool bootstrapping_init(struct device *d)
{
    struct bootstrapping *b = &d->bootstrapping;
    ln_err err;

    b->blocks = (struct ln_client_blocks){
        .calls = &ln_client_blocks_calls,
        .transfers = &b->transfer,
        .memory = b->body,
        .body_size = sizeof(b->body),
    };
    b->config = (struct ln_client_bootstrap_config){
        .client = &d->client,
        .objects = b->objects,
        .views = b->views,
        .keys = d->keys,
        .key_size = KEY_MAX,
        .key_count = sizeof(d->keys) / KEY_MAX,
        .memory = b->memory,
        .memory_size = sizeof(b->memory),
        .blocks = &b->blocks,
    };
    place_copies(d, b);
    err = ln_client_bootstrap_init(&b->machine, sizeof(b->machine), &b->config);
    if (err != LN_OK) {
        fprintf(stderr, "linnet-device: the bootstrap did not start: %s\n", ln_err_text(err));
    }
    return err == LN_OK;
}

const struct account *bootstrapping_account(const struct device *d,
                                            const struct ln_security *security)
{
    const struct options *options = d->options;

    for (size_t i = 0; i < options->account_count; i++) {
        if (security->identity.at == d->keys[i].identity) {
            return &options->accounts[i];
        }
    }
    return options->bootstrap.uri != NULL &&
                   security->identity.at == d->keys[options->account_count].identity
               ? &options->bootstrap
               : NULL;
}

static void failed(const struct device *d, const struct ln_client_event *event)
{
    const struct ln_client_bootstrap *machine = &d->bootstrapping.machine;
    char where[LN_PATH_TEXT_MAX + 16] = "";
    struct ln_writer w = ln_writer(where, sizeof(where) - 1);

    if (event->path.depth > 0) {
        ln_write_text(&w, " at ");
        ln_write_path(&w, event->path);
    }
    if (event->code != 0) {
        ln_write_text(&w, " (");
        ln_coap_write_code(&w, event->code);
        ln_write_u8(&w, ')');
    }
    where[w.written] = '\0';
    device_log(
        d, "the bootstrap failed: %s%s: all is as before",
        ln_client_bootstrap_reason_text((enum ln_client_bootstrap_reason)machine->reason),
        where);
}

bool bootstrapping_act(struct device *d, const struct ln_client_event *event)
{
    struct bootstrapping *b = &d->bootstrapping;
    const char *uri = d->links[LINKS_MAX - 1].uri;

    switch (event->kind) {
    case LN_CLIENT_BOOTSTRAPPING:
        device_log(d, "%s begins to bootstrap", uri);
        return true;
    case LN_CLIENT_BOOTSTRAPPED:
        b->generation++;
        link_works(&d->links[LINKS_MAX - 1]);
        device_log(d, "bootstrapped by %s: %u servers", uri, d->account_store.count);
        return true;
    case LN_CLIENT_BOOTSTRAP_FAILED:
        failed(d, event);
        return true;
    case LN_CLIENT_BOOTSTRAP_PURGED:
        state_touch(d);
        device_log(d, "the time of the bootstrap account is over: it is gone");
        return true;
    default:
        return false;
    }
}
