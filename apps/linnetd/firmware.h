/*
 * Firmware: images that were uploaded, and jobs that bring one to devices.
 *
 * Images lie as files in DIR/images, never in memory: a push reads each block when it is due, a pull
 * by a path of the engine's download service that only this device was told. What a job has done with
 * each device is in the store, so that it goes on after a restart.
 *
 * One lock guards all of it. What a device is asked happens on the thread of its shard
 * (firmware_device.c), which holds the lock while it looks at or changes what others read.
 */
#ifndef LINNETD_FIRMWARE_H
#define LINNETD_FIRMWARE_H

#include "linnetd/events.h"
#include "linnetd/operation.h"
#include "linnetd/problem.h"
#include "linnetd/store.h"

#include <linnet/server.h>

#include <pthread.h>

struct daemon;

enum {
    FIRMWARE_NAME_MAX = 64,
    FIRMWARE_IMAGES_MAX = 1000,
    FIRMWARE_JOBS_MAX = 1000,
    FIRMWARE_DEVICES_MAX = 10000, /* of one job */
    FIRMWARE_SIZE_MAX = 256 * 1024 * 1024,
    FIRMWARE_SHA256 = 32,
    FIRMWARE_WHY_MAX = 200,
    FIRMWARE_EXPIRES_MS = 7 * 24 * 3600 * 1000,
};

struct firmware_image {
    struct firmware_image *next; /* by id, the oldest first */
    uint64_t id;
    uint32_t size;
    int64_t created_at; /* ms since 1970, as all times here */
    uint8_t sha256[FIRMWARE_SHA256];
    char name[FIRMWARE_NAME_MAX + 1];    /* "": none */
    char version[FIRMWARE_NAME_MAX + 1]; /* "": none */
    bool leaves;                         /* it is being deleted: no job takes it */
    unsigned uses;                       /* of devices whose turn is not over */
    int fd;                              /* -1: not open */
};

/* What a job tells of a device; the numbers are kept. */
enum firmware_state {
    FIRMWARE_WAITING,
    FIRMWARE_SENDING,
    FIRMWARE_DOWNLOADING,
    FIRMWARE_DOWNLOADED,
    FIRMWARE_UPDATING,
    FIRMWARE_DONE,
    FIRMWARE_FAILED,
    FIRMWARE_CANCELLED,
    FIRMWARE_STATE_COUNT,
};
const char *firmware_state_name(enum firmware_state state);

/* What is asked of the device next, or under way; the numbers are kept. */
enum firmware_step {
    FIRMWARE_LOOK,    /* what it has: nothing has been done to it yet */
    FIRMWARE_RESET,   /* it has something: an empty Package URI makes it idle */
    FIRMWARE_PUSH,    /* Package */
    FIRMWARE_TELL,    /* Package URI */
    FIRMWARE_FETCH,   /* it has been told or given all: until its State says Downloaded */
    FIRMWARE_EXECUTE, /* kept before Update leaves */
    FIRMWARE_APPLY,   /* Update has left: until its Update Result says how it went */
    FIRMWARE_OVER,
};

/* Of object 5; -1: not known. */
struct firmware_report {
    int state;
    int result;
};

struct firmware_job;

/* One device of a job. */
struct firmware_device {
    struct wait wait; /* first; the shard's alone */
    struct call call; /* wakes the shard; in its inbox while `posted` */
    struct firmware_job *job;
    struct shard *shard;
    struct ln_bytes endpoint; /* lies behind */

    /* The shard's alone. */
    bool under_way; /* the engine has an operation of it */
    bool as_tlv;    /* the Package is wrapped */
    bool retried;   /* in the other format */
    ln_time poll;   /* how long it waits before it looks again */
    ln_time idle_since;

    /* The lock's. */
    bool posted;
    bool listed;     /* in the maps */
    bool keeping;    /* the store has its row */
    bool again;      /* and it has changed since */
    bool unknown;    /* whether Update has left */
    bool fetched;    /* the last block */
    bool is_kept;    /* the row of FIRMWARE_EXECUTE is on disk */
    uint8_t step;    /* enum firmware_step */
    uint8_t state;   /* enum firmware_state */
    uint8_t refused; /* the code that answered the Package; 0: none */
    uint8_t tenths;  /* of the image, told as event */
    uint32_t bytes;  /* of the image, sent or fetched */
    uint64_t token;  /* the path of its download */
    struct firmware_report report;
    int64_t updated_at;
    enum problem_kind problem;
    char why[FIRMWARE_WHY_MAX];
};

struct firmware_job {
    struct firmware_job *next; /* by id, the oldest first */
    uint64_t id;
    uint64_t image_id;
    struct firmware_image *image; /* NULL: deleted since */
    uint32_t size;                /* of the image */
    bool pulls;
    bool applies;
    bool removed; /* freed once nobody needs it */
    int64_t created_at;
    size_t left; /* devices whose turn is not over */
    size_t busy; /* threads and queues that hold a device of it */
    size_t count;
    struct firmware_device **devices;
};

