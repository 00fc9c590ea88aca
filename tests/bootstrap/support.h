/* An engine under a clock of the test, and a device made of datagrams. */
#ifndef BOOTSTRAP_SUPPORT_H
#define BOOTSTRAP_SUPPORT_H

#include "../ln_test.h"

#include <linnet/bootstrap.h>

extern struct ln_bootstrap *bootstrap;
extern ln_time now;
extern size_t memory_blocks;
extern size_t memory_left; /* allocations that succeed; SIZE_MAX: all */

/* A datagram of the engine, taken apart. */
struct sent {
    uint8_t bytes[LN_BOOTSTRAP_DATAGRAM_MAX];
    size_t len;
    struct ln_peer to;
    struct ln_coap_message m;
    struct ln_coap_options o;
    char path[32]; /* "/0/1" */
};

struct ln_bootstrap_config config_of_tests(void);
void given_a_bootstrap_server(void);
void given_a_bootstrap_server_of(const struct ln_bootstrap_config *config);
void then_all_is_given_back(void);
struct ln_peer device(unsigned number);

/* "POST /bs?ep=meter-1" with that message id; the token is the id. */
size_t write_request_text(uint8_t *buffer, size_t size, enum ln_coap_type type, uint16_t id,
                          const char *request);
void when_asked(const struct ln_peer *from, uint16_t id, const char *request);
/* The next datagram; false: none is to be sent now. */
bool next_sent(struct sent *out);
/* The next datagram is an answer of this code. */
void then_answered(uint8_t code);
/* The next datagram is this request: "PUT /0". */
void then_asks(struct sent *out, const char *request);
/* Piggybacked. */
void when_answered(const struct sent *request, uint8_t code, uint16_t format,
                   struct ln_bytes payload);
void when_done(const struct sent *request, uint8_t code);
struct ln_bootstrap_event then_told(enum ln_bootstrap_event_kind kind);
void then_nothing_is_told(void);
void then_ended(enum ln_bootstrap_end end, enum ln_bootstrap_reason reason);
/* A session of meter-1 from device(1), asked for and told of. */
uint64_t given_a_session(void);
void when_begun(uint64_t session, const struct ln_bootstrap_step *steps, size_t count);

extern const struct ln_bootstrap_step delete_all;
extern const struct ln_bootstrap_step finish;
extern const struct ln_bootstrap_step discover_all;
/* A sound configuration of one server, without security, short id 101. */
struct ln_bootstrap_server a_server(void);

int request_tests(void);
int steps_tests(void);
int blocks_tests(void);
int build_tests(void);
int bad_input_tests(void);
int loss_tests(void);

#endif
