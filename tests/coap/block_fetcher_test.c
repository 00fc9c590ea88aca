/* A body that we fetch by Block2: what to ask for after each kind of answer. */

#include "coap_test.h"

enum { LARGEST = 100000 };

static struct ln_coap_block_fetcher f;
static uint8_t payload[1024];

/* What the peer answers: a block of `len` bytes with an ETag of one letter, or none. */
static enum ln_coap_block_step answer(uint8_t code, struct ln_coap_block block, size_t len,
                                      const char *etag)
{
    struct ln_coap_message m = {.code = code, .payload = ln_bytes(payload, len)};
    struct ln_coap_options o = {.block2 = block, .etag = ln_bytes_of_text(etag), .size2 = 777};

    return ln_coap_block_fetcher_answered(&f, &m, &o);
}

static struct ln_coap_block block(uint32_t number, uint8_t exponent, bool more)
{
    return (struct ln_coap_block){
        .number = number, .size_exponent = exponent, .more = more, .present = true};
}

static void check_asks(uint32_t number, uint8_t exponent)
{
    struct ln_coap_block next = ln_coap_block_fetcher_next(&f);

    CHECK(next.present && !next.more);
    CHECK_EQ(next.number, number);
    CHECK_EQ(next.size_exponent, exponent);
}

static void given_two_blocks_of_64_taken(void)
{
    ln_coap_block_fetcher_start(&f, LARGEST, 2);
    check_asks(0, 2);
    CHECK_EQ(answer(LN_COAP_2_05, block(0, 2, true), 64, "a"), LN_COAP_BLOCK_NEXT);
    check_asks(1, 2);
    CHECK_EQ(answer(LN_COAP_2_05, block(1, 2, true), 64, "a"), LN_COAP_BLOCK_NEXT);
    check_asks(2, 2);
}

TEST(asks_for_block_after_block_up_to_the_one_without_more)
{
    given_two_blocks_of_64_taken();
    CHECK_EQ(answer(LN_COAP_2_05, block(2, 2, false), 3, "a"), LN_COAP_BLOCK_END);
    CHECK_EQ(f.offset, 131);
    CHECK_EQ(f.size2, 777);
}

TEST(leaves_the_size_to_the_peer_if_it_does_not_mind)
{
    ln_coap_block_fetcher_start(&f, LARGEST, LN_COAP_BLOCK_ANY);
    CHECK(!ln_coap_block_fetcher_next(&f).present);
    CHECK_EQ(answer(LN_COAP_2_05, block(0, 5, true), 512, ""), LN_COAP_BLOCK_NEXT);
    check_asks(1, 5);
}

TEST(takes_an_answer_without_blocks_as_the_whole)
{
    ln_coap_block_fetcher_start(&f, LARGEST, 0);
    CHECK_EQ(answer(LN_COAP_2_05, (struct ln_coap_block){0}, 700, ""), LN_COAP_BLOCK_END);
    CHECK_EQ(f.offset, 700);
    ln_coap_block_fetcher_start(&f, 699, LN_COAP_BLOCK_ANY);
    CHECK_EQ(answer(LN_COAP_2_05, (struct ln_coap_block){0}, 700, ""), LN_COAP_BLOCK_FAILED);
}

TEST(goes_on_at_the_same_byte_when_the_peer_has_smaller_blocks)
{
    given_two_blocks_of_64_taken();
    CHECK_EQ(answer(LN_COAP_2_05, block(8, 0, true), 16, "a"), LN_COAP_BLOCK_NEXT);
    check_asks(9, 0);
    /* and never asks for larger ones again, nor takes them */
    CHECK_EQ(answer(LN_COAP_2_05, block(9, 0, true), 16, "a"), LN_COAP_BLOCK_NEXT);
    check_asks(10, 0);
    CHECK_EQ(answer(LN_COAP_2_05, block(5, 1, true), 32, "a"), LN_COAP_BLOCK_FAILED);
}

TEST(refuses_blocks_larger_than_what_it_asked_for)
{
    ln_coap_block_fetcher_start(&f, LARGEST, 2);
    CHECK_EQ(answer(LN_COAP_2_05, block(0, 3, true), 128, ""), LN_COAP_BLOCK_FAILED);
}

