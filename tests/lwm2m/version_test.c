/* Versions of the enabler, and the object versions that they imply. */

#include "ln_test.h"

#include <linnet/lwm2m.h>

int version_tests(void);

static void check_read(const char *text, enum ln_version expected)
{
    enum ln_version version = LN_VERSION_NONE;

    CHECK(ln_version_of_text(ln_bytes_of_text(text), &version));
    CHECK_EQ(version, expected);
}

TEST(our_versions_are_known_and_others_are_none)
{
    check_read("1.0", LN_VERSION_1_0);
    check_read("1.1", LN_VERSION_1_1);
    check_read("1.2", LN_VERSION_1_2);
    check_read("1.3", LN_VERSION_NONE);
    check_read("0.9", LN_VERSION_NONE);
    check_read("2.0", LN_VERSION_NONE);
    check_read("1.10", LN_VERSION_NONE);
    check_read("32767.32767", LN_VERSION_NONE);
}

TEST(malformed_versions_are_refused)
{
    static const char *const texts[] = {
        "",
        ".",
        "1",
        "1.",
        ".0",
        "0001.0",
        "1.02",
        "1.0.0",
        "1.0.2",
        "-1.0",
        "a.0",
        "1.a",
        "32768.0",
        "1.32768",
        " 1.0",
        "1.0 ",
        "1,0",
        "+1.0",
        "99999999999999999999.0",
    };

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        enum ln_version version;
        CHECK(!ln_version_of_text(ln_bytes_of_text(texts[i]), &version));
    }
}

TEST(a_version_is_written_as_text)
{
    assert_string_equal(ln_version_text(LN_VERSION_1_0), "1.0");
    assert_string_equal(ln_version_text(LN_VERSION_1_1), "1.1");
    assert_string_equal(ln_version_text(LN_VERSION_1_2), "1.2");
    assert_string_equal(ln_version_text(LN_VERSION_NONE), "");
}

static void check_implied(uint16_t object, enum ln_version version, int major, int minor)
{
    uint8_t is_major;
    uint8_t is_minor;

    ln_object_default_version(object, version, &is_major, &is_minor);
    CHECK_EQ(is_major, major);
    CHECK_EQ(is_minor, minor);
}

TEST(under_1_0_every_object_is_1_0)
{
    for (uint16_t object = 0; object < 30; object++) {
        check_implied(object, LN_VERSION_1_0, 1, 0);
    }
    check_implied(3303, LN_VERSION_1_0, 1, 0);
}

TEST(under_1_1_the_core_objects_are_those_of_the_enabler)
{
    static const uint8_t minors[] = {1, 1, 0, 1, 2, 0, 0, 0};

    for (uint16_t object = 0; object < LN_COUNT(minors); object++) {
        check_implied(object, LN_VERSION_1_1, 1, minors[object]);
    }
    check_implied(21, LN_VERSION_1_1, 1, 0);
    check_implied(3303, LN_VERSION_1_1, 1, 0);
}

TEST(under_1_2_they_are_newer)
{
    static const uint8_t minors[] = {2, 2, 1, 2, 3, 1, 0, 0};

    for (uint16_t object = 0; object < LN_COUNT(minors); object++) {
        check_implied(object, LN_VERSION_1_2, 1, minors[object]);
    }
    check_implied(21, LN_VERSION_1_2, 2, 0);
}

int version_tests(void)
{
    static const struct CMUnitTest versions[] = {
        cmocka_unit_test(our_versions_are_known_and_others_are_none),
        cmocka_unit_test(malformed_versions_are_refused),
        cmocka_unit_test(a_version_is_written_as_text),
        cmocka_unit_test(under_1_0_every_object_is_1_0),
        cmocka_unit_test(under_1_1_the_core_objects_are_those_of_the_enabler),
        cmocka_unit_test(under_1_2_they_are_newer),
    };
    return RUN_TESTS(versions);
}
