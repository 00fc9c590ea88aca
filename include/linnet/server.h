/*
 * The LwM2M server engine: registrations, their lifetimes, and operations toward devices.
 *
 * One engine (one shard of a daemon, or a whole server in a small program) belongs to one
 * thread. Like the client it opens no socket and reads no clock:
 *
 *     for (;;) {
 *         wait until datagrams arrive or ln_server_deadline(server) passes
 *         for each: ln_server_recv(server, now, &peer, datagram);
 *         while ((n = ln_server_send(server, now, buffer, sizeof(buffer), &out)) > 0)
 *             transmit(&out.to, buffer, n);
 *         while (ln_server_event(server, &event)) act(&event);
 *     }
 *
 * An operation is begun with ln_server_operate() and ends, exactly once, in an LN_SERVER_RESULT
 * event. One that may wait belongs to its endpoint, and so do declared observations: both outlive
 * the registration.
 */
#ifndef LN_SERVER_H
#define LN_SERVER_H

#include <linnet/base.h>
#include <linnet/coap.h>
#include <linnet/codec.h>
#include <linnet/lwm2m.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Whether this peer may register as `endpoint`, asked before anything is kept. What the proof says is
 * held against the name before. An error is answered by its code: LN_ERR_FORBIDDEN, for example.
 */
typedef ln_err ln_server_admit_fn(void *context, struct ln_bytes endpoint,
                                  const struct ln_peer *peer);

/*
 * `size` bytes at `offset` of what the app calls `id`, into `out`. False: they are not there any more.
 * Called on the engine's thread, within ln_server_send() or when a body's turn has come: it must not
 * call the engine.
 */
typedef bool ln_server_read_fn(void *context, uint64_t id, uint32_t offset, void *out,
                               size_t size);

/* What is to be had by a GET: firmware that devices pull. */
struct ln_server_file {
    uint64_t id; /* the app's, for `read` */
    uint32_t size;
    uint64_t etag; /* another one if the bytes have changed */
};

/*
 * Files that the engine gives out block by block (RFC 7959), to any peer whose GET `find` knows: the
 * path without its first slash, "fw/0123". Nothing is kept between two blocks, and no file is in memory
 * whole. A path that is not known is 4.04, bytes that are not there any more are 5.00; "rd" is never
 * asked for.
 */
struct ln_server_files {
    bool (*find)(void *context, const struct ln_peer *peer, struct ln_bytes path,
                 struct ln_server_file *out);
    ln_server_read_fn *read;
    void *context;
};

struct ln_server;
struct ln_registration; /* opaque: read it with ln_registration_get() */

/* All zero but `random` and `allocator` is a good default. */
struct ln_server_config {
    size_t size; /* sizeof(struct ln_server_config): tells a header of another version */
    struct ln_random random;
    struct ln_allocator allocator;
    const struct ln_coap_parameters *coap; /* NULL: the defaults of RFC 7252; copied */
    uint8_t shard;                    /* the first byte of this engine's locations and tokens */
    uint8_t shards;                   /* how many share the port: 0 is 1 */
    size_t max_registrations;         /* 0: no bound. Beyond it a Register gets 5.03. */
    size_t max_per_address;           /* registrations from one IP address; 0: no bound */
    size_t max_operations;            /* waiting and under way, of all devices; 0: 100,000 */
    size_t max_operations_per_device; /* 0: 1,000 */
    size_t max_observations;          /* declared, of all devices; 0: 1,000,000 */
    size_t max_observations_per_device; /* 0: 1,000 */
    uint32_t
        awake; /* ms that a device in queue mode stays awake after its last message; 0: 93,000 */
    uint16_t block_size;    /* the largest block sent and asked for: 16, 32, .. 1024; 0: 1024 */
    uint32_t max_body;      /* bytes of a request or answer that is kept whole; 0: 1 MiB */
    size_t max_list_bodies; /* object lists that come in blocks at the same time; 0: 256 */
    uint32_t max_list_body; /* bytes of each; 0: 64 KiB */
    bool journal;           /* changes are numbered: see "Durable changes" below */
    uint64_t last_change;   /* they are numbered above this one */
    ln_server_admit_fn *admit; /* NULL: whoever the proof allows */
    void *admit_context;
    struct ln_server_files files; /* `find` NULL: none */
};

