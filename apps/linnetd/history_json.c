/* Rows of history.db as the API shows them. */

#include "linnetd/history_rows.h"
#include "linnetd/json_out.h"
#include "linnetd/values.h"

#include <stdio.h>
#include <string.h>

static struct ln_bytes column_bytes(sqlite3_stmt *row, int at)
{
    const void *bytes = sqlite3_column_blob(row, at);

    return ln_bytes(bytes, (size_t)sqlite3_column_bytes(row, at));
}

static struct ln_path column_path(sqlite3_stmt *row, int at)
{
    struct ln_reader in = ln_reader(column_bytes(row, at));
    struct ln_path path = {.depth = 0};

    while (ln_reader_left(&in) > 1 && path.depth < LN_COUNT(path.id)) {
        path.id[path.depth++] = ln_read_u16(&in);
    }
    return path;
}

/* The type, and the value in the column behind it. */
static struct ln_value column_value(sqlite3_stmt *row, int at)
{
    struct ln_value value = {.type = (enum ln_type)sqlite3_column_int(row, at)};
    struct ln_bytes bytes = column_bytes(row, at + 1);
    int64_t number = sqlite3_column_int64(row, at + 1);

    switch (value.type) {
    case LN_STRING:
    case LN_CORELNK:
    case LN_OPAQUE:
        value.as.bytes = bytes;
        break;
    case LN_FLOAT:
        if (bytes.len == sizeof(value.as.number)) {
            memcpy(&value.as.number, bytes.at, bytes.len);
        }
        break;
    case LN_BOOLEAN:
        value.as.boolean = number != 0;
        break;
    case LN_UNSIGNED:
        value.as.unsigned_integer = (uint64_t)number;
        break;
    case LN_OBJLNK:
        value.as.link = (struct ln_objlnk){(uint16_t)(number >> 16), (uint16_t)number};
        break;
    case LN_INTEGER:
    case LN_TIME:
        value.as.integer = number;
        break;
    default:
        value.type = LN_NONE;
    }
    return value;
}

/* Columns: path, type, value, at. */
static void open_item(struct json_out *json, sqlite3_stmt *row)
{
    struct ln_record record = {.path = column_path(row, 0), .value = column_value(row, 1)};

    out_open(json, '{');
    record_members_json(json, &record);
    out_key(json, "time");
    out_time_ms(json, sqlite3_column_int64(row, 3));
}

static void open_list(struct json_out *json)
{
    out_open(json, '{');
    out_key(json, "items");
    out_open(json, '[');
}

static void close_list(struct json_out *json, const char *next)
{
    out_close(json, ']');
    out_key(json, "next");
    if (next[0] != '\0') {
        out_text(json, next);
    } else {
        out_null(json);
    }
    out_key(json, "total");
    out_null(json);
    out_close(json, '}');
}

/* All below the path: no id is 0xFFFF. */
static void bind_range(sqlite3_stmt *rows, const struct history_query *query,
                       uint8_t bytes[2 * LN_COUNT(query->path.id) + 2])
{
    struct ln_writer w = ln_writer(bytes, 2 * LN_COUNT(query->path.id) + 2);

    for (size_t i = 0; i < query->path.depth; i++) {
        ln_write_u16(&w, query->path.id[i]);
    }
    sqlite3_bind_blob(rows, 1, query->endpoint.at, (int)query->endpoint.len, SQLITE_STATIC);
    sqlite3_bind_blob(rows, 2, bytes, (int)w.written, SQLITE_TRANSIENT);
    ln_write_u16(&w, LN_ID_NONE);
    sqlite3_bind_blob(rows, 3, bytes, (int)w.written, SQLITE_TRANSIENT);
}

#define IN_RANGE " WHERE endpoint = ?1 AND path >= ?2 AND path < ?3"

