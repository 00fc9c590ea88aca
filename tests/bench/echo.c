/*
 * Sends each datagram back: what the system asks for receiving and sending, and no more. One by
 * one, or in batches as linnetd does, with the socket options of linnetd in both.
 *
 *     bench_echo PORT 1|64
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, SIZE = 1500, BUFFER = 4 * 1024 * 1024 };

static struct mmsghdr headers[BATCH];
static struct iovec parts[BATCH];
static struct sockaddr_in names[BATCH];
static uint8_t bytes[BATCH][SIZE];
static union {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
} controls[BATCH];

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static int open_socket(uint16_t port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int on = 1;
    int size = BUFFER;

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) != 0 ||
        bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
        return -1;
    }
    return fd;
}

static void prepare(size_t i)
{
    parts[i] = (struct iovec){bytes[i], SIZE};
    headers[i].msg_hdr = (struct msghdr){
        .msg_name = &names[i],
        .msg_namelen = sizeof(names[i]),
        .msg_iov = &parts[i],
        .msg_iovlen = 1,
        .msg_control = &controls[i],
        .msg_controllen = sizeof(controls[i]),
    };
}

/* The address it came to, which stands in the control already, is the one it leaves from. */
static void turn_around(size_t i, size_t length)
{
    parts[i].iov_len = length;
    headers[i].msg_hdr.msg_flags = 0;
}

static int echo_one_by_one(int fd)
{
    for (;;) {
        prepare(0);
        ssize_t length = recvmsg(fd, &headers[0].msg_hdr, 0);
        if (length < 0) {
            return fail("recvmsg");
        }
        turn_around(0, (size_t)length);
        if (sendmsg(fd, &headers[0].msg_hdr, 0) < 0) {
            return fail("sendmsg");
        }
    }
}

static int echo_batches(int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        return fail("epoll");
    }
    for (;;) {
        (void)epoll_wait(epoll, &event, 1, -1);
        for (size_t i = 0; i < BATCH; i++) {
            prepare(i);
        }
        int count = recvmmsg(fd, headers, BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
        for (int i = 0; i < count; i++) {
            turn_around((size_t)i, headers[i].msg_len);
        }
        if (count > 0 && sendmmsg(fd, headers, (unsigned)count, 0) < 0) {
            return fail("sendmmsg");
        }
    }
}

int main(int argc, char **argv)
{
    long port = argc == 3 ? strtol(argv[1], NULL, 10) : 0;

    if (port < 1 || port > UINT16_MAX) {
        fprintf(stderr, "usage: bench_echo PORT 1|64\n");
        return 2;
    }
    int fd = open_socket((uint16_t)port);
    if (fd < 0) {
        return fail("bench_echo");
    }
    fprintf(stderr, "bench_echo: ready\n");
    return strcmp(argv[2], "1") == 0 ? echo_one_by_one(fd) : echo_batches(fd);
}
