/* Handshakes and records over a network that loses, doubles, delays and re-addresses. */

#include "dtls_tests.h"
#include "support.h"

static const struct ln_dtls_stats *stats(void)
{
    return ln_dtls_server_stats(w.server);
}

static uint32_t dice;

static uint32_t roll(void)
{
    dice = dice * 1664525 + 1013904223;
    return dice >> 16;
}

static enum fate bad_weather(struct world *world, const struct mail *mail)
{
    (void)world;
    (void)mail;
    switch (roll() % 8) {
    case 0:
    case 1:
        return IS_LOST;
    case 2:
        return COMES_TWICE;
    case 3:
        return COMES_LATE;
    default:
        return ARRIVES;
    }
}

TEST(handshakes_end_well_in_bad_weather)
{
    for (uint32_t seed = 1; seed <= 60; seed++) {
        world_begin();
        struct end *end = client_with_key("device-1", secret_1);
        dice = seed;
        w.fate = bad_weather;
        ln_dtls_client_connect(&end->client, w.now);
        run_for(120 * 1000);
        w.fate = NULL;
        CHECK_EQ(end->opened, 1);
        CHECK(ln_dtls_client_is_open(&end->client));
        say(end, "dry");
        assert_string_equal(w.heard, "dry");
        CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
        world_end();
    }
}

static enum fate nothing_comes_back(struct world *world, const struct mail *mail)
{
    (void)world;
    return mail->to_server ? ARRIVES : IS_LOST;
}

TEST(a_client_that_hears_nothing_gives_up_at_last)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    w.fate = nothing_comes_back;
    ln_dtls_client_connect(&end->client, w.now);
    run_for(60 * 1000);
    CHECK_EQ(end->closed, 0);
    run_for(240 * 1000);
    CHECK_EQ(end->closed, 1);
    CHECK_EQ(end->last.reason, LN_DTLS_TIMED_OUT);
    CHECK_EQ(ln_dtls_client_deadline(&end->client), LN_NEVER);
    world_end();
}

static enum fate servers_second_is_lost(struct world *world, const struct mail *mail)
{
    static size_t from_server;

    if (world->sent == 0) {
        from_server = 0;
    }
    from_server += !mail->to_server;
    return from_server >= 2 && !mail->to_server ? IS_LOST : ARRIVES;
}

TEST(a_handshake_that_the_client_left_is_forgotten_in_time)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    w.fate = servers_second_is_lost;
    ln_dtls_client_connect(&end->client, w.now);
    run_for(10 * 1000);
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 1);
    run_for(600 * 1000);
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
    CHECK_EQ(stats()->handshake_timeouts, 1);
    CHECK_EQ(ln_dtls_server_deadline(w.server), LN_NEVER);
    world_end();
}

static enum fate answers_are_kept(struct world *world, const struct mail *mail)
{
    (void)world;
    return mail->to_server ? ARRIVES : IS_KEPT;
}

TEST(an_answer_is_taken_though_the_timer_ran_out)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    w.fate = answers_are_kept;
    ln_dtls_client_connect(&end->client, w.now);
    run_for(500);
    w.fate = NULL;
    w.now += 5000; /* and nobody called ln_dtls_client_send() meanwhile */
    ln_dtls_client_recv(&end->client, w.now, ln_bytes(w.kept.bytes, w.kept.length));
    uint8_t datagram[LN_DTLS_DATAGRAM_MAX];
    size_t length;
    CHECK(ln_dtls_client_send(&end->client, w.now, datagram, sizeof(datagram)) > 0);
    /* Its first hello again, for the timer's sake; then the one with the cookie. */
    length = ln_dtls_client_send(&end->client, w.now, datagram, sizeof(datagram));
    CHECK(length > 0);
    deliver(&end->path, ln_bytes(datagram, length));
    CHECK_EQ(stats()->bad_cookie, 0);
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 1);
    world_end();
}

TEST(with_a_connection_id_a_new_address_needs_no_handshake)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    say(end, "from here");
    move_end(end, 40001);
    size_t sent = w.sent;
    say(end, "from there");
    assert_string_equal(w.heard, "from there");
    CHECK_EQ(w.sent, sent + 1);
    CHECK_EQ(w.moved, 1);
    answer("found you");
    assert_string_equal(end->heard, "found you");
    CHECK_EQ(stats()->opened, 1);
    world_end();
}

TEST(without_a_connection_id_a_new_address_is_a_stranger)
{
    struct ln_dtls_client_config config = usual_client();

    world_begin();
    config.psk_identity = ln_bytes_of_text("device-1");
    config.psk_key = ln_bytes_of_text(secret_1);
    config.no_connection_id = true;
    struct end *end = client_of(&config);
    connect_end(end);
    CHECK_EQ(w.last.connection_id, false);
    move_end(end, 40001);
    say(end, "from there");
    assert_string_equal(w.heard, "");
    CHECK_EQ(stats()->unknown_session, 1);
    world_end();
}

static enum fate keep(struct world *world, const struct mail *mail)
{
    (void)world;
    (void)mail;
    return IS_KEPT;
}

