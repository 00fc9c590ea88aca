/*
 * The bootstrap server: it gives a device its servers, keys and access rights.
 *
 * The engine has the shape of ln_server: no socket, no clock, one thread.
 *
 *     for (;;) {
 *         wait until datagrams arrive or ln_bootstrap_deadline(bootstrap) passes
 *         for each: ln_bootstrap_recv(bootstrap, now, &peer, datagram);
 *         while ((n = ln_bootstrap_send(bootstrap, now, buffer, sizeof(buffer), &to)) > 0)
 *             transmit(&to, buffer, n);
 *         while (ln_bootstrap_event(bootstrap, &event)) {
 *             if (event.kind == LN_BOOTSTRAP_REQUESTED) // or ln_bootstrap_refuse()
 *                 ln_bootstrap_begin(bootstrap, now, event.session, &script);
 *         }
 *     }
 *
 * A session is one device from its Bootstrap-Request to the answer to our Finish. What is done
 * to the device is a script of steps; ln_bootstrap_script_build() makes one of a configuration.
 */
#ifndef LN_BOOTSTRAP_H
#define LN_BOOTSTRAP_H

#include <linnet/base.h>
#include <linnet/codec.h>
#include <linnet/lwm2m.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ln_bootstrap;

/* All zero but `size`, `random`, `allocator` and `formats` is a good default. */
struct ln_bootstrap_config {
    size_t size; /* sizeof(struct ln_bootstrap_config): tells a header of another version */
    struct ln_random random;
    struct ln_allocator allocator;
    const struct ln_coap_parameters *coap;  /* NULL: the defaults of RFC 7252; copied */
    const struct ln_format *const *formats; /* that Writes may have: TLV must be there */
    size_t max_sessions; /* with those whose end is remembered; 0: 10,000. Beyond it: 5.03 */
    uint32_t session_timeout; /* ms from the request to the end; 0: 600,000 */
    uint32_t max_body;        /* bytes of an answer; 0: 64 KiB */
    uint16_t block_size;      /* the largest block: 16, 32, .. 1024; 0: 1024 */
};

/* NULL: there is no memory, or the configuration is no good (as LN_ERR_BAD_CONFIG). */
struct ln_bootstrap *ln_bootstrap_new(const struct ln_bootstrap_config *config, ln_time now);
/* Safe with NULL. Devices are told nothing. */
void ln_bootstrap_free(struct ln_bootstrap *bootstrap);

/* ---- Datagrams ---- */

/* Borrowed until it returns. What a peer sends wrong is answered or dropped, and counted. */
void ln_bootstrap_recv(struct ln_bootstrap *bootstrap, ln_time now, const struct ln_peer *peer,
                       struct ln_bytes datagram);
/*
 * Writes the next datagram into `buffer` (LN_BOOTSTRAP_DATAGRAM_MAX bytes or more) and says where
 * it goes; the peer's proof is NULL. 0: nothing is to be sent before the deadline.
 */
enum { LN_BOOTSTRAP_DATAGRAM_MAX = 1500 };
size_t ln_bootstrap_send(struct ln_bootstrap *bootstrap, ln_time now, void *buffer, size_t size,
                         struct ln_peer *to);
/* When ln_bootstrap_send() is due even if nothing arrives. */
ln_time ln_bootstrap_deadline(const struct ln_bootstrap *bootstrap);
/* For transports that keep sessions: it goes on from another address; or it is over. */
void ln_bootstrap_peer_moved(struct ln_bootstrap *bootstrap, ln_time now,
                             const struct ln_peer *peer);
void ln_bootstrap_peer_lost(struct ln_bootstrap *bootstrap, ln_time now,
                            const struct ln_peer *peer);

/* ---- Scripts ---- */

enum ln_bootstrap_step_kind {
    LN_BOOTSTRAP_DISCOVER, /* "/" or an object */
    LN_BOOTSTRAP_DELETE,   /* "/", an object or an instance */
    LN_BOOTSTRAP_WRITE,    /* an object, an instance or a resource */
    LN_BOOTSTRAP_READ,     /* object 1 or 2, or an instance of them; from LwM2M 1.1 on */
    LN_BOOTSTRAP_FINISH,   /* only as the last step */
};
/* "discover", "delete", ... */
const char *ln_bootstrap_step_name(enum ln_bootstrap_step_kind kind);

