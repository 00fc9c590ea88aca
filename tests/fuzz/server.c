/*
 * The server engine under any sequence of datagrams, times and calls of the app.
 *
 * An input is steps. A step is a byte that says what (upper half: from which of 16 peers; lower
 * half: what happens), a byte with the number of bytes that follow, and those. Steps can answer
 * the last request that the engine sent and use the last location that it gave, which no input
 * could guess.
 */

#include "fuzz.h"

#include <linnet/server.h>

#include <string.h>

enum step {
    DATAGRAM,      /* as it is */
    ANSWER,        /* to the last request: type, code, then options and payload as they are */
    EMPTY,         /* for the last request: type in the first byte */
    WITH_LOCATION, /* type, method, id; /rd/{last location}; then options from 12 on */
    OPERATE, /* device, 0, kind (128: it may wait; 64: it may be repeated), then ids of the path, two bytes each */
    CANCEL,  /* the last operation */
    TIME,    /* as many milliseconds */
    FORGET,  /* the device of that name */
    SEND_NOTHING, /* what waits stays until the next step */
    STREAM,       /* how it moves, then as OPERATE: without a payload */
    SUPPLY,       /* what was last asked for: 0 the bytes and more follow, 1 the last */
    CONTINUE,
    LARGE_WRITE,  /* to the device of that name: 3000 bytes */
    BLOCK_ANSWER, /* code, Block1, Block2 of the request's numbers, then as many bytes */
    OBSERVE,      /* how (1: no longer, 2: with attributes), device, 0, then ids of the path */
    NOTIFY,       /* with the last token of an Observe: as ANSWER */
    STEPS,
};

struct run {
    struct ln_server *server;
    ln_time now;
    uint64_t random;
    size_t memory;
    struct ln_peer peer;
    struct ln_coap_message asked; /* only its token and id are used */
    struct ln_coap_token observed;
    char location[16];
    uint64_t operation;
    struct ln_coap_block asked_block1;
    struct ln_coap_block asked_block2;
    uint32_t wanted;
    size_t operations;
    size_t results;
    size_t registered;
    size_t ended;
};

static void fill(void *context, void *out, size_t size)
{
    struct run *run = context;
    uint8_t *at = out;

    for (size_t i = 0; i < size; i++) {
        run->random = run->random * 6364136223846793005U + 1442695040888963407U;
        at[i] = (uint8_t)(run->random >> 56);
    }
}

static void *resize(void *context, void *memory, size_t size)
{
    struct run *run = context;

    if (size == 0) {
        run->memory -= memory != NULL;
        free(memory);
        return NULL;
    }
    FUZZ_CHECK(memory == NULL);
    run->memory++;
    return malloc(size);
}

/* ---- What comes out ---- */

static void note_location(struct run *run, const struct ln_coap_message *m)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(m);

    FUZZ_CHECK(ln_coap_option_find(&option, LN_COAP_LOCATION_PATH));
    FUZZ_CHECK(ln_coap_option_find(&option, LN_COAP_LOCATION_PATH));
    FUZZ_CHECK(ln_bytes_to_text(option.value, run->location, sizeof(run->location)));
}

static void check_sent(struct run *run, struct ln_bytes datagram)
{
    struct ln_coap_message m;
    struct ln_coap_options options;

    FUZZ_CHECK(ln_coap_parse(datagram, &m) == LN_OK);
    FUZZ_CHECK(ln_coap_options(&m, &options) == LN_OK);
    if (ln_coap_is_request(m.code)) {
        run->asked = m;
        if (options.has_observe) {
            run->observed = m.token;
        }
        run->asked_block1 = options.block1;
        run->asked_block2 = options.block2;
        FUZZ_CHECK(m.payload.len <= 1024);
    } else if (m.code == LN_COAP_2_01) {
        note_location(run, &m);
    }
}

