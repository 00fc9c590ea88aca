/* Datagrams of one socket, received or sent at once. */

#include "linnetd/batch.h"

#include <stdlib.h>

struct batch *batch_new(void)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    for (size_t i = 0; batch != NULL && i < LN_UDP_BATCH; i++) {
        batch->packets[i].bytes = batch->bytes[i];
        batch->packets[i].size = LN_UDP_PACKET_MAX;
    }
    return batch;
}
