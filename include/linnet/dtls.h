/*
 * DTLS 1.2 as memory in, memory out: who a peer is, and nobody else reads or changes what it says.
 *
 * Knows no CoAP, opens no socket, reads no clock. Stands on Mbed TLS 3.6, of which this header shows
 * nothing. The server keeps many sessions behind one address, the client keeps one. Both are driven
 * alike, by whoever has the socket:
 *
 *     ln_dtls_server_recv()    once for each datagram that arrived
 *     ln_dtls_server_read()    until it returns 0: what the datagram said in clear, and by whom
 *     ln_dtls_server_event()   until it returns false: opened, moved, closed
 *     ln_dtls_server_write()   for what is to be said to a session
 *     ln_dtls_server_send()    until it returns 0, each time sending what it wrote
 *     wait until a datagram arrives or ln_dtls_server_deadline() passes; then ln_dtls_server_send()
 *
 * What a peer sends wrong is answered by an alert or dropped, and counted: it is never an error of
 * the caller's. A server or client belongs to one thread at a time; two share nothing.
 *
 * Suites: TLS_PSK_WITH_AES_128_CCM_8, TLS_PSK_WITH_AES_128_CBC_SHA256; with certificates
 * TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, .._CBC_SHA256 and .._GCM_SHA256 over secp256r1.
 */
#ifndef LN_DTLS_H
#define LN_DTLS_H

#include <linnet/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LN_DTLS_IDENTITY_MAX = 128,  /* bytes of a PSK identity */
    LN_DTLS_KEY_MAX = 64,        /* bytes of a pre-shared key */
    LN_DTLS_PLAIN_MAX = 2048,    /* bytes of one plaintext, read or written */
    LN_DTLS_DATAGRAM_MAX = 2304, /* bytes of one datagram: what send() must find room for */
    LN_DTLS_SAVED_MAX = 1536,    /* bytes that a saved session can take */
};

/* ---- Who the peer proved to be ---- */

enum ln_dtls_proof {
    LN_DTLS_PSK,
    LN_DTLS_X509,
};

/* Borrowed from the session. */
struct ln_dtls_identity {
    enum ln_dtls_proof proof;
    struct ln_bytes name;         /* the PSK identity, or the common name of the subject */
    const struct ln_bytes *names; /* X.509: the DNS and URI names of subjectAltName */
    size_t name_count;
    uint8_t fingerprint[32]; /* X.509: SHA-256 of the certificate; else zeros */
};

/*
 * The key of a PSK identity: writes it to `key` and returns its length, 0 where nobody has this
 * identity. Asked in each handshake, again when it is finished, and when a session is resumed: who
 * proved a key that has been changed meanwhile does not come in. One identity has one key: a handshake
 * proves a key only in its last message, when there is no second try. So a key is rotated by a second
 * identity that is valid beside the first.
 */
typedef size_t ln_dtls_psk_fn(void *context, struct ln_bytes identity,
                              uint8_t key[LN_DTLS_KEY_MAX]);

/*
 * Whether this peer may come in, asked when it has proved its identity by a certificate, and when it
 * resumes a session: false for a credential that was revoked meanwhile. A refused certificate ends
 * the handshake; a refused resumption becomes a whole handshake.
 */
typedef bool ln_dtls_accept_fn(void *context, const struct ln_dtls_identity *identity);

/* ---- Certificates ---- */

/* How a peer's certificate is held against `expected`: resource 15 of the Security object. */
enum ln_dtls_usage {
    LN_DTLS_CA_CONSTRAINT = 0,      /* valid by `trusted`, and `expected` signs in its chain */
    LN_DTLS_SERVICE_CONSTRAINT = 1, /* valid by `trusted`, and is `expected` */
    LN_DTLS_TRUST_ANCHOR = 2,       /* valid by `expected` as the only anchor */
    LN_DTLS_DOMAIN_ISSUED = 3, /* is `expected`; its chain, names and dates do not matter */
};

/* What `expected` holds: resource 13 of the Security object. */
enum ln_dtls_matching {
    LN_DTLS_EXACT = 0,
    LN_DTLS_SHA256 = 1,
    LN_DTLS_SHA384 = 2,
    LN_DTLS_SHA512 = 3,
};

/* Each is DER, or PEM with its NUL counted in, read during the call that takes it; may be empty. */
struct ln_dtls_certificates {
    struct ln_bytes
        chain; /* our own certificate first, then its issuers (PEM: all in one text) */
    struct ln_bytes key;     /* the private key of the first: PKCS#8 or SEC 1 */
    struct ln_bytes trusted; /* anchors (PEM: many) */
    struct ln_bytes revoked; /* CRLs of the anchors (PEM: many) */
};

