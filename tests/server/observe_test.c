/* Declared observations: set up, told of, kept fresh, ended. spec: RFC 7641, CORE-1.1.1 §6.4 */

#include "waiting_support.h"

#include <linnet/limits.h>

static struct ln_coap_token token;
static struct ln_peer one;

static const struct ln_path model = {{3, 0, 1, 0}, 3};

static enum ln_observation_state state_of(struct ln_path path)
{
    struct ln_observation_view view;
    const struct ln_observation *observation =
        ln_server_observation(server, BYTES("one"), path);

    assert_non_null(observation);
    ln_observation_get(observation, &view);
    return view.state;
}

static void given_declared(struct ln_path path, const char *attributes)
{
    CHECK_OK(ln_server_observe(server, now, BYTES("one"), path, LN_FORMAT_NONE,
                               ln_bytes_of_text(attributes), false));
    CHECK_EQ(then_event(LN_SERVER_OBSERVATION).observation.state, LN_OBSERVATION_PENDING);
}

/* The Observe that it sends; the device answers with the sequence. */
static void given_it_is_set_up(int sequence)
{
    uint32_t observe;
    struct sent sent = then_it_sends();

    CHECK_EQ(sent.message.code, LN_COAP_GET);
    assert_true(has_observe(&sent, &observe));
    CHECK_EQ(observe, 0);
    token = sent.message.token;
    struct datagram d =
        notification(LN_COAP_ACK, sent.message.id, LN_COAP_2_05, &token, sequence, "first");
    arrives(&one, &d);
    struct ln_server_event event = then_event(LN_SERVER_OBSERVATION);
    CHECK_EQ(event.observation.state, LN_OBSERVATION_ACTIVE);
    CHECK_TEXT(then_event(LN_SERVER_NOTIFIED).payload, "first");
    then_it_is_silent();
}

static void given_an_observation(void)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    given_declared(model, "");
    given_it_is_set_up(10);
}

static void notifies(enum ln_coap_type type, uint16_t id, int sequence, const char *payload)
{
    struct datagram d = notification(type, id, LN_COAP_2_05, &token, sequence, payload);

    arrives(&one, &d);
}

TEST(an_observation_is_set_up_when_its_device_registers_and_its_values_are_told)
{
    given_a_server();
    one = device(1);
    given_declared(model, "");
    then_it_is_silent();

    given_a_device_in_queue_mode(1, "one");
    given_it_is_set_up(10);
    notifies(LN_COAP_CON, 1, 11, "second");

    struct ln_server_event event = then_event(LN_SERVER_NOTIFIED);
    CHECK_TEXT(event.payload, "second");
    CHECK_TEXT(event.endpoint, "one");
    CHECK_EQ(event.sequence, 11);
    assert_true(ln_path_equal(event.observation.path, model));
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_ACK);
    CHECK_EQ(ln_server_counters(server)->notifications, 2);
    then_all_is_given_back();
}

TEST(its_attributes_are_written_first)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    given_declared(model, "pmin=1&pmax=60");

    struct sent sent = then_it_sends();
    CHECK_EQ(sent.message.code, LN_COAP_PUT);
    struct ln_coap_options options;
    CHECK_OK(ln_coap_options(&sent.message, &options));
    CHECK_EQ(options.query_count, 2);
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    given_it_is_set_up(1);
    then_all_is_given_back();
}

/* The attributes that it writes, as a query: "pmin=1&pmax". */
static struct sent then_it_writes(const char *attributes)
{
    char text[128];
    struct ln_writer w = ln_writer(text, sizeof(text));
    struct sent sent = then_it_sends();
    struct ln_coap_option_cursor at = ln_coap_option_first(&sent.message);

    CHECK_EQ(sent.message.code, LN_COAP_PUT);
    while (ln_coap_option_find(&at, LN_COAP_URI_QUERY)) {
        ln_write_text(&w, ln_writer_bytes(&w).len == 0 ? "" : "&");
        ln_write_bytes(&w, at.value);
    }
    CHECK_TEXT(ln_writer_bytes(&w), attributes);
    return sent;
}

