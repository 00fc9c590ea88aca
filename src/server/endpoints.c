/* Endpoints that have operations or observations, and whether their devices can be reached. */

#include "engine.h"

struct ln_bytes ln_server__name_of(const struct endpoint *endpoint)
{
    return ln_bytes(endpoint->name, endpoint->name_length);
}

static uint64_t record_hash(const void *context, const void *item)
{
    const struct ln_server *server = context;

    return ln_hash(server->seed, ln_server__name_of(item));
}

static bool record_is(const void *item, const void *key)
{
    const struct ln_bytes *name = key;

    return ln_bytes_equal(ln_server__name_of(item), *name);
}

const struct ln_map_calls ln_server__record_calls = {record_hash, record_is};

struct endpoint *ln_server__endpoint_find(const struct ln_server *server, struct ln_bytes name)
{
    if (server->endpoints.count == 0) {
        return NULL;
    }
    return ln_map_find(&server->endpoints, ln_hash(server->seed, name), &name);
}

static struct endpoint *make(struct ln_server *server, struct ln_bytes name)
{
    struct endpoint *endpoint = ln_server__allocate(server, sizeof(*endpoint) + name.len);

    if (endpoint == NULL) {
        return NULL;
    }
    *endpoint = (struct endpoint){.name_length = (uint8_t)name.len};
    struct ln_writer w = ln_writer(endpoint->name, name.len);
    ln_write_bytes(&w, name);
    if (ln_map_add(&server->endpoints, endpoint) != LN_OK) {
        ln_server__release(server, endpoint);
        return NULL;
    }
    endpoint->registration = ln_server_find(server, name);
    if (endpoint->registration != NULL) {
        endpoint->registration->record = endpoint;
    }
    return endpoint;
}

struct endpoint *ln_server__endpoint_take(struct ln_server *server, struct ln_bytes name)
{
    struct endpoint *endpoint = ln_server__endpoint_find(server, name);

    if (endpoint == NULL) {
        endpoint = make(server, name);
    }
    if (endpoint != NULL) {
        endpoint->references++;
    }
    return endpoint;
}

void ln_server__endpoint_drop(struct ln_server *server, struct endpoint *endpoint)
{
    if (--endpoint->references > 0) {
        return;
    }
    if (endpoint->registration != NULL) {
        endpoint->registration->record = NULL;
    }
    ln_map_remove(&server->endpoints, endpoint);
    ln_server__release(server, endpoint);
}

void ln_server__endpoint_attach(struct ln_server *server, struct ln_registration *registration)
{
    registration->record =
        ln_server__endpoint_find(server, ln_server__endpoint_of(registration));
    if (registration->record != NULL) {
        registration->record->registration = registration;
    }
}

void ln_server__endpoint_detach(struct ln_server *server, struct ln_registration *registration)
{
    struct endpoint *endpoint = registration->record;

    registration->record = NULL;
    if (endpoint == NULL) {
        return;
    }
    if (endpoint->registration == registration) {
        endpoint->registration = NULL;
    }
    endpoint->references++; /* until all is done */
    ln_server__operations_end_of(server, endpoint);
    ln_server__observations_end_of(server, endpoint);
    ln_server__endpoint_drop(server, endpoint);
}

/*
 * What may wait is sent to a device that is online. What may not is tried once, too, with one that
 * did not answer what came before: that need not say anything.
 */
static bool may_start(const struct ln_registration *registration,
                      const struct operation *operation)
{
    return registration->presence == LN_ONLINE ||
           (registration->presence == LN_UNREACHABLE && operation != NULL &&
            operation->observation == NULL && !operation->terms.queue);
}

void ln_server__go_on(struct ln_server *server, struct endpoint *endpoint)
{
    struct ln_registration *registration = endpoint->registration;
    struct operation *first = ln_server__first_operation(endpoint);

    if (registration == NULL || server->closed || (first != NULL && first->started) ||
        !may_start(registration, first)) {
        return;
    }
    if (registration->presence == LN_ONLINE && ln_server__observation_work(server, endpoint)) {
        first = ln_server__first_operation(endpoint);
    }
    if (first != NULL) {
        ln_server__operation_start(server, first);
    }
}

/* ---- Presence ---- */

const char *ln_presence_name(enum ln_presence presence)
{
    static const char *const names[] = {
        [LN_ONLINE] = "online",
        [LN_SLEEPING] = "sleeping",
        [LN_UNREACHABLE] = "unreachable",
    };

    return (size_t)presence < LN_COUNT(names) ? names[presence] : "unknown";
}

ln_time ln_server__awake_until(const struct ln_server *server,
                               const struct ln_registration *registration)
{
    bool may_sleep =
        (registration->binding & LN_BINDING_Q) != 0 && registration->presence == LN_ONLINE;

    return may_sleep ? ln_time_after(registration->seen_at, server->awake) : LN_NEVER;
}

void ln_server__presence_restore(const struct ln_server *server,
                                 struct ln_registration *registration)
{
    if (ln_server__awake_until(server, registration) <= server->now) {
        registration->presence = LN_SLEEPING;
    }
}

/* Without memory for the event the presence stays as it was. */
static struct news *take_news(struct ln_server *server)
{
    struct news *news = ln_server__news_take(server);

    server->counters.waited_for_memory += news == NULL;
    return news;
}

void ln_server__heard(struct ln_server *server, struct ln_registration *registration)
{
    struct news *news = NULL;

    registration->seen_at = server->now;
    if (registration->presence != LN_ONLINE) {
        news = take_news(server);
    }
    if (news != NULL) {
        server->counters.woke_up++;
        registration->presence = LN_ONLINE;
        ln_server__expiry_arm(server, registration);
        ln_server__news_push(server, news, LN_SERVER_AWAKE, registration, 0);
    }
    if (registration->record != NULL) {
        ln_server__go_on(server, registration->record);
    }
}

/* What is under way comes to nothing. */
static void pause(struct ln_server *server, const struct ln_registration *registration)
{
    if (registration->record != NULL) {
        ln_server__operations_pause(server, registration->record);
    }
}

bool ln_server__away(struct ln_server *server, struct ln_registration *registration)
{
    bool sleeps = (registration->binding & LN_BINDING_Q) != 0;
    bool is_so = registration->presence == (sleeps ? LN_SLEEPING : LN_UNREACHABLE);

    if (is_so) {
        pause(server, registration);
        return true;
    }
    struct news *news = take_news(server);
    if (news == NULL) {
        return false;
    }
    registration->presence = sleeps ? LN_SLEEPING : LN_UNREACHABLE;
    ln_server__expiry_arm(server, registration);
    server->counters.fell_asleep += sleeps;
    server->counters.became_unreachable += !sleeps;
    pause(server, registration);
    ln_server__news_push(server, news, sleeps ? LN_SERVER_SLEEPING : LN_SERVER_UNREACHABLE,
                         registration, 0);
    return true;
}
