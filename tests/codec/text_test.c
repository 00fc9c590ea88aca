/* The plain text format: spec CORE-1.1.1 §7.4.1 and Appendix C. */

#include "codec/support.h"

#include <math.h>

/* What decodes and, where it is the spelling that we write, encodes to the same text. */
struct row {
    const char *base;
    const char *text;
    struct ln_value value;
    bool ours;
};

static struct ln_value corelnk(const char *text)
{
    struct ln_value value = ln_value_string(text);

    value.type = LN_CORELNK;
    return value;
}

static void check_row(const struct row *row)
{
    struct ln_record record = {.path = path(row->base), .value = row->value};
    struct ln_bytes written;
    const struct decoded *got =
        decode_bytes(&ln_format_text, row->base, ln_bytes_of_text(row->text));

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 1);
    CHECK(ln_path_equal(got->records[0].path, path(row->base)));
    CHECK(ln_value_equal(&got->records[0].value, &row->value));
    if (row->ours) {
        CHECK_OK(encode(&ln_format_text, row->base, &record, 1, &written));
        CHECK_TEXT(written, row->text);
    }
}

TEST(reads_and_writes_each_type)
{
    const struct row rows[] = {
        {"/3442/0/110", "Open Mobile", ln_value_string("Open Mobile"), true},
        {"/3442/0/110", "", ln_value_string(""), true},
        {"/3442/0/110", "f\xc3\xb3\xc3\xb3", ln_value_string("f\xc3\xb3\xc3\xb3"), true},
        {"/3442/0/120", "-42", ln_value_integer(-42), true},
        {"/3442/0/120", "9223372036854775800", ln_value_integer(9223372036854775800), true},
        {"/3442/0/120", "-9223372036854775808", ln_value_integer(INT64_MIN), true},
        {"/3442/0/125", "18446744073709551615", ln_value_unsigned(UINT64_MAX), true},
        {"/3442/0/130", "0.00000000006667", ln_value_float(0.00000000006667), true},
        {"/3442/0/130", "-1.5", ln_value_float(-1.5), true},
        {"/3442/0/130", "6.667E-11", ln_value_float(6.667e-11), false},
        {"/3442/0/130", "20", ln_value_float(20), true},
        {"/3442/0/140", "1", ln_value_boolean(true), true},
        {"/3442/0/140", "0", ln_value_boolean(false), true},
        {"/3442/0/150", "q83v", ln_value_opaque(BYTES("\xab\xcd\xef")), true},
        {"/3442/0/150", "AA==", ln_value_opaque(BYTES("\0")), true},
        {"/3442/0/150", "", ln_value_opaque(BYTES("")), true},
        {"/3442/0/160", "1367491215", ln_value_time(1367491215), true},
        {"/3442/0/160", "-1", ln_value_time(-1), true},
        {"/3442/0/170", "66:1", ln_value_objlnk(66, 1), true},
        {"/3442/0/170", "65535:65535", ln_value_objlnk(65535, 65535), true},
        {"/3442/0/170", "FFFF:FFFF", ln_value_objlnk(65535, 65535), false},
        {"/3442/0/180", "</3>;ver=1.1", corelnk("</3>;ver=1.1"), true},
        {"/3/0/6/1", "5", ln_value_integer(5), true},
        {"/9999/0/0", "not known", ln_value_string("not known"), true},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        check_row(&rows[i]);
    }
}

TEST(refuses_text_that_is_not_of_the_type)
{
    static const struct {
        const char *base;
        const char *text;
    } rows[] = {
        {"/3442/0/110", "\xff"},
        {"/3442/0/120", ""},
        {"/3442/0/120", "1.0"},
        {"/3442/0/120", "+1"},
        {"/3442/0/120", " 1"},
        {"/3442/0/120", "9223372036854775808"},
        {"/3442/0/125", "-1"},
        {"/3442/0/125", "18446744073709551616"},
        {"/3442/0/130", ""},
        {"/3442/0/130", "nan"},
        {"/3442/0/130", "1,5"},
        {"/3442/0/140", "true"},
        {"/3442/0/140", "2"},
        {"/3442/0/140", ""},
        {"/3442/0/140", "01"},
        {"/3442/0/150", "q83"},
        {"/3442/0/150", "q8!v"},
        {"/3442/0/150", "AB=="},
        {"/3442/0/150", "-_8="},
        {"/3442/0/150", "AA==AA=="},
        {"/3442/0/160", "2013-05-02T10:40:15Z"},
        {"/3442/0/160", "1e9"},
        {"/3442/0/170", "66"},
        {"/3442/0/170", "66:65536"},
        {"/9999/0/0", "\xc3"},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        const struct decoded *got =
            decode_bytes(&ln_format_text, rows[i].base, ln_bytes_of_text(rows[i].text));
        CHECK_EQ(got->count, 0);
        CHECK_ERR(got->err, LN_ERR_BAD_VALUE);
    }
}

