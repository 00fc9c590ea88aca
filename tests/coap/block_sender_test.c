/* A body that we send by Block1: the next block after each kind of answer. */

#include "coap_test.h"

enum { NONE = 99 };

static struct ln_coap_block_sender s;

static enum ln_coap_block_step answer(uint8_t code, uint32_t number, uint8_t exponent)
{
    struct ln_coap_options o = {.block1 = {.number = number,
                                           .size_exponent = exponent,
                                           .more = code == LN_COAP_2_31,
                                           .present = exponent != NONE}};

    return ln_coap_block_sender_answered(&s, code, &o);
}

static enum ln_coap_block_step answer_too_large(uint8_t exponent, uint32_t size1)
{
    struct ln_coap_options o = {
        .size1 = size1,
        .block1 = {.size_exponent = exponent, .present = exponent != NONE},
    };

    return ln_coap_block_sender_answered(&s, LN_COAP_4_13, &o);
}

static void check_next(uint32_t offset, uint32_t number, uint8_t exponent, bool more)
{
    struct ln_coap_block next = ln_coap_block_sender_next(&s);

    CHECK(next.present);
    CHECK_EQ(s.offset, offset);
    CHECK_EQ(next.number, number);
    CHECK_EQ(next.size_exponent, exponent);
    CHECK_EQ(next.more, more);
}

TEST(sends_block_after_block_and_is_over_with_the_final_answer)
{
    ln_coap_block_sender_start(&s, 300, 3);
    check_next(0, 0, 3, true);
    CHECK_EQ(answer(LN_COAP_2_31, 0, 3), LN_COAP_BLOCK_NEXT);
    check_next(128, 1, 3, true);
    CHECK_EQ(answer(LN_COAP_2_31, 1, 3), LN_COAP_BLOCK_NEXT);
    check_next(256, 2, 3, false);
    CHECK_EQ(answer(LN_COAP_2_04, 2, 3), LN_COAP_BLOCK_END);
}

TEST(sends_a_body_of_whole_blocks_without_an_empty_one_behind)
{
    ln_coap_block_sender_start(&s, 32, 0);
    CHECK_EQ(answer(LN_COAP_2_31, 0, 0), LN_COAP_BLOCK_NEXT);
    check_next(16, 1, 0, false);
}

/* RFC 7959 figure 8: 128 bytes went, the peer wants 32: the next block is number 4. */
TEST(goes_on_at_the_same_byte_with_smaller_blocks_if_asked)
{
    ln_coap_block_sender_start(&s, 1000, 3);
    CHECK_EQ(answer(LN_COAP_2_31, 0, 1), LN_COAP_BLOCK_NEXT);
    check_next(128, 4, 1, true);
    CHECK_EQ(answer(LN_COAP_2_31, 4, 1), LN_COAP_BLOCK_NEXT);
    check_next(160, 5, 1, true);
}

TEST(does_not_grow_its_blocks)
{
    ln_coap_block_sender_start(&s, 1000, 1);
    CHECK_EQ(answer(LN_COAP_2_31, 0, 6), LN_COAP_BLOCK_NEXT);
    check_next(32, 1, 1, true);
}

TEST(fails_when_the_peer_confirms_another_block)
{
    ln_coap_block_sender_start(&s, 1000, 1);
    CHECK_EQ(answer(LN_COAP_2_31, 1, 1), LN_COAP_BLOCK_FAILED);
}

TEST(fails_when_the_peer_wants_more_after_the_last_block)
{
    ln_coap_block_sender_start(&s, 16, 0);
    CHECK_EQ(answer(LN_COAP_2_31, 0, 0), LN_COAP_BLOCK_FAILED);
}

TEST(goes_on_when_the_peer_acts_on_each_block_by_itself)
{
    ln_coap_block_sender_start(&s, 40, 0);
    CHECK_EQ(answer(LN_COAP_2_04, 0, 0), LN_COAP_BLOCK_NEXT);
    CHECK_EQ(answer(LN_COAP_2_04, 1, 0), LN_COAP_BLOCK_NEXT);
    check_next(32, 2, 0, false);
    CHECK_EQ(answer(LN_COAP_2_04, 2, 0), LN_COAP_BLOCK_END);
}

TEST(does_not_take_a_success_for_the_whole_while_blocks_are_left)
{
    ln_coap_block_sender_start(&s, 40, 0);
    CHECK_EQ(answer(LN_COAP_2_01, 0, NONE), LN_COAP_BLOCK_FAILED);
}

TEST(begins_again_once_when_the_peer_has_lost_blocks)
{
    ln_coap_block_sender_start(&s, 1000, 2);
    CHECK_EQ(answer(LN_COAP_2_31, 0, 2), LN_COAP_BLOCK_NEXT);
    CHECK_EQ(answer(LN_COAP_4_08, 1, 2), LN_COAP_BLOCK_RESTART);
    check_next(0, 0, 2, true);
    CHECK_EQ(answer(LN_COAP_2_31, 0, 2), LN_COAP_BLOCK_NEXT);
    CHECK_EQ(answer(LN_COAP_4_08, 1, 2), LN_COAP_BLOCK_REFUSED);
}

