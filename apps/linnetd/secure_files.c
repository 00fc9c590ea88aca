/* The certificates that devices are shown and judged by, read from files. */

#include "linnetd/credential_seal.h"
#include "linnetd/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 4 * 1024 * 1024 };

static bool wrong(char why[SECURE_WHY_MAX], const char *file, const char *sentence)
{
    (void)snprintf(why, SECURE_WHY_MAX, "%.400s: %s", file, sentence);
    return false;
}

/* PEM with its NUL counted in. */
static bool read_text(const char *name, char **text, struct ln_bytes *out,
                      char why[SECURE_WHY_MAX])
{
    FILE *file = fopen(name, "rb");

    if (file == NULL) {
        return wrong(why, name, strerror(errno));
    }
    *text = malloc(FILE_MAX);
    size_t length = *text == NULL ? 0 : fread(*text, 1, FILE_MAX - 1, file);
    bool whole = *text != NULL && ferror(file) == 0 && feof(file) != 0;
    (void)fclose(file);
    if (!whole) {
        return wrong(why, name, "it cannot be read, or is larger than 4 MiB");
    }
    (*text)[length] = '\0';
    *out = ln_bytes(*text, length + 1);
    return strstr(*text, "-----BEGIN ") != NULL || wrong(why, name, "it is not PEM");
}

bool secure_files_read(const struct config *config, struct secure_files *files,
                       char why[SECURE_WHY_MAX])
{
    struct ln_dtls_certificates *into = &files->certificates;
    const struct {
        const char *name;
        struct ln_bytes *out;
    } all[LN_COUNT(files->texts)] = {
        {config->coaps_cert, &into->chain},
        {config->coaps_key, &into->key},
        {config->coaps_ca, &into->trusted},
        {config->coaps_crl, &into->revoked},
    };

    *files = (struct secure_files){.texts = {NULL}};
    for (size_t i = 0; i < LN_COUNT(all); i++) {
        if (all[i].name[0] != '\0' &&
            !read_text(all[i].name, &files->texts[i], all[i].out, why)) {
            return false;
        }
    }
    return true;
}

void secure_files_free(struct secure_files *files)
{
    for (size_t i = 0; i < LN_COUNT(files->texts); i++) {
        if (files->texts[i] != NULL) {
            seal_wipe(files->texts[i], strlen(files->texts[i]));
            free(files->texts[i]);
        }
    }
    *files = (struct secure_files){.texts = {NULL}};
}

/* ---- Again, while shards run ---- */

struct renewal {
    struct secure_files files;
    pthread_mutex_t lock;
    pthread_cond_t done;
    unsigned left;
    bool good;
};

struct renewal_part {
    struct call call; /* first */
    struct renewal *whole;
    struct secure *secure;
};

static void run_renewal(struct shard *shard, struct call *call)
{
    struct renewal_part *part = (struct renewal_part *)(void *)call;
    struct renewal *renewal = part->whole;
    bool good =
        ln_dtls_server_certificates(part->secure->dtls, &renewal->files.certificates) == LN_OK;

    (void)shard; /* the thread is that of whoever has the sessions */
    free(part);
    pthread_mutex_lock(&renewal->lock);
    renewal->good &= good;
    renewal->left--;
    pthread_cond_signal(&renewal->done);
    pthread_mutex_unlock(&renewal->lock);
}

static void ask(struct renewal *renewal, struct inbox *inbox, struct secure *secure)
{
    struct renewal_part *part = secure->dtls != NULL ? calloc(1, sizeof(*part)) : NULL;

    if (part == NULL) {
        renewal->good = renewal->good && secure->dtls == NULL;
        return;
    }
    *part = (struct renewal_part){.call.run = run_renewal, .whole = renewal, .secure = secure};
    pthread_mutex_lock(&renewal->lock);
    renewal->left++;
    pthread_mutex_unlock(&renewal->lock);
    if (!inbox_put_call(inbox, &part->call)) {
        run_renewal(NULL, &part->call);
    }
}

static void ask_all_threads(struct daemon *daemon, struct renewal *renewal)
{
    for (uint8_t i = 0; i < daemon->shard_count; i++) {
        ask(renewal, &daemon->shards[i]->inbox, &daemon->shards[i]->secure);
    }
    if (daemon->bootstrap != NULL) {
        ask(renewal, &daemon->bootstrap->inbox, &daemon->bootstrap->secure);
    }
}

bool secure_certificates(struct daemon *daemon, char why[SECURE_WHY_MAX])
{
    struct renewal renewal = {.good = true};
    bool good = secure_files_read(&daemon->config, &renewal.files, why);

    if (good) {
        pthread_mutex_init(&renewal.lock, NULL);
        pthread_cond_init(&renewal.done, NULL);
        ask_all_threads(daemon, &renewal);
        pthread_mutex_lock(&renewal.lock);
        while (renewal.left > 0) {
            pthread_cond_wait(&renewal.done, &renewal.lock);
        }
        pthread_mutex_unlock(&renewal.lock);
        pthread_cond_destroy(&renewal.done);
        pthread_mutex_destroy(&renewal.lock);
        good =
            renewal.good || wrong(why, daemon->config.coaps_cert,
                                  "the certificate, its key, and the authorities do not fit");
    }
    secure_files_free(&renewal.files);
    return good;
}
