/* The cipher suites that we speak, in the order in which we prefer them. */
#ifndef LN_DTLS_SUITES_H
#define LN_DTLS_SUITES_H

/* For mbedtls_ssl_conf_ciphersuites(): with certificates, with keys, or both. */
const int *ln_dtls_suites(int psk, int certificates);

#endif
