/* Peers that proved who they are: what they may register, and what becomes of their sessions. */

#include "support.h"

static struct ln_proof proof;
static struct ln_peer one;
static struct place place;

/* Device 1 over session 7, which proved to be the one that may register "one". */
static void given_a_peer_that_proved_it(void)
{
    proof = (struct ln_proof){
        .identity = BYTES("id-1"),
        .endpoint = BYTES("one"),
        .mode = 1,
    };
    one = device(1);
    one.session = 7;
    one.proof = &proof;
}

static struct sent registers(uint16_t id, const char *what, uint8_t code)
{
    struct datagram d = request(LN_COAP_CON, id, what, LN_FORMAT_LINK, object_list);

    arrives(&one, &d);
    return then_it_answers(code);
}

static void given_a_registered_peer(void)
{
    given_a_server();
    given_a_peer_that_proved_it();
    struct sent created = registers(1, "POST /rd?ep=one&lt=300&lwm2m=1.1&b=U", LN_COAP_2_01);
    place = place_of(&created);
    then_event(LN_SERVER_REGISTERED);
}

static struct ln_registration_view view(void)
{
    struct ln_registration_view out;

    ln_registration_get(ln_server_find(server, BYTES("one")), &out);
    return out;
}

/* ---- Registering ---- */

/* spec: CORE-1.1.1 §6.2.1 Register */
TEST(a_peer_registers_as_the_endpoint_that_it_proved)
{
    given_a_registered_peer();

    CHECK_TEXT(view().identity, "id-1");
    CHECK_EQ(view().proof_mode, 1);
    CHECK_EQ(view().peer.session, 7);
    assert_null(view().peer.proof);
    then_all_is_given_back();
}

/* spec: CORE-1.1.1 §6.2.1 Register: the name may be left out where the security layer tells it. */
TEST(a_register_without_a_name_takes_the_proved_one)
{
    given_a_server();
    given_a_peer_that_proved_it();

    registers(1, "POST /rd?lt=300", LN_COAP_2_01);

    CHECK_TEXT(view().endpoint, "one");
    then_all_is_given_back();
}

TEST(a_register_in_another_name_is_refused_and_counted)
{
    given_a_server();
    given_a_peer_that_proved_it();
    uint64_t digest = ln_server_digest(server);

    registers(1, "POST /rd?ep=two&lt=300", LN_COAP_4_00);

    CHECK_EQ(ln_server_counters(server)->wrong_endpoint, 1);
    assert_null(ln_server_find(server, BYTES("two")));
    CHECK_EQ(ln_server_digest(server), digest);
    then_all_is_given_back();
}

static ln_err admit_only_one(void *context, struct ln_bytes endpoint,
                             const struct ln_peer *peer)
{
    (void)context;
    return peer->proof != NULL || ln_bytes_are(endpoint, "one") ? LN_OK : LN_ERR_FORBIDDEN;
}

TEST(the_app_is_asked_whether_a_peer_may_come_in)
{
    struct ln_server_config config = config_of_tests();
    config.admit = admit_only_one;
    given_a_server_of(&config);
    one = device(1);

    registers(1, "POST /rd?ep=two&lt=300", LN_COAP_4_03);
    CHECK_EQ(ln_server_counters(server)->not_admitted, 1);
    assert_null(ln_server_find(server, BYTES("two")));
    registers(2, "POST /rd?ep=one&lt=300", LN_COAP_2_01);
    then_all_is_given_back();
}

TEST(a_registration_belongs_to_its_proof_whatever_the_session)
{
    given_a_registered_peer();
    struct datagram d = update(2, &place, "lt=400");
    one.session = 8;
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_04);
    then_event(LN_SERVER_UPDATED);
    CHECK_EQ(view().peer.session, 8);

    proof.mode = 2; /* the same name, proved otherwise */
    d = update(3, &place, "lt=1");
    arrives(&one, &d);
    then_it_answers(LN_COAP_4_04);
    one.proof = NULL;
    one.session = 0;
    d = update(4, &place, "lt=1");
    arrives(&one, &d);
    then_it_answers(LN_COAP_4_04);

    CHECK_EQ(ln_server_counters(server)->wrong_peer, 2);
    CHECK_EQ(view().lifetime, 400);
    then_all_is_given_back();
}

/* ---- Sessions ---- */

TEST(a_session_that_moved_is_told_as_an_update_of_the_address_alone)
{
    given_a_registered_peer();
    one.remote = device(5).remote;

    ln_server_peer_moved(server, now, &one);

    struct ln_server_event event = then_event(LN_SERVER_UPDATED);
    assert_true(event.address_changed);
    CHECK_EQ(event.change, 0);
    struct ln_registration_view moved = view();
    assert_true(ln_address_equal(&moved.peer.remote, &one.remote));
    ln_server_peer_moved(server, now, &one); /* it is there already */
    then_no_event();
    then_all_is_given_back();
}

