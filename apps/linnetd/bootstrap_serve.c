/* What the bootstrap engine reports, and what devices get for it. */

#include "linnetd/bootstrap_waiting.h"
#include "linnetd/daemon.h"
#include "linnetd/heap.h"
#include "linnetd/log.h"

#include <stdlib.h>
#include <string.h>

enum { SCRIPT_MEMORY = 256 * 1024, SECURITY = 0, ACCESS = 2 };

/* ---- Sessions that run ---- */

static uint64_t hash_waiting(const void *context, const void *item)
{
    (void)context;
    return ((const struct bootstrap_waiting *)item)->session >> 16;
}

static bool is_waiting(const void *item, const void *key)
{
    return ((const struct bootstrap_waiting *)item)->session == *(const uint64_t *)key;
}

static const struct ln_map_calls waiting_calls = {hash_waiting, is_waiting};

void bootstrap_serve_init(struct bootstrap *bootstrap)
{
    static const uint8_t seed[16];

    ln_map_init(&bootstrap->waiting, &waiting_calls, seed, &heap_allocator);
}

void bootstrap_serve_fini(struct bootstrap *bootstrap)
{
    struct bootstrap_waiting *waiting;
    size_t at = 0;

    while ((waiting = ln_map_next(&bootstrap->waiting, &at)) != NULL) {
        free(waiting);
    }
    ln_map_fini(&bootstrap->waiting);
}

struct bootstrap_waiting *bootstrap_waiting_find(const struct bootstrap *bootstrap,
                                                 uint64_t session)
{
    return ln_map_find(&bootstrap->waiting, session >> 16, &session);
}

static struct ln_bytes endpoint_of(const struct bootstrap_waiting *waiting)
{
    return ln_bytes(waiting->endpoint, waiting->endpoint_len);
}

/* NULL: no memory. */
static struct bootstrap_waiting *waiting_add(struct bootstrap *bootstrap,
                                             const struct ln_bootstrap_event *event)
{
    struct bootstrap_waiting *waiting = calloc(1, sizeof(*waiting) + event->endpoint.len);

    if (waiting == NULL) {
        return NULL;
    }
    waiting->session = event->session;
    waiting->account = LN_ID_NONE;
    waiting->is_proved = event->mode != 0;
    waiting->endpoint_len = (uint8_t)event->endpoint.len;
    memcpy(waiting->endpoint, event->endpoint.at, event->endpoint.len);
    if (ln_map_add(&bootstrap->waiting, waiting) != LN_OK) {
        free(waiting);
        return NULL;
    }
    return waiting;
}

/* ---- Told ---- */

static int64_t wall_of(const struct bootstrap *bootstrap, ln_time time)
{
    return time + wall_offset(&bootstrap->daemon->wall);
}

static void tell(struct bootstrap *bootstrap, const struct ln_bootstrap_event *event,
                 const char *state, const char *reason)
{
    const struct event_bootstrap told = {
        .session = event->session,
        .state = state,
        .reason = reason,
        .step = event->has_step ? ln_bootstrap_step_name(event->step) : NULL,
        .path = event->path,
        .code = event->code,
    };

    events_put_bootstrap(&bootstrap->daemon->events, event->endpoint, &told,
                         wall_of(bootstrap, event->time));
}

/* ---- The configuration of an endpoint ---- */

struct configuration {
    struct bootstrap_text text;
    json_t *json;
    struct bootstrap_input input;
};

static void configuration_free(struct configuration *c)
{
    bootstrap_input_free(&c->input);
    json_decref(c->json);
    bootstrap_text_free(&c->text);
}

/* BOOTSTRAP_UNREADABLE also for one that no longer fits the models. Free it if it was found. */
static enum bootstrap_found configuration_open(struct bootstrap *bootstrap,
                                               struct ln_bytes endpoint,
                                               struct configuration *out)
{
    struct problem_text problem;

