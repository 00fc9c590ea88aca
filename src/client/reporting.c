/* The optional part that observes, notifies and keeps attributes: its table, and what time makes
 * due. */

#include "client/reporting.h"

#include <string.h>

static void clear(void *list, size_t size)
{
    if (size > 0) { /* else there may be no list */
        memset(list, 0, size);
    }
}

static bool init(const struct ln_client *client)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    if (reporting->state == NULL || reporting->notifiers == NULL ||
        (reporting->observation_count > 0 && reporting->observations == NULL) ||
        (reporting->attribute_count > 0 && reporting->attributes == NULL) ||
        (reporting->storing != NULL && !reporting->storing->init(reporting))) {
        return false;
    }
    *reporting->state = (struct ln_client_reporting_state){0};
    clear(reporting->notifiers, client->config->server_count * sizeof(*reporting->notifiers));
    clear(reporting->observations,
          reporting->observation_count * sizeof(*reporting->observations));
    clear(reporting->attributes, reporting->attribute_count * sizeof(*reporting->attributes));
    return true;
}

static void end(struct ln_client *client, const struct ln_client_server *server)
{
    struct ln_client_observation *o;

    for (size_t at = 0; (o = ln_client__next_observation(client, server, &at)) != NULL;) {
        ln_client__end_observation(client, o);
    }
}

static bool observes(const struct ln_client *client, const struct ln_client_server *server)
{
    size_t at = 0;

    return ln_client__next_observation(client, server, &at) != NULL;
}

/* The link is gone: what was under way is due anew. */
static void drop(const struct ln_client *client, const struct ln_client_server *server)
{
    struct ln_client_notifier *notifier = ln_client__notifier(client, server);

    if (notifier->exchange.state != LN_COAP_IDLE) {
        struct ln_client_observation *o =
            &client->config->reporting->observations[notifier->observation];
        notifier->exchange.state = LN_COAP_IDLE;
        o->is_due = true;
        ln_client__look(client, o, o->sampled);
    }
}

static void changed(struct ln_client *client, ln_time now, const struct ln_path *path)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    if (path->depth <= 2) {
        ln_client__sweep_attributes(client);
    }
    for (size_t i = 0; i < reporting->observation_count; i++) {
        struct ln_client_observation *o = &reporting->observations[i];
        if (o->in_use && (ln_path_is_within(path, &o->path) ||
                          ln_path_is_within(&o->path, path) || path->id[0] == 1)) {
            ln_client__look(client, o, now);
        }
    }
}

/* Without an answer to a CON the server is lost; what it was to tell is due anew. */
static bool has_lost(struct ln_client *client, struct ln_client_notifier *notifier, ln_time now)
{
    struct ln_client_observation *o =
        &client->config->reporting->observations[notifier->observation];

    if (notifier->exchange.state == LN_COAP_IDLE ||
        !ln_coap_exchange_step(&notifier->exchange, ln_client__coap(client), now,
                               LN_COAP_ON_TIME)) {
        return false;
    }
    notifier->exchange.state = LN_COAP_IDLE;
    if (o->is_gone) {
        ln_client__end_observation(client, o);
    } else {
        o->is_due = true;
        ln_client__look(client, o, now);
    }
    return true;
}

/* ---- Whether, and how, the server is to be reached ---- */

enum reach {
    NOT,     /* it knows nothing of us, or will soon */
    NOW,     /* notifications may leave */
    ASLEEP,  /* they may, once the link has been opened */
    WAITS,   /* which is under way */
    OFFLINE, /* the link is lost, and the registration kept */
};

/* An Update that tells where we are comes before what is to be notified. */
static enum reach reach_of(const struct ln_client_server *server)
{
    switch (server->state) {
    case LN_REGISTRATION_ASLEEP:
        return ASLEEP;
    case LN_REGISTRATION_REGISTERED:
    case LN_REGISTRATION_UPDATING:
        if (!server->keeps) {
            return NOW;
        }
        break;
    case LN_REGISTRATION_OPENING:
    case LN_REGISTRATION_WAITING:
        if (!server->keeps) {
            return NOT;
        }
        break;
    default:
        return NOT;
    }
    return server->waited == LN_REGISTRATION_WAITING ? OFFLINE : WAITS;
}

