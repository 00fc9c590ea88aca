/* The single-valued options: what they hold, and what makes them unknown. */

#include "coap_test.h"

static uint8_t buffer[512];

/* A GET with the options that a test adds. */
static struct ln_coap_builder given_a_request(void)
{
    return ln_coap_start(buffer, sizeof(buffer), LN_COAP_CON, LN_COAP_GET, 1, NULL);
}

static ln_err read_options(const struct ln_coap_builder *b, struct ln_coap_options *out)
{
    static struct ln_coap_message m;
    size_t length = ln_coap_finish(b);

    CHECK(length > 0);
    CHECK_OK(ln_coap_parse(ln_bytes(buffer, length), &m));
    return ln_coap_options(&m, out);
}

static ln_err read_one(uint16_t number, struct ln_bytes value, struct ln_coap_options *out)
{
    struct ln_coap_builder b = given_a_request();

    ln_coap_add(&b, number, value);
    return read_options(&b, out);
}

TEST(gives_the_defaults_where_there_are_no_options)
{
    struct ln_coap_builder b = given_a_request();
    struct ln_coap_options o;

    CHECK_OK(read_options(&b, &o));
    CHECK_EQ(o.content_format, LN_FORMAT_NONE);
    CHECK_EQ(o.accept, LN_FORMAT_NONE);
    CHECK_EQ(o.max_age, 60);
    CHECK_EQ(o.etag.len, 0);
    CHECK_EQ(o.path_count, 0);
    CHECK_EQ(o.query_count, 0);
    CHECK_EQ(o.size1, 0);
    CHECK_EQ(o.size2, 0);
    CHECK(!o.has_observe && !o.block1.present && !o.block2.present);
}

TEST(sorts_out_all_options_of_a_message)
{
    struct ln_coap_builder b = given_a_request();
    struct ln_coap_options o;

    ln_coap_add_text(&b, LN_COAP_URI_HOST, "example.net");
    ln_coap_add_text(&b, LN_COAP_ETAG, "first");
    ln_coap_add_text(&b, LN_COAP_ETAG, "second");
    ln_coap_add_uint(&b, LN_COAP_OBSERVE, 0x123456);
    ln_coap_add_uint(&b, LN_COAP_URI_PORT, 5683);
    ln_coap_add_path(&b, LN_COAP_URI_PATH, ln_path_resource(3, 0, 9));
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_TEXT);
    ln_coap_add_uint(&b, LN_COAP_MAX_AGE, 0);
    ln_coap_add_text(&b, LN_COAP_URI_QUERY, "pmin=1");
    ln_coap_add_text(&b, LN_COAP_URI_QUERY, "pmax=2");
    ln_coap_add_uint(&b, LN_COAP_ACCEPT, LN_FORMAT_TLV);
    ln_coap_add_block(&b, LN_COAP_BLOCK2, (struct ln_coap_block){.size_exponent = 6});
    ln_coap_add_block(
        &b, LN_COAP_BLOCK1,
        (struct ln_coap_block){.number = 0xfffff, .size_exponent = 2, .more = true});
    ln_coap_add_uint(&b, LN_COAP_SIZE2, 70000);
    ln_coap_add_uint(&b, LN_COAP_SIZE1, 0xffffffff);

    CHECK_OK(read_options(&b, &o));
    CHECK_TEXT(o.etag, "first");
    CHECK(o.has_observe);
    CHECK_EQ(o.observe, 0x123456);
    CHECK_EQ(o.path_count, 3);
    CHECK_EQ(o.query_count, 2);
    CHECK_EQ(o.content_format, LN_FORMAT_TEXT);
    CHECK_EQ(o.max_age, 0);
    CHECK_EQ(o.accept, LN_FORMAT_TLV);
    CHECK(o.block2.present && !o.block2.more);
    CHECK_EQ(o.block2.number, 0);
    CHECK_EQ(o.block2.size_exponent, 6);
    CHECK(o.block1.present && o.block1.more);
    CHECK_EQ(o.block1.number, 0xfffff);
    CHECK_EQ(o.block1.size_exponent, 2);
    CHECK_EQ(o.size2, 70000);
    CHECK_EQ(o.size1, 0xffffffff);
}