static void then_its_attributes_are(const char *attributes)
{
    struct ln_observation_view view;

    ln_observation_get(ln_server_observation(server, BYTES("one"), model), &view);
    CHECK_TEXT(view.attributes, attributes);
}

static void given_one_with(const char *attributes)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    given_declared(model, attributes);
    struct sent sent = then_it_writes(attributes);
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    given_it_is_set_up(1);
}

TEST(declared_with_fewer_attributes_the_others_are_unset_by_their_bare_names)
{
    given_one_with("pmin=1&pmax=60&gt=5");
    given_declared(model, "pmin=2");
    then_its_attributes_are("pmin=2&pmax&gt");
    struct sent sent = then_it_writes("pmin=2&pmax&gt");
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    given_it_is_set_up(2);
    then_its_attributes_are("pmin=2");

    given_declared(model, "");
    sent = then_it_writes("pmin");
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    given_it_is_set_up(3);
    then_its_attributes_are("");
    CHECK_OK(ln_server_observe(server, now, BYTES("one"), model, LN_FORMAT_NONE, BYTES(""),
                               false)); /* as it is */
    then_no_event();
    now += 200 * 1000; /* and there is no pmax beyond which it could be silent */
    then_it_is_silent();
    CHECK_EQ(ln_server_counters(server)->observations_lost, 0);
    then_all_is_given_back();
}

TEST(declared_anew_while_its_attributes_are_written_the_new_ones_follow)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    given_declared(model, "pmin=1&gt=5");
    struct sent sent = then_it_writes("pmin=1&gt=5");
    given_declared(model, "pmin=2&lt=7");
    given_declared(model, "pmin=3");
    it_answers(1, &sent, LN_COAP_2_04, NULL);

    sent = then_it_writes("pmin=3&lt&gt");
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    given_it_is_set_up(1);
    then_its_attributes_are("pmin=3");
    then_all_is_given_back();
}

TEST(what_is_to_be_unset_must_fit)
{
    char first[LN_LIMIT_ATTRIBUTES + 1] = "pmin=1&";
    char second[LN_LIMIT_ATTRIBUTES + 1] = {0};
    memset(first + 7, 'a', 200);
    memset(second, 'b', 200);
    given_a_server();
    given_declared(model, first);
    CHECK_ERR(ln_server_observe(server, now, BYTES("one"), model, LN_FORMAT_NONE,
                                ln_bytes_of_text(second), false),
              LN_ERR_BAD_REQUEST);
    then_no_event();
    then_its_attributes_are(first);
    then_all_is_given_back();
}

TEST(a_refusal_fails_it_and_a_new_register_tries_again)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    given_declared(model, "");
    struct sent sent = then_it_sends();
    it_answers(1, &sent, LN_COAP_4_05, NULL);

    struct ln_server_event event = then_event(LN_SERVER_OBSERVATION);
    CHECK_EQ(event.observation.state, LN_OBSERVATION_FAILED);
    CHECK_EQ(event.observation.code, LN_COAP_4_05);
    then_it_is_silent();
    now += 1000 * 1000;
    then_it_is_silent();
    events_are_read();
    given_a_device_in_queue_mode(1, "one");
    given_it_is_set_up(1);
    then_all_is_given_back();
}

TEST(an_answer_without_observe_fails_it)
{
    given_a_server();
    given_a_registered_device(1, "one");
    given_declared(model, "");
    struct sent sent = then_it_sends();
    it_answers(1, &sent, LN_COAP_2_05, "x");

    struct ln_server_event event = then_event(LN_SERVER_OBSERVATION);
    CHECK_EQ(event.observation.state, LN_OBSERVATION_FAILED);
    CHECK_EQ(event.observation.code, LN_COAP_2_05);
    then_no_event();
    then_all_is_given_back();
}

