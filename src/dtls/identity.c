/* Identities: taken from a certificate, copied, written into tickets and read back. */

#include "identity.h"

#include <string.h> /* of MBEDTLS_OID_CMP */

#include <mbedtls/oid.h>
#include <mbedtls/sha256.h>

enum { DNS_NAME = 2, URI_NAME = 6, TAG_NUMBER = 0x1f };

struct kept {
    size_t size;
    struct ln_dtls_identity identity;
    struct ln_bytes names[];
};

static size_t written_size(const struct ln_dtls_identity *identity)
{
    struct ln_writer measure = ln_writer_window(NULL, 0, 0);

    ln_dtls_identity_write(&measure, identity);
    return measure.written;
}

static struct ln_bytes copy_bytes(struct ln_writer *out, struct ln_bytes from)
{
    const uint8_t *at = out->out + out->written;

    ln_write_bytes(out, from);
    return ln_bytes(at, from.len);
}

struct ln_dtls_identity *ln_dtls_identity_copy(const struct ln_allocator *allocator,
                                               const struct ln_dtls_identity *identity)
{
    size_t text = identity->name.len;

    if (written_size(identity) > LN_DTLS_IDENTITY_WRITTEN) {
        return NULL;
    }
    for (size_t i = 0; i < identity->name_count; i++) {
        text += identity->names[i].len;
    }
    size_t before = sizeof(struct kept) + identity->name_count * sizeof(struct ln_bytes);
    struct kept *kept = allocator->resize(allocator->context, NULL, before + text);
    if (kept == NULL) {
        return NULL;
    }
    struct ln_writer out = ln_writer((uint8_t *)kept + before, text);
    kept->size = before + text;
    kept->identity = *identity;
    kept->identity.name = copy_bytes(&out, identity->name);
    for (size_t i = 0; i < identity->name_count; i++) {
        kept->names[i] = copy_bytes(&out, identity->names[i]);
    }
    kept->identity.names = kept->names;
    return &kept->identity;
}

void ln_dtls_identity_free(const struct ln_allocator *allocator,
                           struct ln_dtls_identity *identity)
{
    if (identity != NULL) {
        size_t offset = offsetof(struct kept, identity);
        allocator->resize(allocator->context, (uint8_t *)identity - offset, 0);
    }
}

static struct ln_bytes common_name(const mbedtls_x509_crt *certificate)
{
    for (const mbedtls_x509_name *name = &certificate->subject; name != NULL;
         name = name->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0) {
            return ln_bytes(name->val.p, name->val.len);
        }
    }
    return ln_bytes(NULL, 0);
}

struct ln_dtls_identity ln_dtls_identity_of(const mbedtls_x509_crt *certificate,
                                            struct ln_bytes names[LN_DTLS_NAMES_MAX])
{
    struct ln_dtls_identity identity = {
        .proof = LN_DTLS_X509,
        .name = common_name(certificate),
        .names = names,
    };
    const mbedtls_x509_sequence *other = &certificate->subject_alt_names;

    for (; other != NULL && identity.name_count < LN_DTLS_NAMES_MAX; other = other->next) {
        int kind = other->buf.tag & TAG_NUMBER;
        if (other->buf.len > 0 && (kind == DNS_NAME || kind == URI_NAME)) {
            names[identity.name_count++] = ln_bytes(other->buf.p, other->buf.len);
        }
    }
    (void)!mbedtls_sha256(certificate->raw.p, certificate->raw.len, identity.fingerprint, 0);
    return identity;
}

static void write_sized(struct ln_writer *out, struct ln_bytes bytes)
{
    ln_write_u16(out, (uint16_t)bytes.len);
    ln_write_bytes(out, bytes);
}

void ln_dtls_identity_write(struct ln_writer *out, const struct ln_dtls_identity *identity)
{
    ln_write_u8(out, (uint8_t)identity->proof);
    write_sized(out, identity->name);
    ln_write_u8(out, (uint8_t)identity->name_count);
    for (size_t i = 0; i < identity->name_count; i++) {
        write_sized(out, identity->names[i]);
    }
    ln_write_bytes(out, ln_bytes(identity->fingerprint, sizeof(identity->fingerprint)));
}

struct ln_dtls_identity ln_dtls_identity_read(struct ln_reader *in,
                                              struct ln_bytes names[LN_DTLS_NAMES_MAX])
{
    struct ln_dtls_identity identity = {.proof = (enum ln_dtls_proof)ln_read_u8(in)};

    identity.name = ln_read_bytes(in, ln_read_u16(in));
    identity.name_count = ln_read_u8(in);
    if (identity.name_count > LN_DTLS_NAMES_MAX) {
        ln_reader_fail(in);
        identity.name_count = 0;
    }
    for (size_t i = 0; i < identity.name_count; i++) {
        names[i] = ln_read_bytes(in, ln_read_u16(in));
    }
    identity.names = names;
    struct ln_writer out = ln_writer(identity.fingerprint, sizeof(identity.fingerprint));
    ln_write_bytes(&out, ln_read_bytes(in, sizeof(identity.fingerprint)));
    return identity;
}
