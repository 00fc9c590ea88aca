/* /firmware/jobs: made, looked at, cancelled. */

#include "linnetd/daemon.h"
#include "linnetd/firmware_change.h"
#include "linnetd/routes.h"

#include <linnet/net.h>

#include <string.h>

/* ---- Made ---- */

struct job_state {
    struct firmware_change change; /* first */
    struct firmware_job *job;      /* until it is listed */
};

static void free_job_state(void *state)
{
    struct job_state *making = state;

    if (making->job != NULL) {
        firmware_job_free(making->job);
    }
}

static bool read_image(struct request *request, const json_t *body, uint64_t *id)
{
    const char *text = json_string_value(json_object_get(body, "image"));

    if (text == NULL) {
        return problem(request, PROBLEM_BAD_VALUE,
                       "\"image\" is the id of one, as GET /api/v1/firmware/images tells it");
    }
    return firmware_id_of(ln_bytes_of_text(text), id) ||
           problem(request, PROBLEM_UNKNOWN_IMAGE, "GET /api/v1/firmware/images lists them");
}

static bool read_method(struct request *request, const json_t *body, struct firmware_job *job)
{
    const char *method = json_string_value(json_object_get(body, "method"));
    const json_t *apply = json_object_get(body, "apply");

    if (method == NULL || (strcmp(method, "push") != 0 && strcmp(method, "pull") != 0)) {
        return problem(request, PROBLEM_BAD_VALUE, "\"method\" is push or pull");
    }
    if (apply != NULL && !json_is_boolean(apply)) {
        return problem(request, PROBLEM_BAD_VALUE, "\"apply\" is true or false");
    }
    job->pulls = strcmp(method, "pull") == 0;
    job->applies = json_is_true(apply);
    return true;
}

static bool put_endpoint(struct request *request, struct firmware_job *job, const json_t *item)
{
    const char *name = json_string_value(item);
    size_t len = json_string_length(item);

    if (name == NULL || len == 0 || len > LN_LIMIT_ENDPOINT) {
        return problem(request, PROBLEM_BAD_VALUE,
                       "\"endpoints\" are names of devices, each of 1 to %d bytes",
                       LN_LIMIT_ENDPOINT);
    }
    return firmware_job_put(job, ln_bytes(name, len)) ||
           problem(request, PROBLEM_NO_MEMORY, "no memory for this job: try again later");
}

static bool read_endpoints(struct request *request, const json_t *body,
                           struct job_state *making)
{
    const json_t *list = json_object_get(body, "endpoints");
    size_t count = json_array_size(list);

    if (count == 0 || count > FIRMWARE_DEVICES_MAX) {
        return problem(request, PROBLEM_BAD_VALUE,
                       "\"endpoints\" is a list of 1 to %d names of devices",
                       FIRMWARE_DEVICES_MAX);
    }
    making->job = firmware_job_new(count);
    if (making->job == NULL) {
        return problem(request, PROBLEM_NO_MEMORY, "no memory for this job: try again later");
    }
    for (size_t i = 0; i < count; i++) {
        if (!put_endpoint(request, making->job, json_array_get(list, i))) {
            return false;
        }
    }
    return true;
}

/* A device has one turn at a time: here too if it stands twice in the list. */
static bool endpoints_are_free(struct request *request, struct firmware *firmware,
                               const struct firmware_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        struct ln_bytes name = job->devices[i]->endpoint;
        const struct firmware_device *other = firmware_device_of_endpoint(firmware, name);
        if (other != NULL) {
            char text[OPERATION_ID_TEXT];
            operation_id_text(other->job->id, text);
            return problem(request, PROBLEM_FIRMWARE_BUSY,
                           "\"%.*s\" is in job %s: wait for it, or cancel it",
                           name.len < 64 ? (int)name.len : 64, (const char *)name.at, text);
        }
    }
    return true;
}

static int compare_endpoints(const void *a, const void *b)
{
    const struct firmware_device *one = *(struct firmware_device *const *)a;
    const struct firmware_device *other = *(struct firmware_device *const *)b;
    size_t len =
        one->endpoint.len < other->endpoint.len ? one->endpoint.len : other->endpoint.len;
    int order = memcmp(one->endpoint.at, other->endpoint.at, len);

    return order != 0 ? order
                      : (one->endpoint.len > other->endpoint.len) -
                            (one->endpoint.len < other->endpoint.len);
}

