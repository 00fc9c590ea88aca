/* Durable changes: numbered, waited for, refused, and brought back after a restart. */

#include "support.h"

#include <stdio.h>

static struct ln_server_config journalled(uint64_t last_change)
{
    struct ln_server_config config = config_of_tests();

    config.journal = true;
    config.last_change = last_change;
    return config;
}

static void given_a_journal(void)
{
    struct ln_server_config config = journalled(0);

    given_a_server_of(&config);
}

static struct datagram register_of(uint16_t id, const char *query)
{
    char what[200];

    snprintf(what, sizeof(what), "POST /rd?%s", query);
    return request(LN_COAP_CON, id, what, LN_FORMAT_LINK, object_list);
}

/* Takes the next datagram and holds it to the change that it depends on. */
static struct sent then_it_sends_after(uint64_t change)
{
    static struct datagram d;
    struct ln_server_out out;
    struct sent sent;

    d.length = ln_server_send(server, now, d.bytes, sizeof(d.bytes), &out);
    assert_true(d.length > 0);
    CHECK_EQ(out.depends_on, change);
    sent.to = out.to;
    CHECK_OK(ln_coap_parse(ln_bytes(d.bytes, d.length), &sent.message));
    return sent;
}

static struct ln_server_event then_change(enum ln_server_event_kind kind, uint64_t change,
                                          uint64_t replaces)
{
    struct ln_server_event event = then_event(kind);

    CHECK_EQ(event.change, change);
    CHECK_EQ(event.replaces, replaces);
    return event;
}

static struct ln_registration_view view_of(const char *endpoint)
{
    struct ln_registration_view view;
    struct ln_registration *registration = ln_server_find(server, ln_bytes_of_text(endpoint));

    assert_non_null(registration);
    ln_registration_get(registration, &view);
    return view;
}

/* ---- Numbers ---- */

TEST(without_a_journal_nothing_is_numbered_and_no_datagram_waits)
{
    given_a_server();
    struct ln_peer peer = device(1);
    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);

    then_it_sends_after(0);
    then_change(LN_SERVER_REGISTERED, 0, 0);
    CHECK_EQ(view_of("a").change, 0);
    now += 60 * 1000;
    then_it_is_silent();
    then_change(LN_SERVER_EXPIRED, 0, 0);
    then_all_is_given_back();
}

TEST(each_durable_change_has_the_next_number_and_its_answer_waits_for_it)
{
    given_a_journal();
    struct ln_peer peer = device(1);
    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);
    struct sent created = then_it_sends_after(1);
    struct place place = place_of(&created);
    then_change(LN_SERVER_REGISTERED, 1, 0);
    CHECK_EQ(view_of("a").change, 1);

    d = update(2, &place, "lt=90");
    arrives(&peer, &d);
    then_it_sends_after(2);
    then_change(LN_SERVER_UPDATED, 2, 1);

    d = register_of(3, "ep=a&lt=70");
    arrives(&peer, &d);
    created = then_it_sends_after(3);
    place = place_of(&created);
    then_change(LN_SERVER_REPLACED, 0, 0);
    then_change(LN_SERVER_REGISTERED, 3, 2);

    char what[64];
    snprintf(what, sizeof(what), "DELETE /%s", place.text);
    d = request(LN_COAP_CON, 4, what, LN_FORMAT_NONE, "");
    arrives(&peer, &d);
    then_it_sends_after(4);
    then_change(LN_SERVER_DEREGISTERED, 4, 3);
    then_all_is_given_back();
}

TEST(an_update_of_time_or_address_alone_is_no_durable_change)
{
    given_a_journal();
    struct ln_peer peer = device(1);
    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);
    struct sent created = then_it_sends_after(1);
    struct place place = place_of(&created);
    events_are_read();
    ln_server_committed(server, 1);

    d = update(2, &place, "lt=60&b=U");
    arrives(&peer, &d);
    then_it_sends_after(0);
    then_change(LN_SERVER_UPDATED, 0, 1);
    peer = device(2);
    d = update(3, &place, "");
    arrives(&peer, &d);
    then_it_sends_after(0);
    struct ln_server_event event = then_change(LN_SERVER_UPDATED, 0, 1);
    assert_true(event.address_changed);
    CHECK_EQ(view_of("a").change, 1);
    then_all_is_given_back();
}

