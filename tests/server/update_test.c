/* Update. spec: CORE-1.1.1 §6.2.2 */

#include "support.h"

#include <stdio.h>

static struct place place;
static struct ln_peer one;

static void given_a_device(void)
{
    given_a_server();
    one = device(1);
    place = given_a_registered_device(1, "one");
}

static struct ln_registration_view view(void)
{
    struct ln_registration_view out;

    ln_registration_get(ln_server_find(server, BYTES("one")), &out);
    return out;
}

static struct ln_server_event device_updates(uint16_t id, const char *query)
{
    struct datagram d = update(id, &place, query);

    arrives(&one, &d);
    then_it_answers(LN_COAP_2_04);
    return then_event(LN_SERVER_UPDATED);
}

/* spec: CORE-1.1.1 §6.2.2 Update */
TEST(an_empty_update_prolongs_the_registration_and_changes_nothing_else)
{
    given_a_device();
    struct ln_registration_view before = view();
    now += 7000;

    struct ln_server_event event = device_updates(1, "");

    CHECK_TEXT(event.endpoint, "one");
    assert_ptr_equal(event.registration, ln_server_find(server, BYTES("one")));
    assert_false(event.address_changed || event.lifetime_changed || event.binding_changed ||
                 event.objects_changed || event.sms_changed);
    struct ln_registration_view after = view();
    CHECK_EQ(after.registered_at, before.registered_at);
    CHECK_EQ(after.updated_at, now);
    CHECK_EQ(after.seen_at, now);
    CHECK_EQ(after.expires_at, now + 300000);
    CHECK_EQ(after.lifetime, before.lifetime);
    assert_ptr_equal(after.objects, before.objects);
    CHECK_EQ(ln_server_counters(server)->updates, 1);
    then_all_is_given_back();
}

TEST(an_update_can_be_non_confirmable_and_so_is_its_answer)
{
    given_a_device();
    struct datagram d = update(1, &place, "lt=60");
    d.bytes[0] |= LN_COAP_NON << 4;

    arrives(&one, &d);

    CHECK_EQ(then_it_answers(LN_COAP_2_04).message.type, LN_COAP_NON);
    CHECK_EQ(view().lifetime, 60);
    arrives(&one, &d);
    CHECK_EQ(then_it_answers(LN_COAP_2_04).message.type, LN_COAP_NON);
    CHECK_EQ(ln_server_counters(server)->repeats, 1);
    then_all_is_given_back();
}

TEST(an_update_takes_no_memory)
{
    given_a_device();
    device_updates(1, "lt=100");
    size_t calls = memory_calls;

    for (uint16_t i = 2; i < 100; i++) {
        device_updates(i, i % 2 == 0 ? "lt=200" : "");
    }

    CHECK_EQ(memory_calls, calls);
    then_all_is_given_back();
}

TEST(an_update_changes_what_it_names)
{
    given_a_device();

    struct ln_server_event event = device_updates(1, "lt=60");
    assert_true(event.lifetime_changed && !event.binding_changed && !event.sms_changed);
    CHECK_EQ(view().lifetime, 60);

    event = device_updates(2, "b=US&Q");
    assert_true(event.binding_changed && !event.lifetime_changed);
    CHECK_EQ(view().binding, LN_BINDING_U | LN_BINDING_S | LN_BINDING_Q);

    event = device_updates(3, "b=US&Q&lt=60");
    assert_false(event.binding_changed || event.lifetime_changed);

    event = device_updates(4, "b=U");
    assert_true(event.binding_changed);
    CHECK_EQ(view().binding, LN_BINDING_U);

    event = device_updates(5, "Q");
    assert_true(event.binding_changed);
    CHECK_EQ(view().binding, LN_BINDING_U | LN_BINDING_Q);
    then_all_is_given_back();
}

TEST(a_phone_number_can_come_change_in_length_and_stay)
{
    given_a_device();

    assert_true(device_updates(1, "sms=4917").sms_changed);
    CHECK_TEXT(view().sms, "4917");
    assert_true(device_updates(2, "sms=491700001").sms_changed);
    CHECK_TEXT(view().sms, "491700001");
    assert_false(device_updates(3, "sms=491700001").sms_changed);
    assert_true(device_updates(4, "sms=12").sms_changed);
    assert_false(device_updates(5, "").sms_changed);
    CHECK_TEXT(view().sms, "12");
    CHECK_TEXT(view().endpoint, "one");
    then_all_is_given_back();
}

