/* Keys that are made for devices: kept among the credentials before they are handed out. */

#include "linnetd/bootstrap_waiting.h"
#include "linnetd/daemon.h"
#include "linnetd/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ln_bytes endpoint_of(const struct bootstrap_waiting *waiting)
{
    return ln_bytes(waiting->endpoint, waiting->endpoint_len);
}

static void set_identity(struct bootstrap_waiting *waiting, const struct credential *credential)
{
    waiting->identity_len = (uint8_t)credential->identity_len;
    memcpy(waiting->identity, credential->identity, credential->identity_len);
}

/* The credentials of the endpoint for registering. */
static size_t server_credentials(struct bootstrap *bootstrap, struct ln_bytes endpoint,
                                 struct credential out[CREDENTIALS_OF_ENDPOINT])
{
    size_t all = credentials_of_endpoint(bootstrap->daemon->credentials, endpoint, out);
    size_t count = 0;

    for (size_t i = 0; i < all; i++) {
        if (out[i].purpose == CREDENTIAL_SERVER) {
            out[count++] = out[i];
        }
    }
    return count;
}

/* ---- One that is there already ---- */

/*
 * Of two credentials the newer one was made by a bootstrap that did not end: else the older one would be gone.
 * An identity that is prescribed has one key, which stays.
 */
static void find_unused(struct bootstrap *bootstrap, struct bootstrap_waiting *waiting,
                        const struct bootstrap_input *input)
{
    struct credential all[CREDENTIALS_OF_ENDPOINT];
    size_t count = server_credentials(bootstrap, endpoint_of(waiting), all);
    const struct credential *found = NULL;

    for (size_t i = 0; input->has_identity && i < count; i++) {
        struct ln_bytes identity = ln_bytes(all[i].identity, all[i].identity_len);
        if (ln_bytes_equal(identity, input->generated->identity)) {
            found = &all[i];
        }
    }
    if (!input->has_identity && count == CREDENTIAL_SLOTS) {
        found = all[1].created_at >= all[0].created_at ? &all[1] : &all[0];
    }
    if (found != NULL && found->mode == CREDENTIAL_PSK) {
        set_identity(waiting, found);
        bootstrap->counters.keys_again++;
    }
}

/* ---- A new one ---- */

struct making {
    struct credentials_change change; /* first */
    struct call call;
    struct credential_input input;
    struct bootstrap *bootstrap;
    uint64_t session;
};

static struct making *making_of(struct call *call)
{
    return (struct making *)(void *)((char *)call - offsetof(struct making, call));
}

/* The thread of bootstrapping: it is kept, or not. */
static void run_made(struct shard *shard, struct call *call)
{
    struct making *making = making_of(call);
    struct bootstrap *bootstrap = making->bootstrap;
    struct bootstrap_waiting *waiting = bootstrap_waiting_find(bootstrap, making->session);
    bool good = making->change.end == CREDENTIALS_DONE;

    (void)shard;
    bootstrap->counters.keys_made += good;
    if (waiting != NULL && good) {
        set_identity(waiting, &making->input.what);
        waiting->made = true;
        bootstrap_serve(bootstrap, waiting);
    } else if (waiting != NULL) {
        bootstrap_give_up(bootstrap, waiting,
                          making->change.end == CREDENTIALS_TAKEN
                              ? "the identity of its key belongs to another endpoint"
                              : "the key that was made for it could not be kept");
    }
    free(making);
}

/* The store's thread, or ours where there is no store. */
static void made(struct credentials_change *change)
{
    struct making *making = (struct making *)change;

    if (!inbox_put_call(&making->bootstrap->inbox, &making->call)) {
        free(making); /* it has stopped: the next request of the device finds the key */
    }
}

/* A new one each time: beside the one before it is another. */
static void make_identity(struct credential *what)
{
    enum { LONGEST = CREDENTIAL_PSK_IDENTITY_MAX - 9 };
    size_t length = what->endpoint_len <= LONGEST ? what->endpoint_len : 0;
    char *end = (char *)what->identity + length;

    memcpy(what->identity, what->endpoint, length);
    (void)snprintf(end, 10, "-%08x", ln_random_u32(&ln_random_system));
    what->identity_len = (uint16_t)(length + 9);
}