    *out = (struct configuration){.json = NULL};
    enum bootstrap_found found =
        bootstrap_find(bootstrap->daemon->bootstraps, endpoint, &out->text);
    if (found != BOOTSTRAP_FOUND) {
        return found;
    }
    struct ln_bytes name = ln_bytes(out->text.name, out->text.name_len);
    out->json = json_loadb(out->text.json, out->text.length, 0, NULL);
    if (out->json != NULL &&
        bootstrap_input_read(out->json, out->text.length, bootstrap_name_is_pattern(name),
                             &out->input, &problem)) {
        return BOOTSTRAP_FOUND;
    }
    log_line(LOG_ERROR, "the bootstrap configuration %.*s cannot be used: %s", (int)name.len,
             (const char *)name.at, out->json != NULL ? problem.detail : "no memory");
    configuration_free(out);
    return BOOTSTRAP_UNREADABLE;
}

/* ---- A request ---- */

static void refuse(struct bootstrap *bootstrap, const struct ln_bootstrap_event *event,
                   uint8_t code, uint64_t *counter, const char *reason)
{
    struct ln_bootstrap_event told = *event;

    (*counter)++;
    told.code = code;
    tell(bootstrap, &told, "refused", reason);
    if (ln_bootstrap_refuse(bootstrap->engine, bootstrap->now, event->session, code) != LN_OK) {
        log_line(LOG_DEBUG, "bootstrap: a request that was to be refused is over");
    }
}

/*
 * Who has credentials proves who it is: else anybody who knows its name would get its keys, or have new ones made
 * that put its own out of use.
 */
static bool needs_security(const struct bootstrap *bootstrap, struct ln_bytes endpoint,
                           const struct configuration *c)
{
    struct credentials *credentials = bootstrap->daemon->credentials;

    return !bootstrap->daemon->config.nosec_for_known &&
           (credentials_has(credentials, CREDENTIAL_BOOTSTRAP, endpoint) ||
            (c->input.generated != NULL &&
             credentials_has(credentials, CREDENTIAL_SERVER, endpoint)));
}

/* First it is asked which instance of object 0 is its bootstrap account, not to write over it. */
static void begin(struct bootstrap *bootstrap, const struct ln_bootstrap_event *event,
                  const struct configuration *c)
{
    static const struct ln_bootstrap_step discover = {.kind = LN_BOOTSTRAP_DISCOVER,
                                                      .path = {.depth = 1, .id = {SECURITY}},
                                                      .may_fail = true};
    const struct ln_bootstrap_script script = {LN_FORMAT_NONE, &discover, 1};
    struct bootstrap_waiting *waiting = waiting_add(bootstrap, event);

    if (waiting == NULL) {
        refuse(bootstrap, event, LN_COAP_5_03, &bootstrap->counters.unusable, "no memory");
        return;
    }
    bootstrap_sessions_begin(bootstrap->daemon->bootstrap_sessions, event,
                             ln_bytes(c->text.name, c->text.name_len),
                             wall_of(bootstrap, event->time));
    tell(bootstrap, event, "begun", NULL);
    if (ln_bootstrap_begin(bootstrap->engine, bootstrap->now, event->session, &script) !=
        LN_OK) {
        struct ln_bootstrap_event copy = *event;
        copy.endpoint = endpoint_of(waiting);
        refuse(bootstrap, &copy, LN_COAP_5_03, &bootstrap->counters.unusable, "no memory");
        ln_map_remove(&bootstrap->waiting, waiting);
        free(waiting);
    }
}

static void take_request(struct bootstrap *bootstrap, const struct ln_bootstrap_event *event)
{
    struct configuration c;
    enum bootstrap_found found = configuration_open(bootstrap, event->endpoint, &c);

    if (found == BOOTSTRAP_NONE) {
        refuse(bootstrap, event, LN_COAP_4_00, &bootstrap->counters.unknown_endpoint,
               "there is no configuration for this endpoint");
        return;
    }
    if (found == BOOTSTRAP_UNREADABLE) {
        refuse(bootstrap, event, LN_COAP_5_00, &bootstrap->counters.unusable,
               "its configuration cannot be used: the log says why");
        return;
    }
    if (event->mode == 0 && needs_security(bootstrap, event->endpoint, &c)) {
        refuse(bootstrap, event, LN_COAP_4_00, &bootstrap->counters.without_security,
               "it has credentials, and came without security");
    } else {
        begin(bootstrap, event, &c);
    }
    configuration_free(&c);
}