/*
 * NULL: no memory, a block size that there is not, or the config is of another version. `now` is
 * the time from here on.
 */
struct ln_server *ln_server_new(const struct ln_server_config *config, ln_time now);

/*
 * Ends every operation that waits or is under way (LN_OUTCOME_CLOSED): read the events, then
 * free. What arrives from now on is dropped.
 */
void ln_server_close(struct ln_server *server, ln_time now);
/* Closing first is the caller's duty if it wants the outcomes. NULL is fine. */
void ln_server_free(struct ln_server *server);

/*
 * Which of `shards` engines a datagram belongs to, whichever socket it came by: by the endpoint
 * of a Register, the location of an Update, the token of a response, the id of an ACK or Reset.
 * -1: any.
 */
int ln_server_owner(struct ln_bytes datagram, uint8_t shards);
/* The shard that owns an endpoint name. */
uint8_t ln_server_shard_of(struct ln_bytes endpoint, uint8_t shards);

/*
 * Takes one datagram; it and `peer` are borrowed until the call returns. What is wrong is
 * answered or dropped, and counted.
 */
void ln_server_recv(struct ln_server *server, ln_time now, const struct ln_peer *peer,
                    struct ln_bytes datagram);

/*
 * For transports that keep sessions; both peers with their proof. A session goes on from another
 * address; or it is over: what is under way to a device over it is taken back, and nothing more is sent
 * until the device is heard again.
 */
void ln_server_peer_moved(struct ln_server *server, ln_time now, const struct ln_peer *peer);
void ln_server_peer_lost(struct ln_server *server, ln_time now, const struct ln_peer *peer);

/* What ln_server_send() wrote, and where it goes. */
struct ln_server_out {
    struct ln_peer to;   /* proof is NULL */
    uint64_t depends_on; /* 0: it may leave now; else once this change is committed */
};

/*
 * Writes the next datagram into `buffer` (LN_SERVER_DATAGRAM_MAX bytes or more). 0: nothing
 * before the deadline.
 */
enum { LN_SERVER_DATAGRAM_MAX = 1500 };
size_t ln_server_send(struct ln_server *server, ln_time now, void *buffer, size_t size,
                      struct ln_server_out *out);

/*
 * When ln_server_send() is due even if nothing arrives. LN_NEVER: only peers or the app can
 * wake it.
 */
ln_time ln_server_deadline(const struct ln_server *server);

/* ---- Registrations ---- */

/*
 * Whether something can be sent to a device.
 *
 *     sleeping      in queue mode, and its last message is `awake` ms old, or it did not answer
 *     unreachable   not in queue mode, and it did not answer
 *
 * Any message of the device makes it online. Nothing is sent to one that sleeps; nothing that may
 * wait is sent to one that is unreachable, until it is heard, or ln_server_operate() tries again.
 */
enum ln_presence { LN_ONLINE, LN_SLEEPING, LN_UNREACHABLE };
/* "online", "sleeping", "unreachable" */
const char *ln_presence_name(enum ln_presence presence);

/* What is known of a registration. Pointers are borrowed until the engine is called again. */
struct ln_registration_view {
    struct ln_bytes endpoint;
    struct ln_bytes location; /* "0aB..": what follows /rd/ */
    struct ln_bytes sms;
    struct ln_bytes root;     /* "" or "/lwm2m" */
    struct ln_bytes formats;  /* of the root link: "60 110"; no bytes where it has none */
    struct ln_bytes extra;    /* parameters that are not ours, as a query: "et=x&foo" */
    struct ln_bytes identity; /* what the device proved; no bytes: nothing */
    uint8_t proof_mode;       /* 0: nothing */
    struct ln_peer peer;      /* proof is NULL */
    const struct ln_object_link *objects; /* as registered, in the order of the list */
    size_t object_count;
    enum ln_version version;
    enum ln_presence presence; /* ln_server_restore() finds it out by itself */
    uint32_t lifetime;
    uint8_t binding; /* LN_BINDING_Q: queue mode */
    ln_time registered_at;
    ln_time updated_at;
    ln_time seen_at;    /* any message of the device */
    ln_time expires_at; /* LN_NEVER where the lifetime is 0 */
    size_t operations;  /* waiting and under way, of the endpoint */
    uint64_t change;    /* the last durable one; 0 without a journal */
};

