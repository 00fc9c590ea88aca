/* Bootstrap, the device's side: when it is asked for, what goes in and out meanwhile, how it ends.
 * spec: CORE-1.1.1 §6.1 Bootstrap Interface */

#include "client/bootstrap.h"

#include "client/blocks.h"
#include "client/registration.h"
#include "client/reporting.h"

enum {
    FIRST_WAIT = 10 * 1000,
    LONGEST_WAIT = 60 * 60 * 1000,
    ATTEMPTS_DEFAULT = 5,
    TRIGGER = 9, /* /1/x/9 */
};

#define REASON(name) LN_CLIENT_BOOTSTRAP_##name##_REASON

/* Events that wait, in the order in which they are told. */
enum news { BEGUN, DONE, FAILED, PURGED, CLOSE, OPEN, NEWS };

static const uint8_t kinds[NEWS] = {
    [BEGUN] = LN_CLIENT_BOOTSTRAPPING,
    [DONE] = LN_CLIENT_BOOTSTRAPPED,
    [FAILED] = LN_CLIENT_BOOTSTRAP_FAILED,
    [PURGED] = LN_CLIENT_BOOTSTRAP_PURGED,
    [CLOSE] = LN_CLIENT_CLOSE,
    [OPEN] = LN_CLIENT_OPEN,
};

static void tell(struct ln_client_bootstrap *b, enum news news)
{
    if (news == CLOSE) {
        b->news &= (uint8_t) ~(1U << OPEN);
    }
    b->news |= (uint8_t)(1U << news);
}

static const struct ln_client_config *own(const struct ln_client_bootstrap *b)
{
    return b->config->client->config;
}

static const struct ln_security *account_of(const struct ln_client_bootstrap *b)
{
    uint16_t id;

    return ln_client__bootstrap_account(own(b), &id);
}

/* ---- Beginning ---- */

ln_err ln_client_bootstrap_init(struct ln_client_bootstrap *b, size_t size,
                                const struct ln_client_bootstrap_config *config)
{
    if (size != sizeof(*b) || config->client == NULL || config->client->config == NULL ||
        (config->key_count > 0 && (config->keys == NULL || config->key_size == 0))) {
        return LN_ERR_BAD_CONFIG;
    }
    *b = (struct ln_client_bootstrap){
        .config = config,
        .state = LN_CLIENT_BOOTSTRAP_STOPPED,
        .due = LN_NEVER,
        .purge_due = LN_NEVER,
    };
    if (!ln_client__init_copies(b)) {
        return LN_ERR_BAD_CONFIG;
    }
    b->peer_config = *own(b);
    b->peer_config.objects = config->views;
    b->peer_config.operations = ln_client__bootstrap_operations;
    b->peer_config.queue_mode = NULL;
    b->peer_config.servers = &b->server;
    b->peer_config.server_count = 1;
    b->peer_config.memory = config->memory;
    b->peer_config.memory_size = config->memory_size;
    b->peer_config.blocks = config->blocks;
    b->peer_config.reporting = NULL;
    return ln_client_init(&b->peer, sizeof(b->peer), &b->peer_config);
}

/* Whether servers may ask for a bootstrap: they cannot where there is nobody to bootstrap from. */
static void offer_trigger(const struct ln_client_bootstrap *b)
{
    const struct ln_object_entry *entry = ln_client__entry(own(b), 1);
    const struct ln_resource *row = ln_object_resource(entry->object, TRIGGER);
    bool offers = own(b)->version > LN_VERSION_1_0 && account_of(b) != NULL;
    void *instance;

    for (uint16_t id = 0;
         row != NULL && (instance = ln_client__next_instance(entry, &id)) != NULL; id++) {
        uint32_t *absent = ln_client__absent(entry->object, instance);
        uint32_t bit = ln_client__absent_bit(entry->object, row);
        *absent = offers ? *absent & ~bit : *absent | bit;
    }
}