TEST(a_shorter_phone_number_takes_the_room_of_the_first_and_what_follows_stays)
{
    given_a_device();
    struct datagram d = request(LN_COAP_CON, 50, "POST /rd?ep=one&sms=123456&et=x",
                                LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    struct sent created = then_it_answers(LN_COAP_2_01);
    place = place_of(&created);
    events_are_read();

    device_updates(1, "sms=98");
    CHECK_TEXT(view().sms, "98");
    CHECK_TEXT(view().extra, "et=x");
    device_updates(2, "sms=1234567890");
    CHECK_TEXT(view().sms, "1234567890");
    device_updates(3, "sms=654321");
    CHECK_TEXT(view().sms, "654321");
    CHECK_TEXT(view().extra, "et=x");
    then_all_is_given_back();
}

/* spec: CORE-1.1.1 §6.2.2 Update: the list is complete, not a delta */
TEST(an_object_list_in_an_update_replaces_the_list)
{
    given_a_device();
    char what[64];
    snprintf(what, sizeof(what), "POST /%s", place.text);
    struct datagram d = request(LN_COAP_CON, 1, what, LN_FORMAT_LINK, "</9/2>");

    arrives(&one, &d);

    then_it_answers(LN_COAP_2_04);
    assert_true(then_event(LN_SERVER_UPDATED).objects_changed);
    CHECK_EQ(view().object_count, 1);
    CHECK_EQ(view().objects[0].object, 9);
    CHECK_EQ(view().objects[0].instance, 2);

    d = request(LN_COAP_CON, 2, what, LN_FORMAT_LINK, "</9/2>");
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_04);
    assert_false(then_event(LN_SERVER_UPDATED).objects_changed);
    then_all_is_given_back();
}

TEST(an_update_from_elsewhere_moves_the_device_there)
{
    given_a_device();
    struct ln_peer elsewhere = device(200);
    elsewhere.local = ln_address_ipv4(192, 0, 2, 2, 5683);
    struct datagram d = update(1, &place, "");

    arrives(&elsewhere, &d);

    struct sent answer = then_it_answers(LN_COAP_2_04);
    assert_true(ln_address_equal(&answer.to.remote, &elsewhere.remote));
    assert_true(then_event(LN_SERVER_UPDATED).address_changed);
    struct ln_peer at = view().peer;
    assert_true(ln_address_equal(&at.remote, &elsewhere.remote));
    assert_true(ln_address_equal(&at.local, &elsewhere.local));
    then_all_is_given_back();
}

TEST(a_device_that_moves_is_counted_where_it_is)
{
    struct ln_server_config config = config_of_tests();
    config.max_per_address = 1;
    given_a_server_of(&config);
    place = given_a_registered_device(1, "one");
    given_a_registered_device(2, "two");
    struct ln_peer other_port = device(1);
    struct ln_peer shared = device(2);
    other_port.remote.port = 40000;

    struct datagram d = update(1, &place, "");
    arrives(&other_port, &d);
    then_it_answers(LN_COAP_2_04);
    d = request(LN_COAP_CON, 2, "POST /rd?ep=three", LN_FORMAT_LINK, object_list);
    one = device(1);
    arrives(&one, &d);
    then_it_answers(LN_COAP_5_03);

    d = update(3, &place, ""); /* only Registers are bounded */
    arrives(&shared, &d);
    then_it_answers(LN_COAP_2_04);
    d = request(LN_COAP_CON, 4, "POST /rd?ep=three", LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_01);
    then_all_is_given_back();
}

TEST(a_guessed_location_does_nothing)
{
    given_a_device();
    uint64_t digest = ln_server_digest(server);
    struct ln_peer stranger = device(66);
    struct place guess = place;

    for (size_t i = strlen("rd/"); i < strlen("rd/") + 11; i++) {
        guess = place;
        guess.text[i] = guess.text[i] == 'A' ? 'B' : 'A';
        struct datagram d = update((uint16_t)i, &guess, "lt=1");
        arrives(&stranger, &d);
        then_it_answers(LN_COAP_4_04);
        now++;
        d.bytes[1] = LN_COAP_DELETE;
        d.bytes[3]++;
        d.bytes[2] = 9;
        arrives(&stranger, &d);
        then_it_answers(LN_COAP_4_04);
    }
    CHECK_EQ(ln_server_counters(server)->not_found, 22);
    CHECK_EQ(ln_server_digest(server), digest);
    then_no_event();
    then_all_is_given_back();
}

/*
 * The last of 11 characters holds two bits that say nothing: another text is another
 * location.
 */
TEST(a_location_is_right_in_one_spelling_only)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    given_a_device();
    struct place other = place;
    size_t last = strlen(place.text) - 1;

    for (uint16_t i = 0; i < 64; i++) {
        other.text[last] = alphabet[i];
        struct datagram d = update(i, &other, "");
        arrives(&one, &d);
        then_it_answers(other.text[last] == place.text[last] ? LN_COAP_2_04 : LN_COAP_4_04);
    }
    then_all_is_given_back();
}

