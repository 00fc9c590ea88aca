/* Both ends of DTLS, and the datagrams between them. */

#include "conformance/secure.h"

#include "conformance/bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 4096, FILES_MAX = 16 };

/* In January 2027: wall time where the bench's clock is 0. */
static const int64_t today = 1800000000000;

static struct {
    struct ln_dtls_client client;
    struct ln_dtls_client_config client_config;
    struct ln_dtls_server *server;
    struct ln_proof proof;
    uint8_t identity[LN_DTLS_IDENTITY_MAX];
    char files[FILES_MAX][FILE_MAX];
    size_t file_count;
    bool is_on;
    bool by_account; /* the client's keys are those of the account */
} wire;

static struct ln_dtls_path the_path(void)
{
    return (struct ln_dtls_path){.remote = ln_address_ipv4(192, 0, 2, 7, 40000),
                                 .local = ln_address_ipv4(192, 0, 2, 1, 5684)};
}

static void noise(void *context, void *out, size_t size)
{
    static uint64_t state = 1;
    uint8_t *at = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        at[i] = (uint8_t)(state >> 56);
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

/* ---- Configurations ---- */

static const char secret[] = "sixteen bytes...";

static size_t find_key(void *context, struct ln_bytes identity, uint8_t key[LN_DTLS_KEY_MAX])
{
    (void)context;
    if (!ln_bytes_are(identity, "urn:dev:1")) {
        return 0;
    }
    memcpy(key, secret, strlen(secret));
    return strlen(secret);
}

struct ln_bytes secure_pem(const char *name)
{
    char file_path[512];
    char *text = wire.files[wire.file_count++];

    CHECK(wire.file_count <= FILES_MAX);
    (void)snprintf(file_path, sizeof(file_path), "%s/%s", LN_CERTIFICATES_DIR, name);
    FILE *file = fopen(file_path, "rb");
    assert_non_null(file);
    size_t length = fread(text, 1, FILE_MAX - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    return ln_bytes(text, length + 1);
}

static void turn_on(struct ln_dtls_server_config *server)
{
    server->size = sizeof(*server);
    server->random.fill = noise;
    server->allocator.resize = resize;
    CHECK_OK(ln_dtls_server_new(&wire.server, server, bench.now));
    wire.client_config.size = sizeof(wire.client_config);
    wire.client_config.random.fill = noise;
    CHECK_OK(ln_dtls_client_init(&wire.client, &wire.client_config));
    wire.is_on = true;
}

void given_a_key(void)
{
    struct ln_dtls_server_config server = {.psk = find_key};

    wire.client_config = (struct ln_dtls_client_config){
        .psk_identity = ln_bytes_of_text("urn:dev:1"), .psk_key = ln_bytes_of_text(secret)};
    turn_on(&server);
}

void given_certificates(const char *host)
{
    struct ln_dtls_server_config server = {.wall_offset = today};

    server.certificates.chain = secure_pem("server-chain.pem");
    server.certificates.key = secure_pem("server.key");
    server.certificates.trusted = secure_pem("ca.pem");
    wire.client_config = (struct ln_dtls_client_config){.wall_offset = today};
    wire.client_config.certificates.chain = secure_pem("device.pem");
    wire.client_config.certificates.key = secure_pem("device.key");
    wire.client_config.expected = secure_pem("ca.pem");
    wire.client_config.usage = LN_DTLS_TRUST_ANCHOR;
    wire.client_config.server_name = host;
    turn_on(&server);
}

static void by_account(void)
{
    ln_dtls_client_fini(&wire.client);
    wire.by_account = true;
}

void given_a_key_to_be_written(void)
{
    given_a_key();
    by_account();
}

void given_certificates_to_be_written(void)
{
    given_certificates("server.example");
    by_account();
}

static struct ln_bytes bytes_of(const struct ln_buffer *buffer)
{
    return ln_bytes(buffer->at, buffer->len);
}

static void use_account(const struct ln_security *security)
{
    struct ln_dtls_client_config config = {
        .size = sizeof(config), .random.fill = noise, .wall_offset = today};

    ln_dtls_client_fini(&wire.client);
    if (security->mode == LN_SECURITY_PSK) {
        config.psk_identity = bytes_of(&security->identity);
        config.psk_key = bytes_of(&security->secret);
    } else {
        config.certificates.chain = bytes_of(&security->identity);
        config.certificates.key = bytes_of(&security->secret);
        config.expected = bytes_of(&security->server_key);
        config.usage = LN_DTLS_DOMAIN_ISSUED;
        config.server_name = "server.example";
    }
    wire.client_config = config;
    CHECK_OK(ln_dtls_client_init(&wire.client, &wire.client_config));
}

void secure_clear(void)
{
    if (wire.is_on) {
        ln_dtls_client_fini(&wire.client);
        ln_dtls_server_free(wire.server);
    }
    memset(&wire, 0, sizeof(wire));
}

bool secure_is_on(void)
{
    return wire.is_on;
}

/* ---- The wire ---- */

/* The credentials of the bench bind whatever name was proved to its one device. */
static void note_identity(struct ln_bytes name)
{
    struct ln_writer w = ln_writer(wire.identity, sizeof(wire.identity));

    ln_write_bytes(&w, name);
    wire.proof = (struct ln_proof){ln_writer_bytes(&w), ln_bytes_of_text("urn:dev:1"), 1};
}

static void server_reads(struct ln_bytes datagram)
{
    const struct ln_dtls_path path = the_path();
    uint8_t plaintext[LN_DTLS_PLAIN_MAX];
    struct ln_dtls_event event;
    uint64_t session;
    size_t length;

    ln_dtls_server_recv(wire.server, bench.now, &path, datagram);
    while (ln_dtls_server_event(wire.server, &event)) {
        if (event.kind == LN_DTLS_OPENED) {
            note_identity(event.identity->name);
        }
    }
    while ((length = ln_dtls_server_read(wire.server, bench.now, plaintext, sizeof(plaintext),
                                         &session)) > 0) {
        const struct ln_peer peer = {path.remote, path.local, session, &wire.proof};
        ln_server_recv(bench.servers[0], bench.now, &peer, ln_bytes(plaintext, length));
    }
}

static void client_reads(struct ln_bytes datagram)
{
    uint8_t plaintext[LN_DTLS_PLAIN_MAX];
    struct ln_dtls_event event;
    size_t length;

    ln_dtls_client_recv(&wire.client, bench.now, datagram);
    while ((length = ln_dtls_client_read(&wire.client, bench.now, plaintext,
                                         sizeof(plaintext))) > 0) {
        bench_client_recv(0, ln_bytes(plaintext, length));
    }
    while (ln_dtls_client_event(&wire.client, &event)) {
        if (event.kind == LN_DTLS_OPENED) {
            bench_link_up(0);
        } else if (event.kind == LN_DTLS_CLOSED) {
            bench_link_refused(0);
        }
    }
}

static void settle(void)
{
    uint8_t buffer[LN_DTLS_DATAGRAM_MAX];
    struct ln_dtls_path to;
    size_t up;
    size_t down;

    do {
        up = ln_dtls_client_send(&wire.client, bench.now, buffer, sizeof(buffer));
        if (up > 0) {
            server_reads(ln_bytes(buffer, up));
        }
        down = ln_dtls_server_send(wire.server, bench.now, buffer, sizeof(buffer), &to);
        if (down > 0) {
            client_reads(ln_bytes(buffer, down));
        }
    } while (up > 0 || down > 0);
}

void secure_open(const struct ln_security *security)
{
    if (wire.by_account) {
        use_account(security);
    }
    ln_dtls_client_connect(&wire.client, bench.now);
    settle();
}

void secure_from_client(struct ln_bytes plaintext)
{
    CHECK_OK(ln_dtls_client_write(&wire.client, bench.now, plaintext));
    settle();
}

void secure_from_server(uint64_t session, struct ln_bytes plaintext)
{
    CHECK_OK(ln_dtls_server_write(wire.server, bench.now, session, plaintext));
    settle();
}

/* ---- What is to be seen ---- */

const struct ln_dtls_stats *secure_client_stats(void)
{
    return ln_dtls_client_stats(&wire.client);
}

const struct ln_dtls_stats *secure_server_stats(void)
{
    return ln_dtls_server_stats(wire.server);
}

struct ln_bytes secure_identity(void)
{
    return wire.proof.identity;
}