/* spec: CORE-1.1.1 §E.1: /0/x/12, Bootstrap-Server Account Timeout */
static void plan_purge(struct ln_client_bootstrap *b, ln_time now)
{
    const struct ln_security *account = account_of(b);

    b->purge_due = account == NULL || account->bootstrap_timeout == 0
                       ? LN_NEVER
                       : now + (ln_time)account->bootstrap_timeout * 1000;
}

void ln_client_bootstrap_request(struct ln_client_bootstrap *b, ln_time now)
{
    b->is_asked = true;
    b->attempts = 0;
    if (b->state == LN_CLIENT_BOOTSTRAP_HOLDING) {
        b->due = now;
    }
}

/* ---- Links ---- */

/* Nothing of the link that was remains. */
static void reset_peer(struct ln_client_bootstrap *b)
{
    struct ln_client_server *server = &b->server;

    if (b->peer_config.blocks != NULL) {
        b->peer_config.blocks->calls->drop(&b->peer, server);
    }
    *server = (struct ln_client_server){
        .in_use = true,
        .answer = server->answer,
        .request = server->request,
        .server_instance = LN_ID_NONE,
        .security_instance = LN_ID_NONE,
        .version = (uint8_t)b->peer_config.version,
        .due = LN_NEVER,
    };
}

static void close_link(struct ln_client_bootstrap *b)
{
    reset_peer(b);
    tell(b, CLOSE);
}

/* ---- Ends ---- */

/* Twice as long after each failure; and up to a quarter more, so that devices that failed together do
 * not come back together. */
static ln_time wait_for(const struct ln_client_bootstrap *b)
{
    const struct ln_security *account = account_of(b);
    uint64_t wait = account == NULL ? 0 : (uint64_t)account->hold_off * 1000;

    if (b->attempts > 0) {
        wait = wait > FIRST_WAIT ? wait : FIRST_WAIT;
    }
    for (unsigned i = 1; i < b->attempts && wait < LONGEST_WAIT; i++) {
        wait = wait * 2 < LONGEST_WAIT ? wait * 2 : LONGEST_WAIT;
    }
    uint64_t quarter = wait / 4 < UINT32_MAX ? wait / 4 : UINT32_MAX;
    return (ln_time)wait + ln_random_below(&own(b)->random, (uint32_t)quarter);
}

static void hold(struct ln_client_bootstrap *b, ln_time now)
{
    b->state = LN_CLIENT_BOOTSTRAP_HOLDING;
    b->due = now + wait_for(b);
}

/* What went wrong before is more to the point than that it then came to nothing. */
static void note(struct ln_client_bootstrap *b, enum ln_client_bootstrap_reason reason)
{
    bool came_to_nothing = reason == REASON(NO_FINISH) || reason == REASON(LINK_LOST);

    b->reason = (uint8_t)reason;
    b->path = ln_path_root();
    if (came_to_nothing && b->fault != REASON(NONE)) {
        b->reason = b->fault;
        b->path = b->fault_path;
        b->code = LN_COAP_4_06;
    } else if (came_to_nothing && b->refused_code != 0) {
        b->reason = REASON(BAD_REQUEST);
        b->path = b->refused_path;
        b->code = b->refused_code;
    }
}

static void fail(struct ln_client_bootstrap *b, ln_time now,
                 enum ln_client_bootstrap_reason reason)
{
    note(b, reason);
    if (b->is_open) {
        ln_client__close_copies(b, false);
        b->stats.rolled_back++;
    }
    b->stats.failed++;
    b->attempts = (uint8_t)(b->attempts + (b->attempts < UINT8_MAX));
    tell(b, FAILED);
    hold(b, now);
}

/* Without a bootstrap account there is nothing to wait for. */
static void give_up(struct ln_client_bootstrap *b)
{
    note(b, REASON(NO_ACCOUNT));
    b->stats.failed++;
    b->state = LN_CLIENT_BOOTSTRAP_WATCHING;
    b->due = LN_NEVER;
    b->is_asked = false;
    tell(b, FAILED);
}

