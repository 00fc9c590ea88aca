/* The engine and its sessions: shared by the files of this folder only. */

#ifndef LN_BOOTSTRAP_ENGINE_H
#define LN_BOOTSTRAP_ENGINE_H

#include <linnet/bootstrap.h>
#include <linnet/limits.h>

enum { MESSAGE_BUCKETS = 1024 };

struct session;

struct event_node {
    struct event_node *next;
    struct session *session;
    ln_time time;
    uint8_t kind; /* enum ln_bootstrap_event_kind */
};

/* That a step was answered; the payload of the answer stands behind. */
struct stepped {
    struct event_node node;
    size_t index;
    struct ln_path path;
    uint8_t step;
    uint8_t code;
    uint16_t format;
    size_t length;
    uint8_t bytes[];
};

struct step {
    struct ln_path path;
    struct ln_bytes payload; /* of a Write: in the script's own memory */
    uint8_t kind;            /* enum ln_bootstrap_step_kind */
    bool may_fail;
};

/* Behind the steps stand the payloads. They hold keys: it is wiped before it is given back. */
struct script {
    size_t size; /* of all */
    size_t count;
    uint16_t format;
    struct step steps[];
};

enum session_state {
    SESSION_ASKED,   /* the app has to answer the request */
    SESSION_RUNNING, /* a step is under way */
    SESSION_WANTS,   /* the app has to give further steps */
    SESSION_OVER,    /* kept for repeats of its messages */
};

/* The Bootstrap-Request as far as it is needed to answer it, and to know its repeats. */
struct asked {
    struct ln_coap_token token;
    uint32_t print;
    uint16_t id;
    uint8_t type;
    uint8_t code; /* of the answer; 0: not answered */
};

struct session {
    /* Part of it, so that these can always be told. */
    struct event_node requested;
    struct event_node wants;
    struct event_node ended;
    struct ln_timer life;  /* until it is given up; or, when it is over, forgotten */
    struct ln_timer timer; /* of the exchange */
    struct ln_coap_exchange exchange;
    struct session *next_message;  /* of the same bucket */
    struct session *older, *newer; /* among those that are over */
    uint64_t id;                   /* random; the lower 16 bits are 0 */
    uint16_t serial;               /* of the request under way: with the id, its token */
    uint8_t state;                 /* enum session_state */
    uint8_t end;
    uint8_t reason;
    uint8_t code; /* of the last answer */
    uint8_t mode;
    bool has_maps; /* it is found by its endpoint and id */
    bool asks;     /* that it wants steps is not read yet */
    bool repaired;
    bool had_step;
    uint16_t preferred;
    size_t told; /* events that are not read */
    struct ln_peer peer;
    struct asked asked;
    struct script *script;
    size_t at;        /* the step that is due */
    size_t base;      /* steps of the scripts before */
    struct step last; /* under way when it ended; without payload */
    struct ln_coap_block_sender out;
    struct ln_coap_block_fetcher in;
    uint8_t *body; /* of an answer in blocks */
    size_t body_size;
    size_t body_length;
    uint16_t body_format;
    struct ln_bytes endpoint; /* both stand behind */
    struct ln_bytes identity;
    uint8_t text[];
};

struct answer {
    struct ln_peer to;
    struct ln_coap_token token;
    uint8_t type;
    uint8_t code;
    uint16_t id;
};

struct ln_bootstrap {
    struct ln_random random;
    struct ln_allocator allocator;
    struct ln_coap_parameters coap;
    const struct ln_format *const *formats;
    size_t max_sessions;
    uint32_t session_timeout;
    uint32_t max_body;
    uint8_t block_exponent;
    uint8_t seed[16];
    uint16_t next_message;
    ln_time now;
    ln_time exchange_lifetime;
    struct ln_map by_endpoint;
    struct ln_map by_id;
    struct ln_wheel lives;
    struct ln_wheel exchanges;
    struct session *by_message[MESSAGE_BUCKETS]; /* those with a request under way */
    struct session *oldest, *newest;             /* that are over */
    size_t objects;                              /* sessions in memory */
    size_t running;                              /* that are not over */
    struct event_node *first, *last;
    struct event_node *told; /* what the app reads */
    struct answer answers[LN_LIMIT_BOOTSTRAP_ANSWERS];
    size_t first_answer;
    size_t answer_count;
    struct ln_bootstrap_counters counters;
};

