/* The world of the DTLS tests: what one end gives out, the other gets, unless the test's network differs. */

#include "support.h"

#include <malloc.h>
#include <stdlib.h>

#include <mbedtls/platform.h>

const char secret_1[] = "sixteen bytes...";
const char secret_2[] = "another sixteen!";

struct world w;

static uint32_t next_random(void)
{
    w.seed = w.seed * 1664525 + 1013904223;
    return w.seed >> 8;
}

static void fill_random(void *context, void *out, size_t size)
{
    uint8_t *bytes = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)next_random();
    }
}

struct ln_random seeded_random(void)
{
    return (struct ln_random){.fill = fill_random};
}

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    w.allocations++;
    w.held -= malloc_usable_size(memory);
    if (size == 0) {
        free(memory);
        return NULL;
    }
    void *resized = realloc(memory, size);
    w.held += malloc_usable_size(resized);
    return resized;
}

static void *counted_calloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    w.allocations++;
    w.held += malloc_usable_size(memory);
    return memory;
}

static void counted_free(void *memory)
{
    w.held -= malloc_usable_size(memory);
    free(memory);
}

static size_t find_key(void *context, struct ln_bytes identity, uint8_t key[LN_DTLS_KEY_MAX])
{
    const char *secret = ln_bytes_are(identity, "device-1")   ? secret_1
                         : ln_bytes_are(identity, "device-2") ? secret_2
                                                              : "";

    (void)context;
    w.keys_asked++;
    if (w.change_key_after > 0 && w.keys_asked > w.change_key_after) {
        secret = secret_2;
    }
    memcpy(key, secret, strlen(secret));
    return strlen(secret);
}

static bool accept(void *context, const struct ln_dtls_identity *identity)
{
    (void)context;
    (void)identity;
    return !w.refuses;
}

struct ln_dtls_server_config usual_server(void)
{
    return (struct ln_dtls_server_config){
        .size = sizeof(struct ln_dtls_server_config),
        .random = seeded_random(),
        .allocator = {.resize = resize},
        .psk = find_key,
        .accept = accept,
        .shard = 7,
    };
}

void world_begin_with(const struct ln_dtls_server_config *config)
{
    w = (struct world){.now = 1000, .seed = 1};
    w.config = *config;
    mbedtls_platform_set_calloc_free(counted_calloc, counted_free);
    CHECK_OK(ln_dtls_server_new(&w.server, config, w.now));
}

void world_begin(void)
{
    struct ln_dtls_server_config config = usual_server();

    world_begin_with(&config);
}

void world_end(void)
{
    for (size_t i = 0; i < w.end_count; i++) {
        ln_dtls_client_fini(&w.ends[i].client);
    }
    ln_dtls_server_free(w.server);
    w.server = NULL;
}

struct ln_dtls_client_config usual_client(void)
{
    return (struct ln_dtls_client_config){
        .size = sizeof(struct ln_dtls_client_config),
        .random = seeded_random(),
    };
}

struct end *client_of(const struct ln_dtls_client_config *config)
{
    struct end *end = &w.ends[w.end_count++];

    end->config = *config;
    CHECK_OK(ln_dtls_client_init(&end->client, config));
    end->path.remote = ln_address_ipv4(10, 0, 0, (uint8_t)w.end_count, 40000);
    end->path.local = ln_address_ipv4(10, 0, 1, 1, 5684);
    return end;
}

struct end *client_with_key(const char *identity, const char *key)
{
    struct ln_dtls_client_config config = usual_client();

    config.psk_identity = ln_bytes_of_text(identity);
    config.psk_key = ln_bytes_of_text(key);
    return client_of(&config);
}

/* ---- The network ---- */

static void post(const struct mail *mail, ln_time delay)
{
    if (w.mail_count < MAIL_MAX) {
        w.mail[w.mail_count] = *mail;
        w.mail[w.mail_count++].at = w.now + delay;
    }
}

static void dispatch(const struct mail *mail)
{
    enum fate fate = w.fate == NULL ? ARRIVES : w.fate(&w, mail);

    w.sent++;
    switch (fate) {
    case IS_LOST:
        return;
    case IS_KEPT:
        w.kept = *mail;
        return;
    case COMES_TWICE:
        post(mail, 1);
        post(mail, 3);
        return;
    case COMES_LATE:
        post(mail, 40);
        return;
    case ARRIVES:
        post(mail, 1);
    }
}

