/*
 * Asks a server as fast as it answers: datagrams that are ready but for a few bytes, in batches,
 * each device with a source address of its own. It costs less than any server that it is used
 * on, where the client engine of linnet-load costs more; the bytes are the same.
 *
 *     bench_generator PORT SERVER-PID DEVICES shared|own
 *
 * Then, a line of standard input for each run: register COUNT, update SECONDS, deregister COUNT,
 * echo BYTES SECONDS, put SECONDS, observe SECONDS (answers the server's Observe of each device),
 * notify SECONDS. Each is answered by a line of JSON. Without a device that can
 * register or leave, such a run ends early.
 */

#include "messages.h"
#include "server_cpu.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BATCH = 64,
    WINDOW = 2 * BATCH,
    SIZE = 512,
    BUFFER = 4 * 1024 * 1024,
    FIRST = 0x7F010001, /* 127.1.0.1 */
    SPINS = 500,        /* looks before it waits: a wait costs the server a wake-up */
    PATIENCE_NS = 200 * 1000 * 1000,
    MOST_RESENT = 50, /* times, then the server is taken for dead */
};

/* A request under way. */
struct slot {
    bool busy;
    uint32_t device;
    uint16_t id;
};

struct run {
    enum message what;
    size_t echo_size;
    uint64_t most;     /* requests */
    uint64_t until_ns; /* begin none after it */
    uint64_t begun;
    uint64_t answered;
    uint64_t refused;
    uint64_t resent;
};

static int fd;
static int server_pid;
static uint32_t device_count;
static struct device *devices;
static struct slot slots[WINDOW];
static uint16_t free_slots[WINDOW];
static size_t free_count;
static uint16_t next_id;
static uint32_t next_device[MESSAGES];

static struct mmsghdr out_headers[BATCH];
static struct iovec out_parts[BATCH];
static uint8_t out_bytes[BATCH][SIZE];
static size_t out_count;
static struct sockaddr_in server;
static union {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
} out_controls[BATCH];
static struct mmsghdr in_headers[BATCH];
static struct iovec in_parts[BATCH];
static uint8_t in_bytes[BATCH][SIZE];

/* ---- Sending ---- */

static void flush(void)
{
    size_t at = 0;

    while (at < out_count) {
        int sent = sendmmsg(fd, out_headers + at, (unsigned)(out_count - at), 0);
        at += sent > 0 ? (size_t)sent : 1; /* what is not sent is sent again */
    }
    out_count = 0;
}

static void queue(const struct run *run, uint16_t slot)
{
    struct in_pktinfo from = {.ipi_spec_dst.s_addr = htonl(FIRST + slots[slot].device)};
    struct cmsghdr *control = &out_controls[out_count].align;
    struct message_ids ids = {slot, slots[slot].device, slots[slot].id};

    memcpy(CMSG_DATA(control), &from, sizeof(from));
    out_parts[out_count].iov_len = message_write(
        out_bytes[out_count], run->what, run->echo_size, &ids, &devices[slots[slot].device]);
    if (++out_count == BATCH) {
        flush();
    }
}

static bool may_begin(const struct run *run, const struct device *device)
{
    switch (run->what) {
    case MESSAGE_REGISTER:
        return device->location_length == 0;
    case MESSAGE_UPDATE:
    case MESSAGE_DEREGISTER:
        return device->location_length > 0;
    case MESSAGE_NOTIFY:
        return device->notified > 0;
    default:
        return true;
    }
}

/* Every device in turn, from where the last run ended. */
static bool choose(struct run *run, uint32_t *device)
{
    uint32_t *next = &next_device[run->what];

    for (uint32_t tries = 0; tries < device_count; tries++) {
        *device = *next;
        *next = *next + 1 < device_count ? *next + 1 : 0;
        if (may_begin(run, &devices[*device])) {
            return true;
        }
    }
    run->most = run->begun;
    return false;
}

static void begin_some(struct run *run)
{
    uint32_t device;

    while (free_count > 0 && run->begun < run->most && choose(run, &device)) {
        uint16_t slot = free_slots[--free_count];
        slots[slot] = (struct slot){.busy = true, .device = device, .id = next_id++};
        if (run->what == MESSAGE_NOTIFY) { /* an empty ACK has nothing but its id */
            slots[slot].id = (uint16_t)(slots[slot].id * WINDOW + slot);
            devices[device].notified++;
        }
        run->begun++;
        queue(run, slot);
    }
    flush();
}