TEST(one_whose_path_is_not_in_the_list_waits_for_an_update_that_brings_it)
{
    given_a_server();
    one = device(1);
    struct place place = given_a_registered_device(1, "one");
    given_declared(ln_path_instance(3303, 0), "");
    then_it_is_silent();

    char what[64] = "POST /";
    strncat(what, place.text, 40);
    struct datagram d =
        request(LN_COAP_CON, 9, what, LN_FORMAT_LINK, "</1/0>,</3/0>,</3303/0>");
    arrives(&one, &d);
    then_event(LN_SERVER_UPDATED);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_2_04);
    given_it_is_set_up(1);
    then_all_is_given_back();
}

/* spec: RFC 7641 §3.4 */
TEST(late_and_reordered_ones_are_acknowledged_counted_and_dropped)
{
    given_an_observation();
    notifies(LN_COAP_NON, 1, 12, "c");
    CHECK_TEXT(then_event(LN_SERVER_NOTIFIED).payload, "c");

    notifies(LN_COAP_CON, 2, 11, "b");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_ACK);
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->notifications_late, 1);
    now += 128 * 1000 + 1;
    notifies(LN_COAP_NON, 3, 5, "after 128 s any number is new");
    then_event(LN_SERVER_NOTIFIED);
    then_all_is_given_back();
}

TEST(the_sequence_goes_round)
{
    given_an_observation();
    notifies(LN_COAP_NON, 1, 0x7FFFFF, "half");
    then_event(LN_SERVER_NOTIFIED);
    notifies(LN_COAP_NON, 2, 0xFFFFFE, "most");
    then_event(LN_SERVER_NOTIFIED);
    notifies(LN_COAP_NON, 3, 1, "round");
    CHECK_TEXT(then_event(LN_SERVER_NOTIFIED).payload, "round");
    notifies(LN_COAP_NON, 4, 0xFFFFFF, "before");
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->notifications_late, 1);
    then_all_is_given_back();
}

TEST(a_repeat_is_acknowledged_and_told_once)
{
    given_an_observation();
    for (int i = 0; i < 3; i++) {
        notifies(LN_COAP_CON, 1, 11, "x");
        CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_ACK);
    }
    then_event(LN_SERVER_NOTIFIED);
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->repeats, 2);
    then_all_is_given_back();
}

TEST(a_notification_in_error_ends_it)
{
    given_an_observation();
    struct datagram d = notification(LN_COAP_CON, 1, LN_COAP_4_04, &token, -1, NULL);
    arrives(&one, &d);
    arrives(&one, &d);

    CHECK_EQ(then_it_sends().message.type, LN_COAP_ACK);
    then_it_answers(LN_COAP_EMPTY);
    struct ln_server_event event = then_event(LN_SERVER_OBSERVATION);
    CHECK_EQ(event.observation.state, LN_OBSERVATION_FAILED);
    CHECK_EQ(event.observation.code, LN_COAP_4_04);
    then_no_event();
    CHECK_EQ(state_of(model), LN_OBSERVATION_FAILED);
    CHECK_EQ(ln_server_counters(server)->observations_failed, 1);
    CHECK_EQ(ln_server_counters(server)->repeats, 1);
    then_all_is_given_back();
}

TEST(ending_it_tells_the_device_by_observe_1_with_the_same_token)
{
    uint32_t observe;
    given_an_observation();

    CHECK_OK(ln_server_unobserve(server, now, BYTES("one"), model));
    CHECK_EQ(then_event(LN_SERVER_OBSERVATION).observation.state, LN_OBSERVATION_ENDED);
    CHECK_ERR(ln_server_unobserve(server, now, BYTES("one"), model), LN_ERR_NOT_FOUND);
    struct sent sent = then_it_sends();
    assert_true(has_observe(&sent, &observe));
    CHECK_EQ(observe, 1);
    assert_true(ln_coap_token_equal(&sent.message.token, &token));
    notifies(LN_COAP_CON, 3, 20, "on the way");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    it_answers(1, &sent, LN_COAP_2_05, "last");
    then_no_event();
    CHECK_EQ(ln_server_observation_count(server), 0);
    notifies(LN_COAP_CON, 4, 21, "nobody's");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    then_all_is_given_back();
}