/* ---- Its script ---- */

void bootstrap_give_up(struct bootstrap *bootstrap, struct bootstrap_waiting *waiting,
                       const char *reason)
{
    waiting->reason = reason;
    bootstrap->counters.unusable++;
    if (ln_bootstrap_stop(bootstrap->engine, bootstrap->now, waiting->session) != LN_OK) {
        log_line(LOG_DEBUG, "bootstrap: a session that was to be stopped is over");
    }
}

static bool has_delete(const struct ln_bootstrap_configuration *c, uint16_t object)
{
    struct ln_path path = ln_path_object(object);

    for (size_t i = 0; i < c->delete_count; i++) {
        if (c->deletes[i].depth == 0 || ln_path_equal(c->deletes[i], path)) {
            return true;
        }
    }
    return false;
}

/* Nothing else of objects 0 to 2 than ours stays. False: that was so the first time. */
static bool add_deletes(struct ln_bootstrap_configuration *c,
                        struct ln_path out[BOOTSTRAP_DELETES_MAX + 3])
{
    size_t count = c->delete_count;

    for (size_t i = 0; i < count; i++) {
        out[i] = c->deletes[i];
    }
    for (uint16_t object = SECURITY; object <= ACCESS; object++) {
        if (!has_delete(c, object) && (object != ACCESS || c->access_count > 0)) {
            out[count++] = ln_path_object(object);
        }
    }
    bool more = count > c->delete_count;
    c->deletes = out;
    c->delete_count = count;
    return more;
}

static const char *give_script(struct bootstrap *bootstrap, struct bootstrap_waiting *waiting,
                               const struct ln_bootstrap_configuration *c, void *memory)
{
    struct ln_arena arena = ln_arena(memory, SCRIPT_MEMORY);
    struct ln_bootstrap_script script;
    struct ln_bootstrap_fault fault;
    ln_err err = ln_bootstrap_script_build(c, waiting->account, &arena, &script, &fault);

    if (err == LN_ERR_BAD_CONFIG) {
        return fault.why;
    }
    if (err == LN_OK) {
        err = ln_bootstrap_begin(bootstrap->engine, bootstrap->now, waiting->session, &script);
    }
    waiting->given = true;
    if (err == LN_ERR_NO_MEMORY || err == LN_ERR_NO_SPACE) {
        return "there was no memory to go on";
    }
    return err == LN_OK ? NULL : "the values do not fit the format";
}

/* NULL: it was given. */
static const char *give(struct bootstrap *bootstrap, struct bootstrap_waiting *waiting,
                        const struct configuration *c)
{
    struct ln_bootstrap_configuration configuration = c->input.configuration;
    struct ln_path deletes[BOOTSTRAP_DELETES_MAX + 3];

    if (waiting->repairs && !add_deletes(&configuration, deletes)) {
        return ln_bootstrap_reason_text(LN_BOOTSTRAP_INCONSISTENT);
    }
    void *memory = malloc(SCRIPT_MEMORY);
    if (memory == NULL) {
        return "there was no memory to go on";
    }
    const char *why = give_script(bootstrap, waiting, &configuration, memory);
    free(memory);
    bootstrap->counters.repairs += waiting->repairs && why == NULL;
    return why;
}

void bootstrap_serve(struct bootstrap *bootstrap, struct bootstrap_waiting *waiting)
{
    enum bootstrap_key_state state = BOOTSTRAP_KEY_READY;
    struct bootstrap_key key = {0};
    struct configuration c;
    const char *why = NULL;

    if (configuration_open(bootstrap, endpoint_of(waiting), &c) != BOOTSTRAP_FOUND) {
        bootstrap_give_up(bootstrap, waiting, "its configuration was removed meanwhile");
        return;
    }
    if (c.input.generated != NULL) {
        state = bootstrap_key_for(bootstrap, waiting, &c.input, &key);
    }
    if (state == BOOTSTRAP_KEY_READY) {
        why = give(bootstrap, waiting, &c);
    }
    if (state == BOOTSTRAP_KEY_FAILED) {
        why = "its key cannot be made, or is not there any more";
    }
    if (why != NULL) {
        bootstrap_give_up(bootstrap, waiting, why);
    }
    credential_keys_wipe(key.keys);
    configuration_free(&c);
}