static void check_event(struct run *run, const struct ln_server_event *event)
{
    struct ln_registration_view view;

    FUZZ_CHECK(event->endpoint.len > 0);
    run->results += event->kind == LN_SERVER_RESULT;
    FUZZ_CHECK(event->kind != LN_SERVER_NOTIFIED || event->observation.path.depth > 0);
    run->registered += event->kind == LN_SERVER_REGISTERED;
    run->wanted = event->kind == LN_SERVER_WANTS ? event->size : run->wanted;
    run->ended += event->kind == LN_SERVER_DEREGISTERED || event->kind == LN_SERVER_EXPIRED ||
                  event->kind == LN_SERVER_REPLACED;
    if (event->registration != NULL) {
        ln_registration_get(event->registration, &view);
        FUZZ_CHECK(ln_bytes_equal(view.endpoint, event->endpoint) && view.object_count > 0);
    }
}

static void drain(struct run *run)
{
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    struct ln_server_out out;
    struct ln_server_event event;
    size_t length;

    while ((length = ln_server_send(run->server, run->now, buffer, sizeof(buffer), &out)) > 0) {
        check_sent(run, ln_bytes(buffer, length));
    }
    FUZZ_CHECK(ln_server_deadline(run->server) > run->now);
    while (ln_server_event(run->server, &event)) {
        check_event(run, &event);
    }
    FUZZ_CHECK(run->registered == run->ended + ln_server_registration_count(run->server));
}

/* ---- What goes in ---- */

static void receive(struct run *run, struct ln_bytes bytes)
{
    uint8_t *exact = malloc(bytes.len == 0 ? 1 : bytes.len);

    FUZZ_CHECK(exact != NULL);
    if (bytes.len > 0) {
        memcpy(exact, bytes.at, bytes.len);
    }
    int owner = ln_server_owner(ln_bytes(exact, bytes.len), 3);
    FUZZ_CHECK(owner >= -1 && owner < 3);
    ln_server_recv(run->server, run->now, &run->peer, ln_bytes(exact, bytes.len));
    free(exact);
}

static void answer(struct run *run, struct ln_reader *in)
{
    uint8_t buffer[512];
    enum ln_coap_type type = (enum ln_coap_type)(ln_read_u8(in) & 3);
    uint8_t code = ln_read_u8(in);
    uint16_t id = type == LN_COAP_ACK ? run->asked.id : 0x4321;
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), type, code, id, &run->asked.token);

    ln_write_bytes(&b.out, ln_read_rest(in));
    receive(run, ln_writer_bytes(&b.out));
}

static void empty(struct run *run, struct ln_reader *in)
{
    uint8_t buffer[LN_COAP_EMPTY_SIZE];
    enum ln_coap_type type = (enum ln_coap_type)(ln_read_u8(in) & 3);

    receive(run, ln_bytes(buffer, ln_coap_empty(buffer, sizeof(buffer), type, run->asked.id)));
}

static void with_location(struct run *run, struct ln_reader *in)
{
    uint8_t buffer[512];
    enum ln_coap_type type = (enum ln_coap_type)(ln_read_u8(in) & 3);
    uint8_t method = ln_read_u8(in);
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), type, method, ln_read_u16(in), NULL);

    ln_coap_add_text(&b, LN_COAP_URI_PATH, "rd");
    ln_coap_add_text(&b, LN_COAP_URI_PATH, run->location);
    ln_write_bytes(&b.out, ln_read_rest(in));
    receive(run, ln_writer_bytes(&b.out));
}

static struct ln_operation read_operation(struct ln_reader *in)
{
    struct ln_operation operation = {
        .kind = (enum ln_operation_kind)(ln_read_u8(in) % (LN_OPERATION_DELETE + 1)),
        .accept = LN_FORMAT_NONE,
        .format = LN_FORMAT_NONE,
        .path.depth = ln_read_u8(in) % 5,
    };

    for (uint8_t i = 0; i < operation.path.depth; i++) {
        operation.path.id[i] = ln_read_u16(in) % LN_ID_MAX;
    }
    operation.payload = ln_read_rest(in);
    if (operation.payload.len > 0) {
        operation.format = LN_FORMAT_TLV;
    }
    return operation;
}

