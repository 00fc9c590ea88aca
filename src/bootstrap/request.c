/* A Bootstrap-Request: whose it is, and whether it has come before. */

#include "engine.h"

struct query {
    struct ln_bytes endpoint;
    uint16_t preferred;
    bool has_endpoint, has_preferred;
};

static ln_err read_preferred(struct ln_bytes value, struct query *query)
{
    uint64_t number;

    if (query->has_preferred || !ln_unsigned_of_text(value, &number) ||
        number >= LN_FORMAT_NONE) {
        return LN_ERR_BAD_REQUEST;
    }
    query->preferred = (uint16_t)number;
    query->has_preferred = true;
    return LN_OK;
}

static bool is_endpoint(struct ln_bytes name)
{
    return name.len > 0 && name.len <= LN_LIMIT_ENDPOINT && ln_utf8_valid(name);
}

static ln_err read_endpoint(struct ln_bytes value, struct query *query)
{
    if (query->has_endpoint || !is_endpoint(value)) {
        return LN_ERR_BAD_REQUEST;
    }
    query->endpoint = value;
    query->has_endpoint = true;
    return LN_OK;
}

/* spec: CORE-1.1.1 §6.1.7.1 Bootstrap-Request. Parameters that we do not know mean nothing here. */
static ln_err read_query(const struct ln_coap_message *m, struct query *query)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(m);
    ln_err err = LN_OK;

    *query = (struct query){.preferred = LN_FORMAT_NONE};
    while (err == LN_OK && ln_coap_option_find(&option, LN_COAP_URI_QUERY)) {
        struct ln_reader in = ln_reader(option.value);
        struct ln_bytes name = ln_read_until(&in, '=');

        if (ln_bytes_are(name, "ep")) {
            err = read_endpoint(ln_read_rest(&in), query);
        } else if (ln_bytes_are(name, "pct")) {
            err = read_preferred(ln_read_rest(&in), query);
        }
    }
    return err;
}

/* spec: CORE-1.1.1 §6.1.7.1: the endpoint may be left out where the identity tells it. */
static ln_err find_endpoint(struct ln_bootstrap *bootstrap, const struct ln_proof *proof,
                            struct query *query)
{
    if (proof == NULL) {
        return query->has_endpoint ? LN_OK : LN_ERR_BAD_REQUEST;
    }
    if (proof->identity.len > LN_LIMIT_IDENTITY) {
        return LN_ERR_BAD_REQUEST;
    }
    if (!query->has_endpoint) {
        query->endpoint = proof->endpoint.len > 0 ? proof->endpoint : proof->identity;
        return is_endpoint(query->endpoint) ? LN_OK : LN_ERR_BAD_REQUEST;
    }
    if (proof->endpoint.len > 0 && !ln_bytes_equal(proof->endpoint, query->endpoint)) {
        bootstrap->counters.wrong_endpoint++;
        return LN_ERR_BAD_REQUEST;
    }
    return LN_OK;
}

/* The answer once more; nothing where the app has not answered yet. */
static void repeat(struct ln_bootstrap *bootstrap, const struct session *session,
                   const struct ln_peer *peer)
{
    bootstrap->counters.repeats++;
    if (session->asked.code != 0) {
        ln_bootstrap__answer_asked(bootstrap, peer, &session->asked);
    }
}

static bool is_repeat(const struct session *session, const struct ln_peer *peer, uint16_t id,
                      uint32_t print)
{
    return session != NULL && session->asked.id == id && session->asked.print == print &&
           ln_bootstrap__is_at(&session->peer, peer);
}

static ln_err begin(struct ln_bootstrap *bootstrap, const struct session *like,
                    struct session *before)
{
    struct session *session = ln_bootstrap__session_new(bootstrap, like);

    if (session == NULL) {
        return LN_ERR_BUSY;
    }
    if (before != NULL) {
        ln_bootstrap__session_replace(bootstrap, before);
    }
    if (ln_map_add(&bootstrap->by_endpoint, session) != LN_OK) {
        ln_bootstrap__session_drop(bootstrap, session);
        return LN_ERR_NO_MEMORY;
    }
    if (ln_map_add(&bootstrap->by_id, session) != LN_OK) {
        ln_map_remove(&bootstrap->by_endpoint, session);
        ln_bootstrap__session_drop(bootstrap, session);
        return LN_ERR_NO_MEMORY;
    }
    session->has_maps = true;
    bootstrap->counters.requests++;
    ln_wheel_set(&bootstrap->lives, &session->life,
                 ln_time_after(bootstrap->now, bootstrap->session_timeout));
    ln_bootstrap__event_push(bootstrap, &session->requested, session, LN_BOOTSTRAP_REQUESTED);
    return LN_OK;
}

ln_err ln_bootstrap__request(struct ln_bootstrap *bootstrap, const struct ln_peer *peer,
                             const struct ln_coap_message *m, uint32_t print)
{
    struct query query;
    ln_err err = read_query(m, &query);

    if (err == LN_OK) {
        err = find_endpoint(bootstrap, peer->proof, &query);
    }
    if (err == LN_OK && query.has_preferred &&
        ln_bootstrap__format(bootstrap, query.preferred) == NULL) {
        err = LN_ERR_BAD_FORMAT;
    }
    if (err != LN_OK) {
        return err;
    }
    struct session *before = ln_bootstrap__session_of_endpoint(bootstrap, query.endpoint);
    if (is_repeat(before, peer, m->id, print)) {
        repeat(bootstrap, before, peer);
        return LN_OK;
    }
    struct session like = {
        .peer = *peer,
        .preferred = query.preferred,
        .endpoint = query.endpoint,
        .asked = {.token = m->token, .print = print, .id = m->id, .type = (uint8_t)m->type},
    };
    if (peer->proof != NULL) {
        like.identity = peer->proof->identity;
        like.mode = peer->proof->mode;
    }
    return begin(bootstrap, &like, before);
}