TEST(a_session_that_is_over_makes_its_device_unreachable_until_it_comes_again)
{
    given_a_registered_peer();
    uint64_t id;
    struct ln_operation read = {.kind = LN_OPERATION_READ, .path = {{3, 0, 0}, 3}};
    struct ln_server_terms terms = {.expires_at = LN_NEVER, .queue = true};
    CHECK_OK(ln_server_operate(server, now, BYTES("one"), &read, &terms, 1, &id));
    CHECK_EQ(then_it_sends().to.session, 7);

    ln_server_peer_lost(server, now, &one);

    then_event(LN_SERVER_UNREACHABLE);
    then_it_is_silent();
    one.session = 9;
    struct datagram d = update(2, &place, "");
    arrives(&one, &d);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_2_04);
    CHECK_EQ(then_it_sends().to.session, 9); /* the Read again */
    events_are_read();
    then_all_is_given_back();
}

TEST(a_session_that_is_not_the_registrations_is_nobody)
{
    given_a_registered_peer();
    struct ln_peer other = one;
    uint64_t digest = ln_server_digest(server);
    other.session = 6; /* one before this */
    other.remote = device(5).remote;

    ln_server_peer_moved(server, now, &other);
    ln_server_peer_lost(server, now, &other);
    other.proof = NULL;
    ln_server_peer_lost(server, now, &other);

    then_no_event();
    CHECK_EQ(ln_server_digest(server), digest);
    then_all_is_given_back();
}

TEST(a_move_for_which_there_is_no_memory_waits_for_the_next_update)
{
    given_a_registered_peer();
    struct ln_address before = view().peer.remote;
    events_are_read();
    one.remote = device(5).remote;
    memory_left = 0;

    ln_server_peer_moved(server, now, &one);

    memory_left = SIZE_MAX;
    struct ln_server_event event;
    bool told = ln_server_event(server, &event);
    struct ln_registration_view after = view();
    assert_true(told == !ln_address_equal(&after.peer.remote, &before));
    then_all_is_given_back();
}

TEST(a_copy_of_an_update_from_the_sessions_new_address_is_the_same_message)
{
    given_a_registered_peer();
    struct datagram d = update(2, &place, "lt=400");
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_04);

    one.remote = device(5).remote;
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_04);

    CHECK_EQ(ln_server_counters(server)->updates, 1);
    CHECK_EQ(ln_server_counters(server)->repeats, 1);
    then_all_is_given_back();
}

/* ---- After a restart ---- */

TEST(a_restored_registration_still_belongs_to_its_proof)
{
    given_a_registered_peer();
    struct ln_registration_view kept = view();
    struct ln_server *first = server;
    struct ln_server_config config = config_of_tests();
    server = ln_server_new(&config, now);
    CHECK_OK(ln_server_restore(server, now, &kept));
    ln_server_free(first);

    CHECK_TEXT(view().identity, "id-1");
    one.session = 9;
    struct datagram d = update(2, &place, "lt=400");
    arrives(&one, &d);
    then_it_answers(LN_COAP_2_04);
    one.proof = NULL;
    one.session = 0;
    d = update(3, &place, "lt=1");
    arrives(&one, &d);
    then_it_answers(LN_COAP_4_04);
    then_all_is_given_back();
}

int sessions_tests(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(a_peer_registers_as_the_endpoint_that_it_proved),
        cmocka_unit_test(a_register_without_a_name_takes_the_proved_one),
        cmocka_unit_test(a_register_in_another_name_is_refused_and_counted),
        cmocka_unit_test(the_app_is_asked_whether_a_peer_may_come_in),
        cmocka_unit_test(a_registration_belongs_to_its_proof_whatever_the_session),
        cmocka_unit_test(a_session_that_moved_is_told_as_an_update_of_the_address_alone),
        cmocka_unit_test(
            a_session_that_is_over_makes_its_device_unreachable_until_it_comes_again),
        cmocka_unit_test(a_session_that_is_not_the_registrations_is_nobody),
        cmocka_unit_test(a_move_for_which_there_is_no_memory_waits_for_the_next_update),
        cmocka_unit_test(a_copy_of_an_update_from_the_sessions_new_address_is_the_same_message),
        cmocka_unit_test(a_restored_registration_still_belongs_to_its_proof),
    };
    return RUN_TESTS(group);
}
