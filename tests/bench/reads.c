/*
 * Reads a resource of one device after the other over the HTTP API, on some connections at once.
 *
 *     bench_reads PORT TOKEN DEVICES CONNECTIONS SECONDS
 *
 * The devices are those of linnet-load: load-0000000 and so on. Prints how many were answered.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 256, ANSWER_MAX = 4096 };

/* One answer at a time, which comes whole or in pieces. */
struct connection {
    int fd;
    size_t have;
    char answer[ANSWER_MAX + 1];
};

static struct connection connections[CONNECTIONS_MAX];
static const char *token;
static unsigned devices;
static unsigned next_device;
static unsigned long good, bad;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool ask(struct connection *c)
{
    char text[512];
    int length = snprintf(text, sizeof(text),
                          "GET /api/v1/devices/load-%07u/data/3/0/1 HTTP/1.1\r\n"
                          "Host: bench\r\nAuthorization: Bearer %s\r\n\r\n",
                          next_device, token);

    next_device = (next_device + 1) % devices;
    c->have = 0;
    return write(c->fd, text, (size_t)length) == length;
}

/* Whether the answer is there whole. */
static bool is_whole(struct connection *c)
{
    const char *body = strstr(c->answer, "\r\n\r\n");
    const char *length = strcasestr(c->answer, "content-length:");

    return body != NULL && length != NULL &&
           c->have >= (size_t)(body + 4 - c->answer) + strtoul(length + 15, NULL, 10);
}

static bool take(struct connection *c)
{
    ssize_t n = read(c->fd, c->answer + c->have, ANSWER_MAX - c->have);

    if (n <= 0) {
        return false;
    }
    c->have += (size_t)n;
    c->answer[c->have] = '\0';
    if (!is_whole(c)) {
        return c->have < ANSWER_MAX;
    }
    if (strncmp(c->answer, "HTTP/1.1 200", 12) == 0) {
        good++;
    } else {
        bad++;
    }
    return ask(c);
}

static bool open_one(struct connection *c, int epoll, uint16_t port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    int on = 1;

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return c->fd >= 0 && connect(c->fd, (struct sockaddr *)&name, sizeof(name)) == 0 &&
           setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
           epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) == 0 && ask(c);
}

static bool run(int epoll, double seconds)
{
    double end = now() + seconds;

    while (now() < end) {
        struct epoll_event events[64];
        int count = epoll_wait(epoll, events, 64, 1000);
        for (int i = 0; i < count; i++) {
            if (!take(events[i].data.ptr)) {
                return false;
            }
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    unsigned long count;

    if (argc != 6) {
        fprintf(stderr, "usage: bench_reads PORT TOKEN DEVICES CONNECTIONS SECONDS\n");
        return 2;
    }
    token = argv[2];
    devices = (unsigned)strtoul(argv[3], NULL, 10);
    count = strtoul(argv[4], NULL, 10);
    if (devices == 0 || count > CONNECTIONS_MAX) {
        fprintf(stderr, "bench_reads: at least one device, at most 256 connections\n");
        return 2;
    }
    for (unsigned long i = 0; i < count; i++) {
        if (!open_one(&connections[i], epoll, (uint16_t)strtoul(argv[1], NULL, 10))) {
            perror("bench_reads");
            return 1;
        }
    }
    double start = now();
    if (!run(epoll, strtod(argv[5], NULL))) {
        fprintf(stderr, "bench_reads: a connection ended, or an answer was too long\n");
        return 1;
    }
    printf("{\"answered\":%lu,\"refused\":%lu,\"seconds\":%.6f}\n", good + bad, bad,
           now() - start);
    return 0;
}