static void send_again(struct run *run)
{
    for (uint16_t slot = 0; slot < WINDOW; slot++) {
        if (slots[slot].busy) {
            run->resent++;
            queue(run, slot);
        }
    }
    flush();
}

/* ---- Receiving ---- */

/* An empty ACK; a Reset is a refusal. */
static void take_acknowledged(struct run *run, const uint8_t *bytes, size_t length)
{
    uint16_t id = (uint16_t)(length == 4 ? bytes[2] << 8 | bytes[3] : 0);
    uint16_t slot = (uint16_t)(id % WINDOW);

    if (length == 4 && slots[slot].busy && slots[slot].id == id) {
        slots[slot].busy = false;
        free_slots[free_count++] = slot;
        run->answered++;
        run->refused += bytes[0] != 0x60;
    }
}

static void take(struct run *run, const uint8_t *bytes, size_t length)
{
    struct message_ids ids;

    if (run->what == MESSAGE_NOTIFY) {
        take_acknowledged(run, bytes, length);
        return;
    }
    if (!message_read_ids(bytes, length, &ids) || ids.slot >= WINDOW || !slots[ids.slot].busy ||
        slots[ids.slot].device != ids.device || slots[ids.slot].id != ids.id) {
        return; /* the answer to a copy */
    }
    slots[ids.slot].busy = false;
    free_slots[free_count++] = ids.slot;
    run->answered++;
    if (!message_take(bytes, length, run->what, &devices[ids.device])) {
        run->refused++;
    }
}

static int receive(struct run *run)
{
    int count = recvmmsg(fd, in_headers, BATCH, MSG_DONTWAIT, NULL);

    for (int i = 0; i < count; i++) {
        take(run, in_bytes[i], in_headers[i].msg_len);
    }
    return count > 0 ? count : 0;
}

/* False: nothing came for a while. */
static bool receive_some(struct run *run)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    for (int spins = 0; spins < SPINS; spins++) {
        if (receive(run) > 0) {
            return true;
        }
    }
    return poll(&wait, 1, PATIENCE_NS / 1000000) > 0;
}

/* ---- A run ---- */

static bool go(struct run *run)
{
    unsigned silent = 0;

    free_count = 0;
    for (uint16_t slot = 0; slot < WINDOW; slot++) {
        slots[slot].busy = false;
        free_slots[free_count++] = slot;
    }
    for (;;) {
        if (now_ns() >= run->until_ns) {
            run->most = run->begun;
        }
        begin_some(run);
        if (free_count == WINDOW) {
            return true;
        }
        if (receive_some(run)) {
            silent = 0;
        } else if (++silent > MOST_RESENT) {
            return false;
        } else {
            send_again(run);
        }
    }
}

static void report(struct run *run, const char *name)
{
    uint64_t start = now_ns();
    uint64_t cpu = server_cpu(server_pid);
    bool alive = go(run);
    double seconds = (double)(now_ns() - start) / 1e9;
    double used = (double)(server_cpu(server_pid) - cpu) / 1e9;

    printf("{\"what\":\"%s\",\"answered\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"resent\":%" PRIu64 ",\"seconds\":%.6f,\"cpu\":%.6f,\"alive\":%s}\n",
           name, run->answered, run->refused, run->resent, seconds, used,
           alive ? "true" : "false");
    fflush(stdout);
}

/* ---- Being observed ---- */

/* Which device a datagram came to, by its address. */
static uint32_t device_of(struct msghdr *header)
{
    struct in_pktinfo to;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(&to, CMSG_DATA(c), sizeof(to));
            return ntohl(to.ipi_addr.s_addr) - FIRST;
        }
    }
    return UINT32_MAX;
}

