/*
 * Bare Mbed TLS behind a UDP socket: the least that a server of protected messages must do, for
 * ./dev bench to hold linnetd against. Knows its peers by their place in 127.1.0.0/16, shakes
 * hands without cookies, and answers each message of CoAP without looking at what it asks.
 *
 *     bench_dtls_udp PORT SECRET-OF-LINNET-LOAD
 */

#include "dtls_key.h"

#include <linnet/net.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>

enum { PEERS = 65536, BATCH = 64, SIZE = 1500 };

struct peer {
    mbedtls_ssl_context ssl;
    struct ln_address remote;
    struct ln_address local;
    bool is_open;
    bool is_registered;
};

static struct peer *peers[PEERS];
static mbedtls_ssl_config config;
static struct ln_udp udp;
static struct ln_bytes arrived; /* the datagram under way */
static struct ln_packet in[BATCH];
static struct ln_packet out[BATCH];
static uint8_t in_bytes[BATCH][SIZE];
static uint8_t out_bytes[BATCH][SIZE];
static size_t out_count;
static uint8_t secret[DTLS_KEY_SIZE];

static int fail(const char *what)
{
    fprintf(stderr, "bench_dtls_udp: %s failed\n", what);
    return 1;
}

static int fill(void *context, unsigned char *bytes, size_t size)
{
    (void)context;
    ln_random_system.fill(ln_random_system.context, bytes, size);
    return 0;
}

static void flush(void)
{
    (void)ln_udp_send(&udp, out, out_count);
    out_count = 0;
}

static int send_record(void *context, const unsigned char *bytes, size_t size)
{
    const struct peer *peer = context;

    if (out_count == BATCH) {
        flush();
    }
    memcpy(out_bytes[out_count], bytes, size);
    out[out_count] = (struct ln_packet){.remote = peer->remote,
                                        .local = peer->local,
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
    (void)context;
    (void)early;
    (void)last;
}

static int get_timer(void *context)
{
    (void)context;
    return 0;
}

static int give_key(void *context, mbedtls_ssl_context *ssl, const unsigned char *name,
                    size_t size)
{
    uint8_t key[DTLS_KEY_SIZE];

    (void)context;
    dtls_key(secret, ln_bytes(name, size), key);
    return mbedtls_ssl_set_hs_psk(ssl, key, sizeof(key));
}

static bool configure(void)
{
    static const int suites[] = {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0};

    mbedtls_ssl_config_init(&config);
    if (mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER,
                                    MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return false;
    }
    mbedtls_ssl_conf_rng(&config, fill, NULL);
    mbedtls_ssl_conf_dtls_cookies(&config, NULL, NULL, NULL);
    mbedtls_ssl_conf_ciphersuites(&config, suites);
    mbedtls_ssl_conf_session_tickets(&config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    mbedtls_ssl_conf_psk_cb(&config, give_key, NULL);
    return true;
}

static struct peer *peer_at(const struct ln_packet *packet)
{
    struct peer **place = &peers[packet->remote.ip[14] << 8 | packet->remote.ip[15]];

    if (*place == NULL) {
        *place = calloc(1, sizeof(**place));
        mbedtls_ssl_init(&(*place)->ssl);
        (void)mbedtls_ssl_setup(&(*place)->ssl, &config);
        mbedtls_ssl_set_bio(&(*place)->ssl, *place, send_record, take_record, NULL);
        mbedtls_ssl_set_timer_cb(&(*place)->ssl, *place, set_timer, get_timer);
    }
    (*place)->remote = packet->remote;
    (*place)->local = packet->local;
    return *place;
}

/* 2.01 with a location for the first message of a session, then 2.04, and 2.02 for a DELETE. */
static void answer(struct peer *peer, const uint8_t *heard)
{
    uint8_t bytes[32];
    size_t token = heard[0] & 15;
    struct ln_writer w = ln_writer(bytes, sizeof(bytes));

    ln_write_u8(&w, (uint8_t)(0x60 | token));
    ln_write_u8(&w, heard[1] == 4 ? 0x42 : peer->is_registered ? 0x44 : 0x41);
    ln_write_bytes(&w, ln_bytes(heard + 2, 2 + token));
    if (!peer->is_registered) {
        ln_write_bytes(&w, ln_bytes("\x82rd\x01x", 5));
    }
    peer->is_registered = heard[1] != 4;
    (void)mbedtls_ssl_write(&peer->ssl, bytes, w.written);
}

static void take(struct peer *peer, struct ln_bytes datagram)
{
    uint8_t heard[2048];
    int got;

    if (peer->is_open && datagram.at[0] == MBEDTLS_SSL_MSG_HANDSHAKE) {
        mbedtls_ssl_session_reset(&peer->ssl); /* the next run of linnet-load */
        peer->is_open = peer->is_registered = false;
    }
    arrived = datagram;
    if (!peer->is_open) {
        peer->is_open = mbedtls_ssl_handshake(&peer->ssl) == 0;
        return;
    }
    while ((got = mbedtls_ssl_read(&peer->ssl, heard, sizeof(heard))) > 4) {
        answer(peer, heard);
    }
}

static void serve(void *context)
{
    (void)context;
    for (size_t i = 0; i < BATCH; i++) {
        in[i] = (struct ln_packet){.bytes = in_bytes[i], .size = SIZE};
    }
    size_t count = ln_udp_recv(&udp, in, BATCH);
    for (size_t i = 0; i < count; i++) {
        take(peer_at(&in[i]), ln_bytes(in[i].bytes, in[i].len));
    }
    flush();
}

int main(int argc, char **argv)
{
    uint64_t port = 0;
    struct ln_loop *loop = ln_loop_new();

    if (argc != 3 || !ln_unsigned_of_text(ln_bytes_of_text(argv[1]), &port) ||
        !dtls_secret(argv[2], secret)) {
        fprintf(stderr, "usage: bench_dtls_udp PORT SECRET\n");
        return 2;
    }
    struct ln_address address = ln_address_ipv4(127, 0, 0, 1, (uint16_t)port);
    if (loop == NULL || !configure() || ln_udp_open(&udp, &address, 0) != LN_OK ||
        ln_loop_add(loop, udp.fd, serve, NULL) != LN_OK) {
        return fail("the start");
    }
    fprintf(stderr, "bench_dtls_udp: ready\n");
    for (;;) {
        ln_loop_wait(loop, LN_NEVER);
    }
}
