/* What a simulated device has more if it is bootstrapped: accounts to be written, and the machine. */
#ifndef LOAD_BOOTSTRAPPED_H
#define LOAD_BOOTSTRAPPED_H

#include "simulated.h"

#include <linnet/client_bootstrap.h>

/* A bootstrap account and a server's; while they are written there is one more of each. */
enum { BOOT_ACCOUNTS = 2, BOOT_KEY_SIZE = 128, BOOT_DATAGRAM = 512, BOOT_SCRATCH = 512 };

struct bootstrapped {
    struct ln_client_bootstrap machine;
    struct ln_client_bootstrap_config config;
    struct ln_client_bootstrap_object objects[2];
    struct ln_object_entry views[3];
    struct ln_security securities[BOOT_ACCOUNTS];
    struct ln_security security_copies[BOOT_ACCOUNTS + 1];
    struct ln_server_account accounts[BOOT_ACCOUNTS];
    struct ln_server_account account_copies[BOOT_ACCOUNTS + 1];
    uint16_t ids[4][BOOT_ACCOUNTS + 1];
    struct ln_instances stores[4]; /* securities, their copies, accounts, their copies */
    uint8_t keys[LN_CLIENT_BOOTSTRAP_KEYS(BOOT_ACCOUNTS)][BOOT_KEY_SIZE];
    uint8_t memory[LN_CLIENT_MEMORY(1, BOOT_DATAGRAM, BOOT_SCRATCH)];
};

/* Before the client is initialized: its objects 0 and 1 are these. */
void bootstrapped_place(struct simulated *device);
/* After that. False: a defect. */
bool bootstrapped_init(struct simulated *device);
/* Whether it has what it needs to register by now. */
bool bootstrapped_is_whole(const struct simulated *device);

#endif
