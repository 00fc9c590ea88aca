/* An image over coap and coaps: the link of the library's downloader. */

#include "fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device.h"

enum { COAP_PORT = 5683, COAPS_PORT = 5684 };

static void close_link(struct fetch *f)
{
    lookup_drop(f->lookup);
    f->lookup = NULL;
    if (f->has_session) {
        ln_dtls_client_fini(&f->dtls);
        f->has_session = false;
    }
    if (f->udp.fd >= 0) {
        ln_loop_remove(f->device->loop, f->udp.fd);
    }
    ln_udp_close(&f->udp);
}

static void lose(struct fetch *f, enum ln_link_reason reason, const char *why)
{
    device_log(f->device, "firmware: %s: %s", f->config.firmware->uri, why);
    f->tries++;
    close_link(f);
    ln_download_link_down(&f->download, ln_clock_now(), reason);
}

static void transmit(struct fetch *f, uint8_t *bytes, size_t len)
{
    struct ln_packet packet = {.remote = f->peer, .bytes = bytes, .size = len, .len = len};

    if (f->udp.fd >= 0) {
        (void)ln_udp_send(&f->udp, &packet, 1); /* what is lost is sent again */
    }
}

/* ---- The session of a coaps URI ---- */

static void pump(struct fetch *f)
{
    uint8_t datagram[LN_DTLS_DATAGRAM_MAX];
    size_t len;

    while (f->has_session && (len = ln_dtls_client_send(&f->dtls, ln_clock_now(), datagram,
                                                        sizeof(datagram))) > 0) {
        transmit(f, datagram, len);
    }
}

/* The session of who is no server of ours is that of the account with the same host, or the first. */
static const struct ln_security *find_security(const struct fetch *f, const char *host)
{
    const struct ln_security *found = NULL;
    const struct device *d = f->device;

    for (size_t i = 0; i < d->security_store.count; i++) {
        const struct ln_security *security = &d->securities[i];
        char name[HOST_MAX];
        uint16_t port;
        bool is_secure;

        if (security->mode == LN_SECURITY_NONE ||
            !uri_split(security->uri, &is_secure, name, &port)) {
            continue;
        }
        if (strcmp(name, host) == 0) {
            return security;
        }
        found = found == NULL ? security : found;
    }
    return found;
}

static bool make_session(struct fetch *f, const char *host)
{
    const struct ln_security *security = find_security(f, host);
    struct ln_dtls_client_config config;

    if (security == NULL) {
        return false;
    }
    snprintf(f->name, sizeof(f->name), "%s", host);
    secure_configure(f->device, security, f->name, &config);
    f->has_session = ln_dtls_client_init(&f->dtls, &config) == LN_OK;
    return f->has_session;
}

static void session_is_over(struct fetch *f, const struct ln_dtls_event *event)
{
    bool refused = event->reason == LN_DTLS_BY_PEER && event->alert > LN_DTLS_CLOSE_NOTIFY;
    bool untrusted = event->reason == LN_DTLS_FAILED;

    lose(f,
         refused     ? LN_LINK_REFUSED
         : untrusted ? LN_LINK_UNTRUSTED
                     : LN_LINK_FAILED,
         refused     ? "the server refused the DTLS session"
         : untrusted ? "the server did not prove who it is"
                     : "the DTLS session is over");
}

static void turn_session(struct fetch *f)
{
    struct ln_dtls_event event;

    pump(f);
    while (f->has_session && ln_dtls_client_event(&f->dtls, &event)) {
        if (event.kind == LN_DTLS_OPENED) {
            ln_download_link_up(&f->download, ln_clock_now());
        } else if (event.kind == LN_DTLS_CLOSED) {
            session_is_over(f, &event);
        }
    }
}

static void receive_sealed(struct fetch *f, struct ln_bytes datagram)
{
    uint8_t plain[LN_DTLS_PLAIN_MAX];
    size_t len;

    ln_dtls_client_recv(&f->dtls, ln_clock_now(), datagram);
    turn_session(f);
    while (f->has_session &&
           (len = ln_dtls_client_read(&f->dtls, ln_clock_now(), plain, sizeof(plain))) > 0) {
        ln_download_recv(&f->download, ln_clock_now(), ln_bytes(plain, len));
    }
}

/* ---- The link ---- */