struct ln_registration *ln_server_find(struct ln_server *server, struct ln_bytes endpoint);
struct ln_registration *ln_server_find_location(struct ln_server *server,
                                                struct ln_bytes location);
void ln_registration_get(const struct ln_registration *registration,
                         struct ln_registration_view *out);
size_t ln_server_registration_count(const struct ln_server *server);
/*
 * Walks all of them in no order: start with *at = 0; NULL at the end. Registrations must not
 * change meanwhile.
 */
struct ln_registration *ln_server_next(struct ln_server *server, size_t *at);
/*
 * Forgets it, as if it had expired: LN_SERVER_DEREGISTERED, and those of its operations that may
 * not wait end LN_OUTCOME_GONE. Returns the number of the change; 0 without a journal.
 */
uint64_t ln_server_forget(struct ln_server *server, ln_time now,
                          struct ln_registration *registration);

/* ---- Operations ---- */

/*
 * On what terms an operation is taken. Read, Discover, Write (replace) and Write-Attributes are
 * repeated until they are answered; Create, Execute, Delete and partial Write could run twice: once
 * a message of one of these has left, and no answer comes, it ends LN_OUTCOME_UNKNOWN.
 */
struct ln_server_terms {
    ln_time
        expires_at; /* not answered by then, and not under way: LN_OUTCOME_EXPIRED. LN_NEVER */
    bool queue; /* it may wait for a device that is asleep, unreachable or not registered, also
                     over a new registration */
    bool retry; /* repeat also what could run twice */
    bool durable; /* changes of its state are numbered: see "Durable changes". Needs `queue`. */
};

/*
 * Takes an operation for a device: one at a time is under way to each (NSTART), the others
 * wait in order. The operation's payload is copied; what is longer than a block goes out in
 * blocks (RFC 7959), and an answer that comes in blocks is put together. A block that got no answer
 * is sent again as a new message, LN_COAP_BLOCK_AGAIN times; but not the last block of a Create, an
 * Execute or a partial Write, which could run twice: LN_OUTCOME_NO_ANSWER. `tag` comes back with
 * the result.
 * `terms` NULL: it does not wait for the device. It is tried once, though the device be unreachable,
 * and ends LN_OUTCOME_NO_ANSWER or LN_OUTCOME_GONE if that fails.
 * LN_ERR_NOT_FOUND: no such registration, and it may not wait for one. LN_ERR_BAD_REQUEST: the path
 * cannot be the operation's target in the device's version, or the terms contradict themselves.
 * LN_ERR_TOO_LARGE: the request does not fit a datagram, or its payload is above max_body.
 * LN_ERR_BUSY: too many wait. LN_ERR_ASLEEP: the device sleeps (or, with terms, is unreachable) and
 * the operation may not wait. LN_ERR_READ_ONLY: it would have to be kept. LN_ERR_NO_MEMORY. With any
 * error no result follows.
 */
LN_MUST_USE ln_err ln_server_operate(struct ln_server *server, ln_time now,
                                     struct ln_bytes endpoint,
                                     const struct ln_operation *operation,
                                     const struct ln_server_terms *terms, uint64_t tag,
                                     uint64_t *id);
/*
 * New terms for an operation that is not over, and is no stream: a caller who waited goes away, and
 * what it asked for goes on. What is durable stays so. LN_ERR_NOT_FOUND: it is over. LN_ERR_BAD_REQUEST,
 * LN_ERR_READ_ONLY: as above.
 */