TEST(refuses_a_block_that_it_did_not_ask_for)
{
    for (uint32_t number = 0; number < 5; number++) {
        given_two_blocks_of_64_taken();
        CHECK_EQ(answer(LN_COAP_2_05, block(number, 2, true), 64, "a"),
                 number == 2 ? LN_COAP_BLOCK_NEXT : LN_COAP_BLOCK_FAILED);
    }
    given_two_blocks_of_64_taken();
    CHECK_EQ(answer(LN_COAP_2_05, (struct ln_coap_block){0}, 64, "a"), LN_COAP_BLOCK_FAILED);
}

TEST(refuses_a_block_that_is_not_full_and_not_the_last)
{
    given_two_blocks_of_64_taken();
    CHECK_EQ(answer(LN_COAP_2_05, block(2, 2, true), 63, "a"), LN_COAP_BLOCK_FAILED);
    given_two_blocks_of_64_taken();
    CHECK_EQ(answer(LN_COAP_2_05, block(2, 2, true), 65, "a"), LN_COAP_BLOCK_FAILED);
    given_two_blocks_of_64_taken();
    CHECK_EQ(answer(LN_COAP_2_05, block(2, 2, false), 65, "a"), LN_COAP_BLOCK_FAILED);
}

TEST(refuses_a_body_larger_than_it_may_be)
{
    given_two_blocks_of_64_taken();
    f.largest = 140;
    CHECK_EQ(answer(LN_COAP_2_05, block(2, 2, false), 13, "a"), LN_COAP_BLOCK_FAILED);
    CHECK_EQ(answer(LN_COAP_2_05, block(2, 2, false), 12, "a"), LN_COAP_BLOCK_END);
}

TEST(begins_again_when_the_body_has_changed_but_not_for_ever)
{
    given_two_blocks_of_64_taken();
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(answer(LN_COAP_2_05, block(f.offset / 64, 2, true), 64, "b"),
                 LN_COAP_BLOCK_RESTART);
        check_asks(0, 2);
        CHECK_EQ(answer(LN_COAP_2_05, block(0, 2, true), 64, "a"), LN_COAP_BLOCK_NEXT);
    }
    CHECK_EQ(answer(LN_COAP_2_05, block(1, 2, true), 64, ""), LN_COAP_BLOCK_FAILED);
}

TEST(begins_again_when_the_peer_has_forgotten_the_body)
{
    given_two_blocks_of_64_taken();
    CHECK_EQ(answer(LN_COAP_4_08, (struct ln_coap_block){0}, 0, ""), LN_COAP_BLOCK_RESTART);
    check_asks(0, 2);
    CHECK_EQ(answer(LN_COAP_4_08, (struct ln_coap_block){0}, 0, ""), LN_COAP_BLOCK_REFUSED);
}

TEST(is_over_with_an_error)
{
    given_two_blocks_of_64_taken();
    CHECK_EQ(answer(LN_COAP_4_04, (struct ln_coap_block){0}, 0, ""), LN_COAP_BLOCK_REFUSED);
}

TEST(asks_for_a_block_without_answer_again_four_times)
{
    given_two_blocks_of_64_taken();
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(ln_coap_block_fetcher_given_up(&f), LN_COAP_BLOCK_NEXT);
        check_asks(2, 2);
    }
    CHECK_EQ(ln_coap_block_fetcher_given_up(&f), LN_COAP_BLOCK_FAILED);
    CHECK_EQ(answer(LN_COAP_2_05, block(2, 2, true), 64, "a"), LN_COAP_BLOCK_NEXT);
    CHECK_EQ(ln_coap_block_fetcher_given_up(&f), LN_COAP_BLOCK_NEXT); /* counted anew */
}

int block_fetcher_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_block_after_block_up_to_the_one_without_more),
        cmocka_unit_test(leaves_the_size_to_the_peer_if_it_does_not_mind),
        cmocka_unit_test(takes_an_answer_without_blocks_as_the_whole),
        cmocka_unit_test(goes_on_at_the_same_byte_when_the_peer_has_smaller_blocks),
        cmocka_unit_test(refuses_blocks_larger_than_what_it_asked_for),
        cmocka_unit_test(refuses_a_block_that_it_did_not_ask_for),
        cmocka_unit_test(refuses_a_block_that_is_not_full_and_not_the_last),
        cmocka_unit_test(refuses_a_body_larger_than_it_may_be),
        cmocka_unit_test(begins_again_when_the_body_has_changed_but_not_for_ever),
        cmocka_unit_test(begins_again_when_the_peer_has_forgotten_the_body),
        cmocka_unit_test(is_over_with_an_error),
        cmocka_unit_test(asks_for_a_block_without_answer_again_four_times),
    };

    return cmocka_run_group_tests_name("block_fetcher", tests, NULL, NULL);
}
