/* One server account's registration: who we wait for, and what to do next. */

#include "client/registration.h"

enum {
    FIRST_LOST_WAIT = 2 * 1000,
    LONGEST_LOST_WAIT = 15 * 60 * 1000,
    FIRST_REFUSED_WAIT = 60 * 1000,
    LONGEST_REFUSED_WAIT = 24 * 60 * 60 * 1000, /* an operator may admit us yet */
};

#define ROW(from, on, to, action, news)                                                        \
    {                                                                                          \
        LN_REGISTRATION_##from, LN_ON_##on, LN_REGISTRATION_##to, LN_DO_##action,              \
            LN_CLIENT_##news                                                                   \
    }

/* Read with CORE-1.1.1 §6.2 "Register", "Update" and "De-register" beside it. */
static const struct ln_registration_transition transitions[] = {
    /* clang-format off */
    ROW(IDLE,        START,        OPENING,     OPEN,       NO_NEWS),
    ROW(OPENING,     LINK_UP,      REGISTERING, REGISTER,   NO_NEWS),
    ROW(OPENING,     LINK_BACK,    UPDATING,    UPDATE,     NO_NEWS),
    ROW(OPENING,     LINK_DOWN,    WAITING,     NOTHING,    LOST),
    ROW(OPENING,     LINK_REFUSED, REFUSED,     NOTHING,    REFUSED),
    ROW(OPENING,     STOP,         IDLE,        CLOSE,      NO_NEWS),
    ROW(REGISTERING, ACCEPTED,     REGISTERED,  NOTHING,    REGISTERED),
    ROW(REGISTERING, VERSION,      REGISTERING, REGISTER,   NO_NEWS),
    ROW(REGISTERING, DENIED,       REFUSED,     CLOSE,      REFUSED),
    ROW(REGISTERING, LOST,         WAITING,     CLOSE,      LOST),
    ROW(REGISTERING, LINK_DOWN,    WAITING,     NOTHING,    LOST),
    ROW(REGISTERING, LINK_REFUSED, REFUSED,     NOTHING,    REFUSED),
    ROW(REGISTERING, STOP,         IDLE,        CLOSE,      NO_NEWS),
    ROW(REGISTERED,  TIME,         UPDATING,    UPDATE,     NO_NEWS),
    ROW(REGISTERED,  CHANGE,       UPDATING,    UPDATE,     NO_NEWS),
    ROW(REGISTERED,  SLEEP,        ASLEEP,      CLOSE,      SLEEP),
    ROW(REGISTERED,  LOST,         WAITING,     CLOSE,      LOST),
    ROW(REGISTERED,  LINK_DOWN,    WAITING,     NOTHING,    LOST),
    ROW(REGISTERED,  LINK_REFUSED, REFUSED,     NOTHING,    REFUSED),
    ROW(REGISTERED,  DISABLE,      DISABLING,   DEREGISTER, NO_NEWS),
    ROW(REGISTERED,  STOP,         LEAVING,     DEREGISTER, NO_NEWS),
    ROW(UPDATING,    ACCEPTED,     REGISTERED,  NOTHING,    UPDATED),
    ROW(UPDATING,    DENIED,       REGISTERING, REGISTER,   NO_NEWS),
    ROW(UPDATING,    LOST,         WAITING,     CLOSE,      LOST),
    ROW(UPDATING,    LINK_DOWN,    WAITING,     NOTHING,    LOST),
    ROW(UPDATING,    LINK_REFUSED, REFUSED,     NOTHING,    REFUSED),
    ROW(UPDATING,    DISABLE,      DISABLING,   DEREGISTER, NO_NEWS),
    ROW(UPDATING,    STOP,         LEAVING,     DEREGISTER, NO_NEWS),
    ROW(LEAVING,     ACCEPTED,     IDLE,        CLOSE,      DEREGISTERED),
    ROW(LEAVING,     DENIED,       IDLE,        CLOSE,      DEREGISTERED),
    ROW(LEAVING,     LOST,         IDLE,        CLOSE,      DEREGISTERED),
    ROW(LEAVING,     LINK_DOWN,    IDLE,        NOTHING,    DEREGISTERED),
    ROW(LEAVING,     LINK_REFUSED, IDLE,        NOTHING,    DEREGISTERED),
    ROW(DISABLING,   ACCEPTED,     DISABLED,    CLOSE,      DEREGISTERED),
    ROW(DISABLING,   DENIED,       DISABLED,    CLOSE,      DEREGISTERED),
    ROW(DISABLING,   LOST,         DISABLED,    CLOSE,      DEREGISTERED),
    ROW(DISABLING,   LINK_DOWN,    DISABLED,    NOTHING,    DEREGISTERED),
    ROW(DISABLING,   LINK_REFUSED, DISABLED,    NOTHING,    DEREGISTERED),
    ROW(DISABLING,   STOP,         LEAVING,     NOTHING,    NO_NEWS),
    ROW(DISABLED,    TIME,         OPENING,     OPEN,       NO_NEWS),
    ROW(DISABLED,    STOP,         IDLE,        NOTHING,    NO_NEWS),
    ROW(REFUSED,     TIME,         OPENING,     OPEN,       NO_NEWS),
    ROW(REFUSED,     START,        OPENING,     OPEN,       NO_NEWS),
    ROW(REFUSED,     STOP,         IDLE,        NOTHING,    NO_NEWS),
    ROW(WAITING,     TIME,         OPENING,     OPEN,       NO_NEWS),
    ROW(WAITING,     START,        OPENING,     OPEN,       NO_NEWS),
    ROW(WAITING,     STOP,         IDLE,        NOTHING,    NO_NEWS),
    ROW(ASLEEP,      TIME,         OPENING,     OPEN,       NO_NEWS),
    ROW(ASLEEP,      CHANGE,       OPENING,     OPEN,       NO_NEWS),
    ROW(ASLEEP,      STOP,         PARTING,     OPEN,       NO_NEWS),
    ROW(PARTING,     LINK_BACK,    LEAVING,     DEREGISTER, NO_NEWS),
    ROW(PARTING,     LINK_DOWN,    IDLE,        NOTHING,    DEREGISTERED),
    ROW(PARTING,     LINK_REFUSED, IDLE,        NOTHING,    DEREGISTERED),
    /* clang-format on */
};

