/* Certificates: usages 0 to 3, chains, names, dates, revocation; ours and the peer's. */

#include "dtls_tests.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 4096, FILES_MAX = 16 };

/* In January 2027: wall time of these tests when the virtual clock is 0. */
static const int64_t today = 1800000000000;

static char files[FILES_MAX][FILE_MAX];
static size_t file_count;

/* A PEM file of tests/dtls/certificates, with its NUL. */
static struct ln_bytes pem(const char *name)
{
    char path[512];
    char *text = files[file_count++ % FILES_MAX];

    snprintf(path, sizeof(path), "%s/%s", LN_CERTIFICATES_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(text, 1, FILE_MAX - 1, file);
    fclose(file);
    text[length] = '\0';
    return ln_bytes(text, length + 1);
}

static const struct ln_dtls_stats *stats(void)
{
    return ln_dtls_server_stats(w.server);
}

static struct ln_dtls_server_config certified_server(void)
{
    struct ln_dtls_server_config config = usual_server();

    config.certificates.chain = pem("server-chain.pem");
    config.certificates.key = pem("server.key");
    config.certificates.trusted = pem("ca.pem");
    config.certificates.revoked = pem("ca.crl");
    config.wall_offset = today;
    return config;
}

static void begin_certified(void)
{
    struct ln_dtls_server_config config = certified_server();

    world_begin_with(&config);
}

/* Domain-issued: the server's certificate is the one that it is told. */
static struct ln_dtls_client_config certified_client(const char *certificate, const char *key)
{
    struct ln_dtls_client_config config = usual_client();

    config.certificates.chain = pem(certificate);
    config.certificates.key = pem(key);
    config.expected = pem("server.pem");
    config.usage = LN_DTLS_DOMAIN_ISSUED;
    config.server_name = "server.example";
    config.wall_offset = today;
    return config;
}

static struct ln_dtls_client_config usual_device(void)
{
    return certified_client("device.pem", "device.key");
}

static struct end *try_client(const struct ln_dtls_client_config *config)
{
    struct end *end = client_of(config);

