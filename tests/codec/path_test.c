/* Paths: their order, their text, and which is inside which. */

#include "codec/support.h"

static void check_text(struct ln_path p, const char *text)
{
    char out[LN_PATH_TEXT_MAX];
    struct ln_writer w = ln_writer(out, sizeof(out));

    ln_write_path(&w, p);
    CHECK(!w.failed);
    CHECK_TEXT(ln_writer_bytes(&w), text);
}

TEST(writes_each_depth_as_text)
{
    check_text(ln_path_root(), "/");
    check_text(ln_path_object(3), "/3");
    check_text(ln_path_instance(3, 0), "/3/0");
    check_text(ln_path_resource(3, 0, 9), "/3/0/9");
    check_text(ln_path_add(ln_path_resource(3, 0, 6), 1), "/3/0/6/1");
    check_text(ln_path_add(ln_path_resource(65534, 65534, 65534), 65534),
               "/65534/65534/65534/65534");
}

TEST(reads_back_what_it_writes)
{
    static const char *const texts[] = {
        "/", "/0", "/3", "/3/0", "/3/0/9", "/3/0/6/1", "/65534/65534/65534/65534",
    };

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        check_text(path(texts[i]), texts[i]);
    }
}

TEST(takes_a_path_without_its_first_slash)
{
    CHECK(ln_path_equal(path("3/0/9"), ln_path_resource(3, 0, 9)));
    CHECK(ln_path_equal(path("3"), ln_path_object(3)));
}

TEST(refuses_text_that_is_no_path)
{
    static const char *const texts[] = {
        "",       "//",     "/3/",       "3/",   "/3//0",  "//3",         "/-1", "/+1",
        "/65535", "/65536", "/1000000",  "/a",   "/3/0x1", "/3 ",         " /3", "/3/0/6/1/0",
        "/03",    "/3/00",  "/3/0/6/1/", "/3.0", "/:",     "/3/\xd9\xa1",
    };
    struct ln_path out;

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        CHECK(!ln_path_of_text(ln_bytes_of_text(texts[i]), &out));
    }
}

TEST(reads_one_segment)
{
    uint16_t id;

    CHECK(ln_id_of_text(BYTES("0"), &id));
    CHECK_EQ(id, 0);
    CHECK(ln_id_of_text(BYTES("65534"), &id));
    CHECK_EQ(id, 65534);
    CHECK(!ln_id_of_text(BYTES("65535"), &id));
    CHECK(!ln_id_of_text(BYTES("3/0"), &id));
    CHECK(!ln_id_of_text(BYTES(""), &id));
    CHECK(!ln_id_of_text(BYTES("99999"), &id));
    CHECK(!ln_id_of_text(BYTES("3\0"), &id));
}

TEST(orders_paths_level_by_level)
{
    static const char *const ascending[] = {
        "/",    "/1",    "/1/1", "/1/1/1",   "/1/1/1/1", "/1/1/1/2", "/1/1/2",
        "/1/2", "/1/10", "/2",   "/2/0/0/0", "/10",      "/65534",
    };

    for (size_t i = 0; i < LN_COUNT(ascending); i++) {
        for (size_t j = 0; j < LN_COUNT(ascending); j++) {
            int order = ln_path_compare(path(ascending[i]), path(ascending[j]));
            CHECK_EQ((order > 0) - (order < 0), (i > j) - (i < j));
            CHECK_EQ(ln_path_equal(path(ascending[i]), path(ascending[j])), i == j);
        }
    }
}

TEST(knows_what_is_within_what)
{
    CHECK(ln_path_within(path("/3/0/9"), path("/")));
    CHECK(ln_path_within(path("/3/0/9"), path("/3/0")));
    CHECK(ln_path_within(path("/3/0"), path("/3/0")));
    CHECK(!ln_path_within(path("/3"), path("/3/0")));
    CHECK(!ln_path_within(path("/3/1/9"), path("/3/0")));
    CHECK(!ln_path_within(path("/4"), path("/3")));
    CHECK(ln_path_within(path("/"), path("/")));
}

TEST(goes_up_to_a_depth_and_never_down)
{
    CHECK(ln_path_equal(ln_path_up(path("/3/0/6/1"), 2), path("/3/0")));
    CHECK(ln_path_equal(ln_path_up(path("/3/0/6/1"), 0), path("/")));
    CHECK(ln_path_equal(ln_path_up(path("/3"), 4), path("/3")));
}

int path_tests(void);

int path_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(writes_each_depth_as_text),
        cmocka_unit_test(reads_back_what_it_writes),
        cmocka_unit_test(takes_a_path_without_its_first_slash),
        cmocka_unit_test(refuses_text_that_is_no_path),
        cmocka_unit_test(reads_one_segment),
        cmocka_unit_test(orders_paths_level_by_level),
        cmocka_unit_test(knows_what_is_within_what),
        cmocka_unit_test(goes_up_to_a_depth_and_never_down),
    };
    return RUN_TESTS(group);
}
