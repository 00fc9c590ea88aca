/* Who a peer proved to be: one piece of memory for each session. */
#ifndef LN_DTLS_IDENTITY_H
#define LN_DTLS_IDENTITY_H

#include <linnet/dtls.h>

#include <mbedtls/x509_crt.h>

enum {
    LN_DTLS_NAMES_MAX = 8,          /* subject alternative names that are kept */
    LN_DTLS_IDENTITY_WRITTEN = 768, /* bytes that ln_dtls_identity_write() can take */
};

/* A copy of all that `identity` points to. NULL: no memory, or it does not fit what may be written. */
struct ln_dtls_identity *ln_dtls_identity_copy(const struct ln_allocator *allocator,
                                               const struct ln_dtls_identity *identity);
void ln_dtls_identity_free(const struct ln_allocator *allocator,
                           struct ln_dtls_identity *identity);

/* What a certificate says, borrowed from it and from `names`. */
struct ln_dtls_identity ln_dtls_identity_of(const mbedtls_x509_crt *certificate,
                                            struct ln_bytes names[LN_DTLS_NAMES_MAX]);

/* For tickets and saved sessions. */
void ln_dtls_identity_write(struct ln_writer *out, const struct ln_dtls_identity *identity);
/* Borrowed from the reader's bytes and from `names`; fails the reader if it is not well formed. */
struct ln_dtls_identity ln_dtls_identity_read(struct ln_reader *in,
                                              struct ln_bytes names[LN_DTLS_NAMES_MAX]);

#endif
