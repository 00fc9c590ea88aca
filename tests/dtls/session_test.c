/* Sessions of the server: bounds, replacement, resumption, closing, saving; and hellos of strangers. */

#include "dtls_tests.h"
#include "support.h"

static const struct ln_dtls_stats *stats(void)
{
    return ln_dtls_server_stats(w.server);
}

TEST(a_restarted_device_replaces_its_session_when_it_is_done)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    say(end, "first");
    uint64_t first = w.session;
    ln_dtls_client_fini(&end->client);
    CHECK_OK(ln_dtls_client_init(&end->client, &end->config));
    connect_end(end);
    CHECK_EQ(w.opened, 2);
    CHECK_EQ(w.closed, 1);
    CHECK(w.session != first);
    CHECK(ln_dtls_server_identity(w.server, first) == NULL);
    CHECK_EQ(ln_dtls_server_sessions(w.server), 1);
    world_end();
}

static enum fate hello_is_kept(struct world *world, const struct mail *mail)
{
    /* The client's second hello: the one with the cookie. */
    return mail->to_server && world->sent == 2 ? IS_KEPT : ARRIVES;
}

TEST(a_hello_from_the_address_of_a_session_does_not_end_it)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);
    struct end *other = client_with_key("device-2", "a wrong key.....");

    other->path = end->path; /* the attacker can even answer */
    connect_end(end);
    say(end, "before");
    ln_dtls_client_connect(&other->client, w.now);
    run_for(5000);
    CHECK_EQ(w.opened, 1);
    CHECK_EQ(w.closed, 0);
    CHECK_EQ(stats()->wrong_key, 1);
    say(end, "after");
    assert_string_equal(w.heard, "after");
    world_end();
}

TEST(a_hello_that_comes_again_begins_nothing)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    w.fate = hello_is_kept;
    connect_end(end);
    CHECK_EQ(w.opened, 0);
    w.fate = NULL;
    deliver(&end->path, ln_bytes(w.kept.bytes, w.kept.length));
    run_for(5000);
    CHECK_EQ(w.opened, 1);
    deliver(&end->path, ln_bytes(w.kept.bytes, w.kept.length));
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
    CHECK_EQ(stats()->dropped_records, 1);
    world_end();
}

TEST(hellos_without_a_cookie_allocate_nothing)
{
    struct ln_dtls_path path = {.local = ln_address_ipv4(10, 0, 1, 1, 5684)};

    world_begin();
    struct end *end = client_with_key("device-1", secret_1);
    w.fate = hello_is_kept;
    w.sent = 2; /* so that the very first hello is kept */
    ln_dtls_client_connect(&end->client, w.now);
    run_for(1);
    size_t before = w.allocations;
    uint8_t answer_to_it[LN_DTLS_DATAGRAM_MAX];
    for (uint32_t i = 0; i < 20000; i++) {
        path.remote = ln_address_ipv4(127, (uint8_t)(i >> 8), (uint8_t)i, 1, 1234);
        deliver(&path, ln_bytes(w.kept.bytes, w.kept.length));
        CHECK_EQ(
            ln_dtls_server_send(w.server, w.now, answer_to_it, sizeof(answer_to_it), &path),
            60); /* shorter than what asked for it */
    }
    CHECK(w.kept.length > 60);
    CHECK_EQ(w.allocations, before);
    CHECK_EQ(stats()->verify_requests, 20000);
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
    world_end();
}

TEST(a_cookie_is_good_for_its_address_and_its_time_only)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);
    struct ln_dtls_path elsewhere;

    w.fate = hello_is_kept;
    ln_dtls_client_connect(&end->client, w.now);
    run_for(500);
    elsewhere = end->path;
    elsewhere.remote.port++;
    deliver(&elsewhere, ln_bytes(w.kept.bytes, w.kept.length));
    CHECK_EQ(stats()->bad_cookie, 1);
    w.now += 121 * 1000;
    deliver(&end->path, ln_bytes(w.kept.bytes, w.kept.length));
    CHECK_EQ(stats()->bad_cookie, 2);
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
    world_end();
}

TEST(the_longest_idle_session_gives_way)
{
    struct ln_dtls_server_config config = usual_server();

    config.sessions_max = 4;
    world_begin_with(&config);
    for (int i = 0; i < 4; i++) {
        connect_end(client_with_key("device-1", secret_1));
    }
    say(&w.ends[0], "still here"); /* so the second is the longest idle */
    connect_end(client_with_key("device-2", secret_2));
    CHECK_EQ(ln_dtls_server_sessions(w.server), 4);
    CHECK_EQ(stats()->crowded_sessions, 1);
    CHECK_EQ(w.ends[0].closed, 0);
    CHECK_EQ(w.ends[1].last.kind, LN_DTLS_CLOSED);
    CHECK_EQ(w.ends[1].last.reason, LN_DTLS_BY_PEER);
    world_end();
}

