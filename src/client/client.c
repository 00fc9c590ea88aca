/* The client of one device: its accounts, and what comes in and goes out for each of them. */

#include "client/client.h"

#include "client/blocks.h"
#include "client/data.h"
#include "client/queue_mode.h"
#include "client/register.h"
#include "client/reporting.h"

enum {
    DATAGRAM_DEFAULT = 1152,
    DATAGRAM_LEAST = 128,
    SILENCE_DEFAULT = 86400, /* seconds: /1/x/5 */
};

struct ln_server_account *ln_client__account(const struct ln_client *client,
                                             const struct ln_client_server *server)
{
    return ln_client__instance(ln_client__entry(client->config, 1), server->server_instance);
}

/* ---- Beginning ---- */

static bool objects_hold_together(const struct ln_client_config *config)
{
    const struct ln_object_entry *security = ln_client__entry(config, 0);

    for (size_t i = 1; i < config->object_count; i++) {
        if (config->objects[i].object->id <= config->objects[i - 1].object->id) {
            return false;
        }
    }
    return security != NULL && security->object == &ln_security_object &&
           ln_client__entry(config, 1) != NULL && ln_client__entry(config, 3) != NULL;
}

static bool is_whole(const struct ln_client_config *config)
{
    size_t endpoint = ln_bytes_of_text(config->endpoint).len;

    return endpoint > 0 && endpoint <= LN_LIMIT_ENDPOINT &&
           (config->operations == NULL || config->formats != NULL) &&
           config->random.fill != NULL && config->servers != NULL && config->server_count > 0 &&
           config->server_count <= UINT8_MAX && ln_client__speaks(config->version) &&
           (config->datagram_size == 0 || config->datagram_size >= DATAGRAM_LEAST) &&
           objects_hold_together(config);
}

static bool init_parts(const struct ln_client *client)
{
    const struct ln_client_blocks *blocks = client->config->blocks;
    const struct ln_client_reporting *reporting = client->config->reporting;

    return (blocks == NULL || (blocks->calls != NULL && blocks->calls->init(client))) &&
           (reporting == NULL || (reporting->calls != NULL && reporting->calls->init(client)));
}

ln_err ln_client_init(struct ln_client *client, size_t size,
                      const struct ln_client_config *config)
{
    if (size != sizeof(*client) || !is_whole(config)) {
        return LN_ERR_BAD_CONFIG;
    }
    *client = (struct ln_client){
        .config = config,
        .coap = config->coap == NULL ? &ln_coap_parameters_default : config->coap,
        .next_id = (uint16_t)ln_random_u32(&config->random),
        .datagram_size = config->datagram_size == 0 ? DATAGRAM_DEFAULT : config->datagram_size,
    };
    size_t datagram = ln_client__datagram_size(client);
    size_t needed = LN_CLIENT_MEMORY(config->server_count, datagram, config->scratch_size);
    uint8_t *memory = config->memory;

    if (memory == NULL || config->memory_size < needed || !init_parts(client)) {
        return LN_ERR_BAD_CONFIG;
    }
    for (size_t i = 0; i < config->server_count; i++) {
        config->servers[i] = (struct ln_client_server){
            .answer = memory + 2 * i * datagram,
            .request = memory + (2 * i + 1) * datagram,
            .due = LN_NEVER,
            .link = (ln_link)i,
        };
    }
    client->scratch =
        ln_arena(memory + 2 * config->server_count * datagram, config->scratch_size);
    return LN_OK;
}

/* ---- The registration machine's actions ---- */

static struct ln_registration_waits waits_of(const struct ln_client *client,
                                             const struct ln_client_server *server)
{
    const struct ln_server_account *account = ln_client__account(client, server);
    uint32_t silence = account == NULL ? 0 : account->disable_timeout;

    return (struct ln_registration_waits){
        .refresh = ln_client__registration_refresh(
            server->lifetime, ln_coap_max_transmit_wait(ln_client__coap(client))),
        .silence = (int64_t)1000 * (silence == 0 ? SILENCE_DEFAULT : silence),
        .random = &client->config->random,
    };
}

/*
 * Nothing of the old link goes out on a new one. What was served stays known: a copy that took
 * the long way may still arrive, and must not run again.
 */
static void link_is_gone(struct ln_client *client, struct ln_client_server *server)
{
    if (client->config->blocks != NULL) {
        client->config->blocks->calls->drop(client, server);
    }
    server->link_is_up = false;
    server->answer_due = false;
    server->wants_disable = false;
    server->empty = 0;
    server->exchange = (struct ln_coap_exchange){0};
}

