/* Notifications: the messages, and what becomes of them.
 * spec: CORE-1.1.1 §6.4.2; RFC 7641 §4.2 to §4.5 */

#include "client/reporting.h"

enum { UNCONFIRMED = 12 * 60 * 60 * 1000 };

uint32_t ln_client__next_sequence(const struct ln_client *client)
{
    struct ln_client_reporting_state *state = client->config->reporting->state;

    state->sequence = (state->sequence + 1) & UINT32_C(0xffffff);
    return state->sequence;
}

/* The answer to a Read that nobody sent; `answer` stands in the server. */
static void answer(struct ln_client *client, struct ln_client_observation *o, ln_time now)
{
    const struct ln_coap_message message = {.type = LN_COAP_NON, .token = o->token};
    struct ln_client__request r = {
        .client = client,
        .server = &client->config->servers[o->link],
        .now = now,
        .message = &message,
        .options = {.block2 = o->block},
        .operation = {.kind = LN_OPERATION_READ, .path = o->path, .accept = o->format},
        .observes = true,
        .sequence = o->sequence,
    };
    ln_err err = o->is_gone ? LN_ERR_NOT_FOUND : ln_client__find_target(&r);

    if (err == LN_OK) {
        err = ln_client__perform(&r);
    }
    if (err != LN_OK) {
        o->is_gone = true;
        ln_client__answer(&r, ln_coap_code_of(err));
    }
}

size_t ln_client__write_notification(struct ln_client *client, struct ln_client_observation *o,
                                     ln_time now, void *buffer)
{
    struct ln_client_server *server = &client->config->servers[o->link];
    uint8_t *kept = server->answer;
    uint16_t kept_len = server->answer_len;

    server->answer = buffer;
    answer(client, o, now);
    size_t len = server->answer_len;
    server->answer = kept;
    server->answer_len = kept_len;
    server->answer_due = false;
    return len;
}

void ln_client__readdress(void *datagram, enum ln_coap_type type, uint16_t id)
{
    struct ln_reader in = ln_reader(ln_bytes(datagram, LN_COAP_EMPTY_SIZE));
    struct ln_writer w = ln_writer(datagram, LN_COAP_EMPTY_SIZE);

    ln_write_u32(&w, (ln_read_u32(&in) & 0xcfff0000) | (uint32_t)type << 28 | id);
}

/* ---- What leaves ---- */

void ln_client__keep_id(struct ln_client_observation *o, uint16_t id)
{
    o->ids[1] = o->ids[0];
    o->ids[0] = id;
    o->has_ids = (uint8_t)(o->has_ids << 1 | 1);
}

static bool is_to_be_confirmed(const struct ln_client_observation *o, ln_time now)
{
    return o->is_gone || now - o->confirmed >= UNCONFIRMED;
}

/* All of it but for its id. */
static uint32_t checksum_of(const void *datagram, size_t len)
{
    struct ln_reader in = ln_reader(ln_bytes(datagram, len));

    (void)ln_read_u32(&in);
    return ln_checksum(ln_read_rest(&in));
}

/* Writes it with what is there now, and a sequence number of its own. */
static size_t write_new(struct ln_client *client, struct ln_client_observation *o, ln_time now,
                        void *buffer)
{
    ln_client__keep_id(o, client->next_id);
    o->sequence = ln_client__next_sequence(client);
    client->stats.notified++;
    size_t len = ln_client__write_notification(client, o, now, buffer);
    ln_client__noted(client, o, now);
    return len;
}

static size_t write_first(struct ln_client *client, struct ln_client_notifier *notifier,
                          struct ln_client_observation *o, ln_time now, void *buffer)
{
    bool confirmable = notifier->exchange.state == LN_COAP_IDLE && is_to_be_confirmed(o, now);
    size_t len = write_new(client, o, now, buffer);

