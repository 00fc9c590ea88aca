/* Lifetimes, to the millisecond. spec: CORE-1.1.1 §6.2.1 Register: lt, 0 is for ever */

#include "support.h"

#include <stdio.h>

static struct place given_a_device_with(const char *lifetime)
{
    char what[64];
    struct ln_peer peer = device(1);

    given_a_server();
    snprintf(what, sizeof(what), "POST /rd?ep=one&lt=%s", lifetime);
    struct datagram d = request(LN_COAP_CON, 1, what, LN_FORMAT_LINK, object_list);
    arrives(&peer, &d);
    struct sent created = then_it_answers(LN_COAP_2_01);
    events_are_read();
    return place_of(&created);
}

static void then_it_expires_at(ln_time time)
{
    now = time - 1;
    then_it_is_silent();
    then_no_event();
    now = time;
    then_it_is_silent();
    struct ln_server_event event = then_event(LN_SERVER_EXPIRED);
    CHECK_TEXT(event.endpoint, "one");
    CHECK_EQ(event.time, time);
    then_no_event();
    assert_null(ln_server_find(server, BYTES("one")));
    CHECK_EQ(ln_server_counters(server)->expiries, 1);
}

TEST(a_registration_expires_when_its_lifetime_is_over_and_not_before)
{
    given_a_device_with("20");
    CHECK_EQ(ln_server_deadline(server), now + 20000);
    then_it_expires_at(now + 20000);
    CHECK_EQ(ln_server_deadline(server), LN_NEVER);
    then_all_is_given_back();
}

TEST(an_update_starts_the_lifetime_anew)
{
    struct place place = given_a_device_with("20");
    struct ln_peer peer = device(1);

    for (uint16_t i = 0; i < 5; i++) {
        now += 19999;
        then_it_is_silent();
        struct datagram d = update((uint16_t)(50 + i), &place, "");
        arrives(&peer, &d);
        then_it_answers(LN_COAP_2_04);
        then_event(LN_SERVER_UPDATED);
    }
    then_it_expires_at(now + 20000);
    then_all_is_given_back();
}

TEST(a_shorter_lifetime_takes_effect_at_once)
{
    struct place place = given_a_device_with("86400");
    struct ln_peer peer = device(1);
    now += 1000;

    struct datagram d = update(9, &place, "lt=20");
    arrives(&peer, &d);
    then_it_answers(LN_COAP_2_04);
    events_are_read();

    CHECK_EQ(ln_server_deadline(server), now + 20000);
    then_it_expires_at(now + 20000);
    then_all_is_given_back();
}

TEST(an_update_that_comes_at_the_last_moment_is_in_time_and_one_later_is_not)
{
    struct place place = given_a_device_with("20");
    struct ln_peer peer = device(1);
    ln_time end = now + 20000;

    now = end - 1;
    struct datagram d = update(9, &place, "");
    arrives(&peer, &d);
    then_it_answers(LN_COAP_2_04);
    now += 20000; /* not even ln_server_send() was called before */
    d = update(10, &place, "");
    arrives(&peer, &d);
    then_it_answers(LN_COAP_4_04);
    then_event(LN_SERVER_UPDATED);
    then_event(LN_SERVER_EXPIRED);
    then_all_is_given_back();
}

TEST(a_lifetime_of_zero_never_ends)
{
    struct place place = given_a_device_with("0");
    struct ln_peer peer = device(1);
    struct ln_registration_view view;

    ln_registration_get(ln_server_find(server, BYTES("one")), &view);
    CHECK_EQ(view.expires_at, LN_NEVER);
    CHECK_EQ(ln_server_deadline(server), LN_NEVER);
    now += (ln_time)1000 * 86400 * 365 * 100;
    then_it_is_silent();
    then_no_event();

    struct datagram d = update(9, &place, "lt=20");
    arrives(&peer, &d);
    then_it_answers(LN_COAP_2_04);
    events_are_read();
    then_it_expires_at(now + 20000);
    then_all_is_given_back();
}

TEST(an_update_can_make_a_registration_last_for_ever)
{
    struct place place = given_a_device_with("20");
    struct ln_peer peer = device(1);

    struct datagram d = update(9, &place, "lt=0");
    arrives(&peer, &d);
    then_it_answers(LN_COAP_2_04);
    events_are_read();

    now += 1000 * 1000;
    then_it_is_silent();
    then_no_event();
    CHECK_EQ(ln_server_deadline(server), LN_NEVER);
    then_all_is_given_back();
}

TEST(the_longest_lifetime_is_136_years)
{
    given_a_device_with("4294967295");
    then_it_expires_at(now + (ln_time)4294967295 * 1000);
    then_all_is_given_back();
}

TEST(a_deadline_beyond_all_time_is_never)
{
    struct ln_server_config config = config_of_tests();
    struct ln_peer peer = device(1);
    given_a_server_of(&config);
    now = LN_NEVER - 10000;
    struct datagram d =
        request(LN_COAP_CON, 1, "POST /rd?ep=one&lt=20", LN_FORMAT_LINK, object_list);

    arrives(&peer, &d);

    then_it_answers(LN_COAP_2_01);
    CHECK_EQ(ln_server_deadline(server), LN_NEVER);
    then_all_is_given_back();
}

TEST(each_of_many_devices_expires_in_its_own_time)
{
    enum { DEVICES = 500 };
    char what[64];
    given_a_server();
    ln_time start = now;
    for (unsigned i = 1; i <= DEVICES; i++) {
        struct ln_peer peer = device(i);
        snprintf(what, sizeof(what), "POST /rd?ep=d%u&lt=%u", i, 1 + (i * 7919) % 1000);
        struct datagram d = request(LN_COAP_CON, 1, what, LN_FORMAT_LINK, object_list);
        arrives(&peer, &d);
        then_it_answers(LN_COAP_2_01);
    }
    events_are_read();

    size_t expired = 0;
    while (ln_server_deadline(server) != LN_NEVER) {
        struct ln_server_event event;
        now = ln_server_deadline(server);
        then_it_is_silent();
        while (ln_server_event(server, &event)) {
            uint64_t i;
            CHECK_EQ(event.kind, LN_SERVER_EXPIRED);
            assert_true(ln_unsigned_of_text(
                ln_bytes(event.endpoint.at + 1, event.endpoint.len - 1), &i));
            CHECK_EQ(event.time, start + (ln_time)(1 + (i * 7919) % 1000) * 1000);
            expired++;
        }
    }
    CHECK_EQ(expired, DEVICES);
    CHECK_EQ(ln_server_registration_count(server), 0);
    then_all_is_given_back();
}

int lifetime_tests(void)
{
    const struct CMUnitTest lifetime_group[] = {
        cmocka_unit_test(a_registration_expires_when_its_lifetime_is_over_and_not_before),
        cmocka_unit_test(an_update_starts_the_lifetime_anew),
        cmocka_unit_test(a_shorter_lifetime_takes_effect_at_once),
        cmocka_unit_test(
            an_update_that_comes_at_the_last_moment_is_in_time_and_one_later_is_not),
        cmocka_unit_test(a_lifetime_of_zero_never_ends),
        cmocka_unit_test(an_update_can_make_a_registration_last_for_ever),
        cmocka_unit_test(the_longest_lifetime_is_136_years),
        cmocka_unit_test(a_deadline_beyond_all_time_is_never),
        cmocka_unit_test(each_of_many_devices_expires_in_its_own_time),
    };

    return RUN_TESTS(lifetime_group);
}