TEST(needs_the_path_of_one_value)
{
    static const char *const bases[] = {"/", "/3", "/3/0"};

    for (size_t i = 0; i < LN_COUNT(bases); i++) {
        CHECK_ERR(decode_bytes(&ln_format_text, bases[i], BYTES("1"))->err, LN_ERR_BAD_FORMAT);
    }
}

TEST(says_when_there_is_no_room_for_base64)
{
    struct ln_decoder decoder;
    struct ln_record record;
    uint8_t room[8];
    struct ln_arena small = ln_arena(room, sizeof(room));
    struct ln_bytes payload = BYTES("AAAAAAAAAAAAAAAA");

    ln_decoder_init(&decoder, &ln_format_text, path("/3442/0/150"), payload, &test_types,
                    &small);
    CHECK(!ln_decode(&decoder, &record));
    CHECK_ERR(decoder.err, LN_ERR_NO_SPACE);
    ln_decoder_init(&decoder, &ln_format_text, path("/3442/0/150"), payload, &test_types, NULL);
    CHECK(!ln_decode(&decoder, &record));
    CHECK_ERR(decoder.err, LN_ERR_NO_SPACE);
}

TEST(writes_just_the_one_value_that_was_asked_for)
{
    const struct ln_record two[] = {
        {.path = {{3, 0, 6, 0}, 4}, .value = ln_value_integer(1)},
        {.path = {{3, 0, 6, 1}, 4}, .value = ln_value_integer(5)},
    };
    const struct ln_record none = {.path = {{3, 0, 6}, 3}};
    struct ln_bytes out;

    CHECK_ERR(encode(&ln_format_text, "/3/0/6", two, 2, &out), LN_ERR_NOT_ACCEPTABLE);
    CHECK_ERR(encode(&ln_format_text, "/3/0/6", two, 1, &out), LN_ERR_NOT_ACCEPTABLE);
    CHECK_ERR(encode(&ln_format_text, "/3/0/6", two, 0, &out), LN_ERR_NOT_ACCEPTABLE);
    CHECK_ERR(encode(&ln_format_text, "/3/0/6", &none, 1, &out), LN_ERR_NOT_ACCEPTABLE);
    CHECK_ERR(encode(&ln_format_text, "/3/0", two, 1, &out), LN_ERR_NOT_ACCEPTABLE);
    CHECK_OK(encode(&ln_format_text, "/3/0/6/0", two, 1, &out));
    CHECK_TEXT(out, "1");
}

TEST(cannot_write_what_is_not_a_number)
{
    static const double numbers[] = {(double)NAN, (double)INFINITY, (double)-INFINITY};
    struct ln_bytes out;

    for (size_t i = 0; i < LN_COUNT(numbers); i++) {
        struct ln_record record = {.path = path("/3442/0/130"),
                                   .value = ln_value_float(numbers[i])};
        CHECK_ERR(encode(&ln_format_text, "/3442/0/130", &record, 1, &out),
                  LN_ERR_NOT_ACCEPTABLE);
    }
}

int text_tests(void);

int text_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(reads_and_writes_each_type),
        cmocka_unit_test(refuses_text_that_is_not_of_the_type),
        cmocka_unit_test(needs_the_path_of_one_value),
        cmocka_unit_test(says_when_there_is_no_room_for_base64),
        cmocka_unit_test(writes_just_the_one_value_that_was_asked_for),
        cmocka_unit_test(cannot_write_what_is_not_a_number),
    };
    return RUN_TESTS(group);
}