static void operate(struct run *run, struct ln_reader *in)
{
    struct ln_bytes endpoint = ln_read_until(in, 0);
    int how = ln_peek_u8(in);
    struct ln_operation operation = read_operation(in);
    struct ln_server_terms terms = {
        .expires_at = run->now + 10000000,
        .queue = true,
        .retry = (how & 64) != 0,
    };
    bool may_wait = how >= 128;

    if (ln_server_operate(run->server, run->now, endpoint, &operation, may_wait ? &terms : NULL,
                          7, &run->operation) == LN_OK) {
        run->operations++;
    }
}

static void stream(struct run *run, struct ln_reader *in)
{
    uint8_t how = ln_read_u8(in);
    struct ln_server_stream stream = {
        .supplies = (how & 1) != 0,
        .takes = (how & 2) != 0,
        .rewinds = (how & 4) != 0,
        .size = (how & 8) != 0 ? 1500 : LN_COAP_BODY_UNKNOWN,
    };
    struct ln_bytes endpoint = ln_read_until(in, 0);
    struct ln_operation operation = read_operation(in);

    if (ln_server_stream(run->server, run->now, endpoint, &operation, &stream, 8,
                         &run->operation) == LN_OK) {
        run->operations++;
    }
}

static void observe(struct run *run, struct ln_reader *in)
{
    uint8_t how = ln_read_u8(in);
    struct ln_bytes endpoint = ln_read_until(in, 0);
    struct ln_path path = ln_path_root();
    struct ln_bytes attributes = ln_bytes_of_text((how & 2) != 0 ? "pmin=1&pmax=60" : "");
    ln_err err;

    while (ln_reader_left(in) >= 2 && path.depth < 4) {
        ln_path_append(&path, ln_read_u16(in));
    }
    if ((how & 1) != 0) {
        err = ln_server_unobserve(run->server, run->now, endpoint, path);
        FUZZ_CHECK(err == LN_OK || err == LN_ERR_NOT_FOUND);
        return;
    }
    err = ln_server_observe(run->server, run->now, endpoint, path, LN_FORMAT_NONE, attributes,
                            false);
    FUZZ_CHECK(err == LN_OK || err == LN_ERR_BAD_REQUEST || err == LN_ERR_BUSY);
}

static void notify(struct run *run, struct ln_reader *in)
{
    struct ln_coap_token asked = run->asked.token;

    run->asked.token = run->observed;
    answer(run, in);
    run->asked.token = asked;
}

static const uint8_t large[3000];

static void supply(struct run *run, struct ln_reader *in)
{
    uint8_t last = ln_read_u8(in);
    size_t size = last == 1 ? ln_read_u8(in) : run->wanted;

    ln_err err = ln_server_supply(run->server, run->now, run->operation, ln_bytes(large, size),
                                  last == 1);
    FUZZ_CHECK(err == LN_OK || err == LN_ERR_NOT_FOUND || err == LN_ERR_BAD_REQUEST);
}

static void large_write(struct run *run, struct ln_bytes endpoint)
{
    struct ln_operation write = {
        .kind = LN_OPERATION_WRITE,
        .path = ln_path_resource(5, 0, 0),
        .format = LN_FORMAT_OPAQUE,
        .payload = {large, sizeof(large)},
    };

    if (ln_server_operate(run->server, run->now, endpoint, &write, NULL, 9, &run->operation) ==
        LN_OK) {
        run->operations++;
    }
}

/* The lower half of a byte is the size, the next bit `more`; the highest: as it was asked. */
static void add_block(struct ln_coap_builder *b, uint16_t number, struct ln_coap_block asked,
                      uint8_t how)
{
    struct ln_coap_block block = {
        .number = how >> 5 & 3, .size_exponent = how & 7, .more = (how & 16) != 0};

    if (how == 0xFF) {
        return;
    }
    block.size_exponent = block.size_exponent == 7 ? 6 : block.size_exponent;
    if ((how & 128) != 0) {
        block.number = asked.number;
    }
    ln_coap_add_block(b, number, block);
}