LN_MUST_USE ln_err ln_server_set_terms(struct ln_server *server, ln_time now, uint64_t id,
                                       const struct ln_server_terms *terms);
/*
 * The same for bodies that are not to be in memory whole: the engine holds one block of them, and
 * max_body does not bound them.
 *
 *     supplies    LN_SERVER_WANTS asks for `size` bytes at `offset` of the payload, in order, once
 *                 its turn has come; ln_server_supply() brings them. operation->payload is not used.
 *     takes       LN_SERVER_PART brings the payload of a successful answer piece by piece, in order;
 *                 ln_server_continue() asks for the next piece. The result then has no payload,
 *                 unless it is an error, which may come after pieces, too. An answer without a
 *                 payload has no PART.
 *
 * A transfer may have to begin again: the device forgot what it had, or the value changed while it
 * was read. Then `offset` is 0 once more, and what went before is void. An app that cannot go back
 * leaves `rewinds` false: the operation ends LN_OUTCOME_INCOMPLETE instead. So it does if the app
 * lets EXCHANGE_LIFETIME (247 s) pass without supplying or continuing, for the device has forgotten
 * by then; and if it is the answer to anything but a Read or Discover that would have to be fetched
 * again, for that would run twice. Nothing else is sent to the device meanwhile.
 */
struct ln_server_stream {
    bool supplies;
    bool takes;
    bool rewinds;
    uint32_t size; /* of what is supplied, told to the device; or LN_COAP_BODY_UNKNOWN */
    /*
     * Instead of LN_SERVER_WANTS: each block is read when it is due. The size is known then, and the
     * transfer may begin again; so it may wait for its device, too. LN_OUTCOME_INCOMPLETE: a read
     * was refused.
     */
    ln_server_read_fn *read;
    void *read_context;
    uint64_t read_id;
    /* NULL: it does not wait. With terms that queue it needs `read`; durable it cannot be. */
    const struct ln_server_terms *terms;
};
LN_MUST_USE ln_err ln_server_stream(struct ln_server *server, ln_time now,
                                    struct ln_bytes endpoint,
                                    const struct ln_operation *operation,
                                    const struct ln_server_stream *stream, uint64_t tag,
                                    uint64_t *id);
/*
 * What LN_SERVER_WANTS asked for: `size` bytes, or fewer (none, too) if the body ends with them:
 * `last`. They are copied. LN_ERR_NOT_FOUND: the operation is over. LN_ERR_BAD_REQUEST: nothing was
 * asked for, or the number of bytes is not right, or they do not end where stream->size said; the
 * engine still waits for the right ones.
 */
LN_MUST_USE ln_err ln_server_supply(struct ln_server *server, ln_time now, uint64_t id,
                                    struct ln_bytes bytes, bool last);
/*
 * The piece that LN_SERVER_PART brought has been dealt with. False: there is no operation of that
 * id that waits for this; after the last piece there is none, and the result follows by itself.
 */
bool ln_server_continue(struct ln_server *server, ln_time now, uint64_t id);
/*
 * Ends it with LN_OUTCOME_CANCELLED; an answer that comes later is dropped. False: there is
 * none of that id.
 */
bool ln_server_cancel(struct ln_server *server, ln_time now, uint64_t id);

enum ln_outcome {
    LN_OUTCOME_ANSWERED,    /* `code` is the device's answer: success, or its error */
    LN_OUTCOME_NO_ANSWER,   /* nothing came, and it may not wait */
    LN_OUTCOME_RESET,       /* the device sent a Reset */
    LN_OUTCOME_UNDECODABLE, /* an answer came that breaks CoAP's rules */
    LN_OUTCOME_GONE, /* the device left, expired or registered anew, and it may not wait */
    LN_OUTCOME_CANCELLED,
    LN_OUTCOME_TOO_LARGE, /* the answer comes in blocks, and has more than max_body bytes; or the
                              request does not fit under the root path of a new registration */
    LN_OUTCOME_INCOMPLETE, /* a transfer in blocks broke off: it would have to begin again, and
                              could not (rewinds, or it would run twice), or not once more, or
                              the app fell silent */
    LN_OUTCOME_CLOSED,     /* the engine was closed; what is durable is to be restored */
    LN_OUTCOME_UNKNOWN,    /* it has left, nothing came, and it may not be repeated */
    LN_OUTCOME_EXPIRED,
};
const char *ln_outcome_name(enum ln_outcome outcome);

