/*
 * Clients and a DTLS server whose network is the input: it drops, doubles, changes and moves datagrams,
 * lets time pass, and puts in datagrams of its own. Whatever comes, nobody is let in unproved.
 */

#include "fuzz.h"

#include <linnet/dtls.h>

#include <string.h>

enum { CLIENTS = 3, KEPT = 8, SESSIONS = 2, HANDSHAKES = 2 };

struct kept {
    int client; /* -1: none */
    bool to_server;
    size_t length;
    uint8_t bytes[LN_DTLS_DATAGRAM_MAX];
};

static struct ln_dtls_server *server;
static struct ln_dtls_client clients[CLIENTS];
static struct ln_dtls_path paths[CLIENTS];
static struct kept kept[KEPT];
static size_t next_kept;
static ln_time now;
static uint32_t seed;

static void fill(void *context, void *out, size_t size)
{
    uint8_t *bytes = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(seed >> 16);
    }
}

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

static size_t find_key(void *context, struct ln_bytes identity, uint8_t key[LN_DTLS_KEY_MAX])
{
    (void)context;
    if (!ln_bytes_are(identity, "known")) {
        return 0;
    }
    memset(key, 7, 16);
    return 16;
}

/* The last client knows the identity, but not the key. */
static void begin(void)
{
    static const uint8_t right[16] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    static const uint8_t wrong[16] = {0};
    struct ln_dtls_server_config config = {
        .size = sizeof(config),
        .random = {.fill = fill},
        .allocator = {.resize = resize},
        .psk = find_key,
        .sessions_max = SESSIONS,
        .handshakes_max = HANDSHAKES,
    };

    now = 1000;
    seed = 1;
    next_kept = 0;
    memset(kept, 0, sizeof(kept));
    FUZZ_CHECK(ln_dtls_server_new(&server, &config, now) == LN_OK);
    for (int i = 0; i < CLIENTS; i++) {
        struct ln_dtls_client_config client = {
            .size = sizeof(client),
            .random = {.fill = fill},
            .psk_identity = ln_bytes_of_text("known"),
            .psk_key = ln_bytes(i == CLIENTS - 1 ? wrong : right, 16),
            .no_connection_id = i == 1,
        };
        FUZZ_CHECK(ln_dtls_client_init(&clients[i], &client) == LN_OK);
        paths[i] = (struct ln_dtls_path){.remote = ln_address_ipv4(10, 0, 0, 1, (uint16_t)i)};
    }
}

static void end(void)
{
    for (int i = 0; i < CLIENTS; i++) {
        ln_dtls_client_fini(&clients[i]);
    }
    ln_dtls_server_free(server);
}

static void keep(int client, bool to_server, const uint8_t *bytes, size_t length)
{
    struct kept *place = &kept[next_kept++ % KEPT];

    place->client = client;
    place->to_server = to_server;
    place->length = length;
    memcpy(place->bytes, bytes, length);
}

static int client_at(const struct ln_dtls_path *path)
{
    for (int i = 0; i < CLIENTS; i++) {
        if (ln_address_equal(&paths[i].remote, &path->remote)) {
            return i;
        }
    }
    return -1;
}

static void collect(void)
{
    static uint8_t buf[LN_DTLS_DATAGRAM_MAX];
    struct ln_dtls_path path;
    size_t length;

    for (int i = 0; i < CLIENTS; i++) {
        while ((length = ln_dtls_client_send(&clients[i], now, buf, sizeof(buf))) > 0) {
            keep(i, true, buf, length);
        }
    }
    while ((length = ln_dtls_server_send(server, now, buf, sizeof(buf), &path)) > 0) {
        keep(client_at(&path), false, buf, length);
    }
}

