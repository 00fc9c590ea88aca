/* Register and De-register. spec: CORE-1.1.1 §6.2.1, §6.2.3 */

#include "support.h"

#include <stdio.h>

static struct ln_registration_view view_of(const char *endpoint)
{
    struct ln_registration_view view;
    struct ln_registration *registration = ln_server_find(server, ln_bytes_of_text(endpoint));

    assert_non_null(registration);
    ln_registration_get(registration, &view);
    return view;
}

static void device_sends(unsigned number, uint16_t id, const char *what)
{
    struct ln_peer peer = device(number);
    struct datagram d = request(LN_COAP_CON, id, what, LN_FORMAT_LINK, object_list);

    arrives(&peer, &d);
}

/* spec: CORE-1.1.1 §6.2.1 Register */
TEST(a_register_is_answered_with_a_location_below_rd)
{
    given_a_server();

    device_sends(1, 0x1234, "POST /rd?ep=one&lt=60&lwm2m=1.1&b=U");

    struct sent created = then_it_answers(LN_COAP_2_01);
    CHECK_EQ(created.message.type, LN_COAP_ACK);
    CHECK_EQ(created.message.id, 0x1234);
    CHECK_EQ(created.message.token.len, 3);
    assert_memory_equal(created.message.token.bytes, "\xC0\x12\x34", 3);
    CHECK_EQ(strlen(place_of(&created).text), strlen("rd/") + 11);
    CHECK_EQ(ln_server_counters(server)->registers, 1);
    then_all_is_given_back();
}

TEST(an_answer_goes_to_where_the_request_came_from_and_leaves_where_it_came_to)
{
    given_a_server();
    struct ln_peer peer = device(7);
    peer.local = ln_address_ipv4(198, 51, 100, 9, 5683);
    struct ln_proof proof = {.identity = BYTES("gone after the call"), .mode = 1};
    peer.proof = &proof;
    struct datagram d = request(LN_COAP_CON, 1, "POST /rd?ep=one", LN_FORMAT_LINK, object_list);

    arrives(&peer, &d);

    struct sent created = then_it_answers(LN_COAP_2_01);
    assert_true(ln_address_equal(&created.to.remote, &peer.remote));
    assert_true(ln_address_equal(&created.to.local, &peer.local));
    assert_null(created.to.proof);
    then_all_is_given_back();
}

TEST(a_registration_holds_all_that_the_register_said)
{
    static const char list[] =
        "</lwm2m>;rt=\"oma.lwm2m\";ct=\"60 110\",</lwm2m/1/0>,</lwm2m/3>;ver=1.2,</other>";
    given_a_server();
    now = 5000;
    struct ln_peer peer = device(1);
    struct datagram d =
        request(LN_COAP_CON, 1, "POST /rd?et=x&ep=urn:a/b&lt=77&lwm2m=1.1&b=US&Q&sms=49170&foo",
                LN_FORMAT_LINK, list);

    arrives(&peer, &d);

    struct ln_registration_view view = view_of("urn:a/b");
    CHECK_TEXT(view.endpoint, "urn:a/b");
    CHECK_TEXT(view.sms, "49170");
    CHECK_TEXT(view.extra, "et=x&foo");
    CHECK_TEXT(view.root, "/lwm2m");
    CHECK_TEXT(view.formats, "60 110");
    CHECK_EQ(view.lifetime, 77);
    CHECK_EQ(view.version, LN_VERSION_1_1);
    CHECK_EQ(view.binding, LN_BINDING_U | LN_BINDING_S | LN_BINDING_Q);
    CHECK_EQ(view.object_count, 2);
    CHECK_EQ(view.objects[0].object, 1);
    CHECK_EQ(view.objects[0].instance, 0);
    CHECK_EQ(view.objects[1].object, 3);
    CHECK_EQ(view.objects[1].instance, LN_ID_NONE);
    CHECK_EQ(view.objects[1].version_minor, 2);
    CHECK_EQ(view.registered_at, 5000);
    CHECK_EQ(view.updated_at, 5000);
    CHECK_EQ(view.seen_at, 5000);
    CHECK_EQ(view.expires_at, 5000 + 77000);
    CHECK_EQ(view.operations, 0);
    assert_true(ln_address_equal(&view.peer.remote, &peer.remote));
    then_all_is_given_back();
}

