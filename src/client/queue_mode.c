/* Queue mode: when to close the link and sleep. spec: CORE-1.1.1 §6.5 */

#include "client/queue_mode.h"

#include "client/client.h"
#include "client/registration.h"
#include "client/reporting.h"

/* Whether a notification waits for an ACK. */
static bool notifies(const struct ln_client *client, const struct ln_client_server *server)
{
    return client->config->reporting != NULL &&
           ln_client__notifier(client, server)->exchange.state != LN_COAP_IDLE;
}

/* LN_NEVER: something is still under way. */
static ln_time bedtime(const struct ln_client *client, const struct ln_client_server *server)
{
    uint32_t awake = client->config->awake;

    if (server->state != LN_REGISTRATION_REGISTERED || notifies(client, server)) {
        return LN_NEVER;
    }
    if (awake == 0) {
        awake = ln_coap_max_transmit_wait(ln_client__coap(client));
    }
    return ln_time_after(server->heard, awake);
}

static void turn(struct ln_client *client, struct ln_client_server *server, ln_time now)
{
    if (server->state == LN_REGISTRATION_REGISTERED) {
        server->keeps = false; /* it is back */
    }
    if (bedtime(client, server) <= now) {
        ln_client__step(client, server, now, LN_ON_SLEEP);
        server->keeps = true;
    }
}

const struct ln_client_queue_mode ln_client_queue_mode = {.turn = turn, .deadline = bedtime};
