/* JSON as it is written, and times as text. */

#include "ln_test.h"

#include "linnetd/json_out.h"
#include "linnetd/time_text.h"

#include <math.h>

static struct text_out text;
static struct json_out json;

static void given_an_empty_text(void)
{
    text = (struct text_out){.at = NULL};
    json = (struct json_out){.out = &text};
}

static void check_written(const char *expected)
{
    CHECK_TEXT(ln_bytes(text.at, text.len), expected);
    text_free(&text);
}

TEST(puts_commas_between_members_and_items_only)
{
    given_an_empty_text();
    out_open(&json, '{');
    out_key(&json, "a");
    out_open(&json, '[');
    out_unsigned(&json, 1);
    out_null(&json);
    out_open(&json, '{');
    out_close(&json, '}');
    out_close(&json, ']');
    out_key(&json, "b");
    out_boolean(&json, true);
    out_close(&json, '}');
    check_written("{\"a\":[1,null,{}],\"b\":true}");
}

TEST(escapes_what_json_does_not_allow_in_strings)
{
    given_an_empty_text();
    out_string(&json, BYTES("q\" b\\ n\n z\0 d\x7f u\xc3\xa9"));
    check_written("\"q\\\" b\\\\ n\\u000a z\\u0000 d\\u007f u\xc3\xa9\"");
}

TEST(writes_valid_json_for_strings_that_are_no_utf8)
{
    given_an_empty_text();
    out_string(&json, BYTES("a\xff\xc3z"));
    check_written("\"a\\ufffd\\ufffdz\"");
}

TEST(writes_integers_beyond_2_to_the_53_as_strings)
{
    given_an_empty_text();
    out_open(&json, '[');
    out_integer(&json, INT64_C(9007199254740992));
    out_integer(&json, INT64_C(9007199254740993));
    out_integer(&json, INT64_C(-9007199254740993));
    out_unsigned(&json, UINT64_MAX);
    out_close(&json, ']');
    check_written("[9007199254740992,\"9007199254740993\",\"-9007199254740993\","
                  "\"18446744073709551615\"]");
}

TEST(writes_floats_in_their_shortest_form_and_what_is_no_number_as_string)
{
    given_an_empty_text();
    out_open(&json, '[');
    out_double(&json, 20.1);
    out_double(&json, NAN);
    out_double(&json, INFINITY);
    out_double(&json, -INFINITY);
    out_close(&json, ']');
    check_written("[20.1,\"NaN\",\"Infinity\",\"-Infinity\"]");
}

TEST(writes_base64_of_any_length_without_padding_in_between)
{
    static uint8_t zeros[100];

    given_an_empty_text();
    out_base64(&json, ln_bytes(zeros, sizeof(zeros)));
    CHECK_EQ(text.len, 2 + 136);
    CHECK(memchr(text.at, '=', 2 + 133) == NULL);
    CHECK_EQ(memcmp(text.at + text.len - 5, "AA==\"", 5), 0);
    text_free(&text);
}

TEST(writes_times_with_milliseconds_where_there_are_any)
{
    char out[TIME_TEXT_MAX];

    CHECK(time_to_text(1714564800000, out));
    assert_string_equal(out, "2024-05-01T12:00:00Z");
    CHECK(time_to_text(-1, out));
    assert_string_equal(out, "1969-12-31T23:59:59.999Z");
    CHECK(!time_to_text(INT64_MAX, out));
    CHECK(!time_to_text(INT64_C(253402300800000), out));
}

TEST(reads_times_with_fractions_and_offsets)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"2024-05-01T12:00:00Z", 1714564800000},
        {"2024-05-01t12:00:00.25z", 1714564800250},
        {"2024-05-01T14:00:00+02:00", 1714564800000},
        {"1969-12-31T23:59:59.9999Z", -1},
    };
    int64_t ms;

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        CHECK(time_of_text(ln_bytes_of_text(cases[i].text), &ms));
        CHECK_EQ(ms, cases[i].ms);
    }
}

TEST(refuses_what_is_no_time)
{
    static const char *const wrong[] = {
        "",
        "2024-05-01",
        "2024-05-01T12:00:00",
        "2024-02-30T12:00:00Z",
        "2024-13-01T12:00:00Z",
        "2024-00-01T12:00:00Z",
        "2024-05-01T24:00:00Z",
        "2024-05-01T12:00:00.Z",
        "2024-05-01T12:00:00Zx",
        "2024-05-01 12:00:00Z",
        "24-05-01T12:00:00Z",
    };
    int64_t ms;

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK(!time_of_text(ln_bytes_of_text(wrong[i]), &ms));
    }
}

int json_out_tests(void);

int json_out_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(puts_commas_between_members_and_items_only),
        cmocka_unit_test(escapes_what_json_does_not_allow_in_strings),
        cmocka_unit_test(writes_valid_json_for_strings_that_are_no_utf8),
        cmocka_unit_test(writes_integers_beyond_2_to_the_53_as_strings),
        cmocka_unit_test(writes_floats_in_their_shortest_form_and_what_is_no_number_as_string),
        cmocka_unit_test(writes_base64_of_any_length_without_padding_in_between),
        cmocka_unit_test(writes_times_with_milliseconds_where_there_are_any),
        cmocka_unit_test(reads_times_with_fractions_and_offsets),
        cmocka_unit_test(refuses_what_is_no_time),
    };
    return RUN_TESTS(group);
}