static void collect(void)
{
    struct mail mail;

    for (size_t i = 0; i < w.end_count; i++) {
        mail = (struct mail){.to_server = true, .path = w.ends[i].path};
        while ((mail.length = ln_dtls_client_send(&w.ends[i].client, w.now, mail.bytes,
                                                  sizeof(mail.bytes))) > 0) {
            dispatch(&mail);
        }
    }
    mail = (struct mail){0};
    while ((mail.length = ln_dtls_server_send(w.server, w.now, mail.bytes, sizeof(mail.bytes),
                                              &mail.path)) > 0) {
        dispatch(&mail);
    }
}

static void read_server_events(void)
{
    struct ln_dtls_event event;

    while (ln_dtls_server_event(w.server, &event)) {
        w.last = event;
        w.opened += event.kind == LN_DTLS_OPENED;
        w.moved += event.kind == LN_DTLS_MOVED;
        w.closed += event.kind == LN_DTLS_CLOSED;
        if (event.kind == LN_DTLS_OPENED) {
            w.session = event.session;
            (void)!ln_bytes_to_text(event.identity->name, w.last_name, sizeof(w.last_name));
        }
    }
}

void deliver(const struct ln_dtls_path *path, struct ln_bytes datagram)
{
    uint64_t session;
    size_t got;

    ln_dtls_server_recv(w.server, w.now, path, datagram);
    read_server_events();
    while ((got = ln_dtls_server_read(w.server, w.now, w.heard, sizeof(w.heard) - 1,
                                      &session)) > 0) {
        w.heard[got] = '\0';
        w.session = session;
        if (w.echoes) {
            CHECK_OK(ln_dtls_server_write(w.server, w.now, session, ln_bytes(w.heard, got)));
        }
    }
    read_server_events();
}

static void read_end(struct end *end)
{
    struct ln_dtls_event event;
    size_t got;

    while ((got = ln_dtls_client_read(&end->client, w.now, end->heard,
                                      sizeof(end->heard) - 1)) > 0) {
        end->heard[got] = '\0';
    }
    while (ln_dtls_client_event(&end->client, &event)) {
        end->last = event;
        end->opened += event.kind == LN_DTLS_OPENED;
        end->closed += event.kind == LN_DTLS_CLOSED;
    }
}

static void deliver_to_client(const struct mail *mail)
{
    for (size_t i = 0; i < w.end_count; i++) {
        struct end *end = &w.ends[i];
        if (ln_address_equal(&end->path.remote, &mail->path.remote)) {
            ln_dtls_client_recv(&end->client, w.now, ln_bytes(mail->bytes, mail->length));
            read_end(end);
        }
    }
}

/* The next of the mail that is due; false if there is none. */
static bool deliver_one(void)
{
    for (size_t i = 0; i < w.mail_count; i++) {
        if (w.mail[i].at <= w.now) {
            static struct mail mail;
            mail = w.mail[i];
            w.mail_count--;
            memmove(&w.mail[i], &w.mail[i + 1], (w.mail_count - i) * sizeof(w.mail[0]));
            if (mail.to_server) {
                deliver(&mail.path, ln_bytes(mail.bytes, mail.length));
            } else {
                deliver_to_client(&mail);
            }
            return true;
        }
    }
    return false;
}

static ln_time next_time(void)
{
    ln_time next = ln_dtls_server_deadline(w.server);

    for (size_t i = 0; i < w.end_count; i++) {
        next = ln_time_min(next, ln_dtls_client_deadline(&w.ends[i].client));
    }
    for (size_t i = 0; i < w.mail_count; i++) {
        next = ln_time_min(next, w.mail[i].at);
    }
    return next;
}

void run_for(ln_time ms)
{
    ln_time until = w.now + ms;

    for (;;) {
        do {
            collect();
        } while (deliver_one());
        read_server_events();
        for (size_t i = 0; i < w.end_count; i++) {
            read_end(&w.ends[i]);
        }
        ln_time next = next_time();
        if (next > until) {
            break;
        }
        w.now = next > w.now ? next : w.now + 1;
    }
    w.now = until;
}

void connect_end(struct end *end)
{
    ln_dtls_client_connect(&end->client, w.now);
    run_for(500);
}

void say(struct end *end, const char *text)
{
    CHECK_OK(ln_dtls_client_write(&end->client, w.now, ln_bytes_of_text(text)));
    run_for(500);
}

void answer(const char *text)
{
    CHECK_OK(ln_dtls_server_write(w.server, w.now, w.session, ln_bytes_of_text(text)));
    run_for(500);
}

void move_end(struct end *end, uint16_t port)
{
    end->path.remote.port = port;
}