enum ln_operation_state {
    LN_OPERATION_QUEUED, /* waits, be it for the device, or its turn, or to be repeated */
    LN_OPERATION_SENT,   /* under way */
    LN_OPERATION_DONE,   /* answered with success */
    LN_OPERATION_FAILED,
    LN_OPERATION_UNKNOWN, /* it may have been carried out */
    LN_OPERATION_EXPIRED,
    LN_OPERATION_CANCELLED,
};
/* "queued", "sent", "done", ... */
const char *ln_operation_state_name(enum ln_operation_state state);
/* The state of an operation that ended so. */
enum ln_operation_state ln_operation_state_of(enum ln_outcome outcome, uint8_t code);

/* An operation that is not over. Pointers are borrowed until the engine is called again. */
struct ln_server_operation_view {
    struct ln_bytes endpoint;
    uint64_t id;
    uint64_t tag;
    struct ln_operation operation; /* whole, but for the payload of a stream */
    struct ln_server_terms terms;
    enum ln_operation_state state; /* LN_OPERATION_QUEUED or LN_OPERATION_SENT */
    ln_time created_at;
};
/* False: there is none of that id, or it is over. */
LN_MUST_USE bool ln_server_operation(const struct ln_server *server, uint64_t id,
                                     struct ln_server_operation_view *out);
/* The ids of an endpoint's, in order: the one after `id`, the first for 0; 0 at the end. */
uint64_t ln_server_next_operation(const struct ln_server *server, struct ln_bytes endpoint,
                                  uint64_t id);

/* ---- Observations ---- */

/*
 * An observation is declared for an endpoint, registered or not. It is set up on each registration
 * whose object list has the path, before the operations that wait: its attributes are written, then
 * Observe. It is set up again after a new Register, after an Update that brings a changed list, after
 * a restart, and if the device is silent for longer than the pmax among its attributes. There is one
 * for each path.
 */
enum ln_observation_state {
    LN_OBSERVATION_PENDING, /* not set up: no registration, or its list lacks the path, or not yet */
    LN_OBSERVATION_ACTIVE,
    LN_OBSERVATION_FAILED, /* refused or ended by the device: `code`. Tried again on the next
                              Register or changed list. */
    LN_OBSERVATION_ENDED,  /* by ln_server_unobserve() */
};
/* "pending", "active", "failed", "ended" */
const char *ln_observation_state_name(enum ln_observation_state state);

/* Pointers are borrowed until the engine is called again. */
struct ln_observation_view {
    struct ln_bytes endpoint;
    struct ln_path path;
    uint16_t format;            /* asked for; LN_FORMAT_NONE: the device's choice */
    struct ln_bytes attributes; /* "pmin=10&pmax=60"; no bytes: the device's are left alone */
    bool durable;
    enum ln_observation_state state;
    uint8_t code;     /* LN_OBSERVATION_FAILED: of the device; LN_COAP_EMPTY: a Reset; 2.05 or
                              2.04: it answered, but does not observe */
    uint64_t token;   /* the same in all its life: restore it */
    ln_time heard_at; /* the last notification; 0: none yet */
    uint64_t notifications;
};

/*
 * Declares it, or changes format, attributes and durability of the one that is there. Attributes that
 * were declared before and no longer are, are named without a value in the next Write-Attributes, so
 * that they go on the device, too; until it has answered that, the view has them as well.
 * LN_ERR_BAD_REQUEST: a path that cannot be observed, or attributes that are too long. LN_ERR_BUSY:
 * too many. LN_ERR_READ_ONLY: it would have to be kept. LN_ERR_NO_MEMORY.
 * An event LN_SERVER_OBSERVATION tells of it, with a number if it is durable.
 */