static bool endpoints_differ(struct request *request, const struct firmware_job *job)
{
    for (size_t i = 1; i < job->count; i++) {
        struct ln_bytes name = job->devices[i]->endpoint;
        if (ln_bytes_equal(name, job->devices[i - 1]->endpoint)) {
            return problem(request, PROBLEM_BAD_VALUE, "\"endpoints\" has \"%.*s\" twice",
                           name.len < 64 ? (int)name.len : 64, (const char *)name.at);
        }
    }
    return true;
}

/* With the lock held: nobody else takes the devices from now on. */
static bool reserve(struct request *request, struct firmware *firmware,
                    struct job_state *making, uint64_t image_id)
{
    struct firmware_job *job = making->job;
    struct firmware_image *image = firmware_image_find(firmware, image_id);
    uint8_t byte;

    if (image == NULL || image->leaves) {
        return problem(request, PROBLEM_UNKNOWN_IMAGE,
                       "GET /api/v1/firmware/images lists them");
    }
    if (!firmware_image_read(firmware, image, image->size - 1, &byte, 1)) {
        return problem(request, PROBLEM_IMAGE_MISSING,
                       "its file is not there, or cut: upload it again");
    }
    if (firmware->job_count >= FIRMWARE_JOBS_MAX) {
        return problem(request, PROBLEM_TOO_MANY_JOBS, "there may be %d: delete one",
                       FIRMWARE_JOBS_MAX);
    }
    if (!endpoints_are_free(request, firmware, job)) {
        return false;
    }
    job->id = operation_next_number(request->daemon);
    job->image_id = image_id;
    job->image = image;
    job->size = image->size;
    job->created_at = ln_clock_wall_ms();
    for (size_t i = 0; i < job->count; i++) {
        job->devices[i]->updated_at = job->created_at;
    }
    if (!firmware_job_add(firmware, job)) {
        return problem(request, PROBLEM_NO_MEMORY, "no memory for this job: try again later");
    }
    making->change.id = job->id;
    making->job = NULL;
    return true;
}

/* Nobody else touches a job's parts that are written here before its devices are woken. */
static bool run_add(struct store_job *store_job, struct sqlite3 *db)
{
    struct firmware_change *change = (struct firmware_change *)(void *)store_job;
    struct firmware *firmware = change->firmware;

    pthread_mutex_lock(&firmware->lock);
    const struct firmware_job *job = firmware_job_find(firmware, change->id);
    bool good = job != NULL && firmware_row_job(db, job);
    pthread_mutex_unlock(&firmware->lock);
    return good;
}

static void apply_add(struct firmware_change *change)
{
    struct firmware *firmware = change->firmware;

    pthread_mutex_lock(&firmware->lock);
    struct firmware_job *job = firmware_job_find(firmware, change->id);
    if (job != NULL && change->failed) {
        firmware_job_remove(firmware, job);
        job = NULL;
    }
    for (size_t i = 0; job != NULL && i < job->count; i++) {
        firmware_device_post(firmware, job->devices[i]);
    }
    pthread_mutex_unlock(&firmware->lock);
}

static void respond_job(struct request *request, unsigned status, uint64_t id)
{
    struct firmware *firmware = request->daemon->firmware;

    pthread_mutex_lock(&firmware->lock);
    const struct firmware_job *job = firmware_job_find(firmware, id);
    if (job != NULL) {
        struct json_out json = {.out = respond_json(request, status)};
        firmware_job_json(&json, job, true);
    } else {
        problem(request, PROBLEM_UNKNOWN_JOB, "GET /api/v1/firmware/jobs lists them");
    }
    pthread_mutex_unlock(&firmware->lock);
}

static void finish_add(struct request *request)
{
    const struct firmware_change *change = request->state;

    if (change->failed) {
        problem(request, PROBLEM_READ_ONLY, "the disk takes nothing: see the log of linnetd");
        return;
    }
    respond_job(request, 201, change->id);
    firmware_respond_id(request, "/api/v1/firmware/jobs/", change->id);
}

void handle_firmware_job_add(struct request *request)
{
    static const char *const members[] = {"image", "endpoints", "method", "apply", NULL};
    struct firmware *firmware = request->daemon->firmware;
    uint64_t image_id;

    if (!request_query_only(request, (const char *const[]){NULL})) {
        return;
    }
    const json_t *body = request_json(request, false, members);
    struct job_state *making =
        body == NULL ? NULL : request_state(request, sizeof(*making), free_job_state);
    if (making == NULL || !read_image(request, body, &image_id) ||
        !read_endpoints(request, body, making) || !read_method(request, body, making->job)) {
        return;
    }
    qsort(making->job->devices, making->job->count, sizeof(struct firmware_device *),
          compare_endpoints);
    if (!endpoints_differ(request, making->job)) {
        return;
    }
    pthread_mutex_lock(&firmware->lock);
    bool reserved = reserve(request, firmware, making, image_id);
    pthread_mutex_unlock(&firmware->lock);
    if (reserved) {
        making->change.job.run = run_add;
        making->change.apply = apply_add;
        firmware_store(request, &making->change, finish_add);
    }
}

