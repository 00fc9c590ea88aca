/* The ring of events, and the streams that read it: server-sent events. */

#include "linnetd/events.h"

#include "linnetd/bootstrap_sessions.h"
#include "linnetd/daemon.h"
#include "linnetd/device.h"
#include "linnetd/firmware.h"
#include "linnetd/json_out.h"
#include "linnetd/operation.h"
#include "linnetd/payload.h"
#include "linnetd/routes.h"
#include "linnetd/values.h"

#include <linnet/net.h>

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_BLOCK = 4096, ID_TEXT_MAX = 32 };

static const char *const kind_names[] = {
#define EVENT_KIND(kind, name) name,
    EVENT_KINDS(EVENT_KIND)
#undef EVENT_KIND
};

const char *event_kind_name(enum event_kind kind)
{
    return kind_names[kind];
}

/* One open GET /events. Its fields are guarded by the lock of events. */
struct event_stream {
    struct event_stream *next;
    struct events *events;
    struct MHD_Connection *connection;
    uint64_t sent; /* id of the last event looked at */
    bool suspended;
    bool speak; /* a comment is due */
    bool over;  /* its token was removed */
    char token_id[AUTH_ID_TEXT];
    int kind;            /* -1: all */
    size_t endpoint_len; /* 0: all */
    uint8_t endpoint[LN_LIMIT_ENDPOINT];
    /* Written, and not yet taken by the connection. */
    struct text_out text;
    size_t taken;
};

/* ---- The ring ---- */

bool events_init(struct events *events)
{
    *events = (struct events){.first = 1};
    pthread_mutex_init(&events->lock, NULL);
    (void)snprintf(events->run, sizeof(events->run), "%08x", ln_random_u32(&ln_random_system));
    events->ring = calloc(EVENTS_KEPT, sizeof(*events->ring));
    return events->ring != NULL;
}

void events_fini(struct events *events)
{
    for (size_t i = 0; events->ring != NULL && i < EVENTS_KEPT; i++) {
        free(events->ring[i].payload);
    }
    free(events->ring);
    pthread_mutex_destroy(&events->lock);
}

/* With the lock held: streams that wait go on. */
static void wake_streams(struct events *events)
{
    for (struct event_stream *stream = events->streams; stream != NULL; stream = stream->next) {
        if (stream->suspended) {
            stream->suspended = false;
            MHD_resume_connection(stream->connection);
        }
    }
}

/* With the lock held. */
static void forget_oldest(struct events *events)
{
    struct event *event = &events->ring[events->first % EVENTS_KEPT];

    events->payloads -= event->payload_len;
    free(event->payload);
    event->payload = NULL;
    event->payload_len = 0;
    events->first++;
}

/* With the lock held: the place of one more event, with all that every kind has. */
static struct event *next_place(struct events *events, enum event_kind kind, int64_t time,
                                struct ln_bytes endpoint)
{
    if (events->last + 1 - events->first == EVENTS_KEPT) {
        forget_oldest(events);
    }
    events->last++;
    struct event *event = &events->ring[events->last % EVENTS_KEPT];
    event->id = events->last;
    event->time = time;
    event->kind = (uint8_t)kind;
    event->endpoint_len =
        (uint8_t)(endpoint.len < LN_LIMIT_ENDPOINT ? endpoint.len : LN_LIMIT_ENDPOINT);
    memcpy(event->endpoint, endpoint.at, event->endpoint_len);
    return event;
}

void events_put(struct events *events, enum event_kind kind, struct ln_bytes endpoint,
                const struct event_operation *operation)
{
    int64_t time = ln_clock_wall_ms();

    pthread_mutex_lock(&events->lock);
    struct event *event = next_place(events, kind, time, endpoint);
    event->operation = operation != NULL ? *operation : (struct event_operation){.number = 0};
    wake_streams(events);
    pthread_mutex_unlock(&events->lock);
}

void events_put_bootstrap(struct events *events, struct ln_bytes endpoint,
                          const struct event_bootstrap *bootstrap, int64_t time)
{
    pthread_mutex_lock(&events->lock);
    next_place(events, EVENT_BOOTSTRAP, time, endpoint)->bootstrap = *bootstrap;
    wake_streams(events);
    pthread_mutex_unlock(&events->lock);
}