LN_MUST_USE ln_err ln_server_observe(struct ln_server *server, ln_time now,
                                     struct ln_bytes endpoint, struct ln_path path,
                                     uint16_t format, struct ln_bytes attributes, bool durable);
/*
 * Ends it: LN_SERVER_OBSERVATION tells so with LN_OBSERVATION_ENDED. The device is told when it is
 * awake. LN_ERR_NOT_FOUND: there is none. LN_ERR_READ_ONLY, LN_ERR_NO_MEMORY: it goes on.
 */
LN_MUST_USE ln_err ln_server_unobserve(struct ln_server *server, ln_time now,
                                       struct ln_bytes endpoint, struct ln_path path);
struct ln_observation; /* opaque: read it with ln_observation_get() */
/* Walks those of an endpoint: NULL first, NULL at the end. They must not change meanwhile. */
const struct ln_observation *ln_server_next_observation(const struct ln_server *server,
                                                        struct ln_bytes endpoint,
                                                        const struct ln_observation *after);
/* NULL: there is none. */
const struct ln_observation *ln_server_observation(const struct ln_server *server,
                                                   struct ln_bytes endpoint,
                                                   struct ln_path path);
void ln_observation_get(const struct ln_observation *observation,
                        struct ln_observation_view *out);
size_t ln_server_observation_count(const struct ln_server *server);

/* ---- Events ---- */

enum ln_server_event_kind {
    LN_SERVER_REGISTERED,
    LN_SERVER_UPDATED,
    LN_SERVER_DEREGISTERED,
    LN_SERVER_EXPIRED,
    LN_SERVER_REPLACED, /* by a new Register: LN_SERVER_REGISTERED follows at once */
    LN_SERVER_RESULT,
    LN_SERVER_WANTS, /* the next bytes of a payload: ln_server_supply() */
    LN_SERVER_PART,  /* of an answer: ln_server_continue() */
    /* A registration's presence: see enum ln_presence. A new one is online. */
    LN_SERVER_AWAKE,
    LN_SERVER_SLEEPING,
    LN_SERVER_UNREACHABLE,
    /* Of a durable operation, in this order, before LN_SERVER_RESULT: */
    LN_SERVER_QUEUED,      /* it is taken */
    LN_SERVER_SENT,        /* it is about to leave, and may not be repeated */
    LN_SERVER_OBSERVATION, /* declared, ended, or its state is another: event->observation */
    LN_SERVER_NOTIFIED,    /* a value came: format and payload, and event->observation */
};

/* All pointers are borrowed until the next call of the engine. */
struct ln_server_event {
    enum ln_server_event_kind kind;
    ln_time time;
    struct ln_bytes endpoint;
    /*
     * In the event of its end too, for its last state; NULL in earlier ones if it has ended, and
     * where an operation or observation has none.
     */
    const struct ln_registration *registration;
    /* LN_SERVER_UPDATED: what the Update changed. */
    bool address_changed, lifetime_changed, binding_changed, objects_changed, sms_changed;
    /*
     * The number of the durable change that this tells of, 0: it is none; and of the last one
     * before it, 0: there was none.
     */
    uint64_t change;
    uint64_t replaces;
    /* LN_SERVER_WANTS and LN_SERVER_PART: */
    uint32_t offset; /* in the body */
    uint32_t size; /* WANTS: bytes asked for. PART: of the whole if the device says it, or 0 */
    bool last;     /* PART: the result follows */
    /* These two, QUEUED, SENT and LN_SERVER_RESULT; a PART has code, format and payload too: */
    uint64_t id;
    uint64_t tag;
    enum ln_outcome outcome;
    enum ln_operation_state state;
    /*
     * LN_SERVER_RESULT: a message of it has left. Without an answer, the device may have carried it
     * out; false: it certainly has not.
     */
    bool sent;
    struct ln_operation operation; /* kind and path; its payload is gone */
    uint8_t code;                  /* LN_OUTCOME_ANSWERED */
    uint16_t format;               /* of the payload; LN_FORMAT_NONE */
    struct ln_bytes payload;
    struct ln_bytes location; /* of a Create: "16/5"; no bytes where there is none */
    /* LN_SERVER_OBSERVATION and LN_SERVER_NOTIFIED: as it was then, but for heard_at and the count. */
    struct ln_observation_view observation;
    uint32_t sequence; /* LN_SERVER_NOTIFIED: the Observe option */
};

