/* The client's trust in the server's certificate, as the Security object asks for it. */

#include "client.h"

#include <mbedtls/md.h>

static mbedtls_md_type_t digest_of(enum ln_dtls_matching matching)
{
    static const mbedtls_md_type_t digests[] = {
        [LN_DTLS_EXACT] = MBEDTLS_MD_NONE,
        [LN_DTLS_SHA256] = MBEDTLS_MD_SHA256,
        [LN_DTLS_SHA384] = MBEDTLS_MD_SHA384,
        [LN_DTLS_SHA512] = MBEDTLS_MD_SHA512,
    };

    return digests[matching];
}

static bool is_expected(const struct ln_dtls_client_inside *client,
                        const mbedtls_x509_crt *certificate)
{
    struct ln_bytes raw = ln_bytes(certificate->raw.p, certificate->raw.len);
    uint8_t digest[MBEDTLS_MD_MAX_SIZE];

    if (client->config.matching == LN_DTLS_EXACT) {
        return ln_bytes_equal(raw, ln_bytes(client->expected.raw.p, client->expected.raw.len));
    }
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(digest_of(client->config.matching));
    return mbedtls_md(md, raw.at, raw.len, digest) == 0 &&
           ln_bytes_equal(ln_bytes(digest, mbedtls_md_get_size(md)), client->config.expected);
}

/* spec: CORE-1.1.1 Security object, Certificate Usage (RFC 6698 2.1.1) */
static uint32_t verdict(const struct ln_dtls_client_inside *client, const mbedtls_x509_crt *own,
                        uint32_t flags)
{
    bool expected = is_expected(client, own);

    switch (client->config.usage) {
    case LN_DTLS_CA_CONSTRAINT:
        return client->saw_expected ? flags : flags | MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    case LN_DTLS_SERVICE_CONSTRAINT:
        return expected ? flags & ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH
                        : flags | MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    case LN_DTLS_TRUST_ANCHOR:
        return flags;
    case LN_DTLS_DOMAIN_ISSUED:
    default:
        return expected ? 0 : MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
}

/* Called for each certificate of a chain, the server's own last: then all is known. */
static int judge(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct ln_dtls_client_inside *client = context;
    int64_t wall = client->config.wall_offset;

    if (wall != 0) {
        *flags |= ln_dtls_date_flags(certificate, client->host.now + wall);
    }
    if (depth > 0) {
        client->chain_flags |= *flags;
        client->saw_expected |= is_expected(client, certificate);
        *flags = 0;
        return 0;
    }
    *flags = verdict(client, certificate, *flags | client->chain_flags);
    return 0;
}

static ln_err parse_expected(struct ln_dtls_client_inside *client)
{
    struct ln_bytes expected = client->config.expected;
    bool is_anchor = client->config.usage >= LN_DTLS_TRUST_ANCHOR;

    if (client->config.matching != LN_DTLS_EXACT) {
        return is_anchor && client->config.usage == LN_DTLS_TRUST_ANCHOR ? LN_ERR_BAD_CONFIG
                                                                         : LN_OK;
    }
    if (mbedtls_x509_crt_parse(&client->expected, expected.at, expected.len) != 0) {
        return LN_ERR_BAD_CONFIG;
    }
    return is_anchor ? ln_dtls_trust_anchor(&client->trust, expected) : LN_OK;
}

ln_err ln_dtls_client_trust_configure(struct ln_dtls_client_inside *client)
{
    mbedtls_ssl_config *ssl = &client->ssl;

    if (!ln_dtls_trust_has_own(&client->trust)) {
        return client->config.psk_key.len > 0 ? LN_OK : LN_ERR_BAD_CONFIG;
    }
    ln_err err = parse_expected(client);
    if (err != LN_OK) {
        return err;
    }
    mbedtls_ssl_conf_ca_chain(ssl, &client->trust.anchors, &client->trust.revoked);
    mbedtls_ssl_conf_verify(ssl, judge, client);
    return mbedtls_ssl_conf_own_cert(ssl, &client->trust.own, &client->trust.key) == 0
               ? LN_OK
               : LN_ERR_NO_MEMORY;
}

ln_err ln_dtls_client_trust_parse(struct ln_dtls_client_inside *client)
{
    struct ln_dtls_certificates certificates = client->config.certificates;

    mbedtls_x509_crt_init(&client->expected);
    /* Whose only anchor is the expected one trusts no other. */
    if (client->config.usage >= LN_DTLS_TRUST_ANCHOR) {
        certificates.trusted = ln_bytes(NULL, 0);
    }
    return ln_dtls_trust_init(&client->trust, &certificates, &client->host.random);
}

bool ln_dtls_client_trust_has_own(const struct ln_dtls_client_inside *client)
{
    return ln_dtls_trust_has_own(&client->trust);
}

void ln_dtls_client_trust_fini(struct ln_dtls_client_inside *client)
{
    ln_dtls_trust_fini(&client->trust);
    mbedtls_x509_crt_free(&client->expected);
}

void ln_dtls_client_trust_count(struct ln_dtls_client_inside *client, int error)
{
    if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
        ln_dtls_count_verdict(&client->host.stats,
                              mbedtls_ssl_get_verify_result(&client->channel.ssl));
    }
}