TEST(a_registration_made_in_a_session_is_updated_in_that_session_only)
{
    given_a_server();
    one = device(1);
    one.session = 7;
    struct datagram d = request(LN_COAP_CON, 1, "POST /rd?ep=one", LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    struct sent created = then_it_answers(LN_COAP_2_01);
    place = place_of(&created);
    uint64_t digest = ln_server_digest(server);

    struct ln_peer other = one;
    other.session = 8;
    d = update(2, &place, "");
    arrives(&other, &d);
    then_it_answers(LN_COAP_4_04);
    other.session = 0;
    d = update(3, &place, "");
    arrives(&other, &d);
    then_it_answers(LN_COAP_4_04);
    CHECK_EQ(ln_server_counters(server)->wrong_peer, 2);
    CHECK_EQ(ln_server_digest(server), digest);

    one.remote.port++; /* the session may move */
    d = update(4, &place, "");
    arrives(&one, &d);
    CHECK_EQ(then_it_answers(LN_COAP_2_04).to.session, 7);
    then_all_is_given_back();
}

TEST(a_new_session_of_the_same_identity_is_the_same_device)
{
    given_a_server();
    one = device(1);
    one.session = 7;
    struct ln_proof proof = {.identity = BYTES("meter-1"), .mode = 1};
    one.proof = &proof;
    struct datagram d = request(LN_COAP_CON, 1, "POST /rd?ep=one", LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    struct sent created = then_it_answers(LN_COAP_2_01);
    place = place_of(&created);

    one.session = 9;
    d = update(2, &place, "");
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_04);
    CHECK_EQ(view().peer.session, 9);
    proof.identity = BYTES("meter-2");
    d = update(3, &place, "");
    arrives(&one, &d);
    then_it_answers(LN_COAP_4_04);
    then_all_is_given_back();
}

/* Only one may be there: so what an Update that failed had counted would be in the way. */
static void then_there_is_room_at(const struct ln_peer *peer, uint16_t id)
{
    struct datagram d =
        request(LN_COAP_CON, id, "POST /rd?ep=other", LN_FORMAT_LINK, object_list);

    arrives(peer, &d);
    then_it_answers(LN_COAP_2_01);
    ln_server_forget(server, now, ln_server_find(server, BYTES("other")));
    events_are_read();
}

TEST(an_update_for_which_there_is_no_memory_changes_nothing)
{
    struct ln_server_config config = config_of_tests();
    config.max_per_address = 1;
    given_a_server_of(&config);
    place = given_a_registered_device(1, "one");
    uint64_t digest = ln_server_digest(server);
    struct ln_peer elsewhere = device(3);
    elsewhere.local.port++;
    char what[80];
    snprintf(what, sizeof(what), "POST /%s?sms=123456&lt=9", place.text);
    uint8_t code = LN_COAP_5_03;
    uint16_t id = 0;

    for (; id < 20 && code == LN_COAP_5_03; id++) {
        struct datagram d = request(LN_COAP_CON, id, what, LN_FORMAT_LINK, "</8/8>");
        memory_left = id;
        arrives(&elsewhere, &d);
        memory_left = SIZE_MAX;
        code = then_it_sends().message.code;
        if (code == LN_COAP_5_03) {
            CHECK_EQ(ln_server_digest(server), digest);
            then_no_event();
            then_there_is_room_at(&elsewhere, (uint16_t)(1000 + id));
        }
    }
    CHECK_EQ(code, LN_COAP_2_04);
    assert_true(id >= 4); /* number, list and both addresses */
    CHECK_TEXT(view().sms, "123456");
    then_all_is_given_back();
}

int update_tests(void)
{
    const struct CMUnitTest update_group[] = {
        cmocka_unit_test(an_empty_update_prolongs_the_registration_and_changes_nothing_else),
        cmocka_unit_test(an_update_can_be_non_confirmable_and_so_is_its_answer),
        cmocka_unit_test(an_update_takes_no_memory),
        cmocka_unit_test(an_update_changes_what_it_names),
        cmocka_unit_test(a_phone_number_can_come_change_in_length_and_stay),
        cmocka_unit_test(
            a_shorter_phone_number_takes_the_room_of_the_first_and_what_follows_stays),
        cmocka_unit_test(an_object_list_in_an_update_replaces_the_list),
        cmocka_unit_test(an_update_from_elsewhere_moves_the_device_there),
        cmocka_unit_test(a_device_that_moves_is_counted_where_it_is),
        cmocka_unit_test(a_guessed_location_does_nothing),
        cmocka_unit_test(a_location_is_right_in_one_spelling_only),
        cmocka_unit_test(a_registration_made_in_a_session_is_updated_in_that_session_only),
        cmocka_unit_test(a_new_session_of_the_same_identity_is_the_same_device),
        cmocka_unit_test(an_update_for_which_there_is_no_memory_changes_nothing),
    };

    return RUN_TESTS(update_group);
}