static void fill_input(struct credential_input *out, const struct bootstrap_waiting *waiting,
                       const struct bootstrap_input *input)
{
    struct ln_bytes identity = input->generated->identity;

    *out = (struct credential_input){.keep_previous = true, .key_len = BOOTSTRAP_KEY_BYTES};
    out->what.purpose = CREDENTIAL_SERVER;
    out->what.mode = CREDENTIAL_PSK;
    out->what.endpoint_len = waiting->endpoint_len;
    memcpy(out->what.endpoint, waiting->endpoint, waiting->endpoint_len);
    ln_random_system.fill(ln_random_system.context, out->key, BOOTSTRAP_KEY_BYTES);
    if (input->has_identity) {
        out->what.identity_len = (uint16_t)identity.len;
        memcpy(out->what.identity, identity.at, identity.len);
    } else {
        make_identity(&out->what);
    }
}

static enum bootstrap_key_state make(struct bootstrap *bootstrap,
                                     const struct bootstrap_waiting *waiting,
                                     const struct bootstrap_input *input)
{
    struct making *making = calloc(1, sizeof(*making));

    if (making == NULL) {
        return BOOTSTRAP_KEY_FAILED;
    }
    making->bootstrap = bootstrap;
    making->session = waiting->session;
    making->call.run = run_made;
    fill_input(&making->input, waiting, input);
    making->change.credentials = bootstrap->daemon->credentials;
    making->change.inputs = &making->input;
    making->change.count = 1;
    making->change.done = made;
    credentials_do(&making->change);
    return BOOTSTRAP_KEY_MAKING;
}

enum bootstrap_key_state bootstrap_key_for(struct bootstrap *bootstrap,
                                           struct bootstrap_waiting *waiting,
                                           const struct bootstrap_input *input,
                                           struct bootstrap_key *out)
{
    if (waiting->identity_len == 0) {
        find_unused(bootstrap, waiting, input);
    }
    if (waiting->identity_len == 0) {
        return make(bootstrap, waiting, input);
    }
    size_t count =
        credentials_find_psk(bootstrap->daemon->credentials, CREDENTIAL_SERVER,
                             ln_bytes(waiting->identity, waiting->identity_len), out->keys);
    if (count == 0) {
        return BOOTSTRAP_KEY_FAILED;
    }
    input->generated->identity = ln_bytes(waiting->identity, waiting->identity_len);
    input->generated->key = ln_bytes(out->keys[0].at, out->keys[0].len);
    return BOOTSTRAP_KEY_READY;
}

/* ---- Afterwards ---- */

struct removal {
    struct credentials_change change; /* first */
    uint8_t endpoint[CREDENTIAL_ENDPOINT_MAX];
};

static void removed(struct credentials_change *change)
{
    if (change->end == CREDENTIALS_NOT_KEPT) {
        log_line(LOG_WARN,
                 "bootstrap: a credential of %.*s that is no longer in use could not be "
                 "removed",
                 (int)change->endpoint.len, (const char *)change->endpoint.at);
    }
    free(change);
}

static void remove_slots(struct bootstrap *bootstrap, struct ln_bytes endpoint,
                         const bool slots[CREDENTIAL_SLOTS])
{
    struct removal *removal = calloc(1, sizeof(*removal));

    if (removal == NULL) {
        return;
    }
    memcpy(removal->endpoint, endpoint.at, endpoint.len);
    removal->change.credentials = bootstrap->daemon->credentials;
    removal->change.deletes = true;
    removal->change.endpoint = ln_bytes(removal->endpoint, endpoint.len);
    removal->change.purposes[CREDENTIAL_SERVER] = true;
    memcpy(removal->change.slots, slots, CREDENTIAL_SLOTS * sizeof(*slots));
    removal->change.done = removed;
    credentials_do(&removal->change);
}

void bootstrap_key_over(struct bootstrap *bootstrap, const struct bootstrap_waiting *waiting,
                        bool is_done)
{
    struct credential all[CREDENTIALS_OF_ENDPOINT];
    bool slots[CREDENTIAL_SLOTS] = {false};
    struct ln_bytes used = ln_bytes(waiting->identity, waiting->identity_len);
    bool takes_back = !is_done && waiting->made && !waiting->is_proved;
    size_t count = 0;

    if (used.len == 0 || (!is_done && !takes_back)) {
        return;
    }
    size_t total = server_credentials(bootstrap, endpoint_of(waiting), all);
    for (size_t i = 0; i < total; i++) {
        bool is_used = ln_bytes_equal(ln_bytes(all[i].identity, all[i].identity_len), used);
        slots[all[i].slot - 1] = is_done ? !is_used : is_used;
        count += slots[all[i].slot - 1];
    }
    if (count > 0) {
        *(is_done ? &bootstrap->counters.keys_replaced : &bootstrap->counters.keys_removed) +=
            count;
        remove_slots(bootstrap, endpoint_of(waiting), slots);
    }
}
