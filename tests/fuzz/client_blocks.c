/*
 * The client's bodies in blocks: any blocks, answers, pauses and moods of a stream, in any order.
 *
 * An input is steps of four bytes: what happens, and three numbers that say how.
 */

#include "fuzz.h"

#include <linnet/client.h>

enum { DATAGRAM = 256, BODY = 512, SERVERS = 2, TURNS_MAX = 64 };

enum step {
    BLOCK,  /* of a body: server and path; number; size, more, length */
    REPEAT, /* the block before comes again under a new message id */
    ANSWER, /* to our request: code, exponent, number */
    TIME,   /* goes by: seconds */
    MOOD,   /* the stream is busy, or not */
    RESUME,
    GROW, /* the object list: so many instances */
    LINK, /* goes down */
    STEPS,
};

/* ---- The device: a stream, a value, and instances that make a long list ---- */

struct thing {
    bool open;
    bool busy;
    size_t got;
    struct ln_buffer value;
};
static struct thing thing;
static uint8_t value[BODY];
static uint16_t many;

static ln_err begin(void *instance, size_t size_hint)
{
    struct thing *t = instance;

    (void)size_hint;
    FUZZ_CHECK(!t->open);
    t->open = true;
    t->got = 0;
    return LN_OK;
}

static ln_err chunk(void *instance, size_t offset, struct ln_bytes bytes)
{
    struct thing *t = instance;

    FUZZ_CHECK(t->open && offset == t->got);
    if (t->busy) {
        return LN_ERR_BUSY;
    }
    t->got += bytes.len;
    return t->got < 4000 ? LN_OK : LN_ERR_TOO_LARGE;
}

static ln_err end(void *instance, bool complete)
{
    struct thing *t = instance;

    FUZZ_CHECK(t->open);
    t->open = false;
    return complete && t->got % 5 == 4 ? LN_ERR_BAD_VALUE : LN_OK;
}

static const struct ln_resource resources[] = {
    {0, LN_OPAQUE, LN_WRITE, LN_STREAM(begin, chunk, end)},
    {1, LN_OPAQUE, LN_READ | LN_WRITE, LN_FIELD(struct thing, value)},
};
static const struct ln_object thing_object = {
    .id = 10, .resource_count = LN_COUNT(resources), .resources = resources};

static void *next_of_many(void *store, uint16_t *id)
{
    return *id < many ? store : NULL;
}

static const struct ln_object_calls calls_of_many = {.next = next_of_many};
static const struct ln_object object_of_many = {.id = 11, .calls = &calls_of_many};

static struct ln_security security[SERVERS];
static struct ln_server_account account[SERVERS];
static struct ln_device device;
static uint16_t ids[SERVERS] = {0, 1};
static struct ln_instances securities = {security, ids, sizeof(security[0]), SERVERS, SERVERS};
static struct ln_instances accounts = {account, ids, sizeof(account[0]), SERVERS, SERVERS};

static const struct ln_object_entry objects[] = {
    {&ln_security_object, &securities}, {&ln_server_object, &accounts},
    {&ln_device_object, &device},       {&thing_object, &thing},
    {&object_of_many, &thing},
};

static const struct ln_format *const formats[] = {&ln_format_opaque, &ln_format_tlv, NULL};

/* Always the same, so that an input always does the same. */
static void zeros(void *context, void *out, size_t size)
{
    struct ln_writer w = ln_writer(out, size);

    (void)context;
    while (w.written < size) {
        ln_write_u8(&w, 0);
    }
}

static struct ln_client client;
static struct ln_client_server servers[SERVERS];
static struct ln_client_transfer transfers[SERVERS];
static uint8_t memory[LN_CLIENT_MEMORY(SERVERS, DATAGRAM, 0)];
static uint8_t bodies[SERVERS * BODY];
static const struct ln_client_blocks blocks = {&ln_client_blocks_calls, transfers, bodies,
                                               BODY};
static const struct ln_client_config config = {
    .endpoint = "fuzz",
    .objects = objects,
    .object_count = LN_COUNT(objects),
    .operations = ln_client_all_operations,
    .formats = formats,
    .version = LN_VERSION_1_1,
    .random = {zeros, NULL},
    .servers = servers,
    .server_count = SERVERS,
    .memory = memory,
    .memory_size = sizeof(memory),
    .datagram_size = DATAGRAM,
    .blocks = &blocks,
};

/* ---- A run ---- */

struct run {
    ln_time now;
    uint16_t next_id;
    struct ln_coap_message asked[SERVERS]; /* only ids and tokens are used */
    uint8_t last[3];                       /* the block before */
};

static void note(struct run *run, ln_link link, struct ln_bytes datagram)
{
    struct ln_coap_message m;

    FUZZ_CHECK(link < SERVERS);
    FUZZ_CHECK(ln_coap_parse(datagram, &m) == LN_OK);
    if (ln_coap_is_request(m.code)) {
        run->asked[link] = m;
    }
}

/* Reads all events and sends all datagrams; after the last nothing is due. */
static void settle(struct run *run)
{
    struct ln_client_event event;
    uint8_t out[DATAGRAM];
    ln_link link;

    for (int turn = 0; turn < TURNS_MAX; turn++) {
        size_t len = ln_client_send(&client, run->now, out, sizeof(out), &link);
        bool told = ln_client_event(&client, &event);
        if (len > 0) {
            note(run, link, ln_bytes(out, len));
        }
        if (told && event.kind == LN_CLIENT_OPEN) {
            ln_client_link_up(&client, run->now, event.link);
        }
        if (len == 0 && !told) {
            FUZZ_CHECK(ln_client_deadline(&client) > run->now);
            return;
        }
    }
    FUZZ_CHECK(false); /* it never comes to rest */
}

