/* The store's threads: one that writes, in groups, and one that reads. */

#include "linnetd/condition.h"
#include "linnetd/log.h"
#include "linnetd/store_observations.h"
#include "linnetd/store_operations.h"
#include "linnetd/store_threads.h"

#include <linnet/net.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    UPDATES_EVERY_MS = 1000,
    RETRY_MS = 500,
    FORGET_EVERY_MS = 60 * 1000,
    IDLE_MS = 200,
    SWEEP_AT = 100 * 1000, /* rows that wait: then not only when there is nothing else to do */
    SWEEP_AT_END_MS = 2000,
    SWEEP_CHUNK = 2000, /* rows of one transaction */
};

/* ---- Numbers ---- */

bool numbers_add(struct numbers *numbers, uint64_t number)
{
    if (numbers->count == numbers->size) {
        size_t size = numbers->size == 0 ? 1024 : numbers->size * 2;
        uint64_t *at = realloc(numbers->at, size * sizeof(*at));
        if (at == NULL) {
            return false;
        }
        numbers->at = at;
        numbers->size = size;
    }
    numbers->at[numbers->count++] = number;
    return true;
}

/* ---- Statements ---- */

#define PLACES                                                                                 \
    "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19"

static const struct {
    size_t at;
    const char *sql;
} statement_table[] = {
    {offsetof(struct store_statements, begin), "BEGIN IMMEDIATE"},
    {offsetof(struct store_statements, commit), "COMMIT"},
    {offsetof(struct store_statements, rollback), "ROLLBACK"},
    {offsetof(struct store_statements, present),
     "INSERT OR REPLACE INTO registrations (number, endpoint, " STORE_VIEW_NAMES
     ") VALUES (" PLACES ")"},
    {offsetof(struct store_statements, left),
     "INSERT OR REPLACE INTO registrations (number, endpoint) VALUES (?1, ?2)"},
    {offsetof(struct store_statements, gone),
     "INSERT OR REPLACE INTO gone (number, endpoint, " STORE_VIEW_NAMES
     ", left_at, expired) VALUES (" PLACES ", ?20, ?21)"},
    {offsetof(struct store_statements, back), "DELETE FROM gone WHERE endpoint = ?1"},
    {offsetof(struct store_statements, sweep), "DELETE FROM registrations WHERE number = ?1"},
    {offsetof(struct store_statements, forget), "DELETE FROM gone WHERE left_at < ?1"},
    {offsetof(struct store_statements, operation),
     "INSERT OR REPLACE INTO operations (" STORE_OPERATION_NAMES
     ") VALUES (" STORE_OPERATION_PLACES ")"},
    {offsetof(struct store_statements, operation_sent),
     "UPDATE operations SET state = ?2 WHERE id = ?1"},
    {offsetof(struct store_statements, operation_forgotten),
     "DELETE FROM operations WHERE id = ?1"},
    {offsetof(struct store_statements, observed),
     "INSERT OR REPLACE INTO observations (" STORE_OBSERVATION_NAMES
     ") VALUES (" STORE_OBSERVATION_PLACES ")"},
    {offsetof(struct store_statements, unobserved),
     "DELETE FROM observations WHERE endpoint = ?1 AND path = ?2"},
};

static sqlite3_stmt **statement_at(struct store *store, size_t i)
{
    return (sqlite3_stmt **)(void *)((char *)&store->statements + statement_table[i].at);
}

