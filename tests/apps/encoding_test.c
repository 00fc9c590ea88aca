/* Which formats are asked of devices, and written to them. */

#include "ln_test.h"

#include "linnetd/encoding.h"

#include <math.h>
#include <stdlib.h>

static struct ln_registration_view device(enum ln_version version, const char *listed)
{
    return (struct ln_registration_view){.version = version,
                                         .formats = ln_bytes_of_text(listed)};
}

/* The Accept of a Read of such a device. */
static uint16_t asked(enum ln_version version, const char *listed, struct operation_call op)
{
    struct ln_registration_view view = device(version, listed);

    return encoding_to_ask_for(&op, &view);
}

TEST(asks_a_device_of_1_0_for_the_one_format_that_it_must_have)
{
    struct operation_call any = {.path = ln_path_object(3)};
    struct operation_call text = {.format = &ln_format_text};

    CHECK_EQ(asked(LN_VERSION_1_0, NULL, any), LN_FORMAT_TLV);
    CHECK_EQ(asked(LN_VERSION_1_0, "11543", any), LN_FORMAT_TLV);
    CHECK_EQ(asked(LN_VERSION_1_0, NULL, text), LN_FORMAT_TEXT);
}

TEST(asks_a_later_device_for_what_it_lists_or_else_leaves_it_the_choice)
{
    struct operation_call any = {.path = ln_path_object(3)};
    static const struct {
        const char *listed;
        uint16_t asked;
    } cases[] = {
        {NULL, LN_FORMAT_NONE},
        {"60 999", LN_FORMAT_NONE},
        {"60 11542", LN_FORMAT_TLV},
        {"1542", LN_FORMAT_TLV}, /* from before the registration of its number */
        {"11542 110", LN_FORMAT_SENML_JSON},
        {"60 110 112 11542 11543", LN_FORMAT_SENML_CBOR},
        {"11543", LN_FORMAT_JSON},
    };

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        CHECK_EQ(asked(LN_VERSION_1_1, cases[i].listed, any), cases[i].asked);
    }
}

TEST(asks_for_bytes_as_they_are_where_the_device_has_that_format)
{
    struct operation_call octets = {.octets = true};

    CHECK_EQ(asked(LN_VERSION_1_1, NULL, octets), LN_FORMAT_OPAQUE);
    CHECK_EQ(asked(LN_VERSION_1_0, NULL, octets), LN_FORMAT_TLV);
    CHECK_EQ(asked(LN_VERSION_1_0, "0 42", octets), LN_FORMAT_OPAQUE);
}

TEST(leaves_the_choice_to_a_device_that_refused_ours)
{
    struct operation_call again = {.attempt = 1};

    CHECK_EQ(asked(LN_VERSION_1_0, NULL, again), LN_FORMAT_NONE);
    CHECK_EQ(asked(LN_VERSION_1_1, "112", again), LN_FORMAT_NONE);
}

/* ---- Writing ---- */

static struct ln_record record;

/* A Write of one value to a resource. */
static struct operation_call write_of(struct ln_value value)
{
    record = (struct ln_record){.path = ln_path_resource(3, 0, 14), .value = value};
    return (struct operation_call){
        .kind = LN_OPERATION_WRITE, .path = record.path, .records = &record, .record_count = 1};
}

static ln_err result;

/* The format that it is written in; LN_FORMAT_NONE where `result` is an error. */
static uint16_t written(enum ln_version version, const char *listed, struct operation_call op)
{
    struct ln_registration_view view = device(version, listed);
    struct ln_operation operation = {.format = LN_FORMAT_NONE};
    uint8_t *payload = NULL;

    result = encoding_write(&op, &view, &payload, &operation);
    free(payload);
    return operation.format;
}

TEST(writes_one_value_in_the_formats_that_each_version_must_have)
{
    struct ln_value opaque = ln_value_opaque(BYTES("x"));

    CHECK_EQ(written(LN_VERSION_1_0, NULL, write_of(ln_value_string("x"))), LN_FORMAT_TLV);
    CHECK_EQ(written(LN_VERSION_1_1, NULL, write_of(ln_value_string("x"))), LN_FORMAT_TEXT);
    CHECK_EQ(written(LN_VERSION_1_1, NULL, write_of(ln_value_float(0.5))), LN_FORMAT_TEXT);
    CHECK_EQ(written(LN_VERSION_1_1, NULL, write_of(ln_value_float(NAN))),
             LN_FORMAT_SENML_CBOR);
    CHECK_EQ(written(LN_VERSION_1_1, "11542", write_of(ln_value_float(NAN))), LN_FORMAT_TLV);
    CHECK_EQ(written(LN_VERSION_1_1, NULL, write_of(opaque)), LN_FORMAT_OPAQUE);
}

static struct ln_record two[] = {
    {.path = {{3, 0, 7, 0}, 4}, .value = {LN_INTEGER, {.integer = 1}}},
    {.path = {{3, 0, 7, 1}, 4}, .value = {LN_INTEGER, {.integer = 2}}},
};
static const struct operation_call write_two = {
    .kind = LN_OPERATION_WRITE, .path = {{3, 0, 7}, 3}, .records = two, .record_count = 2};

TEST(writes_several_values_in_a_format_that_holds_structure)
{
    struct operation_call text = write_two;

    CHECK_EQ(written(LN_VERSION_1_0, NULL, write_two), LN_FORMAT_TLV);
    CHECK_EQ(written(LN_VERSION_1_1, NULL, write_two), LN_FORMAT_SENML_CBOR);
    CHECK_EQ(written(LN_VERSION_1_1, "60 110", write_two), LN_FORMAT_SENML_JSON);
    text.format = &ln_format_text;
    CHECK_EQ(written(LN_VERSION_1_1, NULL, text), LN_FORMAT_NONE);
    CHECK_ERR(result, LN_ERR_NOT_ACCEPTABLE);
}

