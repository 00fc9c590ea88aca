/* libmicrohttpd around our requests: one thread, connections that wait are suspended. */

#include "linnetd/http.h"

#include "linnetd/daemon.h"
#include "linnetd/http_slow.h"
#include "linnetd/https.h"
#include "linnetd/router.h"

#include <linnet/net.h>

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_SECONDS = 120 };

struct http {
    struct daemon *daemon;
    struct MHD_Daemon *mhd;
    struct ln_address address;
    int fd;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    struct slow slow;
    size_t active; /* requests begun and not yet over */
    atomic_uint_fast64_t answered[HTTP_STATUS_CLASSES];
};

/* ---- The life of a request ---- */

static struct request *request_new(struct http *http, struct MHD_Connection *connection,
                                   const char *method)
{
    struct request *request = calloc(1, sizeof(*request));

    if (request == NULL) {
        return NULL;
    }
    request->connection = connection;
    request->daemon = http->daemon;
    request->http = http;
    request->method = method;
    pthread_mutex_lock(&http->lock);
    http->active++;
    pthread_mutex_unlock(&http->lock);
    return request;
}

static void request_free(struct http *http, struct request *request)
{
    if (request->free_state != NULL) {
        request->free_state(request->state);
    }
    free(request->state);
    json_decref(request->json);
    text_free(&request->body);
    text_free(&request->answer.body);
    free(request->answer.location);
    free(request);
    pthread_mutex_lock(&http->lock);
    http->active--;
    if (http->active == 0) {
        pthread_cond_broadcast(&http->idle);
    }
    pthread_mutex_unlock(&http->lock);
}

static struct ln_address remote_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct ln_address address = {.port = 0};

    if (info != NULL) {
        (void)ln_address_of_system(info->client_addr, &address);
    }
    return address;
}

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* A first write to a peer that has closed would still succeed: so look whether it has. */
bool connection_is_abandoned(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;

    return info != NULL && recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool is_allowed(struct request *request, enum role role)
{
    const char *header = request_header(request, "Authorization");
    struct ln_address from = remote_of(request->connection);

    return auth_check(&request->daemon->auth, request, role, header, &from, ln_clock_now());
}

/*
 * Token and route are checked first: who may not do a thing cannot make us keep a body. Below
 * /api the token comes before the route, so that nobody finds out what is there.
 */
static void begin(struct request *request, const char *raw_path)
{
    static const char api[] = "/api/";

    if (strncmp(raw_path, api, sizeof(api) - 1) == 0 && !is_allowed(request, ROLE_VIEWER)) {
        return;
    }
    route_request(request, raw_path);
    if (request->problem == PROBLEM_NONE && is_allowed(request, request->route->role) &&
        request->route->prepare != NULL) {
        request->route->prepare(request);
    }
}

/* A body that nobody asked for is memory that anybody could make us hold: some routes are open. */
static bool has_body(const struct request *request)
{
    return request->problem == PROBLEM_NONE &&
           (strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0 ||
            strcmp(request->method, "PATCH") == 0);
}

/* How much of the piece was taken; the rest comes again once the connection is resumed. */
static size_t take_body(struct request *request, const char *bytes, size_t len)
{
    if (!has_body(request)) {
        return len; /* read to its end, so that the answer is not lost to a reset, not kept */
    }
    if (request->take != NULL) {
        return request->take(request, ln_bytes(bytes, len));
    }
    if (len > HTTP_BODY_MAX - request->body.len) {
        problem(request, PROBLEM_TOO_LARGE,
                "a body may have 1 MiB: send a longer list in parts");
        text_free(&request->body);
        return len;
    }
    request->body.secret = request->secret;
    text_bytes(&request->body, ln_bytes(bytes, len));
    if (request->body.failed) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for the body: try again later");
    }
    return len;
}

/* ---- Asking shards ---- */

void call_done(struct call *call)
{
    struct request *request = call->request;

    if (atomic_fetch_sub(&request->calls_left, 1) == 1) {
        MHD_resume_connection(request->connection);
    }
}

