/* CBOR of one value: spec CORE-1.1.1 §7.4.3, RFC 8949, and what peers send. */

#include "codec/support.h"

#include <stdlib.h>

static void check_refused(const char *base, const char *hex, ln_err err)
{
    const struct decoded *got = decode_hex(&ln_format_cbor, base, hex);

    CHECK_ERR(got->err, err);
    CHECK_EQ(got->count, 0);
}

static void check_value(const char *base, const char *hex, struct ln_value expected)
{
    const struct decoded *got = decode_hex(&ln_format_cbor, base, hex);

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 1);
    CHECK(ln_value_equal(&got->records[0].value, &expected));
}

static void check_encoded(struct ln_value value, const char *hex)
{
    struct ln_record record = {.path = path("/9/0/0"), .value = value};
    size_t len;
    uint8_t *expected = bytes_of_hex(hex, &len);
    struct ln_bytes out;

    CHECK_OK(encode(&ln_format_cbor, "/9/0/0", &record, 1, &out));
    CHECK(ln_bytes_equal(out, ln_bytes(expected, len)));
    free(expected);
}

#define STRING   "/3442/0/110"
#define INTEGER  "/3442/0/120"
#define UNSIGNED "/3442/0/125"
#define FLOAT    "/3442/0/130"
#define BOOLEAN  "/3442/0/140"
#define OPAQUE   "/3442/0/150"
#define TIME     "/3442/0/160"
#define LINK     "/3442/0/170"
#define CORELNK  "/3442/0/180"
#define UNKNOWN  "/9999/0/0"

TEST(reads_each_type)
{
    const struct {
        const char *base;
        const char *hex;
        struct ln_value expected;
    } rows[] = {
        {STRING, "6161", ln_value_string("a")},
        {STRING, "60", ln_value_string("")},
        {STRING, "7f6161626263ff", ln_value_string("abc")},
        {STRING, "7fff", ln_value_string("")},
        {STRING, "780161", ln_value_string("a")},
        {INTEGER, "17", ln_value_integer(23)},
        {INTEGER, "1818", ln_value_integer(24)},
        {INTEGER, "1900ff", ln_value_integer(255)},
        {INTEGER, "1b7fffffffffffffff", ln_value_integer(INT64_MAX)},
        {INTEGER, "20", ln_value_integer(-1)},
        {INTEGER, "3b7fffffffffffffff", ln_value_integer(INT64_MIN)},
        {INTEGER, "f94500", ln_value_integer(5)},
        {INTEGER, "c4820105", ln_value_integer(50)},
        {UNSIGNED, "1bffffffffffffffff", ln_value_unsigned(UINT64_MAX)},
        {FLOAT, "f93c00", ln_value_float(1)},
        {FLOAT, "f90001", ln_value_float(0x1p-24)},
        {FLOAT, "f983ff", ln_value_float(-0x3ffp-24)},
        {FLOAT, "f97c00", ln_value_float(1e308 * 10)},
        {FLOAT, "f97e00", ln_value_float(1e308 * 10 - 1e308 * 10)},
        {FLOAT, "fa3fc00000", ln_value_float(1.5)},
        {FLOAT, "fb3fb999999999999a", ln_value_float(0.1)},
        {FLOAT, "05", ln_value_float(5)},
        {FLOAT, "1bffffffffffffffff", ln_value_float(18446744073709551616.0)},
        {FLOAT, "c4822001", ln_value_float(0.1)},
        {FLOAT, "c49f2001ff", ln_value_float(0.1)},
        {FLOAT, "c4822020", ln_value_float(-0.1)},
        {BOOLEAN, "f5", ln_value_boolean(true)},
        {BOOLEAN, "f4", ln_value_boolean(false)},
        {OPAQUE, "43abcdef", ln_value_opaque(BYTES("\xab\xcd\xef"))},
        {OPAQUE, "5f41ab42cdefff", ln_value_opaque(BYTES("\xab\xcd\xef"))},
        {OPAQUE, "40", ln_value_opaque(BYTES(""))},
        {TIME, "1a5182428f", ln_value_time(1367491215)},
        {TIME, "c11a5182428f", ln_value_time(1367491215)},
        {TIME, "c1fb41d46090a3c00000", ln_value_time(1367491215)},
        {TIME, "c120", ln_value_time(-1)},
        /* "2013-05-02T10:40:15Z", as Zephyr sends it. */
        {TIME, "c074323031332d30352d30325431303a34303a31355a", ln_value_time(1367491215)},
        /* "2013-05-02T12:40:15.00+02:00" */
        {TIME, "c0781c323031332d30352d30325431323a34303a31352e30302b30323a3030",
         ln_value_time(1367491215)},
        {LINK, "6436363a30", ln_value_objlnk(66, 0)},
        {LINK, "6536363a3000", ln_value_objlnk(66, 0)}, /* Zephyr's, with a NUL */
        {CORELNK, "643c2f313e", {.type = LN_CORELNK, .as.bytes = BYTES("</1>")}},
        {INTEGER, "d9d9f705", ln_value_integer(5)}, /* a tag that says no more than "CBOR" */
        /* Of no known type. */
        {UNKNOWN, "05", ln_value_integer(5)},
        {UNKNOWN, "1bffffffffffffffff", ln_value_unsigned(UINT64_MAX)},
        {UNKNOWN, "f94500", ln_value_float(5)},
        {UNKNOWN, "6161", ln_value_string("a")},
        {UNKNOWN, "4100", ln_value_opaque(BYTES("\0"))},
        {UNKNOWN, "f4", ln_value_boolean(false)},
        {UNKNOWN, "c105", ln_value_time(5)},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        check_value(rows[i].base, rows[i].hex, rows[i].expected);
    }
}