/* Takes the oldest event not yet read; false if there is none. */
LN_MUST_USE bool ln_server_event(struct ln_server *server, struct ln_server_event *event);

/* ---- Durable changes ---- */

/*
 * For an app that keeps registrations on disk. With `journal` in the config each change that
 * must not be lost has a number, which rises by the number of shards: events tell of them in
 * order (`change`), and each datagram names the change that it depends on. The app writes what
 * events tell, holds datagrams until the change they depend on is on disk, and says so:
 *
 *     LN_SERVER_REGISTERED    `registration` as it is by now stands in place of `replaces`
 *     LN_SERVER_UPDATED       the same; `change` 0: time or address alone moved, and the
 *                             answer waits for nothing
 *     LN_SERVER_DEREGISTERED, LN_SERVER_EXPIRED    it is over
 *     LN_SERVER_QUEUED        the operation `id` is taken: ln_server_operation() tells it whole,
 *                             unless it is over, which a later event tells
 *     LN_SERVER_SENT          what may not be repeated leaves once this is kept: restored in this
 *                             state it is LN_OUTCOME_UNKNOWN
 *     LN_SERVER_RESULT        of a durable operation: it is over. LN_OUTCOME_CLOSED has no number:
 *                             it is to be restored
 *     LN_SERVER_OBSERVATION   with a number: declared or changed, or LN_OBSERVATION_ENDED
 *
 * Where `registration` is NULL it has ended since, which a later event tells. What is written
 * may be ahead of its number, never behind.
 */

/* All changes up to this number are on disk: repeats of their messages are answered again. */
void ln_server_committed(struct ln_server *server, uint64_t change);
/*
 * While it is so, nothing that would have to be kept is taken: a Register, a De-register, and an
 * Update that changes more than time or address get 5.03.
 */
void ln_server_set_read_only(struct ln_server *server, bool read_only);
/*
 * Brings back a registration as ln_registration_get() told of it, with its location, times and
 * number. It ends at `expires_at`, soon if that is past. No event tells of it. LN_ERR_EXISTS: its
 * endpoint or location is registered already. LN_ERR_BAD_VALUE: no engine can have told that.
 * LN_ERR_NO_MEMORY.
 */
LN_MUST_USE ln_err ln_server_restore(struct ln_server *server, ln_time now,
                                     const struct ln_registration_view *view);

/*
 * Brings back a durable operation, behind those that its endpoint has: endpoint, tag, operation,
 * terms, state and created_at are read. Its new id is told; no event tells of it; but one that was
 * LN_OPERATION_SENT and may not be repeated ends LN_OUTCOME_UNKNOWN, and one whose time is over
 * LN_OUTCOME_EXPIRED. Errors as ln_server_operate().
 */
LN_MUST_USE ln_err ln_server_restore_operation(struct ln_server *server, ln_time now,
                                               const struct ln_server_operation_view *view,
                                               uint64_t *id);
/*
 * Brings back a declared observation: endpoint, path, format, attributes, durable, token and
 * heard_at are read. Notifications to its token are taken at once; it is set up again when the
 * device is next heard. LN_ERR_EXISTS: the path or token is taken. LN_ERR_BAD_VALUE: no engine
 * can have told that. Other errors as ln_server_observe().
 */
LN_MUST_USE ln_err ln_server_restore_observation(struct ln_server *server, ln_time now,
                                                 const struct ln_observation_view *view);

/* ---- Counters: only ever rise; each is a metric of the daemon ---- */

