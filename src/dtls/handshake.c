/* Handshakes of the server: whom it lets in by key, certificate and ticket, and how each ends. */

#include "server.h"
#include "suites.h"

#include <mbedtls/platform_util.h>

enum { ACCESS_DENIED = 49 };

/* Takes a claim for the session that is running. */
static bool claim(struct ln_dtls_server *server, const struct ln_dtls_identity *identity)
{
    struct ln_dtls_session *session = server->current;

    ln_dtls_identity_free(&server->config.allocator, session->identity);
    session->identity = ln_dtls_identity_copy(&server->config.allocator, identity);
    return session->identity != NULL;
}

static bool accepts(const struct ln_dtls_server *server,
                    const struct ln_dtls_identity *identity)
{
    return server->config.accept == NULL ||
           server->config.accept(server->config.context, identity);
}

/*
 * A hash of the key that this identity has now, 0 where it has none; the key itself into `key`. Only
 * the hash is kept: it tells later whether the key is still the same.
 */
static uint64_t ask_key(const struct ln_dtls_server *server, struct ln_bytes identity,
                        uint8_t key[LN_DTLS_KEY_MAX], size_t *length)
{
    *length = 0;
    if (identity.len <= LN_DTLS_IDENTITY_MAX && server->config.psk != NULL) {
        *length = server->config.psk(server->config.context, identity, key);
    }
    return *length == 0 ? 0 : ln_hash(server->seed, ln_bytes(key, *length)) | 1;
}

/* Whether what proved the identity still does: its key may have been changed meanwhile. */
static bool key_is_valid(const struct ln_dtls_server *server,
                         const struct ln_dtls_identity *identity, uint64_t key_hash)
{
    uint8_t key[LN_DTLS_KEY_MAX];
    size_t length;

    if (identity->proof != LN_DTLS_PSK) {
        return true;
    }
    uint64_t now = ask_key(server, identity->name, key, &length);
    mbedtls_platform_zeroize(key, sizeof(key));
    return now != 0 && now == key_hash;
}

static int find_key(void *context, mbedtls_ssl_context *ssl, const unsigned char *name,
                    size_t size)
{
    struct ln_dtls_server *server = context;
    struct ln_dtls_identity identity = {.proof = LN_DTLS_PSK, .name = ln_bytes(name, size)};
    uint8_t key[LN_DTLS_KEY_MAX];
    size_t length;
    uint64_t hash = ask_key(server, identity.name, key, &length);

    if (length == 0) {
        server->host.stats.unknown_identity++;
        return -1;
    }
    server->current->resumed = false;
    server->current->key_hash = hash;
    int error = claim(server, &identity) ? mbedtls_ssl_set_hs_psk(ssl, key, length)
                                         : MBEDTLS_ERR_SSL_ALLOC_FAILED;
    mbedtls_platform_zeroize(key, sizeof(key));
    return error;
}

