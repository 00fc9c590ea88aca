/* The queue of events: intrusive, so that telling of an end cannot fail. */

#include "engine.h"

static struct news *news_of(struct event_node *node)
{
    return (struct news *)(void *)node; /* it stands first */
}

static struct operation *operation_of(struct event_node *node)
{
    return (struct operation *)(void *)node; /* it stands first */
}

static struct operation *operation_of_queued(struct event_node *node)
{
    return (struct operation *)(void *)((char *)node - offsetof(struct operation, queued));
}

static struct operation *operation_of_sending(struct event_node *node)
{
    return (struct operation *)(void *)((char *)node - offsetof(struct operation, sending));
}

static struct notice *notice_of(struct event_node *node)
{
    return (struct notice *)(void *)node; /* it stands first */
}

static struct notice *notice_of_change(struct event_node *node)
{
    return (struct notice *)(void *)((char *)node - offsetof(struct notice, changed));
}

struct news *ln_server__news_take(struct ln_server *server)
{
    struct news *news = server->events.spare;

    if (news == NULL) {
        return ln_server__allocate(server, sizeof(*news));
    }
    server->events.spare = news->node.next == NULL ? NULL : news_of(news->node.next);
    return news;
}

void ln_server__news_drop(struct ln_server *server, struct news *news)
{
    news->node.next = server->events.spare == NULL ? NULL : &server->events.spare->node;
    server->events.spare = news;
}

void ln_server__event_push(struct ln_server *server, struct event_node *node,
                           enum ln_server_event_kind kind)
{
    node->next = NULL;
    node->time = server->now;
    node->kind = (uint8_t)kind;
    if (server->events.last == NULL) {
        server->events.first = node;
    } else {
        server->events.last->next = node;
    }
    server->events.last = node;
}

void ln_server__news_push(struct ln_server *server, struct news *news,
                          enum ln_server_event_kind kind, struct ln_registration *registration,
                          uint8_t changes)
{
    news->node.changes = changes;
    news->registration = registration;
    news->replaces = registration->change;
    if ((changes & CHANGED_DURABLY) != 0) {
        registration->change = ln_server__change(server);
    }
    ln_server__event_push(server, &news->node, kind);
}

static void give_back_value(struct ln_server *server, struct event_node *node)
{
    if ((node->changes & IN_OPERATION) != 0) {
        ln_server__operation_free(server, operation_of(node));
        return;
    }
    struct notice *notice = notice_of(node);
    ln_server__observation_drop(server, notice->observation);
    ln_server__release(server, notice);
}

static void give_back_state(struct ln_server *server, struct event_node *node)
{
    if ((node->changes & IS_LAST) == 0) {
        return; /* the value that follows is in the same block */
    }
    if ((node->changes & IN_OPERATION) != 0) {
        ln_server__operation_free(server, operation_of_queued(node));
        return;
    }
    struct notice *notice = notice_of_change(node);
    ln_server__observation_drop(server, notice->observation);
    ln_server__release(server, notice);
}

/* The reader is done with it. */
static void give_back(struct ln_server *server, struct event_node *node)
{
    switch ((enum ln_server_event_kind)node->kind) {
    case LN_SERVER_REGISTERED:
    case LN_SERVER_UPDATED:
    case LN_SERVER_AWAKE:
    case LN_SERVER_SLEEPING:
    case LN_SERVER_UNREACHABLE:
        ln_server__news_drop(server, news_of(node));
        break;
    case LN_SERVER_DEREGISTERED:
    case LN_SERVER_EXPIRED:
    case LN_SERVER_REPLACED:
        ln_server__registration_free(server, ln_server__registration_of_end(node));
        break;
    case LN_SERVER_RESULT:
        ln_server__operation_free(server, operation_of(node));
        break;
    case LN_SERVER_NOTIFIED:
        give_back_value(server, node);
        break;
    case LN_SERVER_OBSERVATION:
        give_back_state(server, node);
        break;
    default:
        break; /* a part of its operation, which goes on */
    }
}

static struct event_node *pop(struct events *events)
{
    struct event_node *node = events->first;

    if (node != NULL) {
        events->first = node->next;
        events->last = node->next == NULL ? NULL : events->last;
    }
    return node;
}

void ln_server__events_free(struct ln_server *server)
{
    struct events *events = &server->events;
    struct event_node *node;

    if (events->reading != NULL) {
        give_back(server, events->reading);
        events->reading = NULL;
    }
    while ((node = pop(events)) != NULL) {
        give_back(server, node);
    }
    while (events->spare != NULL) {
        ln_server__release(server, ln_server__news_take(server));
    }
}

/* ---- Handing out ---- */

static void tell_registration(struct ln_server_event *event,
                              const struct ln_registration *registration)
{
    event->endpoint = ln_server__endpoint_of(registration);
    event->registration = registration;
}

static void tell_news(struct ln_server_event *event, const struct news *news)
{
    uint8_t changes = news->node.changes;

    tell_registration(event, news->registration);
    if (news->registration->ended) {
        event->registration = NULL;
    }
    event->address_changed = (changes & CHANGED_ADDRESS) != 0;
    event->lifetime_changed = (changes & CHANGED_LIFETIME) != 0;
    event->binding_changed = (changes & CHANGED_BINDING) != 0;
    event->objects_changed = (changes & CHANGED_OBJECTS) != 0;
    event->sms_changed = (changes & CHANGED_SMS) != 0;
}

