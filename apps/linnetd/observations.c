/* /devices/{endpoint}/observations: what is declared, and the state that it is in. */

#include "linnetd/observations.h"

#include "linnetd/attributes.h"
#include "linnetd/daemon.h"
#include "linnetd/data.h"
#include "linnetd/operation.h"
#include "linnetd/routes.h"
#include "linnetd/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- As JSON ---- */

void observation_copy(struct observation *out, const struct ln_observation_view *view,
                      int64_t wall_offset)
{
    *out = (struct observation){
        .path = view->path,
        .format = view->format,
        .state = (uint8_t)view->state,
        .code = view->code,
        .heard_at = view->heard_at == 0 ? 0 : view->heard_at + wall_offset,
        .notifications = view->notifications,
        .attributes_length = (uint8_t)view->attributes.len,
    };
    if (view->attributes.len > 0) {
        memcpy(out->attributes, view->attributes.at, view->attributes.len);
    }
}

/* Why the device does not observe it. */
static void error_json(struct json_out *json, const struct observation *observation)
{
    const char *type = "device-error";
    char text[8];

    if (observation->state != LN_OBSERVATION_FAILED) {
        out_null(json);
        return;
    }
    if (observation->code == LN_COAP_EMPTY) {
        type = "device-reset";
    } else if (ln_coap_code_class(observation->code) == 2) {
        type = "not-observable";
    }
    out_open(json, '{');
    out_key(json, "type");
    out_text(json, type);
    if (observation->code != LN_COAP_EMPTY) {
        (void)snprintf(text, sizeof(text), "%u.%02u", observation->code >> 5,
                       observation->code & 31u);
        out_key(json, "coap");
        out_text(json, text);
    }
    out_close(json, '}');
}

void observation_json(struct json_out *json, const struct observation *observation)
{
    const struct ln_format *format = ln_format_find(formats, observation->format);
    char text[LN_PATH_TEXT_MAX + 1];

    out_open(json, '{');
    out_key(json, "path");
    out_text(json, path_text(observation->path, text));
    out_key(json, "state");
    out_text(json, ln_observation_state_name((enum ln_observation_state)observation->state));
    out_key(json, "error");
    error_json(json, observation);
    out_key(json, "format");
    if (format != NULL) {
        out_text(json, format->name);
    } else {
        out_null(json);
    }
    out_key(json, "attributes");
    attributes_json(json, ln_bytes(observation->attributes, observation->attributes_length));
    out_key(json, "notifications");
    out_unsigned(json, observation->notifications);
    out_key(json, "last_notification");
    if (observation->heard_at != 0) {
        out_time_ms(json, observation->heard_at);
    } else {
        out_null(json);
    }
    out_close(json, '}');
}

/* ---- One ---- */

/* The request's state. */
struct watch {
    struct ln_path path;
    uint16_t format;
    struct ln_bytes attributes; /* in `declared` */
    uint8_t declared[LN_LIMIT_ATTRIBUTES];
    struct observation found;
    bool is_new;
    bool broken; /* it has not been kept so far */
    ln_err err;
};

static void explain(struct request *request, ln_err err)
{
    switch (err) {
    case LN_ERR_NOT_FOUND:
        problem(request, PROBLEM_UNKNOWN_OBSERVATION, "nothing is declared for this path");
        break;
    case LN_ERR_BAD_REQUEST:
        problem(request, PROBLEM_BAD_PATH, "this path cannot be observed");
        break;
    case LN_ERR_BUSY:
        problem(request, PROBLEM_TOO_MANY_OBSERVATIONS,
                "as many observations are declared for this device, or for all, as there may "
                "be: end some");
        break;
    case LN_ERR_READ_ONLY:
        problem(request, PROBLEM_READ_ONLY, "the disk takes nothing: see the log of linnetd");
        break;
    default:
        problem(request, PROBLEM_NO_MEMORY, "no memory for the observation: try again later");
    }
}

/* Whether it went well; else the problem is set. */
static bool succeeded(struct request *request)
{
    const struct watch *watch = request->state;

    if (watch->err == LN_OK && !watch->broken) {
        return true;
    }
    explain(request, watch->broken ? LN_ERR_READ_ONLY : watch->err);
    return false;
}

static void copy_found(struct shard *shard, struct call *call)
{
    struct watch *watch = call->request->state;
    const struct ln_observation *found =
        ln_server_observation(shard->server, call->request->endpoint, watch->path);
    struct ln_observation_view view;

    if (found == NULL) {
        watch->err = LN_ERR_NOT_FOUND;
        return;
    }
    ln_observation_get(found, &view);
    observation_copy(&watch->found, &view, wall_offset(&shard->daemon->wall));
}

/* The answer waits until the change is on disk, and all before it. */
static void promise(struct shard *shard, struct call *call)
{
    struct watch *watch = call->request->state;

    shard_take_events(shard);
    keep_promise(shard, call, shard->keep.last, &watch->broken);
}

static void run_declare(struct shard *shard, struct call *call)
{
    struct request *request = call->request;
    struct watch *watch = request->state;

    watch->is_new =
        ln_server_observation(shard->server, request->endpoint, watch->path) == NULL;
    watch->err = ln_server_observe(shard->server, shard->now, request->endpoint, watch->path,
                                   watch->format, watch->attributes, true);
    if (watch->err == LN_OK) {
        copy_found(shard, call);
        promise(shard, call);
    } else {
        call_done(call);
    }
}