TEST(what_a_register_leaves_out_has_the_defaults)
{
    given_a_server();

    device_sends(1, 1, "POST /rd?ep=one");

    struct ln_registration_view view = view_of("one");
    CHECK_EQ(view.lifetime, LN_LIFETIME_DEFAULT);
    CHECK_EQ(view.binding, LN_BINDING_U);
    CHECK_EQ(view.version, LN_VERSION_1_0);
    CHECK_EQ(view.sms.len, 0);
    CHECK_EQ(view.extra.len, 0);
    CHECK_EQ(view.root.len, 0);
    then_all_is_given_back();
}

TEST(a_registration_is_found_by_its_endpoint_and_by_its_location)
{
    given_a_server();
    struct place place = given_a_registered_device(1, "one");
    given_a_registered_device(2, "two");

    struct ln_bytes location = ln_bytes_of_text(place.text + strlen("rd/"));
    struct ln_registration *one = ln_server_find(server, BYTES("one"));

    assert_non_null(one);
    assert_ptr_equal(ln_server_find_location(server, location), one);
    CHECK_TEXT(view_of("one").location, place.text + strlen("rd/"));
    assert_null(ln_server_find(server, BYTES("three")));
    assert_null(ln_server_find_location(server, BYTES("AAAAAAAAAAA")));
    assert_null(ln_server_find_location(server, BYTES("")));
    CHECK_EQ(ln_server_registration_count(server), 2);
    then_all_is_given_back();
}

TEST(all_registrations_are_walked_once)
{
    given_a_server();
    given_a_registered_device(1, "one");
    given_a_registered_device(2, "two");
    given_a_registered_device(3, "three");
    size_t at = 0;
    size_t count = 0;
    size_t length = 0;

    for (struct ln_registration *r; (r = ln_server_next(server, &at)) != NULL; count++) {
        struct ln_registration_view view;
        ln_registration_get(r, &view);
        length += view.endpoint.len;
    }

    CHECK_EQ(count, 3);
    CHECK_EQ(length, strlen("onetwothree"));
    then_all_is_given_back();
}

/* spec: CORE-1.1.1 §6.2.1 Register: a new one replaces the old */
TEST(a_device_that_registers_anew_gets_a_new_location_and_the_old_one_is_gone)
{
    given_a_server();
    struct place old = given_a_registered_device(1, "one");

    device_sends(2, 900, "POST /rd?ep=one&lt=60");

    struct sent created = then_it_answers(LN_COAP_2_01);
    struct place place = place_of(&created);
    assert_string_not_equal(place.text, old.text);
    CHECK_EQ(ln_server_registration_count(server), 1);
    struct ln_server_event replaced = then_event(LN_SERVER_REPLACED);
    CHECK_TEXT(replaced.endpoint, "one");
    struct ln_server_event registered = then_event(LN_SERVER_REGISTERED);
    CHECK_TEXT(registered.endpoint, "one");
    then_no_event();
    struct ln_peer peer = device(1);
    struct datagram d = update(901, &old, "");
    arrives(&peer, &d);
    then_it_answers(LN_COAP_4_04);
    then_all_is_given_back();
}

/* spec: CORE-1.1.1 §6.2.3 De-register */
TEST(a_device_that_deregisters_is_forgotten)
{
    given_a_server();
    struct place place = given_a_registered_device(1, "one");
    struct ln_peer peer = device(1);
    char what[64];

    snprintf(what, sizeof(what), "DELETE /%s", place.text);
    struct datagram d = request(LN_COAP_CON, 7, what, LN_FORMAT_NONE, "");
    arrives(&peer, &d);

    then_it_answers(LN_COAP_2_02);
    struct ln_server_event left = then_event(LN_SERVER_DEREGISTERED);
    CHECK_TEXT(left.endpoint, "one");
    then_no_event();
    assert_null(ln_server_find(server, BYTES("one")));
    CHECK_EQ(ln_server_registration_count(server), 0);
    CHECK_EQ(ln_server_counters(server)->deregisters, 1);
    then_all_is_given_back();
}

