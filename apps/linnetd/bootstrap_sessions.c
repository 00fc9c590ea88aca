/* The sessions of bootstrapping that are remembered: found by endpoint and by id, forgotten by age. */

#include "linnetd/bootstrap_sessions.h"

#include "linnetd/device.h"
#include "linnetd/heap.h"
#include "linnetd/values.h"

#include <linnet/net.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct step {
    int64_t time;
    struct ln_path path;
    uint8_t kind; /* enum ln_bootstrap_step_kind */
    uint8_t code;
};

/* Endpoint, configuration's name and identity follow. */
struct bootstrap_session {
    struct bootstrap_session *before;        /* of the same endpoint */
    struct bootstrap_session *older, *newer; /* of all */
    uint64_t id;
    int64_t started_at;
    int64_t ended_at;
    const char *reason;
    struct ln_address remote;
    struct step *steps;
    size_t step_count;
    size_t step_room;
    uint8_t end; /* enum ln_bootstrap_end */
    uint8_t mode;
    uint8_t endpoint_len;
    uint8_t configuration_len;
    uint16_t identity_len;
    uint8_t bytes[];
};

struct bootstrap_sessions {
    pthread_mutex_t lock;
    uint8_t seed[16];
    struct ln_map by_endpoint; /* the newest of each */
    struct ln_map by_id;
    struct bootstrap_session *oldest, *newest;
    size_t count;
};

/* ---- Found ---- */

static struct ln_bytes endpoint_of(const struct bootstrap_session *session)
{
    return ln_bytes(session->bytes, session->endpoint_len);
}

static uint64_t hash_endpoint(const void *context, const void *item)
{
    return ln_hash(context, endpoint_of(item));
}

static bool has_endpoint(const void *item, const void *key)
{
    return ln_bytes_equal(endpoint_of(item), *(const struct ln_bytes *)key);
}

/* Random already, but for the lower bits. */
static uint64_t hash_id(const void *context, const void *item)
{
    (void)context;
    return ((const struct bootstrap_session *)item)->id >> 16;
}

static bool has_id(const void *item, const void *key)
{
    return ((const struct bootstrap_session *)item)->id == *(const uint64_t *)key;
}

static const struct ln_map_calls endpoint_calls = {hash_endpoint, has_endpoint};
static const struct ln_map_calls id_calls = {hash_id, has_id};

static struct bootstrap_session *find(struct bootstrap_sessions *sessions, uint64_t id)
{
    return ln_map_find(&sessions->by_id, id >> 16, &id);
}

static struct bootstrap_session *newest_of(struct bootstrap_sessions *sessions,
                                           struct ln_bytes endpoint)
{
    return ln_map_find(&sessions->by_endpoint, ln_hash(sessions->seed, endpoint), &endpoint);
}

/* ---- Made and forgotten ---- */

struct bootstrap_sessions *bootstrap_sessions_new(void)
{
    struct bootstrap_sessions *sessions = calloc(1, sizeof(*sessions));

    if (sessions == NULL) {
        return NULL;
    }
    pthread_mutex_init(&sessions->lock, NULL);
    ln_random_system.fill(ln_random_system.context, sessions->seed, sizeof(sessions->seed));
    ln_map_init(&sessions->by_endpoint, &endpoint_calls, sessions->seed, &heap_allocator);
    ln_map_init(&sessions->by_id, &id_calls, sessions->seed, &heap_allocator);
    return sessions;
}

static void free_session(struct bootstrap_session *session)
{
    free(session->steps);
    free(session);
}

/* Takes it out of the sessions of its endpoint, of which it is the last. */
static void unlink_last(struct bootstrap_sessions *sessions, struct bootstrap_session *last)
{
    struct bootstrap_session *at = newest_of(sessions, endpoint_of(last));

    if (at == last) {
        ln_map_remove(&sessions->by_endpoint, last);
        return;
    }
    while (at->before != last) {
        at = at->before;
    }
    at->before = NULL;
}

/* The older ones of an endpoint go before the newer ones, so the one that goes is its last. */
static void forget(struct bootstrap_sessions *sessions, struct bootstrap_session *session)
{
    unlink_last(sessions, session);
    ln_map_remove(&sessions->by_id, session);
    if (session->older != NULL) {
        session->older->newer = session->newer;
    } else {
        sessions->oldest = session->newer;
    }
    if (session->newer != NULL) {
        session->newer->older = session->older;
    } else {
        sessions->newest = session->older;
    }
    sessions->count--;
    free_session(session);
}