/* ---- Read ---- */

void handle_firmware_jobs(struct request *request)
{
    struct firmware *firmware = request->daemon->firmware;
    uint64_t limit;
    uint64_t after;

    if (!firmware_page(request, &limit, &after)) {
        return;
    }
    struct json_out json = {.out = respond_json(request, 200)};
    out_open(&json, '{');
    out_key(&json, "items");
    out_open(&json, '[');
    pthread_mutex_lock(&firmware->lock);
    const struct firmware_job *job = firmware->jobs;
    uint64_t last = 0;
    for (; job != NULL && limit > 0; job = job->next) {
        if (job->id > after) {
            firmware_job_json(&json, job, false);
            last = job->id;
            limit--;
        }
    }
    firmware_page_end(&json, job != NULL ? last : 0, firmware->job_count);
    pthread_mutex_unlock(&firmware->lock);
}

static bool read_id(struct request *request, uint64_t *id)
{
    if (!request_query_only(request, (const char *const[]){NULL})) {
        return false;
    }
    return firmware_id_of(request->segments[request->segment_count - 1], id) ||
           problem(request, PROBLEM_UNKNOWN_JOB, "GET /api/v1/firmware/jobs lists them");
}

void handle_firmware_job_get(struct request *request)
{
    uint64_t id;

    if (read_id(request, &id)) {
        respond_job(request, 200, id);
    }
}

/* ---- Cancelled, or removed once it is over ---- */

static bool run_cancel(struct store_job *job, struct sqlite3 *db)
{
    return firmware_row_job_cancel(db, ((struct firmware_change *)(void *)job)->id);
}

static bool run_remove(struct store_job *job, struct sqlite3 *db)
{
    return firmware_row_job_delete(db, ((struct firmware_change *)(void *)job)->id);
}

static void apply_cancel(struct firmware_change *change)
{
    (void)change; /* it was, before it was kept: the devices hear of it in any case */
}

static void apply_remove(struct firmware_change *change)
{
    struct firmware *firmware = change->firmware;

    pthread_mutex_lock(&firmware->lock);
    struct firmware_job *job = firmware_job_find(firmware, change->id);
    if (job != NULL && !change->failed) {
        firmware_job_remove(firmware, job);
    }
    pthread_mutex_unlock(&firmware->lock);
}

static void finish_delete(struct request *request)
{
    const struct firmware_change *change = request->state;

    if (change->failed) {
        problem(request, PROBLEM_READ_ONLY, "the disk takes nothing: see the log of linnetd");
    } else {
        respond_empty(request);
    }
}

/* What has been told to update goes on: there is no way back. */
static void cancel(struct firmware *firmware, struct firmware_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        struct firmware_device *device = job->devices[i];
        if (device->step < FIRMWARE_EXECUTE) {
            firmware_device_end(firmware, device, FIRMWARE_CANCELLED, PROBLEM_CANCELLED,
                                "the job was cancelled");
            firmware_device_post(firmware, device);
        }
    }
}

void handle_firmware_job_delete(struct request *request)
{
    struct firmware *firmware = request->daemon->firmware;
    uint64_t id;

    if (!read_id(request, &id)) {
        return;
    }
    struct firmware_change *change = request_state(request, sizeof(*change), NULL);
    if (change == NULL) {
        return;
    }
    pthread_mutex_lock(&firmware->lock);
    struct firmware_job *job = firmware_job_find(firmware, id);
    bool over = job != NULL && job->left == 0;
    if (job == NULL) {
        problem(request, PROBLEM_UNKNOWN_JOB, "GET /api/v1/firmware/jobs lists them");
    } else if (!over) {
        cancel(firmware, job);
    }
    pthread_mutex_unlock(&firmware->lock);
    if (job != NULL) {
        change->id = id;
        change->job.run = over ? run_remove : run_cancel;
        change->apply = over ? apply_remove : apply_cancel;
        firmware_store(request, change, finish_delete);
    }
}
