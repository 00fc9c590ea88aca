/* The device of the images: its objects, and how much memory it gives to datagrams. */
#ifndef DEVICE_H
#define DEVICE_H

#include <linnet/client.h>

enum { DEVICE_DATAGRAM = 1152, DEVICE_SCRATCH = 64 };

/* What is in objects 0, 1 and 3, and in one of its own: switches that a server creates and deletes. */
extern struct ln_instances device_securities, device_accounts, device_switches;
extern struct ln_device device;
extern const struct ln_object switch_object;
/* Sets the first values. */
void device_init(void);

/* Each image has a configuration of its own, which says what it links. */
extern const struct ln_client_config device_config;

#endif