static void stepped(struct ln_client *client, struct ln_client_server *server,
                    const struct ln_registration_transition *t)
{
    bool was_known =
        t->from == LN_REGISTRATION_REGISTERED || t->from == LN_REGISTRATION_UPDATING;

    if (t->action == LN_DO_REGISTER || t->action == LN_DO_DEREGISTER) {
        end(client, server);
    }
    if (t->to == LN_REGISTRATION_REGISTERED) {
        server->keeps = false;
    }
    if (t->to == LN_REGISTRATION_WAITING && was_known) {
        server->keeps = observes(client, server);
        drop(client, server);
    }
}

/* spec: CORE-1.1.1 §6.4.2: stored where /1/x/6 says so, else it is discarded. */
static void put_aside(struct ln_client *client, const struct ln_client_server *server,
                      struct ln_client_observation *o, ln_time now)
{
    const struct ln_client_storing_calls *storing = client->config->reporting->storing;
    const struct ln_server_account *account = ln_client__account(client, server);

    if (account == NULL || !account->store_notifications) {
        return;
    }
    if (storing == NULL) {
        client->stats.not_stored++;
    } else {
        storing->keep(client, o, now);
    }
}

/* What waits for a link: one is asked for, or it is put aside. */
static void pursue(struct ln_client *client, struct ln_client_server *server, ln_time now,
                   enum reach reach)
{
    struct ln_client_observation *o;

    for (size_t at = 0; (o = ln_client__next_observation(client, server, &at)) != NULL;) {
        if (!ln_client__is_to_notify(client, o, now)) {
            continue;
        }
        if (reach == ASLEEP) {
            ln_client__step(client, server, now, LN_ON_CHANGE);
            return;
        }
        if (!o->is_gone) {
            put_aside(client, server, o, now);
            ln_client__noted(client, o, now);
        }
    }
}

static size_t send(struct ln_client *client, struct ln_client_server *server, ln_time now,
                   void *buffer)
{
    enum reach reach = reach_of(server);

    if (reach == NOW && has_lost(client, ln_client__notifier(client, server), now)) {
        ln_client__step(client, server, now, LN_ON_LOST);
        reach = reach_of(server);
    }
    if (reach == NOW) {
        return ln_client__send_notification(client, server, now, buffer);
    }
    if (reach == ASLEEP || reach == OFFLINE) {
        pursue(client, server, now, reach);
    }
    return 0;
}

static ln_time deadline(const struct ln_client *client, const struct ln_client_server *server)
{
    enum reach reach = reach_of(server);
    const struct ln_client_reporting *reporting = client->config->reporting;
    ln_link link = server->link;
    ln_time due = LN_NEVER;
    struct ln_client_observation *o;

    if (reach == NOT || reach == WAITS) {
        return LN_NEVER;
    }
    if (reach == NOW) {
        due = ln_client__has_stored(client, link)
                  ? 0
                  : ln_coap_exchange_deadline(&reporting->notifiers[link].exchange);
    }
    for (size_t at = 0; (o = ln_client__next_observation(client, server, &at)) != NULL;) {
        bool waits = reach == OFFLINE ? o->is_gone : ln_client__is_under_way(client, o);
        due = waits ? due : ln_time_min(due, o->due);
    }
    return due;
}

static bool is_busy(const struct ln_client *client, const struct ln_client_server *server)
{
    return ln_client__notifier(client, server)->exchange.state != LN_COAP_IDLE;
}

const struct ln_client_reporting_calls ln_client_reporting_calls = {
    .init = init,
    .answer = ln_client__answer_observe,
    .add_to_link = ln_client__add_attributes,
    .has_own = ln_client__has_attributes,
    .stepped = stepped,
    .changed = changed,
    .take_empty = ln_client__take_empty,
    .send = send,
    .deadline = deadline,
    .is_busy = is_busy,
};