static void ask(struct request *request, uint8_t first, uint8_t count,
                void (*run)(struct shard *, struct call *), void (*finish)(struct request *))
{
    struct daemon *daemon = request->daemon;

    request->asked = true;
    request->finish = finish;
    atomic_store(&request->calls_left, count);
    /* Before the first call is put: a shard may be done, and resume, before we are back. */
    MHD_suspend_connection(request->connection);
    for (uint8_t i = 0; i < count; i++) {
        struct call *call = &request->calls[i];
        *call = (struct call){.request = request, .run = run};
        if (!inbox_put_call(&daemon->shards[first + i]->inbox, call)) {
            problem(request, PROBLEM_STOPPING, "the server is stopping");
            call_done(call);
        }
    }
}

void request_wait(struct request *request, void (*finish)(struct request *))
{
    request->asked = true;
    request->finish = finish;
    request->calls[0] = (struct call){.request = request};
    atomic_store(&request->calls_left, 1);
    MHD_suspend_connection(request->connection);
}

void ask_shard(struct request *request, uint8_t shard,
               void (*run)(struct shard *, struct call *), void (*finish)(struct request *))
{
    ask(request, shard, 1, run, finish);
}

void ask_all(struct request *request, void (*run)(struct shard *, struct call *),
             void (*finish)(struct request *))
{
    ask(request, 0, request->daemon->shard_count, run, finish);
}

void *request_state(struct request *request, size_t size, void (*free_state)(void *state))
{
    request->state = calloc(1, size);
    request->free_state = request->state != NULL ? free_state : NULL;
    if (request->state == NULL) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for this request: try again later");
    }
    return request->state;
}

/* ---- Answering ---- */

struct text_out *respond_json(struct request *request, unsigned status)
{
    request->answer.status = status;
    request->answer.type = "application/json";
    return &request->answer.body;
}

void respond_octets(struct request *request, struct ln_bytes bytes)
{
    request->answer.status = MHD_HTTP_OK;
    request->answer.type = "application/octet-stream";
    text_bytes(&request->answer.body, bytes);
}

void respond_empty(struct request *request)
{
    request->answer.status = MHD_HTTP_NO_CONTENT;
}

static struct MHD_Response *make_response(struct answer *answer)
{
    if (answer->stream != NULL) {
        return answer->stream;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.len, answer->body.at, MHD_RESPMEM_MUST_FREE);
    if (response != NULL) {
        answer->body = (struct text_out){.at = NULL};
    }
    return response;
}

static void add_headers(struct MHD_Response *response, const struct answer *answer)
{
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (answer->type != NULL) {
        (void)MHD_add_response_header(response, "Content-Type", answer->type);
    }
    if (answer->allow[0] != '\0') {
        (void)MHD_add_response_header(response, "Allow", answer->allow);
    }
    if (answer->location != NULL) {
        (void)MHD_add_response_header(response, "Location", answer->location);
    }
    if (answer->status == MHD_HTTP_UNAUTHORIZED) {
        (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    }
    if (answer->status == MHD_HTTP_TOO_MANY_REQUESTS ||
        answer->status == MHD_HTTP_SERVICE_UNAVAILABLE) {
        (void)MHD_add_response_header(response, "Retry-After", "1");
    }
}

static enum MHD_Result respond(struct http *http, struct request *request)
{
    struct answer *answer = &request->answer;

    if (answer->body.failed) {
        text_free(&answer->body);
        problem(request, PROBLEM_NO_MEMORY, "no memory for the answer: ask for less");
    }
    struct MHD_Response *response = make_response(answer);
    if (response == NULL) {
        return MHD_NO;
    }
    add_headers(response, answer);
    enum MHD_Result result = MHD_queue_response(request->connection, answer->status, response);
    MHD_destroy_response(response);
    atomic_fetch_add(&http->answered[answer->status / 100 % HTTP_STATUS_CLASSES], 1);
    log_line(LOG_DEBUG, "http: %s %s: %u", request->method,
             request->route != NULL ? request->route->pattern : "(no route)", answer->status);
    return result;
}

/* ---- libmicrohttpd's callbacks ---- */

static struct slow_connection *slow_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *state = info != NULL ? slow_open(&http->slow, info->connect_fd, ln_clock_now()) : NULL;
    } else {
        slow_close(&http->slow, *state);
        *state = NULL;
    }
}

