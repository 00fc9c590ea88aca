/* Paths: split first, then decoded; and what each is routed to. */

#include "ln_test.h"

#include "linnetd/router.h"
#include "linnetd/routes.h"

static struct request request;

static void route(const char *method, const char *path)
{
    text_free(&request.answer.body);
    memset(&request, 0, sizeof(request));
    request.method = method;
    route_request(&request, path);
}

static void check_endpoint(const char *path, const char *endpoint)
{
    route("GET", path);
    CHECK_EQ(request.problem, PROBLEM_NONE);
    CHECK(request.route->handle == handle_device_get);
    CHECK_TEXT(request.endpoint, endpoint);
}

TEST(decodes_an_endpoint_after_it_has_split_the_path)
{
    check_endpoint("/api/v1/devices/meter-1", "meter-1");
    check_endpoint("/api/v1/devices/a%2Fb%2f..%2F", "a/b/../");
    check_endpoint("/api/v1/devices/urn:x%C3%A9%25", "urn:x\xc3\xa9%");
    check_endpoint("/api/v1/devices/+", "+");
}

TEST(takes_an_endpoint_as_base64url)
{
    check_endpoint("/api/v1/devices/~YS9i", "a/b");
    check_endpoint("/api/v1/devices/%7EYS9i", "~YS9i");
}

TEST(refuses_segments_that_are_not_well_formed)
{
    static const char *const wrong[] = {
        "/api/v1/devices/%",     "/api/v1/devices/%2",  "/api/v1/devices/%zz",
        "/api/v1/devices/a%00b", "/api/v1/devices/%ff", "/api/v1/devices/~",
        "/api/v1/devices/~%",
    };

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        route("GET", wrong[i]);
        CHECK_EQ(request.problem, PROBLEM_BAD_PATH);
    }
}

TEST(takes_what_follows_data_as_segments)
{
    route("PUT", "/api/v1/devices/x/data/device/0/power%20source%20voltage/1");
    CHECK_EQ(request.problem, PROBLEM_NONE);
    CHECK(request.route->handle == handle_data_write);
    CHECK_EQ(request.tail_count, 4);
    CHECK_TEXT(request.tail[0], "device");
    CHECK_TEXT(request.tail[2], "power source voltage");
    CHECK_TEXT(request.endpoint, "x");
}

TEST(finds_nothing_at_other_paths)
{
    static const char *const none[] = {
        "/",
        "",
        "/api/v1",
        "/api/v1/devices/",
        "/api/v1/devices//data/3",
        "/api/v1/devices/x/data",
        "/api/v1/devices/x/data/",
        "/api/v1/devices/x/y",
        "/api/v2/devices",
        "/metrics/",
        "/API/v1/devices",
    };

    for (size_t i = 0; i < LN_COUNT(none); i++) {
        route("GET", none[i]);
        CHECK_EQ(request.problem, PROBLEM_NOT_FOUND);
    }
}

TEST(says_which_methods_a_path_has)
{
    route("POST", "/api/v1/devices/x");
    CHECK_EQ(request.problem, PROBLEM_BAD_METHOD);
    CHECK_EQ(request.answer.status, 405);
    assert_string_equal(request.answer.allow, "GET, DELETE");
}

TEST(answers_head_as_get)
{
    route("HEAD", "/healthz");
    CHECK_EQ(request.problem, PROBLEM_NONE);
    CHECK(request.route->handle == handle_health);
}

TEST(refuses_a_path_of_too_many_segments)
{
    route("GET", "/api/v1/devices/x/data/1/2/3/4/5/6/7/8/9/10");
    CHECK_EQ(request.problem, PROBLEM_BAD_PATH);
}

int router_tests(void);

int router_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(decodes_an_endpoint_after_it_has_split_the_path),
        cmocka_unit_test(takes_an_endpoint_as_base64url),
        cmocka_unit_test(refuses_segments_that_are_not_well_formed),
        cmocka_unit_test(takes_what_follows_data_as_segments),
        cmocka_unit_test(finds_nothing_at_other_paths),
        cmocka_unit_test(says_which_methods_a_path_has),
        cmocka_unit_test(answers_head_as_get),
        cmocka_unit_test(refuses_a_path_of_too_many_segments),
    };
    return RUN_TESTS(group);
}
