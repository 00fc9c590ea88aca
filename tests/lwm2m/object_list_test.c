/* The object list of a Register and Update. */

#include "ln_test.h"

#include <linnet/lwm2m.h>

int object_list_tests(void);

/* Reads a list, and writes what it found as "1/0 3 5/0:1.1". */
static const char *read(const char *payload)
{
    static char text[512];
    struct ln_writer w = ln_writer(text, sizeof(text) - 1);
    struct ln_object_list_reader list;
    struct ln_object_link link;

    memset(text, 0, sizeof(text));
    if (ln_object_list_open(ln_bytes_of_text(payload), &list) != LN_OK) {
        return "refused";
    }
    while (ln_object_list_next(&list, &link)) {
        ln_write_text(&w, w.written > 0 ? " " : "");
        ln_write_unsigned_text(&w, link.object);
        if (link.instance != LN_ID_NONE) {
            ln_write_text(&w, "/");
            ln_write_unsigned_text(&w, link.instance);
        }
        if (link.version_major != 0) {
            ln_write_text(&w, ":");
            ln_write_unsigned_text(&w, link.version_major);
            ln_write_text(&w, ".");
            ln_write_unsigned_text(&w, link.version_minor);
        }
    }
    CHECK(!list.in.failed);
    return text;
}

static void check_root(const char *payload, const char *root, const char *formats)
{
    struct ln_object_list_reader list;

    CHECK_OK(ln_object_list_open(ln_bytes_of_text(payload), &list));
    CHECK_TEXT(list.root, root);
    CHECK_TEXT(list.formats, formats);
}

TEST(objects_and_instances_come_in_the_order_of_the_list)
{
    assert_string_equal(read("</1/0>,</3/0>,</5>"), "1/0 3/0 5");
    assert_string_equal(read("</3/0>, </1/0>"), "3/0 1/0");
    assert_string_equal(read("</65534/65534>"), "65534/65534");
}

TEST(the_list_of_a_client_in_the_field_is_read)
{
    static const char payload[] =
        "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 1542 1543 11542 11543\","
        "</1/0>,</2>,</3/0>,</3442/0>";

    assert_string_equal(read(payload), "1/0 2 3/0 3442/0");
    check_root(payload, "", "60 110 112 1542 1543 11542 11543");
}

TEST(formats_stand_on_the_root_link_with_or_without_rt)
{
    check_root("</>;ct=\"0 42 11543\",</1/0>,</3/0>", "", "0 42 11543");
    check_root("</>;ct=11543,</1/0>,</3/0>", "", "11543");
    check_root("</1/0>,</3/0>", "", "");
}

TEST(a_root_path_is_taken_off_and_what_is_outside_is_skipped)
{
    static const char quoted[] = "</root>;rt=\"oma.lwm2m\";ct=110,</root/1/0>,</3/0>";

    assert_string_equal(read(quoted), "1/0");
    check_root(quoted, "/root", "110");
    assert_string_equal(read("</root>;rt=oma.lwm2m,</root/1/0>,</3/0>"), "1/0");
    assert_string_equal(read("</root/>;rt=oma.lwm2m,</root/1/0>,</3/0>"), "1/0");
    assert_string_equal(read("</a/b>;rt=oma.lwm2m,</a/b/1/0>,</a/1/0>,</a/bc/3/0>"), "1/0");
    assert_string_equal(read("</1/text/0/in/path>,</2/O/test>,</r>;rt=oma.lwm2m,</r/3>"), "3");
}

TEST(the_root_link_may_stand_anywhere_in_the_list)
{
    assert_string_equal(read("</lwm2m/1/0>,</3/0>,</lwm2m>;rt=\"oma.lwm2m\""), "1/0");
    assert_string_equal(read("</>;ct=110,</lwm2m/1/0>,</lwm2m>;ct=60;rt=\"oma.lwm2m\""), "1/0");
    check_root("</>;ct=110,</lwm2m/1/0>,</lwm2m>;ct=60;rt=\"oma.lwm2m\"", "/lwm2m", "60");
    check_root("</lwm2m>;ct=60;rt=\"oma.lwm2m\",</>;ct=110,</lwm2m/1/0>", "/lwm2m", "60");
}

TEST(rt_may_name_several_types)
{
    assert_string_equal(read("</r>;rt=\"core.rd oma.lwm2m\",</r/1/0>,</3/0>"), "1/0");
    assert_string_equal(read("</r>;rt=\"oma.lwm2m.x\",</r/1/0>,</3/0>"), "3/0");
}

