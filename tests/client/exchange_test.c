/* The client as a CoAP endpoint: repeats, pings, stray messages, separate responses; who is
 * served. */

#include "support.h"

static struct ln_coap_message m;

/* RFC 7252 §4.3: an empty CON is a ping. */
TEST(a_ping_is_answered_by_a_reset)
{
    given_a_registered_client(LN_VERSION_1_1);

    client_receives(BYTES("\x40\x00\x12\x34"));
    CHECK(client_sends(&m));
    CHECK_BYTES(ln_bytes(f.datagram, f.datagram_len), "\x70\x00\x12\x34");
}

TEST(what_is_no_message_is_reset_if_it_was_confirmable_and_counted)
{
    given_a_registered_client(LN_VERSION_1_1);

    client_receives(BYTES("\x4f\x01\x12\x34")); /* a token of 15 bytes */
    CHECK(client_sends(&m));
    CHECK_BYTES(ln_bytes(f.datagram, f.datagram_len), "\x70\x00\x12\x34");
    client_receives(BYTES("\x5f\x01\x12\x34")); /* the same as NON */
    client_receives(BYTES(""));
    client_receives(BYTES("\x40"));
    client_receives(BYTES("\x80\x01\x12\x34")); /* another version of CoAP */
    CHECK(!client_sends(&m));
    CHECK_EQ(f.client.stats.malformed, 5);
}

TEST(acknowledgements_and_resets_that_nobody_waits_for_are_dropped)
{
    given_a_registered_client(LN_VERSION_1_1);

    client_receives(BYTES("\x60\x00\x12\x34"));
    client_receives(BYTES("\x70\x00\x12\x34"));
    client_receives(BYTES("\x60\x45\x12\x34")); /* a response on an ACK */
    CHECK(!client_sends(&m));
    CHECK_EQ(f.servers[0].state, LN_REGISTRATION_REGISTERED);
}

/* RFC 7252 §5.2.2 and §4.2 */
TEST(a_response_that_nobody_asked_for_is_reset_if_confirmable)
{
    given_a_registered_client(LN_VERSION_1_1);

    client_receives(BYTES("\x41\x45\x12\x34\x99"));
    CHECK(client_sends(&m));
    CHECK_BYTES(ln_bytes(f.datagram, f.datagram_len), "\x70\x00\x12\x34");
    client_receives(BYTES("\x51\x45\x12\x35\x99"));
    CHECK(!client_sends(&m));
}

TEST(a_separate_response_to_register_is_acknowledged_as_often_as_it_comes)
{
    static const char created[] = "\x44\x41\x12\x34\0\0\0\0\x82rd\x02"
                                  "5a";

    given_a_client(LN_VERSION_1_1);
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
    client_receives(BYTES("\x60\x00\0\0")); /* only the ACK */
    CHECK(!client_sends(&m));
    CHECK_EQ(ln_client_deadline(&f.client), f.now + 93000);

    after(30000);
    client_receives(BYTES(created));
    CHECK(client_sends(&m));
    CHECK_BYTES(ln_bytes(f.datagram, f.datagram_len), "\x60\x00\x12\x34");
    CHECK(client_tells(LN_CLIENT_REGISTERED));
    client_receives(BYTES(created)); /* our ACK was lost */
    CHECK(client_sends(&m));
    CHECK_BYTES(ln_bytes(f.datagram, f.datagram_len), "\x60\x00\x12\x34");
    no_more_events();
}

TEST(a_response_that_never_follows_the_ack_is_a_loss)
{
    given_a_client(LN_VERSION_1_1);
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));
    client_receives(BYTES("\x60\x00\0\0"));

    after(93000);
    CHECK(!client_sends(&m));
    CHECK(client_tells(LN_CLIENT_LOST));
}

TEST(a_reset_of_register_is_a_loss)
{
    given_a_client(LN_VERSION_1_1);
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&m));

    client_receives(BYTES("\x70\x00\0\0"));
    CHECK(client_tells(LN_CLIENT_LOST));
}

TEST(the_answer_to_an_earlier_request_is_not_taken_for_this_one)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.noise = 0x11;
    ln_client_update(&f.client, f.now);
    CHECK(client_sends(&m));
    CHECK_BYTES(ln_bytes(m.token.bytes, m.token.len), "\x11\x11\x11\x11");

    client_receives(BYTES("\x54\x84\x12\x34\0\0\0\0")); /* 4.04 with the token of Register */
    CHECK_EQ(f.servers[0].state, LN_REGISTRATION_UPDATING);
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK(client_tells(LN_CLIENT_UPDATED));
}

