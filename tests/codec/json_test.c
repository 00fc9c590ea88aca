/* The JSON format of LwM2M 1.0, and what peers send in it. */

#include "codec/support.h"

#define DEVICE                                                                                 \
    "{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"0\",\"sv\":\"Open Mobile Alliance\"},"                  \
    "{\"n\":\"6/0\",\"v\":1},{\"n\":\"6/1\",\"v\":5},{\"n\":\"13\",\"v\":1367491215}]}"

static const struct decoded *json(const char *base, const char *text)
{
    return decode_bytes(&ln_format_json, base, ln_bytes_of_text(text));
}

static void check_value(const char *base, const char *text, struct ln_value expected)
{
    const struct decoded *got = json(base, text);

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 1);
    CHECK(ln_value_equal(&got->records[0].value, &expected));
}

static void check_encoded(const char *base, const struct ln_record *records, size_t count,
                          const char *text)
{
    struct ln_bytes out;

    CHECK_OK(encode(&ln_format_json, base, records, count, &out));
    CHECK_TEXT(out, text);
}

TEST(reads_and_writes_a_device)
{
    const struct decoded *got = json("/3/0", DEVICE);

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 4);
    CHECK_TEXT(value_at(got, "/3/0/0")->as.bytes, "Open Mobile Alliance");
    CHECK_EQ(value_at(got, "/3/0/6/1")->as.integer, 5);
    CHECK_EQ(value_at(got, "/3/0/13")->type, LN_TIME);
    check_encoded("/3/0", got->records, got->count, DEVICE);
}

TEST(reads_every_way_to_give_a_name)
{
    static const char *const texts[] = {
        "{\"bn\":\"/3/0/9\",\"e\":[{\"v\":5}]}",
        "{\"bn\":\"/3/0/9\",\"e\":[{\"n\":\"\",\"v\":5}]}",
        "{\"bn\":\"/\",\"e\":[{\"n\":\"3/0/9\",\"v\":5}]}",
        "{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"9\",\"v\":5}]}",
        "{\"bn\":\"3/0/\",\"e\":[{\"n\":\"9\",\"v\":5}]}",
        "{\"e\":[{\"n\":\"/3/0/9\",\"v\":5}]}",
        "{\"e\":[{\"v\":5,\"n\":\"/3/0/9\"}],\"bt\":0,\"bn\":\"\"}",
        "{\"e\":[{\"n\":\"9\",\"v\":5}],\"bn\":\"/3/0/\"}",
        "{\"other\":[{\"e\":[]}],\"e\":[{\"n\":\"/3/0/9\",\"v\":5,\"x_\":{}}]}",
        " { \"e\" : [ { \"n\" : \"\\/3\\/0\\/9\" , \"v\" : 5 } ] } ",
    };

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        const struct decoded *got = json("/3/0/9", texts[i]);
        CHECK_OK(got->err);
        CHECK_EQ(got->count, 1);
        CHECK_EQ(value_at(got, "/3/0/9")->as.integer, 5);
    }
}

TEST(takes_names_without_base_as_parts_of_the_request)
{
    check_value("/3/0", "{\"e\":[{\"n\":\"9\",\"v\":5}]}", ln_value_integer(5));
    check_value("/3/0/9", "{\"e\":[{\"v\":5}]}", ln_value_integer(5));
    check_value("/3/0/6", "{\"e\":[{\"n\":\"1\",\"v\":5}]}", ln_value_integer(5));
}

TEST(reads_each_type)
{
    const struct {
        const char *base;
        const char *text;
        struct ln_value expected;
    } rows[] = {
        {"/3442/0/110", "{\"e\":[{\"sv\":\"\\u00f3\"}]}", ln_value_string("\xc3\xb3")},
        {"/3442/0/120", "{\"e\":[{\"v\":9223372036854775807}]}", ln_value_integer(INT64_MAX)},
        {"/3442/0/120", "{\"e\":[{\"v\":5.0}]}", ln_value_integer(5)},
        {"/3442/0/125", "{\"e\":[{\"v\":18446744073709551615}]}",
         ln_value_unsigned(UINT64_MAX)},
        {"/3442/0/130", "{\"e\":[{\"v\":-0.5}]}", ln_value_float(-0.5)},
        {"/3442/0/140", "{\"e\":[{\"bv\":true}]}", ln_value_boolean(true)},
        {"/3442/0/140", "{\"e\":[{\"bv\":false}]}", ln_value_boolean(false)},
        {"/3442/0/150", "{\"e\":[{\"sv\":\"+/8=\"}]}", ln_value_opaque(BYTES("\xfb\xff"))},
        {"/3442/0/150", "{\"e\":[{\"sv\":\"+\\/8\\u003d\"}]}",
         ln_value_opaque(BYTES("\xfb\xff"))},
        {"/3442/0/160", "{\"e\":[{\"v\":1.638435E9}]}", ln_value_time(1638435000)},
        {"/3442/0/170", "{\"e\":[{\"ov\":\"66:0\"}]}", ln_value_objlnk(66, 0)},
        {"/3442/0/170", "{\"e\":[{\"sv\":\"66:0\"}]}", ln_value_objlnk(66, 0)}, /* Leshan's */
        {"/3442/0/180",
         "{\"e\":[{\"sv\":\"</1>\"}]}",
         {.type = LN_CORELNK, .as.bytes = BYTES("</1>")}},
        {"/9999/0/0", "{\"e\":[{\"sv\":\"+/8=\"}]}", ln_value_string("+/8=")},
        {"/9999/0/0", "{\"e\":[{\"v\":1}]}", ln_value_integer(1)},
        {"/9999/0/0", "{\"e\":[{\"ov\":\"1:2\"}]}", ln_value_objlnk(1, 2)},
        {"/9999/0/0", "{\"e\":[{\"bv\":true}]}", ln_value_boolean(true)},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        check_value(rows[i].base, rows[i].text, rows[i].expected);
    }
}