void events_put_firmware(struct events *events, struct ln_bytes endpoint,
                         const struct event_firmware *firmware)
{
    int64_t time = ln_clock_wall_ms();

    pthread_mutex_lock(&events->lock);
    struct event *event = next_place(events, EVENT_FIRMWARE, time, endpoint);
    event->firmware = *firmware;
    wake_streams(events);
    pthread_mutex_unlock(&events->lock);
}

static uint8_t *copy_of(struct ln_bytes bytes)
{
    uint8_t *copy = bytes.len > 0 ? malloc(bytes.len) : NULL;

    if (copy != NULL) {
        memcpy(copy, bytes.at, bytes.len);
    }
    return copy;
}

/* With the lock held: the event takes the copy over, if there was memory for it. */
static void keep_payload(struct events *events, struct event *event, uint8_t *copy, size_t len)
{
    event->payload = copy;
    event->payload_len = copy != NULL ? len : 0;
    events->payloads += event->payload_len;
    while (events->payloads > EVENT_PAYLOADS_MAX && events->first < events->last) {
        forget_oldest(events);
    }
}

void events_put_registered(struct events *events, const struct ln_server_event *event)
{
    struct ln_registration_view view = {.proof_mode = 0};
    int64_t time = ln_clock_wall_ms();

    if (event->registration != NULL) {
        ln_registration_get(event->registration, &view);
    }
    uint8_t *identity = copy_of(view.identity);
    pthread_mutex_lock(&events->lock);
    struct event *put = next_place(events, EVENT_REGISTERED, time, event->endpoint);
    put->proof_mode = view.proof_mode;
    keep_payload(events, put, identity, view.identity.len);
    wake_streams(events);
    pthread_mutex_unlock(&events->lock);
}

void events_put_observation(struct events *events, const struct ln_server_event *event,
                            int64_t wall_offset)
{
    bool is_value = event->kind == LN_SERVER_NOTIFIED;
    enum event_kind kind = is_value ? EVENT_NOTIFICATION : EVENT_OBSERVATION;
    struct observation state;
    struct ln_bytes kept = event->payload;

    if (!is_value) {
        observation_copy(&state, &event->observation, wall_offset);
        kept = ln_bytes(&state, sizeof(state));
    }
    uint8_t *payload = copy_of(kept);
    pthread_mutex_lock(&events->lock);
    struct event *put = next_place(events, kind, event->time + wall_offset, event->endpoint);
    put->path = event->observation.path;
    put->format = payload != NULL || kept.len == 0 ? event->format : LN_FORMAT_NONE;
    keep_payload(events, put, payload, kept.len);
    wake_streams(events);
    pthread_mutex_unlock(&events->lock);
}

/* With the lock held: each stream says something, which shows whose peer is gone. */
static void probe_streams(struct events *events)
{
    for (struct event_stream *stream = events->streams; stream != NULL; stream = stream->next) {
        stream->speak = true;
    }
    wake_streams(events);
}

void events_tick(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    probe_streams(events);
    pthread_mutex_unlock(&events->lock);
}

void events_close(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    events->closed = true;
    wake_streams(events);
    pthread_mutex_unlock(&events->lock);
}

void events_end_token(struct events *events, const char *id)
{
    pthread_mutex_lock(&events->lock);
    for (struct event_stream *stream = events->streams; stream != NULL; stream = stream->next) {
        stream->over = stream->over || strcmp(stream->token_id, id) == 0;
    }
    wake_streams(events);
    pthread_mutex_unlock(&events->lock);
}

size_t events_streams(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    size_t count = events->stream_count;
    pthread_mutex_unlock(&events->lock);
    return count;
}

/* ---- A stream ---- */

static bool passes(const struct event_stream *stream, const struct event *event)
{
    struct ln_bytes endpoint = ln_bytes(event->endpoint, event->endpoint_len);

    return (stream->kind < 0 || stream->kind == event->kind) &&
           (stream->endpoint_len == 0 ||
            ln_bytes_equal(endpoint, ln_bytes(stream->endpoint, stream->endpoint_len)));
}

static void operation_json(struct json_out *json, const struct event_operation *operation)
{
    char text[OPERATION_ID_TEXT];

    operation_id_text(operation->number, text);
    out_open(json, '{');
    out_key(json, "id");
    out_text(json, text);
    out_key(json, "method");
    out_text(json, ln_operation_name((enum ln_operation_kind)operation->kind));
    out_key(json, "path");
    out_text(json, path_text(operation->path, text));
    out_key(json, "state");
    out_text(json, ln_operation_state_name((enum ln_operation_state)operation->state));
    if (operation->code != 0) {
        (void)snprintf(text, sizeof(text), "%u.%02u", operation->code >> 5,
                       operation->code & 31u);
        out_key(json, "coap");
        out_text(json, text);
    }
    out_close(json, '}');
}

