/* SenML in CBOR: spec CORE-1.1.1 §7.4.4, RFC 8428 §6, and what peers send. */

#include "codec/support.h"

#include "codec/senml_vectors.h"

#include <stdlib.h>

static const struct decoded *senml(const char *base, const char *hex)
{
    return decode_hex(&ln_format_senml_cbor, base, hex);
}

static void check_encoded(const char *base, const struct ln_record *records, size_t count,
                          const char *hex)
{
    size_t len;
    uint8_t *expected = bytes_of_hex(hex, &len);
    struct ln_bytes out;

    CHECK_OK(encode(&ln_format_senml_cbor, base, records, count, &out));
    CHECK(ln_bytes_equal(out, ln_bytes(expected, len)));
    free(expected);
}

TEST(reads_and_writes_a_device)
{
    const struct decoded *got = senml("/3/0", SENML_DEVICE_CBOR);

    check_senml_device(got);
    check_encoded("/3/0", got->records, got->count, SENML_DEVICE_CBOR);
}

TEST(reads_and_writes_an_opaque_value)
{
    const char *const hex = "81a221662f302f302f330843abcdef";
    const struct decoded *got = senml("/0/0/3", hex);

    CHECK_OK(got->err);
    CHECK_BYTES(value_at(got, "/0/0/3")->as.bytes, "\xab\xcd\xef");
    check_encoded("/0/0/3", got->records, 1, hex);
}

TEST(reads_a_float_of_16_bits)
{
    const struct decoded *got = senml("/3442/0/130", "81a202f95cb0216b2f333434322f302f313330");

    CHECK_OK(got->err);
    CHECK(value_at(got, "/3442/0/130")->as.number == 300.0);
}

TEST(reads_times_as_decimal_fractions)
{
    const struct decoded *got =
        senml("/", "83a321662f302f302f3022c482001a1dcd6504036c53616d706c65537472696e67"
                   "a321662f302f302f3122c482001a1dcd650504f4"
                   "a321662f302f302f3222c482001a1dcd6506021901c8");

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 3);
    CHECK_EQ(got->records[0].time_ns, 500000004000000000);
    CHECK_TEXT(got->records[0].value.as.bytes, "SampleString");
    CHECK_EQ(got->records[1].time_ns, 500000005000000000);
    CHECK_EQ(got->records[1].value.type, LN_BOOLEAN);
    CHECK_EQ(got->records[2].time_ns, 500000006000000000);
    CHECK_EQ(got->records[2].value.as.integer, 456);
}

/* One record of /3/0/9 = 1 with the time given. */
static const struct decoded *at_time(const char *time)
{
    char hex[96];
    struct ln_writer w = ln_writer(hex, sizeof(hex) - 1);

    ln_write_text(&w, "81a321662f332f302f39020106");
    ln_write_text(&w, time);
    hex[w.written] = '\0';
    return senml("/3/0/9", hex);
}

TEST(reads_times_of_each_kind)
{
    static const struct {
        const char *hex;
        int64_t ns;
    } rows[] = {
        {"24", -5000000000},
        {"1a655204dd", 1699874013000000000},
        {"f9c500", -5000000000},
        {"fa3dcccccd", 100000001},
        {"fb41d95484eb710625", 1699877805766000000},
        {"c482281b17972ddb7ff44f15", 1699877805123456789},
        {"c4820905", 5000000000000000000},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        const struct decoded *got = at_time(rows[i].hex);
        CHECK_OK(got->err);
        CHECK_EQ(got->records[0].time_ns, rows[i].ns);
    }
}

TEST(writes_times_so_that_they_come_back)
{
    static const int64_t times[] = {
        1,
        -1,
        1500000000,
        1699877805123456789,
        1699877805766000000,
        1000000000,
        -5000000000,
        INT64_MAX,
        INT64_MIN,
        INT64_MIN + 1,
        268435455999999999,
        123456789,
    };

    for (size_t i = 0; i < LN_COUNT(times); i++) {
        const struct ln_record record = {
            .path = {{3, 0, 9}, 3}, .value = ln_value_integer(1), .time_ns = times[i]};
        struct ln_bytes out;
        CHECK_OK(encode(&ln_format_senml_cbor, "/3/0", &record, 1, &out));
        const struct decoded *got = decode_bytes(&ln_format_senml_cbor, "/3/0", out);
        CHECK_OK(got->err);
        CHECK_EQ(got->records[0].time_ns, times[i]);
    }
}

