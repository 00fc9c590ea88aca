/* The queue of events, and how each is told. */

#include "engine.h"

static const char *const step_names[] = {
    [LN_BOOTSTRAP_DISCOVER] = "discover", [LN_BOOTSTRAP_DELETE] = "delete",
    [LN_BOOTSTRAP_WRITE] = "write",       [LN_BOOTSTRAP_READ] = "read",
    [LN_BOOTSTRAP_FINISH] = "finish",
};

static const char *const end_names[] = {
    [LN_BOOTSTRAP_NOT_ENDED] = "not ended", [LN_BOOTSTRAP_DONE] = "done",
    [LN_BOOTSTRAP_FAILED] = "failed",       [LN_BOOTSTRAP_REPLACED] = "replaced",
    [LN_BOOTSTRAP_TIMED_OUT] = "timed out",
};

static const char *const reasons[] = {
    [LN_BOOTSTRAP_NO_REASON] = "no reason",
    [LN_BOOTSTRAP_NO_ANSWER] = "the device did not answer",
    [LN_BOOTSTRAP_RESET] = "the device sent a Reset",
    [LN_BOOTSTRAP_REFUSED] = "the device refused the step",
    [LN_BOOTSTRAP_WRONG_ANSWER] = "the device's answer does not fit the step",
    [LN_BOOTSTRAP_TOO_LARGE] = "the device's answer is too large",
    [LN_BOOTSTRAP_INCONSISTENT] = "the device finds its configuration inconsistent",
    [LN_BOOTSTRAP_PEER_LOST] = "the connection to the device is over",
    [LN_BOOTSTRAP_STOPPED] = "it was stopped",
    [LN_BOOTSTRAP_OUT_OF_MEMORY] = "there was no memory to go on",
};

const char *ln_bootstrap_step_name(enum ln_bootstrap_step_kind kind)
{
    return step_names[kind];
}

const char *ln_bootstrap_end_name(enum ln_bootstrap_end end)
{
    return end_names[end];
}

const char *ln_bootstrap_reason_text(enum ln_bootstrap_reason reason)
{
    return reasons[reason];
}

void ln_bootstrap__event_push(struct ln_bootstrap *bootstrap, struct event_node *node,
                              struct session *session, enum ln_bootstrap_event_kind kind)
{
    *node =
        (struct event_node){.session = session, .time = bootstrap->now, .kind = (uint8_t)kind};
    session->told++;
    if (bootstrap->last == NULL) {
        bootstrap->first = node;
    } else {
        bootstrap->last->next = node;
    }
    bootstrap->last = node;
}

static struct stepped *stepped_of(struct event_node *node)
{
    return (struct stepped *)(void *)node; /* it stands first */
}

void ln_bootstrap__event_done(struct ln_bootstrap *bootstrap, struct event_node *node)
{
    struct session *session = node->session;

    if (node->kind == LN_BOOTSTRAP_STEPPED) {
        ln_bootstrap__release(bootstrap, stepped_of(node));
    }
    session->told--;
    if (session->told == 0 && !session->has_maps) {
        bootstrap->objects--;
        ln_bootstrap__release(bootstrap, session);
    }
}

static void tell_stepped(const struct stepped *stepped, struct ln_bootstrap_event *event)
{
    event->has_step = true;
    event->index = stepped->index;
    event->step = (enum ln_bootstrap_step_kind)stepped->step;
    event->path = stepped->path;
    event->method = ln_bootstrap__step_method(event->step);
    event->code = stepped->code;
    event->format = stepped->format;
    event->payload = ln_bytes(stepped->bytes, stepped->length);
}

static void tell_ended(const struct session *session, struct ln_bootstrap_event *event)
{
    event->end = (enum ln_bootstrap_end)session->end;
    event->reason = (enum ln_bootstrap_reason)session->reason;
    event->code = session->code;
    event->has_step = session->had_step;
    if (session->had_step) {
        event->index = session->base + session->at;
        event->step = (enum ln_bootstrap_step_kind)session->last.kind;
        event->path = session->last.path;
        event->method = ln_bootstrap__step_method(event->step);
    }
}

static void tell(struct event_node *node, struct ln_bootstrap_event *event)
{
    const struct session *session = node->session;

    *event = (struct ln_bootstrap_event){
        .kind = (enum ln_bootstrap_event_kind)node->kind,
        .time = node->time,
        .session = session->id,
        .endpoint = session->endpoint,
        .identity = session->identity,
        .mode = session->mode,
        .peer = session->peer,
        .preferred = session->preferred,
        .format = LN_FORMAT_NONE,
    };
    if (event->kind == LN_BOOTSTRAP_STEPPED) {
        tell_stepped(stepped_of(node), event);
    } else if (event->kind == LN_BOOTSTRAP_WANTS) {
        event->code = session->code;
    } else if (event->kind == LN_BOOTSTRAP_ENDED) {
        tell_ended(session, event);
    }
}

bool ln_bootstrap_event(struct ln_bootstrap *bootstrap, struct ln_bootstrap_event *event)
{
    struct event_node *node = bootstrap->first;

    if (bootstrap->told != NULL) {
        ln_bootstrap__event_done(bootstrap, bootstrap->told);
        bootstrap->told = NULL;
    }
    if (node == NULL) {
        return false;
    }
    bootstrap->first = node->next;
    if (bootstrap->first == NULL) {
        bootstrap->last = NULL;
    }
    bootstrap->told = node;
    node->session->asks = node->session->asks && node->kind != LN_BOOTSTRAP_WANTS;
    tell(node, event);
    return true;
}
