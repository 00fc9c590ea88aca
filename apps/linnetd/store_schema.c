/* The database's tables, and how older ones become the present ones. */

#include "linnetd/store_schema.h"

#include <stdio.h>

/*
 * Each brings the schema from one version to the next: what is here once never changes. Numbers of
 * rows are those of the engine's changes; times are milliseconds since 1970.
 */
static const char *const migrations[STORE_VERSION] = {
    /* One row for each change of a registration; the newest of an endpoint counts. Without a
     * location it says that the endpoint left. */
    "CREATE TABLE registrations (number INTEGER PRIMARY KEY, endpoint BLOB NOT NULL,"
    " location BLOB, remote BLOB, local BLOB, version INTEGER, lifetime INTEGER,"
    " binding INTEGER, registered_at INTEGER, updated_at INTEGER, seen_at INTEGER, sms BLOB,"
    " extra BLOB, root BLOB, formats BLOB, links BLOB);"
    "CREATE TABLE gone (endpoint BLOB PRIMARY KEY, left_at INTEGER NOT NULL,"
    " expired INTEGER NOT NULL, number INTEGER NOT NULL, location BLOB, remote BLOB,"
    " local BLOB, version INTEGER, lifetime INTEGER, binding INTEGER, registered_at INTEGER,"
    " updated_at INTEGER, seen_at INTEGER, sms BLOB, extra BLOB, root BLOB, formats BLOB, "
    "links BLOB) WITHOUT ROWID;"
    "CREATE INDEX gone_left ON gone (left_at);"
    "CREATE TABLE tokens (id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL,"
    " hash BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL) WITHOUT ROWID;"
    /* Of endpoints, registered or not. */
    "CREATE TABLE operations (number INTEGER PRIMARY KEY, endpoint BLOB NOT NULL,"
    " state TEXT NOT NULL, request BLOB NOT NULL, created_at INTEGER NOT NULL,"
    " expires_at INTEGER);"
    "CREATE TABLE observations (endpoint BLOB NOT NULL, path TEXT NOT NULL,"
    " token BLOB NOT NULL, declared TEXT NOT NULL, PRIMARY KEY (endpoint, path)) WITHOUT ROWID;"
    "CREATE TABLE credentials (endpoint BLOB NOT NULL, purpose TEXT NOT NULL,"
    " slot INTEGER NOT NULL, mode TEXT NOT NULL, identity BLOB, secret BLOB,"
    " PRIMARY KEY (endpoint, purpose, slot)) WITHOUT ROWID;"
    "CREATE TABLE bootstraps (endpoint TEXT PRIMARY KEY, configuration TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('identity', lower(hex(randomblob(16)))), ('clean', 1),"
    " ('last_change', 0);",
    "ALTER TABLE credentials ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;",
    /* The first one was never written. Times that are not yet, are 0; `state`, `kind` and `outcome`
     * are the numbers of the engine's enumerations; a path is two bytes for each of its ids. */
    "DROP TABLE operations;"
    "CREATE TABLE operations (id INTEGER PRIMARY KEY, endpoint BLOB NOT NULL,"
    " state INTEGER NOT NULL, kind INTEGER NOT NULL, path BLOB NOT NULL, accept INTEGER NOT "
    "NULL,"
    " format INTEGER NOT NULL, payload BLOB, query BLOB, retry INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL, code INTEGER NOT NULL, result_format INTEGER NOT NULL,"
    " result BLOB, location BLOB, root BLOB);",
    /* The first one was never written. A path is two bytes for each of its ids; the token is that of
     * the device's notifications, for as long as the observation is declared. */
    "DROP TABLE observations;"
    "CREATE TABLE observations (endpoint BLOB NOT NULL, path BLOB NOT NULL,"
    " token INTEGER NOT NULL, format INTEGER NOT NULL, attributes BLOB,"
    " PRIMARY KEY (endpoint, path)) WITHOUT ROWID;",
    /* Of devices that proved who they are. */
    "ALTER TABLE registrations ADD COLUMN session INTEGER;"
    "ALTER TABLE registrations ADD COLUMN proof INTEGER;"
    "ALTER TABLE registrations ADD COLUMN identity BLOB;"
    "ALTER TABLE gone ADD COLUMN session INTEGER;"
    "ALTER TABLE gone ADD COLUMN proof INTEGER;"
    "ALTER TABLE gone ADD COLUMN identity BLOB;",
    /* The first one was never written. A configuration is sealed, for it may hold keys. */
    "DROP TABLE bootstraps;"
    "CREATE TABLE bootstraps (endpoint BLOB PRIMARY KEY, configuration BLOB NOT NULL,"
    " changed_at INTEGER NOT NULL) WITHOUT ROWID;",
    /* Images are files beside the database. Of a device of a job `step` and `state` are numbers of
     * linnetd's enumerations, `problem` the type of a problem, "" for none. */
    "CREATE TABLE firmware_images (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " version TEXT NOT NULL, sha256 BLOB NOT NULL, size INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL);"
    "CREATE TABLE firmware_jobs (id INTEGER PRIMARY KEY, image INTEGER NOT NULL,"
    " size INTEGER NOT NULL, pulls INTEGER NOT NULL, applies INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL, count INTEGER NOT NULL);"
    "CREATE TABLE firmware_devices (job INTEGER NOT NULL, endpoint BLOB NOT NULL,"
    " step INTEGER NOT NULL, state INTEGER NOT NULL, token INTEGER NOT NULL,"
    " unknown INTEGER NOT NULL, bytes INTEGER NOT NULL, device_state INTEGER NOT NULL,"
    " result INTEGER NOT NULL, updated_at INTEGER NOT NULL, problem TEXT NOT NULL,"
    " why TEXT NOT NULL, PRIMARY KEY (job, endpoint)) WITHOUT ROWID;",
};

