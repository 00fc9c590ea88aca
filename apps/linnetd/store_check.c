/* --check: whether all that is kept can be read again. */

#include "linnetd/credentials.h"
#include "linnetd/history_copy.h"
#include "linnetd/history_rows.h"
#include "linnetd/store_observations.h"
#include "linnetd/store_operations.h"
#include "linnetd/store_threads.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool complain(const char *folder, const char *why)
{
    (void)fprintf(stderr, "linnetd: --check %s: %s\n", folder, why);
    return false;
}

/* All that SQLite finds, a line for each. */
static bool is_intact(sqlite3 *db, const char *folder)
{
    sqlite3_stmt *lines;
    bool intact =
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &lines, NULL) == SQLITE_OK;
    int code = SQLITE_ERROR;

    while (intact && (code = sqlite3_step(lines)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(lines, 0);
        if (line == NULL || strcmp(line, "ok") != 0) {
            intact = complain(folder, line == NULL ? "no memory" : line);
        }
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        intact = complain(folder, sqlite3_errmsg(db));
    }
    sqlite3_finalize(lines);
    return intact;
}

#define REGISTERED(names)                                                                      \
    "SELECT number, endpoint, " names " FROM registrations WHERE location IS NOT NULL"
#define GONE(names) "SELECT number, endpoint, " names " FROM gone"

static bool rows_are_good(sqlite3 *db, const char *folder, const char *sql)
{
    struct ln_object_link *links = calloc(LN_LIMIT_OBJECT_LINKS, sizeof(*links));
    struct ln_registration_view view;
    sqlite3_stmt *rows;
    char why[96];
    bool good = links != NULL && sqlite3_prepare_v2(db, sql, -1, &rows, NULL) == SQLITE_OK;

    if (!good) {
        free(links);
        return complain(folder, sqlite3_errmsg(db));
    }
    while (sqlite3_step(rows) == SQLITE_ROW) {
        if (!store_read_view(rows, 1, links, &view) || view.endpoint.len == 0) {
            (void)snprintf(why, sizeof(why), "row %lld is no registration",
                           (long long)sqlite3_column_int64(rows, 0));
            good = complain(folder, why);
        }
    }
    sqlite3_finalize(rows);
    free(links);
    return good;
}

static bool observations_are_good(sqlite3 *db, const char *folder)
{
    struct ln_observation_view observation;
    sqlite3_stmt *rows;
    bool good = sqlite3_prepare_v2(db, "SELECT " STORE_OBSERVATION_NAMES " FROM observations",
                                   -1, &rows, NULL) == SQLITE_OK;

    if (!good) {
        return complain(folder, sqlite3_errmsg(db));
    }
    while (sqlite3_step(rows) == SQLITE_ROW) {
        if (!store_read_observation(rows, &observation)) {
            good = complain(folder, "a row of observations is none");
        }
    }
    sqlite3_finalize(rows);
    return good;
}

static bool operations_are_good(sqlite3 *db, const char *folder)
{
    struct store_operation operation;
    sqlite3_stmt *rows;
    char why[96];
    bool good = sqlite3_prepare_v2(db, "SELECT " STORE_OPERATION_NAMES " FROM operations", -1,
                                   &rows, NULL) == SQLITE_OK;

    if (!good) {
        return complain(folder, sqlite3_errmsg(db));
    }
    while (sqlite3_step(rows) == SQLITE_ROW) {
        if (!store_read_operation(rows, &operation)) {
            (void)snprintf(why, sizeof(why), "row %lld is no operation",
                           (long long)sqlite3_column_int64(rows, 0));
            good = complain(folder, why);
        }
    }
    sqlite3_finalize(rows);
    return good;
}

static bool credentials_are_good(sqlite3 *db, const char *folder,
                                 struct credentials_found *found)
{
    char why[STORE_WHY_MAX];
    char count[96];

    if (!credentials_check(db, folder, found, why)) {
        return complain(folder, why);
    }
    if (found->unreadable > 0) {
        (void)snprintf(count, sizeof(count),
                       "%zu credentials do not open: somebody has changed their rows",
                       found->unreadable);
        return complain(folder, count);
    }
    return true;
}

/* ---- Values and samples ---- */

static bool rows_of_history_are_good(sqlite3 *db, bool is_copy, const char *folder,
                                     struct history_check *found)
{
    char why[128];

