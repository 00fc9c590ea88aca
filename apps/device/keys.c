/* Reads keys and certificates: hex, and files in PEM or DER. */

#include "keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 16384, KEY_LEAST = 1, KEY_MOST = 64, IDENTITY_MOST = 128 };

static bool complain(const char *option, const char *word, const char *why)
{
    fprintf(stderr, "linnet-device: %s%s%s: %s\n", option, word[0] != '\0' ? " " : "", word,
            why);
    return false;
}

/* A whole file, of at most `size` bytes. NULL, or why not. */
static const char *read_file(const char *path, uint8_t *out, size_t size, size_t *len)
{
    FILE *file = fopen(path, "rb");
    bool whole;

    if (file == NULL) {
        return strerror(errno);
    }
    setvbuf(file, NULL, _IONBF, 0); /* no copy of a key stays behind */
    *len = fread(out, 1, size, file);
    whole = ferror(file) == 0 && fgetc(file) == EOF;
    fclose(file);
    return !whole ? "cannot be read, or is too long" : *len == 0 ? "is empty" : NULL;
}

/* ---- Pre-shared keys ---- */

static int hex_digit(uint8_t c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c != 0 ? strchr(digits, c >= 'A' && c <= 'F' ? c + 'a' - 'A' : c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

static bool read_hex(struct ln_bytes text, struct ln_buffer *out)
{
    struct ln_writer w = ln_writer(out->at, out->size);

    if (text.len % 2 != 0 || text.len < 2 * KEY_LEAST || text.len > 2 * KEY_MOST) {
        return false;
    }
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_digit(text.at[i]);
        int low = hex_digit(text.at[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ln_write_u8(&w, (uint8_t)(high << 4 | low));
    }
    out->len = (uint32_t)w.written;
    return !w.failed;
}

static bool load_key(const struct account *account, struct ln_buffer *secret)
{
    const char *why = "it is 1 to 64 bytes in hex, 16 random ones or more";
    const char *hex = account->psk != NULL ? account->psk : getenv(PSK_VARIABLE);
    const char *option = account->psk != NULL ? "--psk" : PSK_VARIABLE;
    uint8_t text[2 * KEY_MOST + 2];
    size_t len;
    bool done;

    if (account->psk_file == NULL) {
        return (hex != NULL && read_hex(ln_bytes_of_text(hex), secret)) ||
               complain(option, "", why);
    }
    why = read_file(account->psk_file, text, sizeof(text), &len);
    if (why != NULL) {
        return complain("--psk-file", account->psk_file, why);
    }
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }
    done = read_hex(ln_bytes(text, len), secret);
    explicit_bzero(text, sizeof(text));
    return done || complain("--psk-file", account->psk_file,
                            "it holds no key: 1 to 64 bytes in hex, and nothing else");
}

static bool load_identity(const struct account *account, struct ln_buffer *identity)
{
    struct ln_bytes name = ln_bytes_of_text(account->identity);
    struct ln_writer w = ln_writer(identity->at, identity->size);

    if (name.len == 0 || name.len > IDENTITY_MOST || !ln_utf8_valid(name)) {
        return complain("--identity", "", "it is 1 to 128 bytes of UTF-8");
    }
    ln_write_bytes(&w, name);
    identity->len = (uint32_t)w.written;
    return true;
}

/* ---- Files of certificates and private keys ---- */

/* The next block of PEM whose label ends as `label`: its base64 without line ends goes to the start of
 * the text itself. */
static bool next_block(struct ln_reader *in, const char *label, struct ln_bytes *base64)
{
    const char *begin;

    while ((begin = memmem(in->at, ln_reader_left(in), "-----BEGIN ", 11)) != NULL) {
        (void)ln_read_bytes(in, (size_t)((const uint8_t *)begin + 11 - in->at));
        struct ln_bytes name = ln_read_until(in, '-');
        size_t len = strlen(label);
        (void)ln_read_bytes(in, 4);
        *base64 = ln_read_until(in, '-');
        if (name.len >= len && memcmp(name.at + name.len - len, label, len) == 0) {
            return !in->failed;
        }
    }
    return false;
}

static bool decode(struct ln_bytes base64, struct ln_buffer *out)
{
    uint8_t text[FILE_MAX];
    struct ln_writer packed = ln_writer(text, sizeof(text));
    struct ln_writer w = ln_writer(out->at, out->size);
    bool done;

    for (size_t i = 0; i < base64.len; i++) {
        if (base64.at[i] > ' ') {
            ln_write_u8(&packed, base64.at[i]);
        }
    }
    done = !packed.failed && ln_base64_decode(&w, ln_writer_bytes(&packed), false) && !w.failed;
    explicit_bzero(text, sizeof(text));
    out->len = (uint32_t)w.written;
    return done && w.written > 0;
}

/*
 * DER stays as it is, one block of PEM becomes DER, as the Security object wants it; several stay PEM,
 * with the NUL that the DTLS layer wants.
 */
static const char *take_text(uint8_t *text, size_t len, const char *label,
                             struct ln_buffer *out)
{
    struct ln_reader in = ln_reader(ln_bytes(text, len));
    struct ln_writer w = ln_writer(out->at, out->size);
    struct ln_bytes first;
    struct ln_bytes next;

    if (text[0] == 0x30) {
        ln_write_bytes(&w, ln_bytes(text, len));
    } else if (!next_block(&in, label, &first)) {
        return strcmp(label, "PRIVATE KEY") == 0 ? "it holds no private key in PEM or DER"
                                                 : "it holds no certificate in PEM or DER";
    } else if (!next_block(&in, label, &next)) {
        return decode(first, out) ? NULL : "its PEM is not whole, or it is encrypted";
    } else {
        ln_write_bytes(&w, ln_bytes(text, len));
        ln_write_u8(&w, 0);
    }
    out->len = (uint32_t)w.written;
    return w.failed ? "is too long" : NULL;
}

static bool load_file(const char *option, const char *path, const char *label,
                      struct ln_buffer *out)
{
    uint8_t text[FILE_MAX];
    size_t len;
    const char *why = read_file(path, text, sizeof(text), &len);

    if (why == NULL) {
        why = take_text(text, len, label, out);
    }
    explicit_bzero(text, sizeof(text));
    return why == NULL || complain(option, path, why);
}

void keys_place(struct keys *keys, struct ln_security *security)
{
    security->identity =
        (struct ln_buffer){.at = keys->identity, .size = sizeof(keys->identity)};
    security->server_key = (struct ln_buffer){.at = keys->server, .size = sizeof(keys->server)};
    security->secret = (struct ln_buffer){.at = keys->secret, .size = sizeof(keys->secret)};
}

bool keys_load(const struct account *account, struct ln_security *security)
{
    const char *server =
        account->ca != NULL ? account->ca : account->server_cert; /* one of them */

    security->mode = account->mode;
    switch (account->mode) {
    case LN_SECURITY_PSK:
        return load_identity(account, &security->identity) &&
               load_key(account, &security->secret);
    case LN_SECURITY_X509:
        return load_file("--cert", account->cert, "CERTIFICATE", &security->identity) &&
               load_file("--key", account->key, "PRIVATE KEY", &security->secret) &&
               load_file(account->ca != NULL ? "--ca" : "--server-cert", server, "CERTIFICATE",
                         &security->server_key);
    default:
        return true;
    }
}
