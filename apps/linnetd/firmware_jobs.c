/* Jobs and their devices: who knows of them, and what becomes of them. */

#include "linnetd/firmware.h"

#include "linnetd/daemon.h"
#include "linnetd/heap.h"

#include <linnet/net.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *firmware_state_name(enum firmware_state state)
{
    static const char *const names[] = {
        [FIRMWARE_WAITING] = "waiting",         [FIRMWARE_SENDING] = "sending",
        [FIRMWARE_DOWNLOADING] = "downloading", [FIRMWARE_DOWNLOADED] = "downloaded",
        [FIRMWARE_UPDATING] = "updating",       [FIRMWARE_DONE] = "done",
        [FIRMWARE_FAILED] = "failed",           [FIRMWARE_CANCELLED] = "cancelled",
    };

    return (size_t)state < LN_COUNT(names) ? names[state] : "?";
}

/* ---- Made and freed ---- */

struct firmware_job *firmware_job_new(size_t count)
{
    struct firmware_job *job = calloc(1, sizeof(*job));

    if (job != NULL) {
        job->devices = calloc(count, sizeof(struct firmware_device *));
        if (job->devices == NULL) {
            free(job);
            job = NULL;
        }
    }
    return job;
}

bool firmware_job_put(struct firmware_job *job, struct ln_bytes endpoint)
{
    struct firmware_device *device = calloc(1, sizeof(*device) + endpoint.len);

    if (device == NULL) {
        return false;
    }
    memcpy(device + 1, endpoint.at, endpoint.len);
    device->endpoint = ln_bytes(device + 1, endpoint.len);
    device->job = job;
    device->report = (struct firmware_report){-1, -1};
    device->token =
        (uint64_t)ln_random_u32(&ln_random_system) << 32 | ln_random_u32(&ln_random_system);
    job->devices[job->count++] = device;
    return true;
}

void firmware_job_free(struct firmware_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        free(job->devices[i]);
    }
    free(job->devices);
    free(job);
}

struct firmware_job *firmware_job_find(struct firmware *firmware, uint64_t id)
{
    struct firmware_job *job = firmware->jobs;

    while (job != NULL && job->id != id) {
        job = job->next;
    }
    return job;
}

/* ---- Who has a turn ---- */

bool firmware_device_is_over(const struct firmware_device *device)
{
    return device->step == FIRMWARE_OVER;
}

static uint64_t hash_of(const struct firmware *firmware, struct ln_bytes endpoint)
{
    return ln_hash(firmware->seed, endpoint);
}

struct firmware_device *firmware_device_of_endpoint(struct firmware *firmware,
                                                    struct ln_bytes endpoint)
{
    return ln_map_find(&firmware->by_endpoint, hash_of(firmware, endpoint), &endpoint);
}

struct firmware_device *firmware_device_of_token(struct firmware *firmware, uint64_t token)
{
    return ln_map_find(&firmware->by_token, token, &token);
}

static void unlist(struct firmware *firmware, struct firmware_device *device)
{
    struct firmware_job *job = device->job;

    if (!device->listed) {
        return;
    }
    device->listed = false;
    ln_map_remove(&firmware->by_endpoint, device);
    ln_map_remove(&firmware->by_token, device);
    job->left--;
    if (job->image != NULL) {
        job->image->uses--;
        firmware_image_rest(firmware, job->image);
    }
}

static bool list(struct firmware *firmware, struct firmware_device *device)
{
    if (ln_map_add(&firmware->by_endpoint, device) != LN_OK) {
        return false;
    }
    if (ln_map_add(&firmware->by_token, device) != LN_OK) {
        ln_map_remove(&firmware->by_endpoint, device);
        return false;
    }
    device->listed = true;
    device->job->left++;
    device->job->image->uses++;
    return true;
}

bool firmware_job_add(struct firmware *firmware, struct firmware_job *job)
{
    struct firmware_job **at = &firmware->jobs;

    for (size_t i = 0; i < job->count; i++) {
        struct firmware_device *device = job->devices[i];
        if (!firmware_device_is_over(device) && !list(firmware, device)) {
            for (size_t j = 0; j < i; j++) {
                unlist(firmware, job->devices[j]);
            }
            return false;
        }
    }
    while (*at != NULL && (*at)->id < job->id) {
        at = &(*at)->next;
    }
    job->next = *at;
    *at = job;
    firmware->job_count++;
    return true;
}

static void free_if_idle(struct firmware_job *job)
{
    if (job->removed && job->busy == 0) {
        firmware_job_free(job);
    }
}

