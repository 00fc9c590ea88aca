/* Makes the pre-shared keys of linnet-load: apps/load/sessions.c has the same. */

#include "dtls_key.h"

#include <stdlib.h>
#include <string.h>

bool dtls_secret(const char *text, uint8_t secret[DTLS_KEY_SIZE])
{
    for (size_t i = 0; i < DTLS_KEY_SIZE && text[0] != '\0' && text[1] != '\0';
         i++, text += 2) {
        char byte[3] = {text[0], text[1], '\0'};
        char *end;
        secret[i] = (uint8_t)strtol(byte, &end, 16);
        if (*end != '\0') {
            return false;
        }
        if (i + 1 == DTLS_KEY_SIZE) {
            return text[2] == '\0';
        }
    }
    return false;
}

void dtls_key(const uint8_t secret[DTLS_KEY_SIZE], struct ln_bytes name,
              uint8_t key[DTLS_KEY_SIZE])
{
    struct ln_writer out = ln_writer(key, DTLS_KEY_SIZE);

    for (char half = '1'; half <= '2'; half++) {
        uint8_t text[64];
        struct ln_writer t = ln_writer(text, sizeof(text));
        ln_write_u8(&t, (uint8_t)half);
        ln_write_bytes(&t, name);
        ln_write_u64(&out, ln_hash(secret, ln_writer_bytes(&t)));
    }
}