TEST(writes_all_of_the_values)
{
    struct operation_call op = write_two;
    struct ln_registration_view view = device(LN_VERSION_1_0, NULL);
    struct ln_operation operation;
    uint8_t *payload = NULL;

    CHECK_OK(encoding_write(&op, &view, &payload, &operation));
    /* multiple resource 7: instances 0 and 1, of one byte each */
    CHECK_BYTES(operation.payload, "\x86\x07\x41\x00\x01\x41\x01\x02");
    free(payload);
}

TEST(tries_another_format_once_where_the_choice_was_ours)
{
    struct operation_call op = write_two;
    struct operation_call one = write_of(ln_value_string("x"));

    op.attempt = one.attempt = 1;
    CHECK_EQ(written(LN_VERSION_1_1, NULL, op), LN_FORMAT_TLV);
    CHECK_EQ(written(LN_VERSION_1_1, NULL, one), LN_FORMAT_SENML_CBOR);
    CHECK_EQ(written(LN_VERSION_1_1, "11542", op), LN_FORMAT_NONE);
    CHECK_ERR(result, LN_ERR_NOT_FOUND);
    CHECK_EQ(written(LN_VERSION_1_0, NULL, op), LN_FORMAT_NONE);
    op.format = &ln_format_senml_json;
    CHECK_EQ(written(LN_VERSION_1_1, NULL, op), LN_FORMAT_NONE);
}

TEST(tells_a_value_that_a_format_cannot_say_from_one_that_is_too_large)
{
    struct operation_call op = write_of(ln_value_float(NAN));
    uint8_t *large = calloc(1, OPERATION_PAYLOAD_MAX);

    op.format = &ln_format_text;
    CHECK_EQ(written(LN_VERSION_1_1, NULL, op), LN_FORMAT_NONE);
    CHECK_ERR(result, LN_ERR_NOT_ACCEPTABLE);
    assert_non_null(large);
    op = write_of(ln_value_opaque(ln_bytes(large, OPERATION_PAYLOAD_MAX)));
    CHECK_EQ(written(LN_VERSION_1_1, NULL, op), LN_FORMAT_OPAQUE);
    CHECK_EQ(written(LN_VERSION_1_0, NULL, op), LN_FORMAT_NONE); /* TLV has a header */
    CHECK_ERR(result, LN_ERR_TOO_LARGE);
    free(large);
}

/* ---- Create ---- */

TEST(takes_a_free_instance_where_the_format_cannot_leave_the_choice_to_the_device)
{
    static const struct ln_object_link links[] = {{1, 2, 0, 0}, {16, 0, 0, 0}, {16, 1, 0, 0}};
    struct ln_record made = {.path = {{16, LN_ID_NONE, 0, 0}, 4},
                             .value = ln_value_string("x")};
    struct operation_call op = {.kind = LN_OPERATION_CREATE,
                                .path = ln_path_object(16),
                                .records = &made,
                                .record_count = 1,
                                .instance = LN_ID_NONE};
    struct ln_registration_view view = {
        .version = LN_VERSION_1_1, .objects = links, .object_count = LN_COUNT(links)};
    struct ln_operation operation;
    uint8_t *payload = NULL;

    CHECK_OK(encoding_write(&op, &view, &payload, &operation));
    CHECK_EQ(operation.format, LN_FORMAT_SENML_CBOR);
    CHECK_EQ(op.instance, 2);
    CHECK_EQ(made.path.id[1], 2);
    free(payload);
}

TEST(leaves_the_instance_to_a_device_of_1_0)
{
    struct ln_record made = {.path = {{16, LN_ID_NONE, 0, 0}, 4},
                             .value = ln_value_string("x")};
    struct operation_call op = {.kind = LN_OPERATION_CREATE,
                                .path = ln_path_object(16),
                                .records = &made,
                                .record_count = 1,
                                .instance = LN_ID_NONE};
    struct ln_registration_view view = device(LN_VERSION_1_0, NULL);
    struct ln_operation operation;
    uint8_t *payload = NULL;

    CHECK_OK(encoding_write(&op, &view, &payload, &operation));
    CHECK_EQ(operation.format, LN_FORMAT_TLV);
    CHECK_EQ(op.instance, LN_ID_NONE);
    free(payload);
}

int encoding_tests(void);

int encoding_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(asks_a_device_of_1_0_for_the_one_format_that_it_must_have),
        cmocka_unit_test(asks_a_later_device_for_what_it_lists_or_else_leaves_it_the_choice),
        cmocka_unit_test(asks_for_bytes_as_they_are_where_the_device_has_that_format),
        cmocka_unit_test(leaves_the_choice_to_a_device_that_refused_ours),
        cmocka_unit_test(writes_one_value_in_the_formats_that_each_version_must_have),
        cmocka_unit_test(writes_several_values_in_a_format_that_holds_structure),
        cmocka_unit_test(writes_all_of_the_values),
        cmocka_unit_test(tries_another_format_once_where_the_choice_was_ours),
        cmocka_unit_test(tells_a_value_that_a_format_cannot_say_from_one_that_is_too_large),
        cmocka_unit_test(
            takes_a_free_instance_where_the_format_cannot_leave_the_choice_to_the_device),
        cmocka_unit_test(leaves_the_instance_to_a_device_of_1_0),
    };
    return RUN_TESTS(group);
}
