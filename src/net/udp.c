/*
 * A UDP socket that takes and sends many datagrams in one call, and keeps the address each one
 * came to.
 */

#define _GNU_SOURCE

#include "net/sockaddr.h"

#include <linnet/net.h>

#include <errno.h>
#include <linux/errqueue.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    /*
     * A burst of many devices must not overflow before we get to read; the system may grant
     * less.
     */
    BUFFER_SIZE = 4 * 1024 * 1024,
    CONTROL_SIZE = CMSG_SPACE(sizeof(struct in6_pktinfo)),
};

struct ln_udp_batch {
    int family;
    struct mmsghdr headers[LN_UDP_BATCH];
    struct iovec parts[LN_UDP_BATCH];
    union ln_sockaddr names[LN_UDP_BATCH];
    union {
        struct cmsghdr align;
        uint8_t bytes[CONTROL_SIZE];
    } controls[LN_UDP_BATCH];
};

/* ---- Opening ---- */

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool set_options(int fd, int family, unsigned flags)
{
    if (family == AF_INET6) {
        if (!set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) ||
            !set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)) {
            return false;
        }
    } else if (!set(fd, IPPROTO_IP, IP_PKTINFO, 1)) {
        return false;
    }
    if ((flags & LN_UDP_SHARED) != 0 && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) {
        return false;
    }
    if ((flags & LN_UDP_REFUSED) != 0 &&
        (!set(fd, IPPROTO_IP, IP_RECVERR, 1) ||
         (family == AF_INET6 && !set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1)))) {
        return false;
    }
    (void)set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_SIZE);
    (void)set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_SIZE);
    return true;
}

static ln_err open_family(struct ln_udp *udp, const struct ln_address *address, int family,
                          unsigned flags)
{
    union ln_sockaddr name;
    socklen_t length = ln__address_to_system(address, family, &name);

    udp->fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (udp->fd < 0 || !set_options(udp->fd, family, flags) ||
        bind(udp->fd, &name.any, length) != 0) {
        goto fail;
    }
    length = sizeof(name);
    if (getsockname(udp->fd, &name.any, &length) != 0 ||
        !ln_address_of_system(&name.any, &udp->bound)) {
        goto fail;
    }
    udp->batch = calloc(1, sizeof(*udp->batch));
    if (udp->batch == NULL) {
        ln_udp_close(udp);
        return LN_ERR_NO_MEMORY;
    }
    udp->batch->family = family;
    return LN_OK;

fail:
    ln_udp_close(udp);
    return LN_ERR_SYSTEM;
}

ln_err ln_udp_open(struct ln_udp *udp, const struct ln_address *address, unsigned flags)
{
    *udp = (struct ln_udp){.fd = -1};
    if (ln__address_is_ipv4(address)) {
        return open_family(udp, address, AF_INET, flags);
    }
    ln_err err = open_family(udp, address, AF_INET6, flags);
    if (err == LN_ERR_SYSTEM && ln__says_no_ipv6(errno) &&
        ln__address_is_unspecified(address)) {
        struct ln_address any = ln_address_ipv4(0, 0, 0, 0, address->port);
        err = open_family(udp, &any, AF_INET, flags);
    }
    return err;
}

void ln_udp_close(struct ln_udp *udp)
{
    int saved = errno;

    free(udp->batch);
    if (udp->fd >= 0) {
        close(udp->fd);
    }
    *udp = (struct ln_udp){.fd = -1};
    errno = saved;
}

/* ---- Receiving ---- */

static void prepare(struct ln_udp_batch *batch, size_t i, void *bytes, size_t size)
{
    struct msghdr *header = &batch->headers[i].msg_hdr;

    batch->parts[i] = (struct iovec){bytes, size};
    *header = (struct msghdr){
        .msg_name = &batch->names[i],
        .msg_namelen = sizeof(batch->names[i]),
        .msg_iov = &batch->parts[i],
        .msg_iovlen = 1,
        .msg_control = &batch->controls[i],
        .msg_controllen = sizeof(batch->controls[i]),
    };
}

static void read_local(const struct cmsghdr *control, struct ln_address *local)
{
    struct in6_pktinfo v6;
    struct in_pktinfo v4;

    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
        memcpy(&v6, CMSG_DATA(control), sizeof(v6));
        memcpy(local->ip, &v6.ipi6_addr, 16);
        local->scope = ln__address_is_link_local(local) ? v6.ipi6_ifindex : 0;
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        /* ipi_spec_dst is ours even where the datagram was broadcast. */
        memcpy(&v4, CMSG_DATA(control), sizeof(v4));
        ln__address_of_in(local, v4.ipi_spec_dst);
    }
}

