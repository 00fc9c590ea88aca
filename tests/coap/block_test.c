/* Windows of a body, sizes of blocks, and the number that tells bodies apart. */

#include "coap_test.h"

static uint8_t buffer[256];

static struct ln_coap_block block(uint32_t number, uint8_t exponent)
{
    return (struct ln_coap_block){.number = number, .size_exponent = exponent, .present = true};
}

TEST(fits_the_largest_block_into_the_room_there_is)
{
    CHECK_EQ(ln_coap_block_fit(5000), 6);
    CHECK_EQ(ln_coap_block_fit(1024), 6);
    CHECK_EQ(ln_coap_block_fit(1023), 5);
    CHECK_EQ(ln_coap_block_fit(16), 0);
    CHECK_EQ(ln_coap_block_fit(3), 0);
}

TEST(answers_without_blocks_where_none_were_asked_for_and_the_body_fits)
{
    struct ln_coap_block out;

    CHECK_OK(ln_coap_block_window((struct ln_coap_block){0}, 4, 256, &out));
    CHECK(!out.present);
    CHECK_EQ(ln_coap_block_offset(out), 0);
    CHECK_EQ(ln_coap_block_size(out), 256);
    CHECK_OK(ln_coap_block_window((struct ln_coap_block){0}, 4, 257, &out));
    CHECK(out.present && out.more);
    CHECK_EQ(out.size_exponent, 4);
}

TEST(answers_in_blocks_no_larger_than_what_was_asked_for)
{
    struct ln_coap_block out;

    CHECK_OK(ln_coap_block_window(block(2, 0), 4, 48, &out));
    CHECK(out.present && !out.more);
    CHECK_EQ(out.size_exponent, 0);
    CHECK_EQ(out.number, 2);
    CHECK_OK(ln_coap_block_window(block(2, 0), 4, 49, &out));
    CHECK(out.more);
}

/* RFC 7959 §2.4: the byte stays where it is, the number is counted in our blocks. */
TEST(counts_the_number_anew_where_its_own_blocks_are_smaller)
{
    struct ln_coap_block out;

    CHECK_OK(ln_coap_block_window(block(3, 6), 4, 4000, &out));
    CHECK_EQ(out.number, 12);
    CHECK_EQ(out.size_exponent, 4);
    CHECK_EQ(ln_coap_block_offset(out), 3072);
    CHECK(out.more);
}

TEST(refuses_a_block_behind_the_end_but_for_the_first_of_an_empty_body)
{
    struct ln_coap_block out;

    CHECK_OK(ln_coap_block_window(block(0, 0), 6, 0, &out));
    CHECK(out.present && !out.more);
    CHECK_OK(ln_coap_block_window(block(1, 0), 6, 17, &out));
    CHECK_ERR(ln_coap_block_window(block(1, 0), 6, 16, &out), LN_ERR_BAD_REQUEST);
    CHECK_ERR(ln_coap_block_window(block(LN_COAP_BLOCK_NUMBER_MAX, 6), 0, 16, &out),
              LN_ERR_BAD_REQUEST);
    CHECK_ERR(ln_coap_block_window(block(LN_COAP_BLOCK_NUMBER_MAX, 6), 0, UINT32_MAX, &out),
              LN_ERR_BAD_REQUEST); /* no number says where that is in blocks of 16 */
}

/* The key of a PUT to /path with a format, and one more option. */
static uint32_t key_of(uint8_t code, const char *path, const char *query, uint16_t number,
                       const char *value)
{
    struct ln_coap_builder b =
        ln_coap_start(buffer, sizeof(buffer), LN_COAP_CON, code, 1, NULL);
    struct ln_coap_message m;

    if (number == LN_COAP_OBSERVE) {
        ln_coap_add_text(&b, number, value);
    }
    ln_coap_add_text(&b, LN_COAP_URI_PATH, path);
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, 42);
    ln_coap_add_text(&b, LN_COAP_URI_QUERY, query);
    if (number > LN_COAP_URI_QUERY) {
        ln_coap_add_text(&b, number, value);
    }
    ln_coap_add_payload(&b, BYTES("payload"));
    CHECK_OK(ln_coap_parse(ln_bytes(buffer, ln_coap_finish(&b)), &m));
    return ln_coap_block_key(&m);
}

TEST(tells_bodies_apart_by_method_path_query_and_request_tag)
{
    uint32_t key = key_of(LN_COAP_PUT, "5", "a", 0, "");

    CHECK(key != key_of(LN_COAP_POST, "5", "a", 0, ""));
    CHECK(key != key_of(LN_COAP_PUT, "6", "a", 0, ""));
    CHECK(key != key_of(LN_COAP_PUT, "5", "b", 0, ""));
    CHECK(key != key_of(LN_COAP_PUT, "5", "a", LN_COAP_ACCEPT, "x"));
    CHECK(key != key_of(LN_COAP_PUT, "5", "a", LN_COAP_REQUEST_TAG, ""));
    CHECK(key_of(LN_COAP_PUT, "5", "a", LN_COAP_REQUEST_TAG, "1") !=
          key_of(LN_COAP_PUT, "5", "a", LN_COAP_REQUEST_TAG, "2"));
    CHECK(key_of(LN_COAP_PUT, "5a", "", 0, "") != key_of(LN_COAP_PUT, "5", "a", 0, ""));
}

TEST(does_not_tell_bodies_apart_by_what_differs_between_their_blocks)
{
    static const uint16_t numbers[] = {LN_COAP_OBSERVE, LN_COAP_BLOCK1, LN_COAP_BLOCK2,
                                       LN_COAP_SIZE1,   LN_COAP_SIZE2,  LN_COAP_ECHO};
    uint32_t key = key_of(LN_COAP_PUT, "5", "a", 0, "");

    for (size_t i = 0; i < LN_COUNT(numbers); i++) {
        CHECK_EQ(key, key_of(LN_COAP_PUT, "5", "a", numbers[i], "x"));
    }
}

int block_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_the_largest_block_into_the_room_there_is),
        cmocka_unit_test(answers_without_blocks_where_none_were_asked_for_and_the_body_fits),
        cmocka_unit_test(answers_in_blocks_no_larger_than_what_was_asked_for),
        cmocka_unit_test(counts_the_number_anew_where_its_own_blocks_are_smaller),
        cmocka_unit_test(refuses_a_block_behind_the_end_but_for_the_first_of_an_empty_body),
        cmocka_unit_test(tells_bodies_apart_by_method_path_query_and_request_tag),
        cmocka_unit_test(does_not_tell_bodies_apart_by_what_differs_between_their_blocks),
    };

    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
