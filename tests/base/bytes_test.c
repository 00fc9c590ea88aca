/* Borrowed bytes, UTF-8 and the texts of errors. */

#include "base_tests.h"
#include "ln_test.h"

TEST(compares_bytes_and_texts)
{
    CHECK(ln_bytes_equal(BYTES("ab"), BYTES("ab")));
    CHECK(!ln_bytes_equal(BYTES("ab"), BYTES("abc")));
    CHECK(!ln_bytes_equal(BYTES("ab"), BYTES("aB")));
    CHECK(ln_bytes_equal(ln_bytes(NULL, 0), BYTES("")));
    CHECK(ln_bytes_are(BYTES("ep"), "ep"));
    CHECK(!ln_bytes_are(BYTES("ep\0"), "ep"));
    CHECK(ln_bytes_are(ln_bytes_of_text(NULL), ""));
    CHECK(ln_bytes_start_with(BYTES("abc"), BYTES("ab")));
    CHECK(ln_bytes_start_with(BYTES("abc"), BYTES("")));
    CHECK(!ln_bytes_start_with(BYTES("abc"), BYTES("abcd")));
    CHECK(!ln_bytes_start_with(BYTES("abc"), BYTES("b")));
}

TEST(sorts_bytes_as_unsigned_and_a_start_before_the_whole)
{
    CHECK(ln_bytes_compare(BYTES("a"), BYTES("b")) < 0);
    CHECK(ln_bytes_compare(BYTES("\x80"), BYTES("\x7F")) > 0);
    CHECK(ln_bytes_compare(BYTES("a"), BYTES("aa")) < 0);
    CHECK(ln_bytes_compare(BYTES("aa"), BYTES("a")) > 0);
    CHECK(ln_bytes_compare(BYTES("b"), BYTES("aa")) > 0);
    CHECK_EQ(ln_bytes_compare(BYTES(""), ln_bytes(NULL, 0)), 0);
    CHECK(ln_bytes_compare(ln_bytes(NULL, 0), BYTES("a")) < 0);
}

TEST(makes_a_c_string_and_says_when_it_is_cut)
{
    char text[4];

    CHECK(ln_bytes_to_text(BYTES("abc"), text, sizeof(text)));
    assert_string_equal(text, "abc");
    CHECK(!ln_bytes_to_text(BYTES("abcd"), text, sizeof(text)));
    assert_string_equal(text, "abc");
    CHECK(ln_bytes_to_text(ln_bytes(NULL, 0), text, sizeof(text)));
    assert_string_equal(text, "");
    CHECK(!ln_bytes_to_text(BYTES("a\0b"), text, sizeof(text)));
    CHECK(!ln_bytes_to_text(BYTES("a"), text, 0));
}

TEST(takes_well_formed_utf8)
{
    CHECK(ln_utf8_valid(ln_bytes(NULL, 0)));
    CHECK(ln_utf8_valid(BYTES("\x01 ~\x7F")));
    CHECK(ln_utf8_valid(BYTES("\xC2\x80\xDF\xBF")));
    CHECK(ln_utf8_valid(BYTES("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF")));
    CHECK(ln_utf8_valid(BYTES("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF")));
}

TEST(refuses_what_is_not_utf8)
{
    static const struct ln_bytes wrong[] = {
        {(const uint8_t *)"a\0", 2},              /* NUL */
        {(const uint8_t *)"\x80", 1},             /* no lead byte */
        {(const uint8_t *)"\xC0\x80", 2},         /* overlong NUL */
        {(const uint8_t *)"\xC1\xBF", 2},         /* overlong */
        {(const uint8_t *)"\xE0\x9F\xBF", 3},     /* overlong */
        {(const uint8_t *)"\xF0\x8F\xBF\xBF", 4}, /* overlong */
        {(const uint8_t *)"\xED\xA0\x80", 3},     /* a surrogate */
        {(const uint8_t *)"\xF4\x90\x80\x80", 4}, /* above U+10FFFF */
        {(const uint8_t *)"\xF5\x80\x80\x80", 4}, /* above U+10FFFF */
        {(const uint8_t *)"\xFF", 1},             /* no lead byte */
        {(const uint8_t *)"\xC3", 1},             /* cut short */
        {(const uint8_t *)"\xE2\x82", 2},         /* cut short */
        {(const uint8_t *)"\xF0\x90\x80", 3},     /* cut short */
        {(const uint8_t *)"\xE2\x82\x41", 3},     /* a letter inside */
        {(const uint8_t *)"\xC3\xA9\xA9", 3},     /* one byte too many */
    };

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK(!ln_utf8_valid(wrong[i]));
    }
}

TEST(has_a_sentence_for_each_error)
{
    assert_string_equal(ln_err_text(LN_OK), "no error");
    assert_string_equal(ln_err_text(LN_ERR_BUSY), "not now: try again later");
    assert_string_equal(ln_err_text(LN_ERR_SYSTEM),
                        "the operating system refused a call: see errno");
    CHECK(ln_err_text((ln_err)200) != NULL);
}

int bytes_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_bytes_and_texts),
        cmocka_unit_test(sorts_bytes_as_unsigned_and_a_start_before_the_whole),
        cmocka_unit_test(makes_a_c_string_and_says_when_it_is_cut),
        cmocka_unit_test(takes_well_formed_utf8),
        cmocka_unit_test(refuses_what_is_not_utf8),
        cmocka_unit_test(has_a_sentence_for_each_error),
    };

    return RUN_TESTS(tests);
}
