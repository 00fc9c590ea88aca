/* Our own certificate, whom we trust, and how a peer's certificate is judged. */
#ifndef LN_DTLS_TRUST_H
#define LN_DTLS_TRUST_H

#include <linnet/dtls.h>

#include <mbedtls/ssl.h>

struct ln_dtls_trust {
    mbedtls_x509_crt own;
    mbedtls_pk_context key;
    mbedtls_x509_crt anchors;
    mbedtls_x509_crl revoked;
};

/* Parses all that is there. LN_ERR_BAD_CONFIG: some of it does not parse, or the key is another's. */
LN_MUST_USE ln_err ln_dtls_trust_init(struct ln_dtls_trust *trust,
                                      const struct ln_dtls_certificates *certificates,
                                      const struct ln_random *random);
void ln_dtls_trust_fini(struct ln_dtls_trust *trust);
/* Adds one anchor. */
LN_MUST_USE ln_err ln_dtls_trust_anchor(struct ln_dtls_trust *trust,
                                        struct ln_bytes certificate);
bool ln_dtls_trust_has_own(const struct ln_dtls_trust *trust);

/* The flags that this certificate earns at this Unix time in ms; 0: no time, no flags. */
uint32_t ln_dtls_date_flags(const mbedtls_x509_crt *certificate, int64_t unix_ms);

/* Counts why a certificate was refused. */
void ln_dtls_count_verdict(struct ln_dtls_stats *stats, uint32_t flags);

#endif
