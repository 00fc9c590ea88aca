/*
 * The bootstrap server's engine under any sequence of datagrams, times and calls of the app.
 *
 * An input is steps, as in server.c: a byte that says what (upper half: from which of 16 peers, lower
 * half: what happens), a byte with the number of bytes that follow, and those. What the app
 * does with a device is told by the first letter of its endpoint.
 */

#include "fuzz.h"

#include <linnet/bootstrap.h>

#include <string.h>

enum step {
    DATAGRAM,     /* as it is */
    ANSWER,       /* to the last request: type, code, then options and payload as they are */
    EMPTY,        /* for the last request: type in the first byte */
    TIME,         /* as many milliseconds */
    LOST,         /* the peer's session */
    MOVED,        /* likewise, to another address */
    BLOCK_ANSWER, /* code, Block1, Block2 of the request's numbers, then as many bytes */
    NO_MEMORY,    /* as many allocations succeed */
    STEPS,
};

struct run {
    struct ln_bootstrap *bootstrap;
    ln_time now;
    uint64_t random;
    size_t memory;
    size_t memory_left;
    struct ln_peer peer;
    struct ln_coap_message asked; /* only its token and id are used */
    struct ln_coap_block asked_block1, asked_block2;
    size_t requested, refused, ended;
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
    if (run->memory_left == 0) {
        return NULL;
    }
    run->memory_left--;
    run->memory++;
    return malloc(size);
}

/* ---- The app ---- */

static void begin(struct run *run, uint64_t session, bool discovers)
{
    static const uint8_t key[1500];
    static const struct ln_record record = {
        .path = {{0, 1, 3, 0}, 3},
        .value = {.type = LN_OPAQUE, .as = {.bytes = {key, sizeof(key)}}}};
    static const struct ln_bootstrap_step discover = {.kind = LN_BOOTSTRAP_DISCOVER};
    static const struct ln_bootstrap_step steps[] = {
        {LN_BOOTSTRAP_DELETE, {{0, 0, 0, 0}, 1}, NULL, 0, true},
        {LN_BOOTSTRAP_WRITE, {{0, 0, 0, 0}, 1}, &record, 1, false},
        {LN_BOOTSTRAP_READ, {{1, 0, 0, 0}, 1}, NULL, 0, true},
        {LN_BOOTSTRAP_FINISH, {{0, 0, 0, 0}, 0}, NULL, 0, false},
    };
    struct ln_bootstrap_script script = {LN_FORMAT_NONE, discovers ? &discover : steps,
                                         discovers ? 1 : LN_COUNT(steps)};

    ln_err err = ln_bootstrap_begin(run->bootstrap, run->now, session, &script);
    FUZZ_CHECK(err == LN_OK || err == LN_ERR_NO_MEMORY || err == LN_ERR_NOT_FOUND);
}

static void act(struct run *run, const struct ln_bootstrap_event *event)
{
    uint16_t account;
    uint8_t letter = event->endpoint.at[0];

    FUZZ_CHECK(event->session != 0);
    if (event->kind == LN_BOOTSTRAP_REQUESTED) {
        run->requested++;
        if (letter == 'r') {
            run->refused += ln_bootstrap_refuse(run->bootstrap, run->now, event->session,
                                                LN_COAP_4_03) == LN_OK;
        } else if (letter != 'x') {
            begin(run, event->session, letter == 'd');
        }
    } else if (event->kind == LN_BOOTSTRAP_STEPPED && event->step == LN_BOOTSTRAP_DISCOVER) {
        ln_err err = ln_bootstrap_account(event->payload, &account);
        FUZZ_CHECK(err == LN_OK || err == LN_ERR_BAD_PAYLOAD);
    } else if (event->kind == LN_BOOTSTRAP_WANTS && letter == 's') {
        FUZZ_CHECK(ln_bootstrap_stop(run->bootstrap, run->now, event->session) == LN_OK);
    } else if (event->kind == LN_BOOTSTRAP_WANTS) {
        begin(run, event->session, false);
    } else if (event->kind == LN_BOOTSTRAP_ENDED) {
        FUZZ_CHECK(event->end != LN_BOOTSTRAP_NOT_ENDED);
        run->ended++;
    }
}

/* ---- What comes out ---- */

static void check_sent(struct run *run, struct ln_bytes datagram)
{
    struct ln_coap_message m;
    struct ln_coap_options options;

    FUZZ_CHECK(ln_coap_parse(datagram, &m) == LN_OK);
    FUZZ_CHECK(ln_coap_options(&m, &options) == LN_OK);
    if (ln_coap_is_request(m.code)) {
        run->asked = m;
        run->asked_block1 = options.block1;
        run->asked_block2 = options.block2;
        FUZZ_CHECK(m.payload.len <= 1024);
    }
}

