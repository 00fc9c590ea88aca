/* linnet-device as a whole: the client, its objects, its links, and the loop around them. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <linnet/client_bootstrap.h>
#include <linnet/net.h>

#include "access.h"
#include "bootstrap.h"
#include "connectivity.h"
#include "firmware.h"
#include "gps.h"
#include "keys.h"
#include "links.h"
#include "machine.h"
#include "options.h"
#include "sensors.h"
#include "state.h"

enum { TESTS_MAX = 8 };
enum { OBSERVATIONS_MAX = 256, ATTRIBUTES_MAX = 256, STORED_MAX = 256 };

/* The memory of what is observed. */
struct observing {
    struct ln_client_reporting config;
    struct ln_client_reporting_state state;
    struct ln_client_notifier notifiers[ACCOUNTS_MAX];
    struct ln_client_observation observations[OBSERVATIONS_MAX];
    struct ln_client_attribute_set attributes[ATTRIBUTES_MAX];
    struct ln_client_stored stored[STORED_MAX];
    uint8_t stored_memory[STORED_MAX][DATAGRAM_SIZE];
};

struct device {
    const struct options *options;
    struct ln_loop *loop;
    struct ln_client client;
    struct ln_client_config config;
    struct ln_client_server servers[ACCOUNTS_MAX];
    struct ln_client_blocks blocks;
    struct ln_client_transfer transfers[ACCOUNTS_MAX];
    uint8_t bodies[ACCOUNTS_MAX][BODY_SIZE];
    struct observing observing;
    struct bootstrapping bootstrapping;
    struct link links[LINKS_MAX]; /* the last is that of the bootstrap server */
    uint8_t memory[LN_CLIENT_MEMORY(ACCOUNTS_MAX, DATAGRAM_SIZE, SCRATCH_SIZE)];
    char name[256]; /* the endpoint's, where no option says it */
    struct ln_object_entry objects[OBJECTS_MAX];
    struct ln_security securities[SECURITIES_MAX];
    struct keys keys[2 * SECURITIES_MAX]; /* of each place, and as many to write */
    uint16_t security_ids[SECURITIES_MAX];
    struct ln_instances security_store;
    struct ln_server_account accounts[ACCOUNTS_MAX];
    uint16_t account_ids[ACCOUNTS_MAX];
    struct ln_instances account_store;
    struct ln_access_control access_controls[ACCESS_CONTROLS_MAX];
    uint16_t access_ids[ACCESS_CONTROLS_MAX];
    struct ln_instances access_store;
    struct ln_device device;
    struct machine machine;
    struct ln_connectivity connectivity;
    struct firmware firmware;
    struct ln_location location;
    struct gps gps;
    struct ln_statistics statistics;
    ln_time machine_due; /* to tell of what has changed */
    struct sensors sensors;
    struct ln_test_values tests[TESTS_MAX];
    uint16_t test_ids[TESTS_MAX];
    struct ln_instances test_store;
    struct state state;
    bool again;  /* start anew: a server asked for a reboot */
    bool resets; /* with nothing but what the command line says */
    bool ends;   /* by a signal */
};

/* Whether it is among the objects. */
bool device_has(const struct device *device, const struct ln_object *object);
struct link *device_link(struct device *device, ln_link number);
/* False: said on stderr why. */
bool device_init(struct device *device, const struct options *options, struct ln_loop *loop);
void device_fini(struct device *device);
/* Takes a datagram, sends what follows from it, and acts on events. */
void device_receive(struct device *device, ln_link link, struct ln_bytes datagram);
/* Measures if it is time, sends what is due and acts on events. */
void device_turn(struct device *device);
/* When the next turn is due. */
ln_time device_deadline(const struct device *device);
void device_log(const struct device *device, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* objects.c: fills the objects' structs. False: an option does not fit, said on stderr. */
bool objects_init(struct device *device);
/* What --set says stays so, whatever the machine says. */
void objects_keep_set(struct device *device);
extern const struct ln_format *const device_formats[];

#endif
