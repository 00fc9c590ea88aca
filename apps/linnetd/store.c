/* The store: opened, told, closed. What its threads do is in store_writer.c. */

#include "linnetd/store.h"

#include "linnetd/condition.h"
#include "linnetd/heap.h"
#include "linnetd/log.h"
#include "linnetd/store_threads.h"

#include <linnet/net.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CACHE_KIB = 64 * 1024,
    TOUCHES_MAX = 64 * 1024 * 1024,
    CHECKPOINT_PAGES = 8192, /* 32 MiB: then the log goes into the database */
};

/* ---- Opening ---- */

static bool fails(char why[STORE_WHY_MAX], const char *folder, const char *advice)
{
    (void)snprintf(why, STORE_WHY_MAX, "%s: %s: %s", folder, strerror(errno), advice);
    return false;
}

static bool make_folder(const char *folder, char why[STORE_WHY_MAX])
{
    struct stat there;

    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return fails(why, folder, "the folder cannot be made");
    }
    if (stat(folder, &there) != 0) {
        return fails(why, folder, "the folder cannot be read");
    }
    if (!S_ISDIR(there.st_mode)) {
        errno = ENOTDIR;
        return fails(why, folder, "--data is a folder");
    }
    return true;
}

/* The system gives it back however the process ends. */
static bool lock(struct store *store, char why[STORE_WHY_MAX])
{
    char name[4096];
    char text[32];

    (void)snprintf(name, sizeof(name), "%s/lock", store->folder);
    store->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_fd < 0) {
        return fails(why, store->folder,
                     "linnetd must be able to write the folder and all files in it");
    }
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t length = pread(store->lock_fd, text, sizeof(text) - 1, 0);
        text[length > 0 ? length : 0] = '\0';
        text[strcspn(text, "\n")] = '\0';
        (void)snprintf(why, STORE_WHY_MAX,
                       "%s: another linnetd (process %s) uses this folder: end it, or give "
                       "another --data",
                       store->folder, text);
        return false;
    }
    int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    return (ftruncate(store->lock_fd, 0) == 0 &&
            pwrite(store->lock_fd, text, (size_t)length, 0) == length) ||
           fails(why, store->folder, "the lock cannot be written");
}

static bool configure(struct store *store)
{
    char sql[256];

    (void)snprintf(sql, sizeof(sql),
                   "PRAGMA journal_mode=WAL; PRAGMA synchronous=%s; PRAGMA cache_size=-%d;"
                   "PRAGMA wal_autocheckpoint=%d; PRAGMA journal_size_limit=0",
                   store->config.survives_power_cut ? "FULL" : "NORMAL", CACHE_KIB,
                   CHECKPOINT_PAGES);
    return store_run(store->db, sql);
}

