/* Sessions: found, begun and ended by the app or the clock, and remembered for repeats. */

#include "engine.h"

#include <string.h>

/* ---- Found ---- */

static uint64_t hash_endpoint(const void *context, const void *item)
{
    const struct ln_bootstrap *bootstrap = context;
    const struct session *session = item;

    return ln_hash(bootstrap->seed, session->endpoint);
}

static bool is_endpoint(const void *item, const void *key)
{
    const struct session *session = item;
    const struct ln_bytes *endpoint = key;

    return ln_bytes_equal(session->endpoint, *endpoint);
}

/* Random already, but for the lower bits, which are a token's. */
static uint64_t hash_of_id(uint64_t id)
{
    return id >> 16;
}

static uint64_t hash_id(const void *context, const void *item)
{
    const struct session *session = item;

    (void)context;
    return hash_of_id(session->id);
}

static bool is_id(const void *item, const void *key)
{
    const struct session *session = item;
    const uint64_t *id = key;

    return session->id == *id;
}

const struct ln_map_calls ln_bootstrap__endpoint_calls = {hash_endpoint, is_endpoint};
const struct ln_map_calls ln_bootstrap__id_calls = {hash_id, is_id};

struct session *ln_bootstrap__session_of_endpoint(const struct ln_bootstrap *bootstrap,
                                                  struct ln_bytes endpoint)
{
    return ln_map_find(&bootstrap->by_endpoint, ln_hash(bootstrap->seed, endpoint), &endpoint);
}

struct session *ln_bootstrap__session_of_id(const struct ln_bootstrap *bootstrap, uint64_t id)
{
    return ln_map_find(&bootstrap->by_id, hash_of_id(id), &id);
}

size_t ln_bootstrap_session_count(const struct ln_bootstrap *bootstrap)
{
    return bootstrap->running;
}

/* ---- Made and freed ---- */

/* Unread events of sessions that were replaced take room too: twice as much at most. */
static bool has_room(struct ln_bootstrap *bootstrap, struct ln_bytes endpoint)
{
    bool is_known = ln_bootstrap__session_of_endpoint(bootstrap, endpoint) != NULL;

    if (!is_known && bootstrap->by_endpoint.count >= bootstrap->max_sessions &&
        bootstrap->oldest != NULL) {
        ln_bootstrap__session_drop(bootstrap, bootstrap->oldest);
    }
    return (is_known || bootstrap->by_endpoint.count < bootstrap->max_sessions) &&
           bootstrap->objects < 2 * bootstrap->max_sessions;
}

static uint64_t new_id(struct ln_bootstrap *bootstrap)
{
    uint64_t id;

    do {
        bootstrap->random.fill(bootstrap->random.context, &id, sizeof(id));
        id &= ~(uint64_t)UINT16_MAX;
    } while (id == 0 || ln_bootstrap__session_of_id(bootstrap, id) != NULL);
    return id;
}

struct session *ln_bootstrap__session_new(struct ln_bootstrap *bootstrap,
                                          const struct session *like)
{
    size_t length = like->endpoint.len + like->identity.len;
    struct session *session = NULL;

    if (has_room(bootstrap, like->endpoint)) {
        session = ln_bootstrap__allocate(bootstrap, sizeof(*session) + length);
    }
    if (session == NULL) {
        return NULL;
    }
    *session = *like;
    struct ln_writer w = ln_writer(session->text, length);
    ln_write_bytes(&w, like->endpoint);
    ln_write_bytes(&w, like->identity);
    session->endpoint = ln_bytes(session->text, like->endpoint.len);
    session->identity = ln_bytes(&session->text[like->endpoint.len], like->identity.len);
    session->peer.proof = NULL;
    session->id = new_id(bootstrap);
    bootstrap->objects++;
    bootstrap->running++;
    return session;
}

static void free_unless_told(struct ln_bootstrap *bootstrap, struct session *session)
{
    if (session->told == 0 && !session->has_maps) {
        bootstrap->objects--;
        ln_bootstrap__release(bootstrap, session);
    }
}

/* ---- Those that are over, by age ---- */

static void remember(struct ln_bootstrap *bootstrap, struct session *session)
{
    session->older = bootstrap->newest;
    session->newer = NULL;
    if (bootstrap->newest != NULL) {
        bootstrap->newest->newer = session;
    } else {
        bootstrap->oldest = session;
    }
    bootstrap->newest = session;
    ln_wheel_set(&bootstrap->lives, &session->life,
                 ln_time_after(bootstrap->now, bootstrap->exchange_lifetime));
}

