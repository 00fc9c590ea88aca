/*
 * One HTTP request, from its first line to its answer.
 *
 * libmicrohttpd's one thread reads it, checks the route, the token and the body, and calls the
 * route's handler. A handler answers at once, or asks one shard or all: then the connection is
 * suspended, the shards do their part on their threads, and the last one resumes it; `finish`
 * makes the answer, on the HTTP thread again. There is never a thread for each request.
 */
#ifndef LINNETD_HTTP_H
#define LINNETD_HTTP_H

#include "linnetd/auth.h"
#include "linnetd/config.h"
#include "linnetd/problem.h"
#include "linnetd/text_out.h"

#include <linnet/base.h>

#include <jansson.h>
#include <stdatomic.h>

struct MHD_Connection;
struct MHD_Response;
struct daemon;
struct http;
struct request;
struct route;
struct shard;

enum {
    HTTP_BODY_MAX = 1024 * 1024,
    HTTP_PATH_MAX = 4096,
    HTTP_SEGMENTS_MAX = 12,
    HTTP_CONNECTIONS_MAX = 1000,
    HTTP_CONNECTIONS_PER_ADDRESS = 250, /* so that one host cannot take them all */
};

/*
 * What a request asks of one shard. `run` is called on the shard's thread and ends in
 * call_done(), at once or later.
 */
struct call {
    struct call *next;
    struct request *request;
    void (*run)(struct shard *shard, struct call *call);
};

struct answer {
    unsigned status; /* 0: none yet */
    const char *type;
    char allow[64]; /* "": no Allow header */
    char *location; /* NULL: none; owned */
    struct text_out body;
    struct MHD_Response *stream; /* instead of a body */
};

struct request {
    struct MHD_Connection *connection;
    struct daemon *daemon;
    struct http *http;
    const struct route *route;
    char token_id[AUTH_ID_TEXT]; /* of the token that it came with */
    const char *method;

    /* The path, split, then decoded. Bytes lie in `path`. */
    struct ln_bytes segments[HTTP_SEGMENTS_MAX];
    size_t segment_count;
    struct ln_bytes endpoint;
    struct ln_bytes *tail; /* what {path} stands for */
    size_t tail_count;
    uint8_t path[HTTP_PATH_MAX];

    struct text_out body;
    /* NULL: a body is kept in `body`. Or: how much was taken of a piece; the rest comes again. */
    size_t (*take)(struct request *request, struct ln_bytes piece);
    json_t *json; /* the body, once a handler asked for it */
    bool secret;  /* the body has one: nothing of it stays in memory */

    enum problem_kind problem;
    struct answer answer;

    /* What the handler keeps until `finish`; freed with free_state(). */
    void *state;
    void (*free_state)(void *state);
    void (*finish)(struct request *request);
    struct call calls[SHARDS_MAX];
    atomic_size_t calls_left;
    bool asked;
    bool finished;
};

/* ---- For handlers ---- */

/*
 * The body as JSON object; NULL: it is none, and the problem is answered. `optional`: no body
 * gives an empty object. Only the members named (ending with NULL) are allowed.
 */
json_t *request_json(struct request *request, bool optional, const char *const *members);
/*
 * A parameter of the query, decoded into `out`. False: not there, or, with a problem set, not
 * valid.
 */
bool request_query(struct request *request, const char *name, char *out, size_t size);
/* A number of the query; `*out` stays where it is not there. False: a problem is set. */
bool request_query_number(struct request *request, const char *name, uint64_t least,
                          uint64_t most, uint64_t *out);
/* The value of a header; NULL: it is not there. */
const char *request_header(const struct request *request, const char *name);
/* Any thread: whether the caller has closed its connection, which nobody polls while it waits. */
bool connection_is_abandoned(struct MHD_Connection *connection);
/* Whether the query has but these parameters; else a problem. */
bool request_query_only(struct request *request, const char *const *names);

/*
 * Answers with problem 405's Allow: the methods of the request's path but the one that was
 * refused.
 */
void respond_allow(struct request *request);

/* An answer of JSON: write it to request->answer.body. */
struct text_out *respond_json(struct request *request, unsigned status);
/* An answer of bytes as they are, which are copied. */
void respond_octets(struct request *request, struct ln_bytes bytes);
/* 204 */
void respond_empty(struct request *request);

/*
 * Memory that lives as long as the request; one piece only. NULL, with the problem set, if
 * there is none.
 */
void *request_state(struct request *request, size_t size, void (*free_state)(void *state));

/*
 * Asks the shard that has the endpoint, or all. `finish` is called when they have done their
 * part.
 */
void ask_shard(struct request *request, uint8_t shard,
               void (*run)(struct shard *, struct call *), void (*finish)(struct request *));
void ask_all(struct request *request, void (*run)(struct shard *, struct call *),
             void (*finish)(struct request *));
/*
 * Waits for one thing, the store for instance, that ends in call_done(&request->calls[0]). Said
 * before it is begun.
 */
void request_wait(struct request *request, void (*finish)(struct request *));
/* Any thread: this call is done. Afterwards neither it nor the request may be touched. */
void call_done(struct call *call);

/* ---- The server ---- */

/* NULL: `errno` says why. */
struct http *http_start(struct daemon *daemon, const struct ln_address *address);
/* Where it listens. */
const struct ln_address *http_address(const struct http *http);
/* Each second, of any thread: cuts off connections that are too slow. NULL is fine. */
void http_tick(struct http *http, ln_time now);
/* How many that were. */
uint64_t http_slow(struct http *http);
/*
 * Waits up to `ms` until the requests under way have been answered. New ones get 503 once the
 * daemon is stopping.
 */
void http_drain(struct http *http, int64_t ms);
/* NULL is fine. */
void http_stop(struct http *http);

enum { HTTP_STATUS_CLASSES = 6 };
/* Requests answered, by class of status: [2] is 2xx. */
uint64_t http_requests(const struct http *http, unsigned status_class);

#endif
