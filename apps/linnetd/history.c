/* What devices said of themselves: from the shards to the thread that notes it. */

#include "linnetd/history.h"

#include "linnetd/condition.h"
#include "linnetd/history_rows.h"
#include "linnetd/log.h"
#include "linnetd/payload.h"

#include <linnet/limits.h>
#include <linnet/net.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROUP_MS = 200, /* payloads wait so long for others */
    ROOM_FIRST = 64 * 1024,
    ALIGNMENT = 16,
    AGE_EVERY_MS = 60 * 60 * 1000,
};

/* A payload on its way: endpoint and bytes follow. */
struct waiting {
    size_t size; /* with the bytes: where the next one begins */
    struct ln_path path;
    uint16_t format;
    uint8_t source;
    uint8_t endpoint_len;
    size_t payload_len;
    int64_t received_ms;
};

struct history {
    struct history_config config;
    struct history_rows rows;
    pthread_t thread;
    bool running;
    bool failing; /* it has been logged */
    ln_time age_due;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct store_bytes waiting;
    struct store_job *first;
    struct store_job **last;
    bool stopping;
    struct history_counters counters;
};

const char *history_source_name(enum history_source source)
{
    return source == HISTORY_READ ? "read" : "notification";
}

/* ---- In ---- */

/* With the lock held. NULL: no memory, or too much waits. */
static uint8_t *make_room(struct history *history, size_t size)
{
    struct store_bytes *waiting = &history->waiting;
    size_t room = waiting->size == 0 ? ROOM_FIRST : waiting->size;

    if (waiting->length + size > HISTORY_WAITING_MAX) {
        return NULL;
    }
    while (room < waiting->length + size) {
        room *= 2;
    }
    if (room != waiting->size) {
        uint8_t *at = realloc(waiting->at, room);
        if (at == NULL) {
            return NULL;
        }
        waiting->at = at;
        waiting->size = room;
    }
    waiting->length += size;
    return waiting->at + waiting->length - size;
}

void history_put(struct history *history, enum history_source source, struct ln_bytes endpoint,
                 struct ln_path path, uint16_t format, struct ln_bytes payload,
                 int64_t received_ms)
{
    struct waiting one = {
        .path = path,
        .format = format,
        .source = (uint8_t)source,
        .endpoint_len = (uint8_t)endpoint.len,
        .payload_len = payload.len,
        .received_ms = received_ms,
    };

    one.size =
        (sizeof(one) + endpoint.len + payload.len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    pthread_mutex_lock(&history->lock);
    bool is_first = history->waiting.length == 0;
    uint8_t *at = make_room(history, one.size);
    if (at == NULL) {
        history->counters.dropped++;
    } else {
        memcpy(at, &one, sizeof(one));
        memcpy(at + sizeof(one), endpoint.at, endpoint.len);
        if (payload.len > 0) {
            memcpy(at + sizeof(one) + endpoint.len, payload.at, payload.len);
        }
        if (is_first) {
            pthread_cond_signal(&history->wake);
        }
    }
    pthread_mutex_unlock(&history->lock);
}

void history_read(struct history *history, struct store_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&history->lock);
    *history->last = job;
    history->last = &job->next;
    pthread_cond_signal(&history->wake);
    pthread_mutex_unlock(&history->lock);
}

struct history_counters history_counters(struct history *history)
{
    pthread_mutex_lock(&history->lock);
    struct history_counters counters = history->counters;
    counters.bytes = history->waiting.length;
    pthread_mutex_unlock(&history->lock);
    return counters;
}

/* ---- The thread: a group ---- */

/* False: the disk took nothing. */
static bool put_record(struct history *history, const struct history_value *value,
                       struct history_counters *tally)
{
    switch (history_rows_put(&history->rows, value)) {
    case HISTORY_SAMPLED:
        tally->samples++;
        tally->values++;
        return true;
    case HISTORY_KEPT:
        tally->values++;
        return true;
    case HISTORY_REFUSED:
        tally->refused++;
        return true;
    default:
        return false;
    }
}

static bool put_payload(struct history *history, const struct waiting *one,
                        struct history_counters *tally)
{
    const uint8_t *at = (const uint8_t *)(one + 1);
    struct history_value value = {
        .endpoint = ln_bytes(at, one->endpoint_len),
        .source = (enum history_source)one->source,
        .received_ms = one->received_ms,
    };
    struct payload payload;
    bool good = true;

    if (!payload_open(&payload, one->format, one->path,
                      ln_bytes(at + one->endpoint_len, one->payload_len))) {
        tally->undecodable++;
        return true;
    }
    while (good && payload_next(&payload, &value.record)) {
        value.at = payload_time(&payload, &value.record, one->received_ms);
        good = value.record.path.depth < 3 || put_record(history, &value, tally);
    }
    if (good && payload.decoder.err != LN_OK) {
        tally->undecodable++;
    }
    payload_close(&payload);
    return good;
}

