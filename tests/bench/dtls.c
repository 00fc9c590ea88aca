/*
 * What our DTLS costs beside bare Mbed TLS of the same build, all in memory on one core: handshakes by
 * key and by certificate, records there and back, and the memory of idle sessions.
 *
 *     bench_dtls [SECONDS for each measure, default 1] [SESSIONS, default 20000]
 *     bench_dtls bare psk|ecdsa SECONDS
 *
 * Prints JSON; times are of this process's use of the processor. "bare" is both ends of Mbed TLS in a loop, without cookies and tickets.
 */

#include <linnet/dtls.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>

enum { FILE_MAX = 8192, ROOM = 8192, RECORD = 60 };

static const char key[] = "sixteen bytes...";
static double seconds = 1;

/* Of this process alone: others may use the core meanwhile. */
static double clock_now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void need(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "bench_dtls: %s failed\n", what);
        exit(1);
    }
}

/* Quick and no secret: what costs time here is DTLS. */
static void fill(void *context, void *out, size_t size)
{
    static uint64_t state = 88172645463325252u;
    uint8_t *bytes = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = (uint8_t)(state >> 24);
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

static struct ln_bytes pem(const char *name)
{
    static char texts[8][FILE_MAX];
    static int used;
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", LN_CERTIFICATES_DIR, name);
    FILE *file = fopen(path, "rb");
    need(file != NULL, path);
    char *text = texts[used++ % 8];
    size_t length = fread(text, 1, FILE_MAX - 1, file);
    fclose(file);
    text[length] = '\0';
    return ln_bytes(text, length + 1);
}

/* ---- Ours ---- */

static struct ln_dtls_server *server;
static struct ln_dtls_client client;
static struct ln_dtls_client_config client_config;
static struct ln_dtls_path path;
static uint64_t session;

static size_t find_key(void *context, struct ln_bytes identity, uint8_t out[LN_DTLS_KEY_MAX])
{
    (void)context;
    (void)identity;
    memcpy(out, key, 16);
    return 16;
}

static void start_ours(bool certified)
{
    struct ln_dtls_server_config config = {
        .size = sizeof(config),
        .random = {.fill = fill},
        .allocator = {.resize = resize},
        .psk = find_key,
        .no_tickets = true,
    };

    client_config = (struct ln_dtls_client_config){
        .size = sizeof(client_config),
        .random = {.fill = fill},
        .psk_identity = ln_bytes_of_text("device-1"),
        .psk_key = ln_bytes(key, 16),
        .usage = LN_DTLS_TRUST_ANCHOR,
    };
    if (certified) {
        config.certificates.chain = pem("device.pem");
        config.certificates.key = pem("device.key");
        config.certificates.trusted = pem("ca.pem");
        client_config.certificates = config.certificates;
        client_config.expected = config.certificates.trusted;
        client_config.psk_key = client_config.psk_identity = ln_bytes(NULL, 0);
    }
    path.remote = ln_address_ipv4(10, 0, 0, 1, 1);
    need(ln_dtls_server_new(&server, &config, 1) == LN_OK, "a server");
}

static void server_takes(struct ln_bytes datagram, bool echo)
{
    uint8_t plain[LN_DTLS_PLAIN_MAX];
    struct ln_dtls_event event;
    uint64_t from;
    size_t got;

    ln_dtls_server_recv(server, 1, &path, datagram);
    while (ln_dtls_server_event(server, &event)) {
        session = event.kind == LN_DTLS_OPENED ? event.session : session;
    }
    while ((got = ln_dtls_server_read(server, 1, plain, sizeof(plain), &from)) > 0) {
        need(!echo || ln_dtls_server_write(server, 1, from, ln_bytes(plain, got)) == LN_OK,
             "an echo");
    }
}

/* Until nothing is on its way. */
static void exchange(bool echo)
{
    uint8_t buf[LN_DTLS_DATAGRAM_MAX];
    uint8_t plain[LN_DTLS_PLAIN_MAX];
    struct ln_dtls_event event;
    struct ln_dtls_path to;
    size_t length;
    bool moved = true;

    while (moved) {
        moved = false;
        while ((length = ln_dtls_client_send(&client, 1, buf, sizeof(buf))) > 0) {
            server_takes(ln_bytes(buf, length), echo);
            moved = true;
        }
        while ((length = ln_dtls_server_send(server, 1, buf, sizeof(buf), &to)) > 0) {
            ln_dtls_client_recv(&client, 1, ln_bytes(buf, length));
            while (ln_dtls_client_read(&client, 1, plain, sizeof(plain)) > 0) {
            }
            moved = true;
        }
        while (ln_dtls_client_event(&client, &event)) {
        }
    }
}

static void open_ours(void)
{
    need(ln_dtls_client_init(&client, &client_config) == LN_OK, "a client");
    ln_dtls_client_connect(&client, 1);
    exchange(false);
    need(ln_dtls_client_is_open(&client), "a handshake");
}

static double handshakes_of_ours(bool certified)
{
    size_t count = 0;

    start_ours(certified);
    double begin = clock_now();
    while (clock_now() - begin < seconds) {
        open_ours();
        ln_dtls_server_close(server, 1, session, LN_DTLS_CLOSE_NOTIFY);
        exchange(false);
        ln_dtls_client_fini(&client);
        count++;
    }
    double rate = (double)count / (clock_now() - begin);
    ln_dtls_server_free(server);
    return rate;
}

static double echoes_of_ours(void)
{
    uint8_t record[RECORD] = {0};
    size_t count = 0;

    start_ours(false);
    open_ours();
    double begin = clock_now();
    while (clock_now() - begin < seconds) {
        for (int i = 0; i < 100; i++) {
            need(ln_dtls_client_write(&client, 1, ln_bytes(record, RECORD)) == LN_OK,
                 "a write");
            exchange(true);
        }
        count += 100;
    }
    double rate = (double)count / (clock_now() - begin);
    ln_dtls_client_fini(&client);
    ln_dtls_server_free(server);
    return rate;
}

static size_t resident(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    need(file != NULL && fscanf(file, "%*u %lu", &pages) == 1, "/proc/self/statm");
    fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Bytes of each of so many sessions, after one record each. Clients come and go in the same memory. */
static double memory_of_a_session(size_t count)
{
    uint8_t record[RECORD] = {0};

    start_ours(false);
    size_t before = resident();
    for (size_t i = 0; i < count; i++) {
        path.remote = ln_address_ipv4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 1);
        open_ours();
        need(ln_dtls_client_write(&client, 1, ln_bytes(record, RECORD)) == LN_OK, "a write");
        exchange(true);
        ln_dtls_client_fini(&client);
    }
    need(ln_dtls_server_sessions(server) == count, "keeping all sessions");
    double each = (double)(resident() - before) / (double)count;
    ln_dtls_server_free(server);
    return each;
}

/* ---- Bare Mbed TLS ---- */

struct bare {
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_x509_crt own;
    mbedtls_x509_crt anchors;
    mbedtls_pk_context pk;
    struct bare *peer;
    uint8_t in[16][2048]; /* datagrams that wait */
    size_t lengths[16];
    unsigned first;
    unsigned next;
};

static struct bare left;
static struct bare right;

static int bare_random(void *context, unsigned char *out, size_t size)
{
    fill(context, out, size);
    return 0;
}

static int bare_send(void *context, const unsigned char *bytes, size_t size)
{
    struct bare *to = ((struct bare *)context)->peer;

    memcpy(to->in[to->next % 16], bytes, size);
    to->lengths[to->next++ % 16] = size;
    return (int)size;
}

static int bare_recv(void *context, unsigned char *bytes, size_t size)
{
    struct bare *at = context;

    (void)size;
    if (at->first == at->next) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    memcpy(bytes, at->in[at->first % 16], at->lengths[at->first % 16]);
    return (int)at->lengths[at->first++ % 16];
}

static void bare_set_timer(void *context, uint32_t early, uint32_t final)
{
    (void)context;
    (void)early;
    (void) final;
}

static int bare_get_timer(void *context)
{
    (void)context;
    return 0;
}

static void configure_bare(struct bare *end, struct bare *peer, int role, bool certified)
{
    static const int by_key[] = {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0};
    static const int by_certificate[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0};

    memset(end, 0, sizeof(*end));
    end->peer = peer;
    mbedtls_ssl_config_init(&end->config);
    mbedtls_x509_crt_init(&end->own);
    mbedtls_x509_crt_init(&end->anchors);
    mbedtls_pk_init(&end->pk);
    need(mbedtls_ssl_config_defaults(&end->config, role, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT) == 0,
         "defaults");
    mbedtls_ssl_conf_rng(&end->config, bare_random, NULL);
    mbedtls_ssl_conf_dtls_cookies(&end->config, NULL, NULL, NULL);
    mbedtls_ssl_conf_ciphersuites(&end->config, certified ? by_certificate : by_key);
    mbedtls_ssl_conf_session_tickets(&end->config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    if (certified) {
        struct ln_bytes chain = pem("device.pem");
        struct ln_bytes own_key = pem("device.key");
        struct ln_bytes ca = pem("ca.pem");
        need(mbedtls_x509_crt_parse(&end->own, chain.at, chain.len) == 0 &&
                 mbedtls_x509_crt_parse(&end->anchors, ca.at, ca.len) == 0 &&
                 mbedtls_pk_parse_key(&end->pk, own_key.at, own_key.len, NULL, 0, bare_random,
                                      NULL) == 0 &&
                 mbedtls_ssl_conf_own_cert(&end->config, &end->own, &end->pk) == 0,
             "certificates");
        mbedtls_ssl_conf_ca_chain(&end->config, &end->anchors, NULL);
        mbedtls_ssl_conf_authmode(&end->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    } else {
        need(mbedtls_ssl_conf_psk(&end->config, (const uint8_t *)key, 16,
                                  (const uint8_t *)"device-1", 8) == 0,
             "a key");
    }
}

static void free_bare(struct bare *end)
{
    mbedtls_ssl_config_free(&end->config);
    mbedtls_x509_crt_free(&end->own);
    mbedtls_x509_crt_free(&end->anchors);
    mbedtls_pk_free(&end->pk);
}

static void open_bare(struct bare *end)
{
    mbedtls_ssl_init(&end->ssl);
    need(mbedtls_ssl_setup(&end->ssl, &end->config) == 0, "setup");
    (void)mbedtls_ssl_set_hostname(&end->ssl, NULL);
    mbedtls_ssl_set_bio(&end->ssl, end, bare_send, bare_recv, NULL);
    mbedtls_ssl_set_timer_cb(&end->ssl, end, bare_set_timer, bare_get_timer);
    end->first = end->next = 0;
}

static void shake_bare(void)
{
    int l = -1;
    int r = -1;

    open_bare(&left);
    open_bare(&right);
    for (int i = 0; i < 100 && (l != 0 || r != 0); i++) {
        l = l == 0 ? 0 : mbedtls_ssl_handshake(&left.ssl);
        r = r == 0 ? 0 : mbedtls_ssl_handshake(&right.ssl);
    }
    need(l == 0 && r == 0, "a bare handshake");
}

/* Until its time is up; returns how many. */
static size_t shake_bare_for(double *used, bool certified)
{
    size_t count = 0;

    configure_bare(&left, &right, MBEDTLS_SSL_IS_CLIENT, certified);
    configure_bare(&right, &left, MBEDTLS_SSL_IS_SERVER, certified);
    double begin = clock_now();
    while (clock_now() - begin < seconds) {
        shake_bare();
        mbedtls_ssl_free(&left.ssl);
        mbedtls_ssl_free(&right.ssl);
        count++;
    }
    *used = clock_now() - begin;
    free_bare(&left);
    free_bare(&right);
    return count;
}

static double handshakes_of_bare(bool certified)
{
    double used;
    size_t count = shake_bare_for(&used, certified);

    return (double)count / used;
}

static void echo_bare(void)
{
    uint8_t record[RECORD] = {0};

    need(mbedtls_ssl_write(&left.ssl, record, RECORD) == RECORD &&
             mbedtls_ssl_read(&right.ssl, record, RECORD) == RECORD &&
             mbedtls_ssl_write(&right.ssl, record, RECORD) == RECORD &&
             mbedtls_ssl_read(&left.ssl, record, RECORD) == RECORD,
         "a bare echo");
}

static double echoes_of_bare(void)
{
    size_t count = 0;

    configure_bare(&left, &right, MBEDTLS_SSL_IS_CLIENT, false);
    configure_bare(&right, &left, MBEDTLS_SSL_IS_SERVER, false);
    shake_bare();
    double begin = clock_now();
    while (clock_now() - begin < seconds) {
        for (int i = 0; i < 100; i++) {
            echo_bare();
        }
        count += 100;
    }
    double rate = (double)count / (clock_now() - begin);
    mbedtls_ssl_free(&left.ssl);
    mbedtls_ssl_free(&right.ssl);
    free_bare(&left);
    free_bare(&right);
    return rate;
}

/* For tests/bench/bench.py, in the words of the generators. */
static int report_bare(bool certified)
{
    double used;
    size_t count = shake_bare_for(&used, certified);

    printf("{\"answered\": %zu, \"refused\": 0, \"resent\": 0, \"seconds\": %.6f, "
           "\"cpu\": %.6f, \"alive\": true}\n",
           count, used, used);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "bare") == 0) {
        seconds = atof(argv[3]);
        return report_bare(strcmp(argv[2], "ecdsa") == 0);
    }
    size_t count = argc > 2 ? (size_t)atoi(argv[2]) : 20000;

    seconds = argc > 1 ? atof(argv[1]) : 1;
    double memory = memory_of_a_session(count);
    double psk = handshakes_of_ours(false);
    double bare_psk = handshakes_of_bare(false);
    double ecdsa = handshakes_of_ours(true);
    double bare_ecdsa = handshakes_of_bare(true);
    double echo = echoes_of_ours();
    double bare_echo = echoes_of_bare();
    printf(
        "{\"psk_handshakes\": %.0f, \"bare_psk_handshakes\": %.0f, \"psk_ratio\": %.2f,\n"
        " \"ecdsa_handshakes\": %.0f, \"bare_ecdsa_handshakes\": %.0f, \"ecdsa_ratio\": %.2f,\n"
        " \"echoes\": %.0f, \"bare_echoes\": %.0f, \"echo_ratio\": %.2f,\n"
        " \"sessions\": %zu, \"bytes_of_a_session\": %.0f}\n",
        psk, bare_psk, psk / bare_psk, ecdsa, bare_ecdsa, ecdsa / bare_ecdsa, echo, bare_echo,
        echo / bare_echo, count, memory);
    return 0;
}
