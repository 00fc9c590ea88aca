/* The bootstrap of linnet-device: second copies of what a bootstrap server may write, and its events. */
#ifndef DEVICE_BOOTSTRAP_H
#define DEVICE_BOOTSTRAP_H

#include <linnet/client_bootstrap.h>

#include "options.h"
#include "sensors.h"

/* The keys and certificates of an account in base64 go through the scratch memory. */
enum { SCRATCH_SIZE = 24 * 1024, DATAGRAM_SIZE = 1280, BODY_SIZE = 32 * 1024 };
enum { SECURITIES_MAX = ACCOUNTS_MAX + 1, LINKS_MAX = ACCOUNTS_MAX + 1 };
enum { OBJECTS_MAX = 9 + SENSORS_MAX };

struct device;

struct bootstrapping {
    struct ln_client_bootstrap machine;
    struct ln_client_bootstrap_config config;
    struct ln_client_bootstrap_object objects[4];
    struct ln_object_entry views[OBJECTS_MAX];
    struct ln_security securities[SECURITIES_MAX + 1];
    uint16_t security_ids[SECURITIES_MAX + 1];
    struct ln_instances security_store;
    struct ln_server_account accounts[ACCOUNTS_MAX + 1];
    uint16_t account_ids[ACCOUNTS_MAX + 1];
    struct ln_instances account_store;
    struct ln_access_control access_controls[ACCESS_CONTROLS_MAX + 1];
    uint16_t access_ids[ACCESS_CONTROLS_MAX + 1];
    struct ln_instances access_store;
    struct ln_device device;
    struct ln_client_blocks blocks;
    struct ln_client_transfer transfer;
    uint8_t body[BODY_SIZE];
    uint8_t memory[LN_CLIENT_MEMORY(1, DATAGRAM_SIZE, SCRATCH_SIZE)];
    unsigned generation; /* of the accounts: a session is of one */
};

/* The client must be initialized. False: said on stderr why. */
bool bootstrapping_init(struct device *device);
/* Acts on an event of the bootstrap; false: it is none. */
bool bootstrapping_act(struct device *device, const struct ln_client_event *event);
/* The account on the command line that these keys are of; NULL: they came by bootstrap. */
const struct account *bootstrapping_account(const struct device *device,
                                            const struct ln_security *security);

#endif
