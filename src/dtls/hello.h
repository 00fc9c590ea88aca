/* What must be known of a datagram before anybody is trusted: its records' headers, a ClientHello. */
#ifndef LN_DTLS_HELLO_H
#define LN_DTLS_HELLO_H

#include <linnet/dtls.h>

enum {
    LN_DTLS_CHANGE_CIPHER = 20,
    LN_DTLS_ALERT = 21,
    LN_DTLS_HANDSHAKE = 22,
    LN_DTLS_APPLICATION = 23,
    LN_DTLS_WITH_CID = 25,

    LN_DTLS_CID_SIZE = 8, /* of all Connection IDs that we ask for */
    LN_DTLS_COOKIE_SIZE = 32,
    LN_DTLS_VERIFY_SIZE = 13 + 12 + 3 + LN_DTLS_COOKIE_SIZE,
};

/* The header of a datagram's first record. */
struct ln_dtls_record {
    uint8_t type;
    uint16_t epoch;
    uint64_t number; /* 48 bits */
    uint64_t cid;    /* LN_DTLS_WITH_CID: ours is as long as this */
    struct ln_bytes body;
};

/* False if it is no record of DTLS 1.x, or is longer than the datagram. */
LN_MUST_USE bool ln_dtls_record_read(struct ln_bytes datagram, struct ln_dtls_record *record);

/* What a cookie answers for. All borrowed from the datagram. */
struct ln_dtls_hello {
    uint64_t number; /* of its record */
    struct ln_bytes random;
    struct ln_bytes before_cookie; /* version, random, session id */
    struct ln_bytes cookie;
    struct ln_bytes after_cookie; /* suites, compression, extensions */
};

/* Whether this record begins with a ClientHello, in fragments or not. */
bool ln_dtls_record_is_hello(const struct ln_dtls_record *record);
/* False if it is not a whole well-formed ClientHello. */
LN_MUST_USE bool ln_dtls_hello_read(const struct ln_dtls_record *record,
                                    struct ln_dtls_hello *hello);
/* The HelloVerifyRequest that answers it. */
void ln_dtls_verify_write(struct ln_writer *out, const struct ln_dtls_hello *hello,
                          const uint8_t cookie[LN_DTLS_COOKIE_SIZE]);

#endif
