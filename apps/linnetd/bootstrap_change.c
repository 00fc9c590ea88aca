/* How bootstrap configurations change: sealed, written, and only then in force; and what the store has. */

#include "linnetd/bootstrap_table.h"

#include <linnet/net.h>

#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Planning, on the thread that changes ---- */

static bool has_room(const struct bootstrap_change *change)
{
    const struct bootstrap_list *list = change->list;
    size_t rows = list->by_name.count;
    size_t patterns = list->pattern_count;

    for (size_t i = 0; i < change->count; i++) {
        if (bootstrap_row_named(list, change->puts[i].name) == NULL) {
            rows++;
            patterns += bootstrap_name_is_pattern(change->puts[i].name);
        }
    }
    return rows <= BOOTSTRAPS_MAX && patterns <= BOOTSTRAP_PATTERNS_MAX;
}

static bool plan_put(struct bootstrap_change *change, size_t i)
{
    const struct bootstrap_put *put = &change->puts[i];
    size_t sealed_len = 1 + put->name.len + put->json.len + SEAL_MORE;

    change->rows[i] = bootstrap_row_new(put->name, sealed_len, ln_clock_wall_ms());
    return change->rows[i] != NULL &&
           bootstrap_row_seal(change->list, change->rows[i], put->json);
}

static bool plan(struct bootstrap_change *change)
{
    if (change->count == 0) {
        change->end = BOOTSTRAP_ABSENT;
        return bootstrap_row_named(change->list, change->deletes) != NULL;
    }
    change->end = BOOTSTRAP_FULL;
    if (!has_room(change)) {
        return false;
    }
    change->end = BOOTSTRAP_NOT_KEPT;
    change->made = bootstrap_row_named(change->list, change->puts[0].name) == NULL;
    change->rows = calloc(change->count, sizeof(struct bootstrap_row *));
    for (size_t i = 0; change->rows != NULL && i < change->count; i++) {
        if (!plan_put(change, i)) {
            return false;
        }
    }
    return change->rows != NULL;
}

/* ---- In force ---- */

static void drop(struct bootstrap_list *list, struct ln_bytes name)
{
    struct bootstrap_row *row = bootstrap_row_named(list, name);

    if (row != NULL) {
        bootstrap_unlink(list, row);
    }
}

static void apply(struct bootstrap_change *change)
{
    struct bootstrap_list *list = change->list;

    pthread_rwlock_wrlock(&list->lock);
    if (change->count == 0) {
        drop(list, change->deletes);
    }
    for (size_t i = 0; i < change->count; i++) {
        drop(list, bootstrap_row_name(change->rows[i]));
        bootstrap_link(list, change->rows[i]);
    }
    pthread_rwlock_unlock(&list->lock);
}

static void settle(struct bootstrap_change *change, bool good)
{
    if (good) {
        change->end = BOOTSTRAP_KEPT;
        apply(change);
    }
    for (size_t i = 0; !good && change->rows != NULL && i < change->count; i++) {
        free(change->rows[i]);
    }
    free((void *)change->rows);
    change->rows = NULL;
}

/* ---- In the store ---- */

static void bind_bytes(sqlite3_stmt *statement, int at, struct ln_bytes bytes)
{
    sqlite3_bind_blob(statement, at, bytes.at, (int)bytes.len, SQLITE_STATIC);
}

static bool run_statement(sqlite3_stmt *statement)
{
    bool good = sqlite3_step(statement) == SQLITE_DONE;

    (void)sqlite3_reset(statement);
    return good;
}

static bool write_rows(const struct bootstrap_change *change, sqlite3_stmt *put)
{
    bool good = true;

    for (size_t i = 0; good && i < change->count; i++) {
        const struct bootstrap_row *row = change->rows[i];
        bind_bytes(put, 1, bootstrap_row_name(row));
        bind_bytes(put, 2, ln_bytes(row->bytes + row->name_len, row->sealed_len));
        sqlite3_bind_int64(put, 3, row->changed_at);
        good = run_statement(put);
    }
    return good;
}

static bool run_change(struct store_job *job, sqlite3 *db)
{
    struct bootstrap_change *change = (struct bootstrap_change *)job;
    const char *sql = change->count > 0
                          ? "INSERT OR REPLACE INTO bootstraps (endpoint, configuration,"
                            " changed_at) VALUES (?1, ?2, ?3)"
                          : "DELETE FROM bootstraps WHERE endpoint=?1";
    sqlite3_stmt *statement = NULL;

    if (!plan(change)) {
        return false;
    }
    change->end = BOOTSTRAP_NOT_KEPT;
    bool good = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK;
    if (good && change->count == 0) {
        bind_bytes(statement, 1, change->deletes);
        good = run_statement(statement);
    } else if (good) {
        good = write_rows(change, statement);
    }
    sqlite3_finalize(statement);
    return good;
}

