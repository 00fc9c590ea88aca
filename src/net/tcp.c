/* Listening TCP sockets. */

#define _GNU_SOURCE

#include "net/sockaddr.h"

#include <errno.h>
#include <unistd.h>

static int listen_family(const struct ln_address *address, int family, struct ln_address *bound)
{
    union ln_sockaddr name;
    socklen_t length = ln__address_to_system(address, family, &name);
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int off = 0;

    if (fd < 0) {
        return -1;
    }
    /* A restart must not wait for connections of the run before to time out. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) ||
        bind(fd, &name.any, length) != 0 || listen(fd, SOMAXCONN) != 0) {
        goto fail;
    }
    length = sizeof(name);
    if (getsockname(fd, &name.any, &length) != 0 || !ln_address_of_system(&name.any, bound)) {
        goto fail;
    }
    return fd;

fail:;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int ln_tcp_listen(const struct ln_address *address, struct ln_address *bound)
{
    if (ln__address_is_ipv4(address)) {
        return listen_family(address, AF_INET, bound);
    }
    int fd = listen_family(address, AF_INET6, bound);
    if (fd < 0 && ln__says_no_ipv6(errno) && ln__address_is_unspecified(address)) {
        struct ln_address any = ln_address_ipv4(0, 0, 0, 0, address->port);
        fd = listen_family(&any, AF_INET, bound);
    }
    return fd;
}