TEST(what_follows_a_change_that_is_not_kept_yet_waits_for_it_too)
{
    given_a_journal();
    struct ln_peer peer = device(1);
    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);
    struct sent created = then_it_sends_after(1);
    struct place place = place_of(&created);

    d = update(2, &place, "");
    arrives(&peer, &d);
    then_it_sends_after(1);
    given_a_read("a", 7);
    then_it_sends_after(1);
    then_all_is_given_back();
}

TEST(an_expiry_is_numbered_and_one_that_is_over_is_told_without_a_registration)
{
    given_a_journal();
    struct ln_peer peer = device(1);
    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);
    then_it_sends_after(1);
    now += 60 * 1000;
    then_it_is_silent();

    struct ln_server_event event = then_change(LN_SERVER_REGISTERED, 1, 0);
    assert_null(event.registration);
    event = then_change(LN_SERVER_EXPIRED, 2, 1);
    assert_non_null(event.registration);
    then_all_is_given_back();
}

TEST(shards_never_use_the_same_number)
{
    struct ln_server_config config = journalled(100);
    config.shard = 2;
    config.shards = 4;
    given_a_server_of(&config);
    struct ln_peer peer = device(1);

    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);
    then_it_sends_after(102);
    d = register_of(2, "ep=b&lt=60");
    arrives(&peer, &d);
    then_it_sends_after(106);
    then_change(LN_SERVER_REGISTERED, 102, 0);
    then_change(LN_SERVER_REGISTERED, 106, 0);
    then_all_is_given_back();
}

/* ---- Repeats ---- */

TEST(a_repeat_stays_unanswered_until_its_change_is_kept)
{
    given_a_journal();
    struct ln_peer peer = device(1);
    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);
    struct sent created = then_it_sends_after(1);
    struct place place = place_of(&created);
    arrives(&peer, &d);
    then_it_is_silent();
    struct datagram changed = update(2, &place, "lt=90");
    arrives(&peer, &changed);
    then_it_sends_after(2);
    arrives(&peer, &changed);
    then_it_is_silent();
    CHECK_EQ(ln_server_counters(server)->unanswered, 2);

    events_are_read();
    ln_server_committed(server, 2);
    arrives(&peer, &d);
    CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_2_01);
    arrives(&peer, &changed);
    CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_2_04);
    then_all_is_given_back();
}

TEST(a_repeat_of_a_de_register_stays_unanswered_until_that_is_kept)
{
    given_a_journal();
    struct ln_peer peer = device(1);
    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);
    struct sent created = then_it_sends_after(1);
    char what[64];
    snprintf(what, sizeof(what), "DELETE /%s", place_of(&created).text);
    d = request(LN_COAP_CON, 2, what, LN_FORMAT_NONE, "");
    arrives(&peer, &d);
    then_it_sends_after(2);
    arrives(&peer, &d);
    then_it_is_silent();

    events_are_read();
    ln_server_committed(server, 2);
    arrives(&peer, &d);
    CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_2_02);
    then_all_is_given_back();
}

/* ---- Read-only ---- */