static void finish_declare(struct request *request)
{
    const struct watch *watch = request->state;

    if (succeeded(request)) {
        struct json_out json = {.out = respond_json(request, watch->is_new ? 201 : 200)};
        observation_json(&json, &watch->found);
    }
}

static void run_end(struct shard *shard, struct call *call)
{
    struct request *request = call->request;
    struct watch *watch = request->state;

    watch->err = ln_server_unobserve(shard->server, shard->now, request->endpoint, watch->path);
    if (watch->err == LN_OK) {
        promise(shard, call);
    } else {
        call_done(call);
    }
}

static void finish_end(struct request *request)
{
    if (succeeded(request)) {
        respond_empty(request);
    }
}

static void run_find(struct shard *shard, struct call *call)
{
    copy_found(shard, call);
    call_done(call);
}

static void finish_find(struct request *request)
{
    const struct watch *watch = request->state;

    if (succeeded(request)) {
        struct json_out json = {.out = respond_json(request, 200)};
        observation_json(&json, &watch->found);
    }
}

static struct watch *begin(struct request *request)
{
    struct watch *watch;

    if (!request_query_only(request, (const char *const[]){NULL})) {
        return NULL;
    }
    watch = request_state(request, sizeof(*watch), NULL);
    if (watch == NULL || !data_read_path(request, &watch->path)) {
        return NULL;
    }
    watch->format = LN_FORMAT_NONE;
    return watch;
}

static void ask(struct request *request, void (*run)(struct shard *, struct call *),
                void (*finish)(struct request *))
{
    ask_shard(request, daemon_shard_of(request->daemon, request->endpoint), run, finish);
}

static bool read_format(struct request *request, const json_t *member, struct watch *watch)
{
    if (member == NULL || json_is_null(member)) {
        return true;
    }
    const struct ln_format *format =
        json_is_string(member) ? ln_format_named(formats, json_string_value(member)) : NULL;
    if (format == NULL) {
        return problem(request, PROBLEM_BAD_FORMAT,
                       "\"format\": it is tlv, json, text, opaque, cbor, senml-json or "
                       "senml-cbor");
    }
    watch->format = format->id;
    return true;
}

static bool read_attributes(struct request *request, json_t *member, struct watch *watch)
{
    struct ln_writer out = ln_writer(watch->declared, sizeof(watch->declared));

    if (member == NULL || json_is_null(member) ||
        (json_is_object(member) && json_object_size(member) == 0)) {
        return true;
    }
    if (!attributes_read(request, member, watch->path, &out)) {
        return false;
    }
    watch->attributes = ln_writer_bytes(&out);
    return true;
}

void handle_observation_put(struct request *request)
{
    static const char *const members[] = {"format", "attributes", NULL};
    struct watch *watch = begin(request);
    json_t *body = watch != NULL ? request_json(request, true, members) : NULL;

    if (body != NULL && read_format(request, json_object_get(body, "format"), watch) &&
        read_attributes(request, json_object_get(body, "attributes"), watch)) {
        ask(request, run_declare, finish_declare);
    }
}

void handle_observation_get(struct request *request)
{
    if (begin(request) != NULL) {
        ask(request, run_find, finish_find);
    }
}

void handle_observation_delete(struct request *request)
{
    if (begin(request) != NULL) {
        ask(request, run_end, finish_end);
    }
}

/* ---- The list ---- */

struct watches {
    struct observation *at;
    size_t count;
    bool failed;
};

static void free_watches(void *state)
{
    struct watches *watches = state;

    free(watches->at);
}

static void run_list(struct shard *shard, struct call *call)
{
    struct watches *watches = call->request->state;
    struct ln_bytes endpoint = call->request->endpoint;
    const struct ln_observation *one = NULL;
    int64_t offset = wall_offset(&shard->daemon->wall);
    struct ln_observation_view view;
    size_t count = 0;

    while ((one = ln_server_next_observation(shard->server, endpoint, one)) != NULL) {
        count++;
    }
    watches->at = calloc(count + 1, sizeof(*watches->at));
    watches->failed = watches->at == NULL;
    while (!watches->failed &&
           (one = ln_server_next_observation(shard->server, endpoint, one)) != NULL) {
        ln_observation_get(one, &view);
        observation_copy(&watches->at[watches->count++], &view, offset);
    }
    call_done(call);
}

static int compare(const void *a, const void *b)
{
    return ln_path_compare(((const struct observation *)a)->path,
                           ((const struct observation *)b)->path);
}

static void finish_list(struct request *request)
{
    const struct watches *watches = request->state;

    if (watches->failed) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for this request: try again later");
        return;
    }
    qsort(watches->at, watches->count, sizeof(*watches->at), compare);
    struct json_out json = {.out = respond_json(request, 200)};
    out_open(&json, '{');
    out_key(&json, "items");
    out_open(&json, '[');
    for (size_t i = 0; i < watches->count; i++) {
        observation_json(&json, &watches->at[i]);
    }
    out_close(&json, ']');
    out_key(&json, "next");
    out_null(&json);
    out_key(&json, "total");
    out_unsigned(&json, watches->count);
    out_close(&json, '}');
}

void handle_observations(struct request *request)
{
    if (request_query_only(request, (const char *const[]){NULL}) &&
        request_state(request, sizeof(struct watches), free_watches) != NULL) {
        ask(request, run_list, finish_list);
    }
}