bool history_values_json(sqlite3 *db, const struct history_query *query, struct text_out *out)
{
    static const char sql[] = "SELECT path, type, value, at, source FROM series" IN_RANGE
                              " AND path > ?4 ORDER BY path LIMIT ?5";
    uint8_t bytes[2 * LN_COUNT(query->path.id) + 2];
    struct json_out json = {.out = out};
    char next[LN_PATH_TEXT_MAX + 1] = "";
    struct ln_writer w = ln_writer(bytes, sizeof(bytes));
    sqlite3_stmt *rows;
    size_t count = 0;
    int code;

    if (sqlite3_prepare_v2(db, sql, -1, &rows, NULL) != SQLITE_OK) {
        return false;
    }
    for (size_t i = 0; i < query->after.depth; i++) {
        ln_write_u16(&w, query->after.id[i]);
    }
    sqlite3_bind_blob(rows, 4, bytes, (int)w.written, SQLITE_TRANSIENT);
    sqlite3_bind_int64(rows, 5, (int64_t)query->limit + 1);
    bind_range(rows, query, bytes);
    open_list(&json);
    while ((code = sqlite3_step(rows)) == SQLITE_ROW && count < query->limit) {
        open_item(&json, rows);
        out_key(&json, "source");
        out_text(&json, history_source_name((enum history_source)sqlite3_column_int(rows, 4)));
        out_close(&json, '}');
        (void)path_text(column_path(rows, 0), next);
        count++;
    }
    close_list(&json, code == SQLITE_ROW ? next : "");
    sqlite3_finalize(rows);
    return (code == SQLITE_ROW || code == SQLITE_DONE) && !out->failed;
}

/* The newest ones that fit, told the oldest first. */
#define SAMPLES                                                                                \
    "SELECT path, s.type AS type, s.value AS value, s.at AS at, series, number"                \
    " FROM series JOIN samples AS s ON series = id" IN_RANGE                                   \
    " AND s.at >= ?4 AND s.at <= ?5 AND (s.at, series, number) < (?6, ?7, ?8)"                 \
    " ORDER BY s.at DESC, series DESC, number DESC LIMIT ?9"

static sqlite3_stmt *samples_of(sqlite3 *db, const struct history_query *query)
{
    static const char sql[] = "SELECT * FROM (" SAMPLES ") ORDER BY at, series, number";
    uint8_t bytes[2 * LN_COUNT(query->path.id) + 2];
    sqlite3_stmt *rows;

    if (sqlite3_prepare_v2(db, sql, -1, &rows, NULL) != SQLITE_OK) {
        return NULL;
    }
    bind_range(rows, query, bytes);
    sqlite3_bind_int64(rows, 4, query->since);
    sqlite3_bind_int64(rows, 5, query->until);
    for (int i = 0; i < 3; i++) {
        sqlite3_bind_int64(rows, 6 + i, query->has_cursor ? query->cursor[i] : INT64_MAX);
    }
    sqlite3_bind_int64(rows, 9, (int64_t)query->limit + 1);
    return rows;
}

/* Whether there is one more than were asked for: then the first stands for those before it. */
static size_t count_of(sqlite3_stmt *rows)
{
    size_t count = 0;

    while (sqlite3_step(rows) == SQLITE_ROW) {
        count++;
    }
    (void)sqlite3_reset(rows);
    return count;
}

bool history_samples_json(sqlite3 *db, const struct history_query *query, struct text_out *out)
{
    struct json_out json = {.out = out};
    sqlite3_stmt *rows = samples_of(db, query);
    char next[80] = "";
    int code;

    if (rows == NULL) {
        return false;
    }
    bool more = count_of(rows) > query->limit;
    bool first = true;
    open_list(&json);
    if (more) {
        (void)sqlite3_step(rows); /* is on the next page */
    }
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        if (more && first) {
            (void)snprintf(next, sizeof(next), "%lld-%lld-%lld",
                           (long long)sqlite3_column_int64(rows, 3),
                           (long long)sqlite3_column_int64(rows, 4),
                           (long long)sqlite3_column_int64(rows, 5));
        }
        first = false;
        open_item(&json, rows);
        out_close(&json, '}');
    }
    close_list(&json, next);
    sqlite3_finalize(rows);
    return code == SQLITE_DONE && !out->failed;
}