TEST(accepts_leading_zeros_in_numbers)
{
    struct ln_coap_options o;

    CHECK_OK(read_one(LN_COAP_CONTENT_FORMAT, BYTES("\x00\x28"), &o));
    CHECK_EQ(o.content_format, LN_FORMAT_LINK);
    CHECK_OK(read_one(LN_COAP_OBSERVE, BYTES("\x00\x00\x01"), &o));
    CHECK_EQ(o.observe, 1);
    CHECK_OK(read_one(LN_COAP_ACCEPT, BYTES(""), &o));
    CHECK_EQ(o.accept, LN_FORMAT_TEXT);
}

TEST(refuses_an_unknown_critical_option_and_ignores_an_elective_one)
{
    struct ln_coap_options o;

    CHECK_ERR(read_one(9, BYTES(""), &o), LN_ERR_BAD_OPTION); /* OSCORE */
    CHECK_ERR(read_one(65535, BYTES("x"), &o), LN_ERR_BAD_OPTION);
    CHECK_ERR(read_one(LN_COAP_IF_MATCH, BYTES("etag"), &o), LN_ERR_BAD_OPTION);
    CHECK_ERR(read_one(LN_COAP_IF_NONE_MATCH, BYTES(""), &o), LN_ERR_BAD_OPTION);
    CHECK_OK(read_one(0, BYTES("x"), &o));
    CHECK_OK(read_one(10, BYTES("x"), &o));
    CHECK_OK(read_one(LN_COAP_ECHO, BYTES("12345678"), &o));
    CHECK_OK(read_one(LN_COAP_NO_RESPONSE, BYTES("\x02"), &o));
    CHECK_OK(read_one(LN_COAP_REQUEST_TAG, BYTES("tag"), &o));
    CHECK_OK(read_one(65534, BYTES("x"), &o));
}

TEST(says_that_it_is_no_proxy)
{
    struct ln_coap_options o;

    CHECK_ERR(read_one(LN_COAP_PROXY_URI, BYTES("coap://a/"), &o), LN_ERR_NO_PROXY);
    CHECK_ERR(read_one(LN_COAP_PROXY_SCHEME, BYTES("coap"), &o), LN_ERR_NO_PROXY);
    CHECK_EQ(ln_coap_code_of(LN_ERR_NO_PROXY), LN_COAP_CODE(5, 5));
}

/* Each option with a length just below and above what it may have, and at both bounds. */
TEST(takes_a_length_out_of_range_for_an_unknown_option)
{
    static const struct {
        uint16_t number;
        size_t min;
        size_t max;
    } ranges[] = {
        {LN_COAP_URI_HOST, 1, 255}, {LN_COAP_ETAG, 1, 8},        {LN_COAP_OBSERVE, 0, 3},
        {LN_COAP_URI_PORT, 0, 2},   {LN_COAP_URI_PATH, 0, 255},  {LN_COAP_CONTENT_FORMAT, 0, 2},
        {LN_COAP_MAX_AGE, 0, 4},    {LN_COAP_URI_QUERY, 0, 255}, {LN_COAP_ACCEPT, 0, 2},
        {LN_COAP_BLOCK2, 0, 3},     {LN_COAP_BLOCK1, 0, 3},      {LN_COAP_SIZE2, 0, 4},
        {LN_COAP_SIZE1, 0, 4},
    };
    static const uint8_t zeros[256];
    struct ln_coap_options o;

    for (size_t i = 0; i < LN_COUNT(ranges); i++) {
        uint16_t number = ranges[i].number;
        ln_err expected = (number & 1) != 0 ? LN_ERR_BAD_OPTION : LN_OK;

        CHECK_OK(read_one(number, ln_bytes(zeros, ranges[i].min), &o));
        CHECK_OK(read_one(number, ln_bytes(zeros, ranges[i].max), &o));
        CHECK_ERR(read_one(number, ln_bytes(zeros, ranges[i].max + 1), &o), expected);
        if (ranges[i].min > 0) {
            CHECK_ERR(read_one(number, ln_bytes(zeros, ranges[i].min - 1), &o), expected);
        }
    }
}

