/* The insides of the DTLS server: its sessions, and how they are found, ordered and reported. */
#ifndef LN_DTLS_SERVER_H
#define LN_DTLS_SERVER_H

#include "channel.h"
#include "cookie.h"
#include "identity.h"
#include "ticket.h"
#include "trust.h"

enum ln_dtls_state {
    LN_DTLS_SHAKING,
    LN_DTLS_OPEN,
    LN_DTLS_OVER, /* Mbed TLS's part is gone; what is left waits for its event to be read */
};

/* A list from the one that was used least recently to the one most recently. */
struct ln_dtls_order {
    struct ln_dtls_session *first;
    struct ln_dtls_session *last;
    size_t count;
};

struct ln_dtls_session {
    uint64_t id; /* and Connection ID */
    struct ln_dtls_channel channel;
    struct ln_dtls_server *server;
    struct ln_dtls_identity *identity; /* NULL until it is claimed */
    struct ln_dtls_session *before;    /* in the order of its state */
    struct ln_dtls_session *after;
    struct ln_dtls_session *next_event;
    struct ln_timer timer; /* of the handshake */
    uint64_t path_hash;    /* of its channel's */
    uint64_t hello;        /* hash of the hello that began it */
    uint64_t key_hash;     /* of the pre-shared key that it was proved by */
    uint64_t replaced_by;
    int alert;
    enum ln_dtls_reason reason;
    enum ln_dtls_state state;
    bool has_cid;
    bool has_address; /* it is the one that records from its address belong to */
    bool resumed;
    bool tell_opened;
    bool tell_moved;
    bool tell_closed;
    bool awaits_event; /* stands in the list of events */
};

struct ln_dtls_server {
    struct ln_dtls_host host;
    struct ln_dtls_server_config config;
    mbedtls_ssl_config ssl;
    struct ln_dtls_trust trust;
    struct ln_dtls_cookies cookies;
    struct ln_dtls_tickets tickets;
    struct ln_wheel wheel;
    struct ln_map by_id;        /* all that are not over */
    struct ln_map open_by_path; /* open sessions that have an address */
    struct ln_map shaking_by_path;
    struct ln_dtls_order shaking;
    struct ln_dtls_order open;
    struct ln_dtls_session *events;
    struct ln_dtls_session *events_end;
    struct ln_dtls_session
        *current;                  /* whose code is running, or whose datagram is being read */
    struct ln_dtls_path from;      /* where the datagram came from that is being read */
    struct ln_dtls_window window;  /* of `current`, before it */
    bool accounted;                /* for that datagram: it held something new */
    struct ln_dtls_session *spent; /* told as closed; its identity may still be looked at */
    uint8_t seed[16];
    uint8_t *queue_memory;
};

/* sessions.c */
void ln_dtls_sessions_init(struct ln_dtls_server *server);
void ln_dtls_sessions_fini(struct ln_dtls_server *server);
/* Makes room if there is none. NULL: no memory; counted. */
struct ln_dtls_session *ln_dtls_session_new(struct ln_dtls_server *server,
                                            const struct ln_dtls_path *path, uint64_t id);
uint64_t ln_dtls_session_number(struct ln_dtls_server *server);
struct ln_dtls_session *ln_dtls_session_find(const struct ln_dtls_server *server, uint64_t id);
uint64_t ln_dtls_path_hash(const struct ln_dtls_server *server,
                           const struct ln_dtls_path *path);
/* In one of the maps by path. */
struct ln_dtls_session *ln_dtls_session_at(const struct ln_map *map, uint64_t path_hash,
                                           const struct ln_dtls_path *path);
/* From SHAKING to OPEN: takes over its address, and replaces whom it replaces. */
void ln_dtls_session_open(struct ln_dtls_session *session);
void ln_dtls_session_touch(struct ln_dtls_session *session);
void ln_dtls_session_move(struct ln_dtls_session *session, const struct ln_dtls_path *path);
/* Frees what Mbed TLS holds. An open one is reported as closed. */
void ln_dtls_session_end(struct ln_dtls_session *session, enum ln_dtls_reason reason,
                         int alert);
/* Room for one more: ends the oldest. */
void ln_dtls_sessions_make_room(struct ln_dtls_server *server);

/* handshake.c */
void ln_dtls_handshakes_configure(struct ln_dtls_server *server);
void ln_dtls_handshake_begin(struct ln_dtls_server *server, const struct ln_dtls_path *path,
                             uint64_t hello, struct ln_bytes datagram);
/* By its datagram or by the time. */
void ln_dtls_handshake_go_on(struct ln_dtls_session *session);

#endif