void bootstrap_sessions_free(struct bootstrap_sessions *sessions)
{
    if (sessions == NULL) {
        return;
    }
    while (sessions->oldest != NULL) {
        forget(sessions, sessions->oldest);
    }
    ln_map_fini(&sessions->by_endpoint);
    ln_map_fini(&sessions->by_id);
    pthread_mutex_destroy(&sessions->lock);
    free(sessions);
}

static struct bootstrap_session *session_new(const struct ln_bootstrap_event *event,
                                             struct ln_bytes configuration)
{
    size_t length = event->endpoint.len + configuration.len + event->identity.len;
    struct bootstrap_session *session = calloc(1, sizeof(*session) + length);

    if (session == NULL) {
        return NULL;
    }
    struct ln_writer w = ln_writer(session->bytes, length);
    ln_write_bytes(&w, event->endpoint);
    ln_write_bytes(&w, configuration);
    ln_write_bytes(&w, event->identity);
    session->id = event->session;
    session->endpoint_len = (uint8_t)event->endpoint.len;
    session->configuration_len = (uint8_t)configuration.len;
    session->identity_len = (uint16_t)event->identity.len;
    session->mode = event->mode;
    session->remote = event->peer.remote;
    return session;
}

/* The last of the endpoint goes when it has enough of them. */
static void make_room(struct bootstrap_sessions *sessions, struct ln_bytes endpoint)
{
    struct bootstrap_session *at = newest_of(sessions, endpoint);

    for (size_t i = 1; at != NULL && i < BOOTSTRAP_SESSIONS_ENDPOINT; i++) {
        at = at->before;
    }
    if (at != NULL) {
        forget(sessions, at);
    }
    if (sessions->count >= BOOTSTRAP_SESSIONS_MAX) {
        forget(sessions, sessions->oldest);
    }
}

/* False: no memory, and all is as before. */
static bool add(struct bootstrap_sessions *sessions, struct bootstrap_session *session)
{
    struct bootstrap_session *before = newest_of(sessions, endpoint_of(session));

    if (ln_map_add(&sessions->by_id, session) != LN_OK) {
        return false;
    }
    if (before != NULL) {
        ln_map_remove(&sessions->by_endpoint, before);
    }
    if (ln_map_add(&sessions->by_endpoint, session) != LN_OK) {
        /* The place that was just left is free; without one before there is nothing to put back. */
        ln_map_remove(&sessions->by_id, session);
        return false;
    }
    session->before = before;
    session->older = sessions->newest;
    if (sessions->newest != NULL) {
        sessions->newest->newer = session;
    } else {
        sessions->oldest = session;
    }
    sessions->newest = session;
    sessions->count++;
    return true;
}

void bootstrap_sessions_begin(struct bootstrap_sessions *sessions,
                              const struct ln_bootstrap_event *event,
                              struct ln_bytes configuration, int64_t time)
{
    struct bootstrap_session *session = session_new(event, configuration);

    if (session == NULL) {
        return;
    }
    session->started_at = time;
    pthread_mutex_lock(&sessions->lock);
    make_room(sessions, event->endpoint);
    if (!add(sessions, session)) {
        free_session(session);
    }
    pthread_mutex_unlock(&sessions->lock);
}

/* ---- Steps ---- */

static bool grow(struct bootstrap_session *session)
{
    size_t room = session->step_room > 0 ? 2 * session->step_room : 8;
    struct step *steps = session->step_count < session->step_room
                             ? session->steps
                             : realloc(session->steps, room * sizeof(*steps));

    if (steps == NULL) {
        return false;
    }
    session->step_room = session->step_count < session->step_room ? session->step_room : room;
    session->steps = steps;
    return true;
}

/* With the lock held. */
static void add_step(struct bootstrap_session *session, const struct ln_bootstrap_event *event,
                     int64_t time, uint8_t code)
{
    if (session->step_count < BOOTSTRAP_STEPS_MAX && grow(session)) {
        session->steps[session->step_count++] = (struct step){
            .time = time, .path = event->path, .kind = (uint8_t)event->step, .code = code};
    }
}

void bootstrap_sessions_step(struct bootstrap_sessions *sessions,
                             const struct ln_bootstrap_event *event, int64_t time)
{
    pthread_mutex_lock(&sessions->lock);
    struct bootstrap_session *session = find(sessions, event->session);
    if (session != NULL) {
        add_step(session, event, time, event->code);
    }
    pthread_mutex_unlock(&sessions->lock);
}