TEST(two_roots_are_refused_unless_they_are_the_same)
{
    assert_string_equal(read("</a>;rt=oma.lwm2m,</b>;rt=oma.lwm2m,</a/1/0>"), "refused");
    assert_string_equal(read("</a>;rt=oma.lwm2m,</a/>;rt=oma.lwm2m,</a/1/0>"), "1/0");
}

TEST(a_root_with_a_number_in_it_is_refused)
{
    assert_string_equal(read("</1>;rt=oma.lwm2m,</1/1/0>"), "refused");
    assert_string_equal(read("</a/3>;rt=oma.lwm2m,</a/3/1/0>"), "refused");
}

TEST(paths_that_are_not_all_numbers_are_not_ours)
{
    assert_string_equal(read("</1/text/0/in/path>,</2/O/test/in/path>,</sensors/temp>,</3/0>"),
                        "3/0");
    assert_string_equal(read("</1a>,</-1>,</.well-known/core>"), "");
}

TEST(versions_stand_on_the_object_or_the_instance_quoted_or_not)
{
    assert_string_equal(read("</3>;ver=1.1,</3/0>"), "3:1.1 3/0");
    assert_string_equal(read("</44>;ver=\"2.2\",</44/0>"), "44:2.2 44/0");
    assert_string_equal(read("</44/0>;ver=2.2"), "44/0:2.2");
    assert_string_equal(read("</3/0>;if=\"x\";ver=1.1;foo"), "3/0:1.1");
}

TEST(malformed_versions_are_refused)
{
    assert_string_equal(read("</3>;ver=1,</3/0>"), "refused");
    assert_string_equal(read("</3>;ver=1.02,</3/0>"), "refused");
    assert_string_equal(read("</3>;ver=x.y,</3/0>"), "refused");
    assert_string_equal(read("</3>;ver,</3/0>"), "refused");
    assert_string_equal(read("</3>;ver=256.0,</3/0>"), "refused");
}

TEST(a_link_that_stands_twice_comes_twice)
{
    assert_string_equal(read("</3/0>,</3/0>,</3>"), "3/0 3/0 3");
}

TEST(numbers_that_are_no_object_or_instance_are_refused)
{
    assert_string_equal(read("</1/0>,</3/0/1>"), "refused");
    assert_string_equal(read("</65535>"), "refused");
    assert_string_equal(read("</3/65535>"), "refused");
    assert_string_equal(read("</99999>"), "refused");
    assert_string_equal(read("</03/0>"), "refused");
    assert_string_equal(read("</99999999999999999999999999>"), "refused");
}

TEST(what_is_no_list_of_links_is_refused)
{
    static const char *const payloads[] = {
        "<text>",
        "empty",
        "</1/0",
        "</1/0>,",
        "</1/0>;",
        "</1/0>;ver=",
        "1/0",
        "<>",
        "{}",
        "</1/0></3/0>",
        "</1/0>;rt=\"oma.lwm2m",
        "</1/0>,empty",
    };

    for (size_t i = 0; i < LN_COUNT(payloads); i++) {
        assert_string_equal(read(payloads[i]), "refused");
    }
}

TEST(a_payload_of_no_bytes_is_a_list_of_nothing)
{
    assert_string_equal(read(""), "");
}

int object_list_tests(void)
{
    static const struct CMUnitTest object_lists[] = {
        cmocka_unit_test(objects_and_instances_come_in_the_order_of_the_list),
        cmocka_unit_test(the_list_of_a_client_in_the_field_is_read),
        cmocka_unit_test(formats_stand_on_the_root_link_with_or_without_rt),
        cmocka_unit_test(a_root_path_is_taken_off_and_what_is_outside_is_skipped),
        cmocka_unit_test(the_root_link_may_stand_anywhere_in_the_list),
        cmocka_unit_test(rt_may_name_several_types),
        cmocka_unit_test(two_roots_are_refused_unless_they_are_the_same),
        cmocka_unit_test(a_root_with_a_number_in_it_is_refused),
        cmocka_unit_test(paths_that_are_not_all_numbers_are_not_ours),
        cmocka_unit_test(versions_stand_on_the_object_or_the_instance_quoted_or_not),
        cmocka_unit_test(malformed_versions_are_refused),
        cmocka_unit_test(a_link_that_stands_twice_comes_twice),
        cmocka_unit_test(numbers_that_are_no_object_or_instance_are_refused),
        cmocka_unit_test(what_is_no_list_of_links_is_refused),
        cmocka_unit_test(a_payload_of_no_bytes_is_a_list_of_nothing),
    };
    return RUN_TESTS(object_lists);
}