TEST(ignores_the_value_of_an_elective_option_that_is_too_long)
{
    struct ln_coap_options o;

    CHECK_OK(read_one(LN_COAP_CONTENT_FORMAT, BYTES("\x00\x00\x28"), &o));
    CHECK_EQ(o.content_format, LN_FORMAT_NONE);
    CHECK_OK(read_one(LN_COAP_OBSERVE, BYTES("\x00\x00\x00\x00"), &o));
    CHECK(!o.has_observe);
    CHECK_OK(read_one(LN_COAP_ETAG, BYTES("ninebytes"), &o));
    CHECK_EQ(o.etag.len, 0);
}

TEST(refuses_a_second_critical_option_and_ignores_a_second_elective_one)
{
    static const uint16_t critical[] = {LN_COAP_URI_HOST, LN_COAP_URI_PORT, LN_COAP_ACCEPT,
                                        LN_COAP_BLOCK2, LN_COAP_BLOCK1};
    struct ln_coap_options o;
    struct ln_coap_builder b;

    for (size_t i = 0; i < LN_COUNT(critical); i++) {
        b = given_a_request();
        ln_coap_add(&b, critical[i], BYTES("\x01"));
        ln_coap_add(&b, critical[i], BYTES("\x01"));
        CHECK_ERR(read_options(&b, &o), LN_ERR_BAD_OPTION);
    }
    b = given_a_request();
    ln_coap_add_uint(&b, LN_COAP_OBSERVE, 1);
    ln_coap_add_uint(&b, LN_COAP_OBSERVE, 2);
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_LINK);
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_TLV);
    CHECK_OK(read_options(&b, &o));
    CHECK_EQ(o.observe, 1);
    CHECK_EQ(o.content_format, LN_FORMAT_LINK);
}

TEST(refuses_the_reserved_size_of_a_block)
{
    struct ln_coap_options o;

    CHECK_ERR(read_one(LN_COAP_BLOCK1, BYTES("\x07"), &o), LN_ERR_BAD_REQUEST);
    CHECK_ERR(read_one(LN_COAP_BLOCK2, BYTES("\x1f"), &o), LN_ERR_BAD_REQUEST);
}

TEST(counts_more_segments_than_fit_the_counter_as_many)
{
    struct ln_coap_builder b = given_a_request();
    struct ln_coap_options o;

    for (int i = 0; i < 300; i++) {
        ln_coap_add_text(&b, LN_COAP_URI_PATH, "");
    }
    CHECK_OK(read_options(&b, &o));
    CHECK_EQ(o.path_count, 255);
}

int options_tests(void)
{
    static const struct CMUnitTest options[] = {
        cmocka_unit_test(gives_the_defaults_where_there_are_no_options),
        cmocka_unit_test(sorts_out_all_options_of_a_message),
        cmocka_unit_test(accepts_leading_zeros_in_numbers),
        cmocka_unit_test(refuses_an_unknown_critical_option_and_ignores_an_elective_one),
        cmocka_unit_test(says_that_it_is_no_proxy),
        cmocka_unit_test(takes_a_length_out_of_range_for_an_unknown_option),
        cmocka_unit_test(ignores_the_value_of_an_elective_option_that_is_too_long),
        cmocka_unit_test(refuses_a_second_critical_option_and_ignores_a_second_elective_one),
        cmocka_unit_test(refuses_the_reserved_size_of_a_block),
        cmocka_unit_test(counts_more_segments_than_fit_the_counter_as_many),
    };

    return RUN_TESTS(options);
}