/* Called for each certificate of a chain, the peer's own last. */
static int judge(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct ln_dtls_server *server = context;
    struct ln_bytes names[LN_DTLS_NAMES_MAX];
    int64_t wall = server->config.wall_offset;

    if (wall != 0) {
        *flags |= ln_dtls_date_flags(certificate, server->host.now + wall);
    }
    if (depth > 0 || *flags != 0) {
        return 0;
    }
    struct ln_dtls_identity identity = ln_dtls_identity_of(certificate, names);
    server->current->resumed = false;
    if (!claim(server, &identity)) {
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    if (!accepts(server, &identity)) {
        *flags |= MBEDTLS_X509_BADCERT_OTHER;
    }
    return 0;
}

static int write_ticket(void *context, const mbedtls_ssl_session *session, unsigned char *start,
                        const unsigned char *end, size_t *length, uint32_t *lifetime)
{
    struct ln_dtls_server *server = context;
    struct ln_writer out = ln_writer(start, (size_t)(end - start));

    *lifetime =
        server->current->identity == NULL
            ? 0
            : ln_dtls_ticket_seal(&server->tickets, server->host.now, session,
                                  server->current->identity, server->current->key_hash, &out);
    *length = *lifetime == 0 ? 0 : out.written;
    return 0; /* a ticket of no length is none */
}

static int read_ticket(void *context, mbedtls_ssl_session *session, unsigned char *sealed,
                       size_t size)
{
    struct ln_dtls_server *server = context;
    struct ln_bytes names[LN_DTLS_NAMES_MAX];
    struct ln_dtls_identity identity;
    uint64_t key_hash;

    if (!ln_dtls_ticket_open(&server->tickets, server->host.now, sealed, size, session,
                             &identity, names, &key_hash)) {
        return MBEDTLS_ERR_SSL_INVALID_MAC; /* a whole handshake then */
    }
    /* What the hello of the first handshake wished is none of this hello's wishes. */
    session->MBEDTLS_PRIVATE(mfl_code) = MBEDTLS_SSL_MAX_FRAG_LEN_NONE;
    if (!key_is_valid(server, &identity, key_hash) || !accepts(server, &identity)) {
        server->host.stats.refused_identity++;
        return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
    }
    if (!claim(server, &identity)) {
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    server->current->resumed = true;
    server->current->key_hash = key_hash;
    return 0;
}

/* The front has checked the cookie before Mbed TLS sees the hello. */
static int cookie_is_checked(void *context, const unsigned char *cookie, size_t size,
                             const unsigned char *peer, size_t peer_size)
{
    (void)context;
    (void)cookie;
    (void)size;
    (void)peer;
    (void)peer_size;
    return 0;
}

static int write_no_cookie(void *context, unsigned char **at, unsigned char *end,
                           const unsigned char *peer, size_t peer_size)
{
    (void)context;
    (void)at;
    (void)end;
    (void)peer;
    (void)peer_size;
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR; /* every hello that comes here has a cookie */
}

void ln_dtls_handshakes_configure(struct ln_dtls_server *server)
{
    const struct ln_dtls_server_config *config = &server->config;
    bool certificates = ln_dtls_trust_has_own(&server->trust);
    mbedtls_ssl_config *ssl = &server->ssl;

    mbedtls_ssl_conf_rng(ssl, ln_dtls_random, &server->host.random);
    mbedtls_ssl_conf_ciphersuites(ssl, ln_dtls_suites(config->psk != NULL, certificates));
    mbedtls_ssl_conf_min_tls_version(ssl, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_handshake_timeout(ssl, config->handshake_first, config->handshake_last);
    mbedtls_ssl_conf_dtls_cookies(ssl, write_no_cookie, cookie_is_checked, server);
    (void)mbedtls_ssl_conf_cid(ssl, LN_DTLS_CID_SIZE, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
    if (config->psk != NULL) {
        mbedtls_ssl_conf_psk_cb(ssl, find_key, server);
    }
    mbedtls_ssl_conf_authmode(ssl, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_verify(ssl, judge, server);
    mbedtls_ssl_conf_ca_chain(ssl, &server->trust.anchors, &server->trust.revoked);
    if (!config->no_tickets) {
        mbedtls_ssl_conf_session_tickets_cb(ssl, write_ticket, read_ticket, server);
    }
}

static void count_failure(struct ln_dtls_session *session,
                          const struct ln_dtls_outcome *outcome)
{
    struct ln_dtls_stats *stats = &session->server->host.stats;

    stats->failed_handshakes++;
    if (outcome->reason == LN_DTLS_TIMED_OUT) {
        stats->handshake_timeouts++;
    } else if (outcome->reason == LN_DTLS_NO_MEMORY) {
        stats->no_memory++;
    } else if (outcome->error == MBEDTLS_ERR_SSL_INVALID_MAC) {
        stats->wrong_key++;
    } else if (outcome->error == MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE) {
        stats->no_common_suite++;
    } else if (outcome->error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
        ln_dtls_count_verdict(stats, mbedtls_ssl_get_verify_result(&session->channel.ssl));
    }
}

/* Who began before the key was changed must not come in by the old one. */
static void finish(struct ln_dtls_session *session)
{
    struct ln_dtls_server *server = session->server;

    if (session->identity == NULL ||
        key_is_valid(server, session->identity, session->key_hash)) {
        ln_dtls_session_open(session);
        return;
    }
    server->host.stats.refused_identity++;
    server->host.stats.failed_handshakes++;
    ln_dtls_channel_alert(&session->channel, ACCESS_DENIED);
    ln_dtls_session_end(session, LN_DTLS_FAILED, ACCESS_DENIED);
}

void ln_dtls_handshake_go_on(struct ln_dtls_session *session)
{
    struct ln_dtls_server *server = session->server;

    server->current = session;
    struct ln_dtls_outcome outcome = ln_dtls_channel_shake(&session->channel);
    if (outcome.progress == LN_DTLS_DONE) {
        finish(session);
    } else if (outcome.progress == LN_DTLS_BROKEN) {
        count_failure(session, &outcome);
        ln_dtls_session_end(session, outcome.reason, outcome.alert);
    } else {
        ln_wheel_set(&server->wheel, &session->timer, session->channel.final);
    }
}

void ln_dtls_handshake_begin(struct ln_dtls_server *server, const struct ln_dtls_path *path,
                             uint64_t hello, struct ln_bytes datagram)
{
    ln_dtls_sessions_make_room(server);
    struct ln_dtls_session *session =
        ln_dtls_session_new(server, path, ln_dtls_session_number(server));
    if (session != NULL) {
        session->hello = hello;
        session->channel.datagram = datagram;
        ln_dtls_handshake_go_on(session);
    }
}