static void act(struct ln_client *client, struct ln_client_server *server, ln_time now,
                enum ln_registration_action action)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    bool fits = true;

    if (t != NULL && action != LN_DO_NOTHING) {
        t->sends = false;
    }
    switch (action) {
    case LN_DO_NOTHING:
        break;
    case LN_DO_OPEN:
        ln_client__news(server, LN_CLIENT_OPEN);
        break;
    case LN_DO_CLOSE:
        link_is_gone(client, server);
        ln_client__news(server, LN_CLIENT_CLOSE);
        break;
    case LN_DO_REGISTER:
        fits = ln_client__register(client, server);
        break;
    case LN_DO_UPDATE:
        fits = ln_client__update(client, server);
        break;
    case LN_DO_DEREGISTER:
        fits = ln_client__deregister(client, server);
        break;
    }
    if (!fits) {
        server->refusal = LN_COAP_4_13;
        ln_client__step(client, server, now, LN_ON_DENIED);
    }
}

static bool is_known(uint8_t state)
{
    return state == LN_REGISTRATION_REGISTERED || state == LN_REGISTRATION_UPDATING;
}

void ln_client__step(struct ln_client *client, struct ln_client_server *server, ln_time now,
                     enum ln_registration_event event)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    struct ln_registration_waits waits = waits_of(client, server);
    const struct ln_registration_transition *t =
        ln_client__registration_step(server, now, event, &waits);

    if (t == NULL) {
        return;
    }
    if (t->from == LN_REGISTRATION_UPDATING && t->to == LN_REGISTRATION_WAITING) {
        ln_client__untold(server);
    }
    if (reporting != NULL) {
        reporting->calls->stepped(client, server, t);
    }
    if (t->news != LN_CLIENT_NO_NEWS) {
        ln_client__news(server, (enum ln_client_event_kind)t->news);
    }
    act(client, server, now, (enum ln_registration_action)t->action);
}

/* ---- Accounts ---- */

static bool find_security(const struct ln_client *client, uint16_t short_id, uint16_t *id)
{
    const struct ln_object_entry *entry = ln_client__entry(client->config, 0);
    const struct ln_security *security;

    for (*id = 0; (security = ln_client__next_instance(entry, id)) != NULL; (*id)++) {
        if (!security->is_bootstrap && security->short_id == short_id) {
            return true;
        }
    }
    return false;
}

static struct ln_client_server *slot_of(struct ln_client *client, uint16_t server_instance)
{
    struct ln_client_server *servers = client->config->servers;

    for (size_t i = 0; i < client->config->server_count; i++) {
        if (!servers[i].in_use || servers[i].server_instance == server_instance) {
            return &servers[i];
        }
    }
    return NULL;
}

void ln_client_start(struct ln_client *client, ln_time now)
{
    const struct ln_object_entry *entry = ln_client__entry(client->config, 1);
    const struct ln_server_account *account;
    uint16_t security;

    for (uint16_t id = 0; (account = ln_client__next_instance(entry, &id)) != NULL; id++) {
        struct ln_client_server *server = slot_of(client, id);
        if (server == NULL || !find_security(client, account->short_id, &security)) {
            continue;
        }
        if (!server->in_use) {
            server->version = (uint8_t)client->config->version;
        }
        server->in_use = true;
        server->server_instance = id;
        server->security_instance = security;
        server->short_id = account->short_id;
        ln_client__step(client, server, now, LN_ON_START);
    }
}

void ln_client_stop(struct ln_client *client, ln_time now)
{
    for (size_t i = 0; i < client->config->server_count; i++) {
        ln_client__step(client, &client->config->servers[i], now, LN_ON_STOP);
    }
}

bool ln_client_is_idle(const struct ln_client *client)
{
    for (size_t i = 0; i < client->config->server_count; i++) {
        if (client->config->servers[i].state != LN_REGISTRATION_IDLE) {
            return false;
        }
    }
    return true;
}

static bool can_update(const struct ln_client_server *server)
{
    return is_known(server->state) || server->state == LN_REGISTRATION_ASLEEP;
}

void ln_client_changed(struct ln_client *client, ln_time now, struct ln_path path)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    for (size_t i = 0; i < client->config->server_count; i++) {
        struct ln_client_server *server = &client->config->servers[i];
        if (can_update(server) && ln_client__differs(client, server)) {
            server->wants_update = true;
        }
    }
    if (reporting != NULL) {
        reporting->calls->changed(client, now, &path);
    }
}

