/* Addresses out of text: "host:port" and names. */

#define _GNU_SOURCE

#include "net/sockaddr.h"

#include <linnet/net.h>

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_MAX = 253 };

static size_t look_up(const char *host, int flags, uint16_t port, struct ln_address *out,
                      size_t max)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    size_t count = 0;

    if (getaddrinfo(host, NULL, &hints, &found) != 0) {
        return 0;
    }
    for (struct addrinfo *at = found; at != NULL && count < max; at = at->ai_next) {
        if (ln_address_of_system(at->ai_addr, &out[count])) {
            out[count].port = port;
            count++;
        }
    }
    freeaddrinfo(found);
    return count;
}

size_t ln_address_resolve(const char *host, uint16_t port, struct ln_address *out, size_t max)
{
    size_t count = look_up(host, AI_NUMERICHOST, port, out, max);

    /* AI_ADDRCONFIG: no IPv6 addresses on a machine that cannot reach them. */
    if (count == 0) {
        count = look_up(host, AI_ADDRCONFIG, port, out, max);
    }
    return count > 0 ? count : look_up(host, 0, port, out, max);
}

/* "[host]" or "host", up to the colon before a port. */
static bool read_host(struct ln_reader *in, char *host, size_t size)
{
    bool bracketed = ln_read_if(in, '[');
    struct ln_bytes text = {in->at, 0};

    while (ln_peek_u8(in) >= 0 && ln_peek_u8(in) != (bracketed ? ']' : ':')) {
        (void)ln_read_u8(in);
        text.len++;
    }
    if (bracketed && (!ln_read_if(in, ']') || text.len == 0)) {
        return false;
    }
    return ln_bytes_to_text(text, host, size);
}

static bool read_port(struct ln_reader *in, uint16_t *port)
{
    uint64_t value;

    if (ln_reader_left(in) == 0) {
        return true;
    }
    if (!ln_read_if(in, ':') || !ln_unsigned_of_text(ln_read_rest(in), &value) ||
        value > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)value;
    return true;
}

ln_err ln_address_of_text(const char *text, uint16_t default_port, bool passive,
                          struct ln_address *out)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(text));
    uint16_t port = default_port;
    char host[HOST_MAX + 1];

    if (ln_reader_left(&in) == 0 || !read_host(&in, host, sizeof(host)) ||
        !read_port(&in, &port)) {
        return LN_ERR_BAD_CONFIG;
    }
    if (host[0] == '\0') {
        *out = (struct ln_address){.port = port}; /* "::", which takes IPv4 too */
        return passive ? LN_OK : LN_ERR_BAD_CONFIG;
    }
    return ln_address_resolve(host, port, out, 1) == 1 ? LN_OK : LN_ERR_NOT_FOUND;
}