/* A server that was known before, and all that it had asked for. */
static void forget(struct ln_client *client, struct ln_client_server *server, ln_time now)
{
    const struct ln_client_reporting *reporting = client->config->reporting;
    const struct ln_registration_transition t = {
        .from = LN_REGISTRATION_REGISTERED,
        .on = LN_ON_STOP,
        .to = LN_REGISTRATION_IDLE,
        .action = LN_DO_DEREGISTER,
        .news = LN_CLIENT_NO_NEWS,
    };

    ln_client_link_down(client, now, server->link, LN_LINK_FAILED, 0);
    for (size_t i = 0; reporting != NULL && i < reporting->attribute_count; i++) {
        if (reporting->attributes[i].link == server->link) {
            reporting->attributes[i].in_use = false;
        }
    }
    if (reporting != NULL) {
        reporting->calls->stepped(client, server, &t);
    }
    *server = (struct ln_client_server){
        .answer = server->answer,
        .request = server->request,
        .due = LN_NEVER,
        .link = server->link,
        .news = 1U << LN_CLIENT_CLOSE,
    };
}

/* spec: CORE-1.1.1 §6.1.6: what was registered before counts no more. */
static void serve_anew(struct ln_client_bootstrap *b, ln_time now)
{
    struct ln_client *client = b->config->client;

    for (size_t i = 0; i < client->config->server_count; i++) {
        if (client->config->servers[i].in_use) {
            forget(client, &client->config->servers[i], now);
        }
    }
    offer_trigger(b);
    ln_client_start(client, now);
}

ln_err ln_client__bootstrap_finish(struct ln_client_bootstrap *b, ln_time now)
{
    uint32_t linger = b->config->linger;
    ln_err err = LN_OK;

    b->fault = (uint8_t)ln_client__bootstrap_check(&b->peer_config, &b->fault_path);
    if (b->fault != REASON(NONE)) {
        b->stats.inconsistent++;
        return LN_ERR_NOT_ACCEPTABLE;
    }
    ln_client__swap_copies(b);
    if (b->config->keep != NULL) {
        err = b->config->keep(b->config->context);
    }
    if (err != LN_OK) {
        ln_client__swap_copies(b);
        b->fault = REASON(NOT_KEPT);
        b->fault_path = ln_path_root();
        return LN_ERR_INTERNAL;
    }
    ln_client__close_copies(b, true);
    b->stats.bootstrapped++;
    b->state = LN_CLIENT_BOOTSTRAP_LINGERING;
    b->due = now + (linger > 0 ? linger : ln_coap_max_transmit_wait(ln_client__coap(&b->peer)));
    b->is_asked = false;
    b->attempts = (uint8_t)(b->attempts + (b->attempts < UINT8_MAX)); /* until one registers */
    plan_purge(b, now);
    tell(b, DONE);
    serve_anew(b, now);
    return LN_OK;
}

/* ---- Asking ---- */

static void begin(struct ln_client_bootstrap *b, ln_time now)
{
    ln_client__open_copies(b);
    b->state = LN_CLIENT_BOOTSTRAP_SERVING;
    b->server.state = LN_REGISTRATION_UPDATING; /* requests are served, and none sent */
    b->fault = REASON(NONE);
    b->refused_code = 0;
    tell(b, BEGUN);
    ln_client__bootstrap_heard(b, now);
}

void ln_client__bootstrap_heard(struct ln_client_bootstrap *b, ln_time now)
{
    uint32_t timeout = b->config->finish_timeout;

    if (b->state == LN_CLIENT_BOOTSTRAP_SERVING) {
        b->due = now +
                 (timeout > 0 ? timeout : ln_coap_exchange_lifetime(ln_client__coap(&b->peer)));
    }
}

bool ln_client__bootstrap_may_begin(struct ln_client_bootstrap *b, ln_time now)
{
    const struct ln_security *account = account_of(b);
    bool is_proved = account != NULL && account->mode != LN_SECURITY_NONE;

    if (b->state == LN_CLIENT_BOOTSTRAP_LINGERING && account != NULL &&
        (is_proved || b->config->unasked_without_security)) {
        begin(b, now);
    }
    return b->state == LN_CLIENT_BOOTSTRAP_SERVING;
}