static void block_answer(struct run *run, struct ln_reader *in)
{
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    uint8_t code = ln_read_u8(in);
    uint8_t block1 = ln_read_u8(in);
    uint8_t block2 = ln_read_u8(in);
    uint8_t etag = ln_read_u8(in);
    size_t size = 4 * (size_t)ln_read_u8(in);
    struct ln_coap_builder b = ln_coap_start(buffer, sizeof(buffer), LN_COAP_ACK, code,
                                             run->asked.id, &run->asked.token);

    if (etag != 0) {
        ln_coap_add(&b, LN_COAP_ETAG, ln_bytes(&etag, 1));
    }
    add_block(&b, LN_COAP_BLOCK2, run->asked_block2, block2);
    add_block(&b, LN_COAP_BLOCK1, run->asked_block1, block1);
    if (ln_reader_left(in) > 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE2, ln_read_u16(in));
        ln_coap_add_uint(&b, LN_COAP_SIZE1, ln_read_u16(in));
    }
    ln_coap_add_payload(&b, ln_bytes(large, size));
    receive(run, ln_writer_bytes(&b.out));
}

static void take_step(struct run *run, enum step step, struct ln_bytes bytes)
{
    struct ln_reader in = ln_reader(bytes);
    struct ln_registration *registration;
    bool failed = false;

    switch (step) {
    case DATAGRAM:
        receive(run, bytes);
        break;
    case ANSWER:
        answer(run, &in);
        break;
    case EMPTY:
        empty(run, &in);
        break;
    case WITH_LOCATION:
        with_location(run, &in);
        break;
    case OPERATE:
        operate(run, &in);
        break;
    case STREAM:
        stream(run, &in);
        break;
    case SUPPLY:
        supply(run, &in);
        break;
    case CONTINUE:
        (void)ln_server_continue(run->server, run->now, run->operation);
        break;
    case LARGE_WRITE:
        large_write(run, bytes);
        break;
    case BLOCK_ANSWER:
        block_answer(run, &in);
        break;
    case OBSERVE:
        observe(run, &in);
        break;
    case NOTIFY:
        notify(run, &in);
        break;
    case CANCEL:
        (void)ln_server_cancel(run->server, run->now, run->operation);
        break;
    case TIME:
        run->now += (ln_time)(ln_uint_of(bytes, &failed) % 100000000);
        break;
    case FORGET:
        registration = ln_server_find(run->server, bytes);
        if (registration != NULL) {
            ln_server_forget(run->server, run->now, registration);
        }
        break;
    default:
        break;
    }
}

static void run_steps(struct run *run, struct ln_reader in)
{
    while (ln_reader_left(&in) > 1) {
        uint8_t what = ln_read_u8(&in);
        uint8_t length = ln_read_u8(&in);
        size_t left = ln_reader_left(&in);
        enum step step = (enum step)((what & 15) % STEPS);
        run->peer.remote = ln_address_ipv4(10, 0, 0, what >> 4 & 3, 5683);
        run->peer.session = (what >> 6) == 3 ? 9 : 0;
        take_step(run, step, ln_read_bytes(&in, length < left ? length : left));
        if (step != SEND_NOTHING) {
            drain(run);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run = {.now = 5, .random = 1};
    struct ln_server_config config = {
        .size = sizeof(config),
        .random = {fill, &run},
        .allocator = {resize, &run},
        .shards = 3,
        .shard = 1,
        .max_registrations = 6,
        .max_per_address = 3,
        .max_operations = 9,
        .max_operations_per_device = 4,
        .max_observations = 5,
        .max_observations_per_device = 3,
        .max_body = 4000,
        .max_list_bodies = 2,
        .max_list_body = 100,
    };

    run.server = ln_server_new(&config, run.now);
    FUZZ_CHECK(run.server != NULL);
    run_steps(&run, ln_reader(ln_bytes(data, size)));
    ln_server_close(run.server, run.now);
    drain(&run);
    FUZZ_CHECK(run.results == run.operations);
    FUZZ_CHECK(ln_server_deadline(run.server) == LN_NEVER);
    ln_server_free(run.server);
    FUZZ_CHECK(run.memory == 0);
    return 0;
}