bool store_prepare(struct store *store)
{
    for (size_t i = 0; i < LN_COUNT(statement_table); i++) {
        if (sqlite3_prepare_v3(store->db, statement_table[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
                               statement_at(store, i), NULL) != SQLITE_OK) {
            return false;
        }
    }
    return true;
}

void store_unprepare(struct store *store)
{
    for (size_t i = 0; i < LN_COUNT(statement_table); i++) {
        sqlite3_finalize(*statement_at(store, i));
        *statement_at(store, i) = NULL;
    }
}

static bool run_once(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);

    (void)sqlite3_reset(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW;
}

static void roll_back(struct store *store)
{
    if (sqlite3_get_autocommit(store->db) == 0) {
        (void)run_once(store->statements.rollback);
    }
}

/* ---- A group ---- */

static bool write_present(struct store *store, const struct store_change *change)
{
    sqlite3_stmt *row = store->statements.present;

    sqlite3_bind_int64(row, 1, (int64_t)change->number);
    store_bind_view(row, 2, change->view);
    if (!run_once(row)) {
        return false;
    }
    if (!store->has_gone) {
        return true;
    }
    sqlite3_stmt *back = store->statements.back;
    sqlite3_bind_blob(back, 1, change->view->endpoint.at, (int)change->view->endpoint.len,
                      SQLITE_STATIC);
    return run_once(back);
}

static bool write_left(struct store *store, const struct store_change *change)
{
    sqlite3_stmt *row = store->statements.left;
    sqlite3_stmt *gone = store->statements.gone;

    sqlite3_bind_int64(row, 1, (int64_t)change->number);
    sqlite3_bind_blob(row, 2, change->view->endpoint.at, (int)change->view->endpoint.len,
                      SQLITE_STATIC);
    sqlite3_bind_int64(gone, 1, (int64_t)change->number);
    store_bind_view(gone, 2, change->view);
    sqlite3_bind_int64(gone, 20, change->left_at);
    sqlite3_bind_int(gone, 21, change->expired);
    store->has_gone = true;
    return run_once(row) && run_once(gone);
}

static bool write_operation(struct store *store, const struct store_change *change)
{
    struct store_statements *statements = &store->statements;
    int64_t id = (int64_t)change->operation->id;

    switch (change->kind) {
    case STORE_OPERATION:
        store_bind_operation(statements->operation, change->operation);
        return run_once(statements->operation);
    case STORE_OPERATION_SENT:
        sqlite3_bind_int64(statements->operation_sent, 1, id);
        sqlite3_bind_int(statements->operation_sent, 2, LN_OPERATION_SENT);
        return run_once(statements->operation_sent);
    default:
        sqlite3_bind_int64(statements->operation_forgotten, 1, id);
        return run_once(statements->operation_forgotten);
    }
}

static bool write_observation(struct store *store, const struct store_change *change)
{
    sqlite3_stmt *observed = store->statements.observed;
    sqlite3_stmt *unobserved = store->statements.unobserved;

    if (change->kind == STORE_OBSERVED) {
        store_bind_observation(observed, change->observation);
        return run_once(observed);
    }
    store_bind_observation_key(unobserved, change->observation);
    return run_once(unobserved);
}

static bool write_change(struct store *store, const struct store_change *change)
{
    switch (change->kind) {
    case STORE_PRESENT:
        return write_present(store, change);
    case STORE_LEFT:
        return write_left(store, change);
    case STORE_OPERATION:
    case STORE_OPERATION_SENT:
    case STORE_OPERATION_FORGOTTEN:
        return write_operation(store, change);
    case STORE_OBSERVED:
    case STORE_UNOBSERVED:
        return write_observation(store, change);
    default:
        return true;
    }
}

static bool write_group(struct store *store)
{
    size_t offset = 0;
    struct store_record *record;

    if (!run_once(store->statements.begin)) {
        return false;
    }
    while ((record = store_record_next(&store->group, &offset)) != NULL) {
        if (!write_change(store, &record->change)) {
            return false;
        }
    }
    return run_once(store->statements.commit);
}

/* What the group left behind, once it is committed. */
static uint64_t note_group(struct store *store)
{
    size_t offset = 0;
    uint64_t changes = 0;
    struct store_record *record;

    memset(store->group_last, 0, sizeof(store->group_last));
    while ((record = store_record_next(&store->group, &offset)) != NULL) {
        const struct store_change *change = &record->change;
        if (change->number != 0) {
            store->group_last[record->shard] = change->number;
        }
        changes++;
        if (change->number > store->last_change) {
            store->last_change = change->number;
        }
        /* Without memory rows stay until the next start finds that newer ones count. */
        if (change->replaces != 0) {
            (void)numbers_add(&store->dead, change->replaces);
        }
        if (change->kind == STORE_LEFT) {
            (void)numbers_add(&store->dead, change->number);
        }
    }
    return changes;
}

static void wake_all(struct store *store)
{
    for (uint8_t i = 0; i < store->config.shards; i++) {
        store->config.wake(store->config.context, i);
    }
}

static void set_read_only(struct store *store, bool read_only)
{
    if (atomic_exchange(&store->read_only, read_only) == read_only) {
        return;
    }
    if (read_only) {
        char why[STORE_WHY_MAX];
        store_explain(store->db, sqlite3_extended_errcode(store->db), store->folder, why);
        log_line(LOG_ERROR, "--data: %s. Until then devices cannot register", why);
    } else {
        log_line(LOG_WARN, "--data: %s: can be written again", store->folder);
    }
    wake_all(store);
}

static void tell_committed(struct store *store, uint64_t changes, uint64_t us)
{
    pthread_mutex_lock(&store->lock);
    store->counters.changes += changes;
    store->counters.groups++;
    store->counters.group_us += us;
    pthread_mutex_unlock(&store->lock);
    for (uint8_t i = 0; i < store->config.shards; i++) {
        if (store->group_last[i] != 0) {
            atomic_store(&store->committed[i], store->group_last[i]);
            store->config.wake(store->config.context, i);
        }
    }
}

static uint64_t microseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* False: nothing was committed, and the group is still there. */
static bool commit_group(struct store *store)
{
    if (store->group.length == 0) {
        return true;
    }
    uint64_t begun = microseconds();
    if (!write_group(store)) {
        set_read_only(store, true);
        roll_back(store);
        pthread_mutex_lock(&store->lock);
        store->counters.failures++;
        pthread_mutex_unlock(&store->lock);
        return false;
    }
    uint64_t us = microseconds() - begun;
    tell_committed(store, note_group(store), us);
    store->group.length = 0;
    set_read_only(store, false);
    return true;
}

/* ---- Updates of time and address ---- */

static void write_updates(struct store *store, ln_time now)
{
    if (now < store->updates_due) {
        return;
    }
    store->updates_due = now + UPDATES_EVERY_MS;
    /* What could not be written goes first, and what came since waits. */
    if (store->touching.length == 0) {
        pthread_mutex_lock(&store->lock);
        struct store_bytes empty = store->touching;
        store->touching = store->submitted.touches;
        store->submitted.touches = empty;
        pthread_mutex_unlock(&store->lock);
    }
    if (!updates_write(&store->updates, &store->touching) && !store_is_read_only(store)) {
        log_line(LOG_WARN, "--data: %s: times of Updates cannot be written", store->folder);
    }
}

/* ---- Sweeping: the lowest first, so that what a device was never outlives what it is ---- */

static int compare_falling(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x < y) - (x > y);
}

