/* What comes back from a device, in every order and from every place. spec: RFC 7252 §4.2,
 * §5.2, §5.3 */

#include "support.h"

static struct ln_peer one;

static struct sent given_a_read_under_way(void)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    given_a_read("one", 1);
    return then_it_sends();
}

static void arrives_from(const struct ln_peer *peer, struct datagram d)
{
    arrives(peer, &d);
}

static struct datagram answer_of(enum ln_coap_type type, uint16_t id, const struct sent *asked)
{
    return response(type, id, LN_COAP_2_05, &asked->message.token, "hello");
}

static void then_it_resets(uint16_t id)
{
    struct sent sent = then_it_answers(LN_COAP_EMPTY);

    CHECK_EQ(sent.message.type, LN_COAP_RST);
    CHECK_EQ(sent.message.id, id);
}

static void then_it_acknowledges(uint16_t id)
{
    struct sent sent = then_it_answers(LN_COAP_EMPTY);

    CHECK_EQ(sent.message.type, LN_COAP_ACK);
    CHECK_EQ(sent.message.id, id);
}

static void then_hello(void)
{
    CHECK_TEXT(then_result(1, LN_OUTCOME_ANSWERED).payload, "hello");
    then_no_event();
}

/* spec: RFC 7252 §5.2.2 */
TEST(a_separate_response_is_acknowledged)
{
    struct sent asked = given_a_read_under_way();

    arrives_from(&one, empty(LN_COAP_ACK, asked.message.id));
    then_it_is_silent();
    now += 60 * 1000; /* no copy is sent any more */
    then_it_is_silent();
    arrives_from(&one, answer_of(LN_COAP_CON, 0x7777, &asked));

    then_it_acknowledges(0x7777);
    then_hello();
    then_all_is_given_back();
}

TEST(a_separate_response_counts_as_the_ack_that_was_lost_or_late)
{
    struct sent asked = given_a_read_under_way();

    arrives_from(&one, answer_of(LN_COAP_CON, 0x7777, &asked));
    then_it_acknowledges(0x7777);
    then_hello();

    arrives_from(&one, empty(LN_COAP_ACK, asked.message.id));
    then_it_is_silent();
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->unexpected, 1);
    then_all_is_given_back();
}

TEST(a_response_can_be_non_confirmable)
{
    struct sent asked = given_a_read_under_way();

    arrives_from(&one, answer_of(LN_COAP_NON, 0x7777, &asked));

    then_it_is_silent();
    then_hello();
    then_all_is_given_back();
}

TEST(a_repeated_separate_response_is_acknowledged_again_though_all_is_over)
{
    struct sent asked = given_a_read_under_way();
    struct datagram d = answer_of(LN_COAP_CON, 0x7777, &asked);
    arrives(&one, &d);
    then_it_acknowledges(0x7777);
    then_hello();

    now += 5000;
    arrives(&one, &d);
    then_it_acknowledges(0x7777);
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->repeats, 1);

    now += 247 * 1000;
    arrives(&one, &d);
    then_it_resets(0x7777);
    then_all_is_given_back();
}

TEST(a_repeated_piggybacked_response_is_dropped)
{
    struct sent asked = given_a_read_under_way();
    struct datagram d = answer_of(LN_COAP_ACK, asked.message.id, &asked);
    arrives(&one, &d);
    then_hello();

    arrives(&one, &d);
    then_it_is_silent();
    then_no_event();
    then_all_is_given_back();
}

TEST(an_ack_without_a_response_ends_when_the_time_for_one_is_over)
{
    struct sent asked = given_a_read_under_way();

    now += 100;
    arrives_from(&one, empty(LN_COAP_ACK, asked.message.id));
    ln_time end = now + ln_coap_parameters_default.response_timeout;

    now = end - 1;
    then_it_is_silent();
    then_no_event();
    now = end;
    then_it_is_silent();
    then_result(1, LN_OUTCOME_NO_ANSWER);
    then_all_is_given_back();
}

