/* Arguments of an Execute, with the vectors that peers in the field are tested with. */

#include "ln_test.h"

#include <linnet/lwm2m.h>

int arguments_tests(void);

TEST(an_argument_has_an_id_and_perhaps_a_value)
{
    struct ln_reader in = ln_reader(BYTES("3='stringValue',4"));
    struct ln_argument argument;

    CHECK(ln_argument_next(&in, &argument));
    CHECK_EQ(argument.id, 3);
    CHECK(argument.has_value);
    CHECK_TEXT(argument.value, "stringValue");
    CHECK(ln_argument_next(&in, &argument));
    CHECK_EQ(argument.id, 4);
    CHECK(!argument.has_value);
    CHECK(!ln_argument_next(&in, &argument));
    CHECK(!in.failed);
}

TEST(an_empty_value_is_a_value)
{
    struct ln_reader in = ln_reader(BYTES("3=''"));
    struct ln_argument argument;

    CHECK(ln_argument_next(&in, &argument));
    CHECK(argument.has_value);
    CHECK_EQ(argument.value.len, 0);
    CHECK(!ln_argument_next(&in, &argument));
    CHECK(!in.failed);
}

TEST(commas_and_equals_signs_may_stand_in_a_value)
{
    struct ln_reader in = ln_reader(BYTES("3=',=',4"));
    struct ln_argument argument;

    CHECK(ln_argument_next(&in, &argument));
    CHECK_TEXT(argument.value, ",=");
    CHECK(ln_argument_next(&in, &argument));
    CHECK_EQ(argument.id, 4);
}

TEST(well_formed_lists_are_taken)
{
    static const char *const lists[] = {
        "",
        "3",
        "0,1,2,3,4,5,6,7,8,9",
        "3='stringValue'",
        "3='',4",
        "3=',',4",
        "3='=',4",
        "4,3",
        "2='10.3'",
        "7,0='https://www.oma.org'",
        "0='with a space'",
        "0='!#&()[]~'",
    };

    for (size_t i = 0; i < LN_COUNT(lists); i++) {
        CHECK(ln_arguments_valid(ln_bytes_of_text(lists[i])));
    }
}

TEST(malformed_lists_are_refused)
{
    static const char *const lists[] = {
        "4,4",      "a='hello'", "3'hello'",  "3=hello",  "3=string,4='Value'",
        "10",       "10='x'",    "-1",        "3,",       ",3",
        ",",        "3,,4",      "3=",        "3='",      "3='x",
        "3='x'4",   "3='x',",    "3 ",        " 3",       "3, 4",
        "3='a\"b'", "3='a\\b'",  "3='a\x7f'", "3='a\tb'", "3='\xc3\xa9'",
        "3='a'b'",  "=",         "'x'",
    };

    for (size_t i = 0; i < LN_COUNT(lists); i++) {
        CHECK(!ln_arguments_valid(ln_bytes_of_text(lists[i])));
    }
    CHECK(!ln_arguments_valid(BYTES("3='a\0b'")));
}

int arguments_tests(void)
{
    static const struct CMUnitTest arguments[] = {
        cmocka_unit_test(an_argument_has_an_id_and_perhaps_a_value),
        cmocka_unit_test(an_empty_value_is_a_value),
        cmocka_unit_test(commas_and_equals_signs_may_stand_in_a_value),
        cmocka_unit_test(well_formed_lists_are_taken),
        cmocka_unit_test(malformed_lists_are_refused),
    };
    return RUN_TESTS(arguments);
}
