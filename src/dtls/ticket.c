/* Seals tickets with AES-256-GCM: key name, nonce, ciphertext, tag. */

#include "ticket.h"

#include <mbedtls/platform_util.h>

enum {
    PERIOD_MS = 24 * 3600 * 1000,
    KEY_SIZE = 32,
    NONCE_SIZE = 12,
    TAG_SIZE = 16,
    HEAD_SIZE = LN_DTLS_TICKET_KEY_NAME + NONCE_SIZE,
    PLAIN_MAX = 8 + LN_DTLS_IDENTITY_WRITTEN + 256,
};

static bool draw_key(struct ln_dtls_tickets *tickets, uint8_t which)
{
    struct ln_dtls_ticket_key *key = &tickets->keys[which];
    uint8_t secret[KEY_SIZE];

    tickets->random->fill(tickets->random->context, secret, sizeof(secret));
    tickets->random->fill(tickets->random->context, key->name, sizeof(key->name));
    int failed = mbedtls_gcm_setkey(&key->gcm, MBEDTLS_CIPHER_ID_AES, secret, KEY_SIZE * 8);
    mbedtls_platform_zeroize(secret, sizeof(secret));
    return failed == 0;
}

ln_err ln_dtls_tickets_init(struct ln_dtls_tickets *tickets, const struct ln_random *random,
                            ln_time now)
{
    *tickets = (struct ln_dtls_tickets){
        .random = random,
        .rotation = ln_dtls_rotation(now, PERIOD_MS),
    };
    for (uint8_t i = 0; i < LN_DTLS_ROTATING; i++) {
        mbedtls_gcm_init(&tickets->keys[i].gcm);
        if (!draw_key(tickets, i)) {
            return LN_ERR_NO_MEMORY;
        }
    }
    return LN_OK;
}

void ln_dtls_tickets_fini(struct ln_dtls_tickets *tickets)
{
    for (int i = 0; i < LN_DTLS_ROTATING; i++) {
        mbedtls_gcm_free(&tickets->keys[i].gcm);
    }
}

static void rotate(struct ln_dtls_tickets *tickets, ln_time now)
{
    for (size_t due = ln_dtls_rotation_due(&tickets->rotation, now); due > 0; due--) {
        draw_key(tickets, ln_dtls_rotation_next(&tickets->rotation));
    }
}

/* 0 if it does not fit. */
static size_t write_plain(uint8_t plain[PLAIN_MAX], const mbedtls_ssl_session *session,
                          const struct ln_dtls_identity *identity, uint64_t key_hash)
{
    struct ln_writer out = ln_writer(plain, PLAIN_MAX);
    size_t length = 0;

    ln_write_u64(&out, key_hash);
    ln_dtls_identity_write(&out, identity);
    if (out.failed || mbedtls_ssl_session_save(session, plain + out.written,
                                               PLAIN_MAX - out.written, &length) != 0) {
        return 0;
    }
    return out.written + length;
}

uint32_t ln_dtls_ticket_seal(struct ln_dtls_tickets *tickets, ln_time now,
                             const mbedtls_ssl_session *session,
                             const struct ln_dtls_identity *identity, uint64_t key_hash,
                             struct ln_writer *out)
{
    uint8_t plain[PLAIN_MAX];
    uint8_t sealed[PLAIN_MAX];
    uint8_t nonce[NONCE_SIZE];
    uint8_t tag[TAG_SIZE];

    rotate(tickets, now);
    struct ln_dtls_ticket_key *key = &tickets->keys[tickets->rotation.newer];
    size_t length = write_plain(plain, session, identity, key_hash);
    tickets->random->fill(tickets->random->context, nonce, sizeof(nonce));
    int failed =
        length == 0 || mbedtls_gcm_crypt_and_tag(&key->gcm, MBEDTLS_GCM_ENCRYPT, length, nonce,
                                                 NONCE_SIZE, key->name, sizeof(key->name),
                                                 plain, sealed, TAG_SIZE, tag) != 0;
    mbedtls_platform_zeroize(plain, sizeof(plain));
    if (failed) {
        return 0;
    }
    ln_write_bytes(out, ln_bytes(key->name, sizeof(key->name)));
    ln_write_bytes(out, ln_bytes(nonce, sizeof(nonce)));
    ln_write_bytes(out, ln_bytes(sealed, length));
    ln_write_bytes(out, ln_bytes(tag, sizeof(tag)));
    return out->failed ? 0 : PERIOD_MS / 1000;
}

static struct ln_dtls_ticket_key *key_named(struct ln_dtls_tickets *tickets,
                                            struct ln_bytes name)
{
    for (int i = 0; i < LN_DTLS_ROTATING; i++) {
        struct ln_dtls_ticket_key *key = &tickets->keys[i];
        if (ln_bytes_equal(ln_bytes(key->name, sizeof(key->name)), name)) {
            return key;
        }
    }
    return NULL;
}

bool ln_dtls_ticket_open(struct ln_dtls_tickets *tickets, ln_time now, uint8_t *sealed,
                         size_t size, mbedtls_ssl_session *session,
                         struct ln_dtls_identity *identity,
                         struct ln_bytes names[LN_DTLS_NAMES_MAX], uint64_t *key_hash)
{
    struct ln_reader in = ln_reader(ln_bytes(sealed, size));

    rotate(tickets, now);
    if (size < HEAD_SIZE + TAG_SIZE) {
        return false;
    }
    struct ln_dtls_ticket_key *key =
        key_named(tickets, ln_read_bytes(&in, LN_DTLS_TICKET_KEY_NAME));
    struct ln_bytes nonce = ln_read_bytes(&in, NONCE_SIZE);
    size_t length = size - HEAD_SIZE - TAG_SIZE;
    uint8_t *body = sealed + HEAD_SIZE;
    if (key == NULL ||
        mbedtls_gcm_auth_decrypt(&key->gcm, length, nonce.at, nonce.len, key->name,
                                 sizeof(key->name), body + length, TAG_SIZE, body, body) != 0) {
        return false;
    }
    in = ln_reader(ln_bytes(body, length));
    *key_hash = ln_read_u64(&in);
    *identity = ln_dtls_identity_read(&in, names);
    struct ln_bytes rest = ln_read_rest(&in);
    return !in.failed && mbedtls_ssl_session_load(session, rest.at, rest.len) == 0;
}