static enum fate clients_third_is_lost(struct world *world, const struct mail *mail)
{
    (void)world;
    /* Key exchanges: longer than an alert, no hello. */
    return mail->to_server && mail->bytes[13] != 1 ? IS_LOST : ARRIVES;
}

TEST(a_session_is_heard_while_a_handshake_grows_beside_it)
{
    struct ln_dtls_client_config config = usual_client();

    world_begin();
    config.psk_identity = ln_bytes_of_text("device-1");
    config.psk_key = ln_bytes_of_text(secret_1);
    config.no_connection_id = true;
    struct end *end = client_of(&config);
    struct end *other = client_of(&config);
    other->path = end->path;
    connect_end(end);
    w.fate = clients_third_is_lost;
    ln_dtls_client_connect(&other->client, w.now);
    run_for(500);
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 1);
    w.fate = NULL;
    CHECK_OK(ln_dtls_client_write(&end->client, w.now, BYTES("still me")));
    run_for(2);
    assert_string_equal(w.heard, "still me");
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 1);
    world_end();
}

TEST(the_oldest_handshake_gives_way)
{
    struct ln_dtls_server_config config = usual_server();

    config.handshakes_max = 8;
    world_begin_with(&config);
    w.fate = clients_third_is_lost;
    for (int i = 0; i < 20; i++) {
        ln_dtls_client_connect(&client_with_key("device-1", secret_1)->client, w.now);
        run_for(20);
    }
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 8);
    CHECK_EQ(stats()->crowded_handshakes, 12);
    world_end();
}

TEST(a_second_connect_resumes_the_session)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    say(end, "x");
    CHECK_EQ(w.keys_asked, 2); /* in the handshake, and when it is finished */
    ln_dtls_client_close(&end->client, w.now);
    run_for(500);
    connect_end(end);
    CHECK_EQ(end->opened, 2);
    CHECK_EQ(w.keys_asked, 4); /* whether it is the same still, twice */
    CHECK_EQ(stats()->resumed, 1);
    assert_string_equal(w.last_name, "device-1");
    say(end, "again");
    assert_string_equal(w.heard, "again");
    world_end();
}

TEST(who_was_revoked_does_not_resume)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    ln_dtls_client_close(&end->client, w.now);
    run_for(500);
    w.refuses = true;
    connect_end(end);
    CHECK_EQ(stats()->resumed, 0);
    CHECK_EQ(stats()->refused_identity, 1);
    CHECK_EQ(w.keys_asked, 5); /* a whole handshake, by the key that is valid now */
    world_end();
}

TEST(a_ticket_is_worth_nothing_once_its_key_was_changed)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    ln_dtls_client_close(&end->client, w.now);
    run_for(500);
    w.change_key_after = w.keys_asked;
    connect_end(end); /* its key is the old one still */
    CHECK_EQ(end->opened, 1);
    CHECK_EQ(stats()->resumed, 0);
    CHECK_EQ(stats()->refused_identity, 1);
    CHECK_EQ(stats()->wrong_key, 1);
    world_end();
}

TEST(a_key_that_is_changed_during_the_handshake_lets_nobody_in)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    w.change_key_after = 1;
    connect_end(end);
    CHECK_EQ(ln_dtls_server_sessions(w.server), 0);
    CHECK_EQ(stats()->opened, 0);
    CHECK_EQ(stats()->refused_identity, 1);
    CHECK_EQ(stats()->failed_handshakes, 1);
    world_end();
}

TEST(a_ticket_is_worth_nothing_after_two_days)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    ln_dtls_client_close(&end->client, w.now);
    run_for(49 * 3600 * 1000);
    connect_end(end);
    CHECK_EQ(end->opened, 2);
    CHECK_EQ(stats()->resumed, 0);
    world_end();
}

TEST(a_close_is_heard_by_the_peer)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    ln_dtls_server_close(w.server, w.now, w.session, 49); /* access_denied */
    run_for(500);
    CHECK_EQ(w.last.kind, LN_DTLS_CLOSED);
    CHECK_EQ(w.last.reason, LN_DTLS_BY_US);
    CHECK_EQ(end->last.reason, LN_DTLS_BY_PEER);
    CHECK_EQ(end->last.alert, 49);
    CHECK_ERR(ln_dtls_server_write(w.server, w.now, w.session, BYTES("x")), LN_ERR_NOT_FOUND);
    world_end();
}

static bool is_device_1(void *context, const struct ln_dtls_identity *identity)
{
    (void)context;
    return ln_bytes_are(identity->name, "device-1");
}

