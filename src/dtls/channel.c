/* The glue to Mbed TLS: its input, output, timers and errors. */

#include "channel.h"

#include <mbedtls/error.h>

int ln_dtls_random(void *random, unsigned char *out, size_t size)
{
    const struct ln_random *source = random;

    source->fill(source->context, out, size);
    return 0;
}

static int take_datagram(void *context, unsigned char *buf, size_t size)
{
    struct ln_dtls_channel *channel = context;
    struct ln_writer out = ln_writer(buf, size);
    size_t length = channel->datagram.len;

    if (length == 0) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    ln_write_bytes(&out, channel->datagram);
    channel->datagram = ln_bytes(NULL, 0);
    return out.failed ? MBEDTLS_ERR_SSL_WANT_READ : (int)length;
}

/* Where the queue is full the datagram is lost, as any may be on its way. */
static int give_datagram(void *context, const unsigned char *buf, size_t size)
{
    struct ln_dtls_channel *channel = context;

    if (!ln_dtls_queue_push(&channel->host->queue, &channel->path, ln_bytes(buf, size))) {
        channel->host->stats.dropped_datagrams++;
    }
    return (int)size;
}

static void set_timer(void *context, uint32_t early, uint32_t final)
{
    struct ln_dtls_channel *channel = context;
    ln_time now = channel->host->now;

    channel->early = final == 0 ? LN_NEVER : ln_time_after(now, early);
    channel->final = final == 0 ? LN_NEVER : ln_time_after(now, final);
}

static int get_timer(void *context)
{
    const struct ln_dtls_channel *channel = context;
    ln_time now = channel->host->now;

    if (channel->final == LN_NEVER) {
        return -1;
    }
    return now >= channel->final ? 2 : now >= channel->early;
}

ln_err ln_dtls_channel_init(struct ln_dtls_channel *channel, struct ln_dtls_host *host,
                            const mbedtls_ssl_config *config, uint16_t mtu)
{
    channel->host = host;
    channel->early = channel->final = LN_NEVER;
    mbedtls_ssl_init(&channel->ssl);
    if (mbedtls_ssl_setup(&channel->ssl, config) != 0) {
        ln_dtls_channel_fini(channel);
        return LN_ERR_NO_MEMORY;
    }
    mbedtls_ssl_set_mtu(&channel->ssl, mtu);
    mbedtls_ssl_set_bio(&channel->ssl, channel, give_datagram, take_datagram, NULL);
    mbedtls_ssl_set_timer_cb(&channel->ssl, channel, set_timer, get_timer);
    return LN_OK;
}

void ln_dtls_channel_fini(struct ln_dtls_channel *channel)
{
    if (channel->shares_buffers) {
        channel->ssl.MBEDTLS_PRIVATE(in_buf) = NULL;
        channel->ssl.MBEDTLS_PRIVATE(out_buf) = NULL;
        channel->shares_buffers = false;
    }
    mbedtls_ssl_free(&channel->ssl);
}

/* The alert that Mbed TLS has sent for this error. */
static int alert_of(const struct ln_dtls_channel *channel, int error)
{
    /* clang-format off */
    static const struct { int error; int alert; } alerts[] = {
        { MBEDTLS_ERR_SSL_INVALID_MAC,           MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC       },
        { MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE,    MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE   },
        { MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY,      MBEDTLS_SSL_ALERT_MSG_UNKNOWN_PSK_IDENTITY },
        { MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION,  MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION     },
        { MBEDTLS_ERR_SSL_DECODE_ERROR,          MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR         },
        { MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER,     MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER    },
        { MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE,     MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE    },
        { MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE    },
        { MBEDTLS_ERR_SSL_BAD_CERTIFICATE,       MBEDTLS_SSL_ALERT_MSG_BAD_CERT             },
        { MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_EXT      },
        { MBEDTLS_ERR_SSL_INTERNAL_ERROR,        MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR       },
    };
    /* clang-format on */
    static const struct {
        uint32_t flag;
        int alert;
    } verdicts[] = {
        /* In the order in which Mbed TLS chooses. */
        {MBEDTLS_X509_BADCERT_OTHER, MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED},
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, MBEDTLS_SSL_ALERT_MSG_BAD_CERT},
        {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
             MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
         MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT},
        {MBEDTLS_X509_BADCERT_EXPIRED, MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED},
        {MBEDTLS_X509_BADCERT_REVOKED, MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA},
    };

    if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
        uint32_t flags = mbedtls_ssl_get_verify_result(&channel->ssl);
        for (size_t i = 0; i < LN_COUNT(verdicts); i++) {
            if ((flags & verdicts[i].flag) != 0) {
                return verdicts[i].alert;
            }
        }
        return MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN;
    }
    for (size_t i = 0; i < LN_COUNT(alerts); i++) {
        if (alerts[i].error == error) {
            return alerts[i].alert;
        }
    }
    return LN_DTLS_NO_ALERT;
}

