/* In the place of client_trust.c: a client that knows keys only, and links nothing of certificates. */

#include "client.h"

ln_err ln_dtls_client_trust_parse(struct ln_dtls_client_inside *client)
{
    return client->config.certificates.chain.len == 0 ? LN_OK : LN_ERR_BAD_CONFIG;
}

ln_err ln_dtls_client_trust_configure(struct ln_dtls_client_inside *client)
{
    return client->config.psk_key.len > 0 ? LN_OK : LN_ERR_BAD_CONFIG;
}

bool ln_dtls_client_trust_has_own(const struct ln_dtls_client_inside *client)
{
    (void)client;
    return false;
}

void ln_dtls_client_trust_fini(struct ln_dtls_client_inside *client)
{
    (void)client;
}

void ln_dtls_client_trust_count(struct ln_dtls_client_inside *client, int error)
{
    (void)client;
    (void)error;
}