static void bootstrap_json(struct json_out *json, const struct event_bootstrap *bootstrap)
{
    char text[LN_PATH_TEXT_MAX + 1];
    char id[BOOTSTRAP_ID_TEXT];
    char code[BOOTSTRAP_CODE_TEXT];

    bootstrap_id_text(bootstrap->session, id);
    out_open(json, '{');
    out_key(json, "id");
    out_text(json, id);
    out_key(json, "state");
    out_text(json, bootstrap->state);
    if (bootstrap->step != NULL) {
        out_key(json, "method");
        out_text(json, bootstrap->step);
        out_key(json, "path");
        out_text(json, path_text(bootstrap->path, text));
    }
    if (bootstrap->code != 0) {
        bootstrap_code_text(bootstrap->code, code);
        out_key(json, "code");
        out_text(json, code);
    }
    if (bootstrap->reason != NULL) {
        out_key(json, "reason");
        out_text(json, bootstrap->reason);
    }
    out_close(json, '}');
}

static void state_json(struct json_out *json, const struct event *event)
{
    out_key(json, "observation");
    if (event->payload != NULL) {
        observation_json(json, (const struct observation *)(const void *)event->payload);
    } else {
        out_null(json);
    }
}

/* One that cannot be decoded says so instead of its records. */
static void notification_json(struct json_out *json, const struct event *event)
{
    char text[LN_PATH_TEXT_MAX + 1];

    out_key(json, "path");
    out_text(json, path_text(event->path, text));
    out_key(json, "records");
    if (!payload_json(json, event->format, event->path,
                      ln_bytes(event->payload, event->payload_len), event->time)) {
        out_null(json);
        out_key(json, "error");
        out_text(json, "device-bad-payload");
    }
}

static void write_event(const struct events *events, struct text_out *out,
                        const struct event *event)
{
    struct json_out json = {.out = out};

    text_add(out, "id: ");
    text_add(out, events->run);
    text_add(out, "-");
    text_unsigned(out, event->id);
    text_add(out, "\nevent: ");
    text_add(out, event_kind_name(event->kind));
    text_add(out, "\ndata: ");
    out_open(&json, '{');
    out_key(&json, "time");
    out_time_ms(&json, event->time);
    out_key(&json, "endpoint");
    out_string(&json, ln_bytes(event->endpoint, event->endpoint_len));
    if (event->kind == EVENT_OPERATION) {
        out_key(&json, "operation");
        operation_json(&json, &event->operation);
    } else if (event->kind == EVENT_OBSERVATION) {
        state_json(&json, event);
    } else if (event->kind == EVENT_NOTIFICATION) {
        notification_json(&json, event);
    } else if (event->kind == EVENT_BOOTSTRAP) {
        out_key(&json, "bootstrap");
        bootstrap_json(&json, &event->bootstrap);
    } else if (event->kind == EVENT_FIRMWARE) {
        out_key(&json, "firmware");
        firmware_event_json(&json, &event->firmware);
    } else if (event->kind == EVENT_REGISTERED) {
        device_security_json(&json, event->proof_mode,
                             ln_bytes(event->payload, event->payload_len));
    }
    out_close(&json, '}');
    text_add(out, "\n\n");
}

/* Who reads more slowly than devices speak misses events, and is told how many. */
static void skip_lost(struct event_stream *stream)
{
    struct events *events = stream->events;

    if (stream->sent + 1 < events->first) {
        uint64_t lost = events->first - stream->sent - 1;
        text_add(&stream->text, ": events lost: ");
        text_unsigned(&stream->text, lost);
        text_add(&stream->text, "\n\n");
        stream->sent += lost;
    }
}

/* With the lock held: writes what is new, about a block of it. */
static void write_news(struct event_stream *stream)
{
    struct events *events = stream->events;

    stream->text.len = 0;
    stream->taken = 0;
    skip_lost(stream);
    while (stream->sent < events->last && stream->text.len < STREAM_BLOCK) {
        stream->sent++;
        const struct event *event = &events->ring[stream->sent % EVENTS_KEPT];
        if (passes(stream, event)) {
            write_event(events, &stream->text, event);
        }
    }
    if (stream->speak && stream->text.len == 0) {
        text_add(&stream->text, ":\n\n");
    }
    stream->speak = false;
}