/* ---- What both report ---- */

enum ln_dtls_event_kind {
    LN_DTLS_OPENED, /* the handshake is finished: the peer is who `identity` says */
    LN_DTLS_MOVED,  /* a newer record of the session came from another address: `path` */
    LN_DTLS_CLOSED, /* for `reason`. A handshake that fails is reported by the client only */
};

enum ln_dtls_reason {
    LN_DTLS_BY_US,     /* ln_dtls_..._close() */
    LN_DTLS_BY_PEER,   /* its close_notify, or its fatal alert: `alert` */
    LN_DTLS_FAILED,    /* what the peer sent broke a rule; it was told so by `alert` */
    LN_DTLS_TIMED_OUT, /* no answer to the last of all retransmissions */
    LN_DTLS_REPLACED,  /* the same address finished a new handshake */
    LN_DTLS_CROWDED,   /* the longest idle, when another one needed the room */
    LN_DTLS_NO_MEMORY,
};

enum { LN_DTLS_NO_ALERT = -1, LN_DTLS_CLOSE_NOTIFY = 0 };

/*
 * Numbers only grow. Each datagram that was refused is counted once; what they mean for the peer
 * stands in docs/reference/dtls.md.
 */
struct ln_dtls_stats {
    uint64_t opened;
    uint64_t resumed; /* of those, by a ticket */
    uint64_t closed;
    uint64_t moved;
    uint64_t verify_requests;  /* hellos answered without keeping anything */
    uint64_t bad_cookie;       /* hellos whose cookie was not ours, or too old */
    uint64_t bad_hello;        /* hellos that are not well formed, or in fragments */
    uint64_t unknown_session;  /* records of no session that we know */
    uint64_t not_dtls;         /* datagrams that are no DTLS record */
    uint64_t unknown_identity; /* PSK handshakes */
    uint64_t wrong_key;        /* PSK handshakes whose Finished does not decrypt */
    uint64_t no_common_suite;  /* hellos that offer nothing of ours: NULL suites among them */
    uint64_t bad_certificate;  /* none of the next four */
    uint64_t expired_certificate;
    uint64_t untrusted_certificate;
    uint64_t revoked_certificate;
    uint64_t wrong_name_certificate;
    uint64_t refused_identity;  /* by ln_dtls_accept_fn */
    uint64_t failed_handshakes; /* for any reason, those above included */
    uint64_t handshake_timeouts;
    uint64_t dropped_records;    /* wrong MAC, replayed, or no record at this point */
    uint64_t alerts_received;    /* fatal */
    uint64_t alerts_sent;        /* fatal */
    uint64_t crowded_handshakes; /* the oldest gave way to a new one */
    uint64_t crowded_sessions;   /* the longest idle gave way to a new one */
    uint64_t no_memory;
    uint64_t dropped_datagrams; /* written, but the queue to ln_dtls_..._send() was full */
};

/* ---- Server ---- */

struct ln_dtls_server; /* opaque; allocated by the allocator of its config */

/* The two ends of a datagram's way. Answers leave from the address that was asked. */
struct ln_dtls_path {
    struct ln_address remote;
    struct ln_address local;
};

/* All zero but `random`, `allocator` and one of `psk` and `certificates` is a good default. */
struct ln_dtls_server_config {
    size_t size; /* sizeof(struct ln_dtls_server_config) */
    struct ln_random random;
    struct ln_allocator
        allocator;             /* of the server's own tables. Mbed TLS has the process's heap */
    ln_dtls_psk_fn *psk;       /* NULL: no PSK suites */
    ln_dtls_accept_fn *accept; /* NULL: every proved identity */
    void *context;             /* of psk and accept */
    struct ln_dtls_certificates certificates; /* no chain: no suites with certificates */
    int64_t wall_offset;   /* ms from ln_time to Unix time; 0: unknown, dates are not checked */
    uint32_t sessions_max; /* 0: 1,000,000 */
    uint32_t handshakes_max;  /* in progress; 0: 1,024 */
    uint32_t handshake_first; /* ms to the first retransmission; 0: 1000 */
    uint32_t handshake_last;  /* ms, the longest of the doubled waits; 0: 60000 */
    uint32_t queue_size;      /* bytes of datagrams that wait for send(); 0: 262144 */
    uint16_t mtu;             /* bytes of a datagram of a handshake; 0: 1280 */
    uint8_t shard;            /* the first byte of every Connection ID */
    bool no_connection_id;
    bool no_tickets; /* sessions cannot be resumed */
};

