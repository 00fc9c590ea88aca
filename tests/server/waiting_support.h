/* What the tests of queue, queue mode and observations share. */
#ifndef LN_SERVER_TEST_WAITING_SUPPORT_H
#define LN_SERVER_TEST_WAITING_SUPPORT_H

#include "support.h"

/* Registers "ENDPOINT" as that device, in queue mode: "b=U&Q". */
struct place given_a_device_in_queue_mode(unsigned number, const char *endpoint);
/* The awake time of that device is over, and told. */
void given_it_sleeps(void);

extern const struct ln_server_terms waits;   /* for ever */
extern const struct ln_server_terms durable; /* the same, kept */

/* On /3/0 or /3/0/4 or the like, by kind; `tag` tells it in the payload of what has one. */
ln_err operate(const char *endpoint, enum ln_operation_kind kind,
               const struct ln_server_terms *terms, uint64_t tag, uint64_t *id);
/* The same; it must be taken. Returns its id. */
uint64_t given_an_operation(const char *endpoint, enum ln_operation_kind kind,
                            const struct ln_server_terms *terms, uint64_t tag);
/* The device answers the request with that code, piggybacked. */
void it_answers(unsigned number, const struct sent *request, uint8_t code, const char *payload);
/* All copies are sent, and nothing comes. */
void nothing_comes(void);

/* A response or notification with Observe. `sequence` below 0: without. */
struct datagram notification(enum ln_coap_type type, uint16_t id, uint8_t code,
                             const struct ln_coap_token *token, int sequence,
                             const char *payload);
bool has_observe(const struct sent *sent, uint32_t *value);

int observe_tests(void);
int queue_tests(void);
int queue_mode_tests(void);

#endif