static void ask(struct ln_client_bootstrap *b, ln_time now)
{
    b->state = LN_CLIENT_BOOTSTRAP_ASKING;
    b->due = LN_NEVER;
    b->server.state = LN_REGISTRATION_REGISTERING;
    b->stats.requests++;
    if (!ln_client__write_bootstrap_request(b)) {
        b->code = LN_COAP_4_13;
        close_link(b);
        fail(b, now, REASON(REFUSED));
    }
}

static void answered(struct ln_client_bootstrap *b, ln_time now, uint8_t code)
{
    switch (ln_client__bootstrap_answered(b, code)) {
    case LN_CLIENT_BOOTSTRAP_ANSWERED_YES:
        begin(b, now);
        break;
    case LN_CLIENT_BOOTSTRAP_ASKED_AGAIN:
        ask(b, now);
        break;
    default:
        b->code = code;
        close_link(b);
        fail(b, now, REASON(REFUSED));
        break;
    }
}

/* The answer to the Bootstrap-Request. False: it is something else. */
static bool take_answer(struct ln_client_bootstrap *b, ln_time now, struct ln_bytes datagram)
{
    struct ln_client_server *server = &b->server;
    struct ln_coap_exchange *x = &server->exchange;
    struct ln_coap_message m;
    struct ln_coap_options options;

    if (b->state != LN_CLIENT_BOOTSTRAP_ASKING || x->state == LN_COAP_IDLE ||
        ln_coap_parse(datagram, &m) != LN_OK || !ln_coap_is_response(m.code) ||
        !ln_coap_token_equal(&m.token, &server->token) ||
        (m.type == LN_COAP_ACK && m.id != x->id) || ln_coap_options(&m, &options) != LN_OK) {
        return false;
    }
    if (m.type == LN_COAP_CON) {
        server->empty = 1 + LN_COAP_ACK;
        server->empty_id = m.id;
    }
    if (ln_coap_exchange_step(x, ln_client__coap(&b->peer), now, LN_COAP_ON_RESPONSE)) {
        x->state = LN_COAP_IDLE;
        answered(b, now, m.code);
    }
    return true;
}

/* ---- Time ---- */

/* spec: CORE-1.1.1 §6.1.3 Bootstrap Sequence: who cannot register bootstraps. */
static bool has_given_up(const struct ln_client_bootstrap *b,
                         const struct ln_client_server *server)
{
    uint8_t attempts = b->config->attempts > 0 ? b->config->attempts : ATTEMPTS_DEFAULT;

    return (server->waited == LN_REGISTRATION_REFUSED && server->attempts > 0) ||
           (server->waited == LN_REGISTRATION_WAITING && server->attempts >= attempts);
}

static bool falls_back(const struct ln_client_bootstrap *b)
{
    bool any = false;

    for (size_t i = 0; i < own(b)->server_count; i++) {
        const struct ln_client_server *server = &own(b)->servers[i];
        if (server->in_use && !has_given_up(b, server)) {
            return false;
        }
        any |= server->in_use;
    }
    return any && account_of(b) != NULL;
}

/* Who got servers that do not take it waits longer each time, as after a failure. */
static void note_success(struct ln_client_bootstrap *b)
{
    for (size_t i = 0; i < own(b)->server_count; i++) {
        if (ln_client__is_registered(&own(b)->servers[i])) {
            b->attempts = 0;
        }
    }
}

static bool is_wanted(const struct ln_client_bootstrap *b)
{
    return b->is_asked || falls_back(b);
}

static void open_link(struct ln_client_bootstrap *b)
{
    if (account_of(b) == NULL) {
        give_up(b);
        return;
    }
    b->state = LN_CLIENT_BOOTSTRAP_OPENING;
    b->due = LN_NEVER;
    b->formats = 0;
    b->code = 0;
    tell(b, OPEN);
}

static void purge(struct ln_client_bootstrap *b)
{
    const struct ln_object_entry *entry = ln_client__entry(own(b), 0);
    uint16_t id;

    b->purge_due = LN_NEVER;
    if (ln_client__bootstrap_account(own(b), &id) != NULL &&
        entry->object->calls->remove(entry->store, id) == LN_OK) {
        ln_client__wipe_unused_keys(b);
        offer_trigger(b);
        b->stats.purged++;
        tell(b, PURGED);
    }
}

