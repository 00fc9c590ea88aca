/* The history in a backup: its rows travel in the copy of linnet.db, and from there into a new
 * history.db. */

#include "linnetd/history_copy.h"

#include "linnetd/store_schema.h"

#include <linnet/codec.h>

#include <stdio.h>
#include <unistd.h>

/* As "other"; true and nothing attached where there is no such file. */
static bool attach(sqlite3 *db, const char *folder, const char *file, bool *found)
{
    char name[4096];
    sqlite3_stmt *statement;

    (void)snprintf(name, sizeof(name), "%s/%s", folder, file);
    *found = access(name, F_OK) == 0;
    if (!*found) {
        return true;
    }
    bool good =
        sqlite3_prepare_v2(db, "ATTACH ?1 AS other", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return good;
}

static bool run_whole(sqlite3 *db, const char *sql)
{
    bool good = store_run(db, "BEGIN") && store_run(db, sql) && store_run(db, "COMMIT");

    if (!good && sqlite3_get_autocommit(db) == 0) {
        (void)!store_run(db, "ROLLBACK");
    }
    return good;
}

bool history_copy_out(sqlite3 *copy, const char *folder)
{
    bool found;

    if (!attach(copy, folder, "history.db", &found)) {
        return false;
    }
    return !found ||
           (run_whole(copy, "CREATE TABLE history_series AS SELECT * FROM other.series;"
                            "CREATE TABLE history_samples AS"
                            " SELECT * FROM other.samples") &&
            store_run(copy, "DETACH other"));
}

static bool has_copy(sqlite3 *db)
{
    return store_number(db,
                        "SELECT count(*) FROM other.sqlite_schema"
                        " WHERE name IN ('history_series', 'history_samples')",
                        0) == 2;
}

/* Here first: if it ends in between, they are there and here, and go with the next start. */
bool history_copy_in(sqlite3 *history, const char *folder)
{
    bool found;

    if (!attach(history, folder, "linnet.db", &found) || !found) {
        return !found;
    }
    bool good =
        !has_copy(history) ||
        (store_number(history, "SELECT count(*) FROM main.series", 0) > 0 ||
         run_whole(history, "INSERT INTO main.series SELECT * FROM other.history_series;"
                            "INSERT INTO main.samples"
                            " SELECT * FROM other.history_samples"));
    good = good && run_whole(history, "DROP TABLE IF EXISTS other.history_series;"
                                      "DROP TABLE IF EXISTS other.history_samples");
    return good && store_run(history, "DETACH other");
}

bool history_copy_check(sqlite3 *db, bool is_copy, struct history_check *out)
{
    static const char bad[] =
        "SELECT (SELECT count(*) FROM %sseries WHERE length(endpoint) NOT BETWEEN 1 AND 255"
        " OR length(path) NOT IN (6, 8) OR type NOT BETWEEN %d AND %d OR typeof(at) <> "
        "'integer')"
        " + (SELECT count(*) FROM %ssamples WHERE type NOT BETWEEN %d AND %d"
        " OR typeof(at) <> 'integer' OR typeof(number) <> 'integer')";
    const char *prefix = is_copy ? "history_" : "";
    char sql[512];

    (void)snprintf(sql, sizeof(sql), bad, prefix, LN_NONE, LN_CORELNK, prefix, LN_NONE,
                   LN_CORELNK);
    out->bad = store_number(db, sql, -1);
    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %sseries", prefix);
    out->values = store_number(db, sql, -1);
    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %ssamples", prefix);
    out->samples = store_number(db, sql, -1);
    return out->bad >= 0 && out->values >= 0 && out->samples >= 0;
}
