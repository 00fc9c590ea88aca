/* The HTTP thread's side of values that travel as they are. */

#include "linnetd/octets.h"

#include "linnetd/daemon.h"
#include "linnetd/data_result.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RESPONSE_BLOCK = 4096 };

bool octets_are_named(const struct request *request, const char *header)
{
    static const char type[] = "application/octet-stream";
    const char *value = request_header(request, header);

    return value != NULL && strncasecmp(value, type, sizeof(type) - 1) == 0;
}

/* ---- The ring ---- */

static uint32_t held(const struct octets *octets)
{
    return octets->tail - octets->head;
}

uint32_t octets_room(const struct octets *octets)
{
    return (uint32_t)OCTETS_ROOM - held(octets);
}

/* How much lies in one piece from a place of the ring on. */
static size_t piece(uint32_t place, size_t size)
{
    size_t to_end = OCTETS_ROOM - place % OCTETS_ROOM;

    return size < to_end ? size : to_end;
}

void octets_put(struct octets *octets, struct ln_bytes bytes)
{
    size_t first = piece(octets->tail, bytes.len);

    if (bytes.len > 0) {
        memcpy(&octets->ring[octets->tail % OCTETS_ROOM], bytes.at, first);
        memcpy(octets->ring, bytes.at + first, bytes.len - first);
        octets->tail += (uint32_t)bytes.len;
    }
}

size_t octets_take(struct octets *octets, void *out, size_t size)
{
    size_t n = held(octets) < size ? held(octets) : size;
    size_t first = piece(octets->head, n);

    memcpy(out, &octets->ring[octets->head % OCTETS_ROOM], first);
    memcpy((uint8_t *)out + first, octets->ring, n - first);
    octets->head += (uint32_t)n;
    return n;
}

/* ---- Two threads ---- */

void octets_wake(struct octets *octets)
{
    if (octets->suspended) {
        octets->suspended = false;
        MHD_resume_connection(octets->connection);
    }
}

static void sleep_until_woken(struct octets *octets)
{
    octets->suspended = true;
    MHD_suspend_connection(octets->connection);
}

void octets_release(struct octets *octets)
{
    bool last = --octets->references == 0;

    pthread_mutex_unlock(&octets->lock);
    if (last) {
        pthread_mutex_destroy(&octets->lock);
        free(octets->op.payload);
        free(octets);
    }
}

/* With the lock held: the shard looks at us soon. */
static void post(struct octets *octets)
{
    if (octets->posted || octets->over) {
        return;
    }
    octets->posted = true;
    octets->references++;
    octets->call = (struct call){.run = octets_run};
    if (!inbox_put_call(&octets->shard->inbox, &octets->call)) {
        octets->posted = false;
        octets->references--;
        octets->over = true;
        octets->op.end = OPERATION_ENDED;
        octets->op.outcome = LN_OUTCOME_CLOSED;
    }
}

static struct octets *octets_new(struct request *request, struct data *data)
{
    struct daemon *daemon = request->daemon;
    struct octets *octets = calloc(1, sizeof(*octets));

    if (octets == NULL) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for this request: try again later");
        return NULL;
    }
    pthread_mutex_init(&octets->lock, NULL);
    octets->references = 1;
    octets->connection = request->connection;
    octets->shard = daemon->shards[daemon_shard_of(daemon, request->endpoint)];
    octets->endpoint = request->endpoint;
    octets->op = data->op;
    data->octets = octets;
    return octets;
}

/* With the lock held. Who asked is not there any more, so nobody need move the rest. */
static void part(struct octets *octets)
{
    if (octets->connection != NULL) {
        octets->connection = NULL;
        octets->suspended = false;
        post(octets);
    }
}

void octets_leave(struct octets *octets)
{
    if (octets != NULL) {
        pthread_mutex_lock(&octets->lock);
        part(octets);
        octets_release(octets);
    }
}

/* What came of it, to where the answers are made from. */
static void take_result(struct data *data)
{
    struct octets *octets = data->octets;

    pthread_mutex_lock(&octets->lock);
    data->op = octets->op;
    octets->op.payload = NULL;
    pthread_mutex_unlock(&octets->lock);
}

/* ---- Read ---- */

/* libmicrohttpd asks for more to send. */
static ssize_t on_more(void *context, uint64_t position, char *buffer, size_t size)
{
    struct octets *octets = context;
    ssize_t result = 0;

    (void)position;
    pthread_mutex_lock(&octets->lock);
    if (held(octets) > 0) {
        result = (ssize_t)octets_take(octets, buffer, size);
        if (octets->waits && octets_room(octets) >= OCTETS_ROOM / 2) {
            post(octets);
        }
    } else if (octets->over) {
        bool good =
            octets->op.outcome == LN_OUTCOME_ANSWERED && octets->op.end == OPERATION_ENDED;
        result = good ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
    } else {
        sleep_until_woken(octets);
    }
    pthread_mutex_unlock(&octets->lock);
    return result;
}

static void on_response_end(void *context)
{
    octets_leave(context);
}

static void respond_stream(struct request *request, struct octets *octets)
{
    pthread_mutex_lock(&octets->lock);
    uint64_t size = octets->told > 0 ? octets->told : MHD_SIZE_UNKNOWN;
    octets->references++; /* the response's */
    pthread_mutex_unlock(&octets->lock);
    request->answer.stream = MHD_create_response_from_callback(size, RESPONSE_BLOCK, on_more,
                                                               octets, on_response_end);
    if (request->answer.stream == NULL) {
        on_response_end(octets);
        problem(request, PROBLEM_NO_MEMORY, "no memory for the answer: try again later");
        return;
    }
    request->answer.status = MHD_HTTP_OK;
    request->answer.type = "application/octet-stream";
}

