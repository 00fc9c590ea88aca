/* Bootstrap-Requests: whose they are, their repeats, and the answers of the app. */

#include "support.h"

TEST(a_request_is_told_and_answered_once_the_script_begins)
{
    struct ln_peer from = device(1);
    struct sent sent;

    given_a_bootstrap_server();
    when_asked(&from, 7, "POST /bs?ep=meter-1&pct=112");
    struct ln_bootstrap_event event = then_told(LN_BOOTSTRAP_REQUESTED);
    CHECK_TEXT(event.endpoint, "meter-1");
    CHECK_EQ(event.preferred, LN_FORMAT_SENML_CBOR);
    CHECK_EQ(event.identity.len, 0);
    CHECK(!next_sent(&sent));
    when_begun(event.session, &finish, 1);
    then_answered(LN_COAP_2_04);
    then_asks(&sent, "POST /bs");
    CHECK_EQ(sent.m.payload.len, 0);
    then_all_is_given_back();
}

TEST(the_app_may_refuse_a_device_and_its_repeat_is_refused_alike)
{
    uint64_t session = given_a_session();
    struct ln_peer from = device(1);

    CHECK_ERR(ln_bootstrap_refuse(bootstrap, now, session, LN_COAP_2_04), LN_ERR_BAD_REQUEST);
    CHECK_OK(ln_bootstrap_refuse(bootstrap, now, session, LN_COAP_4_03));
    then_answered(LN_COAP_4_03);
    when_asked(&from, 7, "POST /bs?ep=meter-1");
    then_answered(LN_COAP_4_03);
    then_nothing_is_told();
    CHECK_ERR(ln_bootstrap_refuse(bootstrap, now, session, LN_COAP_4_03), LN_ERR_NOT_FOUND);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->refused_by_app, 1);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->repeats, 1);
    CHECK_EQ(ln_bootstrap_session_count(bootstrap), 0);
    then_all_is_given_back();
}

TEST(a_repeat_is_answered_again_and_begins_nothing)
{
    uint64_t session = given_a_session();
    struct ln_peer from = device(1);
    struct sent sent;

    when_asked(&from, 7, "POST /bs?ep=meter-1"); /* the app has not answered yet */
    CHECK(!next_sent(&sent));
    when_begun(session, &finish, 1);
    then_answered(LN_COAP_2_04);
    then_asks(&sent, "POST /bs");
    when_asked(&from, 7, "POST /bs?ep=meter-1");
    then_answered(LN_COAP_2_04);
    when_done(&sent, LN_COAP_2_04);
    when_asked(&from, 7, "POST /bs?ep=meter-1"); /* late, after the end */
    then_answered(LN_COAP_2_04);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->repeats, 3);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->requests, 1);
    then_all_is_given_back();
}

TEST(a_second_request_of_the_same_device_replaces_the_first)
{
    uint64_t session = given_a_session();
    struct ln_peer from = device(1);
    struct sent sent;

    when_begun(session, &finish, 1);
    then_answered(LN_COAP_2_04);
    then_asks(&sent, "POST /bs");
    when_asked(&from, 8, "POST /bs?ep=meter-1");
    then_ended(LN_BOOTSTRAP_REPLACED, LN_BOOTSTRAP_NO_REASON);
    uint64_t second = then_told(LN_BOOTSTRAP_REQUESTED).session;
    CHECK(second != session);
    when_done(&sent, LN_COAP_2_04); /* of the first: nobody waits for it */
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->unexpected, 1);
    CHECK_EQ(ln_bootstrap_session_count(bootstrap), 1);
    then_all_is_given_back();
}

TEST(the_identity_tells_the_endpoint_where_the_request_does_not)
{
    struct ln_proof proof = {
        .identity = BYTES("key-1"), .endpoint = BYTES("meter-9"), .mode = 1};
    struct ln_peer from = device(1);

    given_a_bootstrap_server();
    from.session = 5;
    from.proof = &proof;
    when_asked(&from, 7, "POST /bs");
    struct ln_bootstrap_event event = then_told(LN_BOOTSTRAP_REQUESTED);
    CHECK_TEXT(event.endpoint, "meter-9");
    CHECK_TEXT(event.identity, "key-1");
    CHECK_EQ(event.mode, 1);
    proof.endpoint = BYTES("");
    when_asked(&from, 8, "POST /bs");
    CHECK_TEXT(then_told(LN_BOOTSTRAP_REQUESTED).endpoint, "key-1");
    then_all_is_given_back();
}

