/* Sessions over a planned restart: in a file, sealed, that is deleted before they are used. */

#include "linnetd/daemon.h"
#include "linnetd/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * "LNSS", a byte of version, then for each session its sealed length in two bytes and the sealed text,
 * which is bound to its place, so that none can be put in twice.
 */
enum { VERSION = 1, HEAD = 5, SEALED_SESSION_MAX = LN_DTLS_SAVED_MAX + SEAL_MORE };

static const char magic[] = "LNSS";

static void name_of(const struct daemon *daemon, char name[4096])
{
    (void)snprintf(name, 4096, "%s/sessions", daemon->config.data);
}

static struct ln_bytes bound_of(uint64_t place, char text[48])
{
    int length = snprintf(text, 48, "session %llu", (unsigned long long)place);

    return ln_bytes(text, (size_t)length);
}

/* ---- Saving ---- */

static bool write_session(FILE *file, struct credentials *credentials, uint64_t place,
                          struct ln_bytes saved)
{
    uint8_t sealed[SEALED_SESSION_MAX];
    char text[48];
    size_t length = saved.len + SEAL_MORE;
    uint8_t head[2] = {(uint8_t)(length >> 8), (uint8_t)length};

    return credentials_seal(credentials, bound_of(place, text), saved, sealed) &&
           fwrite(head, 1, sizeof(head), file) == sizeof(head) &&
           fwrite(sealed, 1, length, file) == length;
}

static bool write_all(struct daemon *daemon, FILE *file, uint64_t *count)
{
    uint8_t saved[LN_DTLS_SAVED_MAX];
    bool good = fwrite(magic, 1, 4, file) == 4 && fputc(VERSION, file) == VERSION;
    size_t length;

    for (uint8_t i = 0; good && i < daemon->shard_count; i++) {
        struct secure *secure = &daemon->shards[i]->secure;
        while (good && secure->dtls != NULL &&
               (length = ln_dtls_server_save(secure->dtls, saved, sizeof(saved))) > 0) {
            good = write_session(file, daemon->credentials, *count, ln_bytes(saved, length));
            *count += good;
        }
        secure_flush(secure); /* those that could not be saved hear that they are over */
    }
    seal_wipe(saved, sizeof(saved));
    return good;
}

static FILE *create(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");

    if (file == NULL && fd >= 0) {
        (void)close(fd);
    }
    return file;
}

void secure_save(struct daemon *daemon)
{
    char name[4096];
    uint64_t count = 0;

    if (daemon->store == NULL || daemon->config.coaps.off || daemon->shard_count == 0) {
        return;
    }
    name_of(daemon, name);
    FILE *file = create(name);
    bool good = file != NULL && write_all(daemon, file, &count) && fflush(file) == 0 &&
                fsync(fileno(file)) == 0;
    good = (file == NULL || fclose(file) == 0) && good;
    if (!good || count == 0) {
        (void)unlink(name);
    }
    if (!good && file != NULL) {
        log_line(LOG_WARN,
                 "DTLS sessions are not kept over this stop: devices shake hands anew");
    }
}

/* ---- Restoring ---- */

static bool restore_session(struct daemon *daemon, uint64_t place, struct ln_bytes sealed)
{
    enum { SHARD_AT = 1 }; /* behind the version of a saved session is its number */
    uint8_t saved[LN_DTLS_SAVED_MAX];
    char text[48];
    size_t length = sealed.len - SEAL_MORE;
    bool good = credentials_unseal(daemon->credentials, bound_of(place, text), sealed, saved);
    uint8_t shard = saved[SHARD_AT];

    if (good && shard < daemon->shard_count) {
        good = ln_dtls_server_restore(daemon->shards[shard]->secure.dtls, ln_clock_now(),
                                      ln_bytes(saved, length)) == LN_OK;
        secure_flush(&daemon->shards[shard]->secure);
    }
    seal_wipe(saved, sizeof(saved));
    return good;
}

static void restore_all(struct daemon *daemon, struct ln_bytes bytes)
{
    struct ln_reader in = ln_reader(bytes);
    uint64_t place = 0;
    uint64_t lost = 0;

    if (!ln_bytes_are(ln_read_bytes(&in, 4), magic) || ln_read_u8(&in) != VERSION) {
        log_line(LOG_WARN, "what was kept of DTLS sessions is not of this version: devices "
                           "shake hands anew");
        return;
    }
    while (ln_reader_left(&in) > 0) {
        struct ln_bytes sealed = ln_read_bytes(&in, ln_read_u16(&in));
        bool fits = !in.failed && sealed.len > SEAL_MORE && sealed.len <= SEALED_SESSION_MAX;
        lost += !fits || !restore_session(daemon, place, sealed);
        place++;
    }
    if (lost > 0) {
        log_line(LOG_WARN,
                 "%llu DTLS sessions could not be brought back: their devices shake "
                 "hands anew",
                 (unsigned long long)lost);
    }
}

/* The folder's entry is gone for good before any of it is used: no session may go on twice. */
static bool remove_file(const struct daemon *daemon, const char *name)
{
    int folder = open(daemon->config.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = unlink(name) == 0 && folder >= 0 && fsync(folder) == 0;

    if (folder >= 0) {
        (void)close(folder);
    }
    return good;
}

static uint8_t *read_file(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    struct stat about;
    uint8_t *bytes = NULL;

    *size = 0;
    if (file != NULL && fstat(fileno(file), &about) == 0 && about.st_size > 0) {
        bytes = malloc((size_t)about.st_size);
        *size = bytes == NULL ? 0 : fread(bytes, 1, (size_t)about.st_size, file);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return bytes;
}

static bool lives(const struct daemon *daemon, uint64_t session)
{
    uint8_t shard = (uint8_t)(session >> 56);

    return shard < daemon->shard_count && daemon->shards[shard]->secure.dtls != NULL &&
           secure_peer_find(&daemon->shards[shard]->secure, session) != NULL;
}

/* Nothing is sent to a device whose session is over, until it comes again. */
static void tell_of_lost(struct shard *shard)
{
    struct ln_registration *registration;
    struct ln_registration_view view;
    size_t at = 0;

    while ((registration = ln_server_next(shard->server, &at)) != NULL) {
        ln_registration_get(registration, &view);
        if (view.peer.session != 0 && !lives(shard->daemon, view.peer.session)) {
            struct ln_proof proof = {view.identity, view.endpoint, view.proof_mode};
            view.peer.proof = &proof;
            ln_server_peer_lost(shard->server, ln_clock_now(), &view.peer);
        }
    }
}

void secure_restore(struct daemon *daemon)
{
    char name[4096];
    size_t size;

    if (daemon->store == NULL) {
        return;
    }
    name_of(daemon, name);
    uint8_t *bytes = read_file(name, &size);
    if (bytes != NULL && !remove_file(daemon, name)) {
        log_line(LOG_WARN, "%s cannot be deleted, so it is not used: %s", name,
                 strerror(errno));
    } else if (bytes != NULL && !daemon->config.coaps.off) {
        restore_all(daemon, ln_bytes(bytes, size));
    }
    free(bytes);
    for (uint8_t i = 0; i < daemon->shard_count; i++) {
        tell_of_lost(daemon->shards[i]);
    }
}