/* A step that nobody answered is one too. */
void bootstrap_sessions_end(struct bootstrap_sessions *sessions,
                            const struct ln_bootstrap_event *event, const char *reason,
                            int64_t time)
{
    pthread_mutex_lock(&sessions->lock);
    struct bootstrap_session *session = find(sessions, event->session);
    if (session != NULL) {
        if (event->has_step && event->index >= session->step_count) {
            add_step(session, event, time, 0);
        }
        session->ended_at = time;
        session->end = (uint8_t)event->end;
        session->reason = reason;
    }
    pthread_mutex_unlock(&sessions->lock);
}

/* ---- As JSON ---- */

void bootstrap_id_text(uint64_t session, char out[BOOTSTRAP_ID_TEXT])
{
    (void)snprintf(out, BOOTSTRAP_ID_TEXT, "%016llx", (unsigned long long)session);
}

void bootstrap_code_text(uint8_t code, char out[BOOTSTRAP_CODE_TEXT])
{
    (void)snprintf(out, BOOTSTRAP_CODE_TEXT, "%u.%02u", code >> 5, code & 31u);
}

static void code_json(struct json_out *json, uint8_t code)
{
    char text[BOOTSTRAP_CODE_TEXT];

    out_key(json, "code");
    if (code == 0) {
        out_null(json); /* no answer */
    } else {
        bootstrap_code_text(code, text);
        out_text(json, text);
    }
}

static void step_json(struct json_out *json, const struct step *step)
{
    char path[LN_PATH_TEXT_MAX + 1];

    out_open(json, '{');
    out_key(json, "method");
    out_text(json, ln_bootstrap_step_name((enum ln_bootstrap_step_kind)step->kind));
    out_key(json, "path");
    out_text(json, step->kind == LN_BOOTSTRAP_FINISH ? "/bs" : path_text(step->path, path));
    code_json(json, step->code);
    out_key(json, "time");
    out_time_ms(json, step->time);
    out_close(json, '}');
}

static void address_json(struct json_out *json, const struct ln_address *address)
{
    uint8_t text[LN_ADDRESS_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_address(&w, address);
    out_string(json, ln_writer_bytes(&w));
}

static void end_json(struct json_out *json, const struct bootstrap_session *session)
{
    bool is_over = session->end != LN_BOOTSTRAP_NOT_ENDED;

    out_key(json, "ended_at");
    if (is_over) {
        out_time_ms(json, session->ended_at);
    } else {
        out_null(json);
    }
    out_key(json, "end");
    if (is_over) {
        out_text(json, ln_bootstrap_end_name((enum ln_bootstrap_end)session->end));
    } else {
        out_null(json);
    }
    out_key(json, "reason");
    if (session->reason != NULL) {
        out_text(json, session->reason);
    } else {
        out_null(json);
    }
}

static void session_json(struct json_out *json, const struct bootstrap_session *session)
{
    const uint8_t *configuration = session->bytes + session->endpoint_len;
    struct ln_bytes identity =
        ln_bytes(configuration + session->configuration_len, session->identity_len);
    char id[BOOTSTRAP_ID_TEXT];

    out_open(json, '{');
    out_key(json, "id");
    bootstrap_id_text(session->id, id);
    out_text(json, id);
    out_key(json, "endpoint");
    out_string(json, endpoint_of(session));
    out_key(json, "configuration");
    out_string(json, ln_bytes(configuration, session->configuration_len));
    out_key(json, "address");
    address_json(json, &session->remote);
    device_security_json(json, session->mode, identity);
    out_key(json, "started_at");
    out_time_ms(json, session->started_at);
    out_key(json, "steps");
    out_open(json, '[');
    for (size_t i = 0; i < session->step_count; i++) {
        step_json(json, &session->steps[i]);
    }
    out_close(json, ']');
    end_json(json, session);
    out_close(json, '}');
}

size_t bootstrap_sessions_json(struct bootstrap_sessions *sessions, struct ln_bytes endpoint,
                               struct json_out *json)
{
    size_t count = 0;

    pthread_mutex_lock(&sessions->lock);
    for (const struct bootstrap_session *session = newest_of(sessions, endpoint);
         session != NULL; session = session->before) {
        session_json(json, session);
        count++;
    }
    pthread_mutex_unlock(&sessions->lock);
    return count;
}
