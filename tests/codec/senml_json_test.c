/* SenML in JSON: spec CORE-1.1.1 §7.4.4, RFC 8428 §5, and what peers send. */

#include "codec/support.h"

#include "codec/senml_vectors.h"

static const struct decoded *senml(const char *base, const char *text)
{
    return decode_bytes(&ln_format_senml_json, base, ln_bytes_of_text(text));
}

static void check_refused(const char *base, const char *text, ln_err err)
{
    CHECK_ERR(senml(base, text)->err, err);
}

static void check_value(const char *base, const char *text, struct ln_value expected)
{
    const struct decoded *got = senml(base, text);

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 1);
    CHECK(ln_value_equal(&got->records[0].value, &expected));
}

static void check_encoded(const char *base, const struct ln_record *records, size_t count,
                          const char *text)
{
    struct ln_bytes out;

    CHECK_OK(encode(&ln_format_senml_json, base, records, count, &out));
    CHECK_TEXT(out, text);
}

TEST(reads_and_writes_a_device)
{
    const struct decoded *got = senml("/3/0", SENML_DEVICE_JSON);

    check_senml_device(got);
    check_encoded("/3/0", got->records, got->count, SENML_DEVICE_JSON);
}

TEST(reads_and_writes_an_opaque_value)
{
    const char *const text = "[{\"bn\":\"/0/0/3\",\"vd\":\"q83v\"}]";
    const struct decoded *got = senml("/0/0/3", text);

    CHECK_OK(got->err);
    CHECK_BYTES(value_at(got, "/0/0/3")->as.bytes, "\xab\xcd\xef");
    check_encoded("/0/0/3", got->records, 1, text);
}

TEST(reads_every_way_to_cut_a_name)
{
    static const char *const texts[] = {
        "[{\"bn\":\"/3/0/\",\"n\":\"6/1\",\"v\":5}]",
        "[{\"n\":\"/3/0/6/1\",\"v\":5}]",
        "[{\"bn\":\"/3/0/6/1\",\"v\":5}]",
        "[{\"v\":5,\"n\":\"6/1\",\"bn\":\"/3/0/\"}]",
        "[{\"bn\":\"/3/0/6/\",\"n\":\"1\",\"v\":5}]",
        "[{\"bn\":\"\",\"n\":\"/3/0/6/1\",\"v\":5}]",
        "[{\"bn\":\"/\",\"n\":\"3/0/6/1\",\"v\":5}]",
        "[{\"bn\":\"\\/3\\/0\\/\",\"n\":\"6\\u002f1\",\"v\":5}]",
        "[{\"b\\u006e\":\"/3/0/6/1\",\"v\":5}]",
        " [ { \"bn\" : \"/3/0/6/1\" , \"v\" : 5 } ] ",
    };

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        const struct decoded *got = senml("/3", texts[i]);
        CHECK_OK(got->err);
        CHECK_EQ(got->count, 1);
        CHECK_EQ(value_at(got, "/3/0/6/1")->as.integer, 5);
    }
}

TEST(cuts_a_name_inside_of_an_id)
{
    const struct decoded *got = senml("/3", "[{\"bn\":\"/3/0/1\",\"n\":\"1/0\",\"v\":7}]");

    CHECK_OK(got->err);
    CHECK_EQ(value_at(got, "/3/0/11/0")->as.integer, 7);
}

TEST(keeps_base_fields_until_they_are_replaced)
{
    const struct decoded *got =
        senml("/", "[{\"bn\":\"/3303/0/5700\",\"bt\":1699877805.766,\"v\":-128.8},"
                   "{\"bn\":\"/6/0/0\",\"t\":0.101,\"v\":-39.0},"
                   "{\"n\":\"/1\",\"v\":1}]");

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 3);
    CHECK_EQ(got->records[0].time_ns, 1699877805766000000);
    CHECK_EQ(got->records[1].time_ns, 1699877805867000000);
    CHECK(ln_path_equal(got->records[1].path, path("/6/0/0")));
    CHECK(got->records[1].value.as.number == -39.0);
    CHECK_EQ(got->records[2].time_ns, 1699877805766000000);
    CHECK(ln_path_equal(got->records[2].path, path("/6/0/0/1")));
}

