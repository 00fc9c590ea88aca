/* A client that moves bodies in blocks, with an object to write to and one of many instances. */
#ifndef LN_CLIENT_BLOCKS_SUPPORT_H
#define LN_CLIENT_BLOCKS_SUPPORT_H

#include "support.h"

enum { BODY = 2048 };

/* Object 33000: resource 0 is a stream, resource 1 a value. It has instance 0 only. */
struct thing {
    uint8_t stream[4096];
    size_t got; /* bytes of it */
    unsigned begun;
    unsigned completed;
    unsigned broken_off;
    ln_err refusal;     /* of each chunk */
    ln_err end_refusal; /* of the whole */
    struct ln_buffer value;
};
extern struct thing thing;
extern struct ln_client_blocks blocks;
/* Object 33001 has instances 0 to many - 1. */
extern uint16_t many;

/* Objects 0, 1, 3, 33000 and 33001 beside the test object; registered. */
void given_a_client_with_blocks(void);
/* As f.config and `many` are now: begins anew, and registers with all accounts. */
void given_it_is_registered(void);

struct block_question {
    uint8_t code;
    const char *path;
    uint16_t format;
    struct ln_coap_block block1;
    struct ln_bytes payload;
};
/* As ask(). */
struct ln_coap_message ask_block(const struct block_question *q);

#endif
