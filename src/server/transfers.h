/* Bodies of operations that do not fit into one message: sent and fetched block by block. */

#ifndef LN_SERVER_TRANSFERS_H
#define LN_SERVER_TRANSFERS_H

#include "events.h"

#include <linnet/server.h>

struct operation;

/*
 * First the request's body goes out, if it is one of several blocks; then the answer's comes in.
 * Each block is an exchange of its own, with a token of its own: an answer that comes late is none
 * to the next block.
 */
struct transfer {
    struct event_node asking; /* LN_SERVER_WANTS or LN_SERVER_PART */
    struct operation *operation;
    struct ln_coap_block_sender out;
    struct ln_coap_block_fetcher in;
    bool sends;              /* the last block of the request has not been answered */
    bool fetches;            /* `in` has begun */
    bool supplied;           /* by the app, as in struct ln_server_stream */
    ln_server_read_fn *read; /* NULL: by events */
    void *read_context;
    uint64_t read_id;
    bool takes;
    bool rewinds;
    bool waits;     /* for the app */
    bool is_queued; /* and the app has not read so yet */
    bool ends;      /* the bytes below are the last of the body */
    uint32_t start; /* in the body, of the bytes below */
    size_t length;
    size_t size;
    uint8_t *bytes; /* all of the body, or a block of a stream */
};

/* Whether a payload is to go out in blocks. */
bool ln_server__needs_blocks(const struct ln_server *server, struct ln_bytes payload);
/* For a payload that needs blocks, or a stream (else NULL). NULL: no memory. */
struct transfer *ln_server__transfer_new(struct ln_server *server, struct operation *operation,
                                         struct ln_bytes payload,
                                         const struct ln_server_stream *stream);
/* NULL is fine. */
void ln_server__transfer_free(struct ln_server *server, struct transfer *transfer);

/* For an answer of which the first block is here. NULL: no memory. */
struct transfer *ln_server__transfer_make(struct ln_server *server,
                                          struct operation *operation);
/* Whether the app has the body, not the engine. */
bool ln_server__is_stream(const struct transfer *transfer);
/* What is to be sent; no bytes where it is not here. */
struct ln_bytes ln_server__transfer_payload(const struct transfer *transfer);
/* From its first byte, with a device that may have lost what it had. False: it cannot. */
bool ln_server__transfer_rewind(const struct ln_server *server, struct operation *operation);

/* The turn of its operation has come. */
void ln_server__transfer_begin(struct ln_server *server, struct operation *operation);
/* Writes the request for the block that is due; the same each time until it is answered. */
size_t ln_server__transfer_write(const struct ln_server *server,
                                 const struct operation *operation, void *buffer, size_t size);
/* No answer to a block came. False: that was the last try. */
bool ln_server__transfer_again(struct ln_server *server, struct operation *operation);
/* How many bytes the app is asked for. */
uint32_t ln_server__transfer_wants(const struct transfer *transfer);
/* For the app to supply, or to continue. */
bool ln_server__transfer_waits(const struct operation *operation);
/*
 * Takes the answer to the block that is due. LN_ERR_NO_MEMORY: nothing has changed. `done` is set
 * where the operation is over, and `outcome` then says how.
 */
struct transfer_end {
    bool done;
    enum ln_outcome outcome;
};
LN_MUST_USE ln_err ln_server__transfer_answered(struct ln_server *server,
                                                struct operation *operation,
                                                const struct ln_coap_message *m,
                                                const struct ln_coap_options *options,
                                                struct transfer_end *end);
/* Goes on after an answer that did not end it. */
void ln_server__transfer_go_on(struct ln_server *server, struct operation *operation);

struct transfer *ln_server__transfer_of_asking(struct event_node *node);

#endif