/* The whole request has been read, or its shards have done their part. */
static enum MHD_Result go_on(struct http *http, struct request *request)
{
    if (atomic_load(&http->daemon->stopping)) {
        problem(request, PROBLEM_STOPPING, "the server is stopping");
    }
    bool came_back = request->asked;
    request->asked = false; /* to be set again by who asks more */
    if (request->problem == PROBLEM_NONE) {
        (came_back ? request->finish : request->route->handle)(request);
    }
    return request->asked ? MHD_YES : respond(http, request);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version,
                                  const char *upload, size_t *upload_len, void **state)
{
    struct http *http = context;
    struct request *request = *state;

    (void)version;
    if (request == NULL) {
        request = request_new(http, connection, method);
        if (request == NULL) {
            return MHD_NO;
        }
        *state = request;
        slow_begin(&http->slow, slow_of(connection));
        begin(request, url);
        return MHD_YES;
    }
    if (*upload_len > 0) {
        size_t taken = take_body(request, upload, *upload_len);
        if (request->secret) {
            explicit_bzero((void *)(uintptr_t)upload, taken); /* in the connection's buffer */
        }
        *upload_len -= taken;
        return MHD_YES;
    }
    return go_on(http, request);
}

static void on_end(void *context, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode why)
{
    struct http *http = context;

    (void)why;
    slow_end(&http->slow, slow_of(connection), IDLE_SECONDS * 1000, ln_clock_now());
    if (*state != NULL) {
        request_free(http, *state);
        *state = NULL;
    }
}

/* The path is split before it is decoded: that is the router's. */
static size_t leave_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void on_log(void *context, const char *format, va_list arguments)
{
    char text[256];

    (void)context;
    (void)vsnprintf(text, sizeof(text), format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_line(LOG_DEBUG, "http: %s", text);
}

/* ---- The server ---- */

static void start_mhd(struct http *http)
{
    bool tls = config_has_https(&http->daemon->config);

    http->mhd = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
            (tls ? MHD_USE_TLS : 0u),
        0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, http,
        MHD_OPTION_LISTEN_SOCKET, http->fd, MHD_OPTION_NOTIFY_COMPLETED, on_end, http,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, http, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)HTTP_CONNECTIONS_PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        /* without TLS the list ends here */
        tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, https_priorities,
        MHD_OPTION_HTTPS_CERT_CALLBACK2, https_give, MHD_OPTION_END);
}

struct http *http_start(struct daemon *daemon, const struct ln_address *address)
{
    struct http *http = calloc(1, sizeof(*http));

    if (http == NULL) {
        return NULL;
    }
    http->daemon = daemon;
    pthread_mutex_init(&http->lock, NULL);
    pthread_cond_init(&http->idle, NULL);
    slow_init(&http->slow, (int64_t)(daemon->config.http_header_timeout * 1000));
    http->fd = ln_tcp_listen(address, &http->address);
    if (http->fd < 0) {
        goto fail;
    }
    start_mhd(http);
    if (http->mhd == NULL) {
        goto fail;
    }
    return http;

fail:;
    int why = errno;
    http_stop(http);
    errno = why;
    return NULL;
}

const struct ln_address *http_address(const struct http *http)
{
    return &http->address;
}

void http_tick(struct http *http, ln_time now)
{
    if (http != NULL) {
        slow_tick(&http->slow, now);
    }
}

uint64_t http_slow(struct http *http)
{
    return slow_closed(&http->slow);
}

void http_drain(struct http *http, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ms / 1000);
    pthread_mutex_lock(&http->lock);
    int late = 0;
    while (http->active > 0 && late == 0) {
        late = pthread_cond_timedwait(&http->idle, &http->lock, &until);
    }
    pthread_mutex_unlock(&http->lock);
}

void http_stop(struct http *http)
{
    if (http == NULL) {
        return;
    }
    if (http->mhd != NULL) {
        MHD_stop_daemon(http->mhd); /* closes the socket */
    } else if (http->fd >= 0) {
        close(http->fd);
    }
    slow_fini(&http->slow);
    pthread_cond_destroy(&http->idle);
    pthread_mutex_destroy(&http->lock);
    free(http);
}

uint64_t http_requests(const struct http *http, unsigned status_class)
{
    return atomic_load(&http->answered[status_class]);
}