TEST(a_new_register_sets_it_up_again_with_the_same_token)
{
    given_an_observation();
    struct ln_coap_token before = token;
    struct datagram d =
        request(LN_COAP_CON, 200, "POST /rd?ep=one&lwm2m=1.1", LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_2_01);
    then_event(LN_SERVER_REPLACED);
    then_event(LN_SERVER_REGISTERED);
    CHECK_EQ(state_of(model), LN_OBSERVATION_PENDING);
    given_it_is_set_up(1); /* below the last one: the device counts anew */
    assert_true(ln_coap_token_equal(&before, &token));
    then_all_is_given_back();
}

TEST(silence_beyond_pmax_sets_it_up_again)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    given_declared(model, "pmax=60");
    struct sent sent = then_it_sends();
    it_answers(1, &sent, LN_COAP_2_04, NULL);
    given_it_is_set_up(1);

    now += (60 + 93) * 1000 - 1;
    then_it_is_silent();
    now++;
    CHECK_EQ(then_it_sends().message.code, LN_COAP_PUT);
    CHECK_EQ(then_event(LN_SERVER_OBSERVATION).observation.state, LN_OBSERVATION_PENDING);
    CHECK_EQ(ln_server_counters(server)->observations_lost, 1);
    then_all_is_given_back();
}

TEST(a_notification_wakes_the_queue_of_a_device_that_sleeps)
{
    given_a_server();
    one = device(1);
    given_declared(model, "");
    given_a_device_in_queue_mode(1, "one");
    given_it_is_set_up(1);
    given_it_sleeps();
    given_an_operation("one", LN_OPERATION_READ, &waits, 1);
    then_it_is_silent();

    notifies(LN_COAP_CON, 9, 2, "x");

    CHECK_EQ(then_it_sends().message.type, LN_COAP_ACK);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_GET);
    then_event(LN_SERVER_NOTIFIED);
    then_event(LN_SERVER_AWAKE);
    then_all_is_given_back();
}

/* spec: RFC 7959 §2.6: the rest by plain GETs with another token */
TEST(the_rest_of_one_in_blocks_is_fetched_and_told_whole)
{
    uint32_t observe;
    uint8_t bytes[300];
    given_an_observation();
    struct ln_coap_builder b =
        ln_coap_start(bytes, sizeof(bytes), LN_COAP_CON, LN_COAP_2_05, 1, &token);
    ln_coap_add_uint(&b, LN_COAP_OBSERVE, 11);
    ln_coap_add_block(&b, LN_COAP_BLOCK2, (struct ln_coap_block){.more = true});
    ln_coap_add_payload(&b, BYTES("0123456789abcdef"));
    bytes_arrive(&one, ln_bytes(bytes, ln_coap_finish(&b)));
    CHECK_EQ(then_it_sends().message.type, LN_COAP_ACK);
    then_no_event();

    struct sent sent = then_it_sends();
    CHECK_EQ(sent.message.code, LN_COAP_GET);
    assert_false(has_observe(&sent, &observe));
    assert_false(ln_coap_token_equal(&sent.message.token, &token));
    b = ln_coap_start(bytes, sizeof(bytes), LN_COAP_ACK, LN_COAP_2_05, sent.message.id,
                      &sent.message.token);
    ln_coap_add_block(&b, LN_COAP_BLOCK2, (struct ln_coap_block){.number = 1});
    ln_coap_add_payload(&b, BYTES("ghi"));
    bytes_arrive(&one, ln_bytes(bytes, ln_coap_finish(&b)));
    struct ln_server_event event = then_event(LN_SERVER_NOTIFIED);
    CHECK_TEXT(event.payload, "0123456789abcdefghi");
    CHECK_EQ(event.sequence, 11);
    then_no_event();
    then_all_is_given_back();
}

