/*
 * Asks a server over DTLS as fast as it answers: bare Mbed TLS clients behind one socket, each with a source
 * address of its own; the messages are those of the generator without DTLS.
 *
 *     bench_dtls_generator PORT SERVER-PID DEVICES SECRET-OF-LINNET-LOAD|FOLDER-OF-CERTIFICATES
 *
 * Then, a line of standard input for each run: handshake [SECONDS] (a whole one, whether there is a session or
 * not), register, update [SECONDS], deregister; without a time each device does it once. Each line is answered
 * by one of JSON.
 */

#include "dtls_key.h"
#include "messages.h"
#include "server_cpu.h"

#include <linnet/net.h>

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>

enum {
    BATCH = LN_UDP_BATCH,
    WINDOW = 2 * BATCH,
    HANDSHAKES = BATCH, /* under way at once: more only take memory that is in no cache */
    HANDSHAKES_BY_CERTIFICATE = 8, /* they take milliseconds: more wait until sent again */
    SIZE = 1500,
    FILE_MAX = 8192,
    SPINS = 500, /* looks before it waits: a wait costs the server a wake-up */
    PATIENCE_MS = 200,
    MOST_SILENT = 50, /* times, then the server is taken for dead */
};

enum kind { HANDSHAKE, REGISTER, DEREGISTER, UPDATE, KINDS };

struct peer {
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    struct device device;
    uint32_t number;
    uint16_t id;
    bool is_open;
    bool is_busy;
    bool has_waited; /* what was sent last is due to be sent again */
};

struct run {
    enum kind kind;
    uint64_t most;
    uint64_t until_ns;
    uint64_t begun;
    uint64_t answered;
    uint64_t refused;
    uint64_t resent;
};

static const char *const names[] = {"handshake", "register", "deregister", "update"};
static const enum message messages[] = {MESSAGES, MESSAGE_REGISTER, MESSAGE_DEREGISTER,
                                        MESSAGE_UPDATE};

static struct ln_udp udp;
static struct ln_address server;
static struct peer *peers;
static uint32_t peer_count;
static uint32_t next_peer;
static uint32_t busy_count;
static mbedtls_x509_crt own;
static mbedtls_x509_crt anchors;
static mbedtls_pk_context own_key;
static bool by_certificate;
static uint8_t secret[DTLS_KEY_SIZE];
static struct ln_random_pool pool;
static struct ln_bytes arrived; /* the datagram under way */
static struct ln_packet in[BATCH];
static struct ln_packet out[BATCH];
static uint8_t in_bytes[BATCH][SIZE];
static uint8_t out_bytes[BATCH][SIZE];
static size_t out_count;

static void need(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "bench_dtls_generator: %s failed\n", what);
        exit(1);
    }
}

/* ---- Below Mbed TLS ---- */

static int fill(void *context, unsigned char *bytes, size_t size)
{
    struct ln_random random = ln_random_of_pool(context);

    random.fill(random.context, bytes, size);
    return 0;
}

static void flush(void)
{
    (void)ln_udp_send(&udp, out, out_count);
    out_count = 0;
}

static struct ln_address address_of(uint32_t number)
{
    uint32_t host = 0x010001 + number; /* from 127.1.0.1 on, as linnet-load */

    return ln_address_ipv4(127, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host, 0);
}

static struct peer *peer_at(const struct ln_packet *packet)
{
    const uint8_t *ip = packet->local.ip;
    uint32_t host = (uint32_t)ip[13] << 16 | (uint32_t)ip[14] << 8 | ip[15];
    uint32_t number = host - 0x010001;

    return number < peer_count ? &peers[number] : NULL;
}

static int send_record(void *context, const unsigned char *bytes, size_t size)
{
    const struct peer *peer = context;

    need(size <= SIZE, "a datagram of no more than a packet");
    if (out_count == BATCH) {
        flush();
    }
    memcpy(out_bytes[out_count], bytes, size);
    out[out_count] = (struct ln_packet){.remote = server,
                                        .local = address_of(peer->number),
                                        .bytes = out_bytes[out_count],
                                        .size = SIZE,
                                        .len = size};
    out_count++;
    return (int)size;
}

static int take_record(void *context, unsigned char *bytes, size_t size)
{
    size_t length = arrived.len;

    (void)context;
    if (length == 0 || length > size) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    memcpy(bytes, arrived.at, length);
    arrived.len = 0;
    return (int)length;
}

static void set_timer(void *context, uint32_t early, uint32_t last)
{
    (void)early;
    (void)last;
    ((struct peer *)context)->has_waited = false;
}

static int get_timer(void *context)
{
    return ((const struct peer *)context)->has_waited ? 2 : 0;
}

/* ---- Configuration ---- */

static void read_file(const char *folder, const char *name, uint8_t text[FILE_MAX],
                      size_t *length)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    need(file != NULL, path);
    *length = fread(text, 1, FILE_MAX - 1, file);
    fclose(file);
    text[(*length)++] = '\0';
}