TEST(a_registration_that_the_app_forgets_is_gone)
{
    given_a_server();
    struct place place = given_a_registered_device(1, "one");
    struct ln_peer peer = device(1);

    ln_server_forget(server, now, ln_server_find(server, BYTES("one")));

    then_event(LN_SERVER_DEREGISTERED);
    struct datagram d = update(8, &place, "");
    arrives(&peer, &d);
    then_it_answers(LN_COAP_4_04);
    then_all_is_given_back();
}

TEST(no_more_register_than_the_bound_but_a_known_one_may_register_anew)
{
    struct ln_server_config config = config_of_tests();
    config.max_registrations = 2;
    given_a_server_of(&config);
    given_a_registered_device(1, "one");
    given_a_registered_device(2, "two");

    device_sends(3, 5, "POST /rd?ep=three");
    then_it_answers(LN_COAP_5_03);
    CHECK_EQ(ln_server_counters(server)->refused_full, 1);

    device_sends(2, 6, "POST /rd?ep=two");
    then_it_answers(LN_COAP_2_01);
    CHECK_EQ(ln_server_registration_count(server), 2);
    then_all_is_given_back();
}

TEST(one_address_may_hold_no_more_registrations_than_its_bound)
{
    struct ln_server_config config = config_of_tests();
    config.max_per_address = 2;
    given_a_server_of(&config);
    given_a_registered_device(1, "one");
    device_sends(1, 5, "POST /rd?ep=two");
    then_it_answers(LN_COAP_2_01);

    device_sends(1, 6, "POST /rd?ep=three");
    then_it_answers(LN_COAP_5_03);
    CHECK_EQ(ln_server_counters(server)->refused_full, 1);

    device_sends(1, 7, "POST /rd?ep=two"); /* in its own place */
    then_it_answers(LN_COAP_2_01);
    device_sends(2, 8, "POST /rd?ep=three"); /* elsewhere there is room */
    then_it_answers(LN_COAP_2_01);
    device_sends(1, 9, "POST /rd?ep=three"); /* but it cannot come from there */
    then_it_answers(LN_COAP_5_03);
    then_all_is_given_back();
}

TEST(a_registration_that_ends_makes_room_at_its_address)
{
    struct ln_server_config config = config_of_tests();
    config.max_per_address = 1;
    given_a_server_of(&config);
    given_a_registered_device(1, "one");

    ln_server_forget(server, now, ln_server_find(server, BYTES("one")));
    device_sends(1, 6, "POST /rd?ep=two");

    then_it_answers(LN_COAP_2_01);
    then_all_is_given_back();
}

TEST(devices_with_the_same_object_list_share_one)
{
    given_a_server();
    given_a_registered_device(1, "one");
    given_a_registered_device(2, "two");

    assert_ptr_equal(view_of("one").objects, view_of("two").objects);
    ln_server_forget(server, now, ln_server_find(server, BYTES("one")));
    events_are_read();
    CHECK_EQ(view_of("two").object_count, 3);
    then_all_is_given_back();
}

/* A fleet's memory is this and no more: one block, and its share of the indexes. */
TEST(a_register_with_a_known_list_takes_one_block_of_memory)
{
    given_a_server();
    for (unsigned i = 1; i <= 12; i++) {
        char endpoint[16];
        snprintf(endpoint, sizeof(endpoint), "device-%02u", i);
        size_t calls = memory_calls;
        given_a_registered_device(i, endpoint);
        if (i > 2 &&
            i < 10) { /* the first make the list and the tables, the last let them grow */
            CHECK_EQ(memory_calls - calls, 1);
        }
    }
    then_all_is_given_back();
}

TEST(a_register_for_which_there_is_no_memory_is_refused_and_leaves_nothing)
{
    given_a_server();
    given_a_registered_device(1, "one");
    uint64_t digest = ln_server_digest(server);
    struct ln_peer peer = device(2);
    struct datagram d =
        request(LN_COAP_CON, 5, "POST /rd?ep=two", LN_FORMAT_LINK, "</3/0>,</4/0>");
    uint8_t code = LN_COAP_5_03;

    for (size_t n = 0; n < 20 && code == LN_COAP_5_03; n++) {
        memory_left = n;
        now += ln_coap_exchange_lifetime(&ln_coap_parameters_default) / 20;
        d.bytes[3] = (uint8_t)n; /* each a new message */
        arrives(&peer, &d);
        memory_left = SIZE_MAX;
        code = then_it_sends().message.code;
        if (code == LN_COAP_5_03) {
            CHECK_EQ(ln_server_digest(server), digest);
            assert_true(ln_server_counters(server)->refused_full == n + 1);
        }
    }

    CHECK_EQ(code, LN_COAP_2_01);
    assert_true(ln_server_counters(server)->refused_full >= 2); /* list and block at least */
    then_all_is_given_back();
}

