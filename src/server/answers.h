/* Answers that wait for ln_server_send(), which makes bytes of them in the caller's buffer. */

#ifndef LN_SERVER_ANSWERS_H
#define LN_SERVER_ANSWERS_H

#include "recent.h"

#include <linnet/server.h>

struct answer {
    struct ln_peer to; /* proof is NULL */
    struct ln_coap_token token;
    uint8_t type; /* enum ln_coap_type */
    uint8_t code; /* LN_COAP_EMPTY: an empty ACK or Reset */
    uint16_t id;
    struct location location; /* of a 2.01 */
    struct ln_coap_block block1;
    uint32_t size1;              /* 0: none */
    bool is_file;                /* its block is read when it leaves */
    struct ln_coap_block block2; /* of the file */
    struct ln_server_file file;
    uint64_t depends_on; /* the change that must be kept before it leaves; 0: none */
};

/* A ring in memory of the server's allocator: it grows to the most that ever waited at once. */
struct answers {
    struct answer *ring;
    size_t size;
    size_t first;
    size_t count;
};

struct request;

/* Where there is no memory for it an answer is dropped and counted: the peer asks again. */
void ln_server__answer(struct ln_server *server, const struct answer *answer);
/*
 * Piggybacked on the ACK of a CON, NON for a NON; with the request's `block1`. `location` may be
 * NULL but for a 2.01.
 */
void ln_server__answer_request(struct ln_server *server, const struct request *request,
                               uint8_t code, const struct location *location,
                               uint16_t *message_sequence);
/* The same for an answer that says that this change was made: it waits until that is kept. */
void ln_server__answer_change(struct ln_server *server, const struct request *request,
                              uint8_t code, const struct location *location,
                              uint16_t *message_sequence, uint64_t change);
/* The answer to a request as it begins, but for its code. */
struct answer ln_server__answer_to(const struct ln_server *server,
                                   const struct request *request, uint16_t *message_sequence);
/* Writes an answer that is a file's block; 0: its bytes are not there any more. */
size_t ln_server__file_write(struct ln_server *server, const struct answer *answer,
                             void *buffer, size_t size);
/* An empty ACK or Reset. */
void ln_server__answer_empty(struct ln_server *server, const struct ln_peer *to,
                             enum ln_coap_type type, uint16_t id);
/* Writes the oldest; 0 if none waits. */
size_t ln_server__answers_write(struct ln_server *server, void *buffer, size_t size,
                                struct ln_server_out *out);

#endif
