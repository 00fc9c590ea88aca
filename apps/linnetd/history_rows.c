/* The rows of history.db: written in groups, aged a few at a time. */

#include "linnetd/history_rows.h"

#include "linnetd/history_copy.h"
#include "linnetd/store_schema.h"

#include <stddef.h>
#include <stdio.h>

enum {
    HISTORY_APPLICATION = 0x4C4E4548, /* "LNEH" */
    HISTORY_VERSION = 1,
    AGE_AT_ONCE = 64,
};

/* Paths are two bytes for each of their ids, times milliseconds since 1970. */
static const char schema[] =
    "CREATE TABLE series (id INTEGER PRIMARY KEY, endpoint BLOB NOT NULL, path BLOB NOT NULL,"
    " type INTEGER NOT NULL, value, at INTEGER NOT NULL, source INTEGER NOT NULL,"
    " next INTEGER NOT NULL, UNIQUE (endpoint, path));"
    "CREATE TABLE samples (series INTEGER NOT NULL, number INTEGER NOT NULL,"
    " type INTEGER NOT NULL, value, at INTEGER NOT NULL, PRIMARY KEY (series, number))"
    " WITHOUT ROWID;";

/* ---- Opening ---- */

static const struct {
    size_t at;
    const char *sql;
} statements[] = {
    {offsetof(struct history_rows, begin), "BEGIN IMMEDIATE"},
    {offsetof(struct history_rows, commit), "COMMIT"},
    {offsetof(struct history_rows, rollback), "ROLLBACK"},
    {offsetof(struct history_rows, find),
     "SELECT id, next, at FROM series WHERE endpoint = ?1 AND path = ?2"},
    {offsetof(struct history_rows, count), "SELECT count(*) FROM series WHERE endpoint = ?1"},
    {offsetof(struct history_rows, add),
     "INSERT INTO series (endpoint, path, type, value, at, source, next)"
     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
    {offsetof(struct history_rows, change),
     "UPDATE series SET type = ?3, value = ?4, at = ?5, source = ?6, next = ?7 WHERE id = ?1"},
    {offsetof(struct history_rows, bump), "UPDATE series SET next = ?2 WHERE id = ?1"},
    {offsetof(struct history_rows, sample),
     "INSERT OR REPLACE INTO samples (series, number, type, value, at)"
     " VALUES (?1, ?2, ?3, ?4, ?5)"},
    {offsetof(struct history_rows, drop),
     "DELETE FROM samples WHERE series = ?1 AND number <= ?2"},
    {offsetof(struct history_rows, next),
     "SELECT id FROM series WHERE id > ?1 ORDER BY id LIMIT 1"},
    {offsetof(struct history_rows, age_samples),
     "DELETE FROM samples WHERE series = ?1 AND at < ?2"},
    /* One that still has samples, of a clock that ran ahead, keeps its number. */
    {offsetof(struct history_rows, age_series),
     "DELETE FROM series WHERE id = ?1 AND at < ?2"
     " AND NOT EXISTS (SELECT 1 FROM samples WHERE series = ?1)"},
};

static sqlite3_stmt **statement_at(struct history_rows *rows, size_t i)
{
    return (sqlite3_stmt **)(void *)((char *)rows + statements[i].at);
}

static bool prepare(struct history_rows *rows)
{
    for (size_t i = 0; i < LN_COUNT(statements); i++) {
        if (sqlite3_prepare_v3(rows->db, statements[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
                               statement_at(rows, i), NULL) != SQLITE_OK) {
            return false;
        }
    }
    return true;
}

static bool make_tables(sqlite3 *db)
{
    char pragma[96];

    (void)snprintf(pragma, sizeof(pragma), "PRAGMA application_id=%d; PRAGMA user_version=%d",
                   HISTORY_APPLICATION, HISTORY_VERSION);
    return store_run(db, "BEGIN IMMEDIATE") && store_run(db, schema) && store_run(db, pragma) &&
           store_run(db, "COMMIT");
}

bool history_rows_are_ours(sqlite3 *db, const char *folder, char why[STORE_WHY_MAX])
{
    int64_t version = store_number(db, "PRAGMA user_version", -1);
    int64_t tables = store_number(db, "SELECT count(*) FROM sqlite_schema", -1);

    if (version < 0 || tables < 0) {
        (void)snprintf(
            why, STORE_WHY_MAX,
            "%.256s: history.db: %s: put a backup in its place, or remove it: it has "
            "values and samples only",
            folder, sqlite3_errmsg(db));
        return false;
    }
    if (tables == 0) {
        return true;
    }
    if (store_number(db, "PRAGMA application_id", 0) != HISTORY_APPLICATION ||
        version > HISTORY_VERSION) {
        (void)snprintf(
            why, STORE_WHY_MAX,
            "%.256s: history.db is of a newer linnetd or of another program: start that, "
            "or give another --data",
            folder);
        return false;
    }
    return true;
}

bool history_rows_open(struct history_rows *rows, const char *folder, char why[STORE_WHY_MAX])
{
    char name[4096] = ":memory:";

    why[0] = '\0';
    if (folder != NULL) {
        (void)snprintf(name, sizeof(name), "%s/history.db", folder);
    }
    bool good = sqlite3_open(name, &rows->db) == SQLITE_OK &&
                history_rows_are_ours(rows->db, folder != NULL ? folder : name, why) &&
                store_run(rows->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                                    "PRAGMA cache_size=-16384; PRAGMA journal_size_limit=0") &&
                (store_number(rows->db, "PRAGMA user_version", 0) == HISTORY_VERSION ||
                 make_tables(rows->db)) &&
                (folder == NULL || history_copy_in(rows->db, folder)) && prepare(rows);
    if (!good && why[0] == '\0') {
        (void)snprintf(why, STORE_WHY_MAX,
                       "%.300s: %s: linnetd must be able to write it; without it start anew",
                       name, sqlite3_errmsg(rows->db));
    }
    return good;
}

void history_rows_close(struct history_rows *rows)
{
    for (size_t i = 0; i < LN_COUNT(statements); i++) {
        sqlite3_finalize(*statement_at(rows, i));
        *statement_at(rows, i) = NULL;
    }
    sqlite3_close(rows->db);
    rows->db = NULL;
}

/* ---- Writing ---- */

static bool run(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);

    (void)sqlite3_reset(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW;
}

bool history_begin(struct history_rows *rows)
{
    return run(rows->begin);
}

bool history_commit(struct history_rows *rows)
{
    return run(rows->commit);
}

void history_rollback(struct history_rows *rows)
{
    if (sqlite3_get_autocommit(rows->db) == 0) {
        (void)run(rows->rollback);
    }
}

static void bind_endpoint(sqlite3_stmt *statement, int at, struct ln_bytes endpoint)
{
    sqlite3_bind_blob(statement, at, endpoint.at, (int)endpoint.len, SQLITE_STATIC);
}

static void bind_value(sqlite3_stmt *statement, int at, const struct ln_value *value)
{
    switch (value->type) {
    case LN_NONE:
        sqlite3_bind_null(statement, at);
        break;
    case LN_STRING:
    case LN_CORELNK:
    case LN_OPAQUE:
        sqlite3_bind_blob(statement, at,
                          value->as.bytes.len > 0 ? value->as.bytes.at : (const void *)"",
                          (int)value->as.bytes.len, SQLITE_STATIC);
        break;
    case LN_INTEGER:
    case LN_TIME:
        sqlite3_bind_int64(statement, at, value->as.integer);
        break;
    case LN_UNSIGNED:
        sqlite3_bind_int64(statement, at, (int64_t)value->as.unsigned_integer);
        break;
    case LN_FLOAT: /* as its bits: SQLite knows no NaN */
        sqlite3_bind_blob(statement, at, &value->as.number, sizeof(value->as.number),
                          SQLITE_STATIC);
        break;
    case LN_BOOLEAN:
        sqlite3_bind_int(statement, at, value->as.boolean);
        break;
    case LN_OBJLNK:
        sqlite3_bind_int64(statement, at,
                           (int64_t)value->as.link.object << 16 | value->as.link.instance);
        break;
    }
}

static size_t size_of(const struct ln_value *value)
{
    bool has_bytes =
        value->type == LN_STRING || value->type == LN_CORELNK || value->type == LN_OPAQUE;

    return has_bytes ? value->as.bytes.len : 0;
}

/* A row of `series`: 0: there is none. */
struct series {
    int64_t id;
    int64_t next;
    int64_t at;
};

static bool find_series(struct history_rows *rows, const struct history_value *value,
                        struct series *out)
{
    bind_endpoint(rows->find, 1, value->endpoint);
    store_bind_path(rows->find, 2, value->record.path);
    int code = sqlite3_step(rows->find);
    *out = (struct series){.next = 1};
    if (code == SQLITE_ROW) {
        *out = (struct series){sqlite3_column_int64(rows->find, 0),
                               sqlite3_column_int64(rows->find, 1),
                               sqlite3_column_int64(rows->find, 2)};
    }
    (void)sqlite3_reset(rows->find);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool has_room(struct history_rows *rows, struct ln_bytes endpoint)
{
    bind_endpoint(rows->count, 1, endpoint);
    bool room = sqlite3_step(rows->count) == SQLITE_ROW &&
                sqlite3_column_int64(rows->count, 0) < HISTORY_RESOURCES_MAX;
    (void)sqlite3_reset(rows->count);
    return room;
}

static void bind_last(sqlite3_stmt *row, const struct history_value *value, int64_t next)
{
    sqlite3_bind_int(row, 3, (int)value->record.value.type);
    bind_value(row, 4, &value->record.value);
    sqlite3_bind_int64(row, 5, value->at);
    sqlite3_bind_int(row, 6, (int)value->source);
    sqlite3_bind_int64(row, 7, next);
}

/* What is older than the value that is there does not take its place, unless that is of the future. */
static bool is_last(const struct series *series, const struct history_value *value)
{
    return series->id == 0 || value->at >= series->at || series->at > value->received_ms;
}

static bool put_last(struct history_rows *rows, const struct history_value *value,
                     struct series *series)
{
    if (series->id == 0) {
        bind_endpoint(rows->add, 1, value->endpoint);
        store_bind_path(rows->add, 2, value->record.path);
        bind_last(rows->add, value, series->next);
        bool good = run(rows->add);
        series->id = sqlite3_last_insert_rowid(rows->db);
        return good;
    }
    sqlite3_bind_int64(rows->change, 1, series->id);
    bind_last(rows->change, value, series->next);
    return run(rows->change);
}

static bool put_sample(struct history_rows *rows, const struct history_value *value,
                       const struct series *series, int64_t number)
{
    sqlite3_bind_int64(rows->sample, 1, series->id);
    sqlite3_bind_int64(rows->sample, 2, number);
    sqlite3_bind_int(rows->sample, 3, (int)value->record.value.type);
    bind_value(rows->sample, 4, &value->record.value);
    sqlite3_bind_int64(rows->sample, 5, value->at);
    sqlite3_bind_int64(rows->drop, 1, series->id);
    sqlite3_bind_int64(rows->drop, 2, number - (int64_t)rows->samples);
    return run(rows->sample) && run(rows->drop);
}

enum history_put history_rows_put(struct history_rows *rows, const struct history_value *value)
{
    size_t size = size_of(&value->record.value);
    bool is_sample = value->source == HISTORY_NOTIFICATION && rows->samples > 0 &&
                     size <= HISTORY_SAMPLE_MAX;
    struct series series;

    if (size > HISTORY_VALUE_MAX) {
        return HISTORY_REFUSED;
    }
    if (!find_series(rows, value, &series)) {
        return HISTORY_FAILED;
    }
    if (series.id == 0 && !has_room(rows, value->endpoint)) {
        return HISTORY_REFUSED;
    }
    int64_t number = series.next;
    series.next += is_sample;
    bool good = true;
    if (is_last(&series, value)) {
        good = put_last(rows, value, &series);
    } else if (is_sample) {
        sqlite3_bind_int64(rows->bump, 1, series.id);
        sqlite3_bind_int64(rows->bump, 2, series.next);
        good = run(rows->bump);
    }
    if (good && is_sample) {
        good = put_sample(rows, value, &series, number);
    }
    if (!good) {
        return HISTORY_FAILED;
    }
    return is_sample ? HISTORY_SAMPLED : HISTORY_KEPT;
}

/* ---- Ageing ---- */

static int64_t next_series(struct history_rows *rows)
{
    sqlite3_bind_int64(rows->next, 1, rows->aged);
    int64_t id =
        sqlite3_step(rows->next) == SQLITE_ROW ? sqlite3_column_int64(rows->next, 0) : 0;
    (void)sqlite3_reset(rows->next);
    return id;
}

static bool age_one(struct history_rows *rows, int64_t id, int64_t older_than)
{
    sqlite3_bind_int64(rows->age_samples, 1, id);
    sqlite3_bind_int64(rows->age_samples, 2, older_than);
    sqlite3_bind_int64(rows->age_series, 1, id);
    sqlite3_bind_int64(rows->age_series, 2, older_than);
    return run(rows->age_samples) && run(rows->age_series);
}

bool history_rows_age(struct history_rows *rows, int64_t older_than)
{
    int64_t id = 0;
    bool good = history_begin(rows);

    for (int i = 0; good && i < AGE_AT_ONCE && (id = next_series(rows)) != 0; i++) {
        rows->aged = id;
        good = age_one(rows, id, older_than);
    }
    if (!good || !history_commit(rows)) {
        history_rollback(rows);
        return false;
    }
    if (id == 0) {
        rows->aged = 0;
    }
    return id != 0;
}
