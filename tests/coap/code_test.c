/* Codes: what answers an error, and their text. */

#include "coap_test.h"

static void check_text(uint8_t code, const char *text)
{
    char buffer[4];
    struct ln_writer w = ln_writer(buffer, sizeof(buffer));

    ln_coap_write_code(&w, code);
    CHECK(!w.failed);
    CHECK_TEXT(ln_writer_bytes(&w), text);
}

TEST(writes_a_code_with_two_digits_of_detail)
{
    check_text(LN_COAP_EMPTY, "0.00");
    check_text(LN_COAP_DELETE, "0.04");
    check_text(LN_COAP_2_31, "2.31");
    check_text(LN_COAP_4_04, "4.04");
    check_text(LN_COAP_4_15, "4.15");
    check_text(0xff, "7.31");
}

TEST(answers_each_error_with_the_code_of_its_row)
{
    CHECK_EQ(ln_coap_code_of(LN_ERR_BAD_OPTION), 0x82);
    CHECK_EQ(ln_coap_code_of(LN_ERR_NOT_FOUND), 0x84);
    CHECK_EQ(ln_coap_code_of(LN_ERR_BUSY), 0xa3);
}

TEST(answers_an_error_without_a_code_with_5_00)
{
    CHECK_EQ(ln_coap_code_of(LN_ERR_BAD_CONFIG), 0xa0);
    CHECK_EQ(ln_coap_code_of((ln_err)1000), 0xa0);
}

TEST(tells_requests_from_responses)
{
    CHECK(!ln_coap_is_request(0) && !ln_coap_is_response(0));
    CHECK(ln_coap_is_request(LN_COAP_GET) && ln_coap_is_request(31));
    CHECK(!ln_coap_is_request(32) && !ln_coap_is_response(32));
    CHECK(ln_coap_is_response(LN_COAP_2_01) && ln_coap_is_response(LN_COAP_5_03));
    CHECK(!ln_coap_is_response(192));
}

int code_tests(void)
{
    static const struct CMUnitTest code[] = {
        cmocka_unit_test(writes_a_code_with_two_digits_of_detail),
        cmocka_unit_test(answers_each_error_with_the_code_of_its_row),
        cmocka_unit_test(answers_an_error_without_a_code_with_5_00),
        cmocka_unit_test(tells_requests_from_responses),
    };

    return RUN_TESTS(code);
}