    if (confirmable) {
        ln_coap_exchange_start(&notifier->exchange, ln_client__coap(client),
                               &client->config->random, o->ids[0], true, false);
        notifier->observation = o;
    } else if (o->is_gone) {
        ln_client__end_observation(client, o);
    }
    return len;
}

/*
 * RFC 7641 §4.5.2: what is there now takes the place of what was sent before. If that is something
 * else, it is another message; the waits and copies go on as they were.
 */
static size_t write_again(struct ln_client *client, struct ln_client_notifier *notifier,
                          ln_time now, void *buffer)
{
    struct ln_client_observation *o = notifier->observation;
    size_t len = ln_client__write_notification(client, o, now, buffer);

    if (checksum_of(buffer, len) == notifier->checksum) {
        client->stats.retransmitted++;
    } else {
        len = write_new(client, o, now, buffer);
        notifier->exchange.id = o->ids[0];
    }
    return len;
}

bool ln_client__is_under_way(const struct ln_client *client,
                             const struct ln_client_observation *o)
{
    const struct ln_client_notifier *notifier = &client->config->reporting->notifiers[o->link];

    return notifier->exchange.state != LN_COAP_IDLE && notifier->observation == o;
}

struct ln_client_observation *ln_client__find_due(const struct ln_client *client,
                                                  const struct ln_client_server *server,
                                                  ln_time now)
{
    struct ln_client_observation *o = NULL;

    do {
        o = ln_client__next_observation(client, server, o);
    } while (o != NULL &&
             (ln_client__is_under_way(client, o) || !ln_client__is_to_notify(client, o, now)));
    return o;
}

size_t ln_client__send_notification(struct ln_client *client,
                                    const struct ln_client_server *server, ln_time now,
                                    void *buffer)
{
    struct ln_client_notifier *notifier = ln_client__notifier(client, server);
    size_t len;

    if (notifier->exchange.state == LN_COAP_SENDING) {
        len = write_again(client, notifier, now, buffer);
    } else {
        struct ln_client_observation *o = ln_client__find_due(client, server, now);
        len = o == NULL ? 0 : write_first(client, notifier, o, now, buffer);
    }
    if (notifier->exchange.state ==
        LN_COAP_SENDING) { /* all but type and id are in the buffer */
        notifier->checksum = checksum_of(buffer, len);
        (void)ln_coap_exchange_step(&notifier->exchange, ln_client__coap(client), now,
                                    LN_COAP_ON_SENT);
        ln_client__readdress(buffer, LN_COAP_CON, notifier->exchange.id);
    }
    return len;
}

/* ---- What comes back ---- */

static bool has_id(const struct ln_client_observation *o, uint16_t id)
{
    return ((o->has_ids & 1) != 0 && o->ids[0] == id) ||
           ((o->has_ids & 2) != 0 && o->ids[1] == id);
}

/* A Reset ends the observation, and so does the ACK of its last notification. */
static bool ends(const struct ln_client *client, struct ln_client_observation *o, ln_time now,
                 const struct ln_coap_message *m)
{
    struct ln_coap_exchange *exchange = &client->config->reporting->notifiers[o->link].exchange;

    if (m->type == LN_COAP_RST) {
        return has_id(o, m->id);
    }
    if (!ln_client__is_under_way(client, o) || exchange->id != m->id ||
        !ln_coap_exchange_step(exchange, ln_client__coap(client), now, LN_COAP_ON_ACK)) {
        return false;
    }
    exchange->state = LN_COAP_IDLE;
    o->confirmed = now;
    return o->is_gone;
}

void ln_client__take_empty(struct ln_client *client, const struct ln_client_server *server,
                           ln_time now, const struct ln_coap_message *m)
{
    struct ln_client_observation *o = NULL;

    while ((o = ln_client__next_observation(client, server, o)) != NULL) {
        if (ends(client, o, now, m)) {
            ln_client__end_observation(client, o);
        }
    }
}
