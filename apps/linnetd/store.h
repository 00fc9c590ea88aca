/*
 * What the daemon keeps on disk, in one folder:
 *
 *     linnet.db, linnet.db-wal   SQLite: registrations, devices that left, tokens and the rest
 *     updates.log, updates.*     times and addresses of Updates that changed nothing else
 *     lock                       held as long as the daemon runs
 *
 * Registrations are only ever appended: a row's number rises, the newest row of an endpoint
 * counts, and those before it are swept away later, many at once (docs/decisions/0007).
 *
 * Shards put changes into a batch of their own and submit it; one thread writes whatever all of
 * them submitted meanwhile as one transaction, and then wakes them. Times of Updates go along as
 * the bytes that their log has, and are written each second.
 */
#ifndef LINNETD_STORE_H
#define LINNETD_STORE_H

#include "linnetd/config.h"

#include <linnet/server.h>

#include <stdatomic.h>

struct sqlite3;
struct store;

enum { STORE_WHY_MAX = 512 };

/* ---- Opening ---- */

struct store_config {
    const char *folder; /* made if it is not there */
    bool survives_power_cut;
    uint8_t shards;
    int64_t forget_after_ms; /* devices that left are kept so long */
    /* Called on the store's thread: changes of this shard were committed, or the state changed. */
    void (*wake)(void *context, uint8_t shard);
    void *context;
};

/* NULL: `why` is a sentence that says what is wrong and what to do. Nothing was changed then. */
struct store *store_open(const struct store_config *config, char why[STORE_WHY_MAX]);
/* The highest number that was ever used. */
uint64_t store_last_change(const struct store *store);
/* Whether the last run ended by store_close(), so that all times are as they were. */
bool store_was_clean(const struct store *store);
/* 32 hexadecimal digits, made with the store. */
const char *store_identity(const struct store *store);

/* Before store_start(), for what a start reads and makes. */
struct sqlite3 *store_database(struct store *store);

enum store_taken {
    STORE_TAKEN,
    STORE_OLDER,   /* a newer row of the endpoint has been taken already */
    STORE_REFUSED, /* it is no registration */
};

/*
 * Tells all registrations, the newest first, their times as milliseconds since 1970 (`expires_at`
 * is not set). A row that is refused or cannot be read ends it: `why` says which.
 */
typedef enum store_taken store_take(void *context, const struct ln_registration_view *view);
LN_MUST_USE bool store_restore(struct store *store, store_take *take, void *context,
                               char why[STORE_WHY_MAX]);

/* An operation as it is kept. Times are milliseconds since 1970. */
struct store_operation {
    uint64_t id;
    struct ln_bytes endpoint;
    struct ln_operation operation; /* once it is over, without payload */
    bool retry;
    enum ln_operation_state state;
    int64_t created_at;
    int64_t expires_at; /* INT64_MAX: never */
    /* What came of it, if it is over. */
    int64_t ended_at;
    enum ln_outcome outcome;
    uint8_t code;
    uint16_t result_format;
    struct ln_bytes result;
    struct ln_bytes location; /* of a Create */
    struct ln_bytes root;     /* of the device's paths */
};

/* Tells all operations, those over too, by id. False: no memory. Otherwise as store_restore(). */
typedef bool store_take_operation(void *context, const struct store_operation *operation);
LN_MUST_USE bool store_restore_operations(struct store *store, store_take_operation *take,
                                          void *context, char why[STORE_WHY_MAX]);

/* Tells all declared observations. False: it cannot be taken. Otherwise as store_restore(). */
typedef bool store_take_observation(void *context,
                                    const struct ln_observation_view *observation);
LN_MUST_USE bool store_restore_observations(struct store *store, store_take_observation *take,
                                            void *context, char why[STORE_WHY_MAX]);

/* Starts the thread. False: there is none. */
LN_MUST_USE bool store_start(struct store *store);
/* Writes all that was submitted, ends the thread and closes the files. NULL is fine. */
void store_close(struct store *store);

/* ---- Changes, from the shards ---- */

enum store_kind {
    STORE_PRESENT,   /* registered, or changed: the view counts from now on */
    STORE_LEFT,      /* the view is its last state, left at `left_at` */
    STORE_SWEPT,     /* has ended since, which a later change tells: only `replaces` counts */
    STORE_OPERATION, /* queued, or over: its row is this one from now on */
    STORE_OPERATION_SENT,      /* of the operation only the id counts, and that it has left */
    STORE_OPERATION_FORGOTTEN, /* only its id; the change has no number */
    STORE_OBSERVED,            /* declared, or declared otherwise */
    STORE_UNOBSERVED,
};

struct store_change {
    enum store_kind kind;
    uint64_t number;
    uint64_t replaces;
    bool expired;    /* LEFT: not by its own wish */
    int64_t left_at; /* milliseconds since 1970, as all times of the view */
    const struct ln_registration_view *view;       /* NULL for SWEPT, and for the others */
    const struct store_operation *operation;       /* NULL for all else */
    const struct ln_observation_view *observation; /* NULL for all else */
};

struct store_bytes {
    uint8_t *at;
    size_t length;
    size_t size;
};

/* Changes of one shard on their way. All zero is an empty one. */
struct store_batch {
    struct store_bytes changes;
    struct store_bytes touches; /* entries of updates.log */
    uint64_t touched;           /* so many */
};

/* Without memory the process ends at once: it must not go on as if this had been kept. */
void store_batch_put(struct store_batch *batch, const struct store_change *change);
/*
 * Time, and the address if it is not NULL, of an Update that changed nothing else of the row of
 * this number: nobody waits for it.
 */
void store_batch_touch(struct store_batch *batch, uint64_t number, int64_t at,
                       const struct ln_address *address);
void store_batch_fini(struct store_batch *batch);
/* Hands all of it over and empties it. */
void store_submit(struct store *store, uint8_t shard, struct store_batch *batch);
/* Any thread: all changes of the shard up to this one are on disk. */
uint64_t store_committed(const struct store *store, uint8_t shard);
/* Any thread: writing fails at the moment, and is tried again. */
bool store_is_read_only(const struct store *store);

struct store_counters {
    uint64_t submitted; /* changes */
    uint64_t changes;   /* of them committed */
    uint64_t groups;    /* transactions of changes */
    uint64_t group_us;  /* microseconds that they took */
    uint64_t failures;
    uint64_t bytes; /* of the database and its log */
    uint64_t touches;
    uint64_t touches_lost;
    uint64_t swept;
};
struct store_counters store_counters(struct store *store);

/* ---- Other work ---- */

/*
 * Something to be done with the database, on a thread of the store: the writing one, as a
 * transaction of its own, or the reading one. `done` is called on that thread when it is over;
 * `ok` is false where `run` was false or the commit failed.
 */
struct store_job {
    struct store_job *next;
    bool (*run)(struct store_job *job, struct sqlite3 *db);
    void (*done)(struct store_job *job, bool ok);
};
void store_write(struct store *store, struct store_job *job);
void store_read(struct store *store, struct store_job *job);

/* ---- Without a daemon: --check ---- */

/* Prints what it finds. False: something is wrong. */
bool store_check(const char *folder);

#endif
