/* The certificate of HTTPS: read from files, and read again without closing the listener. */
#ifndef LINNETD_HTTPS_H
#define LINNETD_HTTPS_H

#include <linnet/base.h>

#include <gnutls/abstract.h>

enum { HTTPS_WHY_MAX = 512 };

/*
 * Reads a chain and its key, both in PEM. New connections get these from now on. False: `why` says
 * why, and what was in use stays so.
 */
LN_MUST_USE bool https_read(const char *certificate, const char *key, char why[HTTPS_WHY_MAX]);
/* TLS 1.2 and 1.3, in GnuTLS's words. */
extern const char https_priorities[];
/* Gives a handshake its certificate: for libmicrohttpd. */
int https_give(gnutls_session_t session, const struct gnutls_cert_retr_st *asked,
               gnutls_pcert_st **certificates, unsigned *count, gnutls_ocsp_data_st **ocsp,
               unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags);
/* Safe twice. */
void https_fini(void);

#endif