static void change_done(struct store_job *job, bool ok)
{
    struct bootstrap_change *change = (struct bootstrap_change *)job;

    settle(change, ok);
    change->done(change);
}

void bootstrap_do(struct bootstrap_change *change)
{
    struct bootstrap_list *list = change->list;

    change->end = BOOTSTRAP_NOT_KEPT; /* what is so if the job is never begun */
    if (list->store == NULL) {
        pthread_mutex_lock(&list->changing);
        settle(change, plan(change));
        pthread_mutex_unlock(&list->changing);
        change->done(change);
        return;
    }
    change->job.run = run_change;
    change->job.done = change_done;
    store_write(list->store, &change->job);
}

/* ---- Taken from the store ---- */

struct load {
    struct store_job job; /* first */
    struct bootstrap_list *list;
    char *why;
    sem_t over;
    bool good;
};

static bool refuse(struct load *load, const char *sentence)
{
    (void)snprintf(load->why, STORE_WHY_MAX, "%s", sentence);
    return false;
}

static bool load_row(struct load *load, sqlite3_stmt *at)
{
    size_t name_len = (size_t)sqlite3_column_bytes(at, 0);
    struct ln_bytes name = ln_bytes(sqlite3_column_blob(at, 0), name_len);
    size_t sealed_len = (size_t)sqlite3_column_bytes(at, 1);
    const void *sealed = sqlite3_column_blob(at, 1);

    bool fits = name_len > 0 && name_len <= BOOTSTRAP_NAME_MAX &&
                sealed_len > SEAL_MORE + 1 + name_len && sealed != NULL;
    if (!fits || (bootstrap_name_is_pattern(name) &&
                  load->list->pattern_count == BOOTSTRAP_PATTERNS_MAX)) {
        return refuse(load, "a bootstrap configuration is damaged: put a backup in its place");
    }
    struct bootstrap_row *row =
        bootstrap_row_new(name, sealed_len, sqlite3_column_int64(at, 2));
    if (row == NULL) {
        return refuse(load, "no memory for the bootstrap configurations");
    }
    memcpy(row->bytes + name_len, sealed, sealed_len);
    bootstrap_link(load->list, row);
    return true;
}

static bool run_load(struct store_job *job, sqlite3 *db)
{
    struct load *load = (struct load *)job;
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(
        db, "SELECT endpoint, configuration, changed_at FROM bootstraps", -1, &rows, NULL);
    bool good = true;

    while (code == SQLITE_OK && good && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        good = load_row(load, rows);
        code = SQLITE_OK;
    }
    if (good && code != SQLITE_DONE) {
        good = refuse(load, "the bootstrap configurations cannot be read: put back a backup of "
                            "linnet.db");
    }
    sqlite3_finalize(rows);
    return good;
}

static void load_done(struct store_job *job, bool ok)
{
    struct load *load = (struct load *)job;

    load->good = ok;
    sem_post(&load->over);
}

/* Whether the master key is theirs: what opens one, opens all. */
static bool opens(struct bootstrap_list *list)
{
    struct bootstrap_text text;
    size_t at = 0;
    const struct bootstrap_row *row = ln_map_next(&list->by_name, &at);
    bool good =
        row == NULL || bootstrap_get(list, bootstrap_row_name(row), &text) == BOOTSTRAP_FOUND;

    if (row != NULL) {
        bootstrap_text_free(&text);
    }
    return good;
}

bool bootstrap_list_load(struct bootstrap_list *list, struct store *store,
                         char why[STORE_WHY_MAX])
{
    struct load load = {.job = {.run = run_load, .done = load_done}, .list = list, .why = why};

    why[0] = '\0';
    list->store = store;
    sem_init(&load.over, 0, 0);
    store_read(store, &load.job);
    while (sem_wait(&load.over) != 0) {
    }
    sem_destroy(&load.over);
    if (load.good && !opens(list)) {
        load.good =
            refuse(&load, "the bootstrap configurations are sealed with another master "
                          "key: put back the file `key` that belongs to them, or give the "
                          "right LINNET_KEY or LINNET_KEY_FILE");
    }
    if (!load.good && why[0] == '\0') {
        (void)refuse(&load, "the bootstrap configurations cannot be read");
    }
    return load.good;
}
