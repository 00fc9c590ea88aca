/* Whole bodies between two peers over a line that loses answers and requests, byte for byte. */

#include "coap_test.h"

enum { BODY_MAX = 5000, ROUNDS = 2000 };

static uint8_t body[BODY_MAX];
static uint8_t copy[BODY_MAX];
static uint8_t to_them[1200];
static uint8_t to_us[1200];
static uint32_t seed;
static ln_time now;

static uint32_t random_below(uint32_t bound)
{
    return coap_test_random(&seed, bound);
}

/* A body of some length; lengths around the edges of blocks come often. */
static uint32_t given_a_body(void)
{
    uint32_t len = random_below(2) == 0 ? random_below(BODY_MAX)
                                        : (1 + random_below(4)) * 256 + random_below(3) - 1;

    for (uint32_t i = 0; i < len; i++) {
        body[i] = (uint8_t)random_below(256);
    }
    return len;
}

static void parse(struct ln_bytes datagram, struct ln_coap_message *m,
                  struct ln_coap_options *o)
{
    CHECK_OK(ln_coap_parse(datagram, m));
    CHECK_OK(ln_coap_options(m, o));
}

/* ---- Block1 ---- */

/* The peer's end: takes what it is told to take, and answers. */
static struct ln_bytes receive_block(struct ln_coap_block_receiver *r, struct ln_bytes request)
{
    struct ln_coap_message m;
    struct ln_coap_options o;

    parse(request, &m, &o);
    struct ln_coap_block_received got =
        ln_coap_block_receive(r, &ln_coap_parameters_default, now, &m, &o);
    uint8_t code = got.code;
    if (got.what == LN_COAP_RECEIVED_BLOCK || got.what == LN_COAP_RECEIVED_LAST) {
        CHECK(got.offset + m.payload.len <= sizeof(copy));
        memcpy(copy + got.offset, m.payload.at, m.payload.len);
    }
    if (got.what == LN_COAP_RECEIVED_LAST) {
        code = LN_COAP_2_04;
        ln_coap_block_receiver_answered(r, code);
    }
    struct ln_coap_builder b = ln_coap_answer(to_us, sizeof(to_us), &m, code, 0);
    ln_coap_add_block(&b, LN_COAP_BLOCK1, got.block);
    return ln_bytes(to_us, ln_coap_finish(&b));
}

static struct ln_bytes write_block(const struct ln_coap_block_sender *s, uint16_t id)
{
    struct ln_coap_block block = ln_coap_block_sender_next(s);
    uint32_t left = s->total - s->offset;
    uint32_t size = ln_coap_block_size(block);
    struct ln_coap_builder b =
        ln_coap_start(to_them, sizeof(to_them), LN_COAP_CON, LN_COAP_PUT, id, NULL);

    ln_coap_add_text(&b, LN_COAP_URI_PATH, "5");
    ln_coap_add_block(&b, LN_COAP_BLOCK1, block);
    ln_coap_add_payload(&b, ln_bytes(body + s->offset, left < size ? left : size));
    return ln_bytes(to_them, ln_coap_finish(&b));
}

/* One block, sent in an exchange of its own, which may be given up though it was taken. */
static enum ln_coap_block_step exchange_block(struct ln_coap_block_sender *s,
                                              struct ln_coap_block_receiver *r, uint16_t id,
                                              uint32_t loss)
{
    struct ln_coap_message m;
    struct ln_coap_options o;

    now += 1 + random_below(40 * 1000); /* six times this: the peer has not forgotten yet */
    if (random_below(100) < loss) {
        return ln_coap_block_sender_given_up(s);
    }
    struct ln_bytes answer = receive_block(r, write_block(s, id));
    if (random_below(100) < loss) {
        return ln_coap_block_sender_given_up(s);
    }
    parse(answer, &m, &o);
    return ln_coap_block_sender_answered(s, m.code, &o);
}

static enum ln_coap_block_step send_body(uint32_t len, uint32_t loss)
{
    struct ln_coap_block_sender s;
    struct ln_coap_block_receiver r = {.largest = BODY_MAX,
                                       .exponent = (uint8_t)random_below(7)};
    enum ln_coap_block_step step;
    uint16_t id = 0;

    memset(copy, 0, sizeof(copy));
    ln_coap_block_sender_start(&s, len, (uint8_t)random_below(7));
    do {
        step = exchange_block(&s, &r, id++, loss);
        CHECK(step != LN_COAP_BLOCK_RESTART); /* nothing that is lost here makes a gap */
    } while (step == LN_COAP_BLOCK_NEXT);
    if (step == LN_COAP_BLOCK_END) {
        CHECK_EQ(r.offset, len);
        assert_memory_equal(copy, body, len);
    }
    return step;
}

