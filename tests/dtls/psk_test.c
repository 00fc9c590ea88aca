/* PSK handshakes: who has the key comes in, nobody else does. */

#include "dtls_tests.h"
#include "support.h"

static const struct ln_dtls_stats *stats(void)
{
    return ln_dtls_server_stats(w.server);
}

TEST(a_client_with_the_key_is_let_in_and_named)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    CHECK_EQ(end->opened, 1);
    CHECK_EQ(w.opened, 1);
    assert_string_equal(w.last_name, "device-1");
    CHECK_EQ(w.last.identity->proof, LN_DTLS_PSK);
    CHECK_EQ(w.last.connection_id, true);
    CHECK_EQ(w.session >> 56, 7); /* the shard */
    CHECK_EQ(ln_dtls_server_sessions(w.server), 1);
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
    world_end();
}

TEST(both_say_what_only_the_other_hears)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_1);

    connect_end(end);
    say(end, "hello");
    assert_string_equal(w.heard, "hello");
    answer("good day");
    assert_string_equal(end->heard, "good day");
    world_end();
}

TEST(a_wrong_key_is_refused_told_and_counted)
{
    world_begin();
    struct end *end = client_with_key("device-1", secret_2);

    connect_end(end);
    CHECK_EQ(w.opened, 0);
    CHECK_EQ(end->opened, 0);
    CHECK_EQ(end->last.kind, LN_DTLS_CLOSED);
    CHECK_EQ(end->last.reason, LN_DTLS_BY_PEER);
    CHECK_EQ(end->last.alert, 20); /* bad_record_mac */
    CHECK_EQ(stats()->wrong_key, 1);
    CHECK_EQ(ln_dtls_server_handshakes(w.server), 0);
    world_end();
}

TEST(an_unknown_identity_is_refused_told_and_counted)
{
    world_begin();
    struct end *end = client_with_key("device-3", secret_1);

    connect_end(end);
    CHECK_EQ(w.opened, 0);
    CHECK_EQ(end->last.reason, LN_DTLS_BY_PEER);
    CHECK_EQ(end->last.alert, 115); /* unknown_psk_identity */
    CHECK_EQ(stats()->unknown_identity, 1);
    world_end();
}

int psk_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_with_the_key_is_let_in_and_named),
        cmocka_unit_test(both_say_what_only_the_other_hears),
        cmocka_unit_test(a_wrong_key_is_refused_told_and_counted),
        cmocka_unit_test(an_unknown_identity_is_refused_told_and_counted),
    };

    return RUN_TESTS(tests);
}