TEST(adds_the_base_value)
{
    const struct decoded *got = senml(
        "/3442/0", "[{\"bn\":\"/3442/0/\",\"bv\":100,\"n\":\"120\",\"v\":20},"
                   "{\"n\":\"130\",\"v\":0.5},{\"n\":\"160\"},{\"n\":\"110\",\"vs\":\"x\"}]");

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 4);
    CHECK_EQ(value_at(got, "/3442/0/120")->as.integer, 120);
    CHECK(value_at(got, "/3442/0/130")->as.number == 100.5);
    CHECK_EQ(value_at(got, "/3442/0/160")->type, LN_TIME);
    CHECK_EQ(value_at(got, "/3442/0/160")->as.integer, 100);
    check_refused("/3442/0/125",
                  "[{\"bn\":\"/3442/0/125\",\"bv\":1,\"v\":18446744073709551615}]",
                  LN_ERR_BAD_VALUE);
}

TEST(reads_each_type)
{
    const struct {
        const char *base;
        const char *value;
        struct ln_value expected;
    } rows[] = {
        {"/3442/0/110", "\"vs\":\"a\\u00f3\\ud83d\\ude00\\n\"",
         ln_value_string("a\xc3\xb3\xf0\x9f\x98\x80\n")},
        {"/3442/0/110", "\"vs\":\"\"", ln_value_string("")},
        {"/3442/0/120", "\"v\":9223372036854775800", ln_value_integer(9223372036854775800)},
        {"/3442/0/120", "\"v\":-9223372036854775808", ln_value_integer(INT64_MIN)},
        {"/3442/0/120", "\"v\":9.223372036854775807e18", ln_value_integer(INT64_MAX)},
        {"/3442/0/120", "\"v\":-0", ln_value_integer(0)},
        {"/3442/0/120", "\"v\":5.0", ln_value_integer(5)},
        {"/3442/0/120", "\"v\":5000E-3", ln_value_integer(5)},
        {"/3442/0/125", "\"v\":18446744073709551615", ln_value_unsigned(UINT64_MAX)},
        {"/3442/0/130", "\"v\":1", ln_value_float(1)},
        {"/3442/0/130", "\"v\":-1.5e-3", ln_value_float(-0.0015)},
        {"/3442/0/130", "\"v\":9007199254740993", ln_value_float(9007199254740992.0)},
        {"/3442/0/140", "\"vb\":true", ln_value_boolean(true)},
        {"/3442/0/140", "\"vb\":false", ln_value_boolean(false)},
        {"/3442/0/150", "\"vd\":\"q83v\"", ln_value_opaque(BYTES("\xab\xcd\xef"))},
        {"/3442/0/150", "\"vd\":\"-_8\"", ln_value_opaque(BYTES("\xfb\xff"))},
        {"/3442/0/150", "\"vd\":\"+\\/8=\"", ln_value_opaque(BYTES("\xfb\xff"))},
        {"/3442/0/150", "\"vd\":\"\"", ln_value_opaque(BYTES(""))},
        {"/3442/0/160", "\"v\":1.638435E9", ln_value_time(1638435000)},
        {"/3442/0/170", "\"vlo\":\"66:0\"", ln_value_objlnk(66, 0)},
        {"/3442/0/170", "\"vlo\":\"65535:65535\"", ln_value_objlnk(65535, 65535)},
        {"/3442/0/170", "\"vs\":\"66:0\"", ln_value_objlnk(66, 0)}, /* Leshan's */
        {"/3442/0/180", "\"vs\":\"</1>\"", {.type = LN_CORELNK, .as.bytes = BYTES("</1>")}},
        /* Of no known type. */
        {"/9999/0/0", "\"v\":1", ln_value_integer(1)},
        {"/9999/0/0", "\"v\":1.0", ln_value_float(1)},
        {"/9999/0/0", "\"v\":18446744073709551615", ln_value_unsigned(UINT64_MAX)},
        {"/9999/0/0", "\"v\":18446744073709551616", ln_value_float(18446744073709551616.0)},
        {"/9999/0/0", "\"vs\":\"x\"", ln_value_string("x")},
        {"/9999/0/0", "\"vb\":true", ln_value_boolean(true)},
        {"/9999/0/0", "\"vd\":\"AA\"", ln_value_opaque(BYTES("\0"))},
        {"/9999/0/0", "\"vlo\":\"1:2\"", ln_value_objlnk(1, 2)},
    };
    char text[128];

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_writer w = ln_writer(text, sizeof(text) - 1);
        ln_write_text(&w, "[{\"bn\":\"");
        ln_write_text(&w, rows[i].base);
        ln_write_text(&w, "\",");
        ln_write_text(&w, rows[i].value);
        ln_write_text(&w, "}]");
        text[w.written] = '\0';
        check_value(rows[i].base, text, rows[i].expected);
    }
}

