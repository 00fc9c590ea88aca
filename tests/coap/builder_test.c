/* Messages written, and read back. */

#include "coap_test.h"

#include <stdlib.h>

static uint8_t buffer[2048];

static struct ln_bytes written(const struct ln_coap_builder *b)
{
    size_t length = ln_coap_finish(b);

    CHECK(length > 0);
    return ln_bytes(b->out.out, length);
}

/* RFC 7252 appendix A, figure 16. */
TEST(writes_a_get_as_the_specification_shows_it)
{
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), LN_COAP_CON, LN_COAP_GET, 0x7d34, NULL);

    ln_coap_add_text(&b, LN_COAP_URI_PATH, "temperature");
    CHECK_BYTES(written(&b), "\x40\x01\x7d\x34\xbbtemperature");
}

/* RFC 7252 appendix A, figures 16 and 20. */
TEST(piggybacks_the_answer_to_a_con)
{
    struct ln_coap_message request;
    struct ln_coap_builder b;

    CHECK_OK(ln_coap_parse(BYTES("\x41\x01\x7d\x35\x20\xbbtemperature"), &request));
    b = ln_coap_answer(buffer, sizeof(buffer), &request, LN_COAP_2_05, 0xad7b);
    ln_coap_add_payload(&b, BYTES("22.3 C"));
    CHECK_BYTES(written(&b), "\x61\x45\x7d\x35\x20\xff"
                             "22.3 C");
}

TEST(answers_a_non_with_a_non_of_its_own_id)
{
    struct ln_coap_message request;
    struct ln_coap_builder b;

    CHECK_OK(ln_coap_parse(BYTES("\x51\x01\x7d\x40\x75\xbbtemperature"), &request));
    b = ln_coap_answer(buffer, sizeof(buffer), &request, LN_COAP_2_05, 0xad7b);
    ln_coap_add_payload(&b, BYTES("22.3 C"));
    CHECK_BYTES(written(&b), "\x51\x45\xad\x7b\x75\xff"
                             "22.3 C");
}

TEST(writes_numbers_in_their_shortest_form)
{
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), LN_COAP_CON, LN_COAP_POST, 1, NULL);

    ln_coap_add_uint(&b, LN_COAP_OBSERVE, 0);
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, 40);
    ln_coap_add_uint(&b, LN_COAP_MAX_AGE, 0x10000);
    ln_coap_add_uint(&b, LN_COAP_ACCEPT, 11542);
    ln_coap_add_uint(&b, LN_COAP_SIZE1, 0xffffffff);
    CHECK_BYTES(written(&b), "\x40\x02\x00\x01"
                             "\x60"                       /* Observe 0 */
                             "\x61\x28"                   /* Content-Format 40 */
                             "\x23\x01\x00\x00"           /* Max-Age 65536 */
                             "\x32\x2d\x16"               /* Accept 11542 */
                             "\xd4\x1e\xff\xff\xff\xff"); /* Size1, 43 numbers on */
}

/* RFC 7959 §3.2, figure 7: Block1 numbers 0 and 1 of 128 bytes, and the last. */
TEST(writes_block_options)
{
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), LN_COAP_CON, LN_COAP_PUT, 1, NULL);

    ln_coap_add_block(&b, LN_COAP_BLOCK2, (struct ln_coap_block){0});
    ln_coap_add_block(&b, LN_COAP_BLOCK1,
                      (struct ln_coap_block){.more = true, .size_exponent = 3});
    ln_coap_add_block(&b, LN_COAP_BLOCK1,
                      (struct ln_coap_block){.number = 0xfffff, .size_exponent = 6});
    CHECK_BYTES(written(&b), "\x40\x03\x00\x01"
                             "\xd0\x0a"
                             "\x41\x0b"
                             "\x03\xff\xff\xf6");
}

TEST(writes_a_path_in_segments_and_the_root_in_none)
{
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), LN_COAP_CON, LN_COAP_GET, 1, NULL);

    ln_coap_add_path(&b, LN_COAP_URI_PATH, ln_path_root());
    CHECK_EQ(ln_coap_finish(&b), 4);
    ln_coap_add_path(&b, LN_COAP_URI_PATH, (struct ln_path){{3, 0, 65534, 10}, 4});
    CHECK_BYTES(written(&b), "\x40\x01\x00\x01"
                             "\xb1"
                             "3"
                             "\x01"
                             "0"
                             "\x05"
                             "65534"
                             "\x02"
                             "10");
}