static bool sweep_chunk(struct store *store)
{
    struct numbers *sweeping = &store->sweeping;
    size_t count = sweeping->count < SWEEP_CHUNK ? sweeping->count : SWEEP_CHUNK;
    bool good = run_once(store->statements.begin);

    for (size_t i = 0; good && i < count; i++) {
        uint64_t number = sweeping->at[sweeping->count - 1 - i];
        sqlite3_bind_int64(store->statements.sweep, 1, (int64_t)number);
        good = run_once(store->statements.sweep);
    }
    if (!good || !run_once(store->statements.commit)) {
        roll_back(store);
        return false;
    }
    sweeping->count -= count;
    pthread_mutex_lock(&store->lock);
    store->counters.swept += count;
    pthread_mutex_unlock(&store->lock);
    return true;
}

/* Whether there is more to be swept now. */
static bool sweep(struct store *store, bool idle)
{
    if (store->sweeping.count == 0 && store->dead.count > (idle ? 0 : SWEEP_AT)) {
        struct numbers swapped = store->sweeping;
        store->sweeping = store->dead;
        store->dead = swapped;
        qsort(store->sweeping.at, store->sweeping.count, sizeof(uint64_t), compare_falling);
    }
    return store->sweeping.count > 0 && sweep_chunk(store) && store->sweeping.count > 0;
}