static struct ln_dtls_outcome outcome_of(const struct ln_dtls_channel *channel, int error)
{
    struct ln_dtls_outcome broken = {
        .progress = LN_DTLS_BROKEN,
        .reason = LN_DTLS_FAILED,
        .alert = LN_DTLS_NO_ALERT,
        .error = error,
    };

    switch (error) {
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE:
        return (struct ln_dtls_outcome){.progress = LN_DTLS_WAITING};
    case MBEDTLS_ERR_SSL_TIMEOUT:
        broken.reason = LN_DTLS_TIMED_OUT;
        break;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
        broken.reason = LN_DTLS_NO_MEMORY;
        break;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        broken.reason = LN_DTLS_BY_PEER;
        broken.alert = LN_DTLS_CLOSE_NOTIFY;
        break;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        broken.reason = LN_DTLS_BY_PEER;
        broken.alert = channel->ssl.MBEDTLS_PRIVATE(in_msg)[1];
        channel->host->stats.alerts_received++;
        break;
    default:
        broken.alert = alert_of(channel, error);
        channel->host->stats.alerts_sent += broken.alert != LN_DTLS_NO_ALERT;
    }
    return broken;
}

struct ln_dtls_outcome ln_dtls_channel_shake(struct ln_dtls_channel *channel)
{
    int error = mbedtls_ssl_handshake(&channel->ssl);

    /* A timer that ran out is served first, and leaves the datagram where it was. */
    if (error == MBEDTLS_ERR_SSL_WANT_READ && channel->datagram.len > 0) {
        error = mbedtls_ssl_handshake(&channel->ssl);
    }
    channel->datagram = ln_bytes(NULL, 0);
    if (error == 0) {
        return (struct ln_dtls_outcome){.progress = LN_DTLS_DONE};
    }
    return outcome_of(channel, error);
}

size_t ln_dtls_channel_read(struct ln_dtls_channel *channel, void *buf, size_t size,
                            struct ln_dtls_outcome *outcome)
{
    int got;

    /* A record without content ends a read, not the datagram. */
    do {
        got = mbedtls_ssl_read(&channel->ssl, buf, size);
    } while (got == 0);
    if (got < 0) {
        *outcome = outcome_of(channel, got);
        return 0;
    }
    /* What is longer than the caller's buffer is lost, not another message. */
    while (mbedtls_ssl_get_bytes_avail(&channel->ssl) > 0) {
        uint8_t rest[64];
        (void)!mbedtls_ssl_read(&channel->ssl, rest, sizeof(rest));
    }
    *outcome = (struct ln_dtls_outcome){.progress = LN_DTLS_WAITING};
    return (size_t)got;
}

ln_err ln_dtls_channel_write(struct ln_dtls_channel *channel, struct ln_bytes plaintext)
{
    if (plaintext.len > LN_DTLS_PLAIN_MAX) {
        return LN_ERR_TOO_LARGE;
    }
    uint64_t dropped = channel->host->stats.dropped_datagrams;
    int put = mbedtls_ssl_write(&channel->ssl, plaintext.at, plaintext.len);

    if (put < 0 || (size_t)put != plaintext.len) {
        return LN_ERR_INTERNAL;
    }
    return channel->host->stats.dropped_datagrams == dropped ? LN_OK : LN_ERR_NO_SPACE;
}

void ln_dtls_channel_alert(struct ln_dtls_channel *channel, int alert)
{
    if (alert == LN_DTLS_CLOSE_NOTIFY) {
        (void)mbedtls_ssl_close_notify(&channel->ssl);
    } else if (mbedtls_ssl_send_alert_message(&channel->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                              (unsigned char)alert) == 0) {
        channel->host->stats.alerts_sent++;
    }
}

struct ln_dtls_window ln_dtls_channel_window(const struct ln_dtls_channel *channel)
{
    return (struct ln_dtls_window){
        .top = channel->ssl.MBEDTLS_PRIVATE(in_window_top),
        .seen = channel->ssl.MBEDTLS_PRIVATE(in_window),
    };
}

bool ln_dtls_channel_has_cid(struct ln_dtls_channel *channel)
{
    int enabled = MBEDTLS_SSL_CID_DISABLED;
    unsigned char cid[MBEDTLS_SSL_CID_OUT_LEN_MAX];
    size_t length = 0;

    return mbedtls_ssl_get_peer_cid(&channel->ssl, &enabled, cid, &length) == 0 &&
           enabled == MBEDTLS_SSL_CID_ENABLED;
}