    connect_end(end);
    return end;
}

static bool gets_in(const struct ln_dtls_client_config *config)
{
    struct end *end = try_client(config);

    return end->opened == 1 && ln_dtls_client_is_open(&end->client);
}

TEST(a_client_with_a_certificate_is_named_by_it)
{
    begin_certified();
    struct ln_dtls_client_config config = usual_device();
    struct end *end = try_client(&config);

    CHECK_EQ(w.opened, 1);
    CHECK_EQ(w.last.identity->proof, LN_DTLS_X509);
    CHECK_TEXT(w.last.identity->name, "urn:dev:ops:32473-1");
    CHECK_EQ(w.last.identity->name_count, 1);
    CHECK_TEXT(w.last.identity->names[0], "urn:dev:ops:32473-1");
    say(end, "hello");
    assert_string_equal(w.heard, "hello");
    world_end();
}

static void refused_with(const char *certificate, const char *key, int alert)
{
    begin_certified();
    struct ln_dtls_client_config config = certified_client(certificate, key);
    struct end *end = try_client(&config);

    CHECK_EQ(w.opened, 0);
    CHECK_EQ(end->last.kind, LN_DTLS_CLOSED);
    CHECK_EQ(end->last.reason, LN_DTLS_BY_PEER);
    CHECK_EQ(end->last.alert, alert);
    CHECK_EQ(stats()->failed_handshakes, 1);
}

TEST(an_expired_certificate_is_refused_told_and_counted)
{
    refused_with("expired.pem", "expired.key", 45);
    CHECK_EQ(stats()->expired_certificate, 1);
    world_end();
}

TEST(an_untrusted_certificate_is_refused_told_and_counted)
{
    refused_with("untrusted.pem", "untrusted.key", 48);
    CHECK_EQ(stats()->untrusted_certificate, 1);
    world_end();
}

TEST(a_revoked_certificate_is_refused_told_and_counted)
{
    refused_with("revoked.pem", "revoked.key", 44);
    CHECK_EQ(stats()->revoked_certificate, 1);
    world_end();
}

TEST(a_certificate_that_the_app_refuses_is_told_access_denied)
{
    begin_certified();
    struct ln_dtls_client_config config = usual_device();
    w.refuses = true;
    struct end *end = try_client(&config);

    CHECK_EQ(end->last.alert, 49);
    CHECK_EQ(stats()->refused_identity, 1);
    CHECK_EQ(w.opened, 0);
    world_end();
}

TEST(without_wall_time_dates_are_not_checked)
{
    struct ln_dtls_server_config server = certified_server();

    server.wall_offset = 0;
    world_begin_with(&server);
    struct ln_dtls_client_config config = certified_client("expired.pem", "expired.key");
    CHECK(gets_in(&config));
    world_end();
}

TEST(domain_issued_takes_that_certificate_and_no_other)
{
    begin_certified();
    struct ln_dtls_client_config config = usual_device();
    config.server_name = "another.example"; /* names do not matter then */
    CHECK(gets_in(&config));
    config.expected = pem("device.pem");
    struct end *end = try_client(&config);
    CHECK_EQ(end->opened, 0);
    CHECK_EQ(end->last.reason, LN_DTLS_FAILED);
    CHECK_EQ(end->last.alert, 48);
    CHECK_EQ(ln_dtls_client_stats(&end->client)->untrusted_certificate, 1);
    world_end();
}

TEST(a_trust_anchor_takes_what_it_signed_in_the_right_name)
{
    begin_certified();
    struct ln_dtls_client_config config = usual_device();
    config.usage = LN_DTLS_TRUST_ANCHOR;
    config.expected = pem("ca.pem");
    CHECK(gets_in(&config));
    config.server_name = "another.example";
    struct end *end = try_client(&config);
    CHECK_EQ(end->opened, 0);
    CHECK_EQ(end->last.alert, 42);
    CHECK_EQ(ln_dtls_client_stats(&end->client)->wrong_name_certificate, 1);
    config.server_name = "server.example";
    config.expected = pem("stranger.pem");
    config.certificates.trusted = pem("ca.pem"); /* which does not help */
    CHECK(!gets_in(&config));
    world_end();
}

TEST(a_ca_constraint_wants_a_valid_chain_with_that_authority_in_it)
{
    begin_certified();
    struct ln_dtls_client_config config = usual_device();
    config.usage = LN_DTLS_CA_CONSTRAINT;
    config.certificates.trusted = pem("ca.pem");
    config.expected = pem("issuer.pem");
    CHECK(gets_in(&config));
    config.expected = pem("ca.pem");
    CHECK(gets_in(&config));
    config.expected = pem("stranger.pem");
    CHECK(!gets_in(&config));
    config.expected = pem("issuer.pem");
    config.certificates.trusted = pem("stranger.pem");
    CHECK(!gets_in(&config));
    world_end();
}

TEST(a_service_constraint_wants_that_certificate_and_a_valid_chain)
{
    begin_certified();
    struct ln_dtls_client_config config = usual_device();
    config.usage = LN_DTLS_SERVICE_CONSTRAINT;
    config.certificates.trusted = pem("ca.pem");
    CHECK(gets_in(&config));
    config.certificates.trusted = pem("stranger.pem");
    CHECK(!gets_in(&config));
    config.certificates.trusted = pem("ca.pem");
    config.expected = pem("device.pem");
    CHECK(!gets_in(&config));
    world_end();
}

TEST(a_digest_can_stand_for_the_certificate)
{
    /* openssl x509 -in server.pem -outform der | sha256sum, taken from the server's identity. */
    uint8_t digest[32];

    begin_certified();
    struct ln_dtls_client_config config = certified_client("server-chain.pem", "server.key");
    CHECK(gets_in(&config));
    memcpy(digest, w.last.identity->fingerprint, sizeof(digest));
    config.matching = LN_DTLS_SHA256;
    config.expected = ln_bytes(digest, sizeof(digest));
    CHECK(gets_in(&config));
    digest[0] ^= 1;
    CHECK(!gets_in(&config));
    world_end();
}

TEST(a_client_knows_when_the_servers_certificate_is_over)
{
    struct ln_dtls_server_config server = certified_server();

    server.certificates.chain = pem("expired.pem");
    server.certificates.key = pem("expired.key");
    world_begin_with(&server);
    struct ln_dtls_client_config config = usual_device();
    config.usage = LN_DTLS_TRUST_ANCHOR;
    config.expected = pem("ca.pem");
    config.server_name = NULL;
    struct end *end = try_client(&config);
    CHECK_EQ(end->opened, 0);
    CHECK_EQ(end->last.alert, 45);
    CHECK_EQ(ln_dtls_client_stats(&end->client)->expired_certificate, 1);
    world_end();
}

static enum fate too_small_a_way(struct world *world, const struct mail *mail)
{
    (void)world;
    return mail->length > 300 ? IS_LOST : ARRIVES;
}

TEST(certificates_pass_a_way_of_small_datagrams_in_fragments)
{
    struct ln_dtls_server_config server = certified_server();

    server.mtu = 300;
    world_begin_with(&server);
    struct ln_dtls_client_config config = usual_device();
    config.mtu = 300;
    w.fate = too_small_a_way;
    CHECK(gets_in(&config));
    world_end();
}

TEST(a_server_with_new_certificates_shows_them)
{
    begin_certified();
    struct ln_dtls_certificates new = {
        .chain = pem("device.pem"),
        .key = pem("device.key"),
        .trusted = pem("ca.pem"),
    };
    struct ln_dtls_certificates broken = new;
    broken.key = pem("server.key");
    CHECK_ERR(ln_dtls_server_certificates(w.server, &broken), LN_ERR_BAD_CONFIG);
    struct ln_dtls_client_config config = usual_device();
    CHECK(gets_in(&config)); /* the old one is still shown */
    CHECK_OK(ln_dtls_server_certificates(w.server, &new));
    config.expected = pem("device.pem");
    CHECK(gets_in(&config));
    world_end();
}

TEST(a_server_of_both_kinds_takes_keys_too)
{
    begin_certified();
    connect_end(client_with_key("device-1", secret_1));
    CHECK_EQ(w.opened, 1);
    world_end();
}

TEST(a_server_with_certificates_alone_has_no_suite_for_keys)
{
    struct ln_dtls_server_config config = certified_server();

    config.psk = NULL;
    world_begin_with(&config);
    struct end *end = client_with_key("device-1", secret_1);
    connect_end(end);
    CHECK_EQ(w.opened, 0);
    CHECK_EQ(end->last.alert, 40); /* handshake_failure */
    CHECK_EQ(stats()->no_common_suite, 1);
    world_end();
}

TEST(a_resumed_session_keeps_the_names_of_its_certificate)
{
    begin_certified();
    struct ln_dtls_client_config config = usual_device();
    struct end *end = try_client(&config);
    ln_dtls_client_close(&end->client, w.now);
    connect_end(end);
    CHECK_EQ(stats()->resumed, 1);
    CHECK_EQ(w.last.identity->proof, LN_DTLS_X509);
    CHECK_TEXT(w.last.identity->names[0], "urn:dev:ops:32473-1");
    world_end();
}

TEST(a_client_without_anything_to_prove_is_bad_config)
{
    struct ln_dtls_client client;
    struct ln_dtls_client_config config = usual_client();

    CHECK_ERR(ln_dtls_client_init(&client, &config), LN_ERR_BAD_CONFIG);
    ln_dtls_client_fini(&client);
    config = usual_device();
    config.expected = ln_bytes("nonsense", 9);
    CHECK_ERR(ln_dtls_client_init(&client, &config), LN_ERR_BAD_CONFIG);
}

int x509_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_with_a_certificate_is_named_by_it),
        cmocka_unit_test(an_expired_certificate_is_refused_told_and_counted),
        cmocka_unit_test(an_untrusted_certificate_is_refused_told_and_counted),
        cmocka_unit_test(a_revoked_certificate_is_refused_told_and_counted),
        cmocka_unit_test(a_certificate_that_the_app_refuses_is_told_access_denied),
        cmocka_unit_test(without_wall_time_dates_are_not_checked),
        cmocka_unit_test(domain_issued_takes_that_certificate_and_no_other),
        cmocka_unit_test(a_trust_anchor_takes_what_it_signed_in_the_right_name),
        cmocka_unit_test(a_ca_constraint_wants_a_valid_chain_with_that_authority_in_it),
        cmocka_unit_test(a_service_constraint_wants_that_certificate_and_a_valid_chain),
        cmocka_unit_test(a_digest_can_stand_for_the_certificate),
        cmocka_unit_test(a_client_knows_when_the_servers_certificate_is_over),
        cmocka_unit_test(certificates_pass_a_way_of_small_datagrams_in_fragments),
        cmocka_unit_test(a_server_with_new_certificates_shows_them),
        cmocka_unit_test(a_server_of_both_kinds_takes_keys_too),
        cmocka_unit_test(a_server_with_certificates_alone_has_no_suite_for_keys),
        cmocka_unit_test(a_resumed_session_keeps_the_names_of_its_certificate),
        cmocka_unit_test(a_client_without_anything_to_prove_is_bad_config),
    };

    return RUN_TESTS(tests);
}