#define LN_SERVER_COUNTERS(X)                                                                  \
    X(datagrams_received, "datagrams received")                                                \
    X(datagrams_sent, "datagrams sent, retransmissions included")                              \
    X(retransmissions, "copies of a request sent again")                                       \
    X(repeats, "repeated messages answered from the cache or dropped")                         \
    X(malformed, "datagrams that are no CoAP message")                                         \
    X(bad_options, "messages with a critical option that is unknown or malformed")             \
    X(bad_requests, "requests refused with 4.00")                                              \
    X(not_found, "requests for a path or location that is not there")                          \
    X(not_allowed, "requests with a method that the path does not have")                       \
    X(bad_formats, "payloads, or answers asked for, in a format that is not known")            \
    X(bad_versions, "Registers of a version that is not supported")                            \
    X(refused_full, "Registers refused because a bound was reached")                           \
    X(refused_read_only, "requests refused because nothing can be kept")                       \
    X(unanswered, "repeats not answered because their change is not kept yet")                 \
    X(unexpected, "ACKs, Resets and responses that belong to nothing")                         \
    X(wrong_peer, "messages that named a registration or exchange of another peer")            \
    X(wrong_endpoint, "Registers of an endpoint that is not the proved identity's")            \
    X(not_admitted, "Registers of peers that may not come in as that endpoint")                \
    X(blocks_sent, "blocks of request bodies that devices took")                               \
    X(blocks_fetched, "blocks of answers received")                                            \
    X(blocks_again, "blocks sent or asked for again after no answer came")                     \
    X(transfers_restarted, "transfers in blocks that began again")                             \
    X(list_blocks, "blocks of object lists received")                                          \
    X(incomplete, "blocks refused with 4.08: the ones before are not there")                   \
    X(too_large, "bodies refused with 4.13")                                                   \
    X(files_found, "first blocks of files given out")                                          \
    X(file_blocks, "blocks of files given out")                                                \
    X(files_broken, "blocks of files that could not be read any more: 5.00")                   \
    X(list_bodies_refused, "object lists in blocks refused because too many were under way")   \
    X(pings, "pings answered")                                                                 \
    X(registers, "registrations made")                                                         \
    X(updates, "registrations updated")                                                        \
    X(deregisters, "registrations ended by the device")                                        \
    X(expiries, "registrations expired")                                                       \
    X(operations_started, "operations begun")                                                  \
    X(operations_answered, "operations answered by the device")                                \
    X(operations_failed, "operations that ended without an answer")                            \
    X(operations_refused, "operations refused: too many, or the device could not be reached")  \
    X(operations_requeued, "operations without an answer that wait to be sent again")          \
    X(operations_unknown, "operations without an answer that may have been carried out")       \
    X(operations_expired, "operations that waited too long")                                   \
    X(fell_asleep, "devices in queue mode that went to sleep, or did not answer")              \
    X(woke_up, "devices heard again that had slept or been unreachable")                       \
    X(became_unreachable, "devices not in queue mode that did not answer")                     \
    X(observations_refused, "observations not taken because there were too many")              \
    X(observations_set_up, "observations that a device confirmed")                             \
    X(observations_failed, "observations that a device refused or ended")                      \
    X(observations_lost, "observations set up again because the device fell silent")           \
    X(notifications, "notifications taken")                                                    \
    X(notifications_late, "notifications dropped because a newer one had come")                \
    X(notifications_refused, "notifications not taken because there was no memory")            \
    X(waited_for_memory, "steps put off because there was no memory")                          \
    X(answers_dropped, "answers not given: too many waited, or there was no memory")           \
    X(events_dropped, "never: events are not dropped; above zero is a defect")

struct ln_server_counters {
#define LN_SERVER_COUNTER(name, help) uint64_t name;
    LN_SERVER_COUNTERS(LN_SERVER_COUNTER)
#undef LN_SERVER_COUNTER
};
const struct ln_server_counters *ln_server_counters(const struct ln_server *server);

/*
 * A hash over all that the engine knows of its registrations and operations, but for counters
 * and times of last sight: equal before and after a message that must change nothing. For
 * tests; walks everything.
 */
uint64_t ln_server_digest(const struct ln_server *server);

#ifdef __cplusplus
}
#endif

#endif