TEST(in_read_only_what_would_have_to_be_kept_gets_5_03_and_changes_nothing)
{
    given_a_journal();
    struct ln_peer peer = device(1);
    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);
    struct sent created = then_it_sends_after(1);
    struct place place = place_of(&created);
    events_are_read();
    ln_server_committed(server, 1);
    uint64_t digest = ln_server_digest(server);
    size_t blocks = memory_blocks;
    ln_server_set_read_only(server, true);

    const char *queries[] = {"lt=90", "b=UQ", "sms=123"};
    for (uint16_t i = 0; i < LN_COUNT(queries); i++) {
        d = update((uint16_t)(10 + i), &place, queries[i]);
        arrives(&peer, &d);
        CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_5_03);
    }
    d = register_of(20, "ep=a&lt=60");
    arrives(&peer, &d);
    CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_5_03);
    d = register_of(21, "ep=b&lt=60");
    arrives(&peer, &d);
    CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_5_03);
    char what[64];
    snprintf(what, sizeof(what), "DELETE /%s", place.text);
    d = request(LN_COAP_CON, 22, what, LN_FORMAT_NONE, "");
    arrives(&peer, &d);
    CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_5_03);

    CHECK_EQ(ln_server_digest(server), digest);
    CHECK_EQ(memory_blocks, blocks);
    CHECK_EQ(ln_server_counters(server)->refused_read_only, 6);
    then_no_event();
    then_all_is_given_back();
}

TEST(in_read_only_an_update_of_the_time_is_taken_and_later_all_is_again)
{
    given_a_journal();
    struct ln_peer peer = device(1);
    struct datagram d = register_of(1, "ep=a&lt=60");
    arrives(&peer, &d);
    struct sent created = then_it_sends_after(1);
    struct place place = place_of(&created);
    events_are_read();
    ln_server_committed(server, 1);
    ln_server_set_read_only(server, true);

    now += 1000;
    d = update(2, &place, "");
    arrives(&peer, &d);
    CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_2_04);
    CHECK_EQ(view_of("a").expires_at, now + 60 * 1000);

    ln_server_set_read_only(server, false);
    d = register_of(3, "ep=b&lt=60");
    arrives(&peer, &d);
    CHECK_EQ(then_it_sends_after(2).message.code, LN_COAP_2_01);
    then_all_is_given_back();
}

/* ---- Brought back ---- */

static const struct ln_object_link links[] = {{1, 0, 0, 0}, {3, 0, 1, 2}};

static struct ln_registration_view kept_view(void)
{
    return (struct ln_registration_view){
        .endpoint = BYTES("urn:dev:1"),
        .location = BYTES("AKurnqusrqc"),
        .sms = BYTES("+4912345"),
        .extra = BYTES("et=meter&flag"),
        .root = BYTES("/lwm2m"),
        .formats = BYTES("110"),
        .objects = links,
        .object_count = LN_COUNT(links),
        .peer = device(9),
        .version = LN_VERSION_1_1,
        .lifetime = 300,
        .binding = LN_BINDING_U | LN_BINDING_Q,
        .registered_at = 100,
        .updated_at = 500,
        .seen_at = 700,
        .expires_at = 400 * 1000,
        .change = 41,
    };
}

static void given_a_restored_server(void)
{
    struct ln_server_config config = journalled(50);
    struct ln_registration_view view = kept_view();

    given_a_server_of(&config);
    CHECK_OK(ln_server_restore(server, now, &view));
}

TEST(a_restored_registration_is_as_it_was)
{
    given_a_restored_server();
    struct ln_registration_view was = kept_view();
    struct ln_registration_view is = view_of("urn:dev:1");

    assert_true(ln_bytes_equal(is.location, was.location));
    assert_true(ln_bytes_equal(is.sms, was.sms));
    assert_true(ln_bytes_equal(is.extra, was.extra));
    assert_true(ln_bytes_equal(is.root, was.root));
    assert_true(ln_address_equal(&is.peer.remote, &was.peer.remote));
    assert_true(ln_address_equal(&is.peer.local, &was.peer.local));
    CHECK_EQ(is.object_count, was.object_count);
    assert_memory_equal(is.objects, links, sizeof(links));
    CHECK_TEXT(is.formats, "110");
    CHECK_EQ(is.version, was.version);
    CHECK_EQ(is.lifetime, was.lifetime);
    CHECK_EQ(is.binding, was.binding);
    CHECK_EQ(is.registered_at, was.registered_at);
    CHECK_EQ(is.updated_at, was.updated_at);
    CHECK_EQ(is.seen_at, was.seen_at);
    CHECK_EQ(is.expires_at, was.expires_at);
    CHECK_EQ(is.change, was.change);
    then_no_event();
    then_all_is_given_back();
}