static void read_certificates(const char *folder)
{
    uint8_t text[FILE_MAX];
    size_t length;

    mbedtls_x509_crt_init(&own);
    mbedtls_x509_crt_init(&anchors);
    mbedtls_pk_init(&own_key);
    read_file(folder, "device.pem", text, &length);
    need(mbedtls_x509_crt_parse(&own, text, length) == 0, "reading device.pem");
    read_file(folder, "device.key", text, &length);
    need(mbedtls_pk_parse_key(&own_key, text, length, NULL, 0, fill, &pool) == 0,
         "reading device.key");
    read_file(folder, "ca.pem", text, &length);
    need(mbedtls_x509_crt_parse(&anchors, text, length) == 0, "reading ca.pem");
}

static void use_certificates(mbedtls_ssl_config *config)
{
    static const int suites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, 0};

    mbedtls_ssl_conf_ciphersuites(config, suites);
    mbedtls_ssl_conf_ca_chain(config, &anchors, NULL);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    need(mbedtls_ssl_conf_own_cert(config, &own, &own_key) == 0, "using device.pem");
}

static void use_key(mbedtls_ssl_config *config, uint32_t number)
{
    static const int suites[] = {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0};
    char name[64];
    uint8_t key[DTLS_KEY_SIZE];

    mbedtls_ssl_conf_ciphersuites(config, suites);
    snprintf(name, sizeof(name), "urn:dev:ops:32473-%07" PRIu32, number);
    dtls_key(secret, ln_bytes_of_text(name), key);
    need(mbedtls_ssl_conf_psk(config, key, sizeof(key), (const uint8_t *)name, strlen(name)) ==
             0,
         "a key");
}

