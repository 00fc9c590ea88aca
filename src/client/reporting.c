/* The optional part that observes, notifies and keeps attributes: its table, and what time makes
 * due. */

#include "client/reporting.h"

#include <string.h>

/* False: there is no list, and there should be one. */
static bool clear(void *list, size_t size)
{
    if (size > 0 && list != NULL) {
        memset(list, 0, size);
    }
    return size == 0 || list != NULL;
}

static bool init(const struct ln_client *client)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    size_t servers = client->config->server_count;

    return clear(reporting->state, sizeof(*reporting->state)) &&
           clear(reporting->notifiers, servers * sizeof(*reporting->notifiers)) &&
           clear(reporting->observations,
                 reporting->observation_count * sizeof(*reporting->observations)) &&
           clear(reporting->attributes,
                 reporting->attribute_count * sizeof(*reporting->attributes)) &&
           (reporting->storing == NULL || reporting->storing->init(reporting));
}

static void end(struct ln_client *client, const struct ln_client_server *server)
{
    struct ln_client_observation *o = NULL;

    while ((o = ln_client__next_observation(client, server, o)) != NULL) {
        ln_client__end_observation(client, o);
    }
}

/* What was under way is due anew. */
static void drop(const struct ln_client *client, struct ln_client_notifier *notifier)
{
    struct ln_client_observation *o = notifier->observation;

    if (notifier->exchange.state != LN_COAP_IDLE) {
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

/* Without an answer to a CON the server is lost. */
static bool has_lost(const struct ln_client *client, struct ln_coap_exchange *exchange,
                     ln_time now)
{
    return exchange->state != LN_COAP_IDLE &&
           ln_coap_exchange_step(exchange, ln_client__coap(client), now, LN_COAP_ON_TIME);
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
        server->keeps = ln_client__next_observation(client, server, NULL) != NULL;
        drop(client, ln_client__notifier(client, server));
    }
}

static size_t send(struct ln_client *client, struct ln_client_server *server, ln_time now,
                   void *buffer)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    size_t len = 0;

    if (ln_client__is_reached(server) &&
        has_lost(client, &reporting->notifiers[server->link].exchange, now)) {
        ln_client__step(client, server, now, LN_ON_LOST);
    }
    if (reporting->storing != NULL) {
        len = reporting->storing->send(client, server, now, buffer);
    }
    if (len == 0 && ln_client__is_reached(server)) {
        len = ln_client__send_notification(client, server, now, buffer);
    }
    if (server->state == LN_REGISTRATION_ASLEEP &&
        ln_client__find_due(client, server, now) != NULL) {
        ln_client__step(client, server, now, LN_ON_CHANGE);
    }
    return len;
}

static ln_time deadline(const struct ln_client *client, const struct ln_client_server *server)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    ln_time due =
        reporting->storing == NULL ? LN_NEVER : reporting->storing->deadline(client, server);
    struct ln_client_observation *o = NULL;

    if (!ln_client__is_reached(server) && server->state != LN_REGISTRATION_ASLEEP) {
        return due;
    }
    due = ln_time_min(due,
                      ln_coap_exchange_deadline(&reporting->notifiers[server->link].exchange));
    while ((o = ln_client__next_observation(client, server, o)) != NULL) {
        due = ln_client__is_under_way(client, o) ? due : ln_time_min(due, o->due);
    }
    return due;
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
};
