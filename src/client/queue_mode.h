/* Queue mode: what the optional part does for the rest of the client. */
#ifndef LN_CLIENT_QUEUE_MODE_H
#define LN_CLIENT_QUEUE_MODE_H

#include <linnet/client.h>

/* queue_mode.c is linked through this table only. */
struct ln_client_queue_mode {
    /* Nothing is to be sent now: perhaps it is time to sleep. */
    void (*turn)(struct ln_client *client, struct ln_client_server *server, ln_time now);
    ln_time (*deadline)(const struct ln_client *client, const struct ln_client_server *server);
};

#endif
