/* Both ends of DTLS in one process: a virtual clock, a network that a test bends, seeded randomness. */
#ifndef LN_DTLS_TEST_SUPPORT_H
#define LN_DTLS_TEST_SUPPORT_H

#include "ln_test.h"

#include <linnet/dtls.h>

enum { CLIENTS_MAX = 40, MAIL_MAX = 256 };

/* A datagram on its way. `to_server` from client `who`, or from the server to that address. */
struct mail {
    bool to_server;
    struct ln_dtls_path path;
    ln_time at;
    size_t length;
    uint8_t bytes[LN_DTLS_DATAGRAM_MAX];
};

struct end {
    struct ln_dtls_client client;
    struct ln_dtls_client_config config;
    struct ln_dtls_path path; /* remote: the client's address, as the server sees it */
    struct ln_dtls_event last;
    size_t opened;
    size_t closed;
    char heard[256]; /* the last plaintext */
};

struct world {
    ln_time now;
    struct ln_dtls_server *server;
    struct ln_dtls_server_config config;
    struct end ends[CLIENTS_MAX];
    size_t end_count;
    struct mail mail[MAIL_MAX];
    size_t mail_count;
    size_t sent; /* datagrams so far, both ways */
    size_t resent_bytes;
    uint32_t seed;
    /* What becomes of the datagram that is number `sent`; NULL: it arrives. */
    enum fate (*fate)(struct world *world, const struct mail *mail);
    struct mail kept; /* what KEEP kept */
    /* What the server saw. */
    struct ln_dtls_event last;
    char last_name[LN_DTLS_IDENTITY_MAX + 1];
    size_t opened;
    size_t moved;
    size_t closed;
    uint64_t session; /* of the last plaintext, or the last that was opened */
    char heard[256];
    bool echoes;
    /* Allocations of the server by its allocator, and by Mbed TLS. */
    size_t allocations;
    size_t
        held; /* bytes of them that were not freed; those of the clients' Mbed TLS count too */
    bool refuses; /* ln_dtls_accept_fn */
    size_t keys_asked;
    size_t change_key_after; /* 0: never; then every identity has secret_2 */
};

enum fate { ARRIVES, IS_LOST, COMES_TWICE, COMES_LATE, IS_KEPT };

/* One world for each test; it ends with world_end(). */
extern struct world w;

/* A server with PSK "device-1" and "device-2", whose keys are secret_1 and secret_2. */
void world_begin(void);
void world_begin_with(const struct ln_dtls_server_config *changes);
/* The config that world_begin() uses, to be changed before world_begin_with(). */
struct ln_dtls_server_config usual_server(void);
void world_end(void);
struct end *client_with_key(const char *identity, const char *key);
struct end *client_of(const struct ln_dtls_client_config *config);
struct ln_dtls_client_config usual_client(void);
struct ln_random seeded_random(void);

/* Lets everything that is due happen, to `until` or until nothing is on its way or due. */
void run_for(ln_time ms);
void connect_end(struct end *end);
void say(struct end *end, const char *text);
void answer(const char *text);
/* Delivers this datagram to the server now, as from this address. */
void deliver(const struct ln_dtls_path *path, struct ln_bytes datagram);
void move_end(struct end *end, uint16_t port);

extern const char secret_1[];
extern const char secret_2[];

#endif
