/* One device of the simulation: the client engine, its objects, and what can happen to it. */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include <linnet/client.h>

struct ln_dtls_client;
struct world;

enum {
    SIM_SENSORS = 4,
    SIM_OBJECTS = 6,
    SIM_DATAGRAM = 384,
    SIM_LARGEST_DATAGRAM = 1152,
    SIM_RECENT_IDS = LN_COAP_HISTORY,
    SIM_OBSERVATIONS = 4,
    SIM_PROBE_OBJECT = 33000, /* 0: runs (R), 1: run (E), 2: level (RW) */
    SIM_SENSOR_OBJECT = 3303, /* 5700: value (R) */
};

/* Counts what servers make it do. Its operations carry their tag as argument or value. */
struct probe {
    struct device *device;
    int32_t runs;
    int32_t level;
};

struct sensor {
    float celsius;
};

struct device {
    struct world *world;
    uint32_t index;
    char endpoint[24];
    struct ln_address
        address; /* as the server sees it: changes when a NAT on the way forgets */
    uint16_t rebindings;
    bool is_powered;
    bool is_stopping; /* De-registers, and is then switched off */
    bool has_network; /* datagrams come and go */
    bool wants_link;  /* asked for one while there was no network */
    uint32_t boots;
    ln_time armed; /* when its next appointment is */

    struct ln_dtls_client *dtls; /* of secure.c; NULL: without security */
    struct ln_client client;
    struct ln_client_server slot;
    struct ln_client_config config;
    struct ln_object_entry objects[SIM_OBJECTS]; /* the last one is for bodies.c */
    struct ln_security security;
    struct ln_instances securities;
    struct ln_server_account account;
    struct ln_instances accounts;
    struct ln_device device;
    struct sensor sensors[SIM_SENSORS];
    uint16_t sensor_ids[SIM_SENSORS];
    struct ln_instances sensor_store;
    struct probe probe;
    uint8_t memory[LN_CLIENT_MEMORY(1, SIM_DATAGRAM, 128)];
    struct ln_client_blocks blocks; /* used if device_use_blocks() says so */
    struct ln_client_transfer transfer;
    uint8_t body[SIM_DATAGRAM];
    struct ln_client_reporting reporting; /* used if device_use_reporting() says so */
    struct ln_client_reporting_state reporting_state;
    struct ln_client_notifier notifier;
    struct ln_client_observation observations[SIM_OBSERVATIONS];
    struct ln_client_attribute_set attributes[SIM_OBSERVATIONS];

    /* Message ids of requests that arrived: how far back de-duplication must reach. One that was
     * forgotten and comes again counts again, as it takes a place again. */
    uint16_t recent[SIM_RECENT_IDS];
    uint32_t distinct;
    uint16_t last_request; /* the id of the request that arrived last, be it a copy */

    /* What the server's events said, to hold the next one against. */
    bool is_registered;
    ln_time expires;
    uint64_t change; /* the last durable one, with a store */
};

void device_init(struct device *device, struct world *world, uint32_t index, uint32_t lifetime,
                 enum ln_version version);
/* Before it starts: it moves in blocks what is longer than this; 0: than a datagram. */
void device_use_blocks(struct device *device, uint16_t block_size);
/* Before it starts: it can be observed. */
void device_use_reporting(struct device *device);
void device_start(struct device *device);
/* De-registers, then is off. */
void device_stop(struct device *device);
/* Off at once, as when the battery falls out. */
void device_cut(struct device *device);
void device_network(struct device *device, bool has_network);
/* From here on its datagrams come from another address, and those to the old one are lost. */
void device_rebind(struct device *device);
void device_recv(struct device *device, struct ln_bytes datagram);
/* A message, out of its session where there is one. */
void device_hear(struct device *device, struct ln_bytes message);
/* Sends what is to be sent, reads events, and makes the next appointment. */
/* One in queue mode wakes up, or stays awake, and says so. */
void device_wake(struct device *device);
void device_pump(struct device *device);
bool device_sensor_add(struct device *device, uint16_t id);
bool device_sensor_remove(struct device *device, uint16_t id);

#endif