/* Gives a copy of a record of the end to the server, from another address. */
static void spoof(const struct mail *mail)
{
    struct ln_dtls_path elsewhere = mail->path;

    elsewhere.remote = ln_address_ipv4(192, 0, 2, 66, 666);
    deliver(&elsewhere, ln_bytes(mail->bytes, mail->length));
}

TEST(an_old_record_from_elsewhere_moves_nobody)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    w.fate = keep;
    say(end, "late");
    w.fate = NULL;
    say(end, "newer");
    spoof(&w.kept); /* authentic, unseen, but not the newest: heard, not followed */
    assert_string_equal(w.heard, "late");
    CHECK_EQ(w.moved, 0);
    answer("still here");
    assert_string_equal(end->heard, "still here");
    world_end();
}

TEST(a_replayed_record_is_dropped_and_counted)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    w.fate = keep;
    say(end, "once");
    deliver(&end->path, ln_bytes(w.kept.bytes, w.kept.length));
    assert_string_equal(w.heard, "once");
    memset(w.heard, 0, sizeof(w.heard));
    CHECK_EQ(stats()->dropped_records, 0);
    spoof(&w.kept);
    assert_string_equal(w.heard, "");
    CHECK_EQ(stats()->dropped_records, 1);
    CHECK_EQ(w.moved, 0);
    world_end();
}

TEST(a_changed_record_is_dropped_and_counted)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    w.fate = keep;
    say(end, "unchanged");
    w.kept.bytes[w.kept.length - 1] ^= 1;
    spoof(&w.kept);
    assert_string_equal(w.heard, "");
    CHECK_EQ(stats()->dropped_records, 1);
    CHECK_EQ(w.moved, 0);
    CHECK_EQ(ln_dtls_server_sessions(w.server), 1);
    world_end();
}

TEST(noise_is_counted_for_what_it_is)
{
    struct ln_dtls_path path = {.remote = ln_address_ipv4(192, 0, 2, 1, 1)};

    world_begin();
    deliver(&path, BYTES("\x40\x01\x00\x01"));
    CHECK_EQ(stats()->not_dtls, 1);
    deliver(&path, BYTES("\x17\xfe\xfd\0\1\0\0\0\0\0\1\0\1x"));
    CHECK_EQ(stats()->unknown_session, 1);
    deliver(&path, BYTES("\x16\xfe\xfd\0\0\0\0\0\0\0\1\0\1\1")); /* a broken hello */
    CHECK_EQ(stats()->bad_hello, 1);
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
    world_end();
}

/* The flight that begins with a ClientKeyExchange: all of a handshake that may be in fragments. */
static enum fate keep_key_exchange(struct world *world, const struct mail *mail)
{
    enum { RECORD_HEADER = 13, CLIENT_KEY_EXCHANGE = 16 };

    (void)world;
    return mail->to_server && mail->bytes[0] == 22 &&
                   mail->bytes[RECORD_HEADER] == CLIENT_KEY_EXCHANGE
               ? IS_KEPT
               : ARRIVES;
}

/* One byte of the fragment's header is another: its length, its place, its number. */
TEST(a_broken_fragment_opens_nothing_and_is_counted)
{
    static const struct {
        size_t at;
        uint8_t value;
    } broken[] = {{16, 1}, {21, 1}, {21, 0xff}, {24, 1}, {24, 0xff}, {17, 9}};

    for (size_t i = 0; i < LN_COUNT(broken); i++) {
        world_begin();
        struct end *end = client_with_key("device-1", secret_1);
        w.fate = keep_key_exchange;
        ln_dtls_client_connect(&end->client, w.now);
        run_for(100);
        CHECK(w.kept.length > 0);
        w.kept.bytes[broken[i].at] = broken[i].value;
        deliver(&end->path, ln_bytes(w.kept.bytes, w.kept.length));
        run_for(300 * 1000); /* a part of a message may have more to come */
        CHECK_EQ(stats()->failed_handshakes, 1);
        CHECK_EQ(stats()->opened, 0);
        CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
        world_end();
    }
}

int network_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshakes_end_well_in_bad_weather),
        cmocka_unit_test(a_client_that_hears_nothing_gives_up_at_last),
        cmocka_unit_test(a_handshake_that_the_client_left_is_forgotten_in_time),
        cmocka_unit_test(an_answer_is_taken_though_the_timer_ran_out),
        cmocka_unit_test(with_a_connection_id_a_new_address_needs_no_handshake),
        cmocka_unit_test(without_a_connection_id_a_new_address_is_a_stranger),
        cmocka_unit_test(an_old_record_from_elsewhere_moves_nobody),
        cmocka_unit_test(a_replayed_record_is_dropped_and_counted),
        cmocka_unit_test(a_changed_record_is_dropped_and_counted),
        cmocka_unit_test(noise_is_counted_for_what_it_is),
        cmocka_unit_test(a_broken_fragment_opens_nothing_and_is_counted),
    };

    return RUN_TESTS(tests);
}