static void receive(void *context)
{
    struct fetch *f = context;
    uint8_t buffer[LN_UDP_PACKET_MAX];
    struct ln_packet packet = {.bytes = buffer, .size = sizeof(buffer)};

    if (ln_udp_refused(&f->udp)) {
        lose(f, LN_LINK_FAILED, "nobody listens at the server's port");
    }
    while (f->udp.fd >= 0 && ln_udp_recv(&f->udp, &packet, 1) == 1) {
        if (!ln_address_equal(&packet.remote, &f->peer) || packet.len > packet.size) {
            continue;
        }
        f->tries = 0;
        if (f->is_secure) {
            receive_sealed(f, ln_bytes(buffer, packet.len));
        } else {
            ln_download_recv(&f->download, ln_clock_now(), ln_bytes(buffer, packet.len));
        }
    }
    device_turn(f->device);
}

static void open_link(struct fetch *f, const struct ln_download_event *event)
{
    char host[HOST_MAX];
    uint16_t port = event->is_secure ? COAPS_PORT : COAP_PORT;

    close_link(f);
    f->is_secure = event->is_secure;
    (void)ln_bytes_to_text(event->uri.host, host, sizeof(host));
    if (event->is_secure && !make_session(f, host)) {
        lose(f, LN_LINK_UNTRUSTED, "no account has a key or certificates for it");
        return;
    }
    f->lookup =
        lookup_start(f->device->loop, host, event->uri.port == 0 ? port : event->uri.port);
    if (f->lookup == NULL) {
        lose(f, LN_LINK_FAILED, strerror(errno));
    }
}

static void take_lookup(struct fetch *f)
{
    struct ln_address any = {.port = 0};
    bool is_known = lookup_take(f->lookup, f->tries, &f->peer);

    lookup_drop(f->lookup);
    f->lookup = NULL;
    if (!is_known) {
        lose(f, LN_LINK_NO_NAME, "the host name is not known");
    } else if (ln_udp_open(&f->udp, &any, LN_UDP_REFUSED) != LN_OK ||
               ln_loop_add(f->device->loop, f->udp.fd, receive, f) != LN_OK) {
        lose(f, LN_LINK_FAILED, strerror(errno));
    } else if (f->is_secure) {
        ln_dtls_client_connect(&f->dtls, ln_clock_now());
    } else {
        ln_download_link_up(&f->download, ln_clock_now());
    }
}

/* ---- Its life ---- */

bool fetch_init(struct fetch *f, struct device *device, struct ln_firmware *firmware)
{
    *f = (struct fetch){
        .device = device,
        .udp = {.fd = -1},
        .config = {.firmware = firmware,
                   .random = ln_random_system,
                   .coap = &device->options->coap,
                   .block_size = device->options->block_size},
    };
    if (ln_download_init(&f->download, &f->config) != LN_OK) {
        fprintf(stderr, "linnet-device: the download did not start\n");
        return false;
    }
    return true;
}

uint8_t fetch_start(struct fetch *f)
{
    f->tries = 0;
    return ln_download_start(&f->download, ln_clock_now());
}

static void send_what_is_due(struct fetch *f)
{
    uint8_t buffer[LN_DOWNLOAD_DATAGRAM_MAX];
    size_t len;

    while ((len = ln_download_send(&f->download, ln_clock_now(), buffer, sizeof(buffer))) > 0) {
        if (f->has_session) {
            (void)!ln_dtls_client_write(&f->dtls, ln_clock_now(), ln_bytes(buffer, len));
            pump(f);
        } else {
            transmit(f, buffer, len);
        }
    }
}

void fetch_turn(struct fetch *f)
{
    struct ln_download_event event;

    if (f->lookup != NULL && lookup_is_done(f->lookup)) {
        take_lookup(f);
    }
    turn_session(f);
    send_what_is_due(f);
    while (ln_download_event(&f->download, &event)) {
        if (event.kind == LN_DOWNLOAD_OPEN) {
            open_link(f, &event);
        } else {
            if (f->has_session) {
                ln_dtls_client_close(&f->dtls, ln_clock_now());
                pump(f);
            }
            close_link(f);
        }
    }
}

ln_time fetch_deadline(const struct fetch *f)
{
    ln_time due = ln_download_deadline(&f->download);

    return f->has_session ? ln_time_min(due, ln_dtls_client_deadline(&f->dtls)) : due;
}

void fetch_fini(struct fetch *f)
{
    close_link(f);
}
