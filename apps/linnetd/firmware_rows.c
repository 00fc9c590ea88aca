/* Firmware in the database. */

#include "linnetd/firmware.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Written ---- */

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *row = NULL;

    return sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK ? row : NULL;
}

static bool step(sqlite3_stmt *row)
{
    int code = sqlite3_step(row);

    sqlite3_finalize(row);
    return code == SQLITE_DONE;
}

bool firmware_row_image(sqlite3 *db, const struct firmware_image *image)
{
    sqlite3_stmt *row =
        prepare(db, "INSERT INTO firmware_images (id, name, version, sha256, size,"
                    " created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

    if (row == NULL) {
        return false;
    }
    sqlite3_bind_int64(row, 1, (int64_t)image->id);
    sqlite3_bind_text(row, 2, image->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 3, image->version, -1, SQLITE_STATIC);
    sqlite3_bind_blob(row, 4, image->sha256, FIRMWARE_SHA256, SQLITE_STATIC);
    sqlite3_bind_int64(row, 5, image->size);
    sqlite3_bind_int64(row, 6, image->created_at);
    return step(row);
}

static bool delete_by(sqlite3 *db, const char *sql, uint64_t id)
{
    sqlite3_stmt *row = prepare(db, sql);

    if (row == NULL) {
        return false;
    }
    sqlite3_bind_int64(row, 1, (int64_t)id);
    return step(row);
}

bool firmware_row_image_delete(sqlite3 *db, uint64_t id)
{
    return delete_by(db, "DELETE FROM firmware_images WHERE id = ?1", id);
}

bool firmware_row_job_delete(sqlite3 *db, uint64_t id)
{
    return delete_by(db, "DELETE FROM firmware_devices WHERE job = ?1", id) &&
           delete_by(db, "DELETE FROM firmware_jobs WHERE id = ?1", id);
}

bool firmware_row_job_cancel(sqlite3 *db, uint64_t id)
{
    sqlite3_stmt *row = prepare(db, "UPDATE firmware_devices SET step = ?2, state = ?3,"
                                    " problem = ?4 WHERE job = ?1 AND step < ?5");

    if (row == NULL) {
        return false;
    }
    sqlite3_bind_int64(row, 1, (int64_t)id);
    sqlite3_bind_int(row, 2, FIRMWARE_OVER);
    sqlite3_bind_int(row, 3, FIRMWARE_CANCELLED);
    sqlite3_bind_text(row, 4, problem_type(PROBLEM_CANCELLED), -1, SQLITE_STATIC);
    sqlite3_bind_int(row, 5, FIRMWARE_EXECUTE);
    return step(row);
}

static bool bind_device(sqlite3_stmt *row, const struct firmware_device *device)
{
    sqlite3_bind_int64(row, 1, (int64_t)device->job->id);
    sqlite3_bind_blob(row, 2, device->endpoint.at, (int)device->endpoint.len, SQLITE_STATIC);
    sqlite3_bind_int(row, 3, device->step);
    sqlite3_bind_int(row, 4, device->state);
    sqlite3_bind_int64(row, 5, (int64_t)device->token);
    sqlite3_bind_int(row, 6, device->unknown);
    sqlite3_bind_int64(row, 7, device->bytes);
    sqlite3_bind_int(row, 8, device->report.state);
    sqlite3_bind_int(row, 9, device->report.result);
    sqlite3_bind_int64(row, 10, device->updated_at);
    sqlite3_bind_text(row, 11, problem_type(device->problem), -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 12, device->why, -1, SQLITE_STATIC);
    int code = sqlite3_step(row);
    sqlite3_reset(row);
    return code == SQLITE_DONE;
}

bool firmware_row_device(sqlite3 *db, const struct firmware_device *device)
{
    /* A job that was removed meanwhile has no rows any more. */
    sqlite3_stmt *row = prepare(
        db, "INSERT OR REPLACE INTO firmware_devices (job, endpoint, step, state, token,"
            " unknown, bytes, device_state, result, updated_at, problem, why)"
            " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12"
            " WHERE EXISTS (SELECT 1 FROM firmware_jobs WHERE id = ?1)");
    bool good = row != NULL && bind_device(row, device);

    sqlite3_finalize(row);
    return good;
}

static bool add_devices(sqlite3 *db, const struct firmware_job *job)
{
    sqlite3_stmt *row =
        prepare(db, "INSERT INTO firmware_devices (job, endpoint, step, state, token, unknown,"
                    " bytes, device_state, result, updated_at, problem, why)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    bool good = row != NULL;

    for (size_t i = 0; good && i < job->count; i++) {
        good = bind_device(row, job->devices[i]);
    }
    sqlite3_finalize(row);
    return good;
}

bool firmware_row_job(sqlite3 *db, const struct firmware_job *job)
{
    sqlite3_stmt *row =
        prepare(db, "INSERT INTO firmware_jobs (id, image, size, pulls, applies,"
                    " created_at, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

    if (row == NULL) {
        return false;
    }
    sqlite3_bind_int64(row, 1, (int64_t)job->id);
    sqlite3_bind_int64(row, 2, (int64_t)job->image_id);
    sqlite3_bind_int64(row, 3, job->size);
    sqlite3_bind_int(row, 4, job->pulls);
    sqlite3_bind_int(row, 5, job->applies);
    sqlite3_bind_int64(row, 6, job->created_at);
    sqlite3_bind_int64(row, 7, (int64_t)job->count);
    return step(row) && add_devices(db, job);
}

/* ---- Read ---- */

static bool read_text(sqlite3_stmt *row, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    return text != NULL && (size_t)snprintf(out, size, "%s", text) < size;
}

static bool read_image(struct firmware *firmware, sqlite3_stmt *row)
{
    struct firmware_image *image = calloc(1, sizeof(*image));
    const void *sha256 = sqlite3_column_blob(row, 3);

    if (image == NULL) {
        return false;
    }
    image->fd = -1;
    image->id = (uint64_t)sqlite3_column_int64(row, 0);
    image->size = (uint32_t)sqlite3_column_int64(row, 4);
    image->created_at = sqlite3_column_int64(row, 5);
    if (!read_text(row, 1, image->name, sizeof(image->name)) ||
        !read_text(row, 2, image->version, sizeof(image->version)) ||
        sqlite3_column_bytes(row, 3) != FIRMWARE_SHA256) {
        free(image);
        return false;
    }
    memcpy(image->sha256, sha256, FIRMWARE_SHA256);
    firmware_image_add(firmware, image);
    return true;
}

static bool read_device(struct firmware_job *job, sqlite3_stmt *row)
{
    struct ln_bytes endpoint =
        ln_bytes(sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0));
    char type[64];
    int at_step = sqlite3_column_int(row, 1);
    int at_state = sqlite3_column_int(row, 2);

    if (endpoint.len == 0 || endpoint.len > LN_LIMIT_ENDPOINT || at_step < 0 ||
        at_step > FIRMWARE_OVER || at_state < 0 || at_state >= FIRMWARE_STATE_COUNT ||
        !firmware_job_put(job, endpoint)) {
        return false;
    }
    struct firmware_device *device = job->devices[job->count - 1];
    device->step = (uint8_t)at_step;
    device->state = (uint8_t)at_state;
    device->token = (uint64_t)sqlite3_column_int64(row, 3);
    device->unknown = sqlite3_column_int(row, 4) != 0;
    device->bytes = (uint32_t)sqlite3_column_int64(row, 5);
    device->report.state = sqlite3_column_int(row, 6);
    device->report.result = sqlite3_column_int(row, 7);
    device->updated_at = sqlite3_column_int64(row, 8);
    bool good = read_text(row, 9, type, sizeof(type)) &&
                read_text(row, 10, device->why, sizeof(device->why));
    device->problem = good ? problem_of_type(type) : PROBLEM_NONE;
    return good;
}

static bool read_devices(struct firmware_job *job, size_t count, sqlite3 *db)
{
    sqlite3_stmt *rows = prepare(db, "SELECT endpoint, step, state, token, unknown, bytes,"
                                     " device_state, result, updated_at, problem, why"
                                     " FROM firmware_devices WHERE job = ?1 ORDER BY endpoint");
    int code = SQLITE_ERROR;
    bool good = rows != NULL && sqlite3_bind_int64(rows, 1, (int64_t)job->id) == SQLITE_OK;

    while (good && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        good = job->count < count && read_device(job, rows);
    }
    sqlite3_finalize(rows);
    return good && code == SQLITE_DONE;
}

/* An image is not deleted while a job that is not over uses it. */
static bool has_its_image(const struct firmware_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        if (!firmware_device_is_over(job->devices[i]) && job->image == NULL) {
            return false;
        }
    }
    return true;
}

static bool read_job(struct firmware *firmware, sqlite3_stmt *row, sqlite3 *db)
{
    size_t count = (size_t)sqlite3_column_int64(row, 6);
    struct firmware_job *job =
        count > 0 && count <= FIRMWARE_DEVICES_MAX ? firmware_job_new(count) : NULL;

    if (job == NULL) {
        return false;
    }
    job->id = (uint64_t)sqlite3_column_int64(row, 0);
    job->image_id = (uint64_t)sqlite3_column_int64(row, 1);
    job->image = firmware_image_find(firmware, job->image_id);
    job->size = (uint32_t)sqlite3_column_int64(row, 2);
    job->pulls = sqlite3_column_int(row, 3) != 0;
    job->applies = sqlite3_column_int(row, 4) != 0;
    job->created_at = sqlite3_column_int64(row, 5);
    if (!read_devices(job, count, db) || !has_its_image(job) ||
        !firmware_job_add(firmware, job)) {
        firmware_job_free(job);
        return false;
    }
    return true;
}

bool firmware_rows_read(struct firmware *firmware, sqlite3 *db)
{
    sqlite3_stmt *rows =
        prepare(db, "SELECT id, name, version, sha256, size, created_at FROM firmware_images");
    int code = SQLITE_ERROR;
    bool good = rows != NULL;

    while (good && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        good = read_image(firmware, rows);
    }
    sqlite3_finalize(rows);
    if (!good || code != SQLITE_DONE) {
        return false;
    }
    rows = prepare(
        db, "SELECT id, image, size, pulls, applies, created_at, count FROM firmware_jobs");
    good = rows != NULL;
    while (good && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        good = read_job(firmware, rows, db);
    }
    sqlite3_finalize(rows);
    return good && code == SQLITE_DONE;
}
