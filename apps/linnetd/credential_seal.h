/*
 * Seals what is kept of credentials with AES-256-GCM, so that a copy of the data folder without the
 * master key tells no key.
 *
 * The master key comes from LINNET_KEY (hex or base64 of 32 bytes), from the file that
 * LINNET_KEY_FILE names, or from the file `key` of the data folder, which is made when the first
 * credential is kept. It stands on pages of its own that no core dump has.
 */
#ifndef LINNETD_CREDENTIAL_SEAL_H
#define LINNETD_CREDENTIAL_SEAL_H

#include <linnet/base.h>

enum {
    SEAL_KEY = 32,
    SEAL_NONCE = 12,
    SEAL_TAG = 16,
    SEAL_MORE = SEAL_NONCE + SEAL_TAG, /* what a sealed text has more than the plain one */
    SEAL_WHY_MAX = 512,
};

struct seal {
    uint8_t *key; /* NULL: there is none yet */
    char *file;   /* where one is made; NULL: in memory alone */
};

/* Reads the key, if there is one. `folder` NULL: nothing is kept on disk. False: `why` says why. */
LN_MUST_USE bool seal_init(struct seal *seal, const char *folder, char why[SEAL_WHY_MAX]);
/* Wipes the key. Safe twice. */
void seal_fini(struct seal *seal);
/* Makes a key, and keeps it, where there is none. False: it could not be kept. */
LN_MUST_USE bool seal_make(struct seal *seal);
/*
 * `out` has room for plain.len + SEAL_MORE. What `bound` says is not kept here, but the text opens
 * only with the same.
 */
LN_MUST_USE bool seal_close(const struct seal *seal, struct ln_bytes bound,
                            struct ln_bytes plain, uint8_t *out);
/* `out` has room for sealed.len - SEAL_MORE. False: another key, or not what was sealed. */
LN_MUST_USE bool seal_open(const struct seal *seal, struct ln_bytes bound,
                           struct ln_bytes sealed, uint8_t *out);

/* Overwrites what must not stay in memory, in a way that no compiler leaves out. */
void seal_wipe(void *at, size_t len);
/* Hex of either case, into `out` of `size` bytes. False: it is not hex, or too long. */
LN_MUST_USE bool seal_read_hex(struct ln_bytes text, uint8_t *out, size_t size, size_t *len);

#endif
