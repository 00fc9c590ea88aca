/* Notifications that fell due without a link: the bounded place where they wait, in order.
 * spec: CORE-1.1.1 §6.4.2, /1/x/6 */

#include "client/reporting.h"

bool ln_client__stored_init(const struct ln_client_reporting *reporting)
{
    return reporting->stored_count == 0 ||
           (reporting->stored != NULL && reporting->stored_memory != NULL);
}

static uint8_t *place_of(const struct ln_client_reporting *reporting, size_t index)
{
    return (uint8_t *)reporting->stored_memory + index * reporting->stored_size;
}

static size_t index_of(const struct ln_client_reporting *reporting, size_t n)
{
    return (reporting->state->first_stored + n) % reporting->stored_count;
}

/* What has been taken, or dropped, at the front makes room. */
static void close_up(const struct ln_client_reporting *reporting)
{
    struct ln_client_reporting_state *state = reporting->state;

    while (state->stored_count > 0 && reporting->stored[state->first_stored].len == 0) {
        state->first_stored = (uint16_t)index_of(reporting, 1);
        state->stored_count--;
    }
}

static void put(const struct ln_client *client, const struct ln_client_observation *o,
                struct ln_bytes datagram, struct ln_writer *w)
{
    (void)client, (void)o;
    ln_write_bytes(w, datagram);
}

/* Writes the notification down, if there is a place. */
static void keep(struct ln_client *client, struct ln_client_observation *o, ln_time now)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    struct ln_client_reporting_state *state = reporting->state;
    struct ln_client_server *server = &client->config->servers[o->link];
    uint8_t *room = server->answer; /* nobody asks for the last one again without a link */

    if (reporting->stored_count == 0) {
        client->stats.not_stored++;
        return;
    }
    if (state->stored_count == reporting->stored_count) {
        client->stats.not_stored++;
        reporting->stored[state->first_stored].len = 0;
        close_up(reporting);
    }
    server->answer_len = 0;
    size_t at = index_of(reporting, state->stored_count);
    o->sequence = ln_client__next_sequence(client);
    size_t len = ln_client__write_notification(client, o, now, room);
    if (len > reporting->stored_size) {
        client->stats.not_stored++;
        return;
    }
    struct ln_writer w = ln_writer(place_of(reporting, at), reporting->stored_size);
    reporting->storing->put(client, o, ln_bytes(room, len), &w);
    reporting->stored[at] = (struct ln_client_stored){
        o->link, (uint16_t)(o - reporting->observations), (uint16_t)w.written};
    state->stored_count++;
}

static size_t find(const struct ln_client_reporting *reporting, ln_link link)
{
    size_t n = 0;

    while (n < reporting->state->stored_count) {
        const struct ln_client_stored *stored = &reporting->stored[index_of(reporting, n)];
        if (stored->len > 0 && stored->link == link) {
            break;
        }
        n++;
    }
    return n;
}

/* Whether some can leave now. */
static bool has(const struct ln_client *client, const struct ln_client_server *server)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    return ln_client__is_reached(server) &&
           find(reporting, server->link) < reporting->state->stored_count;
}

static size_t take(struct ln_client *client, ln_link link, void *buffer)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    size_t at = index_of(reporting, find(reporting, link));
    struct ln_client_stored *stored = &reporting->stored[at];
    struct ln_bytes kept = ln_bytes(place_of(reporting, at), stored->len);
    uint16_t id = client->next_id++;
    struct ln_writer w = ln_writer(buffer, kept.len);

    ln_write_bytes(&w, kept);
    ln_client__readdress(buffer, LN_COAP_NON, id);
    ln_client__keep_id(&reporting->observations[stored->observation], id);
    client->stats.notified++;
    stored->len = 0;
    close_up(reporting);
    return kept.len;
}

void ln_client__stored_drop(struct ln_client *client, const struct ln_client_observation *o)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    for (size_t n = 0; n < reporting->state->stored_count; n++) {
        struct ln_client_stored *stored = &reporting->stored[index_of(reporting, n)];
        if (stored->len > 0 && &reporting->observations[stored->observation] == o) {
            stored->len = 0;
            client->stats.not_stored++;
        }
    }
    close_up(reporting);
}

/* ---- With and without a link ---- */

/* The link is lost, and the registration kept. */
static bool is_offline(const struct ln_client_server *server)
{
    bool may_be = ln_client__is_registered(server) ||
                  server->state == LN_REGISTRATION_OPENING ||
                  server->state == LN_REGISTRATION_WAITING;

    return may_be && server->keeps && server->waited == LN_REGISTRATION_WAITING;
}

/* spec: CORE-1.1.1 §6.4.2: stored where /1/x/6 says so, else it is discarded. */
static void put_aside(struct ln_client *client, const struct ln_client_server *server,
                      ln_time now)
{
    const struct ln_server_account *account = ln_client__account(client, server);
    struct ln_client_observation *o = NULL;

    while ((o = ln_client__next_observation(client, server, o)) != NULL) {
        if (!ln_client__is_to_notify(client, o, now) || o->is_gone) {
            continue;
        }
        if (account != NULL && account->store_notifications) {
            keep(client, o, now);
        }
        ln_client__noted(client, o, now);
    }
}

size_t ln_client__stored_send(struct ln_client *client, struct ln_client_server *server,
                              ln_time now, void *buffer)
{
    if (is_offline(server)) {
        put_aside(client, server, now);
        return 0;
    }
    return has(client, server) ? take(client, server->link, buffer) : 0;
}

ln_time ln_client__stored_deadline(const struct ln_client *client,
                                   const struct ln_client_server *server)
{
    struct ln_client_observation *o = NULL;
    ln_time due = LN_NEVER;

    if (!is_offline(server)) {
        return has(client, server) ? 0 : LN_NEVER;
    }
    while ((o = ln_client__next_observation(client, server, o)) != NULL) {
        due = o->is_gone ? due : ln_time_min(due, o->due);
    }
    return due;
}

const struct ln_client_storing_calls ln_client_storing_calls = {
    .init = ln_client__stored_init,
    .send = ln_client__stored_send,
    .deadline = ln_client__stored_deadline,
    .drop = ln_client__stored_drop,
    .put = put,
};
