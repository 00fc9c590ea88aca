/* Checks a credential that somebody wants to put: each fault names the member. */

#include "linnetd/credential_input.h"

#include <gnutls/abstract.h>
#include <string.h>

static bool wrong(struct credential_fault *fault, const char *member, const char *why)
{
    *fault = (struct credential_fault){member, why};
    return false;
}

/* ---- Of all modes ---- */

bool credential_for_read(struct ln_bytes text, enum credential_for *out)
{
    for (int i = 0; i < CREDENTIAL_FORS; i++) {
        if (ln_bytes_are(text, credential_for_names[i])) {
            *out = (enum credential_for)i;
            return true;
        }
    }
    return false;
}

static bool read_mode(struct ln_bytes text, enum credential_mode *out)
{
    for (int i = 0; i < CREDENTIAL_MODES; i++) {
        if (ln_bytes_are(text, credential_mode_names[i])) {
            *out = (enum credential_mode)i;
            return true;
        }
    }
    return false;
}

static bool take_endpoint(struct ln_bytes endpoint, struct credential *what,
                          struct credential_fault *fault)
{
    if (endpoint.len == 0 || endpoint.len > CREDENTIAL_ENDPOINT_MAX ||
        !ln_utf8_valid(endpoint)) {
        return wrong(fault, "endpoint", "it is a name of 1 to 255 bytes in UTF-8");
    }
    memcpy(what->endpoint, endpoint.at, endpoint.len);
    what->endpoint_len = (uint8_t)endpoint.len;
    return true;
}

static bool take_common(const struct credential_fields *fields, struct credential_input *input,
                        struct credential_fault *fault)
{
    struct credential *what = &input->what;

    if (!take_endpoint(fields->endpoint, what, fault)) {
        return false;
    }
    if (fields->purpose.at != NULL && !credential_for_read(fields->purpose, &what->purpose)) {
        return wrong(fault, "for", "it is server or bootstrap");
    }
    if (fields->mode.at == NULL || !read_mode(fields->mode, &what->mode)) {
        return wrong(fault, "mode", "it is psk, x509 or rpk");
    }
    if (fields->previous.at != NULL && !ln_bytes_are(fields->previous, "keep") &&
        !ln_bytes_are(fields->previous, "drop")) {
        return wrong(fault, "previous", "it is keep or drop");
    }
    input->keep_previous = ln_bytes_are(fields->previous, "keep");
    return true;
}

/* A name, the endpoint's where it is not given. */
static bool take_identity(struct ln_bytes identity, struct credential *what, size_t most)
{
    if (identity.at == NULL) {
        identity = ln_bytes(what->endpoint, what->endpoint_len);
    }
    if (identity.len == 0 || identity.len > most || !ln_utf8_valid(identity)) {
        return false;
    }
    memcpy(what->identity, identity.at, identity.len);
    what->identity_len = (uint16_t)identity.len;
    return true;
}

/* ---- Of one mode ---- */

static bool take_psk(const struct credential_fields *fields, struct credential_input *input,
                     struct credential_fault *fault)
{
    size_t len = 0;

    if (fields->subject.at != NULL) {
        return wrong(fault, "subject", "it belongs to mode x509");
    }
    if (fields->public_key.at != NULL) {
        return wrong(fault, "public_key", "it belongs to mode rpk");
    }
    if (!take_identity(fields->identity, &input->what, CREDENTIAL_PSK_IDENTITY_MAX)) {
        return wrong(fault, "identity",
                     "it has 1 to 128 bytes of UTF-8; without it the endpoint "
                     "is the identity");
    }
    if (!seal_read_hex(fields->key, input->key, sizeof(input->key), &len) || len == 0) {
        return wrong(fault, "key", "it is 1 to 64 bytes in hex, 16 random ones or more");
    }
    input->key_len = (uint8_t)len;
    return true;
}

static bool take_x509(const struct credential_fields *fields, struct credential_input *input,
                      struct credential_fault *fault)
{
    if (fields->identity.at != NULL) {
        return wrong(fault, "identity", "it belongs to mode psk: a certificate has a subject");
    }
    if (fields->key.at != NULL) {
        return wrong(fault, "key", "it belongs to mode psk");
    }
    if (fields->public_key.at != NULL) {
        return wrong(fault, "public_key", "it belongs to mode rpk");
    }
    return take_identity(fields->subject, &input->what, CREDENTIAL_SUBJECT_MAX) ||
           wrong(fault, "subject",
                 "it is the common name of the certificate's subject, 1 to 255 "
                 "bytes of UTF-8; without it the endpoint");
}

static bool is_public_key(struct ln_bytes der)
{
    gnutls_datum_t datum = {(unsigned char *)(uintptr_t)der.at, (unsigned)der.len};
    gnutls_pubkey_t key;

    if (gnutls_pubkey_init(&key) != 0) {
        return false;
    }
    bool good = gnutls_pubkey_import(key, &datum, GNUTLS_X509_FMT_DER) == 0;
    gnutls_pubkey_deinit(key);
    return good;
}

static bool take_rpk(const struct credential_fields *fields, struct credential_input *input,
                     struct credential_fault *fault)
{
    struct ln_writer w = ln_writer(input->what.identity, sizeof(input->what.identity));

    if (fields->identity.at != NULL) {
        return wrong(fault, "identity", "it belongs to mode psk");
    }
    if (fields->subject.at != NULL) {
        return wrong(fault, "subject", "it belongs to mode x509");
    }
    if (fields->key.at != NULL) {
        return wrong(fault, "key", "it belongs to mode psk: a raw key has a public_key");
    }
    if (!ln_base64_decode(&w, fields->public_key, false) || w.failed ||
        !is_public_key(ln_writer_bytes(&w))) {
        return wrong(fault, "public_key",
                     "it is the base64 of a SubjectPublicKeyInfo in DER, 600 bytes at most");
    }
    input->what.identity_len = (uint16_t)w.written;
    return true;
}

bool credential_input_read(const struct credential_fields *fields,
                           struct credential_input *input, struct credential_fault *fault)
{
    static bool (*const take[CREDENTIAL_MODES])(
        const struct credential_fields *, struct credential_input *,
        struct credential_fault *) = {take_psk, take_x509, take_rpk};

    memset(input, 0, sizeof(*input));
    return take_common(fields, input, fault) && take[input->what.mode](fields, input, fault);
}