static void finish_read(struct request *request)
{
    struct data *data = request->state;

    pthread_mutex_lock(&data->octets->lock);
    bool flows = data->octets->flows && data->octets->tail > 0;
    pthread_mutex_unlock(&data->octets->lock);
    if (flows) {
        respond_stream(request, data->octets);
    } else {
        take_result(data);
        data_finish_octets(request);
    }
}

/* Suspends until the shard has something to say; false: it has already. */
static bool wait_for_shard(struct octets *octets)
{
    pthread_mutex_lock(&octets->lock);
    post(octets);
    bool waits = !octets->over;
    if (waits) {
        sleep_until_woken(octets);
    }
    pthread_mutex_unlock(&octets->lock);
    return waits;
}

/* `finish` makes the answer, now or when the shard is done. */
static void finish_later(struct request *request, struct octets *octets,
                         void (*finish)(struct request *))
{
    request->finish = finish;
    request->asked = wait_for_shard(octets);
    if (!request->asked) {
        finish(request);
    }
}

void octets_read(struct request *request, struct data *data)
{
    struct octets *octets = octets_new(request, data);

    if (octets != NULL) {
        finish_later(request, octets, finish_read);
    }
}

/* ---- Write ---- */

static void finish_write(struct request *request)
{
    take_result(request->state);
    data_finish_empty(request);
}

static void refuse_large(struct request *request, size_t megabytes, const char *why)
{
    problem(request, PROBLEM_TOO_LARGE, "a value may have %zu MiB%s", megabytes, why);
    text_free(&request->body);
}

static size_t keep_whole(struct request *request, struct ln_bytes bytes)
{
    if (bytes.len > HTTP_BODY_MAX - request->body.len) {
        refuse_large(request, HTTP_BODY_MAX >> 20, " in this format, or to this device");
        return bytes.len;
    }
    text_bytes(&request->body, bytes);
    if (request->body.failed) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for the body: try again later");
    }
    return bytes.len;
}

/* What comes is more than we keep: the shard begins, and says how it goes on. False: it is over. */
static bool start_writing(struct request *request, struct data *data)
{
    struct octets *octets = octets_new(request, data);

    if (octets == NULL) {
        return false;
    }
    octets->size = data->told;
    octets_put(octets, ln_bytes(request->body.at, request->body.len));
    data->received = request->body.len;
    text_free(&request->body);
    return wait_for_shard(octets);
}

/* The device's format has no way to hold a value in pieces: back to a body that is kept. */
static void give_back(struct request *request, struct data *data)
{
    struct octets *octets = data->octets;
    uint8_t bytes[OCTETS_ROOM];

    pthread_mutex_lock(&octets->lock);
    size_t n = octets_take(octets, bytes, sizeof(bytes));
    pthread_mutex_unlock(&octets->lock);
    (void)keep_whole(request, ln_bytes(bytes, n));
    octets_leave(octets);
    data->octets = NULL;
    data->whole = true;
}

static size_t feed(struct octets *octets, struct ln_bytes bytes)
{
    pthread_mutex_lock(&octets->lock);
    size_t n = octets_room(octets) < bytes.len ? octets_room(octets) : bytes.len;
    if (octets->over) {
        n = bytes.len; /* read, so that the answer is not lost to a reset, but not kept */
    } else {
        octets_put(octets, ln_bytes(bytes.at, n));
        if (octets->waits && held(octets) > octets->wanted) {
            post(octets);
        }
        if (n < bytes.len) {
            sleep_until_woken(octets);
        }
    }
    pthread_mutex_unlock(&octets->lock);
    return n;
}

static bool is_whole(struct octets *octets)
{
    pthread_mutex_lock(&octets->lock);
    bool whole = octets->whole;
    pthread_mutex_unlock(&octets->lock);
    return whole;
}

/* A piece of the body: how much of it was taken; the rest comes again. */
static size_t take_upload(struct request *request, struct ln_bytes bytes)
{
    struct data *data = request->state;

    if (data->octets != NULL && is_whole(data->octets)) {
        give_back(request, data);
    }
    if (data->octets == NULL) {
        if (data->whole || request->body.len + bytes.len <= OCTETS_ROOM) {
            return keep_whole(request, bytes);
        }
        return start_writing(request, data) ? 0 : bytes.len;
    }
    if (bytes.len > OCTETS_MAX - data->received) {
        refuse_large(request, OCTETS_MAX >> 20, "");
        octets_leave(data->octets);
        data->octets = NULL;
        return bytes.len;
    }
    size_t taken = feed(data->octets, bytes);
    data->received += taken;
    return taken;
}

void octets_expect(struct request *request)
{
    struct data *data = request->state;
    const char *length = request_header(request, "Content-Length");
    uint64_t size;

    data->told = LN_COAP_BODY_UNKNOWN;
    data->whole = data->op.async;
    if (length != NULL && ln_unsigned_of_text(ln_bytes_of_text(length), &size)) {
        if (size > OCTETS_MAX) {
            refuse_large(request, OCTETS_MAX >> 20, "");
            return;
        }
        data->told = (uint32_t)size;
    }
    request->take = take_upload;
}

bool octets_written(struct request *request, struct data *data)
{
    struct octets *octets = data->octets;

    if (octets == NULL) {
        return false;
    }
    if (is_whole(octets)) {
        give_back(request, data);
        return false;
    }
    pthread_mutex_lock(&octets->lock);
    octets->ended = true;
    pthread_mutex_unlock(&octets->lock);
    finish_later(request, octets, finish_write);
    return true;
}
