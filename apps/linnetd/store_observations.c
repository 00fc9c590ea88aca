/* Declared observations on their way to the database, and back after a restart. */

#include "linnetd/store_observations.h"

#include "linnetd/store_schema.h"
#include "linnetd/store_threads.h"

#include <linnet/limits.h>

#include <stdio.h>

void store_observation_parts(struct ln_observation_view *observation,
                             struct ln_bytes *parts[STORE_OBSERVATION_PARTS])
{
    parts[0] = &observation->endpoint;
    parts[1] = &observation->attributes;
}

/* ---- Rows ---- */

static bool read_path(struct ln_bytes bytes, struct ln_path *path)
{
    struct ln_reader in = ln_reader(bytes);

    *path = (struct ln_path){.depth = 0};
    while (ln_reader_left(&in) > 0 && path->depth < LN_COUNT(path->id)) {
        path->id[path->depth++] = ln_read_u16(&in);
    }
    return !in.failed && ln_reader_left(&in) == 0 && path->depth > 0;
}

void store_bind_observation_key(sqlite3_stmt *statement,
                                const struct ln_observation_view *observation)
{
    sqlite3_bind_blob(statement, 1, observation->endpoint.at, (int)observation->endpoint.len,
                      SQLITE_STATIC);
    store_bind_path(statement, 2, observation->path);
}

void store_bind_observation(sqlite3_stmt *statement,
                            const struct ln_observation_view *observation)
{
    store_bind_observation_key(statement, observation);
    sqlite3_bind_int64(statement, 3, (int64_t)observation->token);
    sqlite3_bind_int(statement, 4, observation->format);
    sqlite3_bind_blob(statement, 5, observation->attributes.at,
                      (int)observation->attributes.len, SQLITE_STATIC);
}

static struct ln_bytes read_bytes(sqlite3_stmt *statement, int at)
{
    const void *bytes = sqlite3_column_blob(statement, at);

    return ln_bytes(bytes, (size_t)sqlite3_column_bytes(statement, at));
}

bool store_read_observation(sqlite3_stmt *row, struct ln_observation_view *observation)
{
    *observation = (struct ln_observation_view){
        .endpoint = read_bytes(row, 0),
        .token = (uint64_t)sqlite3_column_int64(row, 2),
        .format = (uint16_t)sqlite3_column_int(row, 3),
        .attributes = read_bytes(row, 4),
        .durable = true,
    };
    return read_path(read_bytes(row, 1), &observation->path) && observation->endpoint.len > 0 &&
           observation->endpoint.len <= LN_LIMIT_ENDPOINT;
}

/* ---- After a restart ---- */

static bool take_row(struct store *store, sqlite3_stmt *row, store_take_observation *take,
                     void *context, char why[STORE_WHY_MAX])
{
    struct ln_observation_view observation;
    bool sound = store_read_observation(row, &observation);

    if (sound && take(context, &observation)) {
        return true;
    }
    (void)snprintf(
        why, STORE_WHY_MAX,
        "%s: linnet.db is damaged, or has more observations than there may be: a row "
        "of observations cannot be taken: put a backup in its place, or give another "
        "--data",
        store->folder);
    return false;
}

bool store_restore_observations(struct store *store, store_take_observation *take,
                                void *context, char why[STORE_WHY_MAX])
{
    sqlite3_stmt *rows;
    bool good = true;
    int code = sqlite3_prepare_v2(
        store->db, "SELECT " STORE_OBSERVATION_NAMES " FROM observations", -1, &rows, NULL);

    while (good && (code == SQLITE_OK || code == SQLITE_ROW)) {
        code = sqlite3_step(rows);
        good = code != SQLITE_ROW || take_row(store, rows, take, context, why);
    }
    if (good && code != SQLITE_DONE) {
        good = store_explain(store->db, code, store->folder, why);
    }
    sqlite3_finalize(rows);
    return good;
}
