/* What the server's tests share: an engine under a clock of the test, and devices made of
 * datagrams. */
#ifndef LN_SERVER_TEST_SUPPORT_H
#define LN_SERVER_TEST_SUPPORT_H

#include <linnet/server.h>

#include "ln_test.h"

/*
 * The engine of the running test, its clock, and what its allocator gave out and has not got
 * back.
 */
extern struct ln_server *server;
extern ln_time now;
extern size_t memory_blocks;
extern size_t memory_bytes;
extern size_t memory_calls;
/* So many allocations more succeed; SIZE_MAX: all. */
extern size_t memory_left;

/* A server as its config's defaults make it. Each test ends with then_all_is_given_back(). */
void given_a_server(void);
/* What a test wants to be different is set before given_a_server_of(). */
struct ln_server_config config_of_tests(void);
void given_a_server_of(const struct ln_server_config *config);
void then_all_is_given_back(void);

/* 10.0.0.1:5683 is device 1, 10.0.0.2:5683 device 2, and so on; all speak to 192.0.2.1:5683. */
struct ln_peer device(unsigned number);

/* A datagram, in a block of just its size, so that a read beyond it is seen. */
struct datagram {
    uint8_t bytes[LN_SERVER_DATAGRAM_MAX];
    size_t length;
};

/*
 * A request: "POST /rd?ep=a&lt=60", with `format` (LN_FORMAT_NONE: no Content-Format) and
 * payload. A segment or query item stands in the text as it is sent.
 */
struct datagram request(enum ln_coap_type type, uint16_t id, const char *what, uint16_t format,
                        const char *payload);
/* A response with that token: of type ACK it has the request's id. */
struct datagram response(enum ln_coap_type type, uint16_t id, uint8_t code,
                         const struct ln_coap_token *token, const char *payload);
struct datagram empty(enum ln_coap_type type, uint16_t id);

void arrives(const struct ln_peer *from, const struct datagram *datagram);
void bytes_arrive(const struct ln_peer *from, struct ln_bytes bytes);

/* A message that the engine sent. */
struct sent {
    struct datagram datagram;
    struct ln_coap_message message;
    struct ln_peer to;
};
/* The next that it sends now; false if it is silent. */
bool next_sent(struct sent *out);
/* Fails the test if nothing is sent. */
struct sent then_it_sends(void);
void then_it_is_silent(void);
/* That one answer and no more is sent: an ACK or NON with the code. */
struct sent then_it_answers(uint8_t code);

/* "rd/XXXXXXXXXXX": where the device was registered, out of the 2.01. NUL-terminated. */
struct place {
    char text[32];
};
struct place place_of(const struct sent *created);
/* Registers "ENDPOINT" with a lifetime of 300 s and takes the answer and the event. */
struct place given_a_registered_device(unsigned number, const char *endpoint);
/* "POST PLACE?QUERY". */
struct datagram update(uint16_t id, const struct place *place, const char *query);

/* The next event must be of that kind. */
struct ln_server_event then_event(enum ln_server_event_kind kind);
void then_no_event(void);
/* Reads and forgets all events. */
void events_are_read(void);

/* A Read of /3/0/0 for that device. Returns its id. */
uint64_t given_a_read(const char *endpoint, uint64_t tag);
/* The next event must be a result with that tag and outcome. */
struct ln_server_event then_result(uint64_t tag, enum ln_outcome outcome);

extern const char object_list[];

int answers_tests(void);
int bad_input_tests(void);
int events_tests(void);
int journal_tests(void);
int lifetime_tests(void);
int operations_tests(void);
int owner_tests(void);
int recent_tests(void);
int register_tests(void);
int repeats_tests(void);
int responses_tests(void);
int scale_tests(void);
int sessions_tests(void);
int update_tests(void);

#endif