/* LN_ERR_BAD_CONFIG: nothing to prove oneself by, or a certificate or key that does not parse or
 * fit. Everything of the config is copied, but for what its pointers to functions need. */
LN_MUST_USE ln_err ln_dtls_server_new(struct ln_dtls_server **server,
                                      const struct ln_dtls_server_config *config, ln_time now);
/* Wipes all keys. Says nothing to the peers. NULL is fine. */
void ln_dtls_server_free(struct ln_dtls_server *server);

/*
 * Takes one datagram. Its bytes are borrowed until ln_dtls_server_read() has returned 0 or the next
 * call of recv(). A hello of an address that we know nothing of is answered without keeping
 * anything.
 */
void ln_dtls_server_recv(struct ln_dtls_server *server, ln_time now,
                         const struct ln_dtls_path *path, struct ln_bytes datagram);

/*
 * The next plaintext of the datagram just received, LN_DTLS_PLAIN_MAX bytes at most, and whose it
 * is. 0: no more. What does not fit into `size` is lost; records without any plaintext are passed
 * over.
 */
size_t ln_dtls_server_read(struct ln_dtls_server *server, ln_time now, void *buf, size_t size,
                           uint64_t *session);

/*
 * Protects it for this session, for ln_dtls_server_send(). LN_ERR_NOT_FOUND: there is no such open
 * session. LN_ERR_TOO_LARGE: more than LN_DTLS_PLAIN_MAX. LN_ERR_NO_SPACE: the queue is full; call
 * ln_dtls_server_send() first.
 */
LN_MUST_USE ln_err ln_dtls_server_write(struct ln_dtls_server *server, ln_time now,
                                        uint64_t session, struct ln_bytes plaintext);

/* Writes the next datagram, and where it goes. 0: nothing to send before the deadline. `size` is
 * LN_DTLS_DATAGRAM_MAX or more. */
size_t ln_dtls_server_send(struct ln_dtls_server *server, ln_time now, void *buf, size_t size,
                           struct ln_dtls_path *path);

/* When ln_dtls_server_send() is due even if nothing arrives. May be early, never late. */
ln_time ln_dtls_server_deadline(const struct ln_dtls_server *server);

struct ln_dtls_event {
    enum ln_dtls_event_kind kind;
    uint64_t session;
    struct ln_dtls_path path;
    const struct ln_dtls_identity *identity; /* until the next call of recv, event or close */
    enum ln_dtls_reason reason;              /* of LN_DTLS_CLOSED */
    int alert;                               /* AlertDescription, or LN_DTLS_NO_ALERT */
    uint64_t replaced_by;                    /* LN_DTLS_REPLACED: the new session */
    bool resumed;                            /* LN_DTLS_OPENED: by a ticket */
    bool connection_id; /* LN_DTLS_OPENED: the peer may change its address */
};

/*
 * Takes the oldest event not yet read. A session is reported opened before its first plaintext may be
 * read, and its close before its number is used again. Read events after each recv() and send().
 */
bool ln_dtls_server_event(struct ln_dtls_server *server, struct ln_dtls_event *event);

/* NULL if there is no such open session. Borrowed until it closes. */
const struct ln_dtls_identity *ln_dtls_server_identity(const struct ln_dtls_server *server,
                                                       uint64_t session);
bool ln_dtls_server_path(const struct ln_dtls_server *server, uint64_t session,
                         struct ln_dtls_path *path);

/* Tells the peer by `alert` (LN_DTLS_CLOSE_NOTIFY: in peace) and forgets the session. Harmless if
 * there is none. The event that follows says LN_DTLS_BY_US. */
void ln_dtls_server_close(struct ln_dtls_server *server, ln_time now, uint64_t session,
                          int alert);
/* Closes every session for which `ends` says so: those of a credential that was revoked. */
void ln_dtls_server_close_where(struct ln_dtls_server *server, ln_time now,
                                ln_dtls_accept_fn *ends, void *context, int alert);

/* New certificates for the handshakes to come; LN_ERR_BAD_CONFIG keeps the old. */
LN_MUST_USE ln_err ln_dtls_server_certificates(struct ln_dtls_server *server,
                                               const struct ln_dtls_certificates *certificates);
void ln_dtls_server_wall_offset(struct ln_dtls_server *server, int64_t offset);

/*
 * For a planned restart. save() takes the next session out of the server, as bytes that hold its
 * keys: seal them at rest, restore them once, and delete them before they are used, for two servers
 * that write to one session give its secrets away. 0: no more sessions. Sessions with a CBC suite, or
 * from which no record came yet, cannot be saved: they are passed over.
 */
