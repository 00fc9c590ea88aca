/* One server account's registration: who we wait for, and what to do next. */

#include "client/registration.h"

enum {
    FIRST_LOST_WAIT = 2 * 1000,
    LONGEST_LOST_WAIT = 15 * 60 * 1000,
    FIRST_REFUSED_WAIT = 60 * 1000,
    LONGEST_REFUSED_WAIT = 24 * 60 * 60 * 1000, /* an operator may admit us yet */
};

#define STATE(name) LN_REGISTRATION_##name
#define NEWS(name)  LN_CLIENT_##name

/* Read with CORE-1.1.1 §6.2 "Register", "Update" and "De-register" beside it. */
static const struct ln_registration_transition transitions[] = {
    /* clang-format off */
    { STATE(IDLE),        LN_ON_START,        STATE(OPENING),     LN_DO_OPEN,       LN_NO_NEWS         },
    { STATE(OPENING),     LN_ON_LINK_UP,      STATE(REGISTERING), LN_DO_REGISTER,   LN_NO_NEWS         },
    { STATE(OPENING),     LN_ON_LINK_DOWN,    STATE(WAITING),     LN_DO_NOTHING,    NEWS(LOST)         },
    { STATE(OPENING),     LN_ON_LINK_REFUSED, STATE(REFUSED),     LN_DO_NOTHING,    NEWS(REFUSED)      },
    { STATE(OPENING),     LN_ON_STOP,         STATE(IDLE),        LN_DO_CLOSE,      LN_NO_NEWS         },
    { STATE(REGISTERING), LN_ON_ACCEPTED,     STATE(REGISTERED),  LN_DO_NOTHING,    NEWS(REGISTERED)   },
    { STATE(REGISTERING), LN_ON_VERSION,      STATE(REGISTERING), LN_DO_REGISTER,   LN_NO_NEWS         },
    { STATE(REGISTERING), LN_ON_DENIED,       STATE(REFUSED),     LN_DO_CLOSE,      NEWS(REFUSED)      },
    { STATE(REGISTERING), LN_ON_LOST,         STATE(WAITING),     LN_DO_CLOSE,      NEWS(LOST)         },
    { STATE(REGISTERING), LN_ON_LINK_DOWN,    STATE(WAITING),     LN_DO_NOTHING,    NEWS(LOST)         },
    { STATE(REGISTERING), LN_ON_LINK_REFUSED, STATE(REFUSED),     LN_DO_NOTHING,    NEWS(REFUSED)      },
    { STATE(REGISTERING), LN_ON_STOP,         STATE(IDLE),        LN_DO_CLOSE,      LN_NO_NEWS         },
    { STATE(REGISTERED),  LN_ON_TIME,         STATE(UPDATING),    LN_DO_UPDATE,     LN_NO_NEWS         },
    { STATE(REGISTERED),  LN_ON_CHANGE,       STATE(UPDATING),    LN_DO_UPDATE,     LN_NO_NEWS         },
    { STATE(REGISTERED),  LN_ON_LINK_DOWN,    STATE(WAITING),     LN_DO_NOTHING,    NEWS(LOST)         },
    { STATE(REGISTERED),  LN_ON_LINK_REFUSED, STATE(REFUSED),     LN_DO_NOTHING,    NEWS(REFUSED)      },
    { STATE(REGISTERED),  LN_ON_DISABLE,      STATE(DISABLING),   LN_DO_DEREGISTER, LN_NO_NEWS         },
    { STATE(REGISTERED),  LN_ON_STOP,         STATE(LEAVING),     LN_DO_DEREGISTER, LN_NO_NEWS         },
    { STATE(UPDATING),    LN_ON_ACCEPTED,     STATE(REGISTERED),  LN_DO_NOTHING,    NEWS(UPDATED)      },
    { STATE(UPDATING),    LN_ON_DENIED,       STATE(REGISTERING), LN_DO_REGISTER,   LN_NO_NEWS         },
    { STATE(UPDATING),    LN_ON_LOST,         STATE(WAITING),     LN_DO_CLOSE,      NEWS(LOST)         },
    { STATE(UPDATING),    LN_ON_LINK_DOWN,    STATE(WAITING),     LN_DO_NOTHING,    NEWS(LOST)         },
    { STATE(UPDATING),    LN_ON_LINK_REFUSED, STATE(REFUSED),     LN_DO_NOTHING,    NEWS(REFUSED)      },
    { STATE(UPDATING),    LN_ON_DISABLE,      STATE(DISABLING),   LN_DO_DEREGISTER, LN_NO_NEWS         },
    { STATE(UPDATING),    LN_ON_STOP,         STATE(LEAVING),     LN_DO_DEREGISTER, LN_NO_NEWS         },
    { STATE(LEAVING),     LN_ON_ACCEPTED,     STATE(IDLE),        LN_DO_CLOSE,      NEWS(DEREGISTERED) },
    { STATE(LEAVING),     LN_ON_DENIED,       STATE(IDLE),        LN_DO_CLOSE,      NEWS(DEREGISTERED) },
    { STATE(LEAVING),     LN_ON_LOST,         STATE(IDLE),        LN_DO_CLOSE,      NEWS(DEREGISTERED) },
    { STATE(LEAVING),     LN_ON_LINK_DOWN,    STATE(IDLE),        LN_DO_NOTHING,    NEWS(DEREGISTERED) },
    { STATE(LEAVING),     LN_ON_LINK_REFUSED, STATE(IDLE),        LN_DO_NOTHING,    NEWS(DEREGISTERED) },
    { STATE(DISABLING),   LN_ON_ACCEPTED,     STATE(DISABLED),    LN_DO_CLOSE,      NEWS(DEREGISTERED) },
    { STATE(DISABLING),   LN_ON_DENIED,       STATE(DISABLED),    LN_DO_CLOSE,      NEWS(DEREGISTERED) },
    { STATE(DISABLING),   LN_ON_LOST,         STATE(DISABLED),    LN_DO_CLOSE,      NEWS(DEREGISTERED) },
    { STATE(DISABLING),   LN_ON_LINK_DOWN,    STATE(DISABLED),    LN_DO_NOTHING,    NEWS(DEREGISTERED) },
    { STATE(DISABLING),   LN_ON_LINK_REFUSED, STATE(DISABLED),    LN_DO_NOTHING,    NEWS(DEREGISTERED) },
    { STATE(DISABLING),   LN_ON_STOP,         STATE(LEAVING),     LN_DO_NOTHING,    LN_NO_NEWS         },
    { STATE(DISABLED),    LN_ON_TIME,         STATE(OPENING),     LN_DO_OPEN,       LN_NO_NEWS         },
    { STATE(DISABLED),    LN_ON_STOP,         STATE(IDLE),        LN_DO_NOTHING,    LN_NO_NEWS         },
    { STATE(REFUSED),     LN_ON_TIME,         STATE(OPENING),     LN_DO_OPEN,       LN_NO_NEWS         },
    { STATE(REFUSED),     LN_ON_START,        STATE(OPENING),     LN_DO_OPEN,       LN_NO_NEWS         },
    { STATE(REFUSED),     LN_ON_STOP,         STATE(IDLE),        LN_DO_NOTHING,    LN_NO_NEWS         },
    { STATE(WAITING),     LN_ON_TIME,         STATE(OPENING),     LN_DO_OPEN,       LN_NO_NEWS         },
    { STATE(WAITING),     LN_ON_START,        STATE(OPENING),     LN_DO_OPEN,       LN_NO_NEWS         },
    { STATE(WAITING),     LN_ON_STOP,         STATE(IDLE),        LN_DO_NOTHING,    LN_NO_NEWS         },
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

/* CoAP times the answer to a request, the app the opening of a link; this machine its own waits. */
static ln_time plan(struct ln_client_server *server, ln_time now,
                    const struct ln_registration_waits *waits)
{
    switch (server->state) {
    case LN_REGISTRATION_REGISTERED:
        server->waited = LN_REGISTRATION_REGISTERED;
        return ln_time_after(now, waits->refresh);
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
