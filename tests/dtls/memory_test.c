/* What sessions of the server hold in memory, and that those who share buffers do not mix. */

#include "dtls/client.h"
#include "dtls/server.h"

#include "dtls_tests.h"
#include "support.h"

enum { MANY = 20 };

/* Every client is gone, so that what is held is the server's. */
static void forget_clients(void)
{
    for (size_t i = 0; i < w.end_count; i++) {
        ln_dtls_client_fini(&w.ends[i].client);
    }
    w.end_count = 0;
}

static bool shares(uint64_t session)
{
    return ln_dtls_session_find(w.server, session)->channel.shares_buffers;
}

TEST(a_session_that_is_idle_holds_no_buffers)
{
    world_begin();
    size_t before = w.held;
    for (size_t i = 0; i < MANY; i++) {
        connect_end(client_with_key("device-1", secret_1));
        say(&w.ends[i], "hello");
    }
    forget_clients();
    CHECK_EQ(ln_dtls_server_sessions(w.server), MANY);
    CHECK(w.held > before);
    CHECK((w.held - before) / MANY <= 3072);
    world_end();
}

/* Mbed TLS keeps the last flight until the peer shows that it has it. */
TEST(a_session_that_nobody_spoke_on_holds_no_buffers_either)
{
    world_begin();
    size_t before = w.held;
    for (size_t i = 0; i < MANY; i++) {
        connect_end(client_with_key("device-1", secret_1));
    }
    forget_clients();
    CHECK_EQ(ln_dtls_server_sessions(w.server), MANY);
    CHECK((w.held - before) / MANY <= 6144);
    world_end();
}

static enum fate is_kept(struct world *world, const struct mail *mail)
{
    (void)world;
    return mail->to_server ? IS_KEPT : ARRIVES;
}

/* A record of this end, which the network keeps; into `out`. */
static void record_of(struct end *end, const char *text, struct ln_writer *out)
{
    w.fate = is_kept;
    say(end, text);
    w.fate = NULL;
    ln_write_bytes(out, ln_bytes(w.kept.bytes, w.kept.length));
}

TEST(a_datagram_that_was_not_read_to_its_end_does_not_mix_with_anothers)
{
    uint8_t bytes[256];
    struct ln_writer two = ln_writer(bytes, sizeof(bytes));
    char heard[64] = "";
    uint64_t session;

    world_begin();
    struct end *first = client_with_key("device-1", secret_1);
    struct end *second = client_with_key("device-2", secret_2);
    connect_end(first);
    connect_end(second);
    record_of(first, "one", &two);
    record_of(first, "two", &two);
    ln_dtls_server_recv(w.server, w.now, &first->path, ln_writer_bytes(&two));
    CHECK_EQ(ln_dtls_server_read(w.server, w.now, heard, sizeof(heard), &session), 3);
    say(second, "from the second");
    assert_string_equal(w.heard, "from the second");
    say(first, "from the first");
    assert_string_equal(w.heard, "from the first");
    CHECK_EQ(w.session, session);
    world_end();
}

static enum fate last_flight_is_lost(struct world *world, const struct mail *mail)
{
    return !mail->to_server && world->opened == 1 && world->sent < 10 ? IS_LOST : ARRIVES;
}

TEST(a_last_flight_is_sent_again_from_shared_buffers)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);
    struct end *other = client_with_key("device-2", secret_2);

    w.fate = last_flight_is_lost;
    connect_end(end);
    CHECK_EQ(w.opened, 1);
    CHECK_EQ(end->opened, 0);
    CHECK(shares(w.session));
    w.fate = NULL;
    connect_end(other);
    say(other, "meanwhile");
    run_for(5000);
    CHECK_EQ(end->opened, 1);
    say(end, "at last");
    assert_string_equal(w.heard, "at last");
    world_end();
}

/* Mbed TLS makes them smaller and larger itself. */
TEST(a_session_of_short_fragments_keeps_buffers_of_its_own)
{
    uint8_t saved[LN_DTLS_SAVED_MAX];

    world_begin();
    struct end *end = client_with_key("device-1", secret_1);
    struct ln_dtls_client_inside *inside = (void *)&end->client;
    CHECK_EQ(mbedtls_ssl_conf_max_frag_len(&inside->ssl, MBEDTLS_SSL_MAX_FRAG_LEN_512), 0);
    connect_end(end);
    CHECK(!shares(w.session));
    say(end, "short");
    assert_string_equal(w.heard, "short");
    CHECK(!shares(w.session));
    CHECK(ln_dtls_server_save(w.server, saved, sizeof(saved)) > 0);
    world_end();
}

TEST(a_restored_session_holds_no_buffers)
{
    uint8_t saved[LN_DTLS_SAVED_MAX];

    world_begin();
    connect_end(client_with_key("device-1", secret_1));
    say(&w.ends[0], "before");
    size_t length = ln_dtls_server_save(w.server, saved, sizeof(saved));
    CHECK_OK(ln_dtls_server_restore(w.server, w.now, ln_bytes(saved, length)));
    CHECK(shares(w.session));
    say(&w.ends[0], "after");
    assert_string_equal(w.heard, "after");
    world_end();
}

int memory_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_is_idle_holds_no_buffers),
        cmocka_unit_test(a_session_that_nobody_spoke_on_holds_no_buffers_either),
        cmocka_unit_test(a_datagram_that_was_not_read_to_its_end_does_not_mix_with_anothers),
        cmocka_unit_test(a_last_flight_is_sent_again_from_shared_buffers),
        cmocka_unit_test(a_session_of_short_fragments_keeps_buffers_of_its_own),
        cmocka_unit_test(a_restored_session_holds_no_buffers),
    };

    return RUN_TESTS(tests);
}