void ln_client_update(struct ln_client *client, ln_time now)
{
    (void)now;
    for (size_t i = 0; i < client->config->server_count; i++) {
        struct ln_client_server *server = &client->config->servers[i];
        server->wants_update = can_update(server);
    }
}

bool ln_client__is_registered(const struct ln_client_server *server)
{
    return is_known(server->state);
}

/* ---- Links ---- */

static struct ln_client_server *server_of(struct ln_client *client, ln_link link)
{
    bool is_one = link < client->config->server_count && client->config->servers[link].in_use;

    return is_one ? &client->config->servers[link] : NULL;
}

void ln_client_link_up(struct ln_client *client, ln_time now, ln_link link)
{
    struct ln_client_server *server = server_of(client, link);

    if (server != NULL && (server->state == LN_REGISTRATION_OPENING ||
                           server->state == LN_REGISTRATION_PARTING)) {
        server->link_is_up = true;
        server->news &= (uint8_t) ~(1U << LN_CLIENT_OPEN); /* where nobody had to read it */
        ln_client__step(client, server, now, server->keeps ? LN_ON_LINK_BACK : LN_ON_LINK_UP);
    }
}

void ln_client_link_up_anew(struct ln_client *client, ln_time now, ln_link link)
{
    struct ln_client_server *server = server_of(client, link);

    /* Who is about to leave does so by the link there is. */
    if (server != NULL && server->state == LN_REGISTRATION_OPENING) {
        server->keeps = false;
    }
    ln_client_link_up(client, now, link);
}

/* spec: CORE-1.1.1 §E.2 LwM2M Object: LwM2M Server, TLS-DTLS Alert Code */
static void keep_alert(struct ln_client *client, const struct ln_client_server *server,
                       ln_time now, uint8_t alert)
{
    struct ln_server_account *account = ln_client__account(client, server);

    if (account != NULL && ln_client__version_with(server) > LN_VERSION_1_0) {
        account->alert = (uint16_t)(alert + 1);
        ln_client_changed(client, now, ln_path_resource(1, server->server_instance, 11));
    }
}

/* Alerts after which trying again soon will not do: certificates and identities that the server does
 * not take. All others may pass. spec: CORE-1.1.1 §5.2.9 Alert handling */
static bool is_final(uint8_t alert)
{
    static const uint8_t final[] = {42, 43, 44, 45, 46, 48, 49, 112, 113, 114, 115};

    for (size_t i = 0; i < LN_COUNT(final); i++) {
        if (final[i] == alert) {
            return true;
        }
    }
    return false;
}

void ln_client_link_down(struct ln_client *client, ln_time now, ln_link link,
                         enum ln_link_reason reason, uint8_t alert)
{
    struct ln_client_server *server = server_of(client, link);

    if (server == NULL) {
        return;
    }
    link_is_gone(client, server);
    if (reason == LN_LINK_REFUSED) {
        keep_alert(client, server, now, alert);
    }
    if (reason == LN_LINK_UNTRUSTED || (reason == LN_LINK_REFUSED && is_final(alert))) {
        server->refusal = 0;
        ln_client__step(client, server, now, LN_ON_LINK_REFUSED);
    } else {
        ln_client__step(client, server, now, LN_ON_LINK_DOWN);
    }
}

/* ---- Datagrams in ---- */

static void send_empty(struct ln_client_server *server, enum ln_coap_type type, uint16_t id)
{
    server->empty = (uint8_t)(1 + type);
    server->empty_id = id;
}

/*
 * After a block of our request was answered, or given up (`options` NULL). False: it was the
 * last one, or there are no blocks.
 */
static bool goes_on(struct ln_client *client, struct ln_client_server *server, ln_time now,
                    uint8_t code, const struct ln_coap_options *options)
{
    const struct ln_client_blocks *blocks = client->config->blocks;
    enum ln_coap_block_step next = blocks == NULL
                                       ? LN_COAP_BLOCK_END
                                       : blocks->calls->go_on(client, server, code, options);

    if (next == LN_COAP_BLOCK_FAILED) {
        ln_client__step(client, server, now, LN_ON_LOST);
    }
    return next != LN_COAP_BLOCK_END;
}

