/* Sessions of the simulated devices, each with a key that follows from its name and one secret. */

#include "sessions.h"

#include "bootstrapped.h"
#include "links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A keyed hash: who has one device's key has no other's. For tests, not for devices. */
void session_key(const struct options *options, const char *endpoint, uint8_t key[DEVICE_KEY])
{
    struct ln_writer out = ln_writer(key, DEVICE_KEY);

    for (char half = '1'; half <= '2'; half++) {
        char text[ENDPOINT_MAX + 1];
        struct ln_writer name = ln_writer(text, sizeof(text));
        ln_write_u8(&name, (uint8_t)half);
        ln_write_text(&name, endpoint);
        ln_write_u64(&out, ln_hash(options->psk_secret, ln_writer_bytes(&name)));
    }
}

void sessions_print_credentials(const struct options *options)
{
    uint8_t key[DEVICE_KEY];
    char endpoint[ENDPOINT_MAX];

    printf("endpoint,for,mode,identity,key\n");
    for (uint32_t i = 0; i < options->devices; i++) {
        simulated_name(options, i, endpoint);
        session_key(options, endpoint, key);
        printf("%s,%s,psk,%s,", endpoint,
               options->mode == MODE_BOOTSTRAP ? "bootstrap" : "server", endpoint);
        for (size_t k = 0; k < DEVICE_KEY; k++) {
            printf("%02x", key[k]);
        }
        putchar('\n');
    }
}

struct session *session_of(const struct worker *worker, const struct simulated *device)
{
    return worker->sessions != NULL ? &worker->sessions[device - worker->devices] : NULL;
}

static bool open_one(struct worker *worker, uint32_t i)
{
    struct session *session = &worker->sessions[i];
    const char *endpoint = worker->devices[i].endpoint;

    session_key(worker->options, endpoint, session->key);
    const struct ln_dtls_client_config config = {
        .size = sizeof(config),
        .random = ln_random_system,
        .psk_identity = ln_bytes_of_text(endpoint),
        .psk_key = ln_bytes(session->key, sizeof(session->key)),
        .no_connection_id = worker->options->no_cid,
    };
    return ln_dtls_client_init(&session->dtls, &config) == LN_OK;
}

bool sessions_open(struct worker *worker)
{
    if (!worker->options->secure) {
        return true;
    }
    worker->sessions = calloc(worker->count, sizeof(*worker->sessions));
    for (uint32_t i = 0; worker->sessions != NULL && i < worker->count; i++) {
        if (!open_one(worker, i)) {
            return false;
        }
    }
    return worker->sessions != NULL;
}

void sessions_close(struct worker *worker)
{
    for (uint32_t i = 0; worker->sessions != NULL && i < worker->count; i++) {
        ln_dtls_client_fini(&worker->sessions[i].dtls);
    }
    free(worker->sessions);
    worker->sessions = NULL;
}

void session_connect(struct worker *worker, struct simulated *device)
{
    ln_dtls_client_connect(&session_of(worker, device)->dtls, ln_clock_now());
}

bool session_is_open(const struct worker *worker, const struct simulated *device)
{
    const struct session *session = session_of(worker, device);

    return session == NULL || ln_dtls_client_is_open(&session->dtls);
}

size_t session_send(struct worker *worker, struct simulated *device, ln_time now, void *out,
                    size_t size)
{
    struct session *session = session_of(worker, device);
    uint8_t plain[BOOT_DATAGRAM];
    size_t len;

    if (session == NULL) {
        return simulated_send(device, now, out, size);
    }
    len = ln_dtls_client_send(&session->dtls, now, out, size);
    while (len == 0 && (len = simulated_send(device, now, plain, sizeof(plain))) > 0) {
        /* What is lost is sent again by the client. */
        (void)!ln_dtls_client_write(&session->dtls, now, ln_bytes(plain, len));
        len = ln_dtls_client_send(&session->dtls, now, out, size);
    }
    return len;
}

void session_receive(struct worker *worker, struct simulated *device, struct ln_bytes datagram)
{
    struct session *session = session_of(worker, device);
    uint8_t plain[LN_DTLS_PLAIN_MAX];
    size_t len;

    if (session == NULL) {
        worker_receive(worker, device, datagram);
        return;
    }
    ln_dtls_client_recv(&session->dtls, ln_clock_now(), datagram);
    while ((len = ln_dtls_client_read(&session->dtls, ln_clock_now(), plain, sizeof(plain))) >
           0) {
        worker_receive(worker, device, ln_bytes(plain, len));
    }
    worker_turn(worker, device);
}

bool session_event(struct worker *worker, struct simulated *device, struct ln_dtls_event *event)
{
    struct session *session = session_of(worker, device);

    return session != NULL && ln_dtls_client_event(&session->dtls, event);
}

ln_time session_deadline(const struct worker *worker, const struct simulated *device)
{
    const struct session *session = session_of(worker, device);

    return session != NULL ? ln_dtls_client_deadline(&session->dtls) : LN_NEVER;
}