TEST(a_repeated_ack_does_not_prolong_the_wait)
{
    struct sent asked = given_a_read_under_way();
    arrives_from(&one, empty(LN_COAP_ACK, asked.message.id));
    ln_time end = now + ln_coap_parameters_default.response_timeout;

    now += 50 * 1000;
    arrives_from(&one, empty(LN_COAP_ACK, asked.message.id));

    now = end;
    then_it_is_silent();
    then_result(1, LN_OUTCOME_NO_ANSWER);
    then_all_is_given_back();
}

TEST(a_reset_ends_the_operation)
{
    struct sent asked = given_a_read_under_way();

    arrives_from(&one, empty(LN_COAP_RST, asked.message.id));

    then_result(1, LN_OUTCOME_RESET);
    then_it_is_silent();
    then_all_is_given_back();
}

TEST(a_device_that_acknowledged_may_still_reset)
{
    struct sent asked = given_a_read_under_way();

    arrives_from(&one, empty(LN_COAP_ACK, asked.message.id));
    arrives_from(&one, empty(LN_COAP_RST, asked.message.id));

    then_result(1, LN_OUTCOME_RESET);
    then_all_is_given_back();
}

/* ACKs and Resets are never answered, whatever code stands in them. */
TEST(an_ack_or_reset_of_an_unknown_message_is_dropped_whatever_its_code)
{
    struct sent asked = given_a_read_under_way();
    uint64_t digest = ln_server_digest(server);
    uint16_t unknown = (uint16_t)(asked.message.id + 1);
    struct ln_coap_token token = {"\1\2\3\4\5\6\7\10", 8};

    for (unsigned code = 0; code <= UINT8_MAX; code++) {
        struct datagram d;
        d = code == 0 ? empty(LN_COAP_ACK, unknown)
                      : response(LN_COAP_ACK, unknown, (uint8_t)code, &token, "x");
        arrives(&one, &d);
        d.bytes[0] |= 0x30; /* the same as a Reset */
        arrives(&one, &d);
        then_it_is_silent();
    }
    then_no_event();
    CHECK_EQ(ln_server_digest(server), digest);
    const struct ln_server_counters *counters = ln_server_counters(server);
    CHECK_EQ(counters->unexpected + counters->malformed, 2 * 256);
    then_all_is_given_back();
}

TEST(a_piggybacked_response_must_have_both_token_and_message_id)
{
    struct sent asked = given_a_read_under_way();

    arrives_from(&one, answer_of(LN_COAP_ACK, (uint16_t)(asked.message.id ^ 1), &asked));

    then_it_is_silent();
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->unexpected, 1);
    then_all_is_given_back();
}

TEST(a_response_with_an_unknown_token_gets_a_reset_unless_it_is_an_ack)
{
    struct sent asked = given_a_read_under_way();

    for (size_t i = 0; i < LN_COAP_TOKEN_MAX; i++) {
        struct ln_coap_token token = asked.message.token;
        token.bytes[i] ^= 0x40;
        arrives_from(&one, response(LN_COAP_CON, 5, LN_COAP_2_05, &token, "x"));
        then_it_resets(5);
        arrives_from(&one, response(LN_COAP_NON, 6, LN_COAP_2_05, &token, "x"));
        then_it_resets(6);
        arrives_from(&one, response(LN_COAP_ACK, asked.message.id, LN_COAP_2_05, &token, "x"));
        then_it_is_silent();
    }
    for (uint8_t len = 0; len < LN_COAP_TOKEN_MAX; len++) {
        struct ln_coap_token token = asked.message.token;
        token.len = len;
        arrives_from(&one, response(LN_COAP_CON, 7, LN_COAP_2_05, &token, "x"));
        then_it_resets(7);
    }
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->unexpected, 3 * 8 + 8);
    then_all_is_given_back();
}