static size_t count_of(const struct store_bytes *group)
{
    size_t count = 0;

    for (size_t at = 0; at < group->length; count++) {
        at += ((const struct waiting *)(const void *)(group->at + at))->size;
    }
    return count;
}

static bool write_group(struct history *history, const struct store_bytes *group,
                        struct history_counters *tally)
{
    bool good = history_begin(&history->rows);

    for (size_t at = 0; good && at < group->length;) {
        const struct waiting *one = (const void *)(group->at + at);
        good = put_payload(history, one, tally);
        at += one->size;
    }
    return good && history_commit(&history->rows);
}

/* A group that the disk does not take is lost: nobody was promised anything. */
static void note_group(struct history *history, struct store_bytes *group)
{
    struct history_counters tally = {.values = 0};

    if (group->length == 0) {
        return;
    }
    bool good = write_group(history, group, &tally);
    if (!good) {
        history_rollback(&history->rows);
        tally = (struct history_counters){.dropped = count_of(group)};
        if (!history->failing) {
            log_line(LOG_WARN, "--data: history.db: %s: values and samples are lost",
                     sqlite3_errmsg(history->rows.db));
        }
    }
    history->failing = !good;
    group->length = 0;
    pthread_mutex_lock(&history->lock);
    history->counters.values += tally.values;
    history->counters.samples += tally.samples;
    history->counters.dropped += tally.dropped;
    history->counters.undecodable += tally.undecodable;
    history->counters.refused += tally.refused;
    pthread_mutex_unlock(&history->lock);
}

/* ---- The thread ---- */

/* Waits until a group is there, somebody asks, or the end has come, which it tells. */
static bool take_work(struct history *history, struct store_bytes *group,
                      struct store_job **jobs)
{
    ln_time due = LN_NEVER;

    pthread_mutex_lock(&history->lock);
    while (!history->stopping && history->first == NULL) {
        ln_time now = ln_clock_now();
        if (history->waiting.length > 0 && due == LN_NEVER) {
            due = now + GROUP_MS;
        }
        ln_time until = ln_time_min(due, history->age_due);
        if (now >= until) {
            break;
        }
        condition_wait_until(&history->wake, &history->lock, until);
    }
    struct store_bytes empty = *group;
    *group = history->waiting;
    history->waiting = empty;
    *jobs = history->first;
    history->first = NULL;
    history->last = &history->first;
    bool over = history->stopping && *jobs == NULL && group->length == 0;
    pthread_mutex_unlock(&history->lock);
    return over;
}

static void run_jobs(struct history *history, struct store_job *job)
{
    struct store_job *next;

    for (; job != NULL; job = next) {
        next = job->next; /* once it is done, it is gone */
        job->done(job, job->run(job, history->rows.db));
    }
}

static void age(struct history *history)
{
    ln_time now = ln_clock_now();

    if (now < history->age_due) {
        return;
    }
    bool more = history_rows_age(&history->rows, ln_clock_wall_ms() - history->config.keep_ms);
    history->age_due = more ? now : now + AGE_EVERY_MS;
}

static void *run(void *context)
{
    struct history *history = context;
    struct store_bytes group = {.at = NULL};
    struct store_job *jobs;

    while (!take_work(history, &group, &jobs)) {
        note_group(history, &group);
        run_jobs(history, jobs);
        age(history);
    }
    free(group.at);
    return NULL;
}

/* ---- Opened and closed ---- */

struct history *history_open(const struct history_config *config, char why[STORE_WHY_MAX])
{
    struct history *history = calloc(1, sizeof(*history));

    if (history == NULL) {
        (void)snprintf(why, STORE_WHY_MAX, "history.db: no memory");
        return NULL;
    }
    history->config = *config;
    history->last = &history->first;
    history->rows.samples = config->samples;
    pthread_mutex_init(&history->lock, NULL);
    condition_init(&history->wake);
    history->running = history_rows_open(&history->rows, config->folder, why) &&
                       pthread_create(&history->thread, NULL, run, history) == 0;
    if (!history->running) {
        history_close(history);
        return NULL;
    }
    return history;
}

void history_close(struct history *history)
{
    if (history == NULL) {
        return;
    }
    if (history->running) {
        pthread_mutex_lock(&history->lock);
        history->stopping = true;
        pthread_cond_signal(&history->wake);
        pthread_mutex_unlock(&history->lock);
        pthread_join(history->thread, NULL);
    }
    history_rows_close(&history->rows);
    free(history->waiting.at);
    pthread_mutex_destroy(&history->lock);
    pthread_cond_destroy(&history->wake);
    free(history);
}