TEST(begins_again_with_smaller_blocks_when_the_peer_asks_for_them)
{
    ln_coap_block_sender_start(&s, 1000, 6);
    CHECK_EQ(answer_too_large(2, 0), LN_COAP_BLOCK_RESTART);
    check_next(0, 0, 2, true);
    CHECK_EQ(answer_too_large(1, 0), LN_COAP_BLOCK_REFUSED);
}

TEST(begins_again_with_smaller_blocks_when_the_peer_has_room_for_the_body)
{
    ln_coap_block_sender_start(&s, 1000, 6);
    CHECK_EQ(answer_too_large(NONE, 1000), LN_COAP_BLOCK_RESTART);
    check_next(0, 0, 5, true);
}

TEST(gives_in_when_the_peer_has_no_room_for_the_body)
{
    ln_coap_block_sender_start(&s, 1000, 6);
    CHECK_EQ(answer_too_large(2, 999), LN_COAP_BLOCK_REFUSED);
    CHECK_EQ(answer_too_large(6, 0), LN_COAP_BLOCK_REFUSED); /* and hints at nothing */
    ln_coap_block_sender_start(&s, LN_COAP_BODY_UNKNOWN, 6);
    CHECK_EQ(answer_too_large(2, 4000), LN_COAP_BLOCK_REFUSED);
    ln_coap_block_sender_start(&s, 1000, 0);
    CHECK_EQ(answer_too_large(NONE, 4000),
             LN_COAP_BLOCK_REFUSED); /* there are no smaller ones */
}

TEST(is_over_with_any_other_error)
{
    ln_coap_block_sender_start(&s, 1000, 6);
    CHECK_EQ(answer(LN_COAP_4_04, 0, NONE), LN_COAP_BLOCK_REFUSED);
}

TEST(sends_a_block_without_answer_again_four_times)
{
    ln_coap_block_sender_start(&s, 1000, 2);
    for (int block = 0; block < 2; block++) {
        for (int i = 0; i < 4; i++) {
            CHECK_EQ(ln_coap_block_sender_given_up(&s), LN_COAP_BLOCK_NEXT);
            check_next((uint32_t)block * 64, (uint32_t)block, 2, true);
        }
        if (block == 0) {
            CHECK_EQ(answer(LN_COAP_2_31, 0, 2), LN_COAP_BLOCK_NEXT); /* which counts anew */
        }
    }
    CHECK_EQ(ln_coap_block_sender_given_up(&s), LN_COAP_BLOCK_FAILED);
}

TEST(sends_more_until_the_end_of_an_unknown_body_is_in_sight)
{
    ln_coap_block_sender_start(&s, LN_COAP_BODY_UNKNOWN, 0);
    CHECK_EQ(answer(LN_COAP_2_31, 0, 0), LN_COAP_BLOCK_NEXT);
    check_next(16, 1, 0, true);
    s.total = 20;
    check_next(16, 1, 0, false);
}

/* A number has 20 bits: in blocks of 16 bytes that is 16 MiB. */
TEST(fails_where_the_numbers_end)
{
    uint32_t last = LN_COAP_BLOCK_NUMBER_MAX;

    ln_coap_block_sender_start(&s, LN_COAP_BODY_UNKNOWN, 0);
    s.offset = (last - 1) * 16;
    CHECK_EQ(answer(LN_COAP_2_31, last - 1, 0), LN_COAP_BLOCK_NEXT);
    CHECK_EQ(answer(LN_COAP_2_31, last, 0), LN_COAP_BLOCK_FAILED);
}

int block_sender_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_block_after_block_and_is_over_with_the_final_answer),
        cmocka_unit_test(sends_a_body_of_whole_blocks_without_an_empty_one_behind),
        cmocka_unit_test(goes_on_at_the_same_byte_with_smaller_blocks_if_asked),
        cmocka_unit_test(does_not_grow_its_blocks),
        cmocka_unit_test(fails_when_the_peer_confirms_another_block),
        cmocka_unit_test(fails_when_the_peer_wants_more_after_the_last_block),
        cmocka_unit_test(goes_on_when_the_peer_acts_on_each_block_by_itself),
        cmocka_unit_test(does_not_take_a_success_for_the_whole_while_blocks_are_left),
        cmocka_unit_test(begins_again_once_when_the_peer_has_lost_blocks),
        cmocka_unit_test(begins_again_with_smaller_blocks_when_the_peer_asks_for_them),
        cmocka_unit_test(begins_again_with_smaller_blocks_when_the_peer_has_room_for_the_body),
        cmocka_unit_test(gives_in_when_the_peer_has_no_room_for_the_body),
        cmocka_unit_test(is_over_with_any_other_error),
        cmocka_unit_test(sends_a_block_without_answer_again_four_times),
        cmocka_unit_test(sends_more_until_the_end_of_an_unknown_body_is_in_sight),
        cmocka_unit_test(fails_where_the_numbers_end),
    };

    return cmocka_run_group_tests_name("block_sender", tests, NULL, NULL);
}