int64_t store_number(sqlite3 *db, const char *sql, int64_t otherwise)
{
    sqlite3_stmt *statement;
    int64_t number = otherwise;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return number;
}

bool store_run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* What to do, by what SQLite says. */
static const char *advice(int code)
{
    switch (code & 0xFF) {
    case SQLITE_NOTADB:
        return "linnet.db is no database: put back what was there, or give another --data";
    case SQLITE_CORRUPT:
        return "linnet.db is damaged: put a backup in its place, or give another --data";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return "linnetd must be able to write the folder and all files in it";
    case SQLITE_FULL:
        return "the disk is full: make room";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program uses linnet.db: end it";
    default:
        return "see whether the disk is in order";
    }
}

bool store_explain(sqlite3 *db, int code, const char *folder, char why[STORE_WHY_MAX])
{
    (void)snprintf(why, STORE_WHY_MAX, "%s: %s: %s", folder,
                   db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code), advice(code));
    return false;
}

bool store_db_open(const char *folder, int flags, sqlite3 **db, char why[STORE_WHY_MAX])
{
    char name[4096];

    (void)snprintf(name, sizeof(name), "%s/linnet.db", folder);
    int code = sqlite3_open_v2(name, db, flags, NULL);
    if (code != SQLITE_OK) {
        store_explain(*db, code, folder, why);
        sqlite3_close(*db);
        *db = NULL;
        return false;
    }
    (void)sqlite3_extended_result_codes(*db, 1);
    (void)sqlite3_busy_timeout(*db, 5000);
    return true;
}

bool store_schema_check(sqlite3 *db, const char *folder, char why[STORE_WHY_MAX])
{
    int64_t version = store_number(db, "PRAGMA user_version", -1);

    if (version < 0) {
        return store_explain(db, sqlite3_extended_errcode(db), folder, why);
    }
    int64_t tables = store_number(db, "SELECT count(*) FROM sqlite_schema", -1);
    if (tables < 0) {
        return store_explain(db, sqlite3_extended_errcode(db), folder, why);
    }
    bool ours = store_number(db, "PRAGMA application_id", 0) == STORE_APPLICATION;
    if (tables > 0 && !ours) {
        (void)snprintf(why, STORE_WHY_MAX,
                       "%s: linnet.db belongs to another program: give another --data", folder);
        return false;
    }
    if (version > STORE_VERSION) {
        (void)snprintf(
            why, STORE_WHY_MAX,
            "%s: linnet.db is of version %lld, and this linnetd knows versions up to "
            "%d: start a newer linnetd, or give another --data",
            folder, (long long)version, STORE_VERSION);
        return false;
    }
    return true;
}

static bool migrate(sqlite3 *db, int64_t from)
{
    char pragma[64];

    for (int64_t version = from; version < STORE_VERSION; version++) {
        if (!store_run(db, migrations[version])) {
            return false;
        }
    }
    (void)snprintf(pragma, sizeof(pragma), "PRAGMA application_id=%d; PRAGMA user_version=%d",
                   STORE_APPLICATION, STORE_VERSION);
    return store_run(db, pragma);
}

bool store_schema_update(sqlite3 *db, const char *folder, char why[STORE_WHY_MAX])
{
    if (!store_schema_check(db, folder, why)) {
        return false;
    }
    int64_t version = store_number(db, "PRAGMA user_version", 0);
    if (version == STORE_VERSION) {
        return true;
    }
    if (store_run(db, "BEGIN IMMEDIATE") && migrate(db, version) && store_run(db, "COMMIT")) {
        return true;
    }
    int code = sqlite3_extended_errcode(db);
    store_explain(db, code, folder, why);
    (void)!store_run(db, "ROLLBACK");
    return false;
}

void store_bind_path(sqlite3_stmt *statement, int at, struct ln_path path)
{
    uint8_t bytes[2 * LN_COUNT(path.id)];
    struct ln_writer w = ln_writer(bytes, sizeof(bytes));

    for (size_t i = 0; i < path.depth; i++) {
        ln_write_u16(&w, path.id[i]);
    }
    sqlite3_bind_blob(statement, at, bytes, (int)w.written, SQLITE_TRANSIENT);
}
