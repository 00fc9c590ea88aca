/* Session tickets: a session's master secret and its peer's identity, sealed by a key that changes. */
#ifndef LN_DTLS_TICKET_H
#define LN_DTLS_TICKET_H

#include "identity.h"
#include "rotation.h"

#include <mbedtls/gcm.h>
#include <mbedtls/ssl.h>

enum { LN_DTLS_TICKET_KEY_NAME = 4 };

struct ln_dtls_ticket_key {
    mbedtls_gcm_context gcm;
    uint8_t name[LN_DTLS_TICKET_KEY_NAME];
};

/* A ticket is good for one to two of the keys' periods. */
struct ln_dtls_tickets {
    const struct ln_random *random;
    struct ln_dtls_ticket_key keys[LN_DTLS_ROTATING];
    struct ln_dtls_rotation rotation;
};

LN_MUST_USE ln_err ln_dtls_tickets_init(struct ln_dtls_tickets *tickets,
                                        const struct ln_random *random, ln_time now);
void ln_dtls_tickets_fini(struct ln_dtls_tickets *tickets);
/* The lifetime in seconds that the ticket bears; 0: none was written. */
uint32_t ln_dtls_ticket_seal(struct ln_dtls_tickets *tickets, ln_time now,
                             const mbedtls_ssl_session *session,
                             const struct ln_dtls_identity *identity, uint64_t key_hash,
                             struct ln_writer *out);
/* Opens it in place: what it gives is borrowed from `sealed` and `names`. */
LN_MUST_USE bool ln_dtls_ticket_open(struct ln_dtls_tickets *tickets, ln_time now,
                                     uint8_t *sealed, size_t size, mbedtls_ssl_session *session,
                                     struct ln_dtls_identity *identity,
                                     struct ln_bytes names[LN_DTLS_NAMES_MAX],
                                     uint64_t *key_hash);

#endif