/* What is left is found again by the next start, which it makes slower. */
static void sweep_at_end(struct store *store)
{
    ln_time until = ln_clock_now() + SWEEP_AT_END_MS;

    while (ln_clock_now() < until && sweep(store, true)) {
    }
}

static void forget(struct store *store, ln_time now)
{
    if (now < store->forget_due || !store->has_gone) {
        return;
    }
    store->forget_due = now + FORGET_EVERY_MS;
    sqlite3_bind_int64(store->statements.forget, 1,
                       ln_clock_wall_ms() - store->config.forget_after_ms);
    (void)run_once(store->statements.forget);
}

/* ---- Jobs ---- */

static struct store_job *take_jobs(struct store_queue *queue)
{
    struct store_job *first = queue->first;

    queue->first = NULL;
    queue->last = &queue->first;
    return first;
}

static void run_writes(struct store *store, struct store_job *job)
{
    struct store_job *next;

    for (; job != NULL; job = next) {
        next = job->next; /* once it is done, it is gone */
        bool good = run_once(store->statements.begin) && job->run(job, store->db) &&
                    run_once(store->statements.commit);
        if (!good) {
            roll_back(store);
        }
        job->done(job, good);
    }
}

/* ---- The writing thread ---- */

/* Waits for work, or until the time has come for something else. True: the end has come. */
static bool take_work(struct store *store, struct store_bytes *taken, struct store_job **jobs,
                      ln_time due)
{
    pthread_mutex_lock(&store->lock);
    while (!store->stopping && store->submitted.changes.length == 0 &&
           store->writes.first == NULL && ln_clock_now() < due) {
        condition_wait_until(&store->wake_writer, &store->lock, due);
    }
    struct store_bytes empty = *taken;
    *taken = store->submitted.changes;
    store->submitted.changes = empty;
    *jobs = take_jobs(&store->writes);
    bool stopping = store->stopping && taken->length == 0 && *jobs == NULL;
    pthread_mutex_unlock(&store->lock);
    return stopping;
}

static ln_time next_due(struct store *store, bool busy)
{
    ln_time now = ln_clock_now();

    if (busy) {
        return now;
    }
    if (store->group.length > 0) {
        return now + RETRY_MS;
    }
    return store->dead.count > 0 ? now + IDLE_MS : now + UPDATES_EVERY_MS;
}

void *store_writer(void *context)
{
    struct store *store = context;
    struct store_bytes taken = {.at = NULL};
    struct store_job *jobs;
    bool more = false;
    bool over = false;

    while (!over) {
        over = take_work(store, &taken, &jobs, next_due(store, more));
        bool idle = taken.length == 0;
        store_bytes_append(&store->group, &taken);
        taken.length = 0;
        bool good = commit_group(store);
        run_writes(store, jobs);
        write_updates(store, over ? store->updates_due : ln_clock_now());
        more = good && sweep(store, idle);
        forget(store, ln_clock_now());
    }
    write_updates(store, store->updates_due); /* what came while others could not be written */
    sweep_at_end(store);
    store_bytes_fini(&taken);
    return NULL;
}

/* ---- The reading thread ---- */

void *store_reader(void *context)
{
    struct store *store = context;
    char why[STORE_WHY_MAX];
    sqlite3 *db = NULL;

    (void)!store_db_open(store->folder, SQLITE_OPEN_READONLY, &db, why);
    for (;;) {
        pthread_mutex_lock(&store->lock);
        while (!store->stopping && store->reads.first == NULL) {
            pthread_cond_wait(&store->wake_reader, &store->lock);
        }
        struct store_job *job = take_jobs(&store->reads);
        pthread_mutex_unlock(&store->lock);
        if (job == NULL) {
            break;
        }
        for (struct store_job *next; job != NULL; job = next) {
            next = job->next;
            job->done(job, db != NULL && job->run(job, db));
        }
    }
    sqlite3_close(db);
    return NULL;
}