TEST(an_endpoint_that_is_not_the_identitys_is_refused)
{
    struct ln_proof proof = {
        .identity = BYTES("key-1"), .endpoint = BYTES("meter-9"), .mode = 1};
    struct ln_peer from = device(1);

    given_a_bootstrap_server();
    from.session = 5;
    from.proof = &proof;
    when_asked(&from, 7, "POST /bs?ep=meter-1");
    then_answered(LN_COAP_4_00);
    then_nothing_is_told();
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->wrong_endpoint, 1);
    then_all_is_given_back();
}

TEST(beyond_the_bound_a_request_gets_5_03_and_what_is_over_makes_room)
{
    struct ln_bootstrap_config config = config_of_tests();
    struct ln_peer from = device(1);

    config.max_sessions = 1;
    given_a_bootstrap_server_of(&config);
    when_asked(&from, 7, "POST /bs?ep=meter-1");
    uint64_t session = then_told(LN_BOOTSTRAP_REQUESTED).session;
    when_asked(&from, 8, "POST /bs?ep=meter-2");
    then_answered(LN_COAP_5_03);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->refused_full, 1);
    CHECK_OK(ln_bootstrap_refuse(bootstrap, now, session, LN_COAP_4_00));
    then_answered(LN_COAP_4_00);
    then_nothing_is_told();
    when_asked(&from, 9, "POST /bs?ep=meter-2");
    CHECK_TEXT(then_told(LN_BOOTSTRAP_REQUESTED).endpoint, "meter-2");
    then_all_is_given_back();
}

TEST(a_request_that_the_app_forgets_is_over_in_time)
{
    (void)given_a_session();
    struct sent sent;

    now = ln_bootstrap_deadline(bootstrap);
    CHECK(now <= 1000 + 600 * 1000);
    for (int minute = 0; minute < 12; minute++) {
        CHECK(!next_sent(&sent));
        now = ln_time_min(now + 60000, ln_bootstrap_deadline(bootstrap));
    }
    CHECK_EQ(ln_bootstrap_session_count(bootstrap), 0);
    then_ended(LN_BOOTSTRAP_TIMED_OUT, LN_BOOTSTRAP_NO_REASON);
    CHECK_EQ(ln_bootstrap_counters(bootstrap)->sessions_timed_out, 1);
    now += 300 * 1000; /* and then it is forgotten */
    CHECK(!next_sent(&sent));
    CHECK_EQ(ln_bootstrap_deadline(bootstrap), LN_NEVER);
    then_all_is_given_back();
}

TEST(without_memory_a_request_gets_5_03_and_nothing_is_lost)
{
    struct ln_peer from = device(1);

    for (size_t left = 0; left < 12; left++) {
        struct ln_bootstrap_event event;
        given_a_bootstrap_server();
        memory_left = left;
        when_asked(&from, 7, "POST /bs?ep=meter-1");
        bool is_told = ln_bootstrap_event(bootstrap, &event);
        uint64_t refused = ln_bootstrap_counters(bootstrap)->refused_full;
        CHECK_EQ(refused, is_told ? 0 : 1);
        CHECK_EQ(ln_bootstrap_session_count(bootstrap), is_told ? 1 : 0);
        then_all_is_given_back();
    }
}

int request_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_told_and_answered_once_the_script_begins),
        cmocka_unit_test(the_app_may_refuse_a_device_and_its_repeat_is_refused_alike),
        cmocka_unit_test(a_repeat_is_answered_again_and_begins_nothing),
        cmocka_unit_test(a_second_request_of_the_same_device_replaces_the_first),
        cmocka_unit_test(the_identity_tells_the_endpoint_where_the_request_does_not),
        cmocka_unit_test(an_endpoint_that_is_not_the_identitys_is_refused),
        cmocka_unit_test(beyond_the_bound_a_request_gets_5_03_and_what_is_over_makes_room),
        cmocka_unit_test(a_request_that_the_app_forgets_is_over_in_time),
        cmocka_unit_test(without_memory_a_request_gets_5_03_and_nothing_is_lost),
    };

    return RUN_TESTS(tests);
}
