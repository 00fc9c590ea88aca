/* The pre-shared keys of linnet-load: each follows from one secret and the name of the device. */
#ifndef BENCH_DTLS_KEY_H
#define BENCH_DTLS_KEY_H

#include <linnet/base.h>

enum { DTLS_KEY_SIZE = 16 };

/* False: not 32 hexadecimal digits. */
bool dtls_secret(const char *text, uint8_t secret[DTLS_KEY_SIZE]);
void dtls_key(const uint8_t secret[DTLS_KEY_SIZE], struct ln_bytes name,
              uint8_t key[DTLS_KEY_SIZE]);

#endif
