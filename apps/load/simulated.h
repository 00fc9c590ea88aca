/* One simulated device: the client engine, with what it needs of its own and no more. */
#ifndef LOAD_SIMULATED_H
#define LOAD_SIMULATED_H

#include "options.h"

#include <linnet/client.h>

/* Longest: a Register with the longest endpoint name, or a Read of the Device object. */
enum { DATAGRAM_SIZE = 256, SCRATCH_SIZE = 64, ENDPOINT_MAX = PREFIX_MAX + 12 };

enum procedure {
    HANDSHAKE,
    BOOTSTRAP,
    REGISTER,
    UPDATE,
    DEREGISTER,
    PROCEDURES,
    NOTHING = PROCEDURES
};

struct bootstrapped;

struct simulated {
    struct ln_timer timer; /* first: the wheel gives it back */
    struct ln_client client;
    struct bootstrapped *bootstrapped; /* NULL: it has its account from the start; owned */
    struct ln_client_server server;
    struct ln_client_config config;
    struct ln_object_entry objects[3];
    struct ln_server_account account;
    struct ln_instances account_store;
    uint32_t began; /* microseconds, of what it is `doing` */
    uint8_t doing;  /* enum procedure */
    char endpoint[ENDPOINT_MAX];
    uint8_t memory[LN_CLIENT_MEMORY(1, DATAGRAM_SIZE, SCRATCH_SIZE)];
};

/* What the devices of one thread share: whatever a server writes there, all of them have. */
struct shared {
    struct ln_random random;
    struct ln_security security;
    uint16_t first_id;
    struct ln_instances securities;
    struct ln_device device;
    uint64_t dice; /* of `random`: quick, and no secret */
};

/* The endpoint name of a device. */
void simulated_name(const struct options *options, uint32_t number, char out[ENDPOINT_MAX]);
void shared_init(struct shared *shared);
/* False: the client does not start, which is a defect. */
bool simulated_init(struct simulated *device, const struct options *options, uint32_t number,
                    struct shared *shared);
/* Frees what it has of its own. */
void simulated_fini(struct simulated *device);

/* As those of the client, or of the machine around it where the device is bootstrapped. */
void simulated_start(struct simulated *device, ln_time now);
size_t simulated_send(struct simulated *device, ln_time now, void *out, size_t size);
void simulated_receive(struct simulated *device, ln_time now, struct ln_bytes datagram);
bool simulated_event(struct simulated *device, struct ln_client_event *event);
ln_time simulated_deadline(const struct simulated *device);
/* Whether the link that is wanted is the one that the worker has. */
bool simulated_wants(const struct simulated *device, ln_link link);
void simulated_link_up(struct simulated *device, ln_time now);
/* After a handshake. */
void simulated_link_up_anew(struct simulated *device, ln_time now);
void simulated_link_failed(struct simulated *device, ln_time now);

/* And no Update is under way. */
bool simulated_is_at_rest(const struct simulated *device);
/* So that it can leave. */
bool simulated_is_registered(const struct simulated *device);

#endif
