/* The certificate of HTTPS. Each handshake gets a copy of its own, so that any may be replaced. */

#include "linnetd/https.h"

#include "linnetd/credential_seal.h"

#include <gnutls/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { CHAIN_MAX = 16, KEY_ID_MAX = 64 };

struct chain {
    gnutls_x509_crt_t *certificates;
    unsigned count;
    gnutls_x509_privkey_t key;
};

const char https_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

/* libmicrohttpd hands no context to the callback that asks for it: one for the process. */
static struct chain current;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void free_chain(struct chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++) {
        gnutls_x509_crt_deinit(chain->certificates[i]);
    }
    gnutls_free(chain->certificates);
    if (chain->key != NULL) {
        gnutls_x509_privkey_deinit(chain->key);
    }
    *chain = (struct chain){.count = 0};
}

/* ---- Reading ---- */

static bool wrong(char why[HTTPS_WHY_MAX], const char *file, const char *sentence)
{
    (void)snprintf(why, HTTPS_WHY_MAX, "%.300s: %s", file, sentence);
    return false;
}

static bool read_certificates(struct chain *chain, const char *file, char why[HTTPS_WHY_MAX])
{
    gnutls_datum_t text;
    int code = gnutls_load_file(file, &text);

    if (code < 0) {
        return wrong(why, file, "the certificate cannot be read");
    }
    code = gnutls_x509_crt_list_import2(&chain->certificates, &chain->count, &text,
                                        GNUTLS_X509_FMT_PEM, 0);
    gnutls_free(text.data);
    if (code < 0 || chain->count == 0 || chain->count > CHAIN_MAX) {
        return wrong(why, file, "it is no chain of up to 16 certificates in PEM");
    }
    return true;
}

static bool read_key(struct chain *chain, const char *file, char why[HTTPS_WHY_MAX])
{
    gnutls_datum_t text;

    if (gnutls_load_file(file, &text) < 0) {
        return wrong(why, file, "the key cannot be read");
    }
    int code = gnutls_x509_privkey_init(&chain->key);
    if (code >= 0) {
        code = gnutls_x509_privkey_import2(chain->key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    }
    seal_wipe(text.data, text.size);
    gnutls_free(text.data);
    return code >= 0 || wrong(why, file, "it is no private key in PEM without a password");
}

static bool belong_together(const struct chain *chain)
{
    uint8_t of_certificate[KEY_ID_MAX];
    uint8_t of_key[KEY_ID_MAX];
    size_t size = sizeof(of_certificate);
    size_t key_size = sizeof(of_key);

    return gnutls_x509_crt_get_key_id(chain->certificates[0], 0, of_certificate, &size) == 0 &&
           gnutls_x509_privkey_get_key_id(chain->key, 0, of_key, &key_size) == 0 &&
           size == key_size && memcmp(of_certificate, of_key, size) == 0;
}

bool https_read(const char *certificate, const char *key, char why[HTTPS_WHY_MAX])
{
    struct chain chain = {.count = 0};

    if (!read_certificates(&chain, certificate, why) || !read_key(&chain, key, why)) {
        free_chain(&chain);
        return false;
    }
    if (!belong_together(&chain)) {
        free_chain(&chain);
        return wrong(why, certificate, "the key is not that of its first certificate");
    }
    pthread_mutex_lock(&lock);
    struct chain old = current;
    current = chain;
    pthread_mutex_unlock(&lock);
    free_chain(&old);
    return true;
}

void https_fini(void)
{
    free_chain(&current);
}

/* ---- Handshakes ---- */

static bool copy_certificates(gnutls_pcert_st *out, unsigned *copied)
{
    for (*copied = 0; *copied < current.count; ++*copied) {
        if (gnutls_pcert_import_x509(&out[*copied], current.certificates[*copied], 0) != 0) {
            return false;
        }
    }
    return true;
}

static bool copy_key(gnutls_privkey_t *out)
{
    if (gnutls_privkey_init(out) != 0) {
        return false;
    }
    if (gnutls_privkey_import_x509(*out, current.key, GNUTLS_PRIVKEY_IMPORT_COPY) != 0) {
        gnutls_privkey_deinit(*out);
        return false;
    }
    return true;
}

int https_give(gnutls_session_t session, const struct gnutls_cert_retr_st *asked,
               gnutls_pcert_st **certificates, unsigned *count, gnutls_ocsp_data_st **ocsp,
               unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags)
{
    unsigned copied = 0;

    (void)session;
    (void)asked;
    *ocsp = NULL;
    *ocsp_count = 0;
    pthread_mutex_lock(&lock);
    gnutls_pcert_st *list = gnutls_malloc(current.count * sizeof(*list));
    bool good = list != NULL && copy_certificates(list, &copied) && copy_key(key);
    pthread_mutex_unlock(&lock);
    if (!good) {
        while (copied > 0) {
            gnutls_pcert_deinit(&list[--copied]);
        }
        gnutls_free(list);
        return -1;
    }
    *certificates = list;
    *count = copied;
    *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
    return 0;
}
