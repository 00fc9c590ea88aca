/* Tokens: who is let in, and who guesses too often. */

#include "ln_test.h"

#include "linnetd/auth.h"
#include "linnetd/http.h"

static struct auth auth;
static char made[AUTH_GENERATED_TEXT];
static const struct ln_address here = {.ip = {[15] = 1}};
static const struct ln_address there = {.ip = {[15] = 2}};

/* The problem of a request with that header, or none. */
static enum problem_kind ask(const char *header, const struct ln_address *from, ln_time now)
{
    struct request request = {.method = "GET"};
    bool allowed = auth_check(&auth, &request, ROLE_OPERATOR, header, from, now);

    CHECK_EQ(allowed, request.problem == PROBLEM_NONE);
    text_free(&request.answer.body);
    return request.problem;
}

TEST(lets_in_who_has_the_token)
{
    CHECK(auth_init(&auth, "secret-token", made));
    CHECK_EQ(ask("Bearer secret-token", &here, 1), PROBLEM_NONE);
    CHECK_EQ(ask("bearer  secret-token", &here, 1), PROBLEM_NONE);
}

TEST(keeps_out_who_has_not)
{
    static const char *const wrong[] = {
        NULL,      "secret-token",       "Basic secret-token",   "Bearer",
        "Bearer ", "Bearer secret-toke", "Bearer secret-token1", "Bearer SECRET-TOKEN",
    };

    CHECK(auth_init(&auth, "secret-token", made));
    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK_EQ(ask(wrong[i], &here, 1), PROBLEM_NO_TOKEN);
    }
}

TEST(slows_down_an_address_that_guesses_and_no_other)
{
    CHECK(auth_init(&auth, "secret-token", made));
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(ask("Bearer wrong", &here, 1), PROBLEM_NO_TOKEN);
    }
    CHECK_EQ(ask("Bearer wrong", &here, 1), PROBLEM_TOO_MANY_FAILURES);
    CHECK_EQ(ask("Bearer secret-token", &here, 1), PROBLEM_NONE); /* the one who has it */
    CHECK_EQ(ask("Bearer secret-token", &there, 1), PROBLEM_NONE);
    CHECK_EQ(ask("Bearer secret-token", &here, 1001), PROBLEM_NONE);
    CHECK_EQ(ask("Bearer wrong", &here, 1001), PROBLEM_NO_TOKEN);
    CHECK_EQ(ask("Bearer wrong", &here, 1001), PROBLEM_TOO_MANY_FAILURES);
    CHECK_EQ(auth.failures, 21);
}

TEST(makes_a_token_where_none_is_given_and_another_each_time)
{
    char header[sizeof("Bearer ") + AUTH_GENERATED_TEXT];
    char first[AUTH_GENERATED_TEXT];

    CHECK(auth_init(&auth, NULL, first));
    CHECK(auth_init(&auth, "", made));
    CHECK_EQ(strlen(made), 43);
    assert_string_not_equal(first, made);
    strcpy(header, "Bearer ");
    strcat(header, made);
    CHECK_EQ(ask(header, &here, 1), PROBLEM_NONE);
}

TEST(refuses_tokens_that_cannot_stand_in_a_header)
{
    static const char *const wrong[] = {"with space", "line\nbreak", "caf\xc3\xa9"};

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK(!auth_init(&auth, wrong[i], made));
    }
}

int auth_tests(void);

int auth_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(lets_in_who_has_the_token),
        cmocka_unit_test(keeps_out_who_has_not),
        cmocka_unit_test(slows_down_an_address_that_guesses_and_no_other),
        cmocka_unit_test(makes_a_token_where_none_is_given_and_another_each_time),
        cmocka_unit_test(refuses_tokens_that_cannot_stand_in_a_header),
    };
    return RUN_TESTS(group);
}