/* libmicrohttpd asks for more to send. */
static ssize_t on_more(void *context, uint64_t position, char *buffer, size_t size)
{
    struct event_stream *stream = context;
    struct events *events = stream->events;

    (void)position;
    pthread_mutex_lock(&events->lock);
    if (stream->taken == stream->text.len) {
        write_news(stream);
    }
    size_t left = stream->text.len - stream->taken;
    size_t n = left < size ? left : size;
    bool end = events->closed || stream->over || stream->text.failed ||
               connection_is_abandoned(stream->connection);
    if (n > 0 && !end) {
        memcpy(buffer, stream->text.at + stream->taken, n);
        stream->taken += n;
    } else if (!end) {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&events->lock);
    return end ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)n;
}

static void on_stream_end(void *context)
{
    struct event_stream *stream = context;
    struct events *events = stream->events;

    pthread_mutex_lock(&events->lock);
    for (struct event_stream **at = &events->streams; *at != NULL; at = &(*at)->next) {
        if (*at == stream) {
            *at = stream->next;
            events->stream_count--;
            break;
        }
    }
    pthread_mutex_unlock(&events->lock);
    text_free(&stream->text);
    free(stream);
}

/* ---- The route ---- */

static bool read_kind(struct request *request, struct event_stream *stream)
{
    char text[16];

    stream->kind = -1;
    if (!request_query(request, "type", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        if (strcmp(text, kind_names[kind]) == 0) {
            stream->kind = kind;
            return true;
        }
    }
    return problem(request, PROBLEM_BAD_QUERY,
                   "type: it is registered, updated, deregistered, expired, awake, sleeping, "
                   "unreachable, operation, observation, notification, bootstrap or firmware");
}

static bool read_endpoint(struct request *request, struct event_stream *stream)
{
    char text[LN_LIMIT_ENDPOINT + 1];

    if (!request_query(request, "endpoint", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    stream->endpoint_len = strlen(text);
    memcpy(stream->endpoint, text, stream->endpoint_len);
    return true;
}

/*
 * Where to begin: behind Last-Event-ID, or with what happens from now on. An id of another run
 * has missed all.
 */
static uint64_t start_of(const struct events *events, const char *last_id)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(last_id));
    uint64_t id;

    if (last_id == NULL) {
        return events->last;
    }
    if (ln_bytes_are(ln_read_until(&in, '-'), events->run) &&
        ln_unsigned_of_text(ln_read_rest(&in), &id) && id <= events->last) {
        return id;
    }
    return events->first - 1;
}

static bool join(struct request *request, struct event_stream *stream)
{
    struct events *events = stream->events;
    const char *last_id =
        MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Last-Event-ID");

    pthread_mutex_lock(&events->lock);
    bool room = events->stream_count < EVENT_STREAMS_MAX;
    if (room) {
        stream->sent = start_of(events, last_id);
        stream->speak = true; /* the headers leave with the first bytes */
        stream->next = events->streams;
        events->streams = stream;
        events->stream_count++;
    } else {
        probe_streams(events); /* there may be room when the caller tries again */
    }
    pthread_mutex_unlock(&events->lock);
    return room ||
           problem(request, PROBLEM_TOO_MANY_STREAMS,
                   "at most %d event streams may be open: close one", EVENT_STREAMS_MAX);
}

static struct event_stream *stream_new(struct request *request)
{
    static const char *const names[] = {"endpoint", "type", NULL};
    struct event_stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for the stream: try again later");
        return NULL;
    }
    stream->events = &request->daemon->events;
    stream->connection = request->connection;
    memcpy(stream->token_id, request->token_id, sizeof(stream->token_id));
    if (!request_query_only(request, names) || !read_kind(request, stream) ||
        !read_endpoint(request, stream) || !join(request, stream)) {
        free(stream);
        return NULL;
    }
    return stream;
}

void handle_events(struct request *request)
{
    request->answer.status = 200;
    request->answer.type = "text/event-stream";
    if (strcmp(request->method, "HEAD") == 0) {
        return; /* a stream would send a body, which the answer to a HEAD must not have */
    }
    struct event_stream *stream = stream_new(request);
    if (stream == NULL) {
        return;
    }
    request->answer.stream = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
                                                               on_more, stream, on_stream_end);
    if (request->answer.stream == NULL) {
        on_stream_end(stream);
        problem(request, PROBLEM_NO_MEMORY, "no memory for the stream: try again later");
    }
}
