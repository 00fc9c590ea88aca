/* Messages that come twice: the same answer, and nothing done again. spec: RFC 7252 §4.5 */

#include "support.h"

#include <linnet/limits.h>

#include <stdio.h>

static struct ln_peer one;
static const ln_time lifetime = 247 * 1000; /* EXCHANGE_LIFETIME */

static void given_a_server_and_one(void)
{
    given_a_server();
    one = device(1);
    CHECK_EQ(ln_coap_exchange_lifetime(&ln_coap_parameters_default), lifetime);
}

static struct datagram register_of(uint16_t id)
{
    return request(LN_COAP_CON, id, "POST /rd?ep=one&lt=3000", LN_FORMAT_LINK, object_list);
}

static struct datagram deregister_of(uint16_t id, const struct place *place)
{
    char what[64];

    snprintf(what, sizeof(what), "DELETE /%s", place->text);
    return request(LN_COAP_CON, id, what, LN_FORMAT_NONE, "");
}

static void then_the_same_answer(const struct sent *first)
{
    struct sent again = then_it_sends();

    CHECK_EQ(again.datagram.length, first->datagram.length);
    assert_memory_equal(again.datagram.bytes, first->datagram.bytes, first->datagram.length);
    then_it_is_silent();
}

static ln_time seen_at(void)
{
    struct ln_registration_view view;

    ln_registration_get(ln_server_find(server, BYTES("one")), &view);
    return view.seen_at;
}

TEST(a_repeated_register_gets_the_same_location_and_makes_nothing)
{
    given_a_server_and_one();
    struct datagram d = register_of(5);
    arrives(&one, &d);
    struct sent first = then_it_answers(LN_COAP_2_01);
    then_event(LN_SERVER_REGISTERED);
    uint64_t digest = ln_server_digest(server);

    now += lifetime - 1;
    arrives(&one, &d);

    then_the_same_answer(&first);
    then_no_event();
    CHECK_EQ(ln_server_digest(server), digest);
    CHECK_EQ(seen_at(), now);
    CHECK_EQ(ln_server_counters(server)->repeats, 1);
    CHECK_EQ(ln_server_counters(server)->registers, 1);
    then_all_is_given_back();
}

TEST(after_exchange_lifetime_the_same_bytes_are_a_new_register)
{
    given_a_server_and_one();
    struct datagram d = register_of(5);
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_01);
    events_are_read();

    now += lifetime;
    arrives(&one, &d);

    then_it_answers(LN_COAP_2_01);
    then_event(LN_SERVER_REPLACED);
    then_event(LN_SERVER_REGISTERED);
    then_all_is_given_back();
}

TEST(a_register_with_another_id_other_bytes_or_another_peer_is_a_new_one)
{
    given_a_server_and_one();
    struct ln_peer other = device(2);
    struct datagram same = register_of(5);
    struct datagram other_id = register_of(6);
    struct datagram other_bytes =
        request(LN_COAP_CON, 6, "POST /rd?ep=one&lt=3001", LN_FORMAT_LINK, object_list);
    arrives(&one, &same);
    then_it_answers(LN_COAP_2_01);

    arrives(&one, &other_id);
    then_it_answers(LN_COAP_2_01);
    arrives(&one, &other_bytes);
    then_it_answers(LN_COAP_2_01);
    arrives(&other, &other_bytes);
    then_it_answers(LN_COAP_2_01);
    CHECK_EQ(ln_server_counters(server)->registers, 4);
    CHECK_EQ(ln_server_counters(server)->repeats, 0);
    then_all_is_given_back();
}

TEST(a_repeated_register_is_known_again_after_an_update)
{
    given_a_server_and_one();
    struct datagram d = register_of(5);
    arrives(&one, &d);
    struct sent first = then_it_answers(LN_COAP_2_01);
    struct place place = place_of(&first);
    struct datagram u = update(6, &place, "");
    struct ln_peer elsewhere = device(9);
    arrives(&elsewhere, &u);
    then_it_answers(LN_COAP_2_04);
    events_are_read();

    arrives(&one, &d);

    then_the_same_answer(&first);
    then_no_event();
    struct ln_registration_view view;
    ln_registration_get(ln_server_find(server, BYTES("one")), &view);
    assert_true(ln_address_equal(&view.peer.remote, &elsewhere.remote));
    then_all_is_given_back();
}