TEST(what_comes_from_another_address_is_dropped_and_the_device_can_still_answer)
{
    struct sent asked = given_a_read_under_way();
    struct ln_peer stranger = device(2);
    uint64_t digest = ln_server_digest(server);

    arrives_from(&stranger, answer_of(LN_COAP_CON, 5, &asked));
    arrives_from(&stranger, answer_of(LN_COAP_ACK, asked.message.id, &asked));
    arrives_from(&stranger, empty(LN_COAP_RST, asked.message.id));
    arrives_from(&stranger, empty(LN_COAP_ACK, asked.message.id));
    stranger = one;
    stranger.remote.port++;
    arrives_from(&stranger, answer_of(LN_COAP_NON, 6, &asked));
    stranger = one;
    stranger.session = 5;
    arrives_from(&stranger, answer_of(LN_COAP_NON, 7, &asked));

    then_it_is_silent();
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->wrong_peer, 6);
    CHECK_EQ(ln_server_digest(server), digest);
    arrives_from(&one, answer_of(LN_COAP_ACK, asked.message.id, &asked));
    then_hello();
    then_all_is_given_back();
}

TEST(an_answer_outside_the_session_of_the_request_is_dropped)
{
    given_a_server();
    one = device(1);
    one.session = 7;
    struct datagram d = request(LN_COAP_CON, 1, "POST /rd?ep=one", LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_01);
    events_are_read();
    given_a_read("one", 1);
    struct sent asked = then_it_sends();
    CHECK_EQ(asked.to.session, 7);

    struct ln_peer outside = one;
    outside.session = 0;
    arrives_from(&outside, answer_of(LN_COAP_NON, 5, &asked));
    outside.session = 8;
    arrives_from(&outside, answer_of(LN_COAP_NON, 5, &asked));
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->wrong_peer, 2);

    one.remote.port++; /* the session may move */
    arrives_from(&one, answer_of(LN_COAP_NON, 5, &asked));
    then_hello();
    then_all_is_given_back();
}

TEST(a_device_that_moved_answers_from_its_old_or_its_new_address)
{
    for (int old = 0; old < 2; old++) {
        given_a_server();
        struct place place = given_a_registered_device(1, "one");
        struct ln_peer before = device(1);
        struct ln_peer after = device(2);
        given_a_read("one", 1);
        struct sent asked = then_it_sends();
        struct datagram d = update(9, &place, "");
        arrives(&after, &d);
        then_it_answers(LN_COAP_2_04);
        then_event(LN_SERVER_UPDATED);

        arrives_from(old == 1 ? &before : &after, empty(LN_COAP_ACK, asked.message.id));
        arrives_from(old == 1 ? &before : &after, answer_of(LN_COAP_CON, 3, &asked));

        then_it_acknowledges(3);
        then_hello();
        then_all_is_given_back();
    }
}

TEST(a_response_with_an_unknown_critical_option_is_rejected)
{
    static const enum ln_coap_type types[] = {LN_COAP_CON, LN_COAP_NON, LN_COAP_ACK};

    for (size_t i = 0; i < LN_COUNT(types); i++) {
        struct sent asked = given_a_read_under_way();
        uint16_t id = types[i] == LN_COAP_ACK ? asked.message.id : 0x5555;
        struct datagram d;
        struct ln_coap_builder b = ln_coap_start(d.bytes, sizeof(d.bytes), types[i],
                                                 LN_COAP_2_05, id, &asked.message.token);
        ln_coap_add_text(&b, 2049, "?");
        d.length = ln_coap_finish(&b);

        arrives(&one, &d);

        if (types[i] == LN_COAP_CON) {
            then_it_resets(0x5555);
        }
        then_it_is_silent();
        then_result(1, LN_OUTCOME_UNDECODABLE);
        CHECK_EQ(ln_server_counters(server)->bad_options, 1);
        then_all_is_given_back();
    }
}

TEST(a_response_code_of_a_class_that_is_none_is_rejected)
{
    struct sent asked = given_a_read_under_way();

    arrives_from(&one,
                 response(LN_COAP_CON, 4, LN_COAP_CODE(3, 1), &asked.message.token, NULL));

    then_it_resets(4);
    then_result(1, LN_OUTCOME_UNDECODABLE);
    then_all_is_given_back();
}

