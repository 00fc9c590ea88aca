/* A device with a bootstrap account, and a bootstrap server played by hand. */
#ifndef LN_CLIENT_TEST_BOOTSTRAP_SUPPORT_H
#define LN_CLIENT_TEST_BOOTSTRAP_SUPPORT_H

#include "ln_test.h"

#include <linnet/client_bootstrap.h>

enum { BS_DATAGRAM = 512, BS_SCRATCH = 256, BS_ACCOUNTS = 3, BS_CONTROLS = 4, BS_KEY = 64 };
enum { BS_BODY = 1024, BS_BOOTSTRAP_INSTANCE = 1 };

struct bootstrap_fixture {
    struct ln_client client;
    struct ln_client_config client_config;
    struct ln_client_server servers[BS_ACCOUNTS];
    uint8_t memory[LN_CLIENT_MEMORY(BS_ACCOUNTS, BS_DATAGRAM, BS_SCRATCH)];
    struct ln_object_entry objects[6];
    struct ln_security security[BS_ACCOUNTS];
    struct ln_server_account account[BS_ACCOUNTS];
    struct ln_access_control control[BS_CONTROLS];
    uint16_t ids[3][BS_CONTROLS];
    struct ln_instances stores[3];
    struct ln_device device;
    struct ln_location location;

    struct ln_client_bootstrap machine;
    struct ln_client_bootstrap_config config;
    struct ln_client_bootstrap_object changeable[5];
    struct ln_object_entry views[6];
    struct ln_security security_copy[BS_ACCOUNTS + 1];
    struct ln_server_account account_copy[BS_ACCOUNTS + 1];
    struct ln_access_control control_copy[BS_CONTROLS + 1];
    uint16_t copy_ids[3][BS_CONTROLS + 1];
    struct ln_instances copies[3];
    struct ln_device device_copy;
    uint8_t keys[LN_CLIENT_BOOTSTRAP_KEYS(BS_ACCOUNTS)][BS_KEY];
    uint8_t peer_memory[LN_CLIENT_MEMORY(1, BS_DATAGRAM, BS_SCRATCH)];
    struct ln_client_blocks blocks;
    struct ln_client_transfer transfer;
    uint8_t body[BS_BODY];

    ln_time now;
    uint8_t noise;
    unsigned begun, committed, rolled_back; /* calls of the Location object */
    ln_err keeps;                           /* what keep() says */
    uint64_t before;                        /* the digest when the bootstrap began */
    unsigned kept;
    uint16_t next_id;
    uint8_t datagram[BS_DATAGRAM];
    ln_link link; /* of the last datagram sent */
    struct ln_client_event event;
};
extern struct bootstrap_fixture bs;

/* Not started; a bootstrap account without security in /0/1, and no server account. */
void given_a_device_to_bootstrap(enum ln_version version);
/* With a server account (short id 101) in /0/0 and /1/0 as well. */
void given_a_configured_device(enum ln_version version);
/* Started; registered with the one server (link 0) at /rd/5a, all events taken. */
void given_a_registered_device(enum ln_version version);
/* Started, and the bootstrap server has said yes. */
void given_a_bootstrap(enum ln_version version);
/* The same of a registered device, which its server sent there. */
void given_a_bootstrap_of_a_registered_device(void);
/* The device opens the link, asks, and is told yes. */
void bootstrap_begins(void);

bool device_sends(struct ln_coap_message *m);
bool device_tells(enum ln_client_event_kind kind);
void device_receives(ln_link link, struct ln_bytes datagram);
/* The link that the device asks for goes up. */
void bootstrap_link_goes_up(void);
void bootstrap_server_answers(const struct ln_coap_message *request, uint8_t code);
void server_on_link_answers(ln_link link, const struct ln_coap_message *request, uint8_t code,
                            const char *location);
/* Nothing comes for so long, and all timers in between go off. */
void time_passes(ln_time wait);
/* The bootstrap comes to nothing, for that reason and at that path; the device is as before. */
void then_it_failed(enum ln_client_bootstrap_reason reason, const char *path);
/* A request of the bootstrap server, or of that link's server; answers of code 0: there was none. */
struct ln_coap_message bootstrap_asks(uint8_t code, const char *path, uint16_t accept,
                                      uint16_t format, struct ln_bytes payload);
struct ln_coap_message asks_by(ln_link link, uint8_t code, const char *path, uint16_t accept,
                               uint16_t format, struct ln_bytes payload);
uint8_t bootstrap_deletes(const char *path);
uint8_t bootstrap_finishes(void);
/* Text of the answer to a Discover. */
const char *bootstrap_discovers(const char *path);
/* PUT of records as TLV. */
uint8_t bootstrap_writes(const char *path, const struct ln_record *records, size_t count);
/* PUT /0 and /1: a server without security in instance `id` of both. */
void bootstrap_writes_server(uint16_t id, uint16_t short_id);
struct ln_record record_of(uint16_t object, uint16_t instance, uint16_t resource,
                           struct ln_value value);

#endif
