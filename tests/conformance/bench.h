/*
 * A client and a server, or two, on one bench: both engines, a wire between them that loses nothing, and
 * one clock that only the test moves.
 *
 * All that goes over the wire and all that the two tell their apps is written down as text, a
 * line each, and a test holds these lines against what they should be:
 *
 *     wire    server CON GET /3/0/0 accept=0
 *             client ACK 2.05 format=0 Open Mobile Alliance
 *     server  result answered 2.05
 *     client  executed /3/0/4
 *     values  /3/0/0 Open Mobile Alliance     (what the server decoded of the last answer or
 *                                             notification)
 *
 * Payloads of text formats are written as they are, others in hex. Of a location only "*" is
 * written.
 */
#ifndef LN_CONFORMANCE_BENCH_H
#define LN_CONFORMANCE_BENCH_H

#include "ln_test.h"

#include "conformance/models.h"

#include <linnet/client.h>
#include <linnet/server.h>

enum {
    BENCH_TEXT = 8192,
    BENCH_DATAGRAM = 1152,
    BENCH_SCRATCH = 512,
    BENCH_OBJECTS = 10,
    BENCH_SERVERS = 2,
    BENCH_CONTROLS = 3,
    LIFETIME = 86400,
};

struct bench {
    ln_time now;
    bool wire_is_cut;

    struct ln_server *server;                 /* that asks: one of the next */
    struct ln_server *servers[BENCH_SERVERS]; /* by link; the second may be NULL */
    struct ln_client client;
    struct ln_client_config config;
    struct ln_client_server account_states[BENCH_SERVERS];
    uint8_t memory[LN_CLIENT_MEMORY(BENCH_SERVERS, BENCH_DATAGRAM, BENCH_SCRATCH)];

    struct ln_security security[BENCH_SERVERS];
    struct ln_instances securities;
    struct ln_server_account account[BENCH_SERVERS];
    struct ln_instances accounts;
    struct ln_access_control controls[BENCH_CONTROLS];
    uint16_t control_ids[BENCH_CONTROLS];
    struct ln_instances control_store;
    struct ln_device device;
    struct models models;
    struct ln_object_entry objects[BENCH_OBJECTS];

    char wire[BENCH_TEXT];
    char client_says[BENCH_TEXT];
    char server_says[BENCH_TEXT];
    char values[BENCH_TEXT];

    /* The answer to the last operation. */
    uint8_t code;
    uint16_t format;
    uint8_t payload[BENCH_TEXT];
    size_t payload_len;
};
extern struct bench bench;

/* Both versions that the cases of the 1.0 document are run in: the 1.1 document has them too. */
#define EACH_VERSION(v)                                                                        \
    for (enum ln_version v = LN_VERSION_1_0; v <= LN_VERSION_1_1; v = (enum ln_version)(v + 1))

/* ---- The configurations of the ETS; nothing is started ---- */

void given_c1(enum ln_version version);
/* C.1 and the Server object's periods and disable timeout. */
void given_c3(enum ln_version version);
/* C.3 and two power sources. */
void given_c4(enum ln_version version);
/* And current time, UTC offset and timezone, for C.6. */
void given_a_clock(void);
/* It can be observed, and takes attributes. */
void given_it_reports(void);
/*
 * A second server, of short id 2, with an account of its own, and object 2 as in C.14: each owns its
 * account. But both may do all with /3/0, where C.14 has the second only.
 */
void given_a_second_server(void);
/* Which server asks from now on: 0 or 1. On the wire they are "server" and "second". */
void asks(size_t server);
/* Lists one more object, in ascending order of ids. */
void given_object(const struct ln_object *object, void *store);
/* Starts the client, lets it register, and forgets what was written down of it. */
void given_it_is_registered(void);

/* ---- What happens ---- */

void the_client_starts(void);
/* The clock moves on by that, and what is due then happens. */
void time_passes(ln_time ms);
/* What the app of a device does when it is told to reboot. */
void the_device_reboots(void);
/* Starts the texts anew. */
void forget(void);

/* The server asks; the answer is in `bench`, its values too. */
void operate(const struct ln_operation *operation);
void read_as(const char *path, uint16_t accept);
void discover(const char *path);
void write_at(const char *path, uint16_t format, struct ln_bytes payload);
void write_text(const char *path, const char *text);
void update_at(const char *path, uint16_t format, struct ln_bytes payload);
void execute(const char *path);
void create_at(const char *path, uint16_t format, struct ln_bytes payload);
void delete_at(const char *path);

/* "/3/0", "pmin=1&pmax=60" */
void write_attributes(const char *path, const char *attributes);

/* The server declares that it observes, in that format or text; or no longer. */
void observe_as(const char *path, uint16_t format, const char *attributes);
void observe(const char *path, const char *attributes);
void observe_no_longer(const char *path);

/* What the server makes of records in that format; good until the next call. */
struct ln_bytes encoded(uint16_t format, const char *base, const struct ln_record *records,
                        size_t count);

/* ---- What is to be seen ---- */

struct ln_registration_view registration(void);

/* The code of the answer: CHECK_CODE("2.05"). */
#define CHECK_CODE(text)        assert_string_equal(bench_code(), text)
#define CHECK_WIRE(text)        assert_string_equal(bench.wire, text)
#define CHECK_CLIENT_SAYS(text) assert_string_equal(bench.client_says, text)
#define CHECK_SERVER_SAYS(text) assert_string_equal(bench.server_says, text)
#define CHECK_VALUES(text)      assert_string_equal(bench.values, text)
const char *bench_code(void);

/* For secure.c. */
void bench_client_recv(ln_link link, struct ln_bytes datagram);
void bench_link_up(ln_link link);
void bench_link_refused(ln_link link);

/* For cmocka: what a test made is freed after it. */
int bench_clear(void **state);

#define CONFORMANCE_TEST(name) cmocka_unit_test_teardown(name, bench_clear)

/* One for each x_test.c. */
int registration_tests(void);
int reading_tests(void);
int writing_tests(void);
int device_tests(void);
int objects_tests(void);
int faults_tests(void);
int firmware_tests(void);
int observing_tests(void);
int reporting_tests(void);
int two_servers_tests(void);
int secure_tests(void);
int bootstrap_tests(void);

#endif