TEST(leaves_the_marker_out_where_there_is_no_payload)
{
    struct ln_coap_builder b = ln_coap_start(buffer, 4, LN_COAP_ACK, LN_COAP_2_04, 1, NULL);
    struct ln_writer w = ln_coap_payload_begin(&b);

    ln_coap_payload_end(&b, &w);
    ln_coap_add_payload(&b, ln_bytes(NULL, 0));
    CHECK_EQ(ln_coap_finish(&b), 4); /* though there was no room for the marker either */
}

TEST(lets_a_payload_be_written_in_place)
{
    struct ln_coap_builder b = ln_coap_start(buffer, 10, LN_COAP_ACK, LN_COAP_2_05, 1, NULL);
    struct ln_writer w = ln_coap_payload_begin(&b);

    CHECK_EQ(w.size, 5);
    ln_write_text(&w, "hel");
    ln_write_text(&w, "lo");
    ln_coap_payload_end(&b, &w);
    CHECK_BYTES(written(&b), "\x60\x45\x00\x01\xffhello");
}

TEST(fails_if_the_payload_failed)
{
    struct ln_coap_builder b = ln_coap_start(buffer, 10, LN_COAP_ACK, LN_COAP_2_05, 1, NULL);
    struct ln_writer w = ln_coap_payload_begin(&b);

    ln_write_text(&w, "hello!");
    ln_coap_payload_end(&b, &w);
    CHECK_EQ(ln_coap_finish(&b), 0);
}

TEST(keeps_what_falls_into_a_window_of_the_payload)
{
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), LN_COAP_ACK, LN_COAP_2_05, 1, NULL);
    struct ln_writer room = ln_coap_payload_begin(&b);
    struct ln_writer w = ln_writer_window(room.out, 16, 16);

    ln_write_text(&w, "the first block.the second blockand a third one");
    ln_coap_payload_end(&b, &w);
    CHECK_BYTES(written(&b), "\x60\x45\x00\x01\xffthe second block");
}

/* A message with all that a builder can write, into a buffer of `size`. */
static size_t write_all(void *out, size_t size)
{
    struct ln_coap_token token = {"token678", 8};
    struct ln_coap_builder b =
        ln_coap_start(out, size, LN_COAP_CON, LN_COAP_PUT, 0x1234, &token);

    ln_coap_add_path(&b, LN_COAP_URI_PATH, ln_path_resource(3, 0, 9));
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_TLV);
    ln_coap_add_text(&b, LN_COAP_URI_QUERY, "pmin=10");
    ln_coap_add_block(&b, LN_COAP_BLOCK1, (struct ln_coap_block){.size_exponent = 6});
    ln_coap_add_text(&b, LN_COAP_REQUEST_TAG, "t");
    ln_coap_add_payload(&b, BYTES("payload"));
    return ln_coap_finish(&b);
}

TEST(gives_no_length_where_the_buffer_is_too_small)
{
    size_t length = write_all(buffer, sizeof(buffer));

    CHECK(length > 40);
    for (size_t size = 0; size < length; size++) {
        void *exact = malloc(size > 0 ? size : 1);

        assert_non_null(exact);
        CHECK_EQ(write_all(exact, size), 0);
        free(exact);
    }
    CHECK_EQ(write_all(buffer, length), length);
    CHECK_EQ(write_all(NULL, 0), 0);
}

TEST(refuses_an_option_longer_than_any_can_be)
{
    static uint8_t large[70000];
    static uint8_t zeros[65536 + 269];
    struct ln_coap_builder b =
        ln_coap_start(large, sizeof(large), LN_COAP_CON, LN_COAP_GET, 1, NULL);

    ln_coap_add(&b, 2, ln_bytes(zeros, 65535 + 269));
    CHECK_EQ(ln_coap_finish(&b), 4 + 3 + 65535 + 269);
    b = ln_coap_start(large, sizeof(large), LN_COAP_CON, LN_COAP_GET, 1, NULL);
    ln_coap_add(&b, 2, ln_bytes(zeros, 65536 + 269));
    CHECK_EQ(ln_coap_finish(&b), 0);
}

