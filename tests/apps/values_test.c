/* Values between JSON and records. */

#include "ln_test.h"

#include "linnetd/values.h"

#include <math.h>
#include <stdlib.h>

static struct request request;
static struct values values;

static bool read_body(struct ln_path path, const char *text)
{
    memset(&request, 0, sizeof(request));
    values = (struct values){.count = 0};
    text_add(&request.body, text);
    request.json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(request.json);
    return values_read(&request, request.json, path, &values);
}

static void end(void)
{
    values_free(&values);
    json_decref(request.json);
    text_free(&request.body);
    text_free(&request.answer.body);
}

static const struct ln_path test_object = {{3442, 0, 0, 0}, 2};

static struct ln_path resource(uint16_t id)
{
    return ln_path_add(test_object, id);
}

TEST(reads_a_value_of_each_type)
{
    static const struct {
        uint16_t resource;
        const char *body;
        struct ln_value value;
    } cases[] = {
        {110,
         "{\"value\":\"x\\u0022y\"}",
         {LN_STRING, .as.bytes = {(const uint8_t *)"x\"y", 3}}},
        {120, "{\"value\":-5}", {LN_INTEGER, .as.integer = -5}},
        {120,
         "{\"value\":\"9007199254740993\"}",
         {LN_INTEGER, .as.integer = INT64_C(9007199254740993)}},
        {120,
         "{\"value\":9007199254740993}",
         {LN_INTEGER, .as.integer = INT64_C(9007199254740993)}},
        {125,
         "{\"value\":\"18446744073709551615\"}",
         {LN_UNSIGNED, .as.unsigned_integer = UINT64_MAX}},
        {130, "{\"value\":1}", {LN_FLOAT, .as.number = 1}},
        {130, "{\"value\":\"-Infinity\"}", {LN_FLOAT, .as.number = -INFINITY}},
        {140, "{\"value\":true}", {LN_BOOLEAN, .as.boolean = true}},
        {150, "{\"value\":\"AAEC\"}", {LN_OPAQUE, .as.bytes = {(const uint8_t *)"\0\1\2", 3}}},
        {150, "{\"value\":\"\"}", {LN_OPAQUE, .as.bytes = {(const uint8_t *)"", 0}}},
        {160, "{\"value\":\"2024-05-01T12:00:00Z\"}", {LN_TIME, .as.integer = 1714564800}},
        {160, "{\"value\":\"1969-12-31T23:59:59.5Z\"}", {LN_TIME, .as.integer = -1}},
        {170, "{\"value\":\"3:65535\"}", {LN_OBJLNK, .as.link = {3, 65535}}},
        {180, "{\"value\":\"</3>\"}", {LN_CORELNK, .as.bytes = {(const uint8_t *)"</3>", 4}}},
        {999, "{\"value\":7,\"type\":\"integer\"}", {LN_INTEGER, .as.integer = 7}},
        {120,
         "{\"value\":\"x\",\"type\":\"string\"}",
         {LN_STRING, .as.bytes = {(const uint8_t *)"x", 1}}},
    };

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        CHECK(read_body(resource(cases[i].resource), cases[i].body));
        CHECK_EQ(values.count, 1);
        CHECK(ln_path_equal(values.records[0].path, resource(cases[i].resource)));
        CHECK(ln_value_equal(&values.records[0].value, &cases[i].value));
        end();
    }
}

TEST(says_what_is_wrong_with_a_body)
{
    static const struct {
        uint16_t resource;
        const char *body;
        enum problem_kind problem;
    } cases[] = {
        {110, "{\"value\":1}", PROBLEM_BAD_VALUE},
        {120, "{\"value\":1.5}", PROBLEM_BAD_VALUE},
        {120, "{\"value\":\"1.0\"}", PROBLEM_BAD_VALUE},
        {125, "{\"value\":-1}", PROBLEM_BAD_VALUE},
        {125, "{\"value\":\"18446744073709551616\"}", PROBLEM_BAD_VALUE},
        {130, "{\"value\":\"nan\"}", PROBLEM_BAD_VALUE},
        {140, "{\"value\":1}", PROBLEM_BAD_VALUE},
        {150, "{\"value\":\"AAE\"}", PROBLEM_BAD_VALUE},
        {160, "{\"value\":\"today\"}", PROBLEM_BAD_VALUE},
        {170, "{\"value\":\"3:65536\"}", PROBLEM_BAD_VALUE},
        {170, "{\"value\":\"3\"}", PROBLEM_BAD_VALUE},
        {0, "{\"value\":1}", PROBLEM_BAD_VALUE}, /* it can only be executed */
        {999, "{\"value\":1}", PROBLEM_UNKNOWN_TYPE},
        {999, "{\"value\":1,\"type\":\"int\"}", PROBLEM_UNKNOWN_TYPE},
        {120, "{}", PROBLEM_BAD_JSON},
        {120, "{\"value\":1,\"values\":{}}", PROBLEM_BAD_JSON},
        {1120, "{\"values\":[1]}", PROBLEM_BAD_JSON},
        {1120, "{\"values\":{\"65535\":1}}", PROBLEM_BAD_PATH},
        {1120, "{\"values\":{\"0\":{\"0\":1}}}", PROBLEM_BAD_VALUE},
    };

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        CHECK(!read_body(resource(cases[i].resource), cases[i].body));
        CHECK_EQ(request.problem, cases[i].problem);
        end();
    }
}