struct ln_bootstrap_step {
    enum ln_bootstrap_step_kind kind;
    struct ln_path path;
    const struct ln_record *records; /* of a Write: ascending, all within `path` */
    size_t record_count;
    bool may_fail; /* an error that the device answers does not end the session */
};

/* The format is this; where it is LN_FORMAT_NONE, what the device prefers; else TLV. */
struct ln_bootstrap_script {
    uint16_t format;
    const struct ln_bootstrap_step *steps;
    size_t count;
};

/*
 * Answers the Bootstrap-Request with 2.04 and begins; or, after LN_BOOTSTRAP_WANTS, goes on. All is
 * copied. A script without a Finish at its end leads to LN_BOOTSTRAP_WANTS: so what a Discover
 * tells can decide what follows. LN_ERR_NOT_FOUND: the session is over. LN_ERR_BAD_REQUEST: it is
 * not its time, or a step's path does not fit, or a Finish is not the last. LN_ERR_BAD_FORMAT:
 * `format` is none of the config's. Other errors are those of ln_encode(), and LN_ERR_NO_MEMORY.
 * After an error all is as before.
 */
LN_MUST_USE ln_err ln_bootstrap_begin(struct ln_bootstrap *bootstrap, ln_time now,
                                      uint64_t session,
                                      const struct ln_bootstrap_script *script);
/*
 * Answers the Bootstrap-Request with an error, LN_COAP_4_00 for a device that is not known; no
 * event follows. LN_ERR_NOT_FOUND: the session is over. LN_ERR_BAD_REQUEST: it is answered
 * already, or the code is no error.
 */
LN_MUST_USE ln_err ln_bootstrap_refuse(struct ln_bootstrap *bootstrap, ln_time now,
                                       uint64_t session, uint8_t code);
/* Ends a session that was begun: LN_BOOTSTRAP_ENDED tells of it. LN_ERR_NOT_FOUND: it is over. */
LN_MUST_USE ln_err ln_bootstrap_stop(struct ln_bootstrap *bootstrap, ln_time now,
                                     uint64_t session);
/* Sessions that are not over. */
size_t ln_bootstrap_session_count(const struct ln_bootstrap *bootstrap);

/* ---- Events ---- */

enum ln_bootstrap_event_kind {
    LN_BOOTSTRAP_REQUESTED, /* answer it: ln_bootstrap_begin() or ln_bootstrap_refuse() */
    LN_BOOTSTRAP_STEPPED,   /* a step was answered */
    /* Give further steps, or stop: the script was without a Finish; or the Finish was answered
     * 4.06, for the first time (`code` says so), and this is the chance to repair. */
    LN_BOOTSTRAP_WANTS,
    LN_BOOTSTRAP_ENDED,
};

enum ln_bootstrap_end {
    LN_BOOTSTRAP_NOT_ENDED,
    LN_BOOTSTRAP_DONE,
    LN_BOOTSTRAP_FAILED,
    LN_BOOTSTRAP_REPLACED, /* by a new request of the same device */
    LN_BOOTSTRAP_TIMED_OUT,
};

/* Why it did not end as LN_BOOTSTRAP_DONE. */
enum ln_bootstrap_reason {
    LN_BOOTSTRAP_NO_REASON,
    LN_BOOTSTRAP_NO_ANSWER,    /* all copies were sent, or no response followed the ACK */
    LN_BOOTSTRAP_RESET,        /* the device sent a Reset */
    LN_BOOTSTRAP_REFUSED,      /* the device answered with an error: `code` */
    LN_BOOTSTRAP_WRONG_ANSWER, /* a code that does not fit, or an answer that cannot be read */
    LN_BOOTSTRAP_TOO_LARGE,    /* an answer beyond max_body */
    LN_BOOTSTRAP_INCONSISTENT, /* Finish was answered 4.06 and not repaired */
    LN_BOOTSTRAP_PEER_LOST,    /* ln_bootstrap_peer_lost() */
    LN_BOOTSTRAP_STOPPED,      /* ln_bootstrap_stop() */
    LN_BOOTSTRAP_OUT_OF_MEMORY,
};
/* "done", "failed", "replaced", "timed out"; and a sentence. */
const char *ln_bootstrap_end_name(enum ln_bootstrap_end end);
const char *ln_bootstrap_reason_text(enum ln_bootstrap_reason reason);