extern const struct ln_map_calls ln_bootstrap__endpoint_calls;
extern const struct ln_map_calls ln_bootstrap__id_calls;

/* NULL: there is no memory. */
void *ln_bootstrap__allocate(struct ln_bootstrap *bootstrap, size_t size);
void ln_bootstrap__release(struct ln_bootstrap *bootstrap, void *memory);
/* The same for what may hold secrets. */
void ln_bootstrap__wipe(struct ln_bootstrap *bootstrap, void *memory, size_t size);
void ln_bootstrap__advance(struct ln_bootstrap *bootstrap, ln_time now);

/* Whether a message from there comes from the other end: over a session its address may change. */
bool ln_bootstrap__is_at(const struct ln_peer *there, const struct ln_peer *peer);
void ln_bootstrap__answer(struct ln_bootstrap *bootstrap, const struct answer *answer);
void ln_bootstrap__answer_empty(struct ln_bootstrap *bootstrap, const struct ln_peer *to,
                                enum ln_coap_type type, uint16_t id);
/* Answers the request with the code that stands in `asked`. */
void ln_bootstrap__answer_asked(struct ln_bootstrap *bootstrap, const struct ln_peer *to,
                                const struct asked *asked);
uint16_t ln_bootstrap__next_message(struct ln_bootstrap *bootstrap);

/* ---- request.c: a Bootstrap-Request ---- */
LN_MUST_USE ln_err ln_bootstrap__request(struct ln_bootstrap *bootstrap,
                                         const struct ln_peer *peer,
                                         const struct ln_coap_message *m, uint32_t print);

/* ---- sessions.c ---- */
/* What a new session starts with: endpoint, identity, peer, what was asked. NULL: full. */
struct session *ln_bootstrap__session_new(struct ln_bootstrap *bootstrap,
                                          const struct session *like);
struct session *ln_bootstrap__session_of_endpoint(const struct ln_bootstrap *bootstrap,
                                                  struct ln_bytes endpoint);
struct session *ln_bootstrap__session_of_id(const struct ln_bootstrap *bootstrap, uint64_t id);
void ln_bootstrap__session_end(struct ln_bootstrap *bootstrap, struct session *session,
                               enum ln_bootstrap_end end, enum ln_bootstrap_reason reason);
/* The same without an event. */
void ln_bootstrap__session_close(struct ln_bootstrap *bootstrap, struct session *session);
/* A new request of its device has come: nothing finds it any more. */
void ln_bootstrap__session_replace(struct ln_bootstrap *bootstrap, struct session *session);
void ln_bootstrap__session_drop(struct ln_bootstrap *bootstrap, struct session *session);
void ln_bootstrap__event_push(struct ln_bootstrap *bootstrap, struct event_node *node,
                              struct session *session, enum ln_bootstrap_event_kind kind);
/* It was read. */
void ln_bootstrap__event_done(struct ln_bootstrap *bootstrap, struct event_node *node);
void ln_bootstrap__sessions_free(struct ln_bootstrap *bootstrap);

/* ---- script.c ---- */
LN_MUST_USE ln_err ln_bootstrap__script_copy(struct ln_bootstrap *bootstrap, uint16_t preferred,
                                             const struct ln_bootstrap_script *script,
                                             struct script **out);
/* The format of that number, if it holds more than one value; NULL: it is none of the app's. */
const struct ln_format *ln_bootstrap__format(const struct ln_bootstrap *bootstrap, uint16_t id);

/* ---- steps.c ---- */
uint8_t ln_bootstrap__step_method(enum ln_bootstrap_step_kind kind);
/* The step that is due goes out. */
void ln_bootstrap__step_start(struct ln_bootstrap *bootstrap, struct session *session);
/* Nothing of it is sent or awaited any more. */
void ln_bootstrap__exchange_drop(struct ln_bootstrap *bootstrap, struct session *session);
size_t ln_bootstrap__steps_write(struct ln_bootstrap *bootstrap, void *buffer, size_t size,
                                 struct ln_peer *to);
void ln_bootstrap__acknowledged(struct ln_bootstrap *bootstrap, const struct ln_peer *peer,
                                const struct ln_coap_message *m);
void ln_bootstrap__response(struct ln_bootstrap *bootstrap, const struct ln_peer *peer,
                            const struct ln_coap_message *m);

#endif