TEST(a_restored_one_takes_notifications_at_once)
{
    struct ln_observation_view view;
    given_an_observation();
    ln_observation_get(ln_server_observation(server, BYTES("one"), model), &view);
    uint64_t kept = view.token;
    then_all_is_given_back();
    given_a_server();
    given_a_registered_device(1, "one");
    view = (struct ln_observation_view){
        .endpoint = BYTES("one"), .path = model, .format = LN_FORMAT_NONE, .token = kept};
    CHECK_OK(ln_server_restore_observation(server, now, &view));
    CHECK_ERR(ln_server_restore_observation(server, now, &view), LN_ERR_EXISTS);
    view.token = 1;
    CHECK_ERR(ln_server_restore_observation(server, now, &view), LN_ERR_BAD_VALUE);

    notifies(LN_COAP_CON, 5, 400, "over a restart");
    then_event(LN_SERVER_OBSERVATION);
    CHECK_TEXT(then_event(LN_SERVER_NOTIFIED).payload, "over a restart");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_ACK);
    CHECK_EQ(state_of(model), LN_OBSERVATION_ACTIVE);
    then_all_is_given_back();
}

TEST(declaring_and_ending_one_that_is_kept_have_numbers)
{
    struct ln_server_config config = config_of_tests();
    config.journal = true;
    given_a_server_of(&config);
    CHECK_OK(
        ln_server_observe(server, now, BYTES("one"), model, LN_FORMAT_NONE, BYTES(""), true));
    CHECK_EQ(then_event(LN_SERVER_OBSERVATION).change, 1);
    CHECK_OK(ln_server_unobserve(server, now, BYTES("one"), model));
    CHECK_EQ(then_event(LN_SERVER_OBSERVATION).change, 2);
    ln_server_set_read_only(server, true);
    CHECK_ERR(
        ln_server_observe(server, now, BYTES("one"), model, LN_FORMAT_NONE, BYTES(""), true),
        LN_ERR_READ_ONLY);
    then_no_event();
    then_all_is_given_back();
}

/* ---- Bad input ---- */

static void then_nothing_changed(uint64_t digest)
{
    then_no_event();
    CHECK_EQ(ln_server_digest(server), digest);
}

TEST(forged_repeated_old_and_others_notifications_change_nothing_and_are_counted)
{
    const struct ln_server_counters *c;
    given_an_observation();
    given_a_registered_device(2, "two");
    notifies(LN_COAP_NON, 1, 12, "x");
    events_are_read();
    c = ln_server_counters(server);
    uint64_t digest = ln_server_digest(server);

    one = device(2); /* of another device */
    notifies(LN_COAP_CON, 5, 13, "x");
    then_it_is_silent();
    CHECK_EQ(c->wrong_peer, 1);
    one = device(1);
    one.remote.port++; /* without a proved identity the address tells */
    notifies(LN_COAP_CON, 5, 13, "x");
    then_it_is_silent();
    CHECK_EQ(c->wrong_peer, 2);
    one = device(1);
    notifies(LN_COAP_NON, 1, 12, "x");
    CHECK_EQ(c->repeats, 1);
    notifies(LN_COAP_NON, 6, 11, "old");
    CHECK_EQ(c->notifications_late, 1);
    then_it_is_silent();
    token.bytes[7] ^= 1; /* guessed */
    notifies(LN_COAP_CON, 7, 13, "x");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    notifies(LN_COAP_NON, 8, 13, "x");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    CHECK_EQ(c->unexpected, 2);
    then_nothing_changed(digest);
    then_all_is_given_back();
}

TEST(what_comes_for_one_that_has_failed_is_reset)
{
    given_an_observation();
    struct datagram d = notification(LN_COAP_CON, 1, LN_COAP_4_04, &token, -1, NULL);
    arrives(&one, &d);
    then_it_answers(LN_COAP_EMPTY);
    events_are_read();
    uint64_t digest = ln_server_digest(server);

    notifies(LN_COAP_CON, 2, 11, "late");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    notifies(LN_COAP_NON, 3, 12, "later");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    d = notification(LN_COAP_CON, 4, LN_COAP_5_00, &token, -1, NULL);
    arrives(&one, &d);
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    CHECK_EQ(ln_server_counters(server)->unexpected, 3);
    CHECK_EQ(ln_server_counters(server)->notifications, 1);
    then_nothing_changed(digest);
    then_all_is_given_back();
}

