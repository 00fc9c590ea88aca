/* Datagrams of one socket, received or sent at once. */
#ifndef LINNETD_BATCH_H
#define LINNETD_BATCH_H

#include <linnet/net.h>

struct batch {
    struct ln_packet packets[LN_UDP_BATCH];
    size_t count;
    uint8_t bytes[LN_UDP_BATCH][LN_UDP_PACKET_MAX];
};

/* NULL: no memory. Give it back by free(). */
struct batch *batch_new(void);

#endif
