/* A request under way: what serving it in one piece and in blocks have in common. */
#ifndef LN_CLIENT_REQUESTS_H
#define LN_CLIENT_REQUESTS_H

#include "client/client.h"

enum { LN_CLIENT_AROUND = 48 }; /* bytes of header, token and options around a block, at most */

/*
 * A request, and where its path leads. What is looked at most stands first: near members take
 * shorter instructions on a Cortex-M.
 */
struct ln_client__request {
    struct ln_client *client;
    struct ln_client_server *server;
    struct ln_operation operation;
    const struct ln_object_entry *entry;
    void *instance;                /* from depth 2 on, and of a Create */
    const struct ln_resource *row; /* from depth 3 on */
    uint16_t instance_id;
    bool observes;               /* the answer has an Observe option */
    uint32_t sequence;           /* that says so */
    struct ln_coap_block block1; /* the option of the answer */
    const struct ln_coap_message *message;
    ln_time now;
    struct ln_coap_options options;
};

static inline bool ln_client__changes(const struct ln_client__request *r)
{
    return r->operation.kind != LN_OPERATION_READ && r->operation.kind != LN_OPERATION_DISCOVER;
}

static inline enum ln_version ln_client__version(const struct ln_client__request *r)
{
    return ln_client__version_with(r->server);
}

/* The exponent of the largest block that we send or ask for. */
static inline uint8_t ln_client__largest_block(const struct ln_client *client)
{
    size_t room = ln_client__datagram_size(client) - LN_CLIENT_AROUND;
    size_t wish = client->config->block_size;

    return ln_coap_block_fit(wish > 0 && wish < room ? wish : room);
}

typedef void ln_client__serve_fn(struct ln_client *client, struct ln_client_server *server,
                                 ln_time now, const struct ln_coap_message *message);

/* A row of config->operations. All that serves requests is linked through such rows only. */
struct ln_client_operation {
    uint16_t kinds; /* LN_KIND() of enum ln_operation_kind, or several */
    ln_err (*perform)(struct ln_client__request *r);
    ln_client__serve_fn *serve; /* ln_client__serve, the same in each */
};
#define LN_KIND(name) (1U << LN_OPERATION_##name)

/* Carries out a request of a registered server and leaves the answer in the server. */
ln_client__serve_fn ln_client__serve;

/* The answer is written into the server. */
struct ln_coap_builder ln_client__answer_begin(const struct ln_client__request *r,
                                               uint8_t code);
void ln_client__answer_end(const struct ln_client__request *r, const struct ln_coap_builder *b);
/* One without a body. */
void ln_client__answer(const struct ln_client__request *r, uint8_t code);
void ln_client__refuse(const struct ln_client__request *r, ln_err err);

/* RFC 7959 §2.3: the answer says which block it is for. */
void ln_client__answer_block1(const struct ln_client__request *r, struct ln_coap_builder *b);

/* Finds what the path leads to. */
LN_MUST_USE ln_err ln_client__find_target(struct ln_client__request *r);
/* Whether the resource instance is there, where the path leads to one. */
bool ln_client__has_instance(const struct ln_client__request *r);
/* Whether the answer may be in the format that the server asks for, if it asks for any. */
bool ln_client__is_acceptable(const struct ln_client__request *r);
/* Server accounts come and go by bootstrap only: half of one is in object 0. */
bool ln_client__is_fixed(const struct ln_client__request *r);

/* Carries the operation out and answers it; an error is not answered yet. */
LN_MUST_USE ln_err ln_client__perform(struct ln_client__request *r);

/* ---- answer_body.c ---- */

typedef ln_err ln_client__body_fn(struct ln_client__request *r, struct ln_writer *w);
/* Answers 2.05 with what `write` writes, or the block of it that was asked for. */
LN_MUST_USE ln_err ln_client__answer_body(struct ln_client__request *r, uint16_t format,
                                          ln_client__body_fn *write);

/* ---- operations/read.c ---- */

/* Answers a Read or an Observe with what `write` writes in the format that was asked for. */
LN_MUST_USE ln_err ln_client__read(struct ln_client__request *r, ln_client__body_fn *write);

/* ---- store.c ---- */

/*
 * Writes the values of the request's payload to its instance: first checked whole, then stored.
 * With LN_OPERATION_WRITE they replace what is at the path. In a new instance
 * (LN_OPERATION_CREATE) values that cannot be written are passed over, and mandatory ones must be
 * there.
 */
LN_MUST_USE ln_err ln_client__store(struct ln_client__request *r);
/* Begins to read the payload; false: it is in no format that we have. */
LN_MUST_USE bool ln_client__decoder(struct ln_client__request *r, struct ln_types *types,
                                    struct ln_decoder *out);

#endif
