/* Cipher suites: those of LwM2M, and GCM beside them. Nothing else is spoken. */

#include "suites.h"

#include <stddef.h>

#include <mbedtls/ssl_ciphersuites.h>

static const int all[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8,
    MBEDTLS_TLS_PSK_WITH_AES_128_CBC_SHA256,         0,
};

static const int of_certificates[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
    0,
};

static const int of_keys[] = {
    MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8,
    MBEDTLS_TLS_PSK_WITH_AES_128_CBC_SHA256,
    0,
};

const int *ln_dtls_suites(int psk, int certificates)
{
    if (psk && certificates) {
        return all;
    }
    return psk ? of_keys : of_certificates;
}
