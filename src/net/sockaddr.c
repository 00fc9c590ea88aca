/* Between our addresses and the system's. */

#define _GNU_SOURCE

#include "net/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

bool ln__address_is_ipv4(const struct ln_address *address)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    return memcmp(address->ip, prefix, sizeof(prefix)) == 0;
}

bool ln__address_is_unspecified(const struct ln_address *address)
{
    static const uint8_t none[16];
    bool ipv4 = ln__address_is_ipv4(address);

    return ipv4 ? memcmp(address->ip + 12, none, 4) == 0 : memcmp(address->ip, none, 16) == 0;
}

bool ln__address_is_link_local(const struct ln_address *address)
{
    return address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80;
}

bool ln__address_is_multicast(const struct ln_address *address)
{
    if (ln__address_is_ipv4(address)) {
        return address->ip[12] >= 224 && address->ip[12] < 240;
    }
    return address->ip[0] == 0xff;
}

struct in_addr ln__address_to_in(const struct ln_address *address)
{
    struct in_addr in;

    memcpy(&in, address->ip + 12, sizeof(in));
    return in;
}

void ln__address_of_in(struct ln_address *address, struct in_addr in)
{
    uint8_t ip[4];

    memcpy(ip, &in, sizeof(ip));
    *address = ln_address_ipv4(ip[0], ip[1], ip[2], ip[3], address->port);
}

socklen_t ln__address_to_system(const struct ln_address *address, int family,
                                union ln_sockaddr *out)
{
    memset(out, 0, sizeof(*out));
    if (family == AF_INET) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(address->port);
        out->v4.sin_addr = ln__address_to_in(address);
        return sizeof(out->v4);
    }
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(address->port);
    out->v6.sin6_scope_id = address->scope;
    memcpy(&out->v6.sin6_addr, address->ip, 16);
    return sizeof(out->v6);
}

bool ln_address_of_system(const struct sockaddr *from, struct ln_address *out)
{
    union ln_sockaddr address;

    *out = (struct ln_address){.port = 0};
    if (from->sa_family == AF_INET) {
        memcpy(&address.v4, from, sizeof(address.v4));
        out->port = ntohs(address.v4.sin_port);
        ln__address_of_in(out, address.v4.sin_addr);
        return true;
    }
    if (from->sa_family == AF_INET6) {
        memcpy(&address.v6, from, sizeof(address.v6));
        out->port = ntohs(address.v6.sin6_port);
        out->scope = address.v6.sin6_scope_id;
        memcpy(out->ip, &address.v6.sin6_addr, 16);
        return true;
    }
    return false;
}

bool ln_address_is_loopback(const struct ln_address *address)
{
    static const uint8_t loopback[16] = {[15] = 1};

    return ln__address_is_ipv4(address) ? address->ip[12] == 127
                                        : memcmp(address->ip, loopback, sizeof(loopback)) == 0;
}

bool ln__says_no_ipv6(int error)
{
    return error == EAFNOSUPPORT || error == EADDRNOTAVAIL || error == EPROTONOSUPPORT;
}
