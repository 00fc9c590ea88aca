/* One server account's registration: who we wait for, and what to do next. */
#ifndef LN_CLIENT_REGISTRATION_H
#define LN_CLIENT_REGISTRATION_H

#include <linnet/client.h>

enum ln_registration_event {
    LN_ON_START,
    LN_ON_LINK_UP,
    LN_ON_LINK_BACK, /* up, and the server still knows us */
    LN_ON_LINK_DOWN,
    LN_ON_LINK_REFUSED, /* by a security alert */
    LN_ON_ACCEPTED,
    LN_ON_DENIED,
    LN_ON_VERSION, /* not this version of the enabler, but there is a lower one */
    LN_ON_LOST,
    LN_ON_TIME,
    LN_ON_CHANGE, /* there is something to tell the server */
    LN_ON_DISABLE,
    LN_ON_SLEEP,
    LN_ON_STOP,
    LN_REGISTRATION_EVENTS,
};

/* Takes an event, and does what follows from it. */
void ln_client__step(struct ln_client *client, struct ln_client_server *server, ln_time now,
                     enum ln_registration_event event);

enum ln_registration_action {
    LN_DO_NOTHING,
    LN_DO_OPEN,
    LN_DO_CLOSE,
    LN_DO_REGISTER,
    LN_DO_UPDATE,
    LN_DO_DEREGISTER,
};

enum { LN_CLIENT_NO_NEWS = 255 };

struct ln_registration_transition {
    uint8_t from : 4; /* enum ln_registration_state */
    uint8_t on : 4;
    uint8_t to : 4;
    uint8_t action : 4;
    uint8_t news; /* enum ln_client_event_kind to tell the app, or LN_CLIENT_NO_NEWS */
};

/* What decides how long the states that wait for time last. */
struct ln_registration_waits {
    int64_t refresh; /* ms from an answer to the Update that keeps the registration; LN_NEVER */
    int64_t silence; /* ms, of a disabled server */
    const struct ln_random *random;
};

/* Takes an event. NULL if it changes nothing: it is late or repeated, or time is not up. */
const struct ln_registration_transition *
ln_client__registration_step(struct ln_client_server *server, ln_time now,
                             enum ln_registration_event event,
                             const struct ln_registration_waits *waits);

/* When to update a registration of `lifetime` seconds, in ms after the last answer. */
int64_t ln_client__registration_refresh(uint32_t lifetime, uint32_t transmit_wait);

#endif