struct firmware {
    struct daemon *daemon;
    char folder[4096]; /* of images; "": they lie in memory */
    pthread_mutex_t lock;
    struct firmware_image *images;
    size_t image_count;
    struct firmware_job *jobs;
    size_t job_count;
    struct ln_map by_endpoint; /* devices whose turn is not over */
    struct ln_map by_token;
    uint8_t seed[16];
    uint64_t pushed; /* bytes */
    uint64_t pulled;
    uint64_t ended[FIRMWARE_STATE_COUNT];
};

/* ---- firmware.c: the whole ---- */

/* What the store has. NULL: `why` says why. Before the store's threads run. */
struct firmware *firmware_open(struct daemon *daemon, char why[STORE_WHY_MAX]);
/* Devices whose turn is not over go on. Once the shards are there, before they run. */
void firmware_start(struct firmware *firmware);
/* After the shards and the store. NULL is fine. */
void firmware_close(struct firmware *firmware);
/* The download service of a shard's engine. */
struct ln_server_files firmware_files(struct firmware *firmware);

struct firmware_counters {
    size_t images;
    size_t jobs;
    size_t devices; /* whose turn is not over */
    uint64_t pushed;
    uint64_t pulled;
    uint64_t ended[FIRMWARE_STATE_COUNT];
};
struct firmware_counters firmware_counters(struct firmware *firmware);

/* ---- firmware_images.c; with the lock held ---- */

struct firmware_image *firmware_image_find(struct firmware *firmware, uint64_t id);
void firmware_image_add(struct firmware *firmware, struct firmware_image *image);
/* Takes it out and frees it; its file is the caller's. */
void firmware_image_remove(struct firmware *firmware, struct firmware_image *image);
/* False: the file is not there, or shorter. */
LN_MUST_USE bool firmware_image_read(struct firmware *firmware, struct firmware_image *image,
                                     uint32_t offset, void *out, size_t size);
/* Nobody uses it any more, unless somebody does. */
void firmware_image_rest(struct firmware *firmware, struct firmware_image *image);
void firmware_image_path(const struct firmware *firmware, uint64_t id, char out[4200]);

/* ---- firmware_jobs.c; with the lock held ---- */

struct firmware_job *firmware_job_find(struct firmware *firmware, uint64_t id);
/* Without devices. NULL: no memory. */
struct firmware_job *firmware_job_new(size_t count);
/* False: no memory. */
LN_MUST_USE bool firmware_job_put(struct firmware_job *job, struct ln_bytes endpoint);
/* It is listed, and those of its devices whose turn is not over are known. False: no memory. */
LN_MUST_USE bool firmware_job_add(struct firmware *firmware, struct firmware_job *job);
/* Out of the list; freed once nobody holds it. */
void firmware_job_remove(struct firmware *firmware, struct firmware_job *job);
/* Frees one that is not listed. */
void firmware_job_free(struct firmware_job *job);
/* Somebody lets go of a device of it. */
void firmware_job_release(struct firmware *firmware, struct firmware_job *job);
struct firmware_device *firmware_device_of_endpoint(struct firmware *firmware,
                                                    struct ln_bytes endpoint);
struct firmware_device *firmware_device_of_token(struct firmware *firmware, uint64_t token);
bool firmware_device_is_over(const struct firmware_device *device);
/* So many bytes of the image are through. */
void firmware_device_progress(struct firmware *firmware, struct firmware_device *device,
                              uint32_t bytes);
/* Another state: told, and kept. */
void firmware_device_set(struct firmware *firmware, struct firmware_device *device,
                         enum firmware_step step, enum firmware_state state);
/* Its turn is over. */
void firmware_device_end(struct firmware *firmware, struct firmware_device *device,
                         enum firmware_state state, enum problem_kind problem, const char *why,
                         ...) __attribute__((format(printf, 5, 6)));

/* ---- firmware_device.c ---- */

/* With the lock held: its shard looks at it soon. */
void firmware_device_post(struct firmware *firmware, struct firmware_device *device);

/* ---- firmware_rows.c ---- */

struct sqlite3;

/* All that the store has. False: no memory, or the database says why. */
LN_MUST_USE bool firmware_rows_read(struct firmware *firmware, struct sqlite3 *db);
LN_MUST_USE bool firmware_row_image(struct sqlite3 *db, const struct firmware_image *image);
LN_MUST_USE bool firmware_row_image_delete(struct sqlite3 *db, uint64_t id);
/* The job with its devices. */
LN_MUST_USE bool firmware_row_job(struct sqlite3 *db, const struct firmware_job *job);
LN_MUST_USE bool firmware_row_job_delete(struct sqlite3 *db, uint64_t id);
/* Those of its devices that have not been told to update. */
LN_MUST_USE bool firmware_row_job_cancel(struct sqlite3 *db, uint64_t id);
LN_MUST_USE bool firmware_row_device(struct sqlite3 *db, const struct firmware_device *device);

/* ---- firmware_json.c; with the lock held ---- */

void firmware_image_json(struct json_out *json, const struct firmware_image *image);
void firmware_job_json(struct json_out *json, const struct firmware_job *job,
                       bool with_devices);
void firmware_event_json(struct json_out *json, const struct event_firmware *event);
/* "success", "integrity check failed" ..; NULL: not a result that is known. */
const char *firmware_result_text(int result);
const char *firmware_report_state_text(int state);

#endif