static void lost(struct ln_client *client, struct ln_client_server *server, ln_time now)
{
    bool reset = server->exchange.outcome == LN_COAP_RESET;

    server->exchange.state = LN_COAP_IDLE;
    if (reset || !goes_on(client, server, now, 0, NULL)) {
        ln_client__step(client, server, now, LN_ON_LOST);
    }
}

static void take_empty(struct ln_client *client, struct ln_client_server *server, ln_time now,
                       const struct ln_coap_message *m)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    bool ours = server->exchange.state != LN_COAP_IDLE && server->exchange.id == m->id;
    enum ln_coap_exchange_event event =
        m->type == LN_COAP_ACK ? LN_COAP_ON_ACK : LN_COAP_ON_RST;

    if (m->type == LN_COAP_CON) {
        send_empty(server, LN_COAP_RST, m->id); /* a ping */
    } else if (ours &&
               ln_coap_exchange_step(&server->exchange, ln_client__coap(client), now, event)) {
        lost(client, server, now);
    } else if (reporting != NULL) {
        reporting->calls->take_empty(client, server, now, m);
    }
}

/* RFC 7252 §4.4 and §5.3.2: matched by its token, and by its id where it is on the ACK. */
static void take_response(struct ln_client *client, struct ln_client_server *server,
                          ln_time now, const struct ln_coap_message *m)
{
    struct ln_coap_exchange *x = &server->exchange;
    bool ours = ln_coap_token_equal(&m->token, &server->token);
    struct ln_coap_options options;

    if (m->type == LN_COAP_ACK && m->id != x->id) {
        return;
    }
    if (!ours || ln_coap_options(m, &options) != LN_OK) {
        if (m->type == LN_COAP_CON) {
            send_empty(server, LN_COAP_RST, m->id);
        }
        return;
    }
    if (m->type == LN_COAP_CON) {
        send_empty(server, LN_COAP_ACK, m->id); /* also when it comes again */
    }
    if (x->state != LN_COAP_IDLE &&
        ln_coap_exchange_step(x, ln_client__coap(client), now, LN_COAP_ON_RESPONSE)) {
        x->state = LN_COAP_IDLE;
        if (!goes_on(client, server, now, m->code, &options)) {
            ln_client__step(client, server, now, ln_client__answered(client, server, m));
        }
    }
}

/*
 * A request is served once. While the last answer has not been taken there is no room for
 * another, and before the server has confirmed the registration nothing is served: the server
 * will ask again.
 */
static void take_request(struct ln_client *client, struct ln_client_server *server, ln_time now,
                         const struct ln_coap_message *m, uint32_t checksum)
{
    const struct ln_client_operation *const *operations = client->config->operations;
    bool leaves =
        server->state == LN_REGISTRATION_LEAVING || server->state == LN_REGISTRATION_DISABLING;

    if (operations == NULL || *operations == NULL) {
        if (m->type == LN_COAP_CON) {
            send_empty(server, LN_COAP_RST, m->id);
        }
        return;
    }
    if (server->answer_due || (!leaves && !ln_client__is_registered(server))) {
        return;
    }
    switch (
        ln_coap_history_note(&server->history, ln_client__coap(client), now, m->id, checksum)) {
    case LN_COAP_NEW:
        server->answer_len = 0; /* that of an older request is not for this one's repeats */
        if (!leaves) {
            (*operations)->serve(client, server, now, m);
            ln_client_changed(client, now, ln_path_root());
        }
        break;
    case LN_COAP_REPEAT_LAST:
        client->stats.repeats++;
        server->answer_due = server->answer_len > 0;
        break;
    case LN_COAP_REPEAT_OLD:
        client->stats.repeats++;
        break;
    }
}

void ln_client_recv(struct ln_client *client, ln_time now, ln_link link,
                    struct ln_bytes datagram)
{
    struct ln_client_server *server = server_of(client, link);
    struct ln_coap_message m;
    uint16_t id;

    if (server == NULL || !server->link_is_up) {
        return;
    }
    client->stats.received++;
    server->heard = now;
    if (ln_coap_parse(datagram, &m) != LN_OK) {
        client->stats.malformed++;
        if (ln_coap_reject(datagram, &id)) {
            send_empty(server, LN_COAP_RST, id);
        }
    } else if (m.code == LN_COAP_EMPTY) {
        take_empty(client, server, now, &m);
    } else if (ln_coap_is_response(m.code)) {
        take_response(client, server, now, &m);
    } else {
        take_request(client, server, now, &m, ln_checksum(datagram));
    }
}

