/* The engine: made and freed, and what becomes of each datagram. */

#include "engine.h"

#include <string.h>

/* ---- Small tools of the whole folder ---- */

void *ln_server__allocate(struct ln_server *server, size_t size)
{
    return server->allocator.resize(server->allocator.context, NULL, size);
}

void ln_server__release(struct ln_server *server, void *memory)
{
    if (memory != NULL) {
        server->allocator.resize(server->allocator.context, memory, 0);
    }
}

ln_err ln_server__reserve(struct ln_server *server, uint8_t **bytes, size_t *size, size_t kept,
                          size_t wanted)
{
    if (wanted <= *size) {
        return LN_OK;
    }
    uint8_t *more = ln_server__allocate(server, wanted);
    if (more == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    struct ln_writer w = ln_writer(more, wanted);
    ln_write_bytes(&w, ln_bytes(*bytes, kept));
    ln_server__release(server, *bytes);
    *bytes = more;
    *size = wanted;
    return LN_OK;
}

size_t ln_server__room_for(size_t size, size_t wanted, size_t bound)
{
    enum { FIRST_ROOM = 2048 };
    size_t room = size < FIRST_ROOM / 2 ? (size_t)FIRST_ROOM : 2 * size;

    if (wanted <= size) {
        return size;
    }
    room = room > bound ? bound : room;
    return room < wanted ? wanted : room;
}

uint64_t ln_server__mix(uint64_t v)
{
    v = (v ^ v >> 32) *
        0x9E3779B97F4A7C15; /* the golden ratio: any odd number without a pattern */
    v = (v ^ v >> 29) * 0xBF58476D1CE4E5B9;
    return v ^ v >> 32;
}

uint16_t ln_server__next_message(const struct ln_server *server, uint16_t *sequence)
{
    uint32_t ids =
        ((uint32_t)UINT16_MAX + 1 - server->shard + server->shards - 1) / server->shards;

    *sequence = (uint16_t)((*sequence + 1U) % ids);
    return (uint16_t)(*sequence * server->shards + server->shard);
}

/* ---- Made and freed ---- */

static bool is_block_size(uint16_t size)
{
    return size == 0 || (size_t)16 << ln_coap_block_fit(size) == size;
}

static bool config_is_sound(const struct ln_server_config *config)
{
    uint8_t shards = config->shards == 0 ? 1 : config->shards;

    return config->size == sizeof(*config) && config->random.fill != NULL &&
           config->allocator.resize != NULL && config->shard < shards &&
           (config->files.find == NULL) == (config->files.read == NULL) &&
           is_block_size(config->block_size);
}

static size_t or_default(size_t value, size_t otherwise)
{
    return value == 0 ? otherwise : value;
}

static void take_config(struct ln_server *server, const struct ln_server_config *config)
{
    enum {
        OPERATIONS = 100000,
        OPERATIONS_PER_DEVICE = 1000,
        LARGEST_BLOCK = 1024,
        BODY = 1024 * 1024,
        LIST_BODIES = 256,
        LIST_BODY = 64 * 1024,
        OBSERVATIONS = 1000000,
        OBSERVATIONS_PER_DEVICE = 1000,
        AWAKE_MS = 93 * 1000,
    };

    server->random = config->random;
    server->allocator = config->allocator;
    server->coap = config->coap == NULL ? ln_coap_parameters_default : *config->coap;
    server->shard = config->shard;
    server->shards = config->shards == 0 ? 1 : config->shards;
    server->max_registrations = config->max_registrations;
    server->max_per_address = config->max_per_address;
    server->max_operations = or_default(config->max_operations, OPERATIONS);
    server->max_operations_per_device =
        or_default(config->max_operations_per_device, OPERATIONS_PER_DEVICE);
    server->max_observations = or_default(config->max_observations, OBSERVATIONS);
    server->max_observations_per_device =
        or_default(config->max_observations_per_device, OBSERVATIONS_PER_DEVICE);
    server->awake = (uint32_t)or_default(config->awake, AWAKE_MS);
    server->block_exponent = ln_coap_block_fit(or_default(config->block_size, LARGEST_BLOCK));
    server->max_body = (uint32_t)or_default(config->max_body, BODY);
    server->max_list_bodies = or_default(config->max_list_bodies, LIST_BODIES);
    server->max_list_body = (uint32_t)or_default(config->max_list_body, LIST_BODY);
    server->exchange_lifetime = ln_coap_exchange_lifetime(&server->coap);
    server->admit = config->admit;
    server->admit_context = config->admit_context;
    server->files = config->files;
    ln_server__journal_init(server, config);
}

struct ln_server *ln_server_new(const struct ln_server_config *config, ln_time now)
{
    struct ln_server *server = NULL;

    if (config_is_sound(config)) {
        server = config->allocator.resize(config->allocator.context, NULL, sizeof(*server));
    }
    if (server == NULL) {
        return NULL;
    }
    memset(server, 0, sizeof(*server));
    take_config(server, config);
    server->now = now;
    server->random.fill(server->random.context, server->seed, sizeof(server->seed));
    server->random.fill(server->random.context, server->print_seed, sizeof(server->print_seed));
    server->next_message = (uint16_t)ln_random_u32(&server->random);
    ln_wheel_init(&server->lifetimes, now);
    ln_wheel_init(&server->exchanges, now);
    ln_wheel_init(&server->silences, now);
    ln_server__recent_init(&server->requests);
    ln_server__recent_init(&server->responses);
    ln_map_init(&server->by_endpoint, &ln_server__endpoint_calls, server, &server->allocator);
    ln_map_init(&server->by_location, &ln_server__location_calls, server, &server->allocator);
    ln_map_init(&server->endpoints, &ln_server__record_calls, server, &server->allocator);
    ln_map_init(&server->observations, &ln_server__observation_calls, server,
                &server->allocator);
    ln_map_init(&server->lists, &ln_server__list_calls, server, &server->allocator);
    ln_map_init(&server->locals, &ln_server__address_calls, server, &server->allocator);
    ln_map_init(&server->remotes, &ln_server__address_calls, server, &server->allocator);
    ln_map_init(&server->list_bodies.map, &ln_server__list_body_calls, server,
                &server->allocator);
    return server;
}

void ln_server_free(struct ln_server *server)
{
    struct ln_registration *registration;
    void *remote;
    size_t at = 0;

    if (server == NULL) {
        return;
    }
    ln_server__events_free(server); /* first: some are part of operations that go on */
    ln_server__operations_free(server);
    ln_server__observations_free(server);
    ln_server__list_bodies_free(server);
    while ((registration = ln_map_next(&server->by_endpoint, &at)) != NULL) {
        ln_server__registration_free(server, registration);
    }
    at = 0;
    while ((remote = ln_map_next(&server->remotes, &at)) != NULL) {
        ln_server__release(server, remote);
    }
    ln_server__release(server, server->answers.ring);
    ln_map_fini(&server->by_endpoint);
    ln_map_fini(&server->by_location);
    ln_map_fini(&server->endpoints);
    ln_map_fini(&server->observations);
    ln_map_fini(&server->lists);
    ln_map_fini(&server->locals);
    ln_map_fini(&server->remotes);
    ln_server__release(server, server);
}

const struct ln_server_counters *ln_server_counters(const struct ln_server *server)
{
    return &server->counters;
}

/* ---- Sending ---- */

size_t ln_server_send(struct ln_server *server, ln_time now, void *buffer, size_t size,
                      struct ln_server_out *out)
{
    out->depends_on = 0;
    ln_server__advance(server, now);
    /* Answers first: a device takes no request before it knows that it is registered. */
    size_t length = ln_server__answers_write(server, buffer, size, out);
    if (length == 0) {
        length = ln_server__operations_write(server, buffer, size, out);
    }
    if (length > 0) {
        server->counters.datagrams_sent++;
    }
    return length;
}

ln_time ln_server_deadline(const struct ln_server *server)
{
    if (server->answers.count > 0) {
        return server->now;
    }
    if (server->closed) {
        return LN_NEVER;
    }
    ln_time due = ln_time_min(ln_wheel_deadline(&server->lifetimes),
                              ln_wheel_deadline(&server->exchanges));
    due = ln_time_min(due, ln_wheel_deadline(&server->silences));
    return ln_time_min(due, ln_server__list_bodies_deadline(server));
}

/* ---- Receiving ---- */

/* Tells repeats from other messages: where it came from, and each of its bytes. */
static uint32_t print_of(const struct ln_server *server, const struct ln_peer *peer,
                         struct ln_bytes datagram)
{
    struct ln_reader ip = ln_reader(ln_bytes(peer->remote.ip, sizeof(peer->remote.ip)));

    if (peer->session != 0) { /* its address may change between two copies */
        return (uint32_t)(ln_hash(server->seed, datagram) ^ ln_server__mix(peer->session));
    }
    uint64_t from = ln_server__mix(ln_read_u64(&ip));

    from = ln_server__mix(from ^ ln_read_u64(&ip));
    from = ln_server__mix(from ^ ((uint64_t)peer->remote.scope << 16 | peer->remote.port));
    return (uint32_t)(ln_hash(server->seed, datagram) ^ from);
}

/* The counter that tells of requests refused for this. */
static uint64_t *counter_of(struct ln_server_counters *counters, ln_err err)
{
    switch (err) {
    case LN_ERR_BAD_OPTION:
    case LN_ERR_NO_PROXY:
        return &counters->bad_options;
    case LN_ERR_NOT_FOUND:
        return &counters->not_found;
    case LN_ERR_NOT_ALLOWED:
        return &counters->not_allowed;
    case LN_ERR_BAD_FORMAT:
    case LN_ERR_NOT_ACCEPTABLE:
        return &counters->bad_formats;
    case LN_ERR_VERSION:
        return &counters->bad_versions;
    case LN_ERR_INCOMPLETE:
        return &counters->incomplete;
    case LN_ERR_TOO_LARGE:
        return &counters->too_large;
    case LN_ERR_BUSY:
    case LN_ERR_NO_MEMORY:
        return &counters->refused_full;
    case LN_ERR_READ_ONLY:
        return &counters->refused_read_only;
    default:
        return &counters->bad_requests;
    }
}

static void refuse(struct ln_server *server, const struct request *request, ln_err err)
{
    struct recent_message message = {
        .at = request->now,
        .print = request->print,
        .id = request->message->id,
        .block1 = request->block1,
        .code = ln_coap_code_of(err),
    };

    (*counter_of(&server->counters, err))++;
    ln_server__recent_note(&server->requests, &message);
    ln_server__answer_request(server, request, message.code, NULL, &server->next_message);
}

static bool repeated(struct ln_server *server, struct request *request)
{
    const struct recent_message *before =
        ln_server__recent_find(&server->requests, request->print, request->message->id,
                               request->now - server->exchange_lifetime);

    if (before == NULL) {
        return false;
    }
    server->counters.repeats++;
    request->block1 = before->block1;
    if (ln_server__may_repeat(server, before->change)) {
        ln_server__answer_request(server, request, before->code, &before->location,
                                  &server->next_message);
    }
    return true;
}

/* What can be asked of a server, by path and method. */
static const struct route {
    uint8_t depth; /* 1: /rd, 2: /rd/{location} */
    uint8_t method;
    ln_err (*handle)(struct ln_server *server, const struct request *request);
} routes[] = {
    /* clang-format off */
    { 1, LN_COAP_POST,   ln_server__register   },
    { 2, LN_COAP_POST,   ln_server__update     },
    { 2, LN_COAP_DELETE, ln_server__deregister },
    /* clang-format on */
};

static ln_err handle(struct ln_server *server, struct request *request)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(request->message);
    uint8_t depth = request->options.path_count;

    if (!ln_coap_option_find(&option, LN_COAP_URI_PATH)) {
        return LN_ERR_NOT_FOUND;
    }
    if (!ln_bytes_are(option.value, "rd")) {
        return ln_server__file(server, request);
    }
    if (depth > 2) {
        return LN_ERR_NOT_FOUND;
    }
    if (depth == 2 && ln_coap_option_find(&option, LN_COAP_URI_PATH)) {
        request->location = option.value;
    }
    for (size_t i = 0; i < LN_COUNT(routes); i++) {
        if (routes[i].depth == depth && routes[i].method == request->message->code) {
            return routes[i].handle(server, request);
        }
    }
    return LN_ERR_NOT_ALLOWED;
}

