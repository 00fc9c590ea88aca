/* One real client with two servers played by hand, under a virtual clock; all that happens is
 * printed as JSON, a line for each event: the trace that judge.py reads. */
#ifndef NOTIFY_SUBJECT_H
#define NOTIFY_SUBJECT_H

#include "sim/dice.h"

#include <linnet/client.h>

enum {
    SERVERS = 2,
    METER_OBJECT = 33002,
    METERS = 3,
    PHASES = 2,
    OBSERVED_MAX = 10,
    ATTRIBUTES_MAX = 64, /* more than there are paths and servers */
    DATAGRAM = 1152,
};

enum meter_resource { LEVEL, COUNT, LABEL, OPEN, PHASE };

struct meter {
    double level;
    int32_t count;
    char label[16];
    bool open;
    LN_LIST_OF(int32_t, PHASES) phases;
};

/* What the servers' side remembers of an observation. */
struct observed {
    bool is_live;
    bool resets; /* its next notification is answered by a Reset */
    uint8_t server;
    uint16_t token;
    struct ln_path path;
    ln_time notified_at;
};

struct subject {
    ln_time now;
    struct dice dice;
    struct ln_client client;
    struct ln_client_config config;
    struct ln_client_server slots[SERVERS];
    struct ln_client_reporting reporting;
    struct ln_client_reporting_state reporting_state;
    struct ln_client_notifier notifiers[SERVERS];
    struct ln_client_observation observations[OBSERVED_MAX];
    struct ln_client_attribute_set attributes[ATTRIBUTES_MAX];
    uint8_t memory[LN_CLIENT_MEMORY(SERVERS, DATAGRAM, 512)];
    struct ln_security securities[SERVERS];
    struct ln_server_account accounts[SERVERS];
    uint16_t ids[SERVERS];
    struct ln_instances security_store, account_store;
    struct ln_device device;
    struct meter meters[METERS];
    uint16_t meter_ids[METERS];
    struct ln_instances meter_store;
    struct ln_object_entry objects[4];
    struct observed observed[OBSERVED_MAX];
    uint16_t next_id, next_token;
    unsigned notifications;
};

/* Registered with both servers, without meters. */
void subject_start(struct subject *s, uint64_t seed);
/* Everything that time makes due up to and including `until`. False: `enough` notifications came
 * before, and the time is that of the last. */
bool subject_run(struct subject *s, ln_time until, unsigned enough);
void subject_end(struct subject *s);

struct meter *subject_meter(struct subject *s, uint16_t id);
void subject_create(struct subject *s, uint16_t id);
void subject_delete(struct subject *s, uint16_t id);
/* Sets what `path` (depth 3, or 4 for a phase) names: `number` rounded where it is an integer. */
void subject_set(struct subject *s, struct ln_path path, double number);

/* What a server asks for; the answer is printed. */
void subject_write(struct subject *s, uint8_t server, struct ln_path path, double number);
void subject_remove(struct subject *s, uint8_t server, uint16_t id);
void subject_attributes(struct subject *s, uint8_t server, struct ln_path path,
                        const char *query);
void subject_discover(struct subject *s, uint8_t server, struct ln_path path);
/* /1/x/2 and /1/x/3, in seconds. */
void subject_defaults(struct subject *s, uint8_t server, uint32_t pmin, uint32_t pmax);
void subject_observe(struct subject *s, uint8_t server, struct ln_path path, uint16_t token);
void subject_cancel(struct subject *s, struct observed *o);

#endif
