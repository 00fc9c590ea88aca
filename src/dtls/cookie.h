/* Cookies of HelloVerifyRequests: who answers with the right one has the address that it claims. */
#ifndef LN_DTLS_COOKIE_H
#define LN_DTLS_COOKIE_H

#include "hello.h"
#include "rotation.h"

#include <mbedtls/md.h>

/* A cookie lives for one to two of their periods. */
struct ln_dtls_cookies {
    const struct ln_random *random;
    mbedtls_md_context_t keys[LN_DTLS_ROTATING];
    struct ln_dtls_rotation rotation;
};

LN_MUST_USE ln_err ln_dtls_cookies_init(struct ln_dtls_cookies *cookies,
                                        const struct ln_random *random, ln_time now);
/* Safe twice, and after a failed init. */
void ln_dtls_cookies_fini(struct ln_dtls_cookies *cookies);
void ln_dtls_cookie_make(struct ln_dtls_cookies *cookies, ln_time now,
                         const struct ln_address *peer, const struct ln_dtls_hello *hello,
                         uint8_t cookie[LN_DTLS_COOKIE_SIZE]);
LN_MUST_USE bool ln_dtls_cookie_is_ours(struct ln_dtls_cookies *cookies, ln_time now,
                                        const struct ln_address *peer,
                                        const struct ln_dtls_hello *hello);

#endif
