/* One DTLS session on Mbed TLS: datagrams and time handed in, datagrams handed to a queue. */
#ifndef LN_DTLS_CHANNEL_H
#define LN_DTLS_CHANNEL_H

#include "queue.h"

#include <mbedtls/ssl.h>

/* Holds any record of a handshake, with all that Mbed TLS puts around it. */
enum { LN_DTLS_BUFFER_SIZE = MBEDTLS_SSL_IN_CONTENT_LEN + 1024 };

/* What the sessions of one server, or of one client, share. */
struct ln_dtls_host {
    struct ln_random random;
    ln_time now; /* of the call that is being served */
    struct ln_dtls_queue queue;
    struct ln_dtls_stats stats;
    uint8_t *shared_in; /* LN_DTLS_BUFFER_SIZE, and the other; NULL: each keeps its own */
    uint8_t *shared_out;
};

struct ln_dtls_channel {
    mbedtls_ssl_context ssl;
    struct ln_dtls_host *host;
    struct ln_bytes datagram; /* what Mbed TLS has not taken yet */
    ln_time early;            /* its two timers; LN_NEVER if not set */
    ln_time final;
    struct ln_dtls_path path;
    bool shares_buffers;
};

enum ln_dtls_progress {
    LN_DTLS_WAITING, /* for a datagram or for `final` */
    LN_DTLS_DONE,    /* handshake: finished */
    LN_DTLS_BROKEN,  /* for `reason` and `alert`; all is said to the peer that is to be said */
};

struct ln_dtls_outcome {
    enum ln_dtls_progress progress;
    enum ln_dtls_reason reason;
    int alert;
    int error; /* of Mbed TLS */
};

/* mbedtls_ssl_conf_rng() takes it, with the struct ln_random as context. */
int ln_dtls_random(void *random, unsigned char *out, size_t size);

/* A message size that a record of this library can hold, after the handshake. */
LN_MUST_USE ln_err ln_dtls_channel_init(struct ln_dtls_channel *channel,
                                        struct ln_dtls_host *host,
                                        const mbedtls_ssl_config *config, uint16_t mtu);
void ln_dtls_channel_fini(struct ln_dtls_channel *channel);

/*
 * Takes a session that is between two records to the buffers of its host, and frees its own, which are
 * two thirds of its memory. One session is read from or written to at a time, and when a call returns Mbed
 * TLS is done with what it has in its buffers. Does nothing while a handshake or a record is under way.
 */
void ln_dtls_channel_share_buffers(struct ln_dtls_channel *channel);

/* Goes on with the handshake by the datagram, if there is one, and by the time. */
struct ln_dtls_outcome ln_dtls_channel_shake(struct ln_dtls_channel *channel);
/* The next plaintext; 0 with LN_DTLS_WAITING: no more. */
size_t ln_dtls_channel_read(struct ln_dtls_channel *channel, void *buf, size_t size,
                            struct ln_dtls_outcome *outcome);
LN_MUST_USE ln_err ln_dtls_channel_write(struct ln_dtls_channel *channel,
                                         struct ln_bytes plaintext);
/* close_notify, or a fatal alert. */
void ln_dtls_channel_alert(struct ln_dtls_channel *channel, int alert);

/* What changes with each record that authenticates. */
struct ln_dtls_window {
    uint64_t top;
    uint64_t seen;
};
struct ln_dtls_window ln_dtls_channel_window(const struct ln_dtls_channel *channel);

/* Whether the peer takes part in Connection IDs. */
bool ln_dtls_channel_has_cid(struct ln_dtls_channel *channel);

#endif