TEST(a_repeated_update_is_answered_and_does_not_prolong)
{
    given_a_server_and_one();
    struct place place = given_a_registered_device(1, "one");
    struct datagram d = update(6, &place, "lt=300");
    arrives(&one, &d);
    struct sent first = then_it_answers(LN_COAP_2_04);
    then_event(LN_SERVER_UPDATED);
    uint64_t digest = ln_server_digest(server);

    now += lifetime - 1;
    arrives(&one, &d);
    then_the_same_answer(&first);
    then_no_event();
    CHECK_EQ(ln_server_digest(server), digest);
    CHECK_EQ(seen_at(), now);
    CHECK_EQ(ln_server_counters(server)->repeats, 1);

    now += 1;
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_04);
    then_event(LN_SERVER_UPDATED);
    then_all_is_given_back();
}

/* It would bring back a lifetime that the device has changed since, and never corrects. */
TEST(a_copy_of_an_update_that_was_overtaken_by_later_ones_changes_nothing)
{
    static const char *const queries[] = {"lt=100", "lt=200", "lt=300"};
    struct datagram d[LN_COUNT(queries)];
    given_a_server_and_one();
    struct place place = given_a_registered_device(1, "one");
    for (uint16_t i = 0; i < LN_COUNT(queries); i++) {
        d[i] = update((uint16_t)(10 + i), &place, queries[i]);
        now += 1000;
        arrives(&one, &d[i]);
        then_it_answers(LN_COAP_2_04);
        then_event(LN_SERVER_UPDATED);
    }
    uint64_t digest = ln_server_digest(server);

    for (size_t i = 0; i < LN_COUNT(queries); i++) {
        arrives(&one, &d[i]);
        then_it_answers(LN_COAP_2_04);
    }

    then_no_event();
    CHECK_EQ(ln_server_digest(server), digest);
    CHECK_EQ(ln_server_counters(server)->repeats, LN_COUNT(queries));
    then_all_is_given_back();
}

TEST(a_repeated_deregister_gets_the_same_answer)
{
    given_a_server_and_one();
    struct place place = given_a_registered_device(1, "one");
    struct datagram d = deregister_of(6, &place);
    arrives(&one, &d);
    struct sent first = then_it_answers(LN_COAP_2_02);
    then_event(LN_SERVER_DEREGISTERED);

    now += lifetime - 1;
    arrives(&one, &d);
    then_the_same_answer(&first);
    then_no_event();
    now += 1;
    arrives(&one, &d);
    then_it_answers(LN_COAP_4_04);
    then_all_is_given_back();
}

/* Else a copy on a slow path would bring back a device that has left. */
TEST(a_late_copy_of_a_register_does_not_bring_back_a_device_that_left)
{
    given_a_server_and_one();
    struct datagram d = register_of(5);
    arrives(&one, &d);
    struct sent first = then_it_answers(LN_COAP_2_01);
    struct place place = place_of(&first);
    struct datagram leave = deregister_of(6, &place);
    arrives(&one, &leave);
    then_it_answers(LN_COAP_2_02);
    events_are_read();

    arrives(&one, &d);

    then_the_same_answer(&first);
    then_no_event();
    CHECK_EQ(ln_server_registration_count(server), 0);
    then_all_is_given_back();
}

TEST(late_copies_of_the_messages_of_a_replaced_registration_change_nothing)
{
    given_a_server_and_one();
    struct datagram d = register_of(5);
    arrives(&one, &d);
    struct sent first = then_it_answers(LN_COAP_2_01);
    struct place place = place_of(&first);
    struct datagram u = update(6, &place, "");
    arrives(&one, &u);
    struct sent updated = then_it_answers(LN_COAP_2_04);
    struct datagram anew = register_of(7);
    arrives(&one, &anew);
    then_it_answers(LN_COAP_2_01);
    events_are_read();
    uint64_t digest = ln_server_digest(server);

    arrives(&one, &d);
    then_the_same_answer(&first);
    arrives(&one, &u);
    then_the_same_answer(&updated);

    then_no_event();
    CHECK_EQ(ln_server_digest(server), digest);
    then_all_is_given_back();
}