/* Uri-Path with the text of small numbers. */
static void add_path(struct ln_coap_builder *b, uint8_t which)
{
    static const char *const paths[][3] = {
        {"10", "0", "0"}, {"10", "0", "1"}, {"1", "0", "2"}, {"10", "0", "9"}};

    for (size_t i = 0; i < 3; i++) {
        ln_coap_add_text(b, LN_COAP_URI_PATH, paths[which % LN_COUNT(paths)][i]);
    }
}

static void send_block(struct run *run, const uint8_t *how)
{
    static const uint8_t bytes[1024] = {1, 2, 3};
    static const uint8_t odd[] = {0, 1, 15, 16, 17};
    uint8_t datagram[1200];
    struct ln_coap_block block = {.number = how[1] & 31,
                                  .size_exponent = (how[2] & 7) % 7,
                                  .more = (how[2] & 8) != 0,
                                  .present = (how[1] & 64) == 0};
    size_t len =
        (how[2] & 16) != 0 ? odd[how[2] / 32 % LN_COUNT(odd)] : ln_coap_block_size(block);
    struct ln_coap_builder b =
        ln_coap_start(datagram, sizeof(datagram), (how[0] & 8) != 0 ? LN_COAP_NON : LN_COAP_CON,
                      (how[0] & 16) != 0 ? LN_COAP_POST : LN_COAP_PUT, run->next_id++, NULL);

    add_path(&b, how[0] / 2);
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT,
                     (how[0] & 32) != 0 ? LN_FORMAT_TLV : LN_FORMAT_OPAQUE);
    if (block.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK1, block);
    }
    if ((how[0] & 64) != 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE1, how[1] * 100U);
    }
    ln_coap_add_payload(&b, ln_bytes(bytes, len));
    size_t size = ln_coap_finish(&b);
    ln_client_recv(&client, run->now, how[0] & 1, ln_bytes(datagram, size));
    run->last[0] = how[0];
    run->last[1] = how[1];
    run->last[2] = how[2];
}

static void answer(struct run *run, const uint8_t *how)
{
    static const uint8_t codes[] = {LN_COAP_2_31, LN_COAP_2_01, LN_COAP_2_04, LN_COAP_4_08,
                                    LN_COAP_4_13, LN_COAP_4_00, LN_COAP_4_12};
    uint8_t datagram[64];
    ln_link link = how[0] & 1;
    struct ln_coap_builder b = ln_coap_answer(datagram, sizeof(datagram), &run->asked[link],
                                              codes[(how[0] & 127) / 2 % LN_COUNT(codes)], 0);

    ln_coap_add_text(&b, LN_COAP_LOCATION_PATH, "1");
    if ((how[0] & 128) == 0) {
        ln_coap_add_block(&b, LN_COAP_BLOCK1,
                          (struct ln_coap_block){
                              .number = how[1], .size_exponent = how[2] % 7, .present = true});
    }
    ln_client_recv(&client, run->now, link, ln_bytes(datagram, ln_coap_finish(&b)));
}

static void take(struct run *run, uint8_t what, const uint8_t *how)
{
    switch (what % STEPS) {
    case BLOCK:
        send_block(run, how);
        break;
    case REPEAT:
        send_block(run, (const uint8_t[]){run->last[0], run->last[1], run->last[2]});
        break;
    case ANSWER:
        answer(run, how);
        break;
    case TIME:
        run->now += how[0] * 1000;
        break;
    case MOOD:
        thing.busy = (how[0] & 1) != 0;
        break;
    case RESUME:
        ln_client_resume(&client);
        break;
    case GROW:
        many = how[0];
        ln_client_changed(&client, run->now, ln_path_object(object_of_many.id));
        break;
    case LINK:
        ln_client_link_down(&client, run->now, how[0] & 1, LN_LINK_FAILED, 0);
        break;
    default:
        break;
    }
    settle(run);
}

static void given_objects(uint8_t instances)
{
    for (size_t i = 0; i < SERVERS; i++) {
        security[i] =
            (struct ln_security){.mode = LN_SECURITY_NONE, .short_id = (uint16_t)(1 + i)};
        account[i] = (struct ln_server_account){
            .short_id = (uint16_t)(1 + i), .lifetime = 86400, .binding = "U"};
        servers[i] = (struct ln_client_server){0};
    }
    device = (struct ln_device){.manufacturer = "Linnet", .binding = "U"};
    thing = (struct thing){.value = {.at = value, .size = sizeof(value)}};
    many = instances;
}

/* The first byte says how many instances there are when the client registers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_reader in = ln_reader(ln_bytes(data, size));
    struct run run = {.now = 1000, .next_id = 1};

    given_objects(ln_read_u8(&in));
    FUZZ_CHECK(ln_client_init(&client, sizeof(client), &config) == LN_OK);
    ln_client_start(&client, run.now);
    settle(&run);
    while (ln_reader_left(&in) >= 4) {
        uint8_t what = ln_read_u8(&in);
        take(&run, what, ln_read_bytes(&in, 3).at);
    }
    ln_client_stop(&client, run.now);
    settle(&run);
    run.now += 24 * 60 * 60 * 1000;
    settle(&run);
    FUZZ_CHECK(!thing.open); /* whatever flowed into it has come to an end */
    return 0;
}
