/* A body that comes by Block1: what is taken, and how each block is answered. */

#include "coap_test.h"

enum { LIFETIME = 247 * 1000, LARGEST = 1000 };

static struct ln_coap_block_receiver r;
static ln_time now;
static char payload[1024];
static uint8_t datagram[1200];

static void given_a_receiver(void)
{
    now = 5000;
    r = (struct ln_coap_block_receiver){.largest = LARGEST, .exponent = 2};
}

/* A PUT to `path` of a block of `len` bytes, all of them `letter`. */
static struct ln_coap_block_received put(const char *path, struct ln_coap_block block,
                                         size_t len, char letter, uint32_t size1)
{
    struct ln_coap_builder b =
        ln_coap_start(datagram, sizeof(datagram), LN_COAP_CON, LN_COAP_PUT, 1, NULL);
    struct ln_coap_message m;
    struct ln_coap_options o;

    memset(payload, letter, len);
    ln_coap_add_text(&b, LN_COAP_URI_PATH, path);
    ln_coap_add_block(&b, LN_COAP_BLOCK1, block);
    if (size1 > 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE1, size1);
    }
    ln_coap_add_payload(&b, ln_bytes(payload, len));
    CHECK_OK(ln_coap_parse(ln_bytes(datagram, ln_coap_finish(&b)), &m));
    CHECK_OK(ln_coap_options(&m, &o));
    return ln_coap_block_receive(&r, &ln_coap_parameters_default, now, &m, &o);
}

static struct ln_coap_block block(uint32_t number, uint8_t exponent, bool more)
{
    return (struct ln_coap_block){
        .number = number, .size_exponent = exponent, .more = more, .present = true};
}

static struct ln_coap_block_received more(uint32_t number)
{
    return put("5", block(number, 2, true), 64, (char)('a' + number), 0);
}

static struct ln_coap_block_received last(uint32_t number)
{
    return put("5", block(number, 2, false), 10, (char)('a' + number), 0);
}

static void check(struct ln_coap_block_received got, enum ln_coap_received what, uint8_t code,
                  uint32_t offset)
{
    CHECK_EQ(got.what, what);
    CHECK_EQ(got.code, code);
    CHECK_EQ(got.offset, offset);
}

static void check_refused(struct ln_coap_block_received got, uint8_t code)
{
    check(got, LN_COAP_RECEIVED_REFUSED, code, 0);
}

static void given_two_blocks_taken(void)
{
    given_a_receiver();
    check(more(0), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 0);
    check(more(1), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 64);
}

TEST(takes_blocks_in_order_up_to_the_last)
{
    given_a_receiver();
    CHECK(!ln_coap_block_receiver_is_open(&r, now));
    struct ln_coap_block_received first = more(0);
    check(first, LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 0);
    CHECK(first.begins);
    CHECK(first.block.present && first.block.more);
    CHECK_EQ(first.block.size_exponent, 2);
    CHECK(ln_coap_block_receiver_is_open(&r, now));
    CHECK(!more(1).begins);
    struct ln_coap_block_received end = last(2);
    check(end, LN_COAP_RECEIVED_LAST, 0, 128);
    CHECK_EQ(end.block.number, 2);
    CHECK(!end.block.more);
    CHECK_EQ(r.offset, 138);
    CHECK(!ln_coap_block_receiver_is_open(&r, now));
}

TEST(answers_a_block_out_of_order_with_4_08_and_waits_for_the_right_one)
{
    given_two_blocks_taken();
    check_refused(more(3), LN_COAP_4_08);
    check_refused(put("5", block(1, 2, true), 64, 'x', 0), LN_COAP_4_08); /* other bytes */
    check(more(2), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 128);
    check_refused(more(1), LN_COAP_4_08);
}

TEST(answers_a_block_of_a_body_that_never_began_with_4_08)
{
    given_a_receiver();
    check_refused(more(1), LN_COAP_4_08);
    given_two_blocks_taken();
    check_refused(put("6", block(2, 2, true), 64, 'c', 0), LN_COAP_4_08);
}