size_t ln_dtls_server_save(struct ln_dtls_server *server, void *buf, size_t size);
/* LN_ERR_BAD_VALUE: not what save() of this version wrote. The session keeps its number; it is
 * reported as opened, and restored sessions lie outside of `accept`. */
LN_MUST_USE ln_err ln_dtls_server_restore(struct ln_dtls_server *server, ln_time now,
                                          struct ln_bytes saved);

const struct ln_dtls_stats *ln_dtls_server_stats(const struct ln_dtls_server *server);
/* Open sessions, and handshakes in progress. */
size_t ln_dtls_server_sessions(const struct ln_dtls_server *server);
size_t ln_dtls_server_handshakes(const struct ln_dtls_server *server);

/* ---- Client ---- */

struct ln_dtls_client_config {
    size_t size; /* sizeof(struct ln_dtls_client_config) */
    struct ln_random random;
    /* PSK: both are there. Borrowed for the client's life, as all pointers of this struct. */
    struct ln_bytes psk_identity;
    struct ln_bytes psk_key;
    /* X.509: our chain and key, and what the server must show. */
    struct ln_dtls_certificates certificates;
    struct ln_bytes expected;
    enum ln_dtls_usage usage;
    enum ln_dtls_matching matching;
    const char *server_name; /* sent (SNI), and to be found in the certificate; NULL: neither */
    int64_t wall_offset;     /* as the server's */
    uint32_t handshake_first; /* as the server's */
    uint32_t handshake_last;
    uint16_t mtu;
    bool no_connection_id;
};

enum { LN_DTLS_CLIENT_SIZE = 12288 };

/*
 * One session. It is all in here but for what Mbed TLS allocates; it must not be moved. On a system
 * without a heap call ln_dtls_heap() once before.
 */
struct ln_dtls_client {
    union {
        uint64_t words[LN_DTLS_CLIENT_SIZE / 8];
        void *align;
    } state;
};

/* Gives Mbed TLS the memory that all its objects come from: one for the whole program, since Mbed TLS
 * knows only one. Without it the C library's heap is used. */
void ln_dtls_heap(void *memory, size_t size);

/* LN_ERR_BAD_CONFIG: neither key nor certificates, or they do not parse or fit. */
LN_MUST_USE ln_err ln_dtls_client_init(struct ln_dtls_client *client,
                                       const struct ln_dtls_client_config *config);
/* Wipes all keys and says nothing to the server. Safe twice. */
void ln_dtls_client_fini(struct ln_dtls_client *client);

/* Begins a handshake, by the ticket of the last session if there is one; ends what was open. */
void ln_dtls_client_connect(struct ln_dtls_client *client, ln_time now);
/* As of the server. */
void ln_dtls_client_recv(struct ln_dtls_client *client, ln_time now, struct ln_bytes datagram);
size_t ln_dtls_client_read(struct ln_dtls_client *client, ln_time now, void *buf, size_t size);
LN_MUST_USE ln_err ln_dtls_client_write(struct ln_dtls_client *client, ln_time now,
                                        struct ln_bytes plaintext);
size_t ln_dtls_client_send(struct ln_dtls_client *client, ln_time now, void *buf, size_t size);
ln_time ln_dtls_client_deadline(const struct ln_dtls_client *client);
/* `session`, `path` and `identity` mean nothing here. */
bool ln_dtls_client_event(struct ln_dtls_client *client, struct ln_dtls_event *event);
/* Sends close_notify. The ticket stays for the next connect(). */
void ln_dtls_client_close(struct ln_dtls_client *client, ln_time now);
bool ln_dtls_client_is_open(const struct ln_dtls_client *client);

/*
 * For a planned restart or a sleep without memory: takes the session out, LN_DTLS_SAVED_MAX bytes at
 * most, which hold its keys and Connection ID. The client is closed then. 0: there is none, or it
 * cannot be saved. Use the bytes once.
 */
size_t ln_dtls_client_save(struct ln_dtls_client *client, void *buf, size_t size);
/* Instead of connect(): the session goes on, LN_DTLS_OPENED is reported. LN_ERR_BAD_VALUE: not what
 * save() of this version wrote. */
LN_MUST_USE ln_err ln_dtls_client_restore(struct ln_dtls_client *client, ln_time now,
                                          struct ln_bytes saved);

const struct ln_dtls_stats *ln_dtls_client_stats(const struct ln_dtls_client *client);

#ifdef __cplusplus
}
#endif

#endif