/* RFC 7252 §5.3.2: token and, on an ACK, message id. */
TEST(a_response_on_the_ack_of_another_message_is_dropped)
{
    given_a_registered_client(LN_VERSION_1_1);
    ln_client_update(&f.client, f.now);
    CHECK(client_sends(&m));

    m.id++;
    server_answers(&m, LN_COAP_4_04, NULL);
    CHECK_EQ(f.servers[0].state, LN_REGISTRATION_UPDATING);
    m.id--;
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK(client_tells(LN_CLIENT_UPDATED));
}

TEST(a_copy_that_comes_after_the_link_was_opened_anew_is_not_carried_out_again)
{
    struct ln_coap_message reg;

    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(execute("/3442/0/3", "0='a'").code, LN_COAP_2_04);
    CHECK(client_tells(LN_CLIENT_EXECUTED));
    ln_client_link_down(&f.client, f.now, 0, LN_LINK_FAILED, 0);
    CHECK(client_tells(LN_CLIENT_LOST));
    after(2000);
    CHECK(!client_sends(&reg));
    link_goes_up();
    CHECK(client_sends(&reg));
    server_answers(&reg, LN_COAP_2_01, "rd/2");
    CHECK(client_tells(LN_CLIENT_REGISTERED));

    f.next_id--;
    (void)execute("/3442/0/3", "0='a'");
    no_more_events();
}

TEST(datagrams_of_links_that_are_not_up_are_dropped)
{
    given_a_registered_client(LN_VERSION_1_1);

    for (unsigned link = 1; link < 256; link++) {
        f.link = (ln_link)link;
        client_receives(BYTES("\x40\x00\x12\x34"));
    }
    CHECK(!client_sends(&m));
}

/* spec: CORE-1.1.1 §6.2.1 Register: requests wait for the 2.01 */
TEST(nothing_is_served_before_the_registration_is_confirmed)
{
    struct ln_coap_message request;

    given_a_client(LN_VERSION_1_1);
    ln_client_start(&f.client, f.now);
    link_goes_up();
    CHECK(client_sends(&request));

    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_TEXT).code, 0);
    server_answers(&request, LN_COAP_2_01, "rd/5a");
    f.next_id--; /* the server asks again: the same bytes */
    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_TEXT).code, LN_COAP_2_05);
}

TEST(nothing_is_served_while_leaving)
{
    given_a_registered_client(LN_VERSION_1_1);
    ln_client_stop(&f.client, f.now);
    CHECK(client_sends(&m));

    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_TEXT).code, 0);
}

TEST(requests_are_served_while_an_update_is_under_way)
{
    given_a_registered_client(LN_VERSION_1_1);
    ln_client_update(&f.client, f.now);
    CHECK(client_sends(&m));

    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_TEXT).code, LN_COAP_2_05);
}

/* RFC 7252 §4.5 */
TEST(a_repeated_request_gets_the_same_answer_and_is_not_carried_out_again)
{
    uint8_t first[DATAGRAM];

    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(execute("/3442/0/3", "0='a'").code, LN_COAP_2_04);
    CHECK(client_tells(LN_CLIENT_EXECUTED));
    size_t len = f.datagram_len;
    memcpy(first, f.datagram, len);

    f.next_id--;
    CHECK_EQ(execute("/3442/0/3", "0='a'").code, LN_COAP_2_04);
    CHECK_EQ(f.datagram_len, len);
    assert_memory_equal(f.datagram, first, len);
    no_more_events();
    CHECK_EQ(f.client.stats.repeats, 1);
}

TEST(a_repeat_of_an_older_request_is_answered_with_nothing)
{
    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(execute("/3442/0/3", "0='a'").code, LN_COAP_2_04);
    CHECK(client_tells(LN_CLIENT_EXECUTED));
    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_TEXT).code, LN_COAP_2_05);

    f.next_id = (uint16_t)(f.next_id - 2);
    CHECK_EQ(execute("/3442/0/3", "0='a'").code, 0);
    no_more_events();
}

TEST(the_same_id_with_other_bytes_is_a_new_request)
{
    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_TEXT).code, LN_COAP_2_05);

    f.next_id--;
    CHECK_TEXT(read_path("/3/0/3", LN_FORMAT_TEXT).payload, "1.0");
}

TEST(the_same_id_after_the_exchange_lifetime_is_a_new_request)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.account[0].lifetime = 0;
    CHECK_EQ(execute("/3442/0/3", "0='a'").code, LN_COAP_2_04);
    CHECK(client_tells(LN_CLIENT_EXECUTED));
    CHECK(client_sends(&m)); /* the Update with the new lifetime */
    server_answers(&m, LN_COAP_2_04, NULL);
    CHECK(client_tells(LN_CLIENT_UPDATED));

    after(247000);
    f.next_id--;
    CHECK_EQ(execute("/3442/0/3", "0='a'").code, LN_COAP_2_04);
    CHECK(client_tells(LN_CLIENT_EXECUTED));
}

