/* Reads record headers and ClientHellos, writes HelloVerifyRequests: RFC 6347 4.1, 4.2 and RFC 9146. */

#include "hello.h"

enum {
    MAJOR = 0xfe, /* DTLS 1.0 is fe ff, 1.2 is fe fd */
    CLIENT_HELLO = 1,
    HELLO_VERIFY_REQUEST = 3,
    RANDOM_SIZE = 32,
    SESSION_ID_MAX = 32,
};

bool ln_dtls_record_read(struct ln_bytes datagram, struct ln_dtls_record *record)
{
    struct ln_reader in = ln_reader(datagram);

    *record = (struct ln_dtls_record){.type = ln_read_u8(&in)};
    if (ln_read_u8(&in) != MAJOR) {
        return false;
    }
    ln_read_u8(&in);
    record->epoch = ln_read_u16(&in);
    record->number = ln_read_big_endian(&in, 6);
    if (record->type == LN_DTLS_WITH_CID) {
        record->cid = ln_read_u64(&in);
    }
    record->body = ln_read_bytes(&in, ln_read_u16(&in));
    return !in.failed &&
           ((record->type >= LN_DTLS_CHANGE_CIPHER && record->type <= LN_DTLS_APPLICATION) ||
            record->type == LN_DTLS_WITH_CID);
}

bool ln_dtls_record_is_hello(const struct ln_dtls_record *record)
{
    struct ln_reader in = ln_reader(record->body);

    return record->type == LN_DTLS_HANDSHAKE && record->epoch == 0 &&
           ln_peek_u8(&in) == CLIENT_HELLO;
}

/* The header of a handshake message that stands in its record whole. */
static bool read_whole_message(struct ln_reader *in)
{
    ln_read_u8(in);
    uint32_t length = ln_read_u24(in);
    ln_read_u16(in); /* message_seq: 0, or 1 with a cookie; Mbed TLS follows it */
    uint32_t offset = ln_read_u24(in);
    uint32_t fragment = ln_read_u24(in);
    return !in->failed && offset == 0 && fragment == length && length == ln_reader_left(in);
}

static struct ln_bytes between(const uint8_t *from, const struct ln_reader *in)
{
    return ln_bytes(from, (size_t)(in->at - from));
}

/* Suites, compression methods, and extensions where there are any: nothing after them. */
static void pass_offers(struct ln_reader *in)
{
    uint16_t suites = ln_read_u16(in);
    ln_read_bytes(in, suites);
    uint8_t methods = ln_read_u8(in);
    ln_read_bytes(in, methods);
    if (ln_reader_left(in) > 0) {
        uint16_t extensions = ln_read_u16(in);
        ln_read_bytes(in, extensions);
    }
    if (suites == 0 || suites % 2 != 0 || methods == 0 || ln_reader_left(in) > 0) {
        ln_reader_fail(in);
    }
}

bool ln_dtls_hello_read(const struct ln_dtls_record *record, struct ln_dtls_hello *hello)
{
    struct ln_reader in = ln_reader(record->body);

    *hello = (struct ln_dtls_hello){.number = record->number};
    if (!read_whole_message(&in)) {
        return false;
    }
    const uint8_t *start = in.at;
    ln_read_u16(&in);
    hello->random = ln_read_bytes(&in, RANDOM_SIZE);
    uint8_t session_id = ln_read_u8(&in);
    ln_read_bytes(&in, session_id);
    hello->before_cookie = between(start, &in);
    hello->cookie = ln_read_bytes(&in, ln_read_u8(&in));
    start = in.at;
    pass_offers(&in);
    hello->after_cookie = between(start, &in);
    return !in.failed && session_id <= SESSION_ID_MAX;
}

void ln_dtls_verify_write(struct ln_writer *out, const struct ln_dtls_hello *hello,
                          const uint8_t cookie[LN_DTLS_COOKIE_SIZE])
{
    enum { BODY = 2 + 1 + LN_DTLS_COOKIE_SIZE };

    ln_write_u8(out, LN_DTLS_HANDSHAKE);
    ln_write_u16(out, 0xfeff); /* 1.0 whatever is agreed on later: RFC 6347 4.2.1 */
    ln_write_u16(out, 0);
    ln_write_big_endian(out, hello->number, 6);
    ln_write_u16(out, 12 + BODY);

    ln_write_u8(out, HELLO_VERIFY_REQUEST);
    ln_write_u24(out, BODY);
    ln_write_u16(out, 0);
    ln_write_u24(out, 0);
    ln_write_u24(out, BODY);

    ln_write_u16(out, 0xfeff);
    ln_write_u8(out, LN_DTLS_COOKIE_SIZE);
    ln_write_bytes(out, ln_bytes(cookie, LN_DTLS_COOKIE_SIZE));
}