static void tell_operation(struct ln_server_event *event, const struct operation *operation)
{
    event->endpoint = ln_server__name_of(operation->endpoint);
    event->registration = operation->endpoint->registration;
    event->id = operation->id;
    event->tag = operation->tag;
    event->operation = operation->what;
    event->operation.payload = (struct ln_bytes){0};
    event->operation.query = (struct ln_bytes){0};
}

static void tell_observation(struct ln_server_event *event,
                             const struct ln_observation *observation)
{
    event->endpoint = ln_server__name_of(observation->endpoint);
    event->registration = observation->endpoint->registration;
    ln_observation_get(observation, &event->observation);
}

/* A change of state is told as it was then. */
static void tell_change_of_state(struct ln_server_event *event,
                                 const struct ln_observation *observation,
                                 const struct event_node *node, uint8_t code)
{
    tell_observation(event, observation);
    event->observation.state = (enum ln_observation_state)(node->changes & STATE_BITS);
    event->observation.code = code;
}

static void tell_state(struct ln_server_event *event, struct event_node *node)
{
    if ((node->changes & IN_OPERATION) != 0) {
        const struct operation *operation = operation_of_queued(node);
        tell_change_of_state(event, operation->observation, node, operation->code);
    } else {
        const struct notice *notice = notice_of_change(node);
        tell_change_of_state(event, notice->observation, node, notice->code);
    }
}

/* A value, or nothing but the end of what carried a change of state. */
static void tell_value(struct ln_server_event *event, struct event_node *node)
{
    if ((node->changes & IN_OPERATION) != 0) {
        const struct operation *operation = operation_of(node);
        tell_observation(event, operation->observation);
        event->sequence = operation->sequence;
        event->code = operation->code;
        event->format = operation->result_format;
        event->payload = operation->payload;
        return;
    }
    const struct notice *notice = notice_of(node);
    tell_observation(event, notice->observation);
    event->sequence = notice->sequence;
    event->code = notice->code;
    event->format = notice->format;
    event->payload = ln_bytes(notice->payload, notice->length);
}

static void tell_asking(struct ln_server_event *event, struct transfer *t)
{
    tell_operation(event, t->operation);
    t->is_queued = false;
    event->offset = t->start;
    if (event->kind == LN_SERVER_WANTS) {
        event->size = ln_server__transfer_wants(t);
        return;
    }
    event->size = t->in.size2;
    event->last = t->ends;
    event->code = t->operation->code;
    event->format = t->operation->result_format;
    event->payload = ln_bytes(t->bytes, t->length);
}

static void tell_result(struct ln_server_event *event, const struct operation *operation)
{
    tell_operation(event, operation);
    event->outcome = (enum ln_outcome)operation->outcome;
    event->state = ln_operation_state_of(event->outcome, operation->code);
    event->sent = operation->is_sent;
    event->code = operation->code;
    event->format = operation->result_format;
    event->payload = operation->payload;
    event->location = operation->location;
}

/* They come in order, so that counting tells their numbers. */
static void tell_change(struct ln_server *server, struct ln_server_event *event)
{
    event->change = server->journal.told;
    server->journal.told += server->shards;
}

static void tell_changes(struct ln_server *server, struct ln_server_event *event,
                         struct event_node *node)
{
    switch (event->kind) {
    case LN_SERVER_REGISTERED:
    case LN_SERVER_UPDATED:
        event->replaces = news_of(node)->replaces;
        if ((node->changes & CHANGED_DURABLY) != 0) {
            tell_change(server, event);
        }
        break;
    case LN_SERVER_DEREGISTERED:
    case LN_SERVER_EXPIRED:
        if (server->journal.on) {
            event->replaces = ln_server__registration_of_end(node)->change;
            tell_change(server, event);
        }
        break;
    case LN_SERVER_QUEUED:
    case LN_SERVER_SENT:
    case LN_SERVER_RESULT:
    case LN_SERVER_OBSERVATION:
        if ((node->changes & CHANGED_DURABLY) != 0) {
            tell_change(server, event);
        }
        break;
    default:
        break;
    }
}

static void tell(struct ln_server_event *event, struct event_node *node)
{
    switch (event->kind) {
    case LN_SERVER_REGISTERED:
    case LN_SERVER_UPDATED:
    case LN_SERVER_AWAKE:
    case LN_SERVER_SLEEPING:
    case LN_SERVER_UNREACHABLE:
        tell_news(event, news_of(node));
        break;
    case LN_SERVER_QUEUED:
        tell_operation(event, operation_of_queued(node));
        event->state = LN_OPERATION_QUEUED;
        break;
    case LN_SERVER_SENT:
        tell_operation(event, operation_of_sending(node));
        event->state = LN_OPERATION_SENT;
        break;
    case LN_SERVER_RESULT:
        tell_result(event, operation_of(node));
        break;
    case LN_SERVER_WANTS:
    case LN_SERVER_PART:
        tell_asking(event, ln_server__transfer_of_asking(node));
        break;
    case LN_SERVER_OBSERVATION:
        tell_state(event, node);
        break;
    case LN_SERVER_NOTIFIED:
        tell_value(event, node);
        break;
    default:
        tell_registration(event, ln_server__registration_of_end(node));
        break;
    }
}

bool ln_server_event(struct ln_server *server, struct ln_server_event *event)
{
    struct events *events = &server->events;

    if (events->reading != NULL) {
        give_back(server, events->reading);
    }
    events->reading = pop(events);
    if (events->reading == NULL) {
        return false;
    }
    struct event_node *node = events->reading;
    *event = (struct ln_server_event){
        .kind = (enum ln_server_event_kind)node->kind,
        .time = node->time,
        .format = LN_FORMAT_NONE,
    };
    tell(event, node);
    tell_changes(server, event, node);
    return true;
}