static void take_request(struct ln_server *server, const struct ln_peer *peer,
                         const struct ln_coap_message *m, uint32_t print)
{
    struct request request = {.peer = peer, .message = m, .print = print, .now = server->now};

    if (repeated(server, &request)) {
        return;
    }
    ln_err err = ln_coap_options(m, &request.options);
    if (err == LN_ERR_BAD_OPTION && m->type == LN_COAP_NON) {
        server->counters.bad_options++; /* RFC 7252 §5.4.1: dropped */
        return;
    }
    if (err == LN_OK) {
        request.block1 = request.options.block1;
        err = handle(server, &request);
    }
    if (err != LN_OK) {
        refuse(server, &request, err);
    }
}

void ln_server_recv(struct ln_server *server, ln_time now, const struct ln_peer *peer,
                    struct ln_bytes datagram)
{
    struct ln_coap_message m;

    if (server->closed) {
        return;
    }
    ln_server__advance(server, now);
    server->counters.datagrams_received++;
    switch (ln_coap_arrival(datagram, &m)) {
    case LN_COAP_IS_NOTHING:
        server->counters.malformed++;
        break;
    case LN_COAP_IS_REFUSED:
        server->counters.malformed++;
        ln_server__answer_empty(server, peer, LN_COAP_RST, m.id);
        break;
    case LN_COAP_IS_PING:
        server->counters.pings++;
        ln_server__answer_empty(server, peer, LN_COAP_RST, m.id);
        break;
    case LN_COAP_IS_EMPTY:
        ln_server__acknowledged(server, peer, &m);
        break;
    case LN_COAP_IS_REQUEST:
        take_request(server, peer, &m, print_of(server, peer, datagram));
        break;
    case LN_COAP_IS_RESPONSE:
        ln_server__response(server, peer, &m, print_of(server, peer, datagram));
        break;
    }
}