TEST(what_comes_for_one_that_the_device_does_not_observe_is_reset)
{
    given_a_server();
    one = device(1);
    given_a_registered_device(1, "one");
    given_declared(model, "");
    struct sent sent = then_it_sends();
    token = sent.message.token;
    it_answers(1, &sent, LN_COAP_2_05, "x");
    events_are_read();

    notifies(LN_COAP_CON, 2, 11, "all the same");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    CHECK_EQ(state_of(model), LN_OBSERVATION_FAILED);
    CHECK_EQ(ln_server_counters(server)->unexpected, 1);
    then_no_event();
    then_all_is_given_back();
}

/* A device that proved to be `identity`, by that session. */
static struct ln_peer proved(unsigned number, uint64_t session, const char *identity)
{
    static struct ln_proof proofs[4];
    struct ln_peer peer = device(number);
    struct ln_proof *proof = &proofs[session % LN_COUNT(proofs)];

    peer.session = session;
    if (identity != NULL) {
        *proof = (struct ln_proof){.identity = ln_bytes_of_text(identity), .mode = 1};
        peer.proof = proof;
    }
    return peer;
}

static void given_an_observation_of_one_that_proved_it(void)
{
    given_a_server();
    one = proved(1, 7, "one");
    struct datagram d =
        request(LN_COAP_CON, 101, "POST /rd?ep=one&lwm2m=1.1", LN_FORMAT_LINK, object_list);
    arrives(&one, &d);
    CHECK_EQ(then_it_sends().message.code, LN_COAP_2_01);
    then_event(LN_SERVER_REGISTERED);
    given_declared(model, "");
    given_it_is_set_up(10);
}

TEST(from_another_address_only_the_same_proved_identity_is_believed)
{
    given_an_observation_of_one_that_proved_it();
    const struct ln_server_counters *c = ln_server_counters(server);
    one = proved(9, 8, "one"); /* a new handshake behind another address */
    notifies(LN_COAP_CON, 1, 11, "moved");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_ACK);
    CHECK_TEXT(then_event(LN_SERVER_NOTIFIED).payload, "moved");
    CHECK_EQ(c->wrong_peer, 0);
    events_are_read();
    uint64_t digest = ln_server_digest(server);

    one = proved(9, 9, "two");
    notifies(LN_COAP_CON, 2, 12, "another's");
    then_it_is_silent();
    CHECK_EQ(c->wrong_peer, 1);
    one = proved(1, 0, NULL); /* the first address, but it proved nothing */
    notifies(LN_COAP_CON, 3, 13, "nobody's");
    then_it_is_silent();
    CHECK_EQ(c->wrong_peer, 2);
    CHECK_EQ(c->notifications, 2);
    then_nothing_changed(digest);
    then_all_is_given_back();
}

/* One with that block of 16 bytes, or what it has of it. */
static void notifies_in_blocks(uint16_t id, int sequence, struct ln_coap_block block,
                               const char *payload)
{
    uint8_t bytes[100];
    struct ln_coap_builder b =
        ln_coap_start(bytes, sizeof(bytes), LN_COAP_CON, LN_COAP_2_05, id, &token);

    ln_coap_add_uint(&b, LN_COAP_OBSERVE, (uint32_t)sequence);
    ln_coap_add_block(&b, LN_COAP_BLOCK2, block);
    ln_coap_add_payload(&b, ln_bytes_of_text(payload));
    bytes_arrive(&one, ln_bytes(bytes, ln_coap_finish(&b)));
}