TEST(refuses_values_of_another_type)
{
    static const char *const rows[][2] = {
        {"/3442/0/110", "[{\"bn\":\"/3442/0/110\",\"v\":1}]"},
        {"/3442/0/110", "[{\"bn\":\"/3442/0/110\",\"vs\":\"\\u0000\"}]"},
        {"/3442/0/120", "[{\"bn\":\"/3442/0/120\",\"v\":1.5}]"},
        {"/3442/0/120", "[{\"bn\":\"/3442/0/120\",\"v\":9223372036854775808}]"},
        {"/3442/0/120", "[{\"bn\":\"/3442/0/120\",\"v\":1e19}]"},
        {"/3442/0/120", "[{\"bn\":\"/3442/0/120\",\"vs\":\"1\"}]"},
        {"/3442/0/125", "[{\"bn\":\"/3442/0/125\",\"v\":-1}]"},
        {"/3442/0/125", "[{\"bn\":\"/3442/0/125\",\"v\":18446744073709551616}]"},
        {"/3442/0/130", "[{\"bn\":\"/3442/0/130\",\"v\":1e999}]"},
        {"/3442/0/140", "[{\"bn\":\"/3442/0/140\",\"v\":1}]"},
        {"/3442/0/150", "[{\"bn\":\"/3442/0/150\",\"vd\":\"q\"}]"},
        {"/3442/0/150", "[{\"bn\":\"/3442/0/150\",\"vd\":\"*===\"}]"},
        {"/3442/0/150", "[{\"bn\":\"/3442/0/150\",\"vs\":\"q83v\"}]"},
        {"/3442/0/170", "[{\"bn\":\"/3442/0/170\",\"vlo\":\"66\"}]"},
        {"/3442/0/170", "[{\"bn\":\"/3442/0/170\",\"vs\":\"66\"}]"},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        check_refused(rows[i][0], rows[i][1], LN_ERR_BAD_VALUE);
    }
}

