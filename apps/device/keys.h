/* What an account proves itself by: from its options into the Security object. */
#ifndef DEVICE_KEYS_H
#define DEVICE_KEYS_H

#include <linnet/objects.h>

#include "options.h"

enum { KEY_MAX = 8192 }; /* bytes of a certificate chain, or of a key */

/* Where the bytes of a Security instance are: three places that a bootstrap may use anew. */
struct keys {
    uint8_t identity[KEY_MAX]; /* of a PSK, or our certificate */
    uint8_t server[KEY_MAX];
    uint8_t secret[KEY_MAX];
};

/* Gives the instance its buffers. */
void keys_place(struct keys *keys, struct ln_security *security);
/* Fills mode, identity, server key and secret. False: said on stderr what does not fit. */
bool keys_load(const struct account *account, struct ln_security *security);

#endif