void firmware_job_remove(struct firmware *firmware, struct firmware_job *job)
{
    struct firmware_job **at = &firmware->jobs;

    while (*at != job) {
        at = &(*at)->next;
    }
    *at = job->next;
    firmware->job_count--;
    for (size_t i = 0; i < job->count; i++) {
        unlist(firmware, job->devices[i]);
    }
    job->removed = true;
    free_if_idle(job);
}

void firmware_job_release(struct firmware *firmware, struct firmware_job *job)
{
    (void)firmware;
    job->busy--;
    free_if_idle(job);
}

/* ---- Kept ---- */

struct keeping {
    struct store_job job; /* first */
    struct firmware *firmware;
    struct firmware_device *device;
    struct firmware_device copy;
    struct firmware_job copied;
    bool executes;
};

static bool run_keeping(struct store_job *job, struct sqlite3 *db)
{
    return firmware_row_device(db, &((struct keeping *)(void *)job)->copy);
}

static void keep(struct firmware *firmware, struct firmware_device *device);

/* On the store's thread. A row that was refused is written again with the next change. */
static void on_kept(struct store_job *job, bool ok)
{
    struct keeping *keeping = (struct keeping *)(void *)job;
    struct firmware *firmware = keeping->firmware;
    struct firmware_device *device = keeping->device;

    pthread_mutex_lock(&firmware->lock);
    device->keeping = false;
    if (device->again) {
        keep(firmware, device);
    } else if (keeping->executes) {
        device->is_kept = ok;
        firmware_device_post(firmware, device);
    }
    firmware_job_release(firmware, device->job);
    pthread_mutex_unlock(&firmware->lock);
    free(keeping);
}

/* One row of a device is on its way at a time, so that the last one stays. */
static void keep(struct firmware *firmware, struct firmware_device *device)
{
    struct store *store = firmware->daemon->store;
    bool executes = device->step == FIRMWARE_EXECUTE;

    device->again = store != NULL && device->keeping;
    if (device->again) {
        return;
    }
    struct keeping *keeping = store == NULL ? NULL : malloc(sizeof(*keeping));
    if (keeping == NULL) {
        /* Nothing is kept at all, or there is no memory to: then Update does not leave. */
        device->is_kept = store == NULL;
        if (executes) {
            firmware_device_post(firmware, device);
        }
        return;
    }
    *keeping = (struct keeping){.job = {.run = run_keeping, .done = on_kept},
                                .firmware = firmware,
                                .device = device,
                                .copy = *device,
                                .copied = *device->job,
                                .executes = executes};
    keeping->copy.job = &keeping->copied;
    device->keeping = true;
    device->job->busy++;
    store_write(store, &keeping->job);
}

/* ---- What becomes of one ---- */

static void tell(struct firmware *firmware, const struct firmware_device *device)
{
    struct event_firmware event = {.job = device->job->id,
                                   .state = device->state,
                                   .bytes = device->bytes,
                                   .size = device->job->size,
                                   .problem = device->problem};

    events_put_firmware(&firmware->daemon->events, device->endpoint, &event);
}

void firmware_device_progress(struct firmware *firmware, struct firmware_device *device,
                              uint32_t bytes)
{
    uint32_t size = device->job->size;
    uint8_t tenths = (uint8_t)(size == 0 ? 10 : (uint64_t)bytes * 10 / size);

    device->bytes = bytes;
    if (tenths != device->tenths) {
        device->tenths = tenths;
        device->updated_at = ln_clock_wall_ms();
        tell(firmware, device);
    }
}

void firmware_device_set(struct firmware *firmware, struct firmware_device *device,
                         enum firmware_step step, enum firmware_state state)
{
    bool is_new = device->state != state;

    device->step = (uint8_t)step;
    device->state = (uint8_t)state;
    device->updated_at = ln_clock_wall_ms();
    device->is_kept = false;
    if (is_new) {
        tell(firmware, device);
    }
    keep(firmware, device);
}

void firmware_device_end(struct firmware *firmware, struct firmware_device *device,
                         enum firmware_state state, enum problem_kind problem, const char *why,
                         ...)
{
    va_list arguments;

    va_start(arguments, why);
    (void)vsnprintf(device->why, sizeof(device->why), why, arguments);
    va_end(arguments);
    device->problem = problem;
    firmware->ended[state]++;
    unlist(firmware, device);
    firmware_device_set(firmware, device, FIRMWARE_OVER, state);
}