static const struct ln_registration_transition *find(uint8_t from,
                                                     enum ln_registration_event on)
{
    for (size_t i = 0; i < LN_COUNT(transitions); i++) {
        if (transitions[i].from == from && transitions[i].on == on) {
            return &transitions[i];
        }
    }
    return NULL;
}

/* Twice as long after each failure of the same kind; and up to a quarter more, so that devices
 * that failed together do not come back together. */
static int64_t back_off(struct ln_client_server *server, uint32_t first, uint32_t longest,
                        const struct ln_random *random)
{
    uint32_t wait = first;

    if (server->waited != server->state) {
        server->waited = server->state;
        server->attempts = 0;
    }
    for (unsigned i = 0; i < server->attempts && wait < longest; i++) {
        wait *= 2;
    }
    wait = wait < longest ? wait : longest;
    if (server->attempts < UINT8_MAX) {
        server->attempts++;
    }
    return (int64_t)wait + ln_random_below(random, wait / 4);
}

/* CoAP times the answer to a request, the app the opening of a link; this machine its own
 * waits. */
static ln_time plan(struct ln_client_server *server, ln_time now,
                    const struct ln_registration_waits *waits)
{
    switch (server->state) {
    case LN_REGISTRATION_REGISTERED:
        server->waited = LN_REGISTRATION_REGISTERED;
        return ln_time_after(now, waits->refresh);
    case LN_REGISTRATION_ASLEEP:
        return server->due; /* the Update's */
    case LN_REGISTRATION_DISABLED:
        return ln_time_after(now, waits->silence);
    case LN_REGISTRATION_REFUSED:
        return now + back_off(server, FIRST_REFUSED_WAIT, LONGEST_REFUSED_WAIT, waits->random);
    case LN_REGISTRATION_WAITING:
        return now + back_off(server, FIRST_LOST_WAIT, LONGEST_LOST_WAIT, waits->random);
    default:
        return LN_NEVER;
    }
}

const struct ln_registration_transition *
ln_client__registration_step(struct ln_client_server *server, ln_time now,
                             enum ln_registration_event event,
                             const struct ln_registration_waits *waits)
{
    const struct ln_registration_transition *t = find(server->state, event);

    if (t == NULL || (event == LN_ON_TIME && now < server->due)) {
        return NULL;
    }
    server->state = t->to;
    server->due = plan(server, now, waits);
    return t;
}

/* Late enough not to chatter, early enough for all copies of an Update to be lost once. */
int64_t ln_client__registration_refresh(uint32_t lifetime, uint32_t transmit_wait)
{
    int64_t whole = (int64_t)lifetime * 1000;
    int64_t margin = transmit_wait < whole / 2 ? transmit_wait : whole / 2;

    return lifetime == 0 ? LN_NEVER : whole - margin;
}