/* All pointers are borrowed until the next call of the engine. */
struct ln_bootstrap_event {
    enum ln_bootstrap_event_kind kind;
    ln_time time;
    uint64_t session;
    struct ln_bytes endpoint;
    struct ln_bytes identity; /* what the peer proved to be; no bytes: nothing */
    uint8_t mode;             /* of the proof; 0: none */
    struct ln_peer peer;      /* its proof is NULL */
    uint16_t preferred;       /* the request's pct; LN_FORMAT_NONE where there is none */
    /* LN_BOOTSTRAP_STEPPED; of ENDED, the step that was under way, if `has_step`: */
    bool has_step;
    size_t index; /* counted from 0 over all scripts of the session */
    enum ln_bootstrap_step_kind step;
    struct ln_path path;
    uint8_t method;  /* enum ln_coap_code */
    uint8_t code;    /* of the answer, 0 where there was none; WANTS: of the last step */
    uint16_t format; /* STEPPED: of the payload */
    struct ln_bytes payload; /* STEPPED: of a Discover or Read */
    /* LN_BOOTSTRAP_ENDED: */
    enum ln_bootstrap_end end;
    enum ln_bootstrap_reason reason;
};

/* Takes the oldest event not yet read; false if there is none. */
LN_MUST_USE bool ln_bootstrap_event(struct ln_bootstrap *bootstrap,
                                    struct ln_bootstrap_event *event);

/* ---- What a device should get: pure functions, without an engine ---- */

/* How a device is to prove itself to a server; the numbers are those of /0/x/2. */
enum ln_bootstrap_security_mode {
    LN_BOOTSTRAP_PSK = 0,
    LN_BOOTSTRAP_RPK = 1,
    LN_BOOTSTRAP_X509 = 2,
    LN_BOOTSTRAP_NO_SEC = 3,
};

/* spec: CORE-1.1.1 Appendix E.1 (objects 0 and 1) */
struct ln_bootstrap_server {
    uint16_t short_id;   /* 1 to 65534 */
    struct ln_bytes uri; /* coap, coaps, coap+tcp or coaps+tcp; 255 bytes at most */
    uint32_t lifetime;   /* seconds; 0: never expires */
    uint8_t binding;     /* LN_BINDING_U | ... */
    bool has_default_pmin, has_default_pmax, has_disable_timeout;
    bool drops_notifications;                             /* while disabled or offline */
    uint32_t default_pmin, default_pmax, disable_timeout; /* seconds */
    enum ln_bootstrap_security_mode mode;
    struct ln_bytes identity;   /* PSK: 1 to 128 bytes. RPK: public key; X.509: certificate */
    struct ln_bytes server_key; /* RPK and X.509: what the server shows */
    struct ln_bytes
        key; /* PSK: 1 to 64 bytes, 16 random ones or more. RPK and X.509: the private key */
};

struct ln_bootstrap_right {
    uint16_t short_id; /* 0: all servers that have no entry of their own */
    uint8_t rights;    /* read 1, write 2, execute 4, delete 8, create 16 */
};

/* An instance of object 2. */
struct ln_bootstrap_access {
    uint16_t object;
    uint16_t instance;                       /* LN_ID_NONE: the right to create instances */
    uint16_t owner;                          /* a short id; LN_ID_NONE: the bootstrap server */
    const struct ln_bootstrap_right *rights; /* ascending by short id */
    size_t right_count;
};

/* Anything else, as a step: neither object 0, 1 nor 2. */
struct ln_bootstrap_write {
    struct ln_path path;
    const struct ln_record *records;
    size_t record_count;
};

struct ln_bootstrap_configuration {
    const struct ln_bootstrap_server *servers; /* at least one */
    size_t server_count;
    const struct ln_bootstrap_access *access;
    size_t access_count;
    const struct ln_path *deletes; /* "/", objects and instances */
    size_t delete_count;
    const struct ln_bootstrap_write *writes;
    size_t write_count;
    uint16_t format;
};