static void forget(struct ln_bootstrap *bootstrap, struct session *session)
{
    if (session->older != NULL) {
        session->older->newer = session->newer;
    } else if (bootstrap->oldest == session) {
        bootstrap->oldest = session->newer;
    }
    if (session->newer != NULL) {
        session->newer->older = session->older;
    } else if (bootstrap->newest == session) {
        bootstrap->newest = session->older;
    }
    session->older = NULL;
    session->newer = NULL;
}

/* ---- Ended ---- */

static void wipe_script(struct ln_bootstrap *bootstrap, struct session *session)
{
    if (session->script != NULL) {
        ln_bootstrap__wipe(bootstrap, session->script, session->script->size);
        session->script = NULL;
    }
}

void ln_bootstrap__session_close(struct ln_bootstrap *bootstrap, struct session *session)
{
    session->had_step = session->state == SESSION_RUNNING;
    if (session->had_step) {
        session->last = session->script->steps[session->at];
        session->last.payload = ln_bytes(NULL, 0);
    }
    ln_bootstrap__exchange_drop(bootstrap, session);
    session->state = SESSION_OVER;
    bootstrap->running--;
    wipe_script(bootstrap, session);
    ln_bootstrap__wipe(bootstrap, session->body, session->body_size);
    session->body = NULL;
    session->body_size = 0;
    remember(bootstrap, session);
}

static uint64_t *counter_of(struct ln_bootstrap_counters *counters, enum ln_bootstrap_end end)
{
    switch (end) {
    case LN_BOOTSTRAP_DONE:
        return &counters->sessions_done;
    case LN_BOOTSTRAP_REPLACED:
        return &counters->sessions_replaced;
    case LN_BOOTSTRAP_TIMED_OUT:
        return &counters->sessions_timed_out;
    default:
        return &counters->sessions_failed;
    }
}

void ln_bootstrap__session_end(struct ln_bootstrap *bootstrap, struct session *session,
                               enum ln_bootstrap_end end, enum ln_bootstrap_reason reason)
{
    ln_bootstrap__session_close(bootstrap, session);
    session->end = (uint8_t)end;
    session->reason = (uint8_t)reason;
    (*counter_of(&bootstrap->counters, end))++;
    ln_bootstrap__event_push(bootstrap, &session->ended, session, LN_BOOTSTRAP_ENDED);
}

void ln_bootstrap__session_drop(struct ln_bootstrap *bootstrap, struct session *session)
{
    if (session->state != SESSION_OVER) {
        ln_bootstrap__session_close(bootstrap, session);
    }
    forget(bootstrap, session);
    ln_wheel_cancel(&bootstrap->lives, &session->life);
    if (session->has_maps) {
        ln_map_remove(&bootstrap->by_endpoint, session);
        ln_map_remove(&bootstrap->by_id, session);
        session->has_maps = false;
    }
    free_unless_told(bootstrap, session);
}

void ln_bootstrap__session_replace(struct ln_bootstrap *bootstrap, struct session *session)
{
    if (session->state != SESSION_OVER) {
        ln_bootstrap__session_end(bootstrap, session, LN_BOOTSTRAP_REPLACED,
                                  LN_BOOTSTRAP_NO_REASON);
    }
    ln_bootstrap__session_drop(bootstrap, session);
}

void ln_bootstrap__sessions_free(struct ln_bootstrap *bootstrap)
{
    struct session *session;
    struct event_node *node;
    size_t at = 0;

    if (bootstrap->told != NULL) {
        ln_bootstrap__event_done(bootstrap, bootstrap->told);
    }
    while ((node = bootstrap->first) != NULL) {
        bootstrap->first = node->next;
        ln_bootstrap__event_done(bootstrap, node);
    }
    while ((session = ln_map_next(&bootstrap->by_id, &at)) != NULL) {
        ln_bootstrap__session_drop(bootstrap, session);
        at = 0;
    }
}

/* ---- What the app does ---- */

static void answer_request(struct ln_bootstrap *bootstrap, struct session *session,
                           uint8_t code)
{
    session->asked.code = code;
    ln_bootstrap__answer_asked(bootstrap, &session->peer, &session->asked);
}

static void run_script(struct ln_bootstrap *bootstrap, struct session *session,
                       struct script *script)
{
    if (session->state == SESSION_ASKED) {
        answer_request(bootstrap, session, LN_COAP_2_04);
    }
    if (session->script != NULL) {
        session->base += session->script->count;
        wipe_script(bootstrap, session);
    }
    session->script = script;
    session->at = 0;
    session->state = SESSION_RUNNING;
    ln_bootstrap__step_start(bootstrap, session);
}

