/* Bindings, as 1.0 and as 1.1 write them. */

#include "ln_test.h"

#include <linnet/lwm2m.h>

int binding_tests(void);

static uint8_t read(const char *text, enum ln_version version)
{
    uint8_t binding = 0;

    return ln_binding_of_text(ln_bytes_of_text(text), version, &binding) == LN_OK ? binding : 0;
}

TEST(version_1_0_has_six_bindings_with_the_queue_in_them)
{
    CHECK_EQ(read("U", LN_VERSION_1_0), LN_BINDING_U);
    CHECK_EQ(read("UQ", LN_VERSION_1_0), LN_BINDING_U | LN_BINDING_Q);
    CHECK_EQ(read("S", LN_VERSION_1_0), LN_BINDING_S);
    CHECK_EQ(read("SQ", LN_VERSION_1_0), LN_BINDING_S | LN_BINDING_Q);
    CHECK_EQ(read("US", LN_VERSION_1_0), LN_BINDING_U | LN_BINDING_S);
    CHECK_EQ(read("UQS", LN_VERSION_1_0), LN_BINDING_U | LN_BINDING_Q | LN_BINDING_S);
}

TEST(version_1_0_refuses_all_others)
{
    static const char *const texts[] = {"",    "UT",   "T",  "N",  "Q",
                                        "USQ", "UQSQ", "SU", "UU", "u"};

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        CHECK_EQ(read(texts[i], LN_VERSION_1_0), 0);
    }
}

TEST(version_1_1_has_any_set_of_transports)
{
    CHECK_EQ(read("U", LN_VERSION_1_1), LN_BINDING_U);
    CHECK_EQ(read("UT", LN_VERSION_1_1), LN_BINDING_U | LN_BINDING_T);
    CHECK_EQ(read("NSTU", LN_VERSION_1_1),
             LN_BINDING_U | LN_BINDING_T | LN_BINDING_S | LN_BINDING_N);
}

TEST(version_1_1_refuses_repeats_the_queue_and_the_unknown)
{
    static const char *const texts[] = {"",  "UQ", "Q", "UU",  "UTU",
                                        "M", "H",  "u", "U T", "U,T"};

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        CHECK_EQ(read(texts[i], LN_VERSION_1_1), 0);
    }
}

static void check_written(uint8_t binding, enum ln_version version, const char *expected)
{
    char out[LN_BINDING_TEXT_MAX];
    struct ln_writer w = ln_writer(out, sizeof(out));

    ln_write_binding(&w, binding, version);
    CHECK(!w.failed);
    CHECK_TEXT(ln_writer_bytes(&w), expected);
}

TEST(a_binding_is_written_as_its_version_has_it)
{
    check_written(LN_BINDING_U | LN_BINDING_Q, LN_VERSION_1_0, "UQ");
    check_written(LN_BINDING_U | LN_BINDING_Q, LN_VERSION_1_1, "U");
    check_written(LN_BINDING_U | LN_BINDING_Q | LN_BINDING_S, LN_VERSION_1_0, "UQS");
    check_written(LN_BINDING_Q | LN_BINDING_S, LN_VERSION_1_0, "SQ");
    check_written(LN_BINDING_U | LN_BINDING_T | LN_BINDING_S | LN_BINDING_N, LN_VERSION_1_1,
                  "UTSN");
}

TEST(what_is_written_reads_back)
{
    for (unsigned set = 1; set < 16; set++) {
        char out[LN_BINDING_TEXT_MAX];
        struct ln_writer w = ln_writer(out, sizeof(out));
        uint8_t back = 0;

        ln_write_binding(&w, (uint8_t)set, LN_VERSION_1_1);
        CHECK_OK(ln_binding_of_text(ln_writer_bytes(&w), LN_VERSION_1_1, &back));
        CHECK_EQ(back, set);
    }
}

int binding_tests(void)
{
    static const struct CMUnitTest bindings[] = {
        cmocka_unit_test(version_1_0_has_six_bindings_with_the_queue_in_them),
        cmocka_unit_test(version_1_0_refuses_all_others),
        cmocka_unit_test(version_1_1_has_any_set_of_transports),
        cmocka_unit_test(version_1_1_refuses_repeats_the_queue_and_the_unknown),
        cmocka_unit_test(a_binding_is_written_as_its_version_has_it),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return RUN_TESTS(bindings);
}
