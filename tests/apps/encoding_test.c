/* Which formats are asked of devices, and written to them. */

#include "ln_test.h"

#include "linnetd/encoding.h"

#include <math.h>

static struct ln_registration_view device(enum ln_version version, const char *listed)
{
    return (struct ln_registration_view){.version = version,
                                         .formats = ln_bytes_of_text(listed)};
}

TEST(asks_a_device_of_1_0_for_the_one_format_that_it_must_have)
{
    struct ln_registration_view view = device(LN_VERSION_1_0, NULL);

    CHECK_EQ(encoding_to_ask_for(&view, NULL), LN_FORMAT_TLV);
    CHECK_EQ(encoding_to_ask_for(&view, &ln_format_text), LN_FORMAT_TEXT);
}

TEST(leaves_the_format_to_a_later_device_unless_it_lists_one_of_ours)
{
    struct ln_registration_view silent = device(LN_VERSION_1_1, NULL);
    struct ln_registration_view other = device(LN_VERSION_1_1, "60 999");
    struct ln_registration_view ours = device(LN_VERSION_1_1, "60 11542");

    CHECK_EQ(encoding_to_ask_for(&silent, NULL), LN_FORMAT_NONE);
    CHECK_EQ(encoding_to_ask_for(&other, NULL), LN_FORMAT_NONE);
    CHECK_EQ(encoding_to_ask_for(&ours, NULL), LN_FORMAT_TLV);
}

/* The format that one value at /3/0/x is written in. */
static uint16_t written_in(enum ln_version version, struct ln_value value)
{
    struct ln_record record = {.path = ln_path_resource(3, 0, 14), .value = value};
    struct operation_call op = {.path = record.path, .records = &record, .record_count = 1};
    struct ln_registration_view view = device(version, NULL);
    struct ln_operation operation = {.kind = LN_OPERATION_WRITE};
    uint8_t buffer[64];
    struct ln_writer payload = ln_writer(buffer, sizeof(buffer));

    CHECK_OK(encoding_write(&op, &view, &payload, &operation));
    return operation.format;
}

TEST(writes_one_value_in_the_formats_that_each_version_must_have)
{
    CHECK_EQ(written_in(LN_VERSION_1_0, ln_value_string("x")), LN_FORMAT_TLV);
    CHECK_EQ(written_in(LN_VERSION_1_1, ln_value_string("x")), LN_FORMAT_TEXT);
    CHECK_EQ(written_in(LN_VERSION_1_1, ln_value_float(0.5)), LN_FORMAT_TEXT);
    CHECK_EQ(written_in(LN_VERSION_1_1, ln_value_float(NAN)), LN_FORMAT_TLV);
    CHECK_EQ(written_in(LN_VERSION_1_1, ln_value_opaque(BYTES("x"))), LN_FORMAT_OPAQUE);
}

TEST(writes_several_values_in_a_format_that_holds_structure)
{
    struct ln_record records[] = {
        {.path = {{3, 0, 7, 0}, 4}, .value = ln_value_integer(1)},
        {.path = {{3, 0, 7, 1}, 4}, .value = ln_value_integer(2)},
    };
    struct operation_call op = {
        .path = ln_path_resource(3, 0, 7), .records = records, .record_count = 2};
    struct ln_registration_view view = device(LN_VERSION_1_1, NULL);
    struct ln_operation operation = {.kind = LN_OPERATION_WRITE};
    uint8_t buffer[64];
    struct ln_writer payload = ln_writer(buffer, sizeof(buffer));

    CHECK_OK(encoding_write(&op, &view, &payload, &operation));
    CHECK_EQ(operation.format, LN_FORMAT_TLV);
    /* multiple resource 7: instances 0 and 1, of one byte each */
    CHECK_BYTES(operation.payload, "\x86\x07\x41\x00\x01\x41\x01\x02");
    op.format = &ln_format_text;
    CHECK_ERR(encoding_write(&op, &view, &payload, &operation), LN_ERR_NOT_ACCEPTABLE);
}

TEST(tells_a_value_that_a_format_cannot_say_from_one_that_does_not_fit)
{
    struct ln_record record = {.path = ln_path_resource(3442, 0, 130),
                               .value = ln_value_float(NAN)};
    struct operation_call op = {
        .path = record.path, .records = &record, .record_count = 1, .format = &ln_format_text};
    struct ln_registration_view view = device(LN_VERSION_1_1, NULL);
    struct ln_operation operation = {.kind = LN_OPERATION_WRITE};
    uint8_t buffer[64];
    struct ln_writer payload = ln_writer(buffer, sizeof(buffer));

    CHECK_ERR(encoding_write(&op, &view, &payload, &operation), LN_ERR_NOT_ACCEPTABLE);
}

TEST(refuses_values_that_do_not_fit_a_datagram)
{
    static char text[200];
    struct ln_record record = {.path = ln_path_resource(3, 0, 14)};
    struct operation_call op = {.path = record.path, .records = &record, .record_count = 1};
    struct ln_registration_view view = device(LN_VERSION_1_0, NULL);
    struct ln_operation operation = {.kind = LN_OPERATION_WRITE};
    uint8_t buffer[64];
    struct ln_writer payload = ln_writer(buffer, sizeof(buffer));

    memset(text, 'x', sizeof(text) - 1);
    record.value = ln_value_string(text);
    CHECK_ERR(encoding_write(&op, &view, &payload, &operation), LN_ERR_TOO_LARGE);
}

int encoding_tests(void);

int encoding_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(asks_a_device_of_1_0_for_the_one_format_that_it_must_have),
        cmocka_unit_test(leaves_the_format_to_a_later_device_unless_it_lists_one_of_ours),
        cmocka_unit_test(writes_one_value_in_the_formats_that_each_version_must_have),
        cmocka_unit_test(writes_several_values_in_a_format_that_holds_structure),
        cmocka_unit_test(tells_a_value_that_a_format_cannot_say_from_one_that_does_not_fit),
        cmocka_unit_test(refuses_values_that_do_not_fit_a_datagram),
    };
    return RUN_TESTS(group);
}
