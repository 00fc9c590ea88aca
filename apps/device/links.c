/* The sockets of the servers, opened and closed as the client asks. */

#include "links.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device.h"

enum { COAP_PORT = 5683, COAPS_PORT = 5684 };

bool uri_split(const char *uri, bool *is_secure, char host[HOST_MAX], uint16_t *port)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(uri));
    struct ln_bytes name;
    struct ln_bytes rest;
    uint64_t number;

    *is_secure = strncmp(uri, "coaps://", 8) == 0;
    number = *is_secure ? COAPS_PORT : COAP_PORT;
    if (!*is_secure && strncmp(uri, "coap://", 7) != 0) {
        return false;
    }
    (void)ln_read_bytes(&in, *is_secure ? 8 : 7);
    name = ln_read_if(&in, '[') ? ln_read_until(&in, ']')
                                : ln_bytes(in.at, strcspn((const char *)in.at, ":/"));
    if (in.at == name.at) {
        (void)ln_read_bytes(&in, name.len);
    }
    if (name.len == 0 || !ln_bytes_to_text(name, host, HOST_MAX)) {
        return false;
    }
    rest = ln_read_until(&in, '/');
    if (rest.len > 0 && (rest.at[0] != ':' ||
                         !ln_unsigned_of_text(ln_bytes(rest.at + 1, rest.len - 1), &number))) {
        return false;
    }
    *port = (uint16_t)number;
    return number > 0 && number <= UINT16_MAX && ln_reader_left(&in) == 0;
}

void link_init(struct link *link, struct device *device, ln_link number)
{
    *link = (struct link){.udp = {.fd = -1}, .device = device, .number = number};
}

void link_fail(struct link *link, enum ln_link_reason reason, uint8_t alert)
{
    link->tries++;
    link_close(link);
    ln_client_bootstrap_link_down(&link->device->bootstrapping.machine, ln_clock_now(),
                                  link->number, reason, alert);
}

static void failed(struct link *link, const char *what, enum ln_link_reason reason)
{
    device_log(link->device, "link %u: %s: %s", link->number, what,
               reason == LN_LINK_NO_NAME ? "the host name is not known" : strerror(errno));
    link_fail(link, reason, 0);
}

void link_open(struct link *link, const struct ln_security *security)
{
    char host[HOST_MAX];
    uint16_t port;

    link->sleeps = false;
    link_park(link);
    snprintf(link->uri, sizeof(link->uri), "%s", security->uri);
    errno = EINVAL;
    if (security->mode != LN_SECURITY_NONE && !secure_init(link, security)) {
        failed(link, "its key or certificates do not parse or fit", LN_LINK_FAILED);
        return;
    }
    if (!uri_split(link->uri, &link->is_secure, host, &port)) {
        failed(link, link->uri, LN_LINK_FAILED);
        return;
    }
    link->lookup = lookup_start(link->device->loop, host, port);
    if (link->lookup == NULL) {
        failed(link, "a thread for the look-up", LN_LINK_FAILED);
    }
}

void link_open_at(struct link *link, const struct ln_security *security, ln_time at)
{
    link->opens = security;
    link->opens_at = at;
    link_turn(link);
}

void link_turn(struct link *link)
{
    const struct ln_security *security = link->opens;

    if (security != NULL && ln_clock_now() >= link->opens_at) {
        link->opens = NULL;
        link_open(link, security);
    }
    secure_turn(link);
}

ln_time link_deadline(const struct link *link)
{
    return ln_time_min(secure_deadline(link), link->opens != NULL ? link->opens_at : LN_NEVER);
}

static void close_socket(struct link *link)
{
    link->opens = NULL;
    lookup_drop(link->lookup);
    link->lookup = NULL;
    if (link->udp.fd >= 0) {
        ln_loop_remove(link->device->loop, link->udp.fd);
    }
    ln_udp_close(&link->udp);
}

void link_close(struct link *link)
{
    link->works = false;
    secure_close(link);
    close_socket(link);
}

void link_park(struct link *link)
{
    if (!secure_can_move(link)) {
        secure_close(link);
    }
    close_socket(link);
}

/* A datagram of anybody but the server is not the server's. */
static void receive(void *context)
{
    struct link *link = context;
    uint8_t buffer[LN_UDP_PACKET_MAX];
    struct ln_packet packet = {.bytes = buffer, .size = sizeof(buffer)};

    /* A server that has answered once may be starting again: that is left to retransmission. */
    if (ln_udp_refused(&link->udp) && !link->works) {
        errno = ECONNREFUSED;
        failed(link, "nobody listens at the server's port", LN_LINK_FAILED);
        return;
    }
    while (link->udp.fd >= 0 && ln_udp_recv(&link->udp, &packet, 1) == 1) {
        if (!ln_address_equal(&packet.remote, &link->peer) || packet.len > packet.size) {
            continue;
        }
        if (link->is_secure) {
            secure_receive(link, ln_bytes(buffer, packet.len));
        } else {
            device_receive(link->device, link->number, ln_bytes(buffer, packet.len));
        }
    }
}

void link_take_lookup(struct link *link)
{
    struct lookup *lookup = link->lookup;
    struct ln_address any = {.port = 0};

    if (lookup == NULL || !lookup_is_done(lookup)) {
        return;
    }
    if (!lookup_take(lookup, link->tries++, &link->peer)) {
        failed(link, lookup_host(lookup), LN_LINK_NO_NAME);
        return;
    }
    link->lookup = NULL;
    lookup_drop(lookup);
    if (ln_udp_open(&link->udp, &any, LN_UDP_REFUSED) != LN_OK ||
        ln_loop_add(link->device->loop, link->udp.fd, receive, link) != LN_OK) {
        failed(link, "a socket", LN_LINK_FAILED);
        return;
    }
    if (link->is_secure) {
        secure_begin(link);
    } else {
        ln_client_bootstrap_link_up(&link->device->bootstrapping.machine, ln_clock_now(),
                                    link->number);
    }
}

void link_transmit(struct link *link, const uint8_t *bytes, size_t len)
{
    struct ln_packet packet = {
        .remote = link->peer, .bytes = (uint8_t *)(uintptr_t)bytes, .size = len, .len = len};

    if (link->udp.fd >= 0) {
        (void)ln_udp_send(&link->udp, &packet,
                          1); /* what is lost is sent again by the client */
    }
}

void link_send(struct link *link, const uint8_t *bytes, size_t len)
{
    if (link->is_secure) {
        secure_send(link, ln_bytes(bytes, len));
    } else {
        link_transmit(link, bytes, len);
    }
}

void link_works(struct link *link)
{
    link->tries = 0;
    link->works = true;
}
