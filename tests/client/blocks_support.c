/* A client that moves bodies in blocks, with an object to write to and one of many instances. */

#include "blocks_support.h"

struct thing thing;
uint16_t many;

static struct ln_client_transfer transfers[ACCOUNTS];
static uint8_t bodies[ACCOUNTS * BODY];
static uint8_t value[BODY];
static struct ln_object_entry objects[6];

struct ln_client_blocks blocks;

static ln_err begin(void *instance, size_t size_hint)
{
    struct thing *t = instance;

    (void)size_hint;
    CHECK_EQ(t->begun, t->completed + t->broken_off); /* one at a time */
    t->begun++;
    t->got = 0;
    return LN_OK;
}

static ln_err chunk(void *instance, size_t offset, struct ln_bytes bytes)
{
    struct thing *t = instance;

    if (t->refusal != LN_OK) {
        return t->refusal;
    }
    CHECK_EQ(offset, t->got);
    CHECK(bytes.len > 0 || offset == 0); /* an empty last block is no chunk */
    CHECK(offset + bytes.len <= sizeof(t->stream));
    memcpy(t->stream + offset, bytes.at, bytes.len);
    t->got += bytes.len;
    return LN_OK;
}

static ln_err end(void *instance, bool complete)
{
    struct thing *t = instance;

    CHECK_EQ(t->begun, t->completed + t->broken_off + 1);
    *(complete ? &t->completed : &t->broken_off) += 1;
    return complete ? t->end_refusal : LN_OK;
}

static const struct ln_resource thing_resources[] = {
    {0, LN_OPAQUE, LN_WRITE, LN_STREAM(begin, chunk, end)},
    {1, LN_OPAQUE, LN_READ | LN_WRITE, LN_FIELD(struct thing, value)},
};
static const struct ln_object thing_object = {
    .id = 33000,
    .resource_count = LN_COUNT(thing_resources),
    .resources = thing_resources,
};

static void *next_of_many(void *store, uint16_t *id)
{
    return *id < many ? store : NULL;
}

static const struct ln_object_calls calls_of_many = {.next = next_of_many};
static const struct ln_object object_of_many = {.id = 33001, .calls = &calls_of_many};

void given_it_is_registered(void)
{
    struct ln_coap_message m;

    memset(f.servers, 0, sizeof(f.servers));
    CHECK_OK(ln_client_init(&f.client, sizeof(f.client), &f.config));
    ln_client_start(&f.client, f.now);
    for (uint16_t i = 0; i < f.accounts.count; i++) {
        link_goes_up();
    }
    while (client_sends(&m)) {
        server_answers(&m, LN_COAP_2_01, "rd/5a");
        CHECK(client_tells(LN_CLIENT_REGISTERED));
    }
    f.link = 0;
}

void given_a_client_with_blocks(void)
{
    given_a_client(LN_VERSION_1_1);
    memset(&thing, 0, sizeof(thing));
    thing.value = (struct ln_buffer){.at = value, .size = sizeof(value)};
    many = 0;
    memcpy(objects, f.objects, sizeof(f.objects[0]) * 4);
    objects[4] = (struct ln_object_entry){&thing_object, &thing};
    objects[5] = (struct ln_object_entry){&object_of_many, &thing};
    blocks = (struct ln_client_blocks){&ln_client_blocks_calls, transfers, bodies, BODY};
    f.config.objects = objects;
    f.config.object_count = 6;
    f.config.blocks = &blocks;
    given_it_is_registered();
}

struct ln_coap_message ask_block(const struct block_question *q)
{
    static const struct ln_coap_token token = {{0xca, 0xfe}, 2};
    uint8_t datagram[DATAGRAM];
    uint16_t id = f.next_id++;
    struct ln_coap_builder b =
        ln_coap_start(datagram, sizeof(datagram), LN_COAP_CON, q->code, id, &token);
    struct ln_reader path = ln_reader(ln_bytes_of_text(q->path));
    struct ln_coap_message m = {0};

    (void)ln_read_if(&path, '/');
    while (ln_reader_left(&path) > 0) {
        ln_coap_add(&b, LN_COAP_URI_PATH, ln_read_until(&path, '/'));
    }
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, q->format);
    ln_coap_add_block(&b, LN_COAP_BLOCK1, q->block1);
    ln_coap_add_payload(&b, q->payload);
    client_receives(ln_bytes(datagram, ln_coap_finish(&b)));
    if (client_sends(&m)) {
        CHECK_EQ(m.type, LN_COAP_ACK);
        CHECK_EQ(m.id, id);
    }
    return m;
}