TEST(an_answer_for_which_there_is_no_memory_counts_as_lost)
{
    static char text[600];
    struct sent asked = given_a_read_under_way();
    memset(text, 'x', sizeof(text) - 1);
    struct datagram d =
        response(LN_COAP_ACK, asked.message.id, LN_COAP_2_05, &asked.message.token, text);

    memory_left = 0;
    arrives(&one, &d);
    memory_left = SIZE_MAX;
    then_no_event();

    now = ln_server_deadline(server);
    then_it_sends(); /* so it is asked again */
    arrives(&one, &d);
    CHECK_TEXT(then_result(1, LN_OUTCOME_ANSWERED).payload, text);
    then_all_is_given_back();
}

TEST(any_message_of_a_device_is_a_sign_of_life_but_only_an_update_prolongs)
{
    struct sent asked = given_a_read_under_way();
    struct ln_registration_view view;
    now += 1500;
    ln_time seen = now;
    arrives_from(&one, empty(LN_COAP_ACK, asked.message.id));

    ln_registration_get(ln_server_find(server, BYTES("one")), &view);
    CHECK_EQ(view.seen_at, seen);
    CHECK_EQ(view.updated_at, seen - 1500);
    now += 700;
    arrives_from(&one, answer_of(LN_COAP_CON, 8, &asked));
    ln_registration_get(ln_server_find(server, BYTES("one")), &view);
    CHECK_EQ(view.seen_at, seen + 700);
    CHECK_EQ(view.expires_at, seen - 1500 + 300000);
    then_all_is_given_back();
}

TEST(an_answer_before_the_request_was_sent_is_none)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    given_a_read("one", 1);

    for (unsigned id = 0; id <= UINT16_MAX; id++) {
        arrives_from(&one, empty(LN_COAP_RST, (uint16_t)id));
    }

    then_no_event();
    CHECK_EQ(then_it_sends().message.code, LN_COAP_GET);
    then_all_is_given_back();
}

int responses_tests(void)
{
    const struct CMUnitTest responses_group[] = {
        cmocka_unit_test(a_separate_response_is_acknowledged),
        cmocka_unit_test(a_separate_response_counts_as_the_ack_that_was_lost_or_late),
        cmocka_unit_test(a_response_can_be_non_confirmable),
        cmocka_unit_test(a_repeated_separate_response_is_acknowledged_again_though_all_is_over),
        cmocka_unit_test(a_repeated_piggybacked_response_is_dropped),
        cmocka_unit_test(an_ack_without_a_response_ends_when_the_time_for_one_is_over),
        cmocka_unit_test(a_repeated_ack_does_not_prolong_the_wait),
        cmocka_unit_test(a_reset_ends_the_operation),
        cmocka_unit_test(a_device_that_acknowledged_may_still_reset),
        cmocka_unit_test(an_ack_or_reset_of_an_unknown_message_is_dropped_whatever_its_code),
        cmocka_unit_test(a_piggybacked_response_must_have_both_token_and_message_id),
        cmocka_unit_test(a_response_with_an_unknown_token_gets_a_reset_unless_it_is_an_ack),
        cmocka_unit_test(
            what_comes_from_another_address_is_dropped_and_the_device_can_still_answer),
        cmocka_unit_test(an_answer_outside_the_session_of_the_request_is_dropped),
        cmocka_unit_test(a_device_that_moved_answers_from_its_old_or_its_new_address),
        cmocka_unit_test(a_response_with_an_unknown_critical_option_is_rejected),
        cmocka_unit_test(a_response_code_of_a_class_that_is_none_is_rejected),
        cmocka_unit_test(an_answer_for_which_there_is_no_memory_counts_as_lost),
        cmocka_unit_test(any_message_of_a_device_is_a_sign_of_life_but_only_an_update_prolongs),
        cmocka_unit_test(an_answer_before_the_request_was_sent_is_none),
    };

    return RUN_TESTS(responses_group);
}
