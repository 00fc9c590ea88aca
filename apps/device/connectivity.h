/* Connectivity Monitoring (object 4) of this machine: its interfaces, addresses, routers, and Wi-Fi. */
#ifndef DEVICE_CONNECTIVITY_H
#define DEVICE_CONNECTIVITY_H

#include <linnet/objects.h>

/* The bearer of an interface whose folder is `folder`, as /sys/class/net/eth0. */
uint8_t connectivity_bearer(const char *folder);
/* The signal (dBm) and quality of a wireless interface, from the text of /proc/net/wireless. */
bool connectivity_wireless(const char *text, const char *interface, int32_t *signal,
                           int32_t *quality);
/* Reads all of it anew. */
void connectivity_read(struct ln_connectivity *connectivity);

#endif
