/* Events: in order, each once, and what they tell of lives until it was read. */

#include "support.h"

TEST(events_come_in_the_order_of_what_happened)
{
    given_a_server();
    struct ln_peer one = device(1);
    struct ln_peer two = device(2);
    struct datagram a =
        request(LN_COAP_CON, 1, "POST /rd?ep=a&lt=20", LN_FORMAT_LINK, object_list);
    struct datagram b = request(LN_COAP_CON, 2, "POST /rd?ep=b", LN_FORMAT_LINK, object_list);
    arrives(&one, &a);
    struct sent created = then_it_answers(LN_COAP_2_01);
    struct place place = place_of(&created);
    arrives(&two, &b);
    now += 10;
    struct datagram u = update(3, &place, "");
    arrives(&one, &u);
    u = update(4, &place, "lt=10");
    arrives(&one, &u);
    now += 10000;

    arrives(&two, &b); /* a repeat; the clock ends what expired by now */

    CHECK_TEXT(then_event(LN_SERVER_REGISTERED).endpoint, "a");
    CHECK_TEXT(then_event(LN_SERVER_REGISTERED).endpoint, "b");
    struct ln_server_event first = then_event(LN_SERVER_UPDATED);
    CHECK_EQ(first.time, now - 10000);
    assert_false(first.lifetime_changed);
    assert_true(then_event(LN_SERVER_UPDATED).lifetime_changed);
    struct ln_server_event end = then_event(LN_SERVER_EXPIRED);
    CHECK_TEXT(end.endpoint, "a");
    CHECK_EQ(end.time, now);
    then_no_event();
    then_all_is_given_back();
}

TEST(a_device_that_is_gone_is_known_to_its_earlier_events_by_name_only)
{
    given_a_server();
    struct ln_peer one = device(1);
    struct datagram a =
        request(LN_COAP_CON, 1, "POST /rd?ep=a&lt=20", LN_FORMAT_LINK, object_list);
    arrives(&one, &a);
    given_a_read("a", 5);
    ln_server_forget(server, now, ln_server_find(server, BYTES("a")));

    struct ln_server_event event = then_event(LN_SERVER_REGISTERED);
    CHECK_TEXT(event.endpoint, "a");
    assert_null(event.registration);
    event = then_result(5, LN_OUTCOME_GONE);
    CHECK_TEXT(event.endpoint, "a");
    assert_null(event.registration);
    then_event(LN_SERVER_DEREGISTERED);
    then_no_event();
    then_all_is_given_back();
}

TEST(the_event_of_an_end_still_shows_the_last_state)
{
    given_a_server();
    given_a_registered_device(1, "one");
    ln_server_forget(server, now, ln_server_find(server, BYTES("one")));
    struct ln_registration_view view;

    struct ln_server_event event = then_event(LN_SERVER_DEREGISTERED);

    assert_non_null(event.registration);
    ln_registration_get(event.registration, &view);
    CHECK_TEXT(view.endpoint, "one");
    CHECK_EQ(view.object_count, 3);
    CHECK_EQ(view.operations, 0);
    ln_server_forget(server, now, (struct ln_registration *)(uintptr_t)event.registration);
    then_no_event(); /* it has ended once */
    then_all_is_given_back();
}

TEST(what_was_read_is_given_back_at_the_next_event)
{
    given_a_server();
    given_a_registered_device(1, "one");
    given_a_registered_device(2, "two");
    events_are_read();
    size_t blocks = memory_blocks;

    ln_server_forget(server, now, ln_server_find(server, BYTES("one")));
    then_event(LN_SERVER_DEREGISTERED);
    CHECK_EQ(memory_blocks, blocks);
    then_no_event();
    CHECK_EQ(memory_blocks, blocks - 1);
    then_all_is_given_back();
}

TEST(an_engine_is_freed_with_all_that_nobody_read)
{
    given_a_server();
    given_a_registered_device(1, "one");
    given_a_registered_device(2, "two");
    given_a_read("one", 1);
    given_a_read("one", 2);
    given_a_read("two", 3);
    ln_server_forget(server, now, ln_server_find(server, BYTES("two")));
    then_it_sends();
    struct ln_peer one = device(1);
    struct datagram d = empty(LN_COAP_CON, 5);
    arrives(&one, &d);
    then_all_is_given_back();
}

/* Events are never dropped: many may wait, of all kinds. */
TEST(no_event_is_lost_however_many_wait)
{
    enum { UPDATES = 3000 };
    given_a_server();
    struct place place = given_a_registered_device(1, "one");
    struct ln_peer one = device(1);
    for (uint16_t i = 0; i < UPDATES; i++) {
        struct datagram d = update(i, &place, "");
        now++;
        arrives(&one, &d);
        then_it_answers(LN_COAP_2_04);
    }

    for (int i = UPDATES - 1; i >= 0; i--) {
        CHECK_EQ(then_event(LN_SERVER_UPDATED).time, now - i);
    }
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->events_dropped, 0);
    then_all_is_given_back();
}

int events_tests(void)
{
    const struct CMUnitTest events_group[] = {
        cmocka_unit_test(events_come_in_the_order_of_what_happened),
        cmocka_unit_test(a_device_that_is_gone_is_known_to_its_earlier_events_by_name_only),
        cmocka_unit_test(the_event_of_an_end_still_shows_the_last_state),
        cmocka_unit_test(what_was_read_is_given_back_at_the_next_event),
        cmocka_unit_test(an_engine_is_freed_with_all_that_nobody_read),
        cmocka_unit_test(no_event_is_lost_however_many_wait),
    };

    return RUN_TESTS(events_group);
}