/* ---- Datagrams out ---- */

/* What an answer or time has made due: a request of ours, or the end of one. */
static void pursue(struct ln_client *client, struct ln_client_server *server, ln_time now)
{
    if (server->due <= now) {
        ln_client__step(client, server, now, LN_ON_TIME);
    }
    if (ln_coap_exchange_step(&server->exchange, ln_client__coap(client), now,
                              LN_COAP_ON_TIME)) {
        lost(client, server, now);
    }
    if (server->wants_disable) {
        server->wants_disable = false;
        ln_client__step(client, server, now, LN_ON_DISABLE);
    } else if (server->wants_update) {
        ln_client__step(client, server, now, LN_ON_CHANGE);
    }
}

static size_t copy(struct ln_bytes datagram, void *buffer, size_t size)
{
    struct ln_writer w = ln_writer(buffer, size);

    ln_write_bytes(&w, datagram);
    return w.failed ? 0 : w.written;
}

static size_t send_request(struct ln_client *client, struct ln_client_server *server,
                           ln_time now, void *buffer, size_t size)
{
    if (server->exchange.state != LN_COAP_SENDING) {
        return 0;
    }
    client->stats.retransmitted += server->exchange.copies > 0;
    (void)ln_coap_exchange_step(&server->exchange, ln_client__coap(client), now,
                                LN_COAP_ON_SENT);
    return copy(ln_bytes(server->request, server->request_len), buffer, size);
}

static size_t send_answer(struct ln_client_server *server, void *buffer, size_t size)
{
    server->answer_due = false;
    return copy(ln_bytes(server->answer, server->answer_len), buffer, size);
}

/* Answers go first: a device that was told to leave still says yes. */
static size_t send_one(struct ln_client *client, struct ln_client_server *server, ln_time now,
                       void *buffer, size_t size)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    const struct ln_client_queue_mode *queue_mode = client->config->queue_mode;

    if (server->empty != 0) {
        enum ln_coap_type type = (enum ln_coap_type)(server->empty - 1);
        server->empty = 0;
        return ln_coap_empty(buffer, size, type, server->empty_id);
    }
    if (!server->answer_due && client->config->blocks != NULL) {
        client->config->blocks->calls->pursue(client, server, now);
    }
    if (server->answer_due) {
        return send_answer(server, buffer, size);
    }
    pursue(client, server, now);
    size_t len = send_request(client, server, now, buffer, size);
    if (len == 0 && reporting != NULL) {
        len = reporting->calls->send(client, server, now, buffer);
    }
    if (len == 0 && queue_mode != NULL) {
        queue_mode->turn(client, server, now);
    }
    return len;
}

size_t ln_client_send(struct ln_client *client, ln_time now, void *buffer, size_t size,
                      ln_link *link)
{
    size_t count = client->config->server_count;

    for (size_t i = 0; i < count; i++) {
        size_t at = (client->next_link + i) % count;
        size_t len = send_one(client, &client->config->servers[at], now, buffer, size);
        if (len > 0) {
            client->config->servers[at].heard = now;
            client->stats.sent++;
            client->next_link = (ln_link)((at + 1) % count);
            *link = (ln_link)at;
            return len;
        }
    }
    return 0;
}

static ln_time deadline_of(const struct ln_client *client,
                           const struct ln_client_server *server)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    const struct ln_client_queue_mode *queue_mode = client->config->queue_mode;
    bool wish = server->wants_disable ||
                (server->wants_update && (server->state == LN_REGISTRATION_REGISTERED ||
                                          server->state == LN_REGISTRATION_ASLEEP));

    if (server->empty != 0 || server->answer_due || wish) {
        return 0;
    }
    ln_time due = ln_time_min(server->due, ln_coap_exchange_deadline(&server->exchange));
    if (queue_mode != NULL) {
        due = ln_time_min(due, queue_mode->deadline(client, server));
    }
    if (reporting != NULL) {
        due = ln_time_min(due, reporting->calls->deadline(client, server));
    }
    const struct ln_client_blocks *blocks = client->config->blocks;
    return blocks == NULL ? due : ln_time_min(due, blocks->calls->deadline(client, server));
}

ln_time ln_client_deadline(const struct ln_client *client)
{
    ln_time deadline = LN_NEVER;

    for (size_t i = 0; i < client->config->server_count; i++) {
        deadline = ln_time_min(deadline, deadline_of(client, &client->config->servers[i]));
    }
    return deadline;
}