static void drain(struct run *run)
{
    uint8_t buffer[LN_BOOTSTRAP_DATAGRAM_MAX];
    struct ln_bootstrap_event event;
    struct ln_peer to;
    size_t length;
    bool more = true;

    while (more) {
        while ((length = ln_bootstrap_send(run->bootstrap, run->now, buffer, sizeof(buffer),
                                           &to)) > 0) {
            check_sent(run, ln_bytes(buffer, length));
        }
        more = ln_bootstrap_event(run->bootstrap, &event);
        if (more) {
            act(run, &event);
        }
    }
    FUZZ_CHECK(ln_bootstrap_deadline(run->bootstrap) > run->now);
    FUZZ_CHECK(run->requested ==
               run->refused + run->ended + ln_bootstrap_session_count(run->bootstrap));
}

/* ---- What goes in ---- */

static void receive(struct run *run, struct ln_bytes bytes)
{
    uint8_t *exact = malloc(bytes.len == 0 ? 1 : bytes.len);

    FUZZ_CHECK(exact != NULL);
    if (bytes.len > 0) {
        memcpy(exact, bytes.at, bytes.len);
    }
    ln_bootstrap_recv(run->bootstrap, run->now, &run->peer, ln_bytes(exact, bytes.len));
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

static void block_answer(struct run *run, struct ln_reader *in)
{
    static const uint8_t body[1024];
    uint8_t buffer[1400];
    struct ln_coap_builder b = ln_coap_start(buffer, sizeof(buffer), LN_COAP_ACK,
                                             ln_read_u8(in), run->asked.id, &run->asked.token);
    uint8_t one = ln_read_u8(in);
    uint8_t two = ln_read_u8(in);
    struct ln_coap_block block = {.number = run->asked_block2.number,
                                  .size_exponent = (uint8_t)(two % 7),
                                  .more = (two & 8) != 0,
                                  .present = true};
    size_t length = (size_t)16 << block.size_exponent;

    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_LINK);
    if (two != 0) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, block);
    }
    if (one != 0 && run->asked_block1.present) {
        struct ln_coap_block taken = run->asked_block1;
        taken.size_exponent = (uint8_t)(one % 7);
        ln_coap_add_block(&b, LN_COAP_BLOCK1, taken);
    }
    ln_coap_add_payload(&b, ln_bytes(body, two == 0 ? 0 : length));
    receive(run, ln_writer_bytes(&b.out));
}

static void empty(struct run *run, struct ln_reader *in)
{
    uint8_t buffer[LN_COAP_EMPTY_SIZE];
    enum ln_coap_type type = (enum ln_coap_type)(ln_read_u8(in) & 3);

    receive(run, ln_bytes(buffer, ln_coap_empty(buffer, sizeof(buffer), type, run->asked.id)));
}

static void take_step(struct run *run, enum step step, struct ln_reader *in)
{
    switch (step) {
    case DATAGRAM:
        receive(run, ln_read_rest(in));
        break;
    case ANSWER:
        answer(run, in);
        break;
    case EMPTY:
        empty(run, in);
        break;
    case TIME:
        run->now += (ln_time)ln_read_big_endian(in, ln_reader_left(in) % 4);
        break;
    case LOST:
        ln_bootstrap_peer_lost(run->bootstrap, run->now, &run->peer);
        break;
    case MOVED:
        run->peer.remote.port++;
        ln_bootstrap_peer_moved(run->bootstrap, run->now, &run->peer);
        break;
    case BLOCK_ANSWER:
        block_answer(run, in);
        break;
    default:
        run->memory_left = ln_read_u8(in);
        break;
    }
}

/* The upper eight peers have sessions, and the upper four of them a proof. */
static void choose_peer(struct run *run, uint8_t number)
{
    static const struct ln_proof proofs[] = {
        {.identity = {(const uint8_t *)"id", 2},
         .endpoint = {(const uint8_t *)"a", 1},
         .mode = 1},
        {.identity = {(const uint8_t *)"d-id", 4}, .mode = 2},
    };

    run->peer = (struct ln_peer){
        .remote = ln_address_ipv4(10, 0, 0, number, 5683),
        .session = number >= 8 ? number : 0,
        .proof = number >= 12 ? &proofs[number & 1] : NULL,
    };
}

static void run_steps(struct run *run, struct ln_reader in)
{
    while (ln_reader_left(&in) > 0) {
        uint8_t what = ln_read_u8(&in);
        size_t length = ln_read_u8(&in);
        size_t left = ln_reader_left(&in);
        struct ln_reader step = ln_reader(ln_read_bytes(&in, length < left ? length : left));

        choose_peer(run, what >> 4);
        take_step(run, (enum step)(what % 16 % STEPS), &step);
        drain(run);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ln_format *const formats[] = {&ln_format_tlv, &ln_format_senml_cbor,
                                                      NULL};
    struct run run = {.now = 5, .random = 1, .memory_left = SIZE_MAX};
    struct ln_bootstrap_config config = {
        .size = sizeof(config),
        .random = {fill, &run},
        .allocator = {resize, &run},
        .formats = formats,
        .max_sessions = 4,
        .max_body = 200,
        .block_size = 512,
    };

    run.bootstrap = ln_bootstrap_new(&config, run.now);
    FUZZ_CHECK(run.bootstrap != NULL);
    run_steps(&run, ln_reader(ln_bytes(data, size)));
    ln_bootstrap_free(run.bootstrap);
    FUZZ_CHECK(run.memory == 0);
    return 0;
}
