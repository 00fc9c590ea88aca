/* Blocks as devices send and answer them. */
#ifndef LN_SERVER_TEST_BLOCKS_SUPPORT_H
#define LN_SERVER_TEST_BLOCKS_SUPPORT_H

#include "support.h"

/* An answer to a block that was sent or asked for; what is left out is not in it. */
struct block_answer {
    uint8_t code;
    struct ln_coap_block block1;
    struct ln_coap_block block2;
    const char *etag;
    uint32_t size1;
    uint32_t size2;
    struct ln_bytes payload;
};
struct datagram block_answer(const struct sent *asked, const struct block_answer *what);

/* One block of the object list of a Register or Update. */
struct list_block {
    enum ln_coap_type type; /* 0 is a CON */
    uint16_t id;
    const char *request; /* "POST /rd?ep=a" */
    struct ln_coap_block block;
    uint32_t size1;
    struct ln_bytes payload;
};
struct datagram list_block(const struct list_block *what);

struct ln_coap_block block_of(uint32_t number, bool more, uint8_t exponent);
struct ln_coap_options options_of(const struct sent *sent);
void then_block(struct ln_coap_block is, uint32_t number, bool more, uint8_t exponent);

/* The other copies of that message leave, and the time for an answer passes. */
void when_no_copy_is_answered(uint16_t id);

int list_blocks_tests(void);
int request_blocks_tests(void);
int answer_blocks_tests(void);
int stream_tests(void);
int source_tests(void);
int files_tests(void);

#endif