/* Whether a device has been observed that was not. */
static bool answer_observe(void)
{
    uint8_t bytes[SIZE];
    uint8_t answer[SIZE];
    struct iovec part = {bytes, sizeof(bytes)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = out_controls[0].bytes,
                            .msg_controllen = sizeof(out_controls[0])};
    ssize_t length = recvmsg(fd, &header, MSG_DONTWAIT);
    uint32_t device = length > 0 ? device_of(&header) : UINT32_MAX;

    if (device >= device_count) {
        return false;
    }
    bool is_new = devices[device].notified == 0;
    size_t size = message_observed(answer, bytes, (size_t)length, &devices[device]);
    struct in_pktinfo from = {.ipi_spec_dst.s_addr = htonl(FIRST + device)};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), &from, sizeof(from));
    part = (struct iovec){answer, size};
    header.msg_name = &server;
    header.msg_namelen = sizeof(server);
    return size > 0 && sendmsg(fd, &header, 0) > 0 && is_new;
}

static void observe(double seconds)
{
    uint64_t until = now_ns() + (uint64_t)(seconds * 1e9);
    uint64_t count = 0;
    int on = 1;
    int off = 0;

    (void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
    while (count < device_count && now_ns() < until) {
        count += answer_observe();
    }
    (void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &off, sizeof(off));
    for (size_t i = 0; i < BATCH; i++) { /* its controls were used */
        struct cmsghdr *control = &out_controls[i].align;
        control->cmsg_level = IPPROTO_IP;
        control->cmsg_type = IP_PKTINFO;
        control->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
    }
    printf("{\"what\":\"observe\",\"answered\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"resent\":0,\"seconds\":1,\"cpu\":0,\"alive\":true}\n",
           count, device_count - count);
    fflush(stdout);
}

static void obey(const char *line)
{
    static const char *const names[] = MESSAGE_NAMES;
    char name[16] = "";
    double first = 0;
    double second = 0;
    int words = sscanf(line, "%15s %lf %lf", name, &first, &second);
    struct run run = {.most = UINT64_MAX, .until_ns = UINT64_MAX};

    if (strcmp(name, "observe") == 0) {
        observe(first);
        return;
    }
    for (size_t i = 0; i < MESSAGES; i++) {
        if (strcmp(name, names[i]) != 0) {
            continue;
        }
        run.what = (enum message)i;
        if (run.what == MESSAGE_ECHO) {
            run.echo_size = (size_t)first < SIZE ? (size_t)first : SIZE;
            first = second;
        }
        if (run.what == MESSAGE_REGISTER || run.what == MESSAGE_DEREGISTER) {
            run.most = words > 1 ? (uint64_t)first : device_count;
        } else if (words > 1) {
            run.until_ns = now_ns() + (uint64_t)(first * 1e9);
        }
        report(&run, name);
        return;
    }
    printf("{\"error\":\"no such word\"}\n");
    fflush(stdout);
}

/* ---- Making it ready ---- */

static bool open_socket(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    int size = BUFFER;

    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0 &&
           bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
}

static void prepare(size_t i)
{
    struct cmsghdr *control = &out_controls[i].align;

    out_parts[i].iov_base = out_bytes[i];
    out_headers[i].msg_hdr = (struct msghdr){
        .msg_name = &server,
        .msg_namelen = sizeof(server),
        .msg_iov = &out_parts[i],
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof(out_controls[i]),
    };
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
    in_parts[i] = (struct iovec){in_bytes[i], SIZE};
    in_headers[i].msg_hdr = (struct msghdr){.msg_iov = &in_parts[i], .msg_iovlen = 1};
}

int main(int argc, char **argv)
{
    char line[128];

    if (argc != 5) {
        fprintf(stderr, "usage: bench_generator PORT SERVER-PID DEVICES shared|own\n");
        return 2;
    }
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server_pid = (int)strtol(argv[2], NULL, 10);
    device_count = (uint32_t)strtoul(argv[3], NULL, 10);
    devices = calloc(device_count, sizeof(*devices));
    if (device_count == 0 || devices == NULL || !open_socket()) {
        perror("bench_generator");
        return 1;
    }
    messages_init(strcmp(argv[4], "own") == 0);
    for (size_t i = 0; i < BATCH; i++) {
        prepare(i);
    }
    while (fgets(line, sizeof(line), stdin) != NULL) {
        obey(line);
    }
    free(devices);
    return 0;
}