static void make_peer(uint32_t number)
{
    struct peer *peer = &peers[number];

    peer->number = number;
    mbedtls_ssl_config_init(&peer->config);
    need(mbedtls_ssl_config_defaults(&peer->config, MBEDTLS_SSL_IS_CLIENT,
                                     MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT) == 0,
         "a configuration");
    mbedtls_ssl_conf_rng(&peer->config, fill, &pool);
    (void)mbedtls_ssl_conf_cid(&peer->config, 0, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
    if (by_certificate) {
        use_certificates(&peer->config);
    } else {
        use_key(&peer->config, number);
    }
    mbedtls_ssl_init(&peer->ssl);
    need(mbedtls_ssl_setup(&peer->ssl, &peer->config) == 0, "a client");
    (void)mbedtls_ssl_set_hostname(&peer->ssl, NULL);
    mbedtls_ssl_set_bio(&peer->ssl, peer, send_record, take_record, NULL);
    mbedtls_ssl_set_timer_cb(&peer->ssl, peer, set_timer, get_timer);
}

/* ---- What is asked ---- */

static void begin_handshake(struct peer *peer)
{
    need(mbedtls_ssl_session_reset(&peer->ssl) == 0 &&
             mbedtls_ssl_set_cid(&peer->ssl, MBEDTLS_SSL_CID_ENABLED, NULL, 0) == 0,
         "a client's new start");
    peer->is_open = false;
    peer->device.location_length = 0;
    (void)mbedtls_ssl_handshake(&peer->ssl);
}

static void ask(struct run *run, struct peer *peer)
{
    uint8_t bytes[SIZE];
    struct message_ids ids = {0, peer->number, peer->id};
    size_t length = message_write(bytes, messages[run->kind], 0, &ids, &peer->device);

    (void)mbedtls_ssl_write(&peer->ssl, bytes, length);
}

static void begin(struct run *run, struct peer *peer)
{
    peer->is_busy = true;
    peer->id++;
    busy_count++;
    run->begun++;
    if (run->kind == HANDSHAKE) {
        begin_handshake(peer);
    } else {
        ask(run, peer);
    }
}

static bool may_begin(const struct run *run, const struct peer *peer)
{
    bool registered = peer->device.location_length > 0;

    return !peer->is_busy &&
           (run->kind == HANDSHAKE || (peer->is_open && registered == (run->kind != REGISTER)));
}

static uint32_t window_of(const struct run *run)
{
    if (run->kind != HANDSHAKE) {
        return WINDOW;
    }
    return by_certificate ? HANDSHAKES_BY_CERTIFICATE : HANDSHAKES;
}

/* Each in turn. */
static void begin_some(struct run *run)
{
    uint32_t window = window_of(run);

    for (uint32_t tries = 0;
         tries < peer_count && busy_count < window && run->begun < run->most; tries++) {
        struct peer *peer = &peers[next_peer];
        next_peer = next_peer + 1 < peer_count ? next_peer + 1 : 0;
        if (may_begin(run, peer)) {
            begin(run, peer);
        }
    }
    flush();
}

/* ---- What is answered ---- */

static void finish(struct run *run, struct peer *peer, bool refused)
{
    peer->is_busy = false;
    busy_count--;
    run->answered++;
    run->refused += refused;
}

static void take_handshake(struct run *run, struct peer *peer)
{
    int result = mbedtls_ssl_handshake(&peer->ssl);

    if (result != MBEDTLS_ERR_SSL_WANT_READ) {
        peer->is_open = result == 0;
        finish(run, peer, result != 0);
    }
}

static void take_answer(struct run *run, struct peer *peer)
{
    uint8_t bytes[SIZE];
    struct message_ids ids;
    int got = mbedtls_ssl_read(&peer->ssl, bytes, sizeof(bytes));

    if (got > 0 && message_read_ids(bytes, (size_t)got, &ids) && ids.id == peer->id) {
        bool good = message_take(bytes, (size_t)got, messages[run->kind], &peer->device);
        finish(run, peer, !good);
    }
}

static size_t receive(struct run *run)
{
    size_t count = ln_udp_recv(&udp, in, BATCH);

    for (size_t i = 0; i < count; i++) {
        struct peer *peer = peer_at(&in[i]);
        if (peer == NULL || !peer->is_busy) {
            continue;
        }
        arrived = ln_bytes(in[i].bytes, in[i].len);
        if (run->kind == HANDSHAKE) {
            take_handshake(run, peer);
        } else {
            take_answer(run, peer);
        }
    }
    return count;
}

/* False: nothing came for a while. */
static bool receive_some(struct run *run)
{
    struct pollfd wait = {.fd = udp.fd, .events = POLLIN};

    for (int spins = 0; spins < SPINS; spins++) {
        if (receive(run) > 0) {
            return true;
        }
    }
    return poll(&wait, 1, PATIENCE_MS) > 0;
}

static void send_again(struct run *run)
{
    for (uint32_t i = 0; i < peer_count; i++) {
        struct peer *peer = &peers[i];
        if (!peer->is_busy) {
            continue;
        }
        run->resent++;
        if (run->kind != HANDSHAKE) {
            ask(run, peer);
            continue;
        }
        peer->has_waited = true;
        (void)mbedtls_ssl_handshake(&peer->ssl);
    }
    flush();
}

/* ---- A run ---- */

static bool go(struct run *run)
{
    unsigned silent = 0;

    for (;;) {
        if (now_ns() >= run->until_ns) {
            run->most = run->begun;
        }
        begin_some(run);
        if (busy_count == 0) {
            return true;
        }
        if (receive_some(run)) {
            silent = 0;
        } else if (++silent > MOST_SILENT) {
            return false;
        } else {
            send_again(run);
        }
    }
}

static void report(struct run *run, int server_pid)
{
    uint64_t start = now_ns();
    uint64_t cpu = server_cpu(server_pid);
    bool alive = go(run);
    double seconds = (double)(now_ns() - start) / 1e9;
    double used = (double)(server_cpu(server_pid) - cpu) / 1e9;

    printf("{\"what\":\"%s\",\"answered\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"resent\":%" PRIu64 ",\"seconds\":%.6f,\"cpu\":%.6f,\"alive\":%s}\n",
           names[run->kind], run->answered, run->refused, run->resent, seconds, used,
           alive ? "true" : "false");
    fflush(stdout);
}

/* Without a time: each device once. */
static void obey(const char *line, int server_pid)
{
    char name[16] = "";
    double seconds = 0;
    int words = sscanf(line, "%15s %lf", name, &seconds);
    struct run run = {.most = peer_count, .until_ns = UINT64_MAX, .kind = KINDS};

    for (size_t i = 0; i < LN_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            run.kind = (enum kind)i;
        }
    }
    need(run.kind < KINDS, "a word that it knows");
    if (words > 1) {
        run.most = UINT64_MAX;
        run.until_ns = now_ns() + (uint64_t)(seconds * 1e9);
    }
    report(&run, server_pid);
}

int main(int argc, char **argv)
{
    char line[128];

    if (argc != 5) {
        fprintf(stderr, "usage: bench_dtls_generator PORT SERVER-PID DEVICES SECRET|FOLDER\n");
        return 2;
    }
    server = ln_address_ipv4(127, 0, 0, 1, (uint16_t)strtoul(argv[1], NULL, 10));
    peer_count = (uint32_t)strtoul(argv[3], NULL, 10);
    peers = calloc(peer_count, sizeof(*peers));
    by_certificate = !dtls_secret(argv[4], secret);
    struct ln_address any = ln_address_ipv4(0, 0, 0, 0, 0);
    need(peer_count > 0 && peers != NULL && ln_udp_open(&udp, &any, 0) == LN_OK, "a socket");
    if (by_certificate) {
        read_certificates(argv[4]);
    }
    for (uint32_t i = 0; i < peer_count; i++) {
        make_peer(i);
    }
    for (size_t i = 0; i < BATCH; i++) {
        in[i] = (struct ln_packet){.bytes = in_bytes[i], .size = SIZE};
    }
    messages_init(false);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        obey(line, (int)strtol(argv[2], NULL, 10));
    }
    return 0;
}