TEST(writes_an_empty_message)
{
    CHECK_EQ(ln_coap_empty(buffer, sizeof(buffer), LN_COAP_RST, 0xabcd), 4);
    CHECK_BYTES(ln_bytes(buffer, 4), "\x70\x00\xab\xcd");
    CHECK_EQ(ln_coap_empty(buffer, 4, LN_COAP_ACK, 1), 4);
    CHECK_BYTES(ln_bytes(buffer, 4), "\x60\x00\x00\x01");
    CHECK_EQ(ln_coap_empty(buffer, 3, LN_COAP_ACK, 1), 0);
}

/* What one random message holds; the values are pieces of one text. */
struct plan {
    struct ln_coap_token token;
    uint16_t id;
    unsigned count;
    uint16_t numbers[6];
    struct ln_bytes values[6];
    struct ln_bytes payload;
};

static uint8_t text[600];

static struct ln_bytes random_piece(uint32_t *seed)
{
    static const uint16_t longest[] = {13, 14, 300, 600};
    size_t length = coap_test_random(seed, longest[coap_test_random(seed, 4)]);

    return ln_bytes(text, length);
}

static struct plan random_plan(uint32_t *seed)
{
    static const uint16_t jumps[] = {1, 14, 300, 5000};
    struct plan p = {.id = (uint16_t)coap_test_random(seed, 65536),
                     .count = coap_test_random(seed, 6)};
    uint16_t number = 0;

    p.token.len = (uint8_t)coap_test_random(seed, 9);
    for (unsigned i = 0; i < p.token.len; i++) {
        p.token.bytes[i] = (uint8_t)coap_test_random(seed, 256);
    }
    for (unsigned i = 0; i < p.count; i++) {
        number = (uint16_t)(number + coap_test_random(seed, jumps[coap_test_random(seed, 4)]));
        p.numbers[i] = number;
        p.values[i] = random_piece(seed);
    }
    p.payload = random_piece(seed);
    return p;
}

TEST(reads_back_what_it_wrote_for_random_messages)
{
    static uint8_t out[8192];
    uint32_t seed = 7;

    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 7);
    }
    for (int round = 0; round < 20000; round++) {
        struct plan p = random_plan(&seed);
        struct ln_coap_builder b =
            ln_coap_start(out, sizeof(out), LN_COAP_NON, LN_COAP_2_05, p.id, &p.token);
        struct ln_coap_message m;
        struct ln_coap_option_cursor option;

        for (unsigned i = 0; i < p.count; i++) {
            ln_coap_add(&b, p.numbers[i], p.values[i]);
        }
        ln_coap_add_payload(&b, p.payload);

        CHECK_OK(ln_coap_parse(written(&b), &m));
        CHECK_EQ(m.id, p.id);
        CHECK(ln_coap_token_equal(&m.token, &p.token));
        option = ln_coap_option_first(&m);
        for (unsigned i = 0; i < p.count; i++) {
            CHECK(ln_coap_option_next(&option));
            CHECK_EQ(option.number, p.numbers[i]);
            CHECK(ln_bytes_equal(option.value, p.values[i]));
        }
        CHECK(!ln_coap_option_next(&option));
        CHECK_EQ(m.has_payload, p.payload.len > 0);
        CHECK(ln_bytes_equal(m.payload, p.payload));
    }
}

int builder_tests(void)
{
    static const struct CMUnitTest builder[] = {
        cmocka_unit_test(writes_a_get_as_the_specification_shows_it),
        cmocka_unit_test(piggybacks_the_answer_to_a_con),
        cmocka_unit_test(answers_a_non_with_a_non_of_its_own_id),
        cmocka_unit_test(writes_numbers_in_their_shortest_form),
        cmocka_unit_test(writes_block_options),
        cmocka_unit_test(writes_a_path_in_segments_and_the_root_in_none),
        cmocka_unit_test(leaves_the_marker_out_where_there_is_no_payload),
        cmocka_unit_test(lets_a_payload_be_written_in_place),
        cmocka_unit_test(fails_if_the_payload_failed),
        cmocka_unit_test(keeps_what_falls_into_a_window_of_the_payload),
        cmocka_unit_test(gives_no_length_where_the_buffer_is_too_small),
        cmocka_unit_test(refuses_an_option_longer_than_any_can_be),
        cmocka_unit_test(writes_an_empty_message),
        cmocka_unit_test(reads_back_what_it_wrote_for_random_messages),
    };

    return RUN_TESTS(builder);
}
