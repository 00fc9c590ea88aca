/* The bootstraps that are remembered: of each endpoint the last ones, of all so many. */

#include "linnetd/bootstrap_sessions.h"

#include "ln_test.h"

#include <stdio.h>
#include <stdlib.h>

int bootstrap_sessions_tests(void);

static struct bootstrap_sessions *sessions;
static struct text_out text;

static int given(void **state)
{
    (void)state;
    sessions = bootstrap_sessions_new();
    return sessions == NULL;
}

static int over(void **state)
{
    (void)state;
    bootstrap_sessions_free(sessions);
    text_free(&text);
    return 0;
}

static struct ln_bootstrap_event event(const char *endpoint, uint64_t number)
{
    return (struct ln_bootstrap_event){.session = number << 16,
                                       .endpoint = ln_bytes_of_text(endpoint),
                                       .identity = ln_bytes_of_text("")};
}

static void begun(const char *endpoint, uint64_t number)
{
    struct ln_bootstrap_event e = event(endpoint, number);

    bootstrap_sessions_begin(sessions, &e, BYTES("a-*"), 1000);
}

/* A step that was answered; code 0: it is the end that tells of one that was not. */
static void stepped(const char *endpoint, uint64_t number, size_t index, uint8_t code)
{
    struct ln_bootstrap_event e = event(endpoint, number);

    e.has_step = true;
    e.index = index;
    e.step = LN_BOOTSTRAP_WRITE;
    e.path = ln_path_object(1);
    e.code = code;
    e.end = LN_BOOTSTRAP_FAILED;
    if (code != 0) {
        bootstrap_sessions_step(sessions, &e, 2000);
    } else {
        bootstrap_sessions_end(sessions, &e, "why", 3000);
    }
}

static size_t count_of(const char *endpoint)
{
    struct json_out json = {.out = &text};

    text_free(&text);
    return bootstrap_sessions_json(sessions, ln_bytes_of_text(endpoint), &json);
}

TEST(an_endpoint_without_sessions_has_none)
{
    CHECK_EQ(count_of("nobody"), 0);
}

TEST(a_session_has_its_steps_and_its_end)
{
    begun("a-1", 1);
    stepped("a-1", 1, 0, LN_COAP_2_04);
    stepped("a-1", 1, 1, 0);

    CHECK_EQ(count_of("a-1"), 1);
    text_bytes(&text, ln_bytes("", 1));
    assert_non_null(strstr(text.at, "\"configuration\":\"a-*\""));
    assert_non_null(strstr(text.at, "\"code\":\"2.04\""));
    assert_non_null(strstr(text.at, "\"code\":null,\"time\":\"1970-01-01T00:00:03Z\""));
    assert_non_null(strstr(text.at, "\"end\":\"failed\",\"reason\":\"why\""));
}

TEST(an_answered_step_is_not_told_twice_at_the_end)
{
    begun("a-1", 1);
    stepped("a-1", 1, 0, LN_COAP_4_00);
    stepped("a-1", 1, 0, 0);

    CHECK_EQ(count_of("a-1"), 1);
    text_bytes(&text, ln_bytes("", 1));
    assert_null(strstr(text.at, "\"code\":null"));
}

TEST(of_an_endpoint_the_last_ones_are_kept)
{
    for (uint64_t i = 1; i <= BOOTSTRAP_SESSIONS_ENDPOINT + 3; i++) {
        begun("a-1", i);
    }

    CHECK_EQ(count_of("a-1"), BOOTSTRAP_SESSIONS_ENDPOINT);
    text_bytes(&text, ln_bytes("", 1));
    assert_non_null(strstr(text.at, "\"id\":\"00000000000d0000\""));
    assert_null(strstr(text.at, "\"id\":\"0000000000030000\""));
}

TEST(of_all_the_oldest_go)
{
    char name[16];

    for (uint64_t i = 0; i < BOOTSTRAP_SESSIONS_MAX + 2; i++) {
        (void)snprintf(name, sizeof(name), "e%llu", (unsigned long long)(i / 2));
        begun(name, i + 1);
    }

    CHECK_EQ(count_of("e0"), 0);
    CHECK_EQ(count_of("e1"), 2);
    stepped("e0", 1, 0, LN_COAP_2_04); /* of one that is forgotten: nothing happens */
    stepped("e0", 1, 1, 0);
}

TEST(steps_are_bounded)
{
    begun("a-1", 1);
    for (size_t i = 0; i < BOOTSTRAP_STEPS_MAX + 50; i++) {
        stepped("a-1", 1, i, LN_COAP_2_04);
    }

    CHECK_EQ(count_of("a-1"), 1);
    text_bytes(&text, ln_bytes("", 1));
    size_t steps = 0;
    for (const char *at = text.at; (at = strstr(at, "\"method\"")) != NULL; at++) {
        steps++;
    }
    CHECK_EQ(steps, BOOTSTRAP_STEPS_MAX);
}

int bootstrap_sessions_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_endpoint_without_sessions_has_none, given, over),
        cmocka_unit_test_setup_teardown(a_session_has_its_steps_and_its_end, given, over),
        cmocka_unit_test_setup_teardown(an_answered_step_is_not_told_twice_at_the_end, given,
                                        over),
        cmocka_unit_test_setup_teardown(of_an_endpoint_the_last_ones_are_kept, given, over),
        cmocka_unit_test_setup_teardown(of_all_the_oldest_go, given, over),
        cmocka_unit_test_setup_teardown(steps_are_bounded, given, over),
    };

    return RUN_TESTS(tests);
}