static void look_at_server(void)
{
    static uint8_t heard[LN_DTLS_PLAIN_MAX];
    struct ln_dtls_event event;
    uint64_t session = 0;
    size_t got;

    while (ln_dtls_server_event(server, &event)) {
        FUZZ_CHECK(ln_bytes_are(event.identity->name, "known"));
    }
    while ((got = ln_dtls_server_read(server, now, heard, sizeof(heard), &session)) > 0) {
        FUZZ_CHECK(got == 2 && heard[0] == 'o' && heard[1] == 'k');
    }
    while (ln_dtls_server_event(server, &event)) {
    }
    FUZZ_CHECK(ln_dtls_server_sessions(server) <= SESSIONS);
    FUZZ_CHECK(ln_dtls_server_handshakes(server) <= HANDSHAKES);
    FUZZ_CHECK(!ln_dtls_client_is_open(&clients[CLIENTS - 1]));
}

static void deliver(const struct kept *mail, const struct ln_dtls_path *path)
{
    static uint8_t heard[LN_DTLS_PLAIN_MAX];
    struct ln_dtls_event event;
    struct ln_bytes datagram = ln_bytes(mail->bytes, mail->length);

    if (mail->to_server) {
        ln_dtls_server_recv(server, now, path, datagram);
        look_at_server();
        return;
    }
    if (mail->client < 0) {
        return;
    }
    ln_dtls_client_recv(&clients[mail->client], now, datagram);
    while (ln_dtls_client_read(&clients[mail->client], now, heard, sizeof(heard)) > 0) {
    }
    while (ln_dtls_client_event(&clients[mail->client], &event)) {
    }
}

/* What is kept, what that gives rise to, and so on until all have said what they had to say. */
static void deliver_all(void)
{
    static struct kept mails[KEPT];

    for (int rounds = 0; rounds < 12; rounds++) {
        memcpy(mails, kept, sizeof(mails));
        memset(kept, 0, sizeof(kept));
        next_kept = 0;
        for (size_t i = 0; i < KEPT; i++) {
            if (mails[i].length > 0 && mails[i].client >= 0) {
                deliver(&mails[i], &paths[mails[i].client]);
            }
        }
        collect();
    }
}

static void save_and_restore(void)
{
    uint8_t saved[LN_DTLS_SAVED_MAX];
    size_t length = ln_dtls_server_save(server, saved, sizeof(saved));

    if (length > 0) {
        FUZZ_CHECK(ln_dtls_server_restore(server, now, ln_bytes(saved, length)) == LN_OK);
    }
}

/* One letter of the input's alphabet, with what it needs. */
static void step(struct ln_reader *in)
{
    static struct kept mail;
    uint8_t what = ln_read_u8(in);
    int client = (what >> 4) % CLIENTS;

    mail = kept[(what >> 4) % KEPT];
    switch (what & 15) {
    case 0:
        ln_dtls_client_connect(&clients[client], now);
        break;
    case 1:
        deliver_all();
        break;
    case 2:
        deliver(&mail, &paths[mail.client < 0 ? 0 : mail.client]);
        break;
    case 3:
        if (mail.length > 0) {
            mail.bytes[ln_read_u16(in) % mail.length] ^= (uint8_t)(ln_read_u8(in) | 1);
            deliver(&mail, &paths[mail.client < 0 ? 0 : mail.client]);
        }
        break;
    case 4:
        deliver(&mail, &paths[client]);
        break;
    case 5:
        paths[client].remote.port = (uint16_t)(ln_read_u8(in) % 4);
        break;
    case 6:
        now += (ln_time)1 << (ln_read_u8(in) % 20);
        break;
    case 7:
        (void)!ln_dtls_client_write(&clients[client], now, ln_bytes_of_text("ok"));
        break;
    case 8:
        ln_dtls_client_close(&clients[client], now);
        break;
    case 9:
        save_and_restore();
        break;
    default: { /* a datagram of its own */
        struct ln_bytes raw = ln_read_bytes(in, ln_read_u8(in));
        mail = (struct kept){.to_server = (what & 1) != 0, .client = client, .length = raw.len};
        memcpy(mail.bytes, raw.len > 0 ? raw.at : mail.bytes, raw.len);
        deliver(&mail, &paths[client]);
    }
    }
    collect();
    look_at_server();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_reader in = ln_reader(ln_bytes(data, size));

    begin();
    for (int steps = 0; steps < 64 && ln_reader_left(&in) > 0; steps++) {
        step(&in);
    }
    end();
    return 0;
}