TEST(all_sessions_of_a_credential_are_closed_at_once)
{
    world_begin();
    connect_end(client_with_key("device-1", secret_1));
    connect_end(client_with_key("device-2", secret_2));
    connect_end(client_with_key("device-1", secret_1));
    ln_dtls_server_close_where(w.server, w.now, is_device_1, NULL, 49);
    run_for(500);
    CHECK_EQ(ln_dtls_server_sessions(w.server), 1);
    CHECK_EQ(w.closed, 2);
    CHECK_EQ(w.ends[1].closed, 0);
    CHECK_EQ(w.ends[2].last.alert, 49);
    world_end();
}

TEST(a_server_goes_on_with_the_sessions_that_it_saved)
{
    uint8_t saved[LN_DTLS_SAVED_MAX];

    world_begin();
    struct end *end = client_with_key("device-1", secret_1);
    connect_end(end);
    say(end, "before");
    uint64_t session = w.session;
    size_t length = ln_dtls_server_save(w.server, saved, sizeof(saved));
    CHECK(length > 0);
    CHECK_EQ(ln_dtls_server_save(w.server, saved + length, sizeof(saved) - length), 0);
    ln_dtls_server_free(w.server);
    CHECK_OK(ln_dtls_server_new(&w.server, &w.config, w.now));
    CHECK_OK(ln_dtls_server_restore(w.server, w.now, ln_bytes(saved, length)));
    CHECK_ERR(ln_dtls_server_restore(w.server, w.now, ln_bytes(saved, length)),
              LN_ERR_BAD_VALUE); /* twice */
    move_end(end, 40001);
    say(end, "after");
    assert_string_equal(w.heard, "after");
    CHECK_EQ(w.session, session);
    assert_string_equal(w.last_name, "device-1");
    answer("welcome back");
    assert_string_equal(end->heard, "welcome back");
    world_end();
}

TEST(a_saved_session_that_was_cut_is_refused)
{
    uint8_t saved[LN_DTLS_SAVED_MAX];

    world_begin();
    struct end *end = client_with_key("device-1", secret_1);
    connect_end(end);
    say(end, "x");
    size_t length = ln_dtls_server_save(w.server, saved, sizeof(saved));
    for (size_t cut = 0; cut < length; cut++) {
        CHECK_ERR(ln_dtls_server_restore(w.server, w.now, ln_bytes(saved, cut)),
                  LN_ERR_BAD_VALUE);
    }
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
    world_end();
}

TEST(a_client_goes_on_with_the_session_that_it_saved)
{
    uint8_t saved[LN_DTLS_SAVED_MAX];

    world_begin();
    struct end *end = client_with_key("device-1", secret_1);
    connect_end(end);
    answer("first");
    size_t length = ln_dtls_client_save(&end->client, saved, sizeof(saved));
    CHECK(length > 0);
    ln_dtls_client_fini(&end->client);
    CHECK_OK(ln_dtls_client_init(&end->client, &end->config));
    CHECK_OK(ln_dtls_client_restore(&end->client, w.now, ln_bytes(saved, length)));
    size_t sent = w.sent;
    say(end, "no handshake");
    assert_string_equal(w.heard, "no handshake");
    CHECK_EQ(w.sent, sent + 1);
    ln_dtls_client_close(&end->client, w.now);
    connect_end(end); /* the ticket was saved too */
    CHECK_EQ(stats()->resumed, 1);
    world_end();
}

int session_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restarted_device_replaces_its_session_when_it_is_done),
        cmocka_unit_test(a_hello_from_the_address_of_a_session_does_not_end_it),
        cmocka_unit_test(a_hello_that_comes_again_begins_nothing),
        cmocka_unit_test(hellos_without_a_cookie_allocate_nothing),
        cmocka_unit_test(a_cookie_is_good_for_its_address_and_its_time_only),
        cmocka_unit_test(the_longest_idle_session_gives_way),
        cmocka_unit_test(a_session_is_heard_while_a_handshake_grows_beside_it),
        cmocka_unit_test(the_oldest_handshake_gives_way),
        cmocka_unit_test(a_second_connect_resumes_the_session),
        cmocka_unit_test(who_was_revoked_does_not_resume),
        cmocka_unit_test(a_ticket_is_worth_nothing_once_its_key_was_changed),
        cmocka_unit_test(a_key_that_is_changed_during_the_handshake_lets_nobody_in),
        cmocka_unit_test(a_ticket_is_worth_nothing_after_two_days),
        cmocka_unit_test(a_close_is_heard_by_the_peer),
        cmocka_unit_test(all_sessions_of_a_credential_are_closed_at_once),
        cmocka_unit_test(a_server_goes_on_with_the_sessions_that_it_saved),
        cmocka_unit_test(a_saved_session_that_was_cut_is_refused),
        cmocka_unit_test(a_client_goes_on_with_the_session_that_it_saved),
    };

    return RUN_TESTS(tests);
}