TEST(answers_a_block_that_comes_again_as_before_and_does_not_take_it_twice)
{
    given_two_blocks_taken();
    check(more(1), LN_COAP_RECEIVED_REPEAT, LN_COAP_2_31, 64);
    CHECK_EQ(r.offset, 128);
    check(more(2), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 128);
    given_a_receiver();
    check(more(0), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 0);
    struct ln_coap_block_received again = more(0);
    check(again, LN_COAP_RECEIVED_REPEAT, LN_COAP_2_31, 0);
    CHECK(!again.begins);
}

TEST(answers_the_last_block_that_comes_again_with_the_code_it_gave)
{
    given_two_blocks_taken();
    check(last(2), LN_COAP_RECEIVED_LAST, 0, 128);
    check(last(2), LN_COAP_RECEIVED_REPEAT, 0, 128); /* still being carried out */
    ln_coap_block_receiver_answered(&r, LN_COAP_2_04);
    check(last(2), LN_COAP_RECEIVED_REPEAT, LN_COAP_2_04, 128);
    now += LIFETIME;
    check_refused(last(2), LN_COAP_4_08);
}

/* A value may be written twice on purpose. */
TEST(takes_a_body_of_one_block_for_new_each_time)
{
    given_a_receiver();
    check(last(0), LN_COAP_RECEIVED_LAST, 0, 0);
    ln_coap_block_receiver_answered(&r, LN_COAP_2_04);
    struct ln_coap_block_received again = last(0);
    check(again, LN_COAP_RECEIVED_LAST, 0, 0);
    CHECK(again.begins);
}

TEST(lets_a_new_first_block_replace_what_is_unfinished)
{
    given_two_blocks_taken();
    struct ln_coap_block_received first = more(0);
    check(first, LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 0);
    CHECK(first.begins);
    check(more(1), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 64);
    first = put("6", block(0, 2, true), 64, 'a', 0);
    check(first, LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 0);
    CHECK(first.begins);
    check_refused(more(2), LN_COAP_4_08); /* of the old body */
}

TEST(refuses_a_block_that_is_not_full_and_not_the_last)
{
    given_two_blocks_taken();
    check_refused(put("5", block(2, 2, true), 63, 'c', 0), LN_COAP_4_00);
    check_refused(put("5", block(2, 2, true), 65, 'c', 0), LN_COAP_4_00);
    check_refused(put("5", block(2, 2, false), 65, 'c', 0), LN_COAP_4_00);
    check(put("5", block(2, 2, false), 64, 'c', 0), LN_COAP_RECEIVED_LAST, 0, 128);
}

TEST(asks_for_smaller_blocks_when_it_answers_the_first)
{
    given_a_receiver();
    struct ln_coap_block_received got = put("5", block(0, 4, true), 256, 'a', 0);
    check(got, LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 0);
    CHECK_EQ(got.block.size_exponent, 2);
    CHECK_EQ(got.block.number, 0);
    got = put("5", block(0, 4, true), 256, 'a', 0); /* and so when it comes again */
    CHECK_EQ(got.what, LN_COAP_RECEIVED_REPEAT);
    CHECK_EQ(got.block.size_exponent, 2);
    check(put("5", block(4, 2, true), 64, 'b', 0), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 256);
}

TEST(puts_up_with_a_peer_that_keeps_to_its_large_blocks)
{
    given_a_receiver();
    check(put("5", block(0, 4, true), 256, 'a', 0), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 0);
    check(put("5", block(1, 4, true), 256, 'b', 0), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 256);
}

TEST(answers_a_body_that_is_too_large_with_4_13_and_what_it_has_room_for)
{
    given_a_receiver();
    struct ln_coap_block_received got = put("5", block(0, 2, true), 64, 'a', LARGEST + 1);
    check_refused(got, LN_COAP_4_13);
    CHECK_EQ(got.size1, LARGEST);
    check(put("5", block(0, 2, true), 64, 'a', LARGEST), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31,
          0);
    for (uint32_t number = 1; number < LARGEST / 64; number++) {
        CHECK_EQ(more(number).what, LN_COAP_RECEIVED_BLOCK);
    }
    /* 960 bytes are taken: 40 more fit. */
    got = put("5", block(15, 2, false), 41, 'z', 0);
    check_refused(got, LN_COAP_4_13);
    CHECK_EQ(got.size1, LARGEST);
    check_refused(put("5", block(15, 2, false), 40, 'z', 0),
                  LN_COAP_4_08); /* it is forgotten */
}