TEST(the_answer_to_disable_is_repeated_while_leaving)
{
    given_a_registered_client(LN_VERSION_1_1);
    CHECK_EQ(execute("/1/0/4", NULL).code, LN_COAP_2_04);
    CHECK(client_sends(&m)); /* De-register */

    f.next_id--;
    CHECK_EQ(execute("/1/0/4", NULL).code, LN_COAP_2_04);
}

/* RFC 7252 §5.4.1 */
TEST(an_unknown_critical_option_is_refused_or_dropped)
{
    given_a_registered_client(LN_VERSION_1_1);

    /* GET /3 with option 9 in front. */
    client_receives(BYTES("\x40\x01\x12\x34\x90\x21"
                          "3"));
    CHECK(client_sends(&m));
    CHECK_EQ(m.code, LN_COAP_4_02);
    client_receives(BYTES("\x50\x01\x12\x35\x90\x21"
                          "3"));
    CHECK(!client_sends(&m));
}

TEST(a_request_that_is_not_confirmed_gets_an_answer_that_is_not)
{
    given_a_registered_client(LN_VERSION_1_1);

    client_receives(BYTES("\x51\x01\x12\x35\x77\xb1"
                          "3\x01"
                          "0\x01"
                          "3")); /* GET /3/0/3 */
    CHECK(client_sends(&m));
    CHECK_EQ(m.type, LN_COAP_NON);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_BYTES(ln_bytes(m.token.bytes, m.token.len), "\x77");
    CHECK_TEXT(m.payload, "1.0");
}

TEST(two_requests_without_a_pause_get_one_answer_now_and_one_when_asked_again)
{
    uint8_t datagram[64];
    struct question q = {LN_COAP_GET, "/3/0/3", NO_FORMAT};
    size_t len;

    given_a_registered_client(LN_VERSION_1_1);
    len = write_question(&q, datagram, sizeof(datagram), 1);
    client_receives(ln_bytes(datagram, len));
    len = write_question(&q, datagram, sizeof(datagram), 2);
    client_receives(ln_bytes(datagram, len));
    CHECK(client_sends(&m));
    CHECK_EQ(m.id, 1);
    CHECK(!client_sends(&m));
    client_receives(ln_bytes(datagram, len));
    CHECK(client_sends(&m));
    CHECK_EQ(m.id, 2);
}

TEST(the_deadline_is_at_once_while_an_answer_waits)
{
    uint8_t datagram[64];
    struct question q = {LN_COAP_GET, "/3/0/3", NO_FORMAT};

    given_a_registered_client(LN_VERSION_1_1);
    client_receives(ln_bytes(datagram, write_question(&q, datagram, sizeof(datagram), 1)));
    CHECK(ln_client_deadline(&f.client) <= f.now);
}

int exchange_tests(void)
{
    const struct CMUnitTest exchange[] = {
        cmocka_unit_test(a_ping_is_answered_by_a_reset),
        cmocka_unit_test(what_is_no_message_is_reset_if_it_was_confirmable_and_counted),
        cmocka_unit_test(acknowledgements_and_resets_that_nobody_waits_for_are_dropped),
        cmocka_unit_test(a_response_that_nobody_asked_for_is_reset_if_confirmable),
        cmocka_unit_test(a_separate_response_to_register_is_acknowledged_as_often_as_it_comes),
        cmocka_unit_test(a_response_that_never_follows_the_ack_is_a_loss),
        cmocka_unit_test(a_reset_of_register_is_a_loss),
        cmocka_unit_test(the_answer_to_an_earlier_request_is_not_taken_for_this_one),
        cmocka_unit_test(a_response_on_the_ack_of_another_message_is_dropped),
        cmocka_unit_test(
            a_copy_that_comes_after_the_link_was_opened_anew_is_not_carried_out_again),
        cmocka_unit_test(datagrams_of_links_that_are_not_up_are_dropped),
        cmocka_unit_test(nothing_is_served_before_the_registration_is_confirmed),
        cmocka_unit_test(nothing_is_served_while_leaving),
        cmocka_unit_test(requests_are_served_while_an_update_is_under_way),
        cmocka_unit_test(a_repeated_request_gets_the_same_answer_and_is_not_carried_out_again),
        cmocka_unit_test(a_repeat_of_an_older_request_is_answered_with_nothing),
        cmocka_unit_test(the_same_id_with_other_bytes_is_a_new_request),
        cmocka_unit_test(the_same_id_after_the_exchange_lifetime_is_a_new_request),
        cmocka_unit_test(the_answer_to_disable_is_repeated_while_leaving),
        cmocka_unit_test(an_unknown_critical_option_is_refused_or_dropped),
        cmocka_unit_test(a_request_that_is_not_confirmed_gets_an_answer_that_is_not),
        cmocka_unit_test(
            two_requests_without_a_pause_get_one_answer_now_and_one_when_asked_again),
        cmocka_unit_test(the_deadline_is_at_once_while_an_answer_waits),
    };

    return RUN_TESTS(exchange);
}