TEST(refuses_what_is_not_senml_in_json)
{
    static const char *const rows[] = {
        "{}",
        "[",
        "[]]",
        "[],",
        "[]x",
        "[}",
        "[,]",
        "x",
        " ",
        "[1]",
        "[[]]",
        "[{}]",
        "null",
        "[{]",
        "[{\"n\":\"/3/0/9\",\"v\":1},]",
        "[{\"n\":\"/3/0/9\",\"v\":1}],",
        "[{\"n\":\"/3/0/9\",\"v\":1}] []",
        "[{\"n\":\"/3/0/9\",\"v\":1}",
        "[{\"n\":\"/3/0/9\",\"v\":1,}]",
        "[{,\"n\":\"/3/0/9\",\"v\":1}]",
        "[{\"n\":\"/3/0/9\" \"v\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\"=1}]",
        "[{n:\"/3/0/9\",\"v\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\":1} {\"n\":\"/3/0/10\",\"v\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\":01}]",
        "[{\"n\":\"/3/0/9\",\"v\":+1}]",
        "[{\"n\":\"/3/0/9\",\"v\":1.}]",
        "[{\"n\":\"/3/0/9\",\"v\":.5}]",
        "[{\"n\":\"/3/0/9\",\"v\":1e}]",
        "[{\"n\":\"/3/0/9\",\"v\":-}]",
        "[{\"n\":\"/3/0/9\",\"v\":\"1\"}]",
        "[{\"n\":\"/3/0/9\",\"v\":null}]",
        "[{\"n\":\"/3/0/9\",\"v\":[1]}]",
        "[{\"n\":\"/3/0/9\",\"v\":1x}]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"a\tb\"}]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"\\x\"}]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"\\ud83d\"}]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"\\ude00\"}]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"\\ude00\\ude00\"}]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"\\ud83d\\u0041\"}]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"\\u00g0\"}]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"\xff\"}]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"a]",
        "[{\"n\":\"/3/0/0\",\"vs\":\"\\",
        "[{\"n\":\"/3/0/0\",\"vb\":tru}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"v\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"vs\":\"x\"}]",
        "[{\"n\":\"/3/0/9\",\"n\":\"/3/0/9\",\"v\":1}]",
        "[{\"n\":\"/3/0/9\"}]",
        "[{\"bn\":\"/3/0/\"},{\"n\":\"9\",\"v\":1}]",
        "[{\"n\":\"/3/0/9\",\"s\":1}]",
        "[{\"n\":\"3/0/9\",\"v\":1}]",
        "[{\"bn\":\"3/0/\",\"n\":\"9\",\"v\":1}]",
        "[{\"v\":1}]",
        "[{\"n\":\"/3/0\",\"v\":1}]",
        "[{\"n\":\"/4/0/9\",\"v\":1}]",
        "[{\"n\":\"/3/0/9/\",\"v\":1}]",
        "[{\"n\":\"/3/0/65535\",\"v\":1}]",
        "[{\"n\":\"/3/0/9/1/2\",\"v\":1}]",
        "[{\"bn\":\"/65534/65534/\",\"n\":\"65534/65534/1\",\"v\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"x_\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"x\\u005f\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"bver\":11}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"x\":}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"x\":[1,]}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"x\":[1}]}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"x\":{\"a\"}}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"x\":{1:2}}]",
        "[{\"n\":\"/3/0/9\",\"v\":1,\"x\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}]",
        "\xef\xbb\xbf[]",
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        check_refused("/3", rows[i], LN_ERR_BAD_PAYLOAD);
    }
}

TEST(passes_over_what_it_does_not_know)
{
    static const char *const rows[] = {
        "\"x\":1",
        "\"x\":[[],{},{\"a\":[1,\"]\",null,true]}]",
        "\"u\":\"%\",\"ut\":5,\"s\":1",
        "\"bver\":10,\"bu\":\"W\",\"bs\":1",
        "\"\":0",
        "\"a longer name than any\\u002e\":false",
        "\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
    };
    char text[160];

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_writer w = ln_writer(text, sizeof(text) - 1);
        ln_write_text(&w, "[{\"n\":\"/3/0/9\",");
        ln_write_text(&w, rows[i]);
        ln_write_text(&w, ",\"v\":1}]");
        text[w.written] = '\0';
        check_value("/3", text, ln_value_integer(1));
    }
}

TEST(takes_nothing_as_no_records)
{
    static const char *const texts[] = {"", "[]", " [ ] "};

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        CHECK_OK(senml("/3/0", texts[i])->err);
        CHECK_EQ(senml("/3/0", texts[i])->count, 0);
    }
}

TEST(refuses_every_payload_that_is_cut)
{
    struct ln_bytes all = ln_bytes_of_text(SENML_DEVICE_JSON);

    for (size_t len = 1; len < all.len; len++) {
        const struct decoded *got =
            decode_bytes(&ln_format_senml_json, "/3/0", ln_bytes(all.at, len));
        CHECK_ERR(got->err, LN_ERR_BAD_PAYLOAD);
    }
}