/* Which member is wrong, and why: "servers[1].short_id: ..." */
struct ln_bootstrap_fault {
    char member[64];
    const char *why; /* a sentence */
};

/* LN_ERR_BAD_CONFIG: `fault` says what. */
LN_MUST_USE ln_err ln_bootstrap_check(const struct ln_bootstrap_configuration *configuration,
                                      struct ln_bootstrap_fault *fault);

/*
 * Checks the configuration and makes its script: deletes, then objects 0, 1 and 2, then what else
 * is written, then Finish. Steps and records stand in the arena, and point into the configuration.
 *
 * `account` is the instance of object 0 that holds the device's bootstrap account, which is never
 * written over: ln_bootstrap_account() tells it. LN_ID_NONE: not known; then object 0 is written
 * from instance 10 on. LN_ERR_BAD_CONFIG, with the fault; LN_ERR_NO_SPACE: the arena is too small.
 */
LN_MUST_USE ln_err ln_bootstrap_script_build(
    const struct ln_bootstrap_configuration *configuration, uint16_t account,
    struct ln_arena *arena, struct ln_bootstrap_script *out, struct ln_bootstrap_fault *fault);
/*
 * The instance of object 0 without a short id in a Discover's answer (of "/" or "/0"); LN_ID_NONE:
 * there is none, or more than one. LN_ERR_BAD_PAYLOAD: it is no list of links.
 */
LN_MUST_USE ln_err ln_bootstrap_account(struct ln_bytes discovered, uint16_t *instance);

/* ---- Counters: only ever rise ---- */

#define LN_BOOTSTRAP_COUNTERS(X)                                                               \
    X(datagrams_received, "datagrams received")                                                \
    X(datagrams_sent, "datagrams sent, retransmissions included")                              \
    X(retransmissions, "copies of a request sent again")                                       \
    X(repeats, "repeated messages answered again or dropped")                                  \
    X(malformed, "datagrams that are no CoAP message")                                         \
    X(bad_options, "messages with a critical option that is unknown or malformed")             \
    X(bad_requests, "requests refused with 4.00")                                              \
    X(not_found, "requests for a path that is not there")                                      \
    X(not_allowed, "requests with a method that the path does not have")                       \
    X(bad_formats, "requests that prefer a format that is not supported")                      \
    X(wrong_endpoint, "requests for an endpoint that is not the proved identity's")            \
    X(refused_full, "requests refused because there were too many, or no memory")              \
    X(refused_by_app, "requests that ln_bootstrap_refuse() refused")                           \
    X(unexpected, "ACKs, Resets and responses that belong to nothing")                         \
    X(wrong_peer, "answers that came from another peer than was asked")                        \
    X(pings, "pings answered")                                                                 \
    X(blocks_sent, "blocks of Writes that devices took")                                       \
    X(blocks_fetched, "blocks of answers received")                                            \
    X(blocks_again, "blocks sent or asked for again after no answer came")                     \
    X(requests, "Bootstrap-Requests taken")                                                    \
    X(steps_answered, "steps that devices answered")                                           \
    X(sessions_done, "sessions that ended with Finish")                                        \
    X(sessions_failed, "sessions that failed")                                                 \
    X(sessions_replaced, "sessions that a new request of the device ended")                    \
    X(sessions_timed_out, "sessions that took too long")                                       \
    X(answers_dropped, "answers not given: too many waited")

struct ln_bootstrap_counters {
#define LN_BOOTSTRAP_COUNTER(name, help) uint64_t name;
    LN_BOOTSTRAP_COUNTERS(LN_BOOTSTRAP_COUNTER)
#undef LN_BOOTSTRAP_COUNTER
};
const struct ln_bootstrap_counters *ln_bootstrap_counters(const struct ln_bootstrap *bootstrap);

/* A hash over all sessions: equal before and after what must change nothing. For tests. */
uint64_t ln_bootstrap_digest(const struct ln_bootstrap *bootstrap);

#ifdef __cplusplus
}
#endif

#endif