TEST(refuses_values_of_another_type)
{
    static const char *const rows[][2] = {
        {INTEGER, "6135"},
        {INTEGER, "f93e00"},
        {INTEGER, "1b8000000000000000"},
        {INTEGER, "3b8000000000000000"},
        {INTEGER, "3bffffffffffffffff"},
        {UNSIGNED, "20"},
        {STRING, "4161"},
        {STRING, "61ff"},
        {STRING, "626100"},
        {OPAQUE, "6161"},
        {BOOLEAN, "01"},
        {BOOLEAN, "f6"},
        {LINK, "623636"},
        {LINK, "4436363a30"},
        {UNKNOWN, "f6"},
        {UNKNOWN, "f7"},
        {UNKNOWN, "80"},
        {UNKNOWN, "a0"},
        {UNKNOWN, "f818"},
        {UNKNOWN, "c24105"},
        {UNKNOWN, "c5822001"},
        {UNKNOWN, "c505"},
        {TIME, "c005"},
        {TIME, "c1f93e00"},
        {TIME, "c16135"},
        {TIME, "c1c105"},
        {FLOAT, "c405"},
        {FLOAT, "c481f5"},
        {FLOAT, "c482f501"},
        {FLOAT, "c48219040001"},
        {FLOAT, "c48238011bffffffffffffffff"},
        {FLOAT, "c482381b01"},
        {FLOAT, "c4823bffffffffffffffff01"},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        check_refused(rows[i][0], rows[i][1], LN_ERR_BAD_VALUE);
    }
}

TEST(refuses_what_is_not_one_item)
{
    static const char *const rows[] = {
        "",
        "0505",
        "18",
        "1c",
        "1f",
        "3f",
        "df",
        "ff",
        "f93c",
        "62",
        "6261",
        "7f",
        "7f61",
        "7f4161ff",
        "7f7fffff",
        "7f05ff",
        "7bffffffffffffffff",
        "5bffffffffffffffff61",
        "c1",
        "c482",
        "c49f200102ff",
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        check_refused(UNKNOWN, rows[i], LN_ERR_BAD_PAYLOAD);
    }
}

TEST(reads_times_of_the_calendar)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2000-02-29T23:59:59Z", 951868799},
        {"2000-03-01T00:00:00z", 951868800},
        {"1900-03-01T00:00:00Z", -2203891200},
        {"0000-01-01T00:00:00Z", -62167219200},
        {"9999-12-31t23:59:59Z", 253402300799},
        {"2016-12-31T23:59:60Z", 1483228800},
        {"1969-12-31T23:30:00-00:30", 0},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        uint8_t payload[64] = {0xC0, 0x78, (uint8_t)strlen(rows[i].text)};
        memcpy(payload + 3, rows[i].text, strlen(rows[i].text));
        const struct decoded *got =
            decode_bytes(&ln_format_cbor, TIME, ln_bytes(payload, 3 + strlen(rows[i].text)));
        CHECK_OK(got->err);
        CHECK_EQ(got->records[0].value.as.integer, rows[i].seconds);
    }
}

