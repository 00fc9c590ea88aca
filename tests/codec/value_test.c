/* Values: names of types, equality, and conversion without loss. */

#include "codec/support.h"
#include "codec/value.h"

#include <math.h>

TEST(names_every_type)
{
    static const char *const names[] = {"none",    "string", "integer", "unsigned", "float",
                                        "boolean", "opaque", "time",    "objlnk",   "corelnk"};

    for (size_t i = 0; i < LN_COUNT(names); i++) {
        assert_string_equal(ln_type_name((enum ln_type)i), names[i]);
    }
}

static struct ln_value corelnk(const char *text)
{
    struct ln_value value = ln_value_string(text);

    value.type = LN_CORELNK;
    return value;
}

static bool equal(struct ln_value a, struct ln_value b)
{
    return ln_value_equal(&a, &b);
}

TEST(compares_values_by_type_and_content)
{
    const struct ln_value all[] = {
        {.type = LN_NONE},     ln_value_string("a"),   ln_value_string("b"),
        ln_value_string(NULL), corelnk("a"),           ln_value_opaque(BYTES("a")),
        ln_value_integer(1),   ln_value_integer(-1),   ln_value_time(1),
        ln_value_unsigned(1),  ln_value_unsigned(2),   ln_value_float(1),
        ln_value_float(1.5),   ln_value_boolean(true), ln_value_boolean(false),
        ln_value_objlnk(1, 2), ln_value_objlnk(1, 3),  ln_value_objlnk(2, 2),
    };

    for (size_t i = 0; i < LN_COUNT(all); i++) {
        for (size_t j = 0; j < LN_COUNT(all); j++) {
            CHECK_EQ(equal(all[i], all[j]), i == j);
        }
    }
    CHECK(equal(ln_value_string(""), ln_value_string(NULL)));
}

TEST(takes_one_nan_for_another)
{

    CHECK(equal(ln_value_float(NAN), ln_value_float(-NAN)));
    CHECK(!equal(ln_value_float(NAN), ln_value_float(0)));
}

#define TWO_TO_63 9223372036854775808.0
#define TWO_TO_64 18446744073709551616.0

TEST(converts_numbers_where_nothing_is_lost)
{
    const struct {
        struct ln_value from;
        struct ln_value to;
    } rows[] = {
        {ln_value_integer(-5), ln_value_time(-5)},
        {ln_value_time(5), ln_value_unsigned(5)},
        {ln_value_integer(INT64_MAX), ln_value_unsigned(INT64_MAX)},
        {ln_value_unsigned(INT64_MAX), ln_value_integer(INT64_MAX)},
        {ln_value_integer(INT64_MIN), ln_value_time(INT64_MIN)},
        {ln_value_integer(INT64_MIN), ln_value_float(-TWO_TO_63)},
        {ln_value_float(-TWO_TO_63), ln_value_integer(INT64_MIN)},
        {ln_value_float(1.638435e9), ln_value_time(1638435000)},
        {ln_value_float(-2), ln_value_integer(-2)},
        {ln_value_float(TWO_TO_63), ln_value_unsigned(1ULL << 63)},
        {ln_value_integer(9007199254740992), ln_value_float(9007199254740992.0)},
        {ln_value_unsigned(UINT64_MAX - 2047), ln_value_float(TWO_TO_64 - 2048)},
        {ln_value_integer(0), ln_value_float(0)},
        {ln_value_integer(-7), ln_value_integer(-7)},
        {ln_value_boolean(true), ln_value_boolean(true)},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_value value = rows[i].from;
        CHECK_OK(ln_value_convert(&value, rows[i].to.type));
        CHECK(ln_value_equal(&value, &rows[i].to));
    }
}

TEST(refuses_conversions_that_lose_something_and_leaves_the_value)
{
    const struct {
        struct ln_value from;
        enum ln_type to;
    } rows[] = {
        {ln_value_integer(-1), LN_UNSIGNED},
        {ln_value_unsigned(1ULL << 63), LN_INTEGER},
        {ln_value_unsigned(UINT64_MAX), LN_FLOAT},
        {ln_value_integer(9007199254740993), LN_FLOAT},
        {ln_value_integer(INT64_MAX), LN_FLOAT},
        {ln_value_float(0.5), LN_INTEGER},
        {ln_value_float(TWO_TO_63), LN_INTEGER},
        {ln_value_float(-TWO_TO_63 * 2), LN_TIME},
        {ln_value_float(TWO_TO_64), LN_UNSIGNED},
        {ln_value_float(-1), LN_UNSIGNED},
        {ln_value_float(NAN), LN_INTEGER},
        {ln_value_float(INFINITY), LN_UNSIGNED},
        {ln_value_float(1e300), LN_INTEGER},
        {ln_value_integer(1), LN_BOOLEAN},
        {ln_value_boolean(true), LN_INTEGER},
        {ln_value_string("1"), LN_INTEGER},
        {ln_value_string("a"), LN_OPAQUE},
        {ln_value_opaque(BYTES("a")), LN_STRING},
        {ln_value_integer(1), LN_STRING},
        {ln_value_integer(1), LN_NONE},
        {ln_value_objlnk(1, 2), LN_INTEGER},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_value value = rows[i].from;
        CHECK_ERR(ln_value_convert(&value, rows[i].to), LN_ERR_BAD_VALUE);
        CHECK(ln_value_equal(&value, &rows[i].from));
    }
}

TEST(takes_string_and_corelnk_for_each_other_if_they_are_utf8)
{
    struct ln_value good = ln_value_string("</3>");
    struct ln_value bad = ln_value_string("\xff");

    CHECK_OK(ln_value_convert(&good, LN_CORELNK));
    CHECK_EQ(good.type, LN_CORELNK);
    CHECK_OK(ln_value_convert(&good, LN_STRING));
    CHECK_TEXT(good.as.bytes, "</3>");
    CHECK_ERR(ln_value_convert(&bad, LN_STRING), LN_ERR_BAD_VALUE);
    CHECK_ERR(ln_value_convert(&bad, LN_CORELNK), LN_ERR_BAD_VALUE);
}

TEST(reads_and_writes_links_as_text)
{
    char text[16];
    struct ln_writer w = ln_writer(text, sizeof(text));
    struct ln_objlnk link;

    CHECK(ln__objlnk_of_text(BYTES("66:1"), &link));
    CHECK_EQ(link.object, 66);
    CHECK_EQ(link.instance, 1);
    CHECK(ln__objlnk_of_text(BYTES("FFFF:FFFF"), &link));
    ln__write_objlnk(&w, link);
    CHECK_TEXT(ln_writer_bytes(&w), "65535:65535");
}

TEST(refuses_text_that_is_no_link)
{
    static const char *const texts[] = {
        "", ":", "3", "3:", ":0", "3:0:1", "3/0", "65536:0", "0:65536", "-1:0", "3: 0", "a:b",
    };
    struct ln_objlnk link;

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        CHECK(!ln__objlnk_of_text(ln_bytes_of_text(texts[i]), &link));
    }
}

int value_tests(void);

int value_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(names_every_type),
        cmocka_unit_test(compares_values_by_type_and_content),
        cmocka_unit_test(takes_one_nan_for_another),
        cmocka_unit_test(converts_numbers_where_nothing_is_lost),
        cmocka_unit_test(refuses_conversions_that_lose_something_and_leaves_the_value),
        cmocka_unit_test(takes_string_and_corelnk_for_each_other_if_they_are_utf8),
        cmocka_unit_test(reads_and_writes_links_as_text),
        cmocka_unit_test(refuses_text_that_is_no_link),
    };
    return RUN_TESTS(group);
}