TEST(a_repeated_refusal_is_the_same_even_if_there_is_room_by_then)
{
    struct ln_server_config config = config_of_tests();
    config.max_registrations = 1;
    given_a_server_of(&config);
    one = device(1);
    given_a_registered_device(2, "two");
    struct datagram d = register_of(5);
    arrives(&one, &d);
    struct sent refused = then_it_answers(LN_COAP_5_03);

    ln_server_forget(server, now, ln_server_find(server, BYTES("two")));
    arrives(&one, &d);
    then_the_same_answer(&refused);
    CHECK_EQ(ln_server_counters(server)->refused_full, 1);

    struct datagram again = register_of(6);
    arrives(&one, &again);
    then_it_answers(LN_COAP_2_01);
    then_all_is_given_back();
}

TEST(beyond_the_bound_of_strangers_the_oldest_is_forgotten_and_only_it)
{
    given_a_server_and_one();
    struct ln_peer peer;
    struct datagram d = request(LN_COAP_CON, 5, "POST /rd?ep=", LN_FORMAT_LINK, object_list);

    for (unsigned i = 0; i <= LN_LIMIT_SERVER_STRANGERS; i++) {
        peer = device(i);
        arrives(&peer, &d);
        then_it_answers(LN_COAP_4_00);
    }
    CHECK_EQ(ln_server_counters(server)->repeats, 0);

    peer = device(1);
    arrives(&peer, &d);
    then_it_answers(LN_COAP_4_00);
    CHECK_EQ(ln_server_counters(server)->repeats, 1);
    peer = device(0);
    arrives(&peer, &d);
    then_it_answers(LN_COAP_4_00);
    CHECK_EQ(ln_server_counters(server)->repeats, 1);
    then_all_is_given_back();
}

/* There is room for the messages of so many; what is too old to come again takes none of it. */
TEST(a_registration_that_ends_keeps_no_messages_that_cannot_come_again)
{
    given_a_server();
    for (unsigned i = 1; i <= LN_LIMIT_SERVER_STRANGERS; i++) {
        char endpoint[16];
        struct ln_peer peer = device(i);
        snprintf(endpoint, sizeof(endpoint), "device-%u", i);
        struct place place = given_a_registered_device(i, endpoint);
        struct datagram u = update(7, &place, "");
        arrives(&peer, &u);
        then_it_answers(LN_COAP_2_04);
        events_are_read();
    }
    one = device(0);
    struct datagram d = request(LN_COAP_CON, 5, "POST /rd?ep=", LN_FORMAT_LINK, object_list);
    now += lifetime + 1;
    arrives(&one, &d);
    then_it_answers(LN_COAP_4_00);

    now += 300 * 1000 - lifetime; /* theirs are over */
    CHECK_EQ(ln_server_counters(server)->repeats, 0);
    arrives(&one, &d);
    then_it_answers(LN_COAP_4_00);

    CHECK_EQ(ln_server_registration_count(server), 0);
    CHECK_EQ(ln_server_counters(server)->repeats, 1);
    then_all_is_given_back();
}

int repeats_tests(void)
{
    const struct CMUnitTest repeats_group[] = {
        cmocka_unit_test(a_repeated_register_gets_the_same_location_and_makes_nothing),
        cmocka_unit_test(after_exchange_lifetime_the_same_bytes_are_a_new_register),
        cmocka_unit_test(a_register_with_another_id_other_bytes_or_another_peer_is_a_new_one),
        cmocka_unit_test(a_repeated_register_is_known_again_after_an_update),
        cmocka_unit_test(a_repeated_update_is_answered_and_does_not_prolong),
        cmocka_unit_test(a_copy_of_an_update_that_was_overtaken_by_later_ones_changes_nothing),
        cmocka_unit_test(a_repeated_deregister_gets_the_same_answer),
        cmocka_unit_test(a_late_copy_of_a_register_does_not_bring_back_a_device_that_left),
        cmocka_unit_test(late_copies_of_the_messages_of_a_replaced_registration_change_nothing),
        cmocka_unit_test(a_repeated_refusal_is_the_same_even_if_there_is_room_by_then),
        cmocka_unit_test(beyond_the_bound_of_strangers_the_oldest_is_forgotten_and_only_it),
        cmocka_unit_test(a_registration_that_ends_keeps_no_messages_that_cannot_come_again),
    };

    return RUN_TESTS(repeats_group);
}