TEST(refuses_times_that_are_none)
{
    static const char *const texts[] = {
        "1900-02-29T00:00:00Z",     "2001-04-31T00:00:00Z",
        "2001-13-01T00:00:00Z",     "2001-00-01T00:00:00Z",
        "2001-01-00T00:00:00Z",     "2001-01-01T24:00:00Z",
        "2001-01-01T00:60:00Z",     "2001-01-01T00:00:61Z",
        "2001-01-01T00:00:00",      "2001-01-01 00:00:00Z",
        "2001-01-01T00:00:00.5Z",   "2001-01-01T00:00:00.Z",
        "2001-01-01T00:00:00+1:00", "2001-01-01T00:00:00Zx",
        "20010101T000000Z",         "",
    };

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        uint8_t payload[64] = {0xC0, 0x78, (uint8_t)strlen(texts[i])};
        memcpy(payload + 3, texts[i], strlen(texts[i]));
        const struct decoded *got =
            decode_bytes(&ln_format_cbor, TIME, ln_bytes(payload, 3 + strlen(texts[i])));
        CHECK_ERR(got->err, LN_ERR_BAD_VALUE);
    }
}

TEST(writes_each_type)
{
    check_encoded(ln_value_string("abc"), "63616263");
    check_encoded(ln_value_integer(23), "17");
    check_encoded(ln_value_integer(24), "1818");
    check_encoded(ln_value_integer(256), "190100");
    check_encoded(ln_value_integer(65536), "1a00010000");
    check_encoded(ln_value_integer(1LL << 32), "1b0000000100000000");
    check_encoded(ln_value_integer(INT64_MIN), "3b7fffffffffffffff");
    check_encoded(ln_value_unsigned(UINT64_MAX), "1bffffffffffffffff");
    check_encoded(ln_value_float(1.5), "fa3fc00000");
    check_encoded(ln_value_float(0.1), "fb3fb999999999999a");
    check_encoded(ln_value_float(1e308 * 10), "fb7ff0000000000000");
    check_encoded(ln_value_boolean(true), "f5");
    check_encoded(ln_value_boolean(false), "f4");
    check_encoded(ln_value_opaque(BYTES("\xab\xcd")), "42abcd");
    check_encoded(ln_value_time(1367491215), "c11a5182428f");
    check_encoded(ln_value_objlnk(66, 0), "6436363a30");
}

TEST(refuses_to_write_what_is_no_one_value)
{
    const struct ln_record records[] = {
        {.path = {{3, 0, 0}, 3}, .value = ln_value_string("x")},
        {.path = {{3, 0, 1}, 3}, .value = ln_value_string("\xff")},
        {.path = {{3, 0, 2}, 3}},
    };
    struct ln_bytes out;

    CHECK_ERR(encode(&ln_format_cbor, "/3/0", records, 1, &out), LN_ERR_NOT_ACCEPTABLE);
    CHECK_ERR(encode(&ln_format_cbor, "/3/0/1", &records[1], 1, &out), LN_ERR_NOT_ACCEPTABLE);
    CHECK_ERR(encode(&ln_format_cbor, "/3/0/2", &records[2], 1, &out), LN_ERR_NOT_ACCEPTABLE);
    CHECK_ERR(decode_hex(&ln_format_cbor, "/3/0", "05")->err, LN_ERR_BAD_FORMAT);
}

int cbor_tests(void);

int cbor_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(reads_each_type),
        cmocka_unit_test(refuses_values_of_another_type),
        cmocka_unit_test(refuses_what_is_not_one_item),
        cmocka_unit_test(reads_times_of_the_calendar),
        cmocka_unit_test(refuses_times_that_are_none),
        cmocka_unit_test(writes_each_type),
        cmocka_unit_test(refuses_to_write_what_is_no_one_value),
    };
    return RUN_TESTS(group);
}