static void take(struct ln_udp *udp, size_t i, struct ln_packet *packet)
{
    struct msghdr *header = &udp->batch->headers[i].msg_hdr;

    packet->len = udp->batch->headers[i].msg_len;
    packet->local = udp->bound;
    (void)ln_address_of_system(&udp->batch->names[i].any, &packet->remote);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        read_local(c, &packet->local);
    }
}

size_t ln_udp_recv(struct ln_udp *udp, struct ln_packet *packets, size_t count)
{
    if (udp->fd < 0) {
        return 0;
    }
    if (count > LN_UDP_BATCH) {
        count = LN_UDP_BATCH;
    }
    for (size_t i = 0; i < count; i++) {
        prepare(udp->batch, i, packets[i].bytes, packets[i].size);
    }
    /* MSG_TRUNC: the length is the datagram's own, also where it was cut. */
    int n =
        recvmmsg(udp->fd, udp->batch->headers, (unsigned)count, MSG_DONTWAIT | MSG_TRUNC, NULL);
    for (int i = 0; i < n; i++) {
        take(udp, (size_t)i, &packets[i]);
    }
    return n > 0 ? (size_t)n : 0;
}

static bool says_refused(const struct cmsghdr *control)
{
    struct sock_extended_err error;
    bool is_error = (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
                    (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR);

    if (!is_error) {
        return false;
    }
    memcpy(&error, CMSG_DATA(control), sizeof(error));
    return error.ee_errno == ECONNREFUSED;
}

bool ln_udp_refused(struct ln_udp *udp)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[512];
    } control;
    bool refused = false;

    for (;;) {
        struct msghdr header = {.msg_control = &control, .msg_controllen = sizeof(control)};
        if (udp->fd < 0 || recvmsg(udp->fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
            return refused;
        }
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c != NULL;
             c = CMSG_NXTHDR(&header, c)) {
            refused |= says_refused(c);
        }
    }
}

/* ---- Sending ---- */

static void add_control(struct msghdr *header, int level, int type, const void *data,
                        size_t size)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(header);

    control->cmsg_level = level;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(control), data, size);
    header->msg_controllen = CMSG_SPACE(size);
}

static void set_local(struct msghdr *header, int family, const struct ln_address *local)
{
    if (ln__address_is_unspecified(local) || ln__address_is_multicast(local)) {
        header->msg_control = NULL; /* the kernel chooses */
        header->msg_controllen = 0;
        return;
    }
    if (family == AF_INET) {
        struct in_pktinfo v4 = {.ipi_spec_dst = ln__address_to_in(local)};
        add_control(header, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
        return;
    }
    struct in6_pktinfo v6 = {.ipi6_ifindex = local->scope};
    memcpy(&v6.ipi6_addr, local->ip, 16);
    add_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof(v6));
}

static void give(struct ln_udp_batch *batch, size_t i, const struct ln_packet *packet)
{
    struct msghdr *header = &batch->headers[i].msg_hdr;

    prepare(batch, i, packet->bytes, packet->len);
    header->msg_namelen =
        ln__address_to_system(&packet->remote, batch->family, &batch->names[i]);
    set_local(header, batch->family, &packet->local);
}

static size_t send_batch(struct ln_udp *udp, size_t count)
{
    size_t sent = 0;

    for (size_t at = 0; at < count;) {
        int n = sendmmsg(udp->fd, udp->batch->headers + at, (unsigned)(count - at), 0);
        if (n > 0) {
            at += (size_t)n;
            sent += (size_t)n;
        } else if (errno != EINTR) {
            at++; /* this one is refused; those after it may go elsewhere */
        }
    }
    return sent;
}

size_t ln_udp_send(struct ln_udp *udp, const struct ln_packet *packets, size_t count)
{
    size_t sent = 0;

    if (udp->fd < 0) {
        return 0;
    }
    for (size_t at = 0; at < count;) {
        size_t n = count - at < LN_UDP_BATCH ? count - at : LN_UDP_BATCH;
        for (size_t i = 0; i < n; i++) {
            give(udp->batch, i, &packets[at + i]);
        }
        sent += send_batch(udp, n);
        at += n;
    }
    return sent;
}