TEST(writes_times_as_integer_float_or_fraction)
{
    struct ln_record record = {.path = {{3, 0, 9}, 3}, .value = ln_value_integer(1)};

    record.time_ns = -5000000000;
    check_encoded("/3/0/9", &record, 1, "81a321662f332f302f3906240201");
    record.time_ns = 1500000000;
    check_encoded("/3/0/9", &record, 1, "81a321662f332f302f3906fa3fc000000201");
    record.time_ns = 1699877805123456789;
    check_encoded("/3/0/9", &record, 1, "81a321662f332f302f3906c482281b17972ddb7ff44f150201");
}

TEST(refuses_times_that_are_too_fine_or_too_far)
{
    static const char *const times[] = {
        "c4822901",
        "c4820a05",
        "1b0000000225c17d05",
        "fb4202a05f20000000",
        "f97e00",
        "f97c00",
        "f4",
        "6131",
        "c4823bffffffffffffffff01",
        "c4821b7fffffffffffffff01",
    };

    for (size_t i = 0; i < LN_COUNT(times); i++) {
        CHECK_ERR(at_time(times[i])->err, LN_ERR_BAD_VALUE);
    }
}

TEST(takes_lengths_that_are_not_said)
{
    const struct decoded *got =
        senml("/3/0", "9fbf217f632f332f62302fff006139021864ffbf007f61316130ff020fffff");
    CHECK_OK(got->err);
    CHECK_EQ(got->count, 2);
    CHECK_EQ(value_at(got, "/3/0/9")->as.integer, 100);
    CHECK_EQ(value_at(got, "/3/0/10")->as.integer, 15);
}

TEST(adds_the_base_value)
{
    /* bv 100, n 120, v 20; n 130, v 0.5; n 160 */
    const struct decoded *got = senml("/3442/0", "83a421682f333434322f302f24186400633132300214"
                                                 "a2006331333002f93800"
                                                 "a10063313630");

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 3);
    CHECK_EQ(value_at(got, "/3442/0/120")->as.integer, 120);
    CHECK(value_at(got, "/3442/0/130")->as.number == 100.5);
    CHECK_EQ(value_at(got, "/3442/0/160")->as.integer, 100);
}

/* Of one record in a map of two pairs: the path and what is given, and a value where it has none. */
static const struct decoded *with(const char *pair)
{
    char hex[200];
    struct ln_writer w = ln_writer(hex, sizeof(hex) - 1);

    ln_write_text(&w, "81a300662f332f302f390201");
    ln_write_text(&w, pair);
    hex[w.written] = '\0';
    return senml("/3", hex);
}

TEST(passes_over_what_it_does_not_know)
{
    static const char *const pairs[] = {
        "0163616263", /* u "abc" */
        "0a05",
        "2605",
        "1bffffffffffffffff05",
        "617805",
        "6080",
        "617884818005a16101f6f97c00",
        "6178bf61619f01ffff",
        "6178c1c205",
        "617f05",
        "200a", /* bver 10 */
        "2200",
        "236157", /* bt, bu */
        "617881818181818181818181818181818100",
    };

    for (size_t i = 0; i < LN_COUNT(pairs); i++) {
        const struct decoded *got = with(pairs[i]);
        CHECK_OK(got->err);
        CHECK_EQ(got->count, 1);
    }
}

TEST(refuses_what_is_not_senml_in_cbor)
{
    static const char *const rows[] = {
        "a0",
        "01",
        "f6",
        "ff",
        "8100",
        "81a0",
        "8000",
        "9f",
        "9fff00",
        "82a200662f332f302f390201",
        "81a200662f332f302f3902",
        "81a200662f332f302f39",
        "9bffffffffffffffff",
        "9bffffffffffffffffff",
        "81a300662f332f302f3902016178bb8000000000000000",
        "81bb8000000000000000",
        "81a300662f332f302f3902010201",
        "81a300662f332f302f390201036161",
        "81a200652f332f302f0201",
        "81a10201",
        "81a200642f332f300201",
        "81a200662f342f302f390201",
        "81a20065332f302f390201",
        "81a200090201",
        "81a200462f332f302f390201",
        "81a300662f332f302f390201625f5f05",
        "81a300662f332f302f3902017f61785f5fff05",
        "81a300662f332f302f3902017f615f6179615fff05",
        "81a300662f332f302f390201c10505",
        "81a300662f332f302f39020161785f41ff05ff",
        "81a300662f332f302f390201200b",
        "81a300662f332f302f390201246131",
        "81a300662f332f302f39020120fa3f000000",
        "81a20078192f36353533342f36353533342f36353533342f3635353334000201",
        "82a200662f332f302f390201a200662f332f302f390201",
        "83a200662f332f302f390201a200672f332f302f31300201a200662f332f302f390201",
        "81a300662f332f302f390201617881818181818181818181818181818181818100",
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        CHECK_ERR(senml("/3", rows[i])->err, LN_ERR_BAD_PAYLOAD);
    }
}

