/* A cookie is an HMAC over the peer's address and its hello, under a key that changes: no memory. */

#include "cookie.h"

#include <mbedtls/constant_time.h>
#include <mbedtls/platform_util.h>

enum { PERIOD_MS = 60 * 1000, KEY_SIZE = 32 };

static bool draw_key(struct ln_dtls_cookies *cookies, uint8_t which)
{
    uint8_t key[KEY_SIZE];

    cookies->random->fill(cookies->random->context, key, sizeof(key));
    int failed = mbedtls_md_hmac_starts(&cookies->keys[which], key, sizeof(key));
    mbedtls_platform_zeroize(key, sizeof(key));
    return failed == 0;
}

ln_err ln_dtls_cookies_init(struct ln_dtls_cookies *cookies, const struct ln_random *random,
                            ln_time now)
{
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);

    *cookies = (struct ln_dtls_cookies){
        .random = random,
        .rotation = ln_dtls_rotation(now, PERIOD_MS),
    };
    for (uint8_t i = 0; i < LN_DTLS_ROTATING; i++) {
        mbedtls_md_init(&cookies->keys[i]);
        if (mbedtls_md_setup(&cookies->keys[i], sha256, 1) != 0 || !draw_key(cookies, i)) {
            return LN_ERR_NO_MEMORY;
        }
    }
    return LN_OK;
}

void ln_dtls_cookies_fini(struct ln_dtls_cookies *cookies)
{
    for (int i = 0; i < LN_DTLS_ROTATING; i++) {
        mbedtls_md_free(&cookies->keys[i]);
    }
}

static void rotate(struct ln_dtls_cookies *cookies, ln_time now)
{
    for (size_t due = ln_dtls_rotation_due(&cookies->rotation, now); due > 0; due--) {
        draw_key(cookies, ln_dtls_rotation_next(&cookies->rotation));
    }
}

static void feed(mbedtls_md_context_t *key, struct ln_bytes bytes)
{
    uint8_t prefix[4];
    struct ln_writer out = ln_writer(prefix, sizeof(prefix));

    ln_write_u32(&out, (uint32_t)bytes.len);
    mbedtls_md_hmac_update(key, prefix, sizeof(prefix));
    mbedtls_md_hmac_update(key, bytes.at, bytes.len);
}

static void make(mbedtls_md_context_t *key, const struct ln_address *peer,
                 const struct ln_dtls_hello *hello, uint8_t cookie[LN_DTLS_COOKIE_SIZE])
{
    uint8_t address[sizeof(peer->ip) + 6];
    struct ln_writer out = ln_writer(address, sizeof(address));

    ln_write_bytes(&out, ln_bytes(peer->ip, sizeof(peer->ip)));
    ln_write_u32(&out, peer->scope);
    ln_write_u16(&out, peer->port);
    mbedtls_md_hmac_reset(key);
    feed(key, ln_writer_bytes(&out));
    feed(key, hello->before_cookie);
    feed(key, hello->after_cookie);
    mbedtls_md_hmac_finish(key, cookie);
}

void ln_dtls_cookie_make(struct ln_dtls_cookies *cookies, ln_time now,
                         const struct ln_address *peer, const struct ln_dtls_hello *hello,
                         uint8_t cookie[LN_DTLS_COOKIE_SIZE])
{
    rotate(cookies, now);
    make(&cookies->keys[cookies->rotation.newer], peer, hello, cookie);
}

bool ln_dtls_cookie_is_ours(struct ln_dtls_cookies *cookies, ln_time now,
                            const struct ln_address *peer, const struct ln_dtls_hello *hello)
{
    if (hello->cookie.len != LN_DTLS_COOKIE_SIZE) {
        return false;
    }
    rotate(cookies, now);
    for (int i = 0; i < LN_DTLS_ROTATING; i++) {
        uint8_t cookie[LN_DTLS_COOKIE_SIZE];

        make(&cookies->keys[cookies->rotation.newer ^ i], peer, hello, cookie);
        if (mbedtls_ct_memcmp(cookie, hello->cookie.at, sizeof(cookie)) == 0) {
            return true;
        }
    }
    return false;
}
