/* What an account proves itself by: from its options into the Security object. */
#ifndef DEVICE_KEYS_H
#define DEVICE_KEYS_H

#include <linnet/objects.h>

#include "options.h"

enum { CERTIFICATES_MAX = 8192, PRIVATE_KEY_MAX = 1024 };

/* Where the bytes of a Security instance are. */
struct keys {
    uint8_t identity[CERTIFICATES_MAX]; /* of a PSK, or our certificate */
    uint8_t server[CERTIFICATES_MAX];
    uint8_t secret[PRIVATE_KEY_MAX];
};

/* The instance's bytes are to be there. */
void keys_place(struct keys *keys, struct ln_security *security);
/* Fills mode, identity, server key and secret. False: said on stderr what does not fit. */
bool keys_load(const struct account *account, struct ln_security *security);

#endif