TEST(brings_every_body_to_the_peer_whole_though_answers_are_lost)
{
    int whole = 0;

    seed = 1;
    now = 1000;
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t loss = random_below(20);
        enum ln_coap_block_step step = send_body(given_a_body(), loss);
        CHECK(step == LN_COAP_BLOCK_END || loss > 0);
        whole += step == LN_COAP_BLOCK_END;
    }
    CHECK(whole > ROUNDS * 9 / 10);
}

/* ---- Block2 ---- */

static uint32_t total; /* of the body that the peer has now */
static uint8_t version;

static struct ln_bytes serve_block(struct ln_bytes request, uint8_t largest)
{
    struct ln_coap_message m;
    struct ln_coap_options o;
    struct ln_coap_block block;
    uint8_t window[1024];

    parse(request, &m, &o);
    ln_err err = ln_coap_block_window(o.block2, largest, total, &block);
    struct ln_coap_builder b =
        ln_coap_answer(to_us, sizeof(to_us), &m, err == LN_OK ? LN_COAP_2_05 : LN_COAP_4_08, 0);
    if (err == LN_OK) {
        struct ln_writer w =
            ln_writer_window(window, ln_coap_block_size(block), ln_coap_block_offset(block));
        ln_write_bytes(&w, ln_bytes(body, total));
        ln_coap_add(&b, LN_COAP_ETAG, ln_bytes(&version, 1));
        if (block.present) {
            ln_coap_add_block(&b, LN_COAP_BLOCK2, block);
        }
        ln_coap_add_payload(&b, ln_writer_bytes(&w));
    }
    return ln_bytes(to_us, ln_coap_finish(&b));
}

static enum ln_coap_block_step fetch_block(struct ln_coap_block_fetcher *f, uint8_t largest,
                                           uint32_t loss)
{
    struct ln_coap_block ask = ln_coap_block_fetcher_next(f);
    struct ln_coap_builder b =
        ln_coap_start(to_them, sizeof(to_them), LN_COAP_CON, LN_COAP_GET, 1, NULL);
    struct ln_coap_message m;
    struct ln_coap_options o;
    uint32_t at = f->offset;

    if (random_below(100) < loss) {
        return ln_coap_block_fetcher_given_up(f);
    }
    if (ask.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, ask);
    }
    parse(serve_block(ln_bytes(to_them, ln_coap_finish(&b)), largest), &m, &o);
    enum ln_coap_block_step step = ln_coap_block_fetcher_answered(f, &m, &o);
    if (step == LN_COAP_BLOCK_NEXT || step == LN_COAP_BLOCK_END) {
        CHECK_EQ(f->offset, at + m.payload.len);
        memcpy(copy + at, m.payload.at, m.payload.len);
    }
    return step;
}

/* The body changes under way, once or twice or never. */
static enum ln_coap_block_step fetch_body(uint32_t loss)
{
    struct ln_coap_block_fetcher f;
    uint8_t largest = (uint8_t)random_below(7);
    uint8_t exponent = (uint8_t)random_below(8);
    uint32_t changes = random_below(3);
    enum ln_coap_block_step step;

    ln_coap_block_fetcher_start(&f, BODY_MAX, exponent == 7 ? LN_COAP_BLOCK_ANY : exponent);
    do {
        if (changes > 0 && random_below(10) == 0) {
            changes--;
            version++;
            total = given_a_body();
        }
        step = fetch_block(&f, largest, loss);
    } while (step == LN_COAP_BLOCK_NEXT || step == LN_COAP_BLOCK_RESTART);
    if (step == LN_COAP_BLOCK_END) {
        CHECK_EQ(f.offset, total);
        assert_memory_equal(copy, body, total);
    }
    return step;
}

TEST(fetches_every_body_whole_and_of_one_piece_though_it_changes_under_way)
{
    seed = 2;
    version = 0;
    for (int i = 0; i < ROUNDS; i++) {
        total = given_a_body();
        CHECK_EQ(fetch_body(0), LN_COAP_BLOCK_END);
    }
}

TEST(fetches_nearly_every_body_over_a_line_that_loses)
{
    int whole = 0;

    seed = 3;
    version = 0;
    for (int i = 0; i < ROUNDS; i++) {
        total = given_a_body();
        whole += fetch_body(20) == LN_COAP_BLOCK_END;
    }
    CHECK(whole > ROUNDS * 9 / 10);
}

int block_transfer_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(brings_every_body_to_the_peer_whole_though_answers_are_lost),
        cmocka_unit_test(fetches_every_body_whole_and_of_one_piece_though_it_changes_under_way),
        cmocka_unit_test(fetches_nearly_every_body_over_a_line_that_loses),
    };

    return cmocka_run_group_tests_name("block_transfer", tests, NULL, NULL);
}
