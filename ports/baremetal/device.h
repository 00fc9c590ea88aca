/* The device of the images: its objects, and how much memory it gives to datagrams. */
#ifndef DEVICE_H
#define DEVICE_H

#include <linnet/client.h>

enum { DEVICE_DATAGRAM = 1152, DEVICE_SCRATCH = 64, DEVICE_OBJECTS = 4 };

/* Objects 0, 1 and 3, and one of its own: switches that a server creates and deletes. */
extern const struct ln_object_entry device_objects[DEVICE_OBJECTS];
/* Sets their first values. */
void device_init(void);

/* Where the client is. Each image has a configuration of its own, which says what it links. */
extern struct ln_client_server device_servers[1];
extern uint8_t device_memory[LN_CLIENT_MEMORY(1, DEVICE_DATAGRAM, DEVICE_SCRATCH)];
extern const struct ln_client_config device_config;

#endif
