/* The octet-stream format: spec CORE-1.1.1 §7.4.2. */

#include "codec/support.h"

TEST(carries_the_bytes_as_they_are)
{
    const struct ln_record record = {.path = {{3442, 0, 150}, 3},
                                     .value = ln_value_opaque(BYTES("\x00\xff\x01"))};
    const struct decoded *got = decode_hex(&ln_format_opaque, "/3442/0/150", "00ff01");
    struct ln_bytes out;

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 1);
    CHECK(ln_value_equal(&got->records[0].value, &record.value));
    CHECK_OK(encode(&ln_format_opaque, "/3442/0/150", &record, 1, &out));
    CHECK_BYTES(out, "\x00\xff\x01");
}

TEST(takes_no_bytes_as_an_empty_value)
{
    const struct decoded *got = decode_hex(&ln_format_opaque, "/3442/0/150", "");

    CHECK_OK(got->err);
    CHECK_EQ(got->count, 1);
    CHECK_EQ(got->records[0].value.as.bytes.len, 0);
}

TEST(gives_bytes_for_a_resource_that_is_not_known)
{
    const struct decoded *got = decode_hex(&ln_format_opaque, "/9999/0/0", "ff");

    CHECK_OK(got->err);
    CHECK_EQ(got->records[0].value.type, LN_OPAQUE);
}

TEST(refuses_other_types_and_paths_of_several_values)
{
    const struct ln_record record = {.path = {{3, 0, 0}, 3}, .value = ln_value_string("x")};
    struct ln_bytes out;

    CHECK_ERR(decode_hex(&ln_format_opaque, "/3/0/0", "78")->err, LN_ERR_BAD_VALUE);
    CHECK_ERR(decode_hex(&ln_format_opaque, "/3442/0", "78")->err, LN_ERR_BAD_FORMAT);
    CHECK_ERR(encode(&ln_format_opaque, "/3/0/0", &record, 1, &out), LN_ERR_NOT_ACCEPTABLE);
    CHECK_ERR(encode(&ln_format_opaque, "/3/0", &record, 1, &out), LN_ERR_NOT_ACCEPTABLE);
}

int opaque_tests(void);

int opaque_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(carries_the_bytes_as_they_are),
        cmocka_unit_test(takes_no_bytes_as_an_empty_value),
        cmocka_unit_test(gives_bytes_for_a_resource_that_is_not_known),
        cmocka_unit_test(refuses_other_types_and_paths_of_several_values),
    };
    return RUN_TESTS(group);
}