static void turn_idle(struct ln_client_bootstrap *b, ln_time now)
{
    bool wanted = is_wanted(b);

    note_success(b);
    if (b->state == LN_CLIENT_BOOTSTRAP_LINGERING && (b->due <= now || wanted)) {
        close_link(b);
        b->state = LN_CLIENT_BOOTSTRAP_WATCHING;
        b->due = LN_NEVER;
    }
    if (wanted) {
        hold(b, now);
    } else if (b->purge_due <= now) {
        purge(b);
    }
}

/* What time, or the state of the servers, has made due. */
static void turn(struct ln_client_bootstrap *b, ln_time now)
{
    switch (b->state) {
    case LN_CLIENT_BOOTSTRAP_WATCHING:
    case LN_CLIENT_BOOTSTRAP_LINGERING:
        turn_idle(b, now);
        break;
    case LN_CLIENT_BOOTSTRAP_HOLDING:
        if (!is_wanted(b)) {
            b->state = LN_CLIENT_BOOTSTRAP_WATCHING;
            b->due = LN_NEVER;
            b->attempts = 0;
        } else if (b->due <= now) {
            open_link(b);
        }
        break;
    case LN_CLIENT_BOOTSTRAP_ASKING:
        if (b->server.state != LN_REGISTRATION_REGISTERING) {
            close_link(b);
            fail(b, now, REASON(NO_ANSWER));
        }
        break;
    case LN_CLIENT_BOOTSTRAP_SERVING:
        if (b->due <= now) {
            close_link(b);
            fail(b, now, REASON(NO_FINISH));
        }
        break;
    default:
        break;
    }
}

/* ---- The app's side ---- */

void ln_client_bootstrap_start(struct ln_client_bootstrap *b, ln_time now)
{
    if (b->state == LN_CLIENT_BOOTSTRAP_STOPPED) {
        b->state = LN_CLIENT_BOOTSTRAP_WATCHING;
        offer_trigger(b);
        b->is_asked = !ln_client__has_server_account(own(b));
        if (!b->is_asked) {
            plan_purge(b, now);
        }
        if (b->is_asked && account_of(b) == NULL) {
            give_up(b);
        }
    } else if (b->state == LN_CLIENT_BOOTSTRAP_HOLDING) {
        b->due = now;
    }
    if (!b->is_open) {
        ln_client_start(b->config->client, now);
    }
}

void ln_client_bootstrap_stop(struct ln_client_bootstrap *b, ln_time now)
{
    if (b->is_open) {
        fail(b, now, REASON(STOPPED));
    }
    if (b->state != LN_CLIENT_BOOTSTRAP_STOPPED) {
        close_link(b);
        b->state = LN_CLIENT_BOOTSTRAP_STOPPED;
        b->is_asked = false;
        b->due = LN_NEVER;
    }
    ln_client_stop(b->config->client, now);
}

bool ln_client_bootstrap_is_idle(const struct ln_client_bootstrap *b)
{
    return b->state == LN_CLIENT_BOOTSTRAP_STOPPED && ln_client_is_idle(b->config->client);
}

void ln_client_bootstrap_link_up(struct ln_client_bootstrap *b, ln_time now, ln_link link)
{
    if (link != LN_LINK_BOOTSTRAP) {
        ln_client_link_up(b->config->client, now, link);
    } else if (b->state == LN_CLIENT_BOOTSTRAP_OPENING) {
        b->news &= (uint8_t) ~(1U << OPEN);
        reset_peer(b);
        b->server.link_is_up = true;
        ask(b, now);
    }
}

/* A bootstrap always begins anew. */
void ln_client_bootstrap_link_up_anew(struct ln_client_bootstrap *b, ln_time now, ln_link link)
{
    if (link == LN_LINK_BOOTSTRAP) {
        ln_client_bootstrap_link_up(b, now, link);
    } else {
        ln_client_link_up_anew(b->config->client, now, link);
    }
}

