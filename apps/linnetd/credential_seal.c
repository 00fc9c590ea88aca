/* The master key, and what is sealed with it. */

#include "linnetd/credential_seal.h"

#include <linnet/net.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_TEXT_MAX = 128 };

void seal_wipe(void *at, size_t len)
{
    if (len > 0) {
        gnutls_memset(at, 0, len);
    }
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (uint8_t)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool seal_read_hex(struct ln_bytes text, uint8_t *out, size_t size, size_t *len)
{
    if (text.len % 2 != 0 || text.len / 2 > size) {
        return false;
    }
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = hex_digit(text.at[2 * i]);
        int low = hex_digit(text.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    *len = text.len / 2;
    return true;
}

/* ---- The key ---- */

static uint8_t *key_memory(void)
{
    void *at = mmap(NULL, SEAL_KEY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(at, SEAL_KEY, MADV_DONTDUMP);
    (void)mlock(at, SEAL_KEY); /* where the system lets us: never swapped out */
    return at;
}

static bool take_key(struct seal *seal, const char *text)
{
    struct ln_bytes bytes = ln_bytes_of_text(text);
    uint8_t key[KEY_TEXT_MAX];
    size_t len = 0;

    while (bytes.len > 0 &&
           (bytes.at[bytes.len - 1] == '\n' || bytes.at[bytes.len - 1] == '\r')) {
        bytes.len--;
    }
    if (!seal_read_hex(bytes, key, SEAL_KEY, &len)) {
        struct ln_writer w = ln_writer(key, sizeof(key));
        len = ln_base64_decode(&w, bytes, true) && !w.failed ? w.written : 0;
    }
    seal->key = len == SEAL_KEY ? key_memory() : NULL;
    if (seal->key != NULL) {
        memcpy(seal->key, key, SEAL_KEY);
    }
    seal_wipe(key, sizeof(key));
    return seal->key != NULL;
}

static bool wrong(char why[SEAL_WHY_MAX], const char *what, const char *sentence)
{
    (void)snprintf(why, SEAL_WHY_MAX, "%.250s: %.250s", what, sentence);
    return false;
}

static bool read_key(struct seal *seal, const char *name, int fd, char why[SEAL_WHY_MAX])
{
    char text[KEY_TEXT_MAX];
    struct stat is;

    if (fstat(fd, &is) != 0 || (is.st_mode & 077) != 0) {
        return wrong(why, name,
                     "the key file may be read by others than its owner: make another key if "
                     "they may have, and `chmod 600` it");
    }
    ssize_t length = read(fd, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = '\0';
    bool good = take_key(seal, text);
    seal_wipe(text, sizeof(text));
    return good || wrong(why, name, "the key file has no key: it is 32 bytes in hex or base64");
}

/* `must`: that there is none is an error too. */
static bool read_file(struct seal *seal, const char *name, bool must, char why[SEAL_WHY_MAX])
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return (errno == ENOENT && !must) || wrong(why, name, strerror(errno));
    }
    bool good = read_key(seal, name, fd, why);
    close(fd);
    return good;
}

static bool read_environment(struct seal *seal, const char *text, const char *file,
                             char why[SEAL_WHY_MAX])
{
    if (text != NULL && file != NULL) {
        return wrong(why, "LINNET_KEY", "LINNET_KEY_FILE is set too: give one of them");
    }
    if (file != NULL) {
        return read_file(seal, file, true, why);
    }
    return take_key(seal, text) ||
           wrong(why, "LINNET_KEY", "a master key is 32 bytes in hex or base64");
}

bool seal_init(struct seal *seal, const char *folder, char why[SEAL_WHY_MAX])
{
    char name[4096];
    char *text = getenv("LINNET_KEY");
    const char *file = getenv("LINNET_KEY_FILE");

    *seal = (struct seal){.key = NULL};
    if (text != NULL || file != NULL) {
        bool good = read_environment(seal, text, file, why);
        if (text != NULL) {
            seal_wipe(text, strlen(text)); /* what we start, and /proc, must not have it */
            (void)unsetenv("LINNET_KEY");
        }
        return good;
    }
    if (folder == NULL) {
        return true;
    }
    (void)snprintf(name, sizeof(name), "%s/key", folder);
    seal->file = strdup(name);
    return seal->file != NULL ? read_file(seal, name, false, why)
                              : wrong(why, name, "no memory");
}

void seal_fini(struct seal *seal)
{
    if (seal->key != NULL) {
        seal_wipe(seal->key, SEAL_KEY);
        (void)munmap(seal->key, SEAL_KEY);
    }
    free(seal->file);
    *seal = (struct seal){.key = NULL};
}

static bool sync_folder_of(const char *file)
{
    char folder[4096];

    (void)snprintf(folder, sizeof(folder), "%s", file);
    *strrchr(folder, '/') = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

/* Never over a key that is there: rows may be sealed with it. */
static bool write_key(const char *file, const uint8_t key[SEAL_KEY])
{
    char text[2 * SEAL_KEY + 2];
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        return false;
    }
    for (size_t i = 0; i < SEAL_KEY; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", key[i]);
    }
    text[2 * SEAL_KEY] = '\n';
    bool good = write(fd, text, 2 * SEAL_KEY + 1) == 2 * SEAL_KEY + 1 && fsync(fd) == 0;
    close(fd);
    seal_wipe(text, sizeof(text));
    if (!good || !sync_folder_of(file)) {
        (void)unlink(file);
        return false;
    }
    return true;
}

bool seal_make(struct seal *seal)
{
    if (seal->key != NULL) {
        return true;
    }
    uint8_t *key = key_memory();
    if (key == NULL) {
        return false;
    }
    ln_random_system.fill(ln_random_system.context, key, SEAL_KEY);
    if (seal->file != NULL && !write_key(seal->file, key)) {
        seal_wipe(key, SEAL_KEY);
        (void)munmap(key, SEAL_KEY);
        return false;
    }
    seal->key = key;
    return true;
}

/* ---- Sealing ---- */

static bool start(const struct seal *seal, gnutls_aead_cipher_hd_t *cipher)
{
    gnutls_datum_t key = {seal->key, SEAL_KEY};

    return seal->key != NULL &&
           gnutls_aead_cipher_init(cipher, GNUTLS_CIPHER_AES_256_GCM, &key) == 0;
}

bool seal_close(const struct seal *seal, struct ln_bytes bound, struct ln_bytes plain,
                uint8_t *out)
{
    gnutls_aead_cipher_hd_t cipher;
    size_t len = plain.len + SEAL_TAG;

    if (!start(seal, &cipher)) {
        return false;
    }
    ln_random_system.fill(ln_random_system.context, out, SEAL_NONCE);
    int code =
        gnutls_aead_cipher_encrypt(cipher, out, SEAL_NONCE, bound.at, bound.len, SEAL_TAG,
                                   plain.at, plain.len, out + SEAL_NONCE, &len);
    gnutls_aead_cipher_deinit(cipher);
    return code == 0;
}

bool seal_open(const struct seal *seal, struct ln_bytes bound, struct ln_bytes sealed,
               uint8_t *out)
{
    gnutls_aead_cipher_hd_t cipher;

    if (sealed.len < SEAL_MORE || !start(seal, &cipher)) {
        return false;
    }
    size_t len = sealed.len - SEAL_MORE;
    int code =
        gnutls_aead_cipher_decrypt(cipher, sealed.at, SEAL_NONCE, bound.at, bound.len, SEAL_TAG,
                                   sealed.at + SEAL_NONCE, sealed.len - SEAL_NONCE, out, &len);
    gnutls_aead_cipher_deinit(cipher);
    return code == 0;
}
