/* Tokens: who is let in, and who guesses too often. */

#include "ln_test.h"

#include "linnetd/auth.h"
#include "linnetd/http.h"

#include <stdio.h>

static struct auth auth;
static const struct ln_address here = {.ip = {[15] = 1}};
static const struct ln_address there = {.ip = {[15] = 2}};

static void given_the_environment(const char *token)
{
    auth_init(&auth);
    CHECK(auth_add_environment(&auth, token));
}

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
    given_the_environment("secret-token");
    CHECK_EQ(ask("Bearer secret-token", &here, 1), PROBLEM_NONE);
    CHECK_EQ(ask("bearer  secret-token", &here, 1), PROBLEM_NONE);
}

TEST(keeps_out_who_has_not)
{
    static const char *const wrong[] = {
        NULL,      "secret-token",       "Basic secret-token",   "Bearer",
        "Bearer ", "Bearer secret-toke", "Bearer secret-token1", "Bearer SECRET-TOKEN",
    };

    given_the_environment("secret-token");
    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK_EQ(ask(wrong[i], &here, 1), PROBLEM_NO_TOKEN);
    }
}

TEST(slows_down_an_address_that_guesses_and_no_other)
{
    given_the_environment("secret-token");
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

static enum problem_kind ask_as(const char *token, enum role role)
{
    char header[sizeof("Bearer ") + AUTH_GENERATED_TEXT];
    struct request request = {.method = "GET"};

    (void)snprintf(header, sizeof(header), "Bearer %s", token);
    (void)auth_check(&auth, &request, role, header, &here, 1);
    text_free(&request.answer.body);
    return request.problem;
}

TEST(makes_tokens_that_differ_and_keeps_their_hash_alone)
{
    struct auth_token first;
    struct auth_token second;
    char text[AUTH_GENERATED_TEXT];
    char other[AUTH_GENERATED_TEXT];

    auth_init(&auth);
    auth_make(&first, ROLE_VIEWER, "screen", text);
    auth_make(&second, ROLE_VIEWER, "", other);
    CHECK_EQ(strlen(text), 43);
    assert_string_not_equal(text, other);
    assert_string_not_equal(first.id, second.id);
    CHECK(auth_add(&auth, &first));
    CHECK_EQ(ask_as(text, ROLE_VIEWER), PROBLEM_NONE);
    CHECK_EQ(ask_as(other, ROLE_VIEWER), PROBLEM_NO_TOKEN);
    assert_null(memmem(&auth, sizeof(auth), text, strlen(text)));
}

TEST(each_role_may_do_what_those_below_it_may)
{
    struct auth_token token;
    char text[AUTH_GENERATED_TEXT];

    for (int has = ROLE_VIEWER; has <= ROLE_ADMIN; has++) {
        auth_init(&auth);
        auth_make(&token, (enum role)has, "", text);
        CHECK(auth_add(&auth, &token));
        for (int needs = ROLE_OPEN; needs <= ROLE_ADMIN; needs++) {
            CHECK_EQ(ask_as(text, (enum role)needs),
                     needs <= has ? PROBLEM_NONE : PROBLEM_FORBIDDEN);
        }
    }
}

TEST(a_token_that_was_removed_lets_nobody_in)
{
    struct auth_token token;
    struct auth_token found;
    char text[AUTH_GENERATED_TEXT];

    given_the_environment("secret-token");
    auth_make(&token, ROLE_ADMIN, "", text);
    CHECK(auth_add(&auth, &token));
    CHECK_EQ(auth_count(&auth, ROLE_ADMIN), 2);
    auth_remove(&auth, token.id);
    auth_remove(&auth, token.id); /* nothing is left to remove */
    CHECK(!auth_find(&auth, token.id, &found));
    CHECK_EQ(ask_as(text, ROLE_VIEWER), PROBLEM_NO_TOKEN);
    CHECK_EQ(ask_as("secret-token", ROLE_ADMIN), PROBLEM_NONE);
}

TEST(takes_so_many_tokens_and_no_more_and_lists_them_by_id)
{
    static struct auth_token list[AUTH_TOKENS_MAX];
    struct auth_token token;
    char text[AUTH_GENERATED_TEXT];

    auth_init(&auth);
    for (int i = 0; i < AUTH_TOKENS_MAX; i++) {
        auth_make(&token, ROLE_VIEWER, "", text);
        (void)snprintf(token.id, sizeof(token.id), "%04d", i * 7 % AUTH_TOKENS_MAX);
        CHECK(auth_add(&auth, &token));
    }
    strcpy(token.id, "other");
    CHECK(!auth_add(&auth, &token));
    CHECK_EQ(auth_list(&auth, "0253", list, AUTH_TOKENS_MAX), 2);
    CHECK_EQ(strcmp(list[0].id, "0254"), 0);
    CHECK_EQ(strcmp(list[1].id, "0255"), 0);
}

TEST(refuses_tokens_that_cannot_stand_in_a_header)
{
    static const char *const wrong[] = {"with space", "line\nbreak", "caf\xc3\xa9"};

    auth_init(&auth);
    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK(!auth_add_environment(&auth, wrong[i]));
    }
    CHECK_EQ(auth_count(&auth, ROLE_ADMIN), 0);
}

int auth_tests(void);

int auth_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(lets_in_who_has_the_token),
        cmocka_unit_test(keeps_out_who_has_not),
        cmocka_unit_test(slows_down_an_address_that_guesses_and_no_other),
        cmocka_unit_test(makes_tokens_that_differ_and_keeps_their_hash_alone),
        cmocka_unit_test(each_role_may_do_what_those_below_it_may),
        cmocka_unit_test(a_token_that_was_removed_lets_nobody_in),
        cmocka_unit_test(takes_so_many_tokens_and_no_more_and_lists_them_by_id),
        cmocka_unit_test(refuses_tokens_that_cannot_stand_in_a_header),
    };
    return RUN_TESTS(group);
}