TEST(refuses_values_of_another_type)
{
    static const char *const rows[][2] = {
        {"/3442/0/110", "{\"e\":[{\"v\":1}]}"},
        {"/3442/0/120", "{\"e\":[{\"sv\":\"1\"}]}"},
        {"/3442/0/120", "{\"e\":[{\"v\":1.5}]}"},
        {"/3442/0/140", "{\"e\":[{\"ov\":\"1:1\"}]}"},
        {"/3442/0/150", "{\"e\":[{\"sv\":\"-_8=\"}]}"},
        {"/3442/0/150", "{\"e\":[{\"sv\":\"+/8\"}]}"},
        {"/3442/0/170", "{\"e\":[{\"ov\":\"66\"}]}"},
        {"/3442/0/170", "{\"e\":[{\"ov\":\"0000000000000000000000000000000000000066:0\"}]}"},
        {"/3442/0/170", "{\"e\":[{\"sv\":\"66\"}]}"},
        {"/3442/0/120", "{\"e\":[{\"v\":1,\"t\":0.0000000001}]}"},
        {"/3442/0/120", "{\"e\":[{\"v\":1}],\"bt\":1e10}"},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        CHECK_ERR(json(rows[i][0], rows[i][1])->err, LN_ERR_BAD_VALUE);
    }
}

TEST(refuses_what_is_not_this_json)
{
    static const char *const rows[] = {
        "{}",
        "[]",
        "{\"bn\":\"/3/0/\"}",
        "{\"e\":{}}",
        "{\"e\":1}",
        "{\"e\":[]}x",
        "{\"e\":[]}{}",
        "{\"e\":[],\"e\":[]}",
        "{\"bn\":\"\",\"bn\":\"\",\"e\":[]}",
        "{\"bn\":1,\"e\":[]}",
        "{\"bt\":\"1\",\"e\":[]}",
        "{\"e\":[]",
        "{\"e\":[1]}",
        "x",
        "{\"e\":[{\"n\":\"/3/0/9\"}]}",
        "{\"e\":[{}]}",
        "{\"e\":[{\"v\":1}]}",
        "{\"e\":[{\"n\":\"0/9\",\"v\":1},]}",
        "{\"e\":[,{\"n\":\"0/9\",\"v\":1}]}",
        "{\"e\":[{\"n\":\"0/9\",\"v\":1} {\"n\":\"0/10\",\"v\":1}]}",
        "{\"e\":[{\"n\":\"0/9\",\"v\":1,\"v\":1}]}",
        "{\"e\":[{\"n\":\"0/9\",\"v\":1,\"sv\":\"\"}]}",
        "{\"e\":[{\"n\":\"0/9\",\"n\":\"0/9\",\"v\":1}]}",
        "{\"e\":[{\"n\":\"0/9\",\"v\":null}]}",
        "{\"e\":[{\"n\":1,\"v\":1}]}",
        "{\"e\":[{\"n\":\"0/9\",\"v\":1,\"t\":\"1\"}]}",
        "{\"e\":[{\"n\":\"/4/0/9\",\"v\":1}]}",
        "{\"e\":[{\"n\":\"0\",\"v\":1}]}",
        "{\"bn\":\"/3/0\",\"e\":[{\"n\":\"9\",\"v\":1}]}",
        "{\"e\":[{\"n\":\"0/9/\",\"v\":1}]}",
        "{\"bn\":\"/a name longer than any path/\",\"e\":[]}",
        "{\"e\":[{\"n\":\"0/9\",\"v\":1},{\"n\":\"0/9\",\"v\":1}]}",
        "{\"e\":[{\"n\":\"0/9\",\"v\":1},{\"n\":\"0/10\",\"v\":1},{\"n\":\"0/9\",\"v\":1}]}",
        "{\"e\":[{\"n\":\"0/9\",\"v\":1}],\"x\":\"\xff\"}",
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        CHECK_ERR(json("/3", rows[i])->err, LN_ERR_BAD_PAYLOAD);
    }
}

