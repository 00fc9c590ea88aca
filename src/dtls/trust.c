/* Parses certificates and keys, and checks dates by the time that the caller gave. */

#include "trust.h"

#include "channel.h"

void ln_dtls_trust_fini(struct ln_dtls_trust *trust)
{
    mbedtls_x509_crt_free(&trust->own);
    mbedtls_pk_free(&trust->key);
    mbedtls_x509_crt_free(&trust->anchors);
    mbedtls_x509_crl_free(&trust->revoked);
}

static bool parse_certificates(mbedtls_x509_crt *list, struct ln_bytes bytes)
{
    return bytes.len == 0 || mbedtls_x509_crt_parse(list, bytes.at, bytes.len) == 0;
}

static bool parse_own(struct ln_dtls_trust *trust, const struct ln_dtls_certificates *given,
                      const struct ln_random *random)
{
    if (given->chain.len == 0) {
        return given->key.len == 0;
    }
    return mbedtls_x509_crt_parse(&trust->own, given->chain.at, given->chain.len) == 0 &&
           mbedtls_pk_parse_key(&trust->key, given->key.at, given->key.len, NULL, 0,
                                ln_dtls_random, (void *)(uintptr_t)random) == 0 &&
           mbedtls_pk_check_pair(&trust->own.pk, &trust->key, ln_dtls_random,
                                 (void *)(uintptr_t)random) == 0;
}

ln_err ln_dtls_trust_init(struct ln_dtls_trust *trust,
                          const struct ln_dtls_certificates *certificates,
                          const struct ln_random *random)
{
    struct ln_bytes revoked = certificates->revoked;

    mbedtls_x509_crt_init(&trust->own);
    mbedtls_pk_init(&trust->key);
    mbedtls_x509_crt_init(&trust->anchors);
    mbedtls_x509_crl_init(&trust->revoked);
    if (parse_own(trust, certificates, random) &&
        parse_certificates(&trust->anchors, certificates->trusted) &&
        (revoked.len == 0 ||
         mbedtls_x509_crl_parse(&trust->revoked, revoked.at, revoked.len) == 0)) {
        return LN_OK;
    }
    ln_dtls_trust_fini(trust);
    return LN_ERR_BAD_CONFIG;
}

ln_err ln_dtls_trust_anchor(struct ln_dtls_trust *trust, struct ln_bytes certificate)
{
    return parse_certificates(&trust->anchors, certificate) ? LN_OK : LN_ERR_BAD_CONFIG;
}

bool ln_dtls_trust_has_own(const struct ln_dtls_trust *trust)
{
    return trust->own.raw.len > 0;
}

/* Days from 1970 of a day of the Gregorian calendar: years begin in March, so February ends one. */
static int64_t days_of(const mbedtls_x509_time *date)
{
    int64_t year = date->year - (date->mon <= 2);
    int64_t month = (date->mon + 9) % 12;
    int64_t before = 365 * year + year / 4 - year / 100 + year / 400;

    return before + (153 * month + 2) / 5 + date->day - 1 - 719468;
}

static int64_t seconds_of(const mbedtls_x509_time *date)
{
    return days_of(date) * 86400 + date->hour * 3600 + date->min * 60 + date->sec;
}

uint32_t ln_dtls_date_flags(const mbedtls_x509_crt *certificate, int64_t unix_ms)
{
    int64_t seconds = unix_ms / 1000;

    if (unix_ms == 0) {
        return 0;
    }
    if (seconds > seconds_of(&certificate->valid_to)) {
        return MBEDTLS_X509_BADCERT_EXPIRED;
    }
    return seconds < seconds_of(&certificate->valid_from) ? MBEDTLS_X509_BADCERT_FUTURE : 0;
}

void ln_dtls_count_verdict(struct ln_dtls_stats *stats, uint32_t flags)
{
    if (flags & (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) {
        stats->expired_certificate++;
    } else if (flags & MBEDTLS_X509_BADCERT_REVOKED) {
        stats->revoked_certificate++;
    } else if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
        stats->untrusted_certificate++;
    } else if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) {
        stats->wrong_name_certificate++;
    } else if (flags & MBEDTLS_X509_BADCERT_OTHER) {
        stats->refused_identity++;
    } else {
        stats->bad_certificate++;
    }
}