TEST(finds_duplicates_also_out_of_order)
{
    static const char *const texts[] = {
        "[{\"n\":\"/3/0/9\",\"v\":1},{\"n\":\"/3/0/9\",\"v\":1}]",
        "[{\"bn\":\"/3/0/\",\"n\":\"9\",\"v\":1},{\"n\":\"10\",\"v\":1},"
        "{\"bn\":\"\",\"n\":\"/3/0/9\",\"v\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\":1},{\"bn\":\"/3/0/\",\"n\":\"10\",\"v\":1},"
        "{\"n\":\"9\",\"v\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\":1},{\"n\":\"/3/0/10\",\"bt\":5,\"v\":1},"
        "{\"n\":\"/3/0/9\",\"t\":-5,\"v\":1}]",
        "[{\"bn\":\"/3/0/9\",\"t\":5,\"v\":1},{\"t\":7,\"v\":1},{\"t\":5,\"v\":1}]",
        /* A resource that is single and multiple. */
        "[{\"n\":\"/3/0/6/1\",\"v\":1},{\"n\":\"/3/0/9\",\"v\":1},{\"n\":\"/3/0/6\",\"v\":1}]",
        "[{\"n\":\"/3/0/9\",\"v\":1},{\"n\":\"/3/0/6\",\"v\":1},{\"n\":\"/3/0/9/1\",\"v\":1}]",
    };

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        check_refused("/3", texts[i], LN_ERR_BAD_PAYLOAD);
    }
}

TEST(takes_a_path_again_at_another_time_and_paths_that_descend)
{
    const struct decoded *got =
        senml("/3", "[{\"n\":\"/3/0/9\",\"v\":1},{\"n\":\"/3/0/10\",\"v\":1},"
                    "{\"n\":\"/3/0/9\",\"t\":-5,\"v\":1},{\"n\":\"/3/0/7/0\",\"v\":1}]");

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 4);
}

/* The search for duplicates passes over values: there is no room for them twice. */
TEST(looks_for_duplicates_without_scratch)
{
    const char *const text =
        "[{\"n\":\"/3/0/2\",\"vs\":\"\\n\"},{\"n\":\"/3/0/1\",\"vs\":\"\"},"
        "{\"n\":\"/3/0/0\",\"vs\":\"\"},{\"n\":\"/3/0/1\",\"vs\":\"\"}]";
    _Alignas(max_align_t) uint8_t memory[1];
    struct ln_arena scratch = ln_arena(memory, sizeof(memory));
    struct ln_decoder decoder;
    struct ln_record record;
    size_t count = 0;

    ln_decoder_init(&decoder, &ln_format_senml_json, path("/3"), ln_bytes_of_text(text),
                    &test_types, &scratch);
    while (ln_decode(&decoder, &record)) {
        count++;
    }
    CHECK_EQ(count, 3);
    CHECK_ERR(decoder.err, LN_ERR_BAD_PAYLOAD);
}

TEST(gives_times_exactly_or_not_at_all)
{
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        {"-5", -5000000000},
        {"0.000000001", 1},
        {"1699877805.123456789", 1699877805123456789},
        {"1699877805.1000000000000000000000", 1699877805100000000},
        {"1.6998778E9", 1699877800000000000},
        {"-9223372036.854775808", INT64_MIN},
    };
    char text[96];

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_writer w = ln_writer(text, sizeof(text) - 1);
        ln_write_text(&w, "[{\"n\":\"/3/0/9\",\"v\":1,\"t\":");
        ln_write_text(&w, rows[i].text);
        ln_write_text(&w, "}]");
        text[w.written] = '\0';
        const struct decoded *got = senml("/3", text);
        CHECK_OK(got->err);
        CHECK_EQ(got->records[0].time_ns, rows[i].ns);
    }
    check_refused("/3", "[{\"n\":\"/3/0/9\",\"v\":1,\"t\":0.0000000001}]", LN_ERR_BAD_VALUE);
    check_refused("/3", "[{\"n\":\"/3/0/9\",\"v\":1,\"t\":9223372037}]", LN_ERR_BAD_VALUE);
    check_refused("/3", "[{\"n\":\"/3/0/9\",\"v\":1,\"t\":9223372036,\"bt\":1}]",
                  LN_ERR_BAD_VALUE);
    check_refused("/3", "[{\"n\":\"/3/0/9\",\"v\":1,\"t\":\"1\"}]", LN_ERR_BAD_PAYLOAD);
}

