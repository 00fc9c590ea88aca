/* What is inside a DTLS client. Its trust in certificates is a part that may be left out. */
#ifndef LN_DTLS_CLIENT_H
#define LN_DTLS_CLIENT_H

#include "channel.h"
#include "trust.h"

enum { LN_DTLS_CLIENT_QUEUE = 6 * 1024 };

enum ln_dtls_client_state { CLOSED, SHAKING, OPEN };

struct ln_dtls_client_inside {
    struct ln_dtls_host host;
    struct ln_dtls_client_config config;
    mbedtls_ssl_config ssl;
    struct ln_dtls_trust trust;
    mbedtls_x509_crt expected; /* LN_DTLS_EXACT */
    mbedtls_ssl_session ticket;
    struct ln_dtls_channel channel;
    struct ln_dtls_outcome outcome; /* of the event that waits */
    enum ln_dtls_client_state state;
    uint32_t chain_flags; /* of the server's chain, above its own certificate */
    bool saw_expected;    /* above its own certificate */
    bool is_ready;
    bool has_ticket;
    bool tell_opened;
    bool tell_closed;
    uint64_t queue_memory[LN_DTLS_CLIENT_QUEUE / 8];
};

/*
 * client_trust.c; or client_no_trust.c for devices that know keys only, which link no certificates.
 * The first parses what the config gives, the second tells Mbed TLS of it.
 */
LN_MUST_USE ln_err ln_dtls_client_trust_parse(struct ln_dtls_client_inside *client);
LN_MUST_USE ln_err ln_dtls_client_trust_configure(struct ln_dtls_client_inside *client);
bool ln_dtls_client_trust_has_own(const struct ln_dtls_client_inside *client);
void ln_dtls_client_trust_fini(struct ln_dtls_client_inside *client);
/* Counts why a handshake that ended with this error of Mbed TLS's was refused. */
void ln_dtls_client_trust_count(struct ln_dtls_client_inside *client, int error);

#endif