TEST(a_restored_device_goes_on_without_a_new_register)
{
    given_a_restored_server();
    struct place place = {"rd/AKurnqusrqc"};
    struct ln_peer peer = device(9);
    given_a_read("urn:dev:1", 1);
    CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_GET);

    struct datagram d = update(1, &place, "");
    arrives(&peer, &d);
    CHECK_EQ(then_it_sends_after(0).message.code, LN_COAP_2_04);
    CHECK_EQ(view_of("urn:dev:1").expires_at, now + 300 * 1000);
    then_change(LN_SERVER_UPDATED, 0, 41);
    d = update(2, &place, "lt=60");
    arrives(&peer, &d);
    then_it_sends_after(51);
    then_change(LN_SERVER_UPDATED, 51, 41);
    then_all_is_given_back();
}

TEST(a_restored_registration_expires_at_the_time_that_is_given)
{
    given_a_restored_server();

    CHECK_EQ(ln_server_deadline(server) <= 400 * 1000, true);
    now = 400 * 1000 - 1;
    then_it_is_silent();
    then_event(LN_SERVER_SLEEPING);
    then_no_event();
    now++;
    then_it_is_silent();
    then_change(LN_SERVER_EXPIRED, 51, 41);
    then_all_is_given_back();
}

TEST(times_before_the_clock_began_are_no_matter)
{
    struct ln_server_config config = journalled(50);
    struct ln_registration_view view = kept_view();
    given_a_server_of(&config);
    view.registered_at = -1000 * 1000;
    view.updated_at = -500 * 1000;
    view.seen_at = -400 * 1000;
    view.expires_at = -200 * 1000;

    CHECK_OK(ln_server_restore(server, now, &view));
    now++;
    then_it_is_silent();
    struct ln_server_event event = then_change(LN_SERVER_EXPIRED, 51, 41);
    ln_registration_get(event.registration, &view);
    CHECK_EQ(view.updated_at, -500 * 1000);
    then_all_is_given_back();
}

TEST(what_no_engine_can_have_told_is_not_restored)
{
    uint8_t longer[300] = {0};
    struct ln_server_config config = journalled(50);
    given_a_server_of(&config);
    size_t blocks = memory_blocks;

    struct ln_registration_view view = kept_view();
    view.endpoint = BYTES("");
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_BAD_VALUE);
    view.endpoint = ln_bytes(longer, sizeof(longer));
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_BAD_VALUE);
    view = kept_view();
    view.location = BYTES("short");
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_BAD_VALUE);
    view.location = BYTES("!!!!!!!!!!!");
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_BAD_VALUE);
    view = kept_view();
    view.extra = ln_bytes(longer, sizeof(longer));
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_BAD_VALUE);
    view = kept_view();
    view.sms = ln_bytes(longer, sizeof(longer));
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_BAD_VALUE);
    view = kept_view();
    view.change = 51;
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_BAD_VALUE);
    view = kept_view();
    view.object_count = 0;
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_BAD_VALUE);
    CHECK_EQ(ln_server_registration_count(server), 0);
    CHECK_EQ(memory_blocks, blocks);
    then_all_is_given_back();
}

TEST(an_endpoint_or_location_is_restored_once)
{
    given_a_restored_server();
    struct ln_registration_view view = kept_view();

    view.location = BYTES("AKurnqusrqA");
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_EXISTS);
    view = kept_view();
    view.endpoint = BYTES("other");
    CHECK_EQ(ln_server_restore(server, now, &view), LN_ERR_EXISTS);
    CHECK_EQ(ln_server_registration_count(server), 1);
    then_all_is_given_back();
}

