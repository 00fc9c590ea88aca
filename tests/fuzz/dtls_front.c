/* What the DTLS server reads before it trusts anybody: record headers and ClientHellos. */

#include "fuzz.h"

#include "dtls/cookie.h"

static void fill(void *context, void *out, size_t size)
{
    uint8_t *bytes = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(i * 7 + 1);
    }
}

/* The parts of a hello stand in it one after the other, and nothing beside them. */
static void holds_together(const struct ln_dtls_record *record,
                           const struct ln_dtls_hello *hello)
{
    enum { HANDSHAKE_HEADER = 12 };

    FUZZ_CHECK(hello->random.len == 32 && hello->cookie.len <= 255);
    FUZZ_CHECK(hello->before_cookie.at == record->body.at + HANDSHAKE_HEADER);
    FUZZ_CHECK(hello->after_cookie.at + hello->after_cookie.len ==
               record->body.at + record->body.len);
    FUZZ_CHECK(HANDSHAKE_HEADER + hello->before_cookie.len + 1 + hello->cookie.len +
                   hello->after_cookie.len ==
               record->body.len);
}

/* Our own cookie is taken, of that address alone; any other is not. */
static void knows_its_cookies(struct ln_dtls_hello *hello)
{
    static const struct ln_random random = {.fill = fill};
    struct ln_address peer = ln_address_ipv4(192, 0, 2, 1, 5684);
    struct ln_dtls_cookies cookies;
    uint8_t cookie[LN_DTLS_COOKIE_SIZE];

    FUZZ_CHECK(ln_dtls_cookies_init(&cookies, &random, 0) == LN_OK);
    ln_dtls_cookie_make(&cookies, 0, &peer, hello, cookie);
    hello->cookie = ln_bytes(cookie, sizeof(cookie));
    FUZZ_CHECK(ln_dtls_cookie_is_ours(&cookies, 0, &peer, hello));
    peer.port++;
    FUZZ_CHECK(!ln_dtls_cookie_is_ours(&cookies, 0, &peer, hello));
    ln_dtls_cookies_fini(&cookies);
}

/* Shorter than the smallest hello that is taken, or it would make more of an attacker's bytes. */
static void answers_with_less(const struct ln_dtls_hello *hello, size_t asked)
{
    uint8_t answer[LN_DTLS_VERIFY_SIZE];
    uint8_t cookie[LN_DTLS_COOKIE_SIZE] = {0};
    struct ln_writer out = ln_writer(answer, sizeof(answer));
    struct ln_dtls_record record;

    ln_dtls_verify_write(&out, hello, cookie);
    FUZZ_CHECK(!out.failed && out.written == LN_DTLS_VERIFY_SIZE && out.written <= asked);
    FUZZ_CHECK(ln_dtls_record_read(ln_writer_bytes(&out), &record));
    FUZZ_CHECK(record.number == hello->number && !ln_dtls_record_is_hello(&record));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_dtls_record record;
    struct ln_dtls_hello hello;

    if (!ln_dtls_record_read(ln_bytes(data, size), &record)) {
        return 0;
    }
    FUZZ_CHECK(record.body.len <= size && record.number < (uint64_t)1 << 48);
    if (ln_dtls_record_is_hello(&record) && ln_dtls_hello_read(&record, &hello)) {
        holds_together(&record, &hello);
        answers_with_less(&hello, size);
        knows_its_cookies(&hello);
    }
    return 0;
}