TEST(reads_an_instance_by_number_and_name_in_the_order_of_paths)
{
    CHECK(read_body(test_object, "{\"values\":{\"1120\":{\"3\":-5,\"0\":1},\"Float "
                                 "Value\":1.5,\"110\":\"x\",\"1110\":{}}}"));
    CHECK_EQ(values.count, 5);
    CHECK(ln_path_equal(values.records[0].path, resource(110)));
    CHECK(ln_path_equal(values.records[1].path, resource(130)));
    CHECK(ln_path_equal(values.records[2].path, resource(1110)));
    CHECK_EQ(values.records[2].value.type, LN_NONE); /* there, and nothing in it */
    CHECK(ln_path_equal(values.records[3].path, ln_path_add(resource(1120), 0)));
    CHECK(ln_path_equal(values.records[4].path, ln_path_add(resource(1120), 3)));
    end();
}

TEST(refuses_a_resource_that_is_there_by_number_and_by_name)
{
    CHECK(!read_body(test_object, "{\"values\":{\"130\":1,\"float-value\":2}}"));
    CHECK_EQ(request.problem, PROBLEM_BAD_VALUE);
    end();
}

TEST(refuses_more_values_than_fit)
{
    struct text_out body = {.at = NULL};

    text_add(&body, "{\"values\":{");
    for (unsigned i = 0; i <= VALUES_MAX; i++) {
        text_format(&body, "%s\"%u\":1", i > 0 ? "," : "", i);
    }
    text_bytes(&body, BYTES("}}\0"));
    CHECK(!read_body(resource(1120), body.at));
    CHECK_EQ(request.problem, PROBLEM_BAD_VALUE);
    text_free(&body);
    end();
}

/* ---- The other way ---- */

#define RECEIVED_MS INT64_C(1714564800000) /* 2024-05-01T12:00:00Z */

static void check_record_of(bool is_oma_json, struct ln_record record, const char *expected)
{
    struct text_out text = {.at = NULL};
    struct json_out json = {.out = &text};

    record_json(&json, &record, is_oma_json, RECEIVED_MS);
    CHECK_TEXT(ln_bytes(text.at, text.len), expected);
    text_free(&text);
}

static void check_record(struct ln_record record, const char *expected)
{
    check_record_of(false, record, expected);
}

TEST(shows_a_record_with_what_the_model_knows)
{
    struct ln_path voltage = {{3, 0, 7, 0}, 4};

    check_record((struct ln_record){.path = voltage, .value = ln_value_integer(3800)},
                 "{\"path\":\"/3/0/7/0\",\"name\":\"Power Source "
                 "Voltage\",\"type\":\"integer\",\"value\":3800,"
                 "\"unit\":\"mV\"}");
}

TEST(shows_a_record_of_no_model_and_with_a_time)
{
    check_record(
        (struct ln_record){ln_path_resource(31024, 0, 1), ln_value_opaque(BYTES("\0")),
                           INT64_C(1714564800500000000)},
        "{\"path\":\"/31024/0/"
        "1\",\"type\":\"opaque\",\"value\":\"AA==\",\"time\":\"2024-05-01T12:00:00.500Z\"}");
}

TEST(shows_times_that_no_text_can_say_as_seconds)
{
    check_record((struct ln_record){.path = ln_path_resource(31024, 0, 1),
                                    .value = ln_value_time(INT64_C(1) << 40)},
                 "{\"path\":\"/31024/0/1\",\"type\":\"time\",\"value\":1099511627776}");
}

TEST(counts_relative_times_from_when_the_record_came)
{
    struct ln_record before = {ln_path_resource(31024, 0, 1), ln_value_integer(1),
                               INT64_C(-60500) * 1000000};
    struct ln_record early = {ln_path_resource(31024, 0, 1), ln_value_integer(1),
                              INT64_C(1000) * 1000000000};

    check_record(before, "{\"path\":\"/31024/0/1\",\"type\":\"integer\",\"value\":1,"
                         "\"time\":\"2024-05-01T11:58:59.500Z\"}");
    check_record(early, "{\"path\":\"/31024/0/1\",\"type\":\"integer\",\"value\":1,"
                        "\"time\":\"2024-05-01T12:16:40Z\"}");
    check_record_of(true, early,
                    "{\"path\":\"/31024/0/1\",\"type\":\"integer\",\"value\":1,"
                    "\"time\":\"1970-01-01T00:16:40Z\"}");
}

int values_tests(void);

int values_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(reads_a_value_of_each_type),
        cmocka_unit_test(says_what_is_wrong_with_a_body),
        cmocka_unit_test(reads_an_instance_by_number_and_name_in_the_order_of_paths),
        cmocka_unit_test(refuses_a_resource_that_is_there_by_number_and_by_name),
        cmocka_unit_test(refuses_more_values_than_fit),
        cmocka_unit_test(shows_a_record_with_what_the_model_knows),
        cmocka_unit_test(shows_a_record_of_no_model_and_with_a_time),
        cmocka_unit_test(shows_times_that_no_text_can_say_as_seconds),
        cmocka_unit_test(counts_relative_times_from_when_the_record_came),
    };
    return RUN_TESTS(group);
}