TEST(refuses_values_of_another_type)
{
    static const char *const rows[] = {
        "81a200662f332f302f39026131", "81a200662f332f302f3902f6",
        "81a200662f332f302f3902f5",   "81a200662f332f302f39036131",
        "81a200662f332f302f390305",   "81a200662f332f302f3902f93e00",
        "81a200662f332f302f3902a0",   "81a200662f332f302f3963766c6f63333a30",
        "81a200662f332f302f300361ff", "81a200662f332f302f30084161",
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        CHECK_ERR(senml("/3", rows[i])->err, LN_ERR_BAD_VALUE);
    }
}

TEST(reads_and_writes_links)
{
    const char *const hex = "81a2216b2f333434322f302f31373063766c6f6436363a30";
    const struct decoded *got = senml("/3442/0/170", hex);

    CHECK_OK(got->err);
    CHECK_EQ(value_at(got, "/3442/0/170")->as.link.object, 66);
    check_encoded("/3442/0/170", got->records, 1, hex);
    got = senml("/3442/0/170", "81a20366333434323a30216b2f333434322f302f313730");
    CHECK_OK(got->err);
    CHECK_EQ(value_at(got, "/3442/0/170")->as.link.object, 3442); /* Leshan's, a string */
    got = senml("/3442/0/170", "81a203623636216b2f333434322f302f313730");
    CHECK_ERR(got->err, LN_ERR_BAD_VALUE);
    got = senml("/9999/0/0", "81a200692f393939392f302f3063766c6f65363a363600");
    CHECK_OK(got->err);
    CHECK_EQ(value_at(got, "/9999/0/0")->type, LN_OBJLNK); /* with Zephyr's NUL */
}

TEST(takes_nothing_as_no_records)
{
    static const char *const rows[] = {"", "80", "9fff"};

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        CHECK_OK(senml("/3/0", rows[i])->err);
        CHECK_EQ(senml("/3/0", rows[i])->count, 0);
    }
    check_encoded("/3", NULL, 0, "80");
}

TEST(refuses_every_payload_that_is_cut)
{
    size_t len;
    uint8_t *all = bytes_of_hex(SENML_DEVICE_CBOR, &len);

    for (size_t cut = 1; cut < len; cut++) {
        CHECK_ERR(decode_bytes(&ln_format_senml_cbor, "/3/0", ln_bytes(all, cut))->err,
                  LN_ERR_BAD_PAYLOAD);
    }
    free(all);
}

TEST(refuses_to_write_what_it_cannot_say)
{
    const struct ln_record wrong[] = {
        {.path = {{3, 0, 9}, 3}, .value = ln_value_string("\xff")},
        {.path = {{3, LN_ID_NONE, 9}, 3}, .value = ln_value_integer(1)},
        {.path = {{4, 0, 9}, 3}, .value = ln_value_integer(1)},
    };
    const struct ln_record mixed[] = {
        {.path = {{3, 0, 6}, 3}, .value = ln_value_integer(1)},
        {.path = {{3, 0, 6, 1}, 4}, .value = ln_value_integer(1)},
    };
    struct ln_bytes out;

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK_ERR(encode(&ln_format_senml_cbor, "/3", &wrong[i], 1, &out),
                  LN_ERR_NOT_ACCEPTABLE);
    }
    CHECK_ERR(encode(&ln_format_senml_cbor, "/3/0/6", mixed, 2, &out), LN_ERR_NOT_ACCEPTABLE);
}

int senml_cbor_tests(void);

int senml_cbor_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(reads_and_writes_a_device),
        cmocka_unit_test(reads_and_writes_an_opaque_value),
        cmocka_unit_test(reads_a_float_of_16_bits),
        cmocka_unit_test(reads_times_as_decimal_fractions),
        cmocka_unit_test(reads_times_of_each_kind),
        cmocka_unit_test(writes_times_so_that_they_come_back),
        cmocka_unit_test(writes_times_as_integer_float_or_fraction),
        cmocka_unit_test(refuses_times_that_are_too_fine_or_too_far),
        cmocka_unit_test(takes_lengths_that_are_not_said),
        cmocka_unit_test(adds_the_base_value),
        cmocka_unit_test(passes_over_what_it_does_not_know),
        cmocka_unit_test(refuses_what_is_not_senml_in_cbor),
        cmocka_unit_test(refuses_values_of_another_type),
        cmocka_unit_test(reads_and_writes_links),
        cmocka_unit_test(takes_nothing_as_no_records),
        cmocka_unit_test(refuses_every_payload_that_is_cut),
        cmocka_unit_test(refuses_to_write_what_it_cannot_say),
    };
    return RUN_TESTS(group);
}