TEST(keeps_a_body_when_another_one_is_too_large)
{
    given_two_blocks_taken();
    check_refused(put("6", block(0, 2, true), 64, 'a', LARGEST + 1), LN_COAP_4_13);
    check(more(2), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 128);
    check_refused(put("5", block(0, 2, true), 64, 'a', LARGEST + 1), LN_COAP_4_13);
    check_refused(more(3), LN_COAP_4_08);
}

TEST(takes_a_body_that_just_fits)
{
    given_a_receiver();
    for (uint32_t number = 0; number < LARGEST / 64; number++) {
        CHECK_EQ(more(number).what, LN_COAP_RECEIVED_BLOCK);
    }
    check(put("5", block(15, 2, false), 40, 'z', 0), LN_COAP_RECEIVED_LAST, 0, 960);
}

TEST(does_not_overflow_at_the_largest_number)
{
    given_a_receiver();
    check_refused(put("5", block(LN_COAP_BLOCK_NUMBER_MAX, 6, false), 10, 'a', 0),
                  LN_COAP_4_08);
    r.largest = UINT32_MAX;
    check_refused(put("5", block(LN_COAP_BLOCK_NUMBER_MAX, 6, false), 10, 'a', 0),
                  LN_COAP_4_08);
}

TEST(forgets_a_body_after_the_lifetime_of_an_exchange_since_its_last_block)
{
    given_two_blocks_taken();
    now += LIFETIME - 1;
    check(more(2), LN_COAP_RECEIVED_BLOCK, LN_COAP_2_31, 128);
    now += LIFETIME - 1;
    CHECK(ln_coap_block_receiver_is_open(&r, now));
    now += 1;
    CHECK(!ln_coap_block_receiver_is_open(&r, now));
    check_refused(more(3), LN_COAP_4_08);
    check_refused(more(2), LN_COAP_4_08);
}

TEST(forgets_a_body_when_told_to)
{
    given_two_blocks_taken();
    ln_coap_block_receiver_drop(&r);
    check_refused(more(2), LN_COAP_4_08);
    check_refused(more(1), LN_COAP_4_08);
}

int block_receiver_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_blocks_in_order_up_to_the_last),
        cmocka_unit_test(answers_a_block_out_of_order_with_4_08_and_waits_for_the_right_one),
        cmocka_unit_test(answers_a_block_of_a_body_that_never_began_with_4_08),
        cmocka_unit_test(answers_a_block_that_comes_again_as_before_and_does_not_take_it_twice),
        cmocka_unit_test(answers_the_last_block_that_comes_again_with_the_code_it_gave),
        cmocka_unit_test(takes_a_body_of_one_block_for_new_each_time),
        cmocka_unit_test(lets_a_new_first_block_replace_what_is_unfinished),
        cmocka_unit_test(refuses_a_block_that_is_not_full_and_not_the_last),
        cmocka_unit_test(asks_for_smaller_blocks_when_it_answers_the_first),
        cmocka_unit_test(puts_up_with_a_peer_that_keeps_to_its_large_blocks),
        cmocka_unit_test(answers_a_body_that_is_too_large_with_4_13_and_what_it_has_room_for),
        cmocka_unit_test(keeps_a_body_when_another_one_is_too_large),
        cmocka_unit_test(takes_a_body_that_just_fits),
        cmocka_unit_test(does_not_overflow_at_the_largest_number),
        cmocka_unit_test(forgets_a_body_after_the_lifetime_of_an_exchange_since_its_last_block),
        cmocka_unit_test(forgets_a_body_when_told_to),
    };

    return cmocka_run_group_tests_name("block_receiver", tests, NULL, NULL);
}
