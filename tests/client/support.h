/* A client with two accounts and a server played by hand, under a clock that only the test
 * moves. */
#ifndef LN_CLIENT_TEST_SUPPORT_H
#define LN_CLIENT_TEST_SUPPORT_H

#include "ln_test.h"

#include <linnet/client.h>

enum { DATAGRAM = 1152, SCRATCH = 256, ACCOUNTS = 2, TESTS = 3, LIFETIME = 300 };

struct fixture {
    struct ln_client client;
    struct ln_client_config config;
    struct ln_client_server servers[ACCOUNTS];
    uint8_t memory[LN_CLIENT_MEMORY(ACCOUNTS, DATAGRAM, SCRATCH)];
    uint8_t noise; /* what the source of randomness is full of */
    ln_time now;
    int64_t wall; /* the device's clock */

    struct ln_security security[ACCOUNTS];
    uint16_t security_ids[ACCOUNTS];
    struct ln_instances securities;
    struct ln_server_account account[ACCOUNTS];
    uint16_t account_ids[ACCOUNTS];
    struct ln_instances accounts;
    struct ln_device device;
    struct ln_test_values test[TESTS];
    uint16_t test_ids[TESTS];
    struct ln_instances tests;
    struct ln_object_entry objects[5];

    uint8_t datagram[DATAGRAM]; /* the last one that the client sent */
    size_t datagram_len;
    ln_link link; /* where it went, and where what the test sends comes from */
    uint16_t next_id;
    struct ln_client_event event; /* the last one taken */
};
extern struct fixture f;

/* Objects 0, 1, 3 and 3442 with one account (short id 101), not started. */
void given_a_client(enum ln_version version);
/* The same, registered at location /rd/5a, all events taken. */
void given_a_registered_client(enum ln_version version);

/* Takes what the client sends now; false if it sends nothing. */
bool client_sends(struct ln_coap_message *m);
/* Takes the next event; false if there is none or it is another. */
bool client_tells(enum ln_client_event_kind kind);
void no_more_events(void);
void client_receives(struct ln_bytes datagram);
/* The clock moves on, and the link goes up as the client asks. */
void after(ln_time wait);
void link_goes_up(void);

/* Text of the n-th option of that number; "" if there is none. Good until the next call. */
const char *option_of(const struct ln_coap_message *m, uint16_t number, unsigned n);
unsigned options_of(const struct ln_coap_message *m, uint16_t number);

/* The server answers the client's request, piggybacked. `location` "rd/5a" or NULL. */
void server_answers(const struct ln_coap_message *request, uint8_t code, const char *location);

/* What a server asks. Unset fields are "none", but for format and accept. */
struct question {
    uint8_t code;
    const char *path; /* "/3/0" */
    uint16_t accept;
    uint16_t format;
    struct ln_bytes payload;
    struct ln_coap_block block1;
    struct ln_coap_block block2;
    uint32_t size1;    /* 0: none */
    const char *query; /* one item; NULL: none */
};
#define NO_FORMAT .accept = LN_FORMAT_NONE, .format = LN_FORMAT_NONE
size_t write_question(const struct question *q, uint8_t *out, size_t size, uint16_t id);
/* Asks, and returns the answer; an answer of code 0 says that there was none. */
struct ln_coap_message ask(const struct question *q);

struct ln_coap_message read_path(const char *path, uint16_t accept);
struct ln_coap_message write_path(const char *path, uint16_t format, struct ln_bytes payload);
struct ln_coap_message write_text(const char *path, const char *text);
struct ln_coap_message post(const char *path, uint16_t format, struct ln_bytes payload);
struct ln_coap_message execute(const char *path, const char *arguments);

/* One for each x_test.c. */
int access_tests(void);
int attributes_tests(void);
int blocks_tests(void);
int bootstrap_bad_input_tests(void);
int bootstrap_tests(void);
int bootstrap_write_tests(void);
int codes_tests(void);
int create_tests(void);
int data_tests(void);
int dated_tests(void);
int download_tests(void);
int exchange_tests(void);
int execute_tests(void);
int firmware_tests(void);
int init_tests(void);
int list_blocks_tests(void);
int notify_tests(void);
int objects_tests(void);
int observe_tests(void);
int operations_tests(void);
int queue_mode_tests(void);
int read_tests(void);
int register_tests(void);
int registration_tests(void);
int sensor_tests(void);
int state_tests(void);
int statistics_tests(void);
int transfer_tests(void);
int write_tests(void);

#endif