TEST(what_breaks_the_rules_of_coap_is_reset_and_counted)
{
    given_an_observation();
    const struct ln_server_counters *c = ln_server_counters(server);
    uint64_t digest = ln_server_digest(server);

    notifies_in_blocks(1, 11, (struct ln_coap_block){.number = 1}, "a block that nobody asked");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    CHECK_EQ(c->bad_options, 1);
    notifies_in_blocks(2, 12, (struct ln_coap_block){.more = true}, "too short");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    CHECK_EQ(c->bad_options, 2);
    struct datagram d;
    struct ln_coap_builder b =
        ln_coap_start(d.bytes, sizeof(d.bytes), LN_COAP_NON, LN_COAP_2_05, 3, &token);
    ln_coap_add_uint(&b, LN_COAP_OBSERVE, 13);
    ln_coap_add_uint(&b, 9, 1); /* critical, and unknown */
    d.length = ln_coap_finish(&b);
    arrives(&one, &d);
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    CHECK_EQ(c->bad_options, 3);
    notifies(LN_COAP_ACK, 4, 14, "an ACK of nothing");
    then_it_is_silent();
    CHECK_EQ(c->unexpected, 1);
    CHECK_EQ(c->notifications, 1);
    then_nothing_changed(digest);
    then_all_is_given_back();
}

TEST(a_newer_one_that_breaks_them_does_not_end_the_fetch_of_an_older)
{
    given_an_observation();
    notifies_in_blocks(1, 11, (struct ln_coap_block){.more = true}, "0123456789abcdef");
    CHECK_EQ(then_it_sends().message.type, LN_COAP_ACK);
    struct sent sent = then_it_sends();
    CHECK_EQ(sent.message.code, LN_COAP_GET);

    notifies_in_blocks(2, 12, (struct ln_coap_block){.more = true}, "too short");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    CHECK_EQ(ln_server_counters(server)->bad_options, 1);
    struct datagram d;
    struct ln_coap_builder b =
        ln_coap_start(d.bytes, sizeof(d.bytes), LN_COAP_ACK, LN_COAP_2_05, sent.message.id,
                      &sent.message.token);
    ln_coap_add_block(&b, LN_COAP_BLOCK2, (struct ln_coap_block){.number = 1});
    ln_coap_add_payload(&b, BYTES("ghi"));
    d.length = ln_coap_finish(&b);
    arrives(&one, &d);
    struct ln_server_event event = then_event(LN_SERVER_NOTIFIED);
    CHECK_TEXT(event.payload, "0123456789abcdefghi");
    CHECK_EQ(event.sequence, 11);
    then_no_event();
    then_all_is_given_back();
}

TEST(of_a_device_that_is_not_registered_it_is_reset)
{
    given_an_observation();
    ln_server_forget(server, now, ln_server_find(server, BYTES("one")));
    events_are_read();

    notifies(LN_COAP_CON, 1, 11, "x");
    CHECK_EQ(then_it_answers(LN_COAP_EMPTY).message.type, LN_COAP_RST);
    CHECK_EQ(ln_server_counters(server)->unexpected, 1);
    CHECK_EQ(state_of(model), LN_OBSERVATION_PENDING);
    then_no_event();
    then_all_is_given_back();
}

TEST(one_that_cannot_be_taken_for_lack_of_memory_is_not_acknowledged)
{
    given_an_observation();
    memory_left = 0;
    notifies(LN_COAP_CON, 1, 11, "x");
    then_it_is_silent();
    memory_left = SIZE_MAX;
    CHECK_EQ(ln_server_counters(server)->notifications_refused, 1);

    notifies(LN_COAP_CON, 1, 11, "x");
    then_it_answers(LN_COAP_EMPTY);
    then_event(LN_SERVER_NOTIFIED);
    then_all_is_given_back();
}

