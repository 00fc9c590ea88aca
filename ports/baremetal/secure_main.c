/* The client on a board, over DTLS with a pre-shared key: the loop of main.c with a session in between. */

#include "device.h"
#include "port.h"

#include <linnet/dtls.h>

/* Of Mbed TLS: two records, a handshake, the session. */
enum { HEAP = 16 * 1024 };

static struct ln_client client;
static struct ln_dtls_client session;
static uint64_t heap[HEAP / 8];
static uint8_t message[DEVICE_DATAGRAM];
static uint8_t datagram[LN_DTLS_DATAGRAM_MAX];
static const uint8_t key[16] = {0x6f, 0x1d, 0x0c, 0x1b, 0x7c, 0x5d, 0x4f, 0x0d,
                                0x8c, 0x2c, 0x7a, 0x5b, 0xe8, 0xa9, 0xf0, 0x13};

static ln_err open_session(void)
{
    static const char identity[] = "board";
    struct ln_dtls_client_config config = {
        .size = sizeof(config),
        .random = {port_random, NULL},
        .psk_identity = {(const uint8_t *)identity, sizeof(identity) - 1},
        .psk_key = {key, sizeof(key)},
    };

    ln_dtls_heap(heap, sizeof(heap));
    return ln_dtls_client_init(&session, &config);
}

static void act(const struct ln_client_event *event)
{
    if (event->kind == LN_CLIENT_OPEN) {
        ln_dtls_client_connect(&session, port_clock());
    } else if (event->kind == LN_CLIENT_CLOSE) {
        ln_dtls_client_close(&session, port_clock());
    }
}

static void tell(const struct ln_dtls_event *event)
{
    if (event->kind == LN_DTLS_OPENED) {
        ln_client_link_up_anew(&client, port_clock(), 0);
    } else if (event->reason == LN_DTLS_BY_PEER && event->alert != LN_DTLS_NO_ALERT) {
        ln_client_link_down(&client, port_clock(), 0, LN_LINK_REFUSED, (uint8_t)event->alert);
    } else if (event->reason != LN_DTLS_BY_US) {
        ln_client_link_down(&client, port_clock(), 0, LN_LINK_FAILED, 0);
    }
}

static ln_time deadline(void)
{
    return ln_time_min(ln_client_deadline(&client), ln_dtls_client_deadline(&session));
}

static void turn(void)
{
    struct ln_dtls_event of_session;
    struct ln_client_event event;
    ln_link link;
    size_t len;

    do {
        while ((len = ln_client_send(&client, port_clock(), message, sizeof(message), &link)) >
               0) {
            /* What is lost is sent again by the client. */
            (void)!ln_dtls_client_write(&session, port_clock(), ln_bytes(message, len));
        }
        while (ln_client_event(&client, &event)) {
            act(&event);
        }
        while ((len = ln_dtls_client_send(&session, port_clock(), datagram, sizeof(datagram))) >
               0) {
            port_send(datagram, len);
        }
        while (ln_dtls_client_event(&session, &of_session)) {
            tell(&of_session);
        }
    } while (deadline() <= port_clock());
}

int main(void)
{
    size_t len;

    port_start();
    device_init();
    if (open_session() != LN_OK ||
        ln_client_init(&client, sizeof(client), &device_config) != LN_OK) {
        return 1;
    }
    ln_client_start(&client, port_clock());
    for (;;) {
        turn();
        len = port_receive(datagram, sizeof(datagram), deadline());
        if (len == 0) {
            continue;
        }
        ln_dtls_client_recv(&session, port_clock(), ln_bytes(datagram, len));
        while ((len = ln_dtls_client_read(&session, port_clock(), message, sizeof(message))) >
               0) {
            ln_client_recv(&client, port_clock(), 0, ln_bytes(message, len));
            turn();
        }
    }
}