TEST(takes_no_entries_as_no_records)
{
    static const char *const texts[] = {"", "{\"e\":[]}", "{\"bn\":\"2\",\"e\":[ ]}"};

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        CHECK_OK(json("/2", texts[i])->err);
        CHECK_EQ(json("/2", texts[i])->count, 0);
    }
}

TEST(refuses_every_payload_that_is_cut)
{
    struct ln_bytes all = ln_bytes_of_text(DEVICE);

    for (size_t len = 1; len < all.len; len++) {
        const struct decoded *got =
            decode_bytes(&ln_format_json, "/3/0", ln_bytes(all.at, len));
        CHECK_ERR(got->err, LN_ERR_BAD_PAYLOAD);
        CHECK_EQ(got->count, 0); /* the whole is looked at before the first record */
    }
}

TEST(adds_times_to_the_base_time)
{
    const struct decoded *got =
        json("/3/0/9", "{\"bn\":\"/3/0/9\",\"e\":[{\"v\":1,\"t\":-5},{\"v\":2,\"t\":-30},"
                       "{\"v\":3,\"t\":-50},{\"v\":4}],\"bt\":25462634}");

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 4);
    CHECK_EQ(got->records[0].time_ns, 25462629000000000);
    CHECK_EQ(got->records[1].time_ns, 25462604000000000);
    CHECK_EQ(got->records[2].time_ns, 25462584000000000);
    CHECK_EQ(got->records[3].time_ns, 25462634000000000);
}

TEST(writes_each_type)
{
    const struct {
        struct ln_value value;
        const char *text;
    } rows[] = {
        {ln_value_string("\"\r"), "{\"bn\":\"/9/0/0\",\"e\":[{\"sv\":\"\\\"\\u000d\"}]}"},
        {ln_value_unsigned(UINT64_MAX),
         "{\"bn\":\"/9/0/0\",\"e\":[{\"v\":18446744073709551615}]}"},
        {ln_value_integer(-1), "{\"bn\":\"/9/0/0\",\"e\":[{\"v\":-1}]}"},
        {ln_value_float(-0.5), "{\"bn\":\"/9/0/0\",\"e\":[{\"v\":-0.5}]}"},
        {ln_value_boolean(true), "{\"bn\":\"/9/0/0\",\"e\":[{\"bv\":true}]}"},
        {ln_value_boolean(false), "{\"bn\":\"/9/0/0\",\"e\":[{\"bv\":false}]}"},
        {ln_value_opaque(BYTES("\xfb\xff")), "{\"bn\":\"/9/0/0\",\"e\":[{\"sv\":\"+/8=\"}]}"},
        {ln_value_objlnk(66, 0), "{\"bn\":\"/9/0/0\",\"e\":[{\"ov\":\"66:0\"}]}"},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_record record = {.path = path("/9/0/0"), .value = rows[i].value};
        check_encoded("/9/0/0", &record, 1, rows[i].text);
    }
}

TEST(writes_names_times_and_nothing)
{
    const struct ln_record records[] = {
        {.path = {{3, 0, 6}, 3}},
        {.path = {{3, 0, 6, 0}, 4}, .value = ln_value_integer(1), .time_ns = -1500000000},
        {.path = {{3, 0, 6, 1}, 4}, .value = ln_value_integer(5)},
    };

    check_encoded("/3", records, 3,
                  "{\"bn\":\"/3/\",\"e\":[{\"n\":\"0/6/0\",\"v\":1,\"t\":-1.5},"
                  "{\"n\":\"0/6/1\",\"v\":5}]}");
    check_encoded("/3", records, 1, "{\"bn\":\"/3/\",\"e\":[]}");
    check_encoded("/", NULL, 0, "{\"bn\":\"/\",\"e\":[]}");
}

TEST(refuses_to_write_what_json_cannot_say)
{
    const struct ln_record wrong[] = {
        {.path = {{3, 0, 9}, 3}, .value = ln_value_float(1e308 * 10)},
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
        CHECK_ERR(encode(&ln_format_json, "/3", &wrong[i], 1, &out), LN_ERR_NOT_ACCEPTABLE);
    }
    CHECK_ERR(encode(&ln_format_json, "/3/0/6", mixed, 2, &out), LN_ERR_NOT_ACCEPTABLE);
}

int json_tests(void);

int json_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(reads_and_writes_a_device),
        cmocka_unit_test(reads_every_way_to_give_a_name),
        cmocka_unit_test(takes_names_without_base_as_parts_of_the_request),
        cmocka_unit_test(reads_each_type),
        cmocka_unit_test(refuses_values_of_another_type),
        cmocka_unit_test(refuses_what_is_not_this_json),
        cmocka_unit_test(takes_no_entries_as_no_records),
        cmocka_unit_test(refuses_every_payload_that_is_cut),
        cmocka_unit_test(adds_times_to_the_base_time),
        cmocka_unit_test(writes_each_type),
        cmocka_unit_test(writes_names_times_and_nothing),
        cmocka_unit_test(refuses_to_write_what_json_cannot_say),
    };
    return RUN_TESTS(group);
}
