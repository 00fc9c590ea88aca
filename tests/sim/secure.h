/* DTLS at both ends of the simulated network, where a scenario asks for it. */
#ifndef SIM_SECURE_H
#define SIM_SECURE_H

#include <linnet/dtls.h>
#include <linnet/server.h>

struct device;
struct world;
struct sim_secure;

/* Before any device starts: all of them speak DTLS, each with its own key. */
void secure_use(struct world *world, bool no_connection_id);
void secure_free(struct world *world);

/* The server's end. */
void secure_server_recv(struct world *world, const struct ln_address *from,
                        struct ln_bytes datagram);
void secure_server_write(struct world *world, const struct ln_peer *to, struct ln_bytes bytes);
/* Sends what the sessions have to send. */
void secure_server_turn(struct world *world);
ln_time secure_server_deadline(const struct world *world);
const struct ln_dtls_stats *secure_server_stats(const struct world *world);

/* A device's end. */
void secure_device_open(struct device *device);
void secure_device_close(struct device *device);
void secure_device_recv(struct device *device, struct ln_bytes datagram);
void secure_device_write(struct device *device, struct ln_bytes bytes);
/* Sends, and tells the client what happened to the session. True: something did. */
bool secure_device_turn(struct device *device);
ln_time secure_device_deadline(const struct device *device);

#endif
