/* A time for a payload that was written: what went in comes out, with that time. */

#include "codec/random_records.h"

enum { NOON = 1764072000 };

static const struct ln_format *const with_times[] = {&ln_format_json, &ln_format_senml_json,
                                                     &ln_format_senml_cbor};

static struct ln_bytes dated(uint16_t format, struct ln_bytes payload, bool expected)
{
    static uint8_t buffer[65536];
    struct ln_writer w = ln_writer(buffer, sizeof(buffer));

    CHECK_EQ(ln_write_dated(&w, format, payload, NOON), expected);
    CHECK(!w.failed);
    return ln_writer_bytes(&w);
}

TEST(stands_where_the_formats_want_it)
{
    const struct ln_record level = {.path = {{3, 0, 9}, 3}, .value = ln_value_integer(80)};
    struct ln_bytes written;

    CHECK_OK(encode(&ln_format_senml_json, "/3/0/9", &level, 1, &written));
    CHECK_TEXT(dated(LN_FORMAT_SENML_JSON, written, true),
               "[{\"bt\":1764072000,\"bn\":\"/3/0/9\",\"v\":80}]");
    CHECK_OK(encode(&ln_format_json, "/3/0/9", &level, 1, &written));
    CHECK_TEXT(dated(LN_FORMAT_JSON, written, true),
               "{\"bt\":1764072000,\"bn\":\"/3/0/9\",\"e\":[{\"v\":80}]}");
    CHECK_OK(encode(&ln_format_senml_cbor, "/3/0/9", &level, 1, &written));
    CHECK_BYTES(dated(LN_FORMAT_SENML_CBOR, written, true),
                "\x81\xa3"                     /* one record of three labels */
                "\x22\x1a\x69\x25\x9a\x40"     /* base time */
                "\x21\x66/3/0/9\x02\x18\x50"); /* base name, value */
}

TEST(all_records_come_back_with_it)
{
    static struct heap_of_records heap = {.seed = 5};

    for (unsigned round = 0; round < 300; round++) {
        const struct ln_format *format = with_times[round % LN_COUNT(with_times)];
        struct ln_bytes written;
        size_t values = 0;
        random_records(&heap);
        for (size_t i = 0; i < heap.count; i++) {
            heap.records[i].time_ns = 0;
            values += heap.records[i].value.type != LN_NONE;
        }
        CHECK_OK(encode(format, "/40000", heap.records, heap.count, &written));
        if (values == 0) {
            continue;
        }
        const struct decoded *got =
            decode_bytes(format, "/40000", dated(format->id, written, true));
        CHECK_OK(got->err);
        CHECK_EQ(got->count, values);
        for (size_t i = 0; i < got->count; i++) {
            CHECK_EQ(got->records[i].time_ns, INT64_C(1764072000) * 1000000000);
        }
    }
}

TEST(what_has_no_place_for_it_and_what_is_empty_is_left_alone)
{
    CHECK_EQ(dated(LN_FORMAT_TEXT, BYTES("80"), false).len, 0);
    CHECK_EQ(dated(LN_FORMAT_TLV, BYTES("\xc1\x09\x50"), false).len, 0);
    CHECK_EQ(dated(LN_FORMAT_SENML_JSON, BYTES("[]"), false).len, 0);
    CHECK_EQ(dated(LN_FORMAT_SENML_CBOR, BYTES("\x80"), false).len, 0);
    CHECK_EQ(dated(LN_FORMAT_SENML_CBOR, BYTES(""), false).len, 0);
}

int dated_tests(void);

int dated_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(stands_where_the_formats_want_it),
        cmocka_unit_test(all_records_come_back_with_it),
        cmocka_unit_test(what_has_no_place_for_it_and_what_is_empty_is_left_alone),
    };
    return RUN_TESTS(group);
}
