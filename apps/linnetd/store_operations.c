/* Operations on their way to the database, and back after a restart. */

#include "linnetd/store_operations.h"

#include "linnetd/store_schema.h"
#include "linnetd/store_threads.h"

#include <stdio.h>

void store_operation_parts(struct store_operation *operation,
                           struct ln_bytes *parts[STORE_OPERATION_PARTS])
{
    parts[0] = &operation->endpoint;
    parts[1] = &operation->operation.payload;
    parts[2] = &operation->operation.query;
    parts[3] = &operation->result;
    parts[4] = &operation->location;
    parts[5] = &operation->root;
}

/* ---- Rows ---- */

static void bind_bytes(sqlite3_stmt *statement, int at, struct ln_bytes bytes)
{
    if (bytes.len == 0) {
        sqlite3_bind_null(statement, at);
    } else {
        sqlite3_bind_blob(statement, at, bytes.at, (int)bytes.len, SQLITE_STATIC);
    }
}

void store_bind_operation(sqlite3_stmt *statement, const struct store_operation *operation)
{
    sqlite3_bind_int64(statement, 1, (int64_t)operation->id);
    bind_bytes(statement, 2, operation->endpoint);
    sqlite3_bind_int(statement, 3, (int)operation->state);
    sqlite3_bind_int(statement, 4, (int)operation->operation.kind);
    store_bind_path(statement, 5, operation->operation.path);
    sqlite3_bind_int(statement, 6, operation->operation.accept);
    sqlite3_bind_int(statement, 7, operation->operation.format);
    bind_bytes(statement, 8, operation->operation.payload);
    bind_bytes(statement, 9, operation->operation.query);
    sqlite3_bind_int(statement, 10, operation->retry);
    sqlite3_bind_int64(statement, 11, operation->created_at);
    sqlite3_bind_int64(statement, 12, operation->expires_at);
    sqlite3_bind_int64(statement, 13, operation->ended_at);
    sqlite3_bind_int(statement, 14, (int)operation->outcome);
    sqlite3_bind_int(statement, 15, operation->code);
    sqlite3_bind_int(statement, 16, operation->result_format);
    bind_bytes(statement, 17, operation->result);
    bind_bytes(statement, 18, operation->location);
    bind_bytes(statement, 19, operation->root);
}

static struct ln_bytes read_bytes(sqlite3_stmt *statement, int at)
{
    const void *bytes = sqlite3_column_blob(statement, at);

    return ln_bytes(bytes, (size_t)sqlite3_column_bytes(statement, at));
}

static bool read_path(sqlite3_stmt *statement, int at, struct ln_path *path)
{
    struct ln_reader in = ln_reader(read_bytes(statement, at));

    *path = (struct ln_path){.depth = 0};
    if (ln_reader_left(&in) > 2 * LN_COUNT(path->id)) {
        return false;
    }
    while (ln_reader_left(&in) > 0) {
        path->id[path->depth++] = ln_read_u16(&in);
    }
    return !in.failed;
}

bool store_read_operation(sqlite3_stmt *row, struct store_operation *operation)
{
    *operation = (struct store_operation){
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .endpoint = read_bytes(row, 1),
        .state = (enum ln_operation_state)sqlite3_column_int(row, 2),
        .operation.kind = (enum ln_operation_kind)sqlite3_column_int(row, 3),
        .operation.accept = (uint16_t)sqlite3_column_int(row, 5),
        .operation.format = (uint16_t)sqlite3_column_int(row, 6),
        .operation.payload = read_bytes(row, 7),
        .operation.query = read_bytes(row, 8),
        .retry = sqlite3_column_int(row, 9) != 0,
        .created_at = sqlite3_column_int64(row, 10),
        .expires_at = sqlite3_column_int64(row, 11),
        .ended_at = sqlite3_column_int64(row, 12),
        .outcome = (enum ln_outcome)sqlite3_column_int(row, 13),
        .code = (uint8_t)sqlite3_column_int(row, 14),
        .result_format = (uint16_t)sqlite3_column_int(row, 15),
        .result = read_bytes(row, 16),
        .location = read_bytes(row, 17),
        .root = read_bytes(row, 18),
    };
    return read_path(row, 4, &operation->operation.path) && operation->id != 0 &&
           operation->endpoint.len > 0 && operation->endpoint.len <= LN_LIMIT_ENDPOINT &&
           (unsigned)operation->state <= LN_OPERATION_CANCELLED &&
           (unsigned)operation->operation.kind <= LN_OPERATION_DELETE &&
           (unsigned)operation->outcome <= LN_OUTCOME_EXPIRED;
}

/* ---- After a restart ---- */

static bool take_row(struct store *store, sqlite3_stmt *row, store_take_operation *take,
                     void *context, char why[STORE_WHY_MAX])
{
    struct store_operation operation;
    bool sound = store_read_operation(row, &operation);

    if (sound && take(context, &operation)) {
        return true;
    }
    (void)snprintf(why, STORE_WHY_MAX,
                   sound
                       ? "%s: no memory for operation %llx"
                       : "%s: linnet.db is damaged: row %llx is no operation: put a backup in "
                         "its place, or give another --data",
                   store->folder, (unsigned long long)operation.id);
    return false;
}

bool store_restore_operations(struct store *store, store_take_operation *take, void *context,
                              char why[STORE_WHY_MAX])
{
    sqlite3_stmt *rows;
    bool good = true;
    int code = sqlite3_prepare_v2(
        store->db, "SELECT " STORE_OPERATION_NAMES " FROM operations ORDER BY id", -1, &rows,
        NULL);

    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(rows);
        if (code == SQLITE_ROW && !take_row(store, rows, take, context, why)) {
            good = false;
            break;
        }
    }
    if (good && code != SQLITE_DONE) {
        good = store_explain(store->db, code, store->folder, why);
    }
    sqlite3_finalize(rows);
    return good;
}