TEST(says_when_the_scratch_is_too_small)
{
    uint8_t memory[4];
    struct ln_arena scratch = ln_arena(memory, sizeof(memory));
    struct ln_decoder decoder;
    struct ln_record record;

    ln_decoder_init(&decoder, &ln_format_senml_json, path("/3"),
                    ln_bytes_of_text("[{\"n\":\"/3/0/0\",\"vs\":\"12345\\n\"}]"), &test_types,
                    &scratch);
    CHECK(!ln_decode(&decoder, &record));
    CHECK_ERR(decoder.err, LN_ERR_NO_SPACE);
    ln_decoder_init(&decoder, &ln_format_senml_json, path("/3"),
                    ln_bytes_of_text("[{\"n\":\"/3/0/0\",\"vs\":\"123456789\"}]"), &test_types,
                    NULL);
    CHECK(ln_decode(&decoder, &record)); /* without escapes it is borrowed */
    ln_decoder_init(&decoder, &ln_format_senml_json, path("/3442"),
                    ln_bytes_of_text("[{\"n\":\"/3442/0/150\",\"vd\":\"AAAAAAAA\"}]"),
                    &test_types, NULL);
    CHECK(!ln_decode(&decoder, &record));
    CHECK_ERR(decoder.err, LN_ERR_NO_SPACE);
}

TEST(writes_each_type)
{
    const struct {
        struct ln_value value;
        const char *text;
    } rows[] = {
        {ln_value_string("a\"\\\n\x01\xc3\xb3/\x7f"),
         "\"vs\":\"a\\\"\\\\\\n\\u0001\xc3\xb3/\x7f\""},
        {ln_value_integer(INT64_MIN), "\"v\":-9223372036854775808"},
        {ln_value_unsigned(UINT64_MAX), "\"v\":18446744073709551615"},
        {ln_value_float(0.1), "\"v\":0.1"},
        {ln_value_float(1e300), "\"v\":1e300"},
        {ln_value_float(-39), "\"v\":-39.0"},
        {ln_value_boolean(true), "\"vb\":true"},
        {ln_value_boolean(false), "\"vb\":false"},
        {ln_value_opaque(BYTES("\xfb\xff")), "\"vd\":\"-_8\""},
        {ln_value_time(1367491215), "\"v\":1367491215"},
        {ln_value_objlnk(66, 0), "\"vlo\":\"66:0\""},
        {{.type = LN_CORELNK, .as.bytes = BYTES("</1>")}, "\"vs\":\"</1>\""},
    };
    char text[128];

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_writer w = ln_writer(text, sizeof(text) - 1);
        struct ln_record record = {.path = path("/9/0/0"), .value = rows[i].value};
        ln_write_text(&w, "[{\"bn\":\"/9/0/0\",");
        ln_write_text(&w, rows[i].text);
        ln_write_text(&w, "}]");
        text[w.written] = '\0';
        check_encoded("/9/0/0", &record, 1, text);
    }
}

TEST(names_the_base_by_what_was_asked_for)
{
    const struct ln_record records[] = {
        {.path = {{3, 0, 6, 0}, 4}, .value = ln_value_integer(1)},
        {.path = {{3, 0, 6, 1}, 4}, .value = ln_value_integer(5)},
    };

    check_encoded("/3/0/6", records, 2,
                  "[{\"bn\":\"/3/0/6/\",\"n\":\"0\",\"v\":1},{\"n\":\"1\",\"v\":5}]");
    check_encoded("/3", records, 1, "[{\"bn\":\"/3/\",\"n\":\"0/6/0\",\"v\":1}]");
    check_encoded("/", records, 1, "[{\"bn\":\"/\",\"n\":\"3/0/6/0\",\"v\":1}]");
    check_encoded("/3/0/6/0", records, 1, "[{\"bn\":\"/3/0/6/0\",\"v\":1}]");
    check_encoded("/3", NULL, 0, "[]");
}