static void peer_is_gone(struct ln_client_bootstrap *b, ln_time now)
{
    uint8_t state = b->state;

    reset_peer(b);
    switch (state) {
    case LN_CLIENT_BOOTSTRAP_OPENING:
        fail(b, now, REASON(NO_LINK));
        break;
    case LN_CLIENT_BOOTSTRAP_ASKING:
    case LN_CLIENT_BOOTSTRAP_SERVING:
        fail(b, now, REASON(LINK_LOST));
        break;
    case LN_CLIENT_BOOTSTRAP_LINGERING:
        b->state = LN_CLIENT_BOOTSTRAP_WATCHING;
        b->due = LN_NEVER;
        break;
    default:
        break;
    }
}

void ln_client_bootstrap_link_down(struct ln_client_bootstrap *b, ln_time now, ln_link link,
                                   enum ln_link_reason reason, uint8_t alert)
{
    if (link == LN_LINK_BOOTSTRAP) {
        peer_is_gone(b, now);
    } else {
        ln_client_link_down(b->config->client, now, link, reason, alert);
    }
}

void ln_client_bootstrap_recv(struct ln_client_bootstrap *b, ln_time now, ln_link link,
                              struct ln_bytes datagram)
{
    if (link == LN_LINK_BOOTSTRAP) {
        if (!take_answer(b, now, datagram)) {
            ln_client_recv(&b->peer, now, 0, datagram);
        }
    } else if (b->is_open) {
        b->stats.held_off++;
    } else {
        ln_client_recv(b->config->client, now, link, datagram);
    }
}

size_t ln_client_bootstrap_send(struct ln_client_bootstrap *b, ln_time now, void *buffer,
                                size_t size, ln_link *link)
{
    turn(b, now);
    size_t len = ln_client_send(&b->peer, now, buffer, size, link);
    if (len > 0) {
        *link = LN_LINK_BOOTSTRAP;
        return len;
    }
    turn(b, now); /* the request may have been given up just now */
    return b->is_open ? 0 : ln_client_send(b->config->client, now, buffer, size, link);
}

ln_time ln_client_bootstrap_deadline(const struct ln_client_bootstrap *b)
{
    bool is_idle =
        b->state == LN_CLIENT_BOOTSTRAP_WATCHING || b->state == LN_CLIENT_BOOTSTRAP_LINGERING;
    ln_time due = ln_time_min(b->due, ln_client_deadline(&b->peer));

    if (is_idle && is_wanted(b)) {
        return 0;
    }
    if (is_idle) {
        due = ln_time_min(due, b->purge_due);
    }
    return b->is_open ? due : ln_time_min(due, ln_client_deadline(b->config->client));
}

/* ---- Events ---- */

static bool take_news(struct ln_client_bootstrap *b, struct ln_client_event *event)
{
    unsigned news = 0;

    if (b->news == 0) {
        return false;
    }
    while ((b->news >> news & 1) == 0) {
        news++;
    }
    b->news &= (uint8_t) ~(1U << news);
    *event = (struct ln_client_event){
        .kind = (enum ln_client_event_kind)kinds[news],
        .link = LN_LINK_BOOTSTRAP,
        .code = news == FAILED ? b->code : 0,
        .path = news == FAILED ? b->path : ln_path_root(),
        .security = news == OPEN ? account_of(b) : NULL,
    };
    return true;
}

bool ln_client_bootstrap_event(struct ln_client_bootstrap *b, struct ln_client_event *event)
{
    if (take_news(b, event)) {
        return true;
    }
    while (ln_client_event(b->config->client, event)) {
        bool triggers = event->kind == LN_CLIENT_EXECUTED && event->path.id[0] == 1 &&
                        event->path.id[2] == TRIGGER;
        if (!triggers) {
            return true;
        }
        ln_client_bootstrap_request(b, 0);
    }
    return false;
}

const char *ln_client_bootstrap_reason_text(enum ln_client_bootstrap_reason reason)
{
    static const char *const texts[] = {
#define TEXT(name, text) [REASON(name)] = text,
        LN_CLIENT_BOOTSTRAP_REASONS(TEXT)
#undef TEXT
    };

    return texts[reason];
}
