/* Devices that left, read from the database. */

#include "linnetd/gone.h"

#include "linnetd/store_rows.h"

#include <stdlib.h>

enum { FIRST_COLUMN = 2 };

#define COLUMNS "left_at, expired, endpoint, " STORE_VIEW_NAMES

static void bind_bytes(sqlite3_stmt *statement, int at, struct ln_bytes bytes)
{
    if (bytes.len == 0) {
        sqlite3_bind_zeroblob(statement, at, 0);
    } else {
        sqlite3_bind_blob(statement, at, bytes.at, (int)bytes.len, SQLITE_STATIC);
    }
}

static struct device *copy_row(sqlite3_stmt *row, const struct ln_registration_view *view)
{
    struct device *device = device_copy_view(view, 0);

    if (device != NULL) {
        device->is_gone = true;
        device->left_at = sqlite3_column_int64(row, 0);
        device->expired = sqlite3_column_int(row, 1) != 0;
    }
    return device;
}

struct device *gone_find(sqlite3 *db, struct ln_bytes endpoint, bool *failed)
{
    static const char sql[] = "SELECT " COLUMNS " FROM gone WHERE endpoint = ?1";
    struct ln_object_link *links = calloc(LN_LIMIT_OBJECT_LINKS, sizeof(*links));
    struct device *device = NULL;
    struct ln_registration_view view;
    sqlite3_stmt *row = NULL;
    int code = SQLITE_NOMEM;

    if (links != NULL && sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK) {
        bind_bytes(row, 1, endpoint);
        code = sqlite3_step(row);
        if (code == SQLITE_ROW && store_read_view(row, FIRST_COLUMN, links, &view)) {
            device = copy_row(row, &view);
        }
    }
    *failed = code != SQLITE_DONE && device == NULL;
    sqlite3_finalize(row);
    free(links);
    return device;
}

bool gone_forget(sqlite3 *db, struct ln_bytes endpoint, bool *found)
{
    sqlite3_stmt *row;

    if (sqlite3_prepare_v2(db, "DELETE FROM gone WHERE endpoint = ?1", -1, &row, NULL) !=
        SQLITE_OK) {
        return false;
    }
    bind_bytes(row, 1, endpoint);
    int code = sqlite3_step(row);
    sqlite3_finalize(row);
    *found = code == SQLITE_DONE && sqlite3_changes(db) > 0;
    return code == SQLITE_DONE;
}

/* ---- The list ---- */

static bool fits(const struct gone_query *query, const struct ln_registration_view *view)
{
    return ln_bytes_compare(view->endpoint, query->after) > 0 &&
           (query->object < 0 || device_has_object(view, query->object));
}

/* Rows come by endpoint, from where the page begins. */
static bool take_rows(sqlite3_stmt *rows, const struct gone_query *query,
                      struct ln_object_link *links, struct device **out, size_t *count)
{
    struct ln_registration_view view;
    int code = SQLITE_DONE;

    while (*count < query->most && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        if (!store_read_view(rows, FIRST_COLUMN, links, &view)) {
            return false;
        }
        if (!ln_bytes_start_with(view.endpoint, query->prefix)) {
            return true; /* those that begin so stand together */
        }
        if (!fits(query, &view)) {
            continue;
        }
        out[*count] = copy_row(rows, &view);
        if (out[*count] == NULL) {
            return false;
        }
        ++*count;
    }
    return code == SQLITE_DONE || code == SQLITE_ROW;
}

bool gone_list(sqlite3 *db, const struct gone_query *query, struct device **out, size_t *count)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM gone WHERE endpoint >= ?1 ORDER BY endpoint";
    bool from_prefix = ln_bytes_compare(query->prefix, query->after) > 0;
    struct ln_object_link *links = calloc(LN_LIMIT_OBJECT_LINKS, sizeof(*links));
    sqlite3_stmt *rows = NULL;
    bool good = links != NULL && sqlite3_prepare_v2(db, sql, -1, &rows, NULL) == SQLITE_OK;

    *count = 0;
    if (good) {
        bind_bytes(rows, 1, from_prefix ? query->prefix : query->after);
        good = take_rows(rows, query, links, out, count);
    }
    sqlite3_finalize(rows);
    free(links);
    return good;
}