static void read_identity(struct store *store)
{
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(store->db, "SELECT value FROM meta WHERE key='identity'", -1,
                           &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        (void)snprintf(store->identity, sizeof(store->identity), "%s",
                       (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
}

/*
 * That it can be written shows here, and not with the first device. It is a change each time, so
 * that it stands in the place of what a crash left unfinished.
 */
static bool note_start(struct store *store)
{
    char sql[160];

    (void)snprintf(sql, sizeof(sql),
                   "UPDATE meta SET value=0 WHERE key='clean';"
                   "INSERT OR REPLACE INTO meta VALUES ('started_at', %lld)",
                   (long long)ln_clock_wall_ms());
    return store_run(store->db, sql);
}

/* Numbers of rows that were swept must not come again either: the clean end notes the last. */
static bool read_state(struct store *store)
{
    int64_t noted =
        store_number(store->db, "SELECT value FROM meta WHERE key='last_change'", -1);
    int64_t rows =
        store_number(store->db, "SELECT coalesce(max(number), 0) FROM registrations", -1);
    int64_t gone = store_number(store->db, "SELECT coalesce(max(number), 0) FROM gone", -1);

    if (noted < 0 || rows < 0 || gone < 0) {
        return false;
    }
    store->last_change = (uint64_t)(rows > gone ? rows : gone);
    if ((uint64_t)noted > store->last_change) {
        store->last_change = (uint64_t)noted;
    }
    store->was_clean =
        store_number(store->db, "SELECT value FROM meta WHERE key='clean'", 0) == 1;
    store->has_gone = store_number(store->db, "SELECT count(*) FROM gone", 0) > 0;
    read_identity(store);
    return note_start(store);
}

static bool open_all(struct store *store, char why[STORE_WHY_MAX])
{
    if (!make_folder(store->folder, why) || !lock(store, why) ||
        !store_db_open(store->folder, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &store->db,
                       why) ||
        !store_schema_check(store->db, store->folder, why)) {
        return false;
    }
    if (!configure(store) || !store_schema_update(store->db, store->folder, why) ||
        !store_prepare(store) || !read_state(store)) {
        if (why[0] == '\0') {
            store_explain(store->db, sqlite3_extended_errcode(store->db), store->folder, why);
        }
        return false;
    }
    return true;
}

static void free_store(struct store *store)
{
    store_unprepare(store);
    sqlite3_close(store->db);
    if (store->lock_fd >= 0) {
        close(store->lock_fd);
    }
    updates_close(&store->updates);
    store_bytes_fini(&store->group);
    store_bytes_fini(&store->touching);
    store_batch_fini(&store->submitted);
    free(store->dead.at);
    free(store->sweeping.at);
    free(store->folder);
    pthread_mutex_destroy(&store->lock);
    pthread_cond_destroy(&store->wake_writer);
    pthread_cond_destroy(&store->wake_reader);
    free(store);
}

struct store *store_open(const struct store_config *config, char why[STORE_WHY_MAX])
{
    struct store *store = calloc(1, sizeof(*store));

    why[0] = '\0';
    if (store == NULL) {
        (void)snprintf(why, STORE_WHY_MAX, "%s: no memory", config->folder);
        return NULL;
    }
    store->config = *config;
    store->lock_fd = -1;
    store->updates.fd = -1;
    store->writes.last = &store->writes.first;
    store->reads.last = &store->reads.first;
    store->folder = strdup(config->folder);
    store->config.folder = store->folder;
    pthread_mutex_init(&store->lock, NULL);
    condition_init(&store->wake_writer);
    condition_init(&store->wake_reader);
    if (store->folder == NULL || !open_all(store, why)) {
        free_store(store);
        return NULL;
    }
    for (size_t i = 0; i < SHARDS_MAX; i++) {
        atomic_store(&store->committed[i], store->last_change);
    }
    return store;
}

uint64_t store_last_change(const struct store *store)
{
    return store->last_change;
}

bool store_was_clean(const struct store *store)
{
    return store->was_clean;
}

const char *store_identity(const struct store *store)
{
    return store->identity;
}

struct sqlite3 *store_database(struct store *store)
{
    return store->db;
}

/* ---- Told ---- */

static uint64_t endpoint_hash(const void *context, const void *item)
{
    const struct ln_bytes *endpoint = item;

    return ln_hash(context, *endpoint);
}

static bool endpoint_is(const void *item, const void *key)
{
    return ln_bytes_equal(*(const struct ln_bytes *)item, *(const struct ln_bytes *)key);
}

static const struct ln_map_calls endpoint_calls = {endpoint_hash, endpoint_is};

/*
 * Rows come the newest first. Which endpoints left is remembered by the row that says so, as long
 * as older rows of it may follow.
 */
struct restoring {
    struct store *store;
    store_take *take;
    void *context;
    struct update_list updates;
    struct ln_map left;
    struct ln_object_link links[LN_LIMIT_OBJECT_LINKS];
    uint8_t seed[16];
};

static bool has_left(struct restoring *r, struct ln_bytes endpoint)
{
    return r->left.count > 0 &&
           ln_map_find(&r->left, ln_hash(r->seed, endpoint), &endpoint) != NULL;
}

static bool note_left(struct restoring *r, struct ln_bytes endpoint)
{
    struct ln_bytes *copy = malloc(sizeof(*copy) + endpoint.len);

    if (copy == NULL) {
        return false;
    }
    memcpy(copy + 1, endpoint.at, endpoint.len);
    *copy = ln_bytes(copy + 1, endpoint.len);
    if (ln_map_add(&r->left, copy) != LN_OK) {
        free(copy);
        return false;
    }
    return true;
}

static void apply_update(struct restoring *r, struct ln_registration_view *view)
{
    const struct update_entry *entry = update_list_find(&r->updates, view->change);

    if (entry == NULL || entry->at < view->updated_at) {
        return;
    }
    view->updated_at = entry->at;
    if (entry->at > view->seen_at) {
        view->seen_at = entry->at;
    }
    if (entry->has_address) {
        view->peer.remote = entry->address;
    }
}

static bool restore_row(struct restoring *r, sqlite3_stmt *row, char why[STORE_WHY_MAX])
{
    struct ln_registration_view view;
    uint64_t number = (uint64_t)sqlite3_column_int64(row, 0);
    bool sound = store_read_view(row, 1, r->links, &view);

    view.change = number;
    if (has_left(r, view.endpoint)) {
        return numbers_add(&r->store->dead, number);
    }
    if (view.location.len == 0) {
        return note_left(r, view.endpoint) && numbers_add(&r->store->dead, number);
    }
    enum store_taken taken = STORE_REFUSED;
    if (sound) {
        apply_update(r, &view);
        taken = r->take(r->context, &view);
    }
    if (taken == STORE_OLDER) {
        return numbers_add(&r->store->dead, number);
    }
    if (taken == STORE_REFUSED) {
        (void)snprintf(why, STORE_WHY_MAX,
                       "%s: linnet.db is damaged: row %llu is no registration: put a backup in "
                       "its place, or give another --data",
                       r->store->folder, (unsigned long long)number);
    }
    return taken == STORE_TAKEN;
}

static void end_restoring(struct restoring *r)
{
    size_t at = 0;
    void *copy;

    while ((copy = ln_map_next(&r->left, &at)) != NULL) {
        free(copy);
    }
    ln_map_fini(&r->left);
    update_list_fini(&r->updates);
}

bool store_restore(struct store *store, store_take *take, void *context,
                   char why[STORE_WHY_MAX])
{
    struct restoring r = {.store = store, .take = take, .context = context};
    sqlite3_stmt *rows;

    why[0] = '\0';
    ln_map_init(&r.left, &endpoint_calls, r.seed, &heap_allocator);
    if (!update_list_read(&r.updates, store->folder)) {
        return fails(why, store->folder, "updates.log cannot be read");
    }
    int code = sqlite3_prepare_v2(store->db,
                                  "SELECT number, endpoint, " STORE_VIEW_NAMES
                                  " FROM registrations ORDER BY number DESC",
                                  -1, &rows, NULL);
    bool good = code == SQLITE_OK;
    while (good && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        good = restore_row(&r, rows, why);
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        good = store_explain(store->db, code, store->folder, why);
    }
    sqlite3_finalize(rows);
    end_restoring(&r);
    if (!good && why[0] == '\0') {
        (void)snprintf(why, STORE_WHY_MAX, "%s: no memory", store->folder);
    }
    return good;
}

/* ---- Running ---- */

bool store_start(struct store *store)
{
    if (!updates_open(&store->updates, store->folder)) {
        return false;
    }
    store->running = pthread_create(&store->writer, NULL, store_writer, store) == 0;
    store->reading = pthread_create(&store->reader, NULL, store_reader, store) == 0;
    return store->running && store->reading;
}

static void note_clean_end(struct store *store)
{
    char sql[128];

    (void)snprintf(sql, sizeof(sql),
                   "UPDATE meta SET value=%llu WHERE key='last_change';"
                   "UPDATE meta SET value=1 WHERE key='clean'",
                   (unsigned long long)store->last_change);
    if (!store_run(store->db, "BEGIN IMMEDIATE") || !store_run(store->db, sql) ||
        !store_run(store->db, "COMMIT")) {
        log_line(LOG_ERROR, "--data: %s: what happened last may be lost",
                 sqlite3_errmsg(store->db));
    }
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    pthread_mutex_lock(&store->lock);
    store->stopping = true;
    pthread_cond_signal(&store->wake_writer);
    pthread_cond_signal(&store->wake_reader);
    pthread_mutex_unlock(&store->lock);
    if (store->running) {
        pthread_join(store->writer, NULL);
    }
    if (store->reading) {
        pthread_join(store->reader, NULL);
    }
    store_backup_join(store);
    /* A start that failed changed nothing: it leaves all as it was. */
    if ((store->running || store->was_clean) && !store_is_read_only(store)) {
        note_clean_end(store);
    }
    free_store(store);
}

/* With the lock held. */
static void take_touches(struct store *store, const struct store_batch *batch)
{
    struct store_bytes *waiting = &store->submitted.touches;

    store->counters.touches += batch->touched;
    if (waiting->length + batch->touches.length > TOUCHES_MAX) {
        store->counters.touches_lost +=
            batch->touched; /* the log has not been written for long */
    } else {
        store_bytes_append(waiting, &batch->touches);
    }
}

void store_submit(struct store *store, uint8_t shard, struct store_batch *batch)
{
    size_t offset = 0;

    if (batch->changes.length == 0 && batch->touched == 0) {
        return;
    }
    uint64_t count = 0;
    for (struct store_record *r; (r = store_record_next(&batch->changes, &offset)) != NULL;) {
        r->shard = shard;
        count++;
    }
    pthread_mutex_lock(&store->lock);
    store->counters.submitted += count;
    take_touches(store, batch);
    /* Touches have time: the thread looks for them each second. */
    if (batch->changes.length > 0) {
        store_bytes_append(&store->submitted.changes, &batch->changes);
        pthread_cond_signal(&store->wake_writer);
    }
    pthread_mutex_unlock(&store->lock);
    batch->changes.length = batch->touches.length = 0;
    batch->touched = 0;
}

static void put_job(struct store *store, struct store_queue *queue, pthread_cond_t *wake,
                    struct store_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&store->lock);
    *queue->last = job;
    queue->last = &job->next;
    pthread_cond_signal(wake);
    pthread_mutex_unlock(&store->lock);
}

void store_write(struct store *store, struct store_job *job)
{
    put_job(store, &store->writes, &store->wake_writer, job);
}

void store_read(struct store *store, struct store_job *job)
{
    put_job(store, &store->reads, &store->wake_reader, job);
}

uint64_t store_committed(const struct store *store, uint8_t shard)
{
    return atomic_load(&store->committed[shard]);
}

bool store_is_read_only(const struct store *store)
{
    return atomic_load(&store->read_only);
}

static uint64_t size_of(const struct store *store, const char *name)
{
    char path[4096];
    struct stat file;

    (void)snprintf(path, sizeof(path), "%s/%s", store->folder, name);
    return stat(path, &file) == 0 ? (uint64_t)file.st_size : 0;
}

struct store_counters store_counters(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    struct store_counters counters = store->counters;
    pthread_mutex_unlock(&store->lock);
    counters.bytes = size_of(store, "linnet.db") + size_of(store, "linnet.db-wal");
    return counters;
}