    if (!history_copy_check(db, is_copy, found)) {
        return complain(folder, sqlite3_errmsg(db));
    }
    if (found->bad > 0) {
        (void)snprintf(why, sizeof(why), "%lld rows of values and samples are none",
                       (long long)found->bad);
        return complain(folder, why);
    }
    return true;
}

static bool history_db_is_good(const char *name, const char *folder,
                               struct history_check *found)
{
    char why[STORE_WHY_MAX];
    sqlite3 *db;
    bool good = sqlite3_open_v2(name, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;

    if (!good) {
        (void)complain(name, sqlite3_errmsg(db));
    } else if (!history_rows_are_ours(db, folder, why)) {
        (void)fprintf(stderr, "linnetd: --check %s\n", why);
        good = false;
    } else if (store_number(db, "SELECT count(*) FROM sqlite_schema", 0) > 0) {
        good = is_intact(db, name) && rows_of_history_are_good(db, false, name, found);
    }
    sqlite3_close(db);
    return good;
}

/* It is in a file of its own; in a backup, and until that was started once, in linnet.db. */
static bool history_is_good(sqlite3 *db, const char *folder, struct history_check *found)
{
    char name[4096];

    *found = (struct history_check){0};
    (void)snprintf(name, sizeof(name), "%s/history.db", folder);
    if (access(name, F_OK) == 0) {
        return history_db_is_good(name, folder, found);
    }
    return store_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'history_samples'",
                        0) == 0 ||
           rows_of_history_are_good(db, true, folder, found);
}

/* ---- The whole ---- */

static bool check_all(sqlite3 *db, const char *folder)
{
    struct history_check history;
    struct credentials_found credentials = {0};
    struct update_list updates;
    char why[STORE_WHY_MAX];

    if (!store_schema_check(db, folder, why)) {
        (void)fprintf(stderr, "linnetd: --check %s\n", why);
        return false;
    }
    bool good = is_intact(db, folder);
    bool old = store_number(db, "PRAGMA user_version", 0) < STORE_SESSIONS_VERSION;
    good =
        rows_are_good(db, folder,
                      old ? REGISTERED(STORE_VIEW_NAMES_OLD) : REGISTERED(STORE_VIEW_NAMES)) &&
        good;
    good =
        rows_are_good(db, folder, old ? GONE(STORE_VIEW_NAMES_OLD) : GONE(STORE_VIEW_NAMES)) &&
        good;
    /* Of an older version, they are not there yet. */
    if (store_number(db, "PRAGMA user_version", 0) >= 2) {
        good = credentials_are_good(db, folder, &credentials) && good;
    }
    if (store_number(db, "PRAGMA user_version", 0) >= 3) {
        good = operations_are_good(db, folder) && good;
    }
    if (store_number(db, "PRAGMA user_version", 0) >= 4) {
        good = observations_are_good(db, folder) && good;
    }
    good = history_is_good(db, folder, &history) && good;
    if (!update_list_read(&updates, folder)) {
        return complain(folder, "updates.log cannot be read");
    }
    (void)printf(
        "%s: %s: version %d, %lld rows of registrations, %lld devices that left, %lld "
        "observations, %lld tokens, %zu credentials%s, %zu times of Updates, %lld values, "
        "%lld samples\n",
        folder, good ? "good" : "damaged", STORE_VERSION,
        (long long)store_number(db, "SELECT count(*) FROM registrations", 0),
        (long long)store_number(db, "SELECT count(*) FROM gone", 0),
        (long long)store_number(db, "SELECT count(*) FROM observations", 0),
        (long long)store_number(db, "SELECT count(*) FROM tokens", 0), credentials.count,
        credentials.count > 0 && !credentials.has_key
            ? " (not opened: their master key is not here)"
            : "",
        updates.count, (long long)history.values, (long long)history.samples);
    update_list_fini(&updates);
    return good;
}

bool store_check(const char *folder)
{
    char why[STORE_WHY_MAX];
    char name[4096];
    sqlite3 *db;

    (void)snprintf(name, sizeof(name), "%s/lock", folder);
    int lock = open(name, O_RDWR | O_CLOEXEC);
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0) {
        close(lock);
        return complain(folder, "a linnetd uses this folder: end it first");
    }
    /* Not only to read: what a crash left in the write-ahead log belongs to the database. */
    bool good = store_db_open(folder, SQLITE_OPEN_READWRITE, &db, why);
    if (!good) {
        (void)fprintf(stderr, "linnetd: --check %s\n", why);
    } else {
        good = check_all(db, folder);
        sqlite3_close(db);
    }
    if (lock >= 0) {
        close(lock);
    }
    return good;
}