/* ---- Steps and ends ---- */

static void take_step(struct bootstrap *bootstrap, const struct ln_bootstrap_event *event)
{
    struct bootstrap_waiting *waiting = bootstrap_waiting_find(bootstrap, event->session);

    bootstrap_sessions_step(bootstrap->daemon->bootstrap_sessions, event,
                            wall_of(bootstrap, event->time));
    tell(bootstrap, event, "step", NULL);
    if (waiting != NULL && event->step == LN_BOOTSTRAP_DISCOVER &&
        event->code == LN_COAP_2_05 &&
        ln_bootstrap_account(event->payload, &waiting->account) != LN_OK) {
        waiting->account = LN_ID_NONE;
    }
}

static void take_wants(struct bootstrap *bootstrap, const struct ln_bootstrap_event *event)
{
    struct bootstrap_waiting *waiting = bootstrap_waiting_find(bootstrap, event->session);

    if (waiting != NULL) {
        waiting->repairs = waiting->given;
        bootstrap_serve(bootstrap, waiting);
    }
}

static const char *reason_of(const struct ln_bootstrap_event *event,
                             const struct bootstrap_waiting *waiting)
{
    if (event->end == LN_BOOTSTRAP_DONE) {
        return NULL;
    }
    if (event->end == LN_BOOTSTRAP_REPLACED) {
        return "the device has sent a new Bootstrap-Request";
    }
    if (event->end == LN_BOOTSTRAP_TIMED_OUT) {
        return "it took too long";
    }
    return waiting != NULL && waiting->reason != NULL ? waiting->reason
                                                      : ln_bootstrap_reason_text(event->reason);
}

static void log_end(const struct ln_bootstrap_event *event, const char *reason)
{
    bool is_done = event->end == LN_BOOTSTRAP_DONE;

    log_line(LOG_INFO, "bootstrap: %.*s: %s%s%s", (int)event->endpoint.len,
             (const char *)event->endpoint.at, ln_bootstrap_end_name(event->end),
             is_done ? "" : ": ", is_done ? "" : reason);
}

static void take_end(struct bootstrap *bootstrap, const struct ln_bootstrap_event *event)
{
    struct bootstrap_waiting *waiting = bootstrap_waiting_find(bootstrap, event->session);
    const char *reason = reason_of(event, waiting);

    struct ln_bootstrap_event told = *event;
    bool is_of_device = event->reason == LN_BOOTSTRAP_REFUSED ||
                        event->reason == LN_BOOTSTRAP_WRONG_ANSWER ||
                        event->reason == LN_BOOTSTRAP_INCONSISTENT;

    bootstrap_sessions_end(bootstrap->daemon->bootstrap_sessions, event, reason,
                           wall_of(bootstrap, event->time));
    told.code = is_of_device ? event->code : 0;
    tell(bootstrap, &told, ln_bootstrap_end_name(event->end), reason);
    log_end(event, reason);
    if (waiting != NULL) {
        bootstrap_key_over(bootstrap, waiting, event->end == LN_BOOTSTRAP_DONE);
        ln_map_remove(&bootstrap->waiting, waiting);
        free(waiting);
    }
}

bool bootstrap_take_events(struct bootstrap *bootstrap)
{
    static void (*const take[])(struct bootstrap *, const struct ln_bootstrap_event *) = {
        [LN_BOOTSTRAP_REQUESTED] = take_request,
        [LN_BOOTSTRAP_STEPPED] = take_step,
        [LN_BOOTSTRAP_WANTS] = take_wants,
        [LN_BOOTSTRAP_ENDED] = take_end,
    };
    struct ln_bootstrap_event event;
    bool some = false;

    while (ln_bootstrap_event(bootstrap->engine, &event)) {
        take[event.kind](bootstrap, &event);
        some = true;
    }
    return some;
}