TEST(restored_devices_share_their_object_list)
{
    given_a_restored_server();
    struct ln_registration_view view = kept_view();
    view.endpoint = BYTES("urn:dev:2");
    view.location = BYTES("AKurnqusrqA");
    CHECK_OK(ln_server_restore(server, now, &view));

    assert_ptr_equal(view_of("urn:dev:1").objects, view_of("urn:dev:2").objects);
    then_all_is_given_back();
}

TEST(a_restore_without_memory_leaves_nothing_behind)
{
    struct ln_server_config config = journalled(50);
    struct ln_registration_view view = kept_view();
    given_a_server_of(&config);
    ln_err err = LN_ERR_NO_MEMORY;

    for (size_t left = 0; err != LN_OK; left++) {
        memory_left = left;
        err = ln_server_restore(server, now, &view);
        memory_left = SIZE_MAX;
        if (err != LN_OK) {
            CHECK_EQ(err, LN_ERR_NO_MEMORY);
            assert_null(ln_server_find(server, view.endpoint));
            assert_null(ln_server_find_location(server, view.location));
            assert_in_range(left, 0, 50);
        }
    }
    CHECK_EQ(ln_server_registration_count(server), 1);
    then_all_is_given_back();
}

/* A location is good whatever the number of shards was when it was made. */
TEST(with_another_number_of_shards_an_endpoint_and_its_location_still_meet)
{
    struct ln_server_config config = journalled(0);
    char query[32];
    config.shards = 1;
    given_a_server_of(&config);

    for (uint16_t i = 0; i < 200; i++) {
        snprintf(query, sizeof(query), "ep=device-%u&lt=60", i);
        struct ln_peer peer = device(i);
        struct datagram d = register_of(i, query);
        arrives(&peer, &d);
        struct sent created = then_it_sends();
        struct place place = place_of(&created);
        d = update(1, &place, "");
        for (uint8_t shards = 1; shards <= 64; shards++) {
            struct ln_bytes endpoint =
                ln_bytes(query + strlen("ep="), strcspn(query, "&") - strlen("ep="));
            CHECK_EQ(ln_server_owner(ln_bytes(d.bytes, d.length), shards),
                     ln_server_shard_of(endpoint, shards));
        }
    }
    then_all_is_given_back();
}

int journal_tests(void)
{
    const struct CMUnitTest journal_group[] = {
        cmocka_unit_test(without_a_journal_nothing_is_numbered_and_no_datagram_waits),
        cmocka_unit_test(each_durable_change_has_the_next_number_and_its_answer_waits_for_it),
        cmocka_unit_test(an_update_of_time_or_address_alone_is_no_durable_change),
        cmocka_unit_test(what_follows_a_change_that_is_not_kept_yet_waits_for_it_too),
        cmocka_unit_test(
            an_expiry_is_numbered_and_one_that_is_over_is_told_without_a_registration),
        cmocka_unit_test(shards_never_use_the_same_number),
        cmocka_unit_test(a_repeat_stays_unanswered_until_its_change_is_kept),
        cmocka_unit_test(a_repeat_of_a_de_register_stays_unanswered_until_that_is_kept),
        cmocka_unit_test(in_read_only_what_would_have_to_be_kept_gets_5_03_and_changes_nothing),
        cmocka_unit_test(in_read_only_an_update_of_the_time_is_taken_and_later_all_is_again),
        cmocka_unit_test(a_restored_registration_is_as_it_was),
        cmocka_unit_test(a_restored_device_goes_on_without_a_new_register),
        cmocka_unit_test(a_restored_registration_expires_at_the_time_that_is_given),
        cmocka_unit_test(times_before_the_clock_began_are_no_matter),
        cmocka_unit_test(what_no_engine_can_have_told_is_not_restored),
        cmocka_unit_test(an_endpoint_or_location_is_restored_once),
        cmocka_unit_test(restored_devices_share_their_object_list),
        cmocka_unit_test(a_restore_without_memory_leaves_nothing_behind),
        cmocka_unit_test(with_another_number_of_shards_an_endpoint_and_its_location_still_meet),
    };

    return RUN_TESTS(journal_group);
}
