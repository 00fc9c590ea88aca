/* The machine of one message under way: when a copy of it is due, and how it ended. */

#include "parameters.h"

/* What an event means for this message: its type and the copies left decide. */
enum happening {
    NOTHING,
    SENT,          /* a copy, and an answer of some sort is to come */
    SENT_FOR_GOOD, /* a NON that nobody answers */
    ACKED,         /* a response is to follow */
    ACKED_AT_LAST, /* that was all there was to come */
    RESPONSE,
    RST,
    TIME_TO_REPEAT,
    TIME_TO_GIVE_UP,
};

/* Read with RFC 7252 §4.2, §4.3 and §5.2 beside it. What has no row changes nothing. */
static const struct transition {
    uint8_t from;
    uint8_t on;
    uint8_t to;
    uint8_t outcome;
} transitions[] = {
    /* clang-format off */
    { LN_COAP_SENDING, SENT,            LN_COAP_WAITING, LN_COAP_NO_OUTCOME            },
    { LN_COAP_SENDING, SENT_FOR_GOOD,   LN_COAP_DONE,    LN_COAP_NO_OUTCOME            },
    { LN_COAP_SENDING, ACKED,           LN_COAP_ACKED,   LN_COAP_NO_OUTCOME            },
    { LN_COAP_SENDING, ACKED_AT_LAST,   LN_COAP_DONE,    LN_COAP_ANSWERED              },
    { LN_COAP_SENDING, RESPONSE,        LN_COAP_DONE,    LN_COAP_ANSWERED              },
    { LN_COAP_SENDING, RST,             LN_COAP_DONE,    LN_COAP_RESET                 },
    { LN_COAP_WAITING, ACKED,           LN_COAP_ACKED,   LN_COAP_NO_OUTCOME            },
    { LN_COAP_WAITING, ACKED_AT_LAST,   LN_COAP_DONE,    LN_COAP_ANSWERED              },
    { LN_COAP_WAITING, RESPONSE,        LN_COAP_DONE,    LN_COAP_ANSWERED              },
    { LN_COAP_WAITING, RST,             LN_COAP_DONE,    LN_COAP_RESET                 },
    { LN_COAP_WAITING, TIME_TO_REPEAT,  LN_COAP_SENDING, LN_COAP_NO_OUTCOME            },
    { LN_COAP_WAITING, TIME_TO_GIVE_UP, LN_COAP_DONE,    LN_COAP_NO_ANSWER             },
    { LN_COAP_ACKED,   RESPONSE,        LN_COAP_DONE,    LN_COAP_ANSWERED              },
    { LN_COAP_ACKED,   RST,             LN_COAP_DONE,    LN_COAP_RESET                 },
    { LN_COAP_ACKED,   TIME_TO_REPEAT,  LN_COAP_DONE,    LN_COAP_NO_RESPONSE_AFTER_ACK },
    { LN_COAP_ACKED,   TIME_TO_GIVE_UP, LN_COAP_DONE,    LN_COAP_NO_RESPONSE_AFTER_ACK },
    /* clang-format on */
};

static const struct transition *find(uint8_t from, enum happening on)
{
    for (size_t i = 0; i < LN_COUNT(transitions); i++) {
        if (transitions[i].from == from && transitions[i].on == on) {
            return &transitions[i];
        }
    }
    return NULL;
}

static enum happening time_happening(const struct ln_coap_exchange *x,
                                     const struct ln_coap_parameters *p, ln_time now)
{
    if (now < x->due) {
        return NOTHING;
    }
    bool copies_left = x->copies <= p->max_retransmit && x->copies < UINT8_MAX;
    return x->confirmable && copies_left ? TIME_TO_REPEAT : TIME_TO_GIVE_UP;
}

static enum happening happening_of(const struct ln_coap_exchange *x,
                                   const struct ln_coap_parameters *p, ln_time now,
                                   enum ln_coap_exchange_event event)
{
    if (event == LN_COAP_ON_SENT) {
        return x->confirmable || x->wants_response ? SENT : SENT_FOR_GOOD;
    }
    if (x->copies == 0) {
        return NOTHING; /* nobody can answer what has never left */
    }
    switch (event) {
    case LN_COAP_ON_ACK:
        if (!x->confirmable) {
            return NOTHING;
        }
        return x->wants_response ? ACKED : ACKED_AT_LAST;
    case LN_COAP_ON_RESPONSE:
        return x->wants_response ? RESPONSE : NOTHING;
    case LN_COAP_ON_RST:
        return RST;
    case LN_COAP_ON_TIME:
        return time_happening(x, p, now);
    default:
        return NOTHING;
    }
}

/* Enters the state that it is in: until when it lasts, if only time goes by. */
static ln_time plan(struct ln_coap_exchange *x, const struct ln_coap_parameters *p, ln_time now)
{
    uint32_t wait = x->wait;

    switch (x->state) {
    case LN_COAP_SENDING:
        return 0;
    case LN_COAP_WAITING:
        x->copies++;
        if (!x->confirmable) {
            return ln_time_after(now, p->response_timeout);
        }
        x->wait = wait > UINT32_MAX / 2 ? UINT32_MAX : wait * 2;
        return ln_time_after(now, wait);
    case LN_COAP_ACKED:
        return ln_time_after(now, p->response_timeout);
    default:
        return LN_NEVER;
    }
}

void ln_coap_exchange_start(struct ln_coap_exchange *x, const struct ln_coap_parameters *p,
                            const struct ln_random *random, uint16_t id, bool confirmable,
                            bool wants_response)
{
    *x = (struct ln_coap_exchange){
        .state = LN_COAP_SENDING,
        .confirmable = confirmable,
        .wants_response = wants_response,
        .id = id,
    };
    if (confirmable) {
        uint32_t spread = ln_coap__longest_first_wait(p) - p->ack_timeout;
        x->wait = p->ack_timeout + ln_random_below(random, spread + 1);
    }
}

bool ln_coap_exchange_step(struct ln_coap_exchange *x, const struct ln_coap_parameters *p,
                           ln_time now, enum ln_coap_exchange_event event)
{
    const struct transition *t = find(x->state, happening_of(x, p, now, event));

    if (t == NULL) {
        return false; /* a late or repeated answer: no longer ours to act on */
    }
    x->state = t->to;
    x->outcome = t->outcome;
    x->due = plan(x, p, now);
    return x->state == LN_COAP_DONE;
}

ln_time ln_coap_exchange_deadline(const struct ln_coap_exchange *x)
{
    return x->state == LN_COAP_IDLE ? LN_NEVER : x->due;
}