TEST(what_cannot_be_observed_or_is_too_much_is_refused)
{
    struct ln_server_config config = config_of_tests();
    config.max_observations_per_device = 1;
    given_a_server_of(&config);
    CHECK_ERR(ln_server_observe(server, now, BYTES("one"), ln_path_root(), LN_FORMAT_NONE,
                                BYTES(""), false),
              LN_ERR_BAD_REQUEST);
    given_declared(model, "");
    CHECK_ERR(ln_server_observe(server, now, BYTES("one"), ln_path_object(3), LN_FORMAT_NONE,
                                BYTES(""), false),
              LN_ERR_BUSY);
    CHECK_EQ(ln_server_counters(server)->observations_refused, 1);
    then_all_is_given_back();
}

/* ---- Memory ---- */

TEST(an_observation_takes_less_than_180_bytes)
{
    enum { EACH = 1000 };
    given_a_server();
    given_a_registered_device(1, "one");
    given_declared(ln_path_resource(3303, 0, 0), "");
    size_t bytes = memory_bytes;
    size_t blocks = memory_blocks;
    for (uint16_t i = 1; i < EACH; i++) {
        given_declared(ln_path_resource(3303, i, 0), "");
    }
    events_are_read();

    size_t each = (memory_bytes - bytes + 16 * (memory_blocks - blocks)) / (EACH - 1);
    print_message("bytes for each observation: %zu\n", each);
    assert_in_range(each, 100, 180);
    then_all_is_given_back();
}

int observe_tests(void)
{
    const struct CMUnitTest observe_group[] = {
        cmocka_unit_test(
            an_observation_is_set_up_when_its_device_registers_and_its_values_are_told),
        cmocka_unit_test(its_attributes_are_written_first),
        cmocka_unit_test(
            declared_with_fewer_attributes_the_others_are_unset_by_their_bare_names),
        cmocka_unit_test(declared_anew_while_its_attributes_are_written_the_new_ones_follow),
        cmocka_unit_test(what_is_to_be_unset_must_fit),
        cmocka_unit_test(a_refusal_fails_it_and_a_new_register_tries_again),
        cmocka_unit_test(an_answer_without_observe_fails_it),
        cmocka_unit_test(one_whose_path_is_not_in_the_list_waits_for_an_update_that_brings_it),
        cmocka_unit_test(late_and_reordered_ones_are_acknowledged_counted_and_dropped),
        cmocka_unit_test(the_sequence_goes_round),
        cmocka_unit_test(a_repeat_is_acknowledged_and_told_once),
        cmocka_unit_test(a_notification_in_error_ends_it),
        cmocka_unit_test(ending_it_tells_the_device_by_observe_1_with_the_same_token),
        cmocka_unit_test(a_new_register_sets_it_up_again_with_the_same_token),
        cmocka_unit_test(silence_beyond_pmax_sets_it_up_again),
        cmocka_unit_test(a_notification_wakes_the_queue_of_a_device_that_sleeps),
        cmocka_unit_test(the_rest_of_one_in_blocks_is_fetched_and_told_whole),
        cmocka_unit_test(a_restored_one_takes_notifications_at_once),
        cmocka_unit_test(declaring_and_ending_one_that_is_kept_have_numbers),
        cmocka_unit_test(
            forged_repeated_old_and_others_notifications_change_nothing_and_are_counted),
        cmocka_unit_test(what_comes_for_one_that_has_failed_is_reset),
        cmocka_unit_test(what_comes_for_one_that_the_device_does_not_observe_is_reset),
        cmocka_unit_test(from_another_address_only_the_same_proved_identity_is_believed),
        cmocka_unit_test(what_breaks_the_rules_of_coap_is_reset_and_counted),
        cmocka_unit_test(a_newer_one_that_breaks_them_does_not_end_the_fetch_of_an_older),
        cmocka_unit_test(of_a_device_that_is_not_registered_it_is_reset),
        cmocka_unit_test(one_that_cannot_be_taken_for_lack_of_memory_is_not_acknowledged),
        cmocka_unit_test(what_cannot_be_observed_or_is_too_much_is_refused),
        cmocka_unit_test(an_observation_takes_less_than_180_bytes),
    };

    return RUN_TESTS(observe_group);
}
