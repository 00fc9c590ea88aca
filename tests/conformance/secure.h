/* The wire between the first server and the client, protected: DTLS of this library at both ends. */
#ifndef LN_CONFORMANCE_SECURE_H
#define LN_CONFORMANCE_SECURE_H

#include <linnet/dtls.h>
#include <linnet/objects.h>

/* After the configuration, before the client starts. The identity belongs to "urn:dev:1". */
void given_a_key(void);
/* The client trusts the issuer, and looks for `host` in the server's certificate. */
void given_certificates(const char *host);
/* The server as by the two above; the client has nothing: what its account says is what it uses. */
void given_a_key_to_be_written(void);
void given_certificates_to_be_written(void);
/* A file of tests/dtls/certificates, with its NUL. */
struct ln_bytes secure_pem(const char *name);

/* ---- For bench.c ---- */

bool secure_is_on(void);
void secure_open(const struct ln_security *security);
void secure_from_client(struct ln_bytes plaintext);
void secure_from_server(uint64_t session, struct ln_bytes plaintext);
void secure_clear(void);

/* ---- What is to be seen ---- */

const struct ln_dtls_stats *secure_client_stats(void);
const struct ln_dtls_stats *secure_server_stats(void);
/* What the client proved to be; no bytes: nothing. */
struct ln_bytes secure_identity(void);

#endif