ln_err ln_bootstrap_begin(struct ln_bootstrap *bootstrap, ln_time now, uint64_t session,
                          const struct ln_bootstrap_script *script)
{
    struct script *copy;

    ln_bootstrap__advance(bootstrap, now);
    struct session *s = ln_bootstrap__session_of_id(bootstrap, session);
    if (s == NULL || s->state == SESSION_OVER) {
        return LN_ERR_NOT_FOUND;
    }
    if (s->state == SESSION_RUNNING || s->asks) {
        return LN_ERR_BAD_REQUEST;
    }
    ln_err err = ln_bootstrap__script_copy(bootstrap, s->preferred, script, &copy);
    if (err == LN_OK) {
        run_script(bootstrap, s, copy);
    }
    return err;
}

ln_err ln_bootstrap_refuse(struct ln_bootstrap *bootstrap, ln_time now, uint64_t session,
                           uint8_t code)
{
    unsigned class = ln_coap_code_class(code);

    ln_bootstrap__advance(bootstrap, now);
    struct session *s = ln_bootstrap__session_of_id(bootstrap, session);
    if (s == NULL || s->state == SESSION_OVER) {
        return LN_ERR_NOT_FOUND;
    }
    if (s->state != SESSION_ASKED || (class != 4 && class != 5)) {
        return LN_ERR_BAD_REQUEST;
    }
    bootstrap->counters.refused_by_app++;
    answer_request(bootstrap, s, code);
    ln_bootstrap__session_close(bootstrap, s);
    return LN_OK;
}

ln_err ln_bootstrap_stop(struct ln_bootstrap *bootstrap, ln_time now, uint64_t session)
{
    ln_bootstrap__advance(bootstrap, now);
    struct session *s = ln_bootstrap__session_of_id(bootstrap, session);
    if (s == NULL || s->state == SESSION_OVER) {
        return LN_ERR_NOT_FOUND;
    }
    bool unrepaired = s->state == SESSION_WANTS && s->repaired && s->code == LN_COAP_4_06;
    ln_bootstrap__session_end(bootstrap, s, LN_BOOTSTRAP_FAILED,
                              unrepaired ? LN_BOOTSTRAP_INCONSISTENT : LN_BOOTSTRAP_STOPPED);
    return LN_OK;
}

void ln_bootstrap_peer_moved(struct ln_bootstrap *bootstrap, ln_time now,
                             const struct ln_peer *peer)
{
    struct session *session;
    size_t at = 0;

    ln_bootstrap__advance(bootstrap, now);
    while (peer->session != 0 && (session = ln_map_next(&bootstrap->by_id, &at)) != NULL) {
        if (session->peer.session == peer->session) {
            session->peer.remote = peer->remote;
        }
    }
}

void ln_bootstrap_peer_lost(struct ln_bootstrap *bootstrap, ln_time now,
                            const struct ln_peer *peer)
{
    struct session *session;
    size_t at = 0;

    ln_bootstrap__advance(bootstrap, now);
    while (peer->session != 0 && (session = ln_map_next(&bootstrap->by_id, &at)) != NULL) {
        if (session->peer.session == peer->session && session->state != SESSION_OVER) {
            ln_bootstrap__session_end(bootstrap, session, LN_BOOTSTRAP_FAILED,
                                      LN_BOOTSTRAP_PEER_LOST);
        }
    }
}

/* ---- For tests ---- */

static uint64_t digest_of(const struct session *session)
{
    static const uint8_t seed[16];
    const uint64_t facts[] = {
        session->id,
        session->state,
        session->serial,
        session->at,
        session->base,
        session->exchange.state,
        session->exchange.id,
        session->peer.session,
        session->peer.remote.port,
        session->preferred,
        session->asked.code,
        session->repaired,
        session->out.offset,
        session->in.offset,
        session->told,
        session->end,
        session->reason,
        ln_hash(seed, session->endpoint),
        ln_hash(seed, session->identity),
    };

    return ln_hash(seed, ln_bytes(facts, sizeof(facts)));
}

uint64_t ln_bootstrap_digest(const struct ln_bootstrap *bootstrap)
{
    const struct session *session;
    uint64_t sum = bootstrap->by_id.count;
    size_t at = 0;

    while ((session = ln_map_next(&bootstrap->by_id, &at)) != NULL) {
        sum += digest_of(session); /* in any order */
    }
    return sum;
}
