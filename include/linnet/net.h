/*
 * UDP sockets with batched input and output, an event loop, the clock and randomness: what an
 * app on Linux puts around the inert engines. Knows no LwM2M.
 *
 *     struct ln_udp udp;
 *     if (ln_udp_open(&udp, &address, 0) != LN_OK) { perror("udp"); ... }
 *     int n = ln_udp_recv(&udp, packets, 64);
 *     for (int i = 0; i < n; i++) answer(&packets[i]); // to .remote, from .local
 *     ln_udp_send(&udp, packets, n);
 */
#ifndef LN_NET_H
#define LN_NET_H

#include <linnet/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Clock and randomness ---- */

ln_time ln_clock_now(void);                     /* CLOCK_MONOTONIC in ms */
int64_t ln_clock_wall_ms(void);                 /* ms since 1970 UTC */
extern const struct ln_random ln_random_system; /* getrandom(2) */

/*
 * The same, drawn from the system some at a time: for an engine that needs random bits for each
 * message. All zero is empty. Belongs to one thread, and to one process: not for use across fork.
 */
struct ln_random_pool {
    size_t left;
    uint8_t bytes[512];
};
struct ln_random ln_random_of_pool(struct ln_random_pool *pool);

/* ---- Addresses ---- */

/*
 * "127.0.0.1:5683", "[::]:5683", "localhost:5683", ":5683". Names are resolved, which may
 * block. `passive`: an address to listen at. `default_port` where the text has none.
 * LN_ERR_BAD_CONFIG: not of that form; LN_ERR_NOT_FOUND: the name is not known.
 */
LN_MUST_USE ln_err ln_address_of_text(const char *text, uint16_t default_port, bool passive,
                                      struct ln_address *out);
/*
 * All addresses of a host, in the order to try them; returns how many, at most `max`; 0: none.
 * May block.
 */
size_t ln_address_resolve(const char *host, uint16_t port, struct ln_address *out, size_t max);
/* Out of what other libraries hand over. False: neither IPv4 nor IPv6. */
struct sockaddr;
bool ln_address_of_system(const struct sockaddr *from, struct ln_address *out);
/* 127.0.0.0/8 or ::1: only this machine reaches it. */
bool ln_address_is_loopback(const struct ln_address *address);

/* ---- UDP ---- */

enum { LN_UDP_BATCH = 64, LN_UDP_PACKET_MAX = 1500 };

struct ln_packet {
    struct ln_address remote;
    struct ln_address local; /* its ip: where it came to, or goes out from; :: is any */
    uint8_t *bytes;
    size_t size; /* of the buffer; on input */
    size_t len;
};

struct ln_udp_batch; /* the system's view of a batch */

struct ln_udp {
    int fd; /* -1: closed */
    struct ln_address bound;
    struct ln_udp_batch *batch;
};

enum {
    LN_UDP_SHARED = 1,  /* SO_REUSEPORT: several sockets on one port */
    LN_UDP_REFUSED = 2, /* ln_udp_refused() hears what the system is told of ports */
};

/*
 * Opens and binds a non-blocking socket; IPv6 takes IPv4 too (dual-stack), and where the
 * machine has no IPv6 "[::]" becomes 0.0.0.0. Port 0 takes a free one: see udp->bound.
 * LN_ERR_SYSTEM: errno says why; LN_ERR_NO_MEMORY. Closed on failure.
 */
LN_MUST_USE ln_err ln_udp_open(struct ln_udp *udp, const struct ln_address *address,
                               unsigned flags);
/* Safe on a closed one, and twice; keeps errno. */
void ln_udp_close(struct ln_udp *udp);
/*
 * Takes up to `count` datagrams (at most LN_UDP_BATCH) without waiting; 0: none. One longer
 * than its buffer comes with len > size, cut.
 */
size_t ln_udp_recv(struct ln_udp *udp, struct ln_packet *packets, size_t count);
/*
 * Whether it has been said, since the last call, that nobody listens where a datagram went: by ICMP,
 * which anybody on the way can send. Of a socket with LN_UDP_REFUSED, and to be asked whenever such a one
 * can be read.
 */
bool ln_udp_refused(struct ln_udp *udp);
/* Sends them; one that the system refuses is left out. Returns how many left. */
size_t ln_udp_send(struct ln_udp *udp, const struct ln_packet *packets, size_t count);

/* ---- TCP ---- */

/*
 * Opens a listening socket, non-blocking, dual-stack as ln_udp_open() is; the caller closes it.
 * Where it listens is in `bound`. -1: errno says why.
 */
int ln_tcp_listen(const struct ln_address *address, struct ln_address *bound);

/* ---- Event loop ---- */

struct ln_loop; /* epoll, a timer and a wake-up from other threads */

/* `ready` is called when the descriptor can be read. */
typedef void ln_loop_fn(void *context);

struct ln_loop *ln_loop_new(void); /* NULL: errno says why */
void ln_loop_free(struct ln_loop *loop);
LN_MUST_USE ln_err ln_loop_add(struct ln_loop *loop, int fd, ln_loop_fn *ready, void *context);
void ln_loop_remove(struct ln_loop *loop, int fd);
/* Called when another thread, or a signal handler, called ln_loop_wake(). */
void ln_loop_on_wake(struct ln_loop *loop, ln_loop_fn *woken, void *context);
void ln_loop_wake(struct ln_loop *loop);
/* Waits until something is ready, woken or `deadline` has passed, and calls what is due. */
void ln_loop_wait(struct ln_loop *loop, ln_time deadline);

#ifdef __cplusplus
}
#endif

#endif