TEST(writes_times_exactly)
{
    const struct ln_record records[] = {
        {.path = {{3, 0, 9}, 3}, .value = ln_value_integer(1), .time_ns = 1699877805123456789},
        {.path = {{3, 0, 9}, 3}, .value = ln_value_integer(2), .time_ns = 1699877805100000000},
        {.path = {{3, 0, 9}, 3}, .value = ln_value_integer(3), .time_ns = -5000000000},
        {.path = {{3, 0, 9}, 3}, .value = ln_value_integer(4), .time_ns = -1},
        {.path = {{3, 0, 9}, 3}, .value = ln_value_integer(5), .time_ns = INT64_MIN},
    };

    check_encoded(
        "/3/0/9", records, LN_COUNT(records),
        "[{\"bn\":\"/3/0/9\",\"t\":1699877805.123456789,\"v\":1},"
        "{\"t\":1699877805.1,\"v\":2},{\"t\":-5,\"v\":3},{\"t\":-0.000000001,\"v\":4},"
        "{\"t\":-9223372036.854775808,\"v\":5}]");
}

TEST(leaves_out_what_is_empty)
{
    const struct ln_record records[] = {
        {.path = {{3, 0}, 2}},
        {.path = {{3, 1, 6}, 3}},
        {.path = {{3, 1, 9}, 3}, .value = ln_value_integer(1)},
        {.path = {{3, 2}, 2}},
    };

    check_encoded("/3", records, LN_COUNT(records), "[{\"bn\":\"/3/\",\"n\":\"1/9\",\"v\":1}]");
    check_encoded("/3", records, 2, "[]");
}

TEST(refuses_to_write_what_json_cannot_say)
{
    const struct ln_record wrong[] = {
        {.path = {{3, 0, 9}, 3}, .value = ln_value_float(1e308 * 10)},
        {.path = {{3, 0, 9}, 3}, .value = ln_value_float(1e308 * 10 - 1e308 * 10)},
        {.path = {{3, 0, 9}, 3}, .value = ln_value_string("\xff")},
        {.path = {{3, LN_ID_NONE, 9}, 3}, .value = ln_value_integer(1)},
        {.path = {{4, 0, 9}, 3}, .value = ln_value_integer(1)},
        {.path = {{3, 0}, 2}, .value = ln_value_integer(1)},
    };
    const struct ln_record mixed[] = {
        {.path = {{3, 0, 6}, 3}, .value = ln_value_integer(1)},
        {.path = {{3, 0, 6, 1}, 4}, .value = ln_value_integer(1)},
    };
    struct ln_bytes out;

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK_ERR(encode(&ln_format_senml_json, "/3", &wrong[i], 1, &out),
                  LN_ERR_NOT_ACCEPTABLE);
    }
    CHECK_ERR(encode(&ln_format_senml_json, "/3/0/6", mixed, 2, &out), LN_ERR_NOT_ACCEPTABLE);
}

int senml_json_tests(void);

int senml_json_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(reads_and_writes_a_device),
        cmocka_unit_test(reads_and_writes_an_opaque_value),
        cmocka_unit_test(reads_every_way_to_cut_a_name),
        cmocka_unit_test(cuts_a_name_inside_of_an_id),
        cmocka_unit_test(keeps_base_fields_until_they_are_replaced),
        cmocka_unit_test(adds_the_base_value),
        cmocka_unit_test(reads_each_type),
        cmocka_unit_test(refuses_values_of_another_type),
        cmocka_unit_test(refuses_what_is_not_senml_in_json),
        cmocka_unit_test(passes_over_what_it_does_not_know),
        cmocka_unit_test(takes_nothing_as_no_records),
        cmocka_unit_test(refuses_every_payload_that_is_cut),
        cmocka_unit_test(finds_duplicates_also_out_of_order),
        cmocka_unit_test(takes_a_path_again_at_another_time_and_paths_that_descend),
        cmocka_unit_test(looks_for_duplicates_without_scratch),
        cmocka_unit_test(gives_times_exactly_or_not_at_all),
        cmocka_unit_test(says_when_the_scratch_is_too_small),
        cmocka_unit_test(writes_each_type),
        cmocka_unit_test(names_the_base_by_what_was_asked_for),
        cmocka_unit_test(writes_times_exactly),
        cmocka_unit_test(leaves_out_what_is_empty),
        cmocka_unit_test(refuses_to_write_what_json_cannot_say),
    };
    return RUN_TESTS(group);
}
