/* The DTLS client: one session to one server, its trust in that server, its ticket for the next time. */

#include "client.h"
#include "suites.h"

#include <assert.h>

#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/platform_util.h>

enum {
    HANDSHAKE_FIRST_MS = 1000,
    HANDSHAKE_LAST_MS = 60 * 1000,
    MTU = 1280,
    SAVED_VERSION = 1,
    TICKET_MAX = 1024,
};

static_assert(sizeof(struct ln_dtls_client_inside) <= sizeof(struct ln_dtls_client),
              "LN_DTLS_CLIENT_SIZE is too small");

static struct ln_dtls_client_inside *inside(struct ln_dtls_client *client)
{
    return (struct ln_dtls_client_inside *)(void *)&client->state;
}

static const struct ln_dtls_client_inside *look_inside(const struct ln_dtls_client *client)
{
    return (const struct ln_dtls_client_inside *)(const void *)&client->state;
}

void ln_dtls_heap(void *memory, size_t size)
{
    mbedtls_memory_buffer_alloc_init(memory, size);
}

/* ---- Init ---- */

static void configure_common(struct ln_dtls_client_inside *client)
{
    const struct ln_dtls_client_config *config = &client->config;
    mbedtls_ssl_config *ssl = &client->ssl;
    uint32_t first =
        config->handshake_first != 0 ? config->handshake_first : HANDSHAKE_FIRST_MS;
    uint32_t last = config->handshake_last != 0 ? config->handshake_last : HANDSHAKE_LAST_MS;

    mbedtls_ssl_conf_rng(ssl, ln_dtls_random, &client->host.random);
    mbedtls_ssl_conf_min_tls_version(ssl, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_handshake_timeout(ssl, first, last);
    (void)mbedtls_ssl_conf_cid(ssl, 0, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
    mbedtls_ssl_conf_ciphersuites(
        ssl, ln_dtls_suites(config->psk_key.len > 0, ln_dtls_client_trust_has_own(client)));
    mbedtls_ssl_conf_authmode(ssl, MBEDTLS_SSL_VERIFY_REQUIRED);
}

static ln_err configure_key(struct ln_dtls_client_inside *client)
{
    struct ln_bytes key = client->config.psk_key;
    struct ln_bytes identity = client->config.psk_identity;

    if (key.len == 0) {
        return LN_OK;
    }
    if (key.len > LN_DTLS_KEY_MAX || identity.len == 0 || identity.len > LN_DTLS_IDENTITY_MAX) {
        return LN_ERR_BAD_CONFIG;
    }
    return mbedtls_ssl_conf_psk(&client->ssl, key.at, key.len, identity.at, identity.len) == 0
               ? LN_OK
               : LN_ERR_NO_MEMORY;
}

static bool is_sound(const struct ln_dtls_client_config *config)
{
    return config->size == sizeof(*config) && config->random.fill != NULL &&
           (unsigned)config->usage <= LN_DTLS_DOMAIN_ISSUED &&
           (unsigned)config->matching <= LN_DTLS_SHA512;
}

static ln_err configure(struct ln_dtls_client_inside *client)
{
    ln_err err = ln_dtls_client_trust_parse(client);
    if (err != LN_OK) {
        return err;
    }
    if (mbedtls_ssl_config_defaults(&client->ssl, MBEDTLS_SSL_IS_CLIENT,
                                    MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return LN_ERR_NO_MEMORY;
    }
    configure_common(client);
    err = configure_key(client);
    return err != LN_OK ? err : ln_dtls_client_trust_configure(client);
}

ln_err ln_dtls_client_init(struct ln_dtls_client *given,
                           const struct ln_dtls_client_config *config)
{
    struct ln_dtls_client_inside *client = inside(given);

    *given = (struct ln_dtls_client){0};
    if (!is_sound(config)) {
        return LN_ERR_BAD_CONFIG;
    }
    client->config = *config;
    client->host.random = config->random;
    mbedtls_ssl_config_init(&client->ssl);
    mbedtls_ssl_session_init(&client->ticket);
    ln_dtls_queue_init(&client->host.queue, client->queue_memory, sizeof(client->queue_memory));
    client->is_ready = true;
    ln_err err = configure(client);
    if (err != LN_OK) {
        ln_dtls_client_fini(given);
    }
    return err;
}

static void drop_session(struct ln_dtls_client_inside *client)
{
    if (client->state != CLOSED) {
        ln_dtls_channel_fini(&client->channel);
        client->state = CLOSED;
    }
}

void ln_dtls_client_fini(struct ln_dtls_client *given)
{
    struct ln_dtls_client_inside *client = inside(given);

    if (client->is_ready) {
        drop_session(client);
        mbedtls_ssl_config_free(&client->ssl);
        ln_dtls_client_trust_fini(client);
        mbedtls_ssl_session_free(&client->ticket);
    }
    mbedtls_platform_zeroize(given, sizeof(*given));
}

/* ---- Its life ---- */

static void keep_ticket(struct ln_dtls_client_inside *client)
{
    mbedtls_ssl_session_free(&client->ticket);
    mbedtls_ssl_session_init(&client->ticket);
    client->has_ticket = mbedtls_ssl_get_session(&client->channel.ssl, &client->ticket) == 0;
}

static void forget_ticket(struct ln_dtls_client_inside *client)
{
    mbedtls_ssl_session_free(&client->ticket);
    mbedtls_ssl_session_init(&client->ticket);
    client->has_ticket = false;
}

static void report_closed(struct ln_dtls_client_inside *client,
                          const struct ln_dtls_outcome *outcome)
{
    drop_session(client);
    client->outcome = *outcome;
    client->tell_closed = true;
    client->host.stats.closed++;
}

static void count_failure(struct ln_dtls_client_inside *client,
                          const struct ln_dtls_outcome *outcome)
{
    struct ln_dtls_stats *stats = &client->host.stats;

    stats->failed_handshakes++;
    stats->handshake_timeouts += outcome->reason == LN_DTLS_TIMED_OUT;
    stats->wrong_key += outcome->error == MBEDTLS_ERR_SSL_INVALID_MAC;
    ln_dtls_client_trust_count(client, outcome->error);
}

static void shake(struct ln_dtls_client_inside *client)
{
    struct ln_dtls_outcome outcome = ln_dtls_channel_shake(&client->channel);

    if (outcome.progress == LN_DTLS_DONE) {
        client->state = OPEN;
        client->tell_opened = true;
        client->host.stats.opened++;
        keep_ticket(client);
    } else if (outcome.progress == LN_DTLS_BROKEN) {
        count_failure(client, &outcome);
        forget_ticket(client);
        report_closed(client, &outcome);
    }
}

static ln_err begin(struct ln_dtls_client_inside *client)
{
    const struct ln_dtls_client_config *config = &client->config;

    drop_session(client);
    client->tell_opened = client->tell_closed = false;
    client->chain_flags = 0;
    client->saw_expected = false;
    client->channel.path = (struct ln_dtls_path){0};
    client->channel.datagram = ln_bytes(NULL, 0);
    ln_err err = ln_dtls_channel_init(&client->channel, &client->host, &client->ssl,
                                      config->mtu != 0 ? config->mtu : MTU);
    if (err != LN_OK) {
        return err;
    }
    client->state = SHAKING;
    if (mbedtls_ssl_set_hostname(&client->channel.ssl, config->server_name) != 0 ||
        (!config->no_connection_id &&
         mbedtls_ssl_set_cid(&client->channel.ssl, MBEDTLS_SSL_CID_ENABLED, NULL, 0) != 0)) {
        drop_session(client);
        return LN_ERR_NO_MEMORY;
    }
    return LN_OK;
}

void ln_dtls_client_connect(struct ln_dtls_client *given, ln_time now)
{
    struct ln_dtls_client_inside *client = inside(given);

    client->host.now = now;
    if (begin(client) != LN_OK) {
        client->host.stats.no_memory++;
        report_closed(client, &(struct ln_dtls_outcome){.reason = LN_DTLS_NO_MEMORY,
                                                        .alert = LN_DTLS_NO_ALERT});
        return;
    }
    if (client->has_ticket) {
        (void)!mbedtls_ssl_set_session(&client->channel.ssl, &client->ticket);
    }
    shake(client);
}

void ln_dtls_client_recv(struct ln_dtls_client *given, ln_time now, struct ln_bytes datagram)
{
    struct ln_dtls_client_inside *client = inside(given);

    client->host.now = now;
    if (client->state == CLOSED) {
        client->host.stats.unknown_session++;
        return;
    }
    client->channel.datagram = datagram;
    if (client->state == SHAKING) {
        shake(client);
    }
}

size_t ln_dtls_client_read(struct ln_dtls_client *given, ln_time now, void *buf, size_t size)
{
    struct ln_dtls_client_inside *client = inside(given);
    struct ln_dtls_outcome outcome;

    client->host.now = now;
    if (client->state != OPEN) {
        return 0;
    }
    size_t got = ln_dtls_channel_read(&client->channel, buf, size, &outcome);
    if (got > 0) {
        return got;
    }
    client->channel.datagram = ln_bytes(NULL, 0);
    if (outcome.progress == LN_DTLS_BROKEN) {
        if (outcome.alert == LN_DTLS_CLOSE_NOTIFY) {
            ln_dtls_channel_alert(&client->channel, LN_DTLS_CLOSE_NOTIFY);
        }
        report_closed(client, &outcome);
    }
    return 0;
}

ln_err ln_dtls_client_write(struct ln_dtls_client *given, ln_time now,
                            struct ln_bytes plaintext)
{
    struct ln_dtls_client_inside *client = inside(given);

    client->host.now = now;
    return client->state == OPEN ? ln_dtls_channel_write(&client->channel, plaintext)
                                 : LN_ERR_NOT_FOUND;
}

size_t ln_dtls_client_send(struct ln_dtls_client *given, ln_time now, void *buf, size_t size)
{
    struct ln_dtls_client_inside *client = inside(given);
    struct ln_dtls_path path;

    client->host.now = now;
    if (client->state == SHAKING && now >= client->channel.final) {
        shake(client);
    }
    return ln_dtls_queue_pop(&client->host.queue, buf, size, &path);
}

ln_time ln_dtls_client_deadline(const struct ln_dtls_client *given)
{
    const struct ln_dtls_client_inside *client = look_inside(given);

    if (client->host.queue.count > 0) {
        return client->host.now;
    }
    return client->state == SHAKING ? client->channel.final : LN_NEVER;
}

bool ln_dtls_client_event(struct ln_dtls_client *given, struct ln_dtls_event *event)
{
    struct ln_dtls_client_inside *client = inside(given);

    *event = (struct ln_dtls_event){.alert = LN_DTLS_NO_ALERT};
    if (client->tell_opened) {
        client->tell_opened = false;
        event->kind = LN_DTLS_OPENED;
        event->connection_id =
            client->state == OPEN && ln_dtls_channel_has_cid(&client->channel);
        return true;
    }
    if (client->tell_closed) {
        client->tell_closed = false;
        event->kind = LN_DTLS_CLOSED;
        event->reason = client->outcome.reason;
        event->alert = client->outcome.alert;
        return true;
    }
    return false;
}

void ln_dtls_client_close(struct ln_dtls_client *given, ln_time now)
{
    struct ln_dtls_client_inside *client = inside(given);

    client->host.now = now;
    if (client->state == CLOSED) {
        return;
    }
    if (client->state == OPEN) {
        ln_dtls_channel_alert(&client->channel, LN_DTLS_CLOSE_NOTIFY);
    }
    report_closed(
        client, &(struct ln_dtls_outcome){.reason = LN_DTLS_BY_US, .alert = LN_DTLS_NO_ALERT});
}

bool ln_dtls_client_is_open(const struct ln_dtls_client *given)
{
    return look_inside(given)->state == OPEN;
}

/* ---- Saved ---- */

/* The ticket first, if it fits: its length, itself, then the session. */
static bool write_ticket(struct ln_dtls_client_inside *client, struct ln_writer *out)
{
    uint8_t ticket[TICKET_MAX];
    size_t length = 0;

    if (!client->has_ticket ||
        mbedtls_ssl_session_save(&client->ticket, ticket, sizeof(ticket), &length) != 0) {
        length = 0;
    }
    ln_write_u16(out, (uint16_t)length);
    ln_write_bytes(out, ln_bytes(ticket, length));
    mbedtls_platform_zeroize(ticket, sizeof(ticket));
    return !out->failed;
}

size_t ln_dtls_client_save(struct ln_dtls_client *given, void *buf, size_t size)
{
    struct ln_dtls_client_inside *client = inside(given);
    struct ln_writer out = ln_writer(buf, size);
    size_t length = 0;

    if (client->state != OPEN) {
        return 0;
    }
    ln_write_u8(&out, SAVED_VERSION);
    if (!write_ticket(client, &out) ||
        mbedtls_ssl_context_save(&client->channel.ssl, out.out + out.written,
                                 size - out.written, &length) != 0) {
        return 0;
    }
    drop_session(client);
    return out.written + length;
}

static ln_err load(struct ln_dtls_client_inside *client, struct ln_reader *in)
{
    struct ln_bytes ticket = ln_read_bytes(in, ln_read_u16(in));
    struct ln_bytes session = ln_read_rest(in);

    if (in->failed ||
        mbedtls_ssl_context_load(&client->channel.ssl, session.at, session.len) != 0) {
        return LN_ERR_BAD_VALUE;
    }
    if (ticket.len > 0) {
        forget_ticket(client);
        client->has_ticket =
            mbedtls_ssl_session_load(&client->ticket, ticket.at, ticket.len) == 0;
    }
    return LN_OK;
}

ln_err ln_dtls_client_restore(struct ln_dtls_client *given, ln_time now, struct ln_bytes saved)
{
    struct ln_dtls_client_inside *client = inside(given);
    struct ln_reader in = ln_reader(saved);

    client->host.now = now;
    if (ln_read_u8(&in) != SAVED_VERSION) {
        return LN_ERR_BAD_VALUE;
    }
    ln_err err = begin(client);
    if (err == LN_OK) {
        err = load(client, &in);
    }
    if (err != LN_OK) {
        drop_session(client);
        return err;
    }
    client->state = OPEN;
    client->tell_opened = true;
    client->host.stats.opened++;
    return LN_OK;
}

const struct ln_dtls_stats *ln_dtls_client_stats(const struct ln_dtls_client *given)
{
    return &look_inside(given)->host.stats;
}