TEST(a_register_anew_for_which_there_is_no_memory_leaves_the_old_registration)
{
    struct ln_server_config config = config_of_tests();
    config.max_per_address = 9; /* so that addresses are counted, in memory of their own */
    given_a_server_of(&config);
    given_a_registered_device(1, "one");
    given_a_read("one", 1);
    then_it_sends();
    uint64_t digest = ln_server_digest(server);
    struct ln_peer peer = device(2);
    struct datagram d =
        request(LN_COAP_CON, 5, "POST /rd?ep=one", LN_FORMAT_LINK, "</3/0>,</4/0>");
    uint8_t code = LN_COAP_5_03;
    size_t refused = 0;

    for (; code == LN_COAP_5_03; refused++) {
        size_t blocks = memory_blocks;
        memory_left = refused;
        d.bytes[3] = (uint8_t)refused; /* each a new message */
        arrives(&peer, &d);
        memory_left = SIZE_MAX;
        code = then_it_sends().message.code;
        if (code == LN_COAP_5_03) {
            CHECK_EQ(ln_server_digest(server), digest);
            CHECK_EQ(memory_blocks, blocks);
            then_no_event();
        }
    }

    CHECK_EQ(code, LN_COAP_2_01);
    assert_true(refused > 3); /* list, block and address at least */
    CHECK_EQ(then_event(LN_SERVER_RESULT).outcome, LN_OUTCOME_GONE);
    then_event(LN_SERVER_REPLACED);
    then_event(LN_SERVER_REGISTERED);
    then_no_event();
    CHECK_EQ(ln_server_registration_count(server), 1);
    then_all_is_given_back();
}

TEST(a_config_that_does_not_hold_together_makes_no_server)
{
    struct ln_server_config config = config_of_tests();

    config.size--;
    assert_null(ln_server_new(&config, 0));
    config = config_of_tests();
    config.shards = 2;
    config.shard = 2;
    assert_null(ln_server_new(&config, 0));
    config = config_of_tests();
    config.random.fill = NULL;
    assert_null(ln_server_new(&config, 0));
    config = config_of_tests();
    memory_left = 0;
    assert_null(ln_server_new(&config, 0));
    memory_left = SIZE_MAX;
    ln_server_free(NULL);
}

int register_tests(void)
{
    const struct CMUnitTest register_group[] = {
        cmocka_unit_test(a_register_is_answered_with_a_location_below_rd),
        cmocka_unit_test(
            an_answer_goes_to_where_the_request_came_from_and_leaves_where_it_came_to),
        cmocka_unit_test(a_registration_holds_all_that_the_register_said),
        cmocka_unit_test(what_a_register_leaves_out_has_the_defaults),
        cmocka_unit_test(a_registration_is_found_by_its_endpoint_and_by_its_location),
        cmocka_unit_test(all_registrations_are_walked_once),
        cmocka_unit_test(
            a_device_that_registers_anew_gets_a_new_location_and_the_old_one_is_gone),
        cmocka_unit_test(a_device_that_deregisters_is_forgotten),
        cmocka_unit_test(a_registration_that_the_app_forgets_is_gone),
        cmocka_unit_test(no_more_register_than_the_bound_but_a_known_one_may_register_anew),
        cmocka_unit_test(one_address_may_hold_no_more_registrations_than_its_bound),
        cmocka_unit_test(a_registration_that_ends_makes_room_at_its_address),
        cmocka_unit_test(devices_with_the_same_object_list_share_one),
        cmocka_unit_test(a_register_with_a_known_list_takes_one_block_of_memory),
        cmocka_unit_test(a_register_for_which_there_is_no_memory_is_refused_and_leaves_nothing),
        cmocka_unit_test(a_config_that_does_not_hold_together_makes_no_server),
        cmocka_unit_test(
            a_register_anew_for_which_there_is_no_memory_leaves_the_old_registration),
    };

    return RUN_TESTS(register_group);
}
