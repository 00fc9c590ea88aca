/* The store's insides: shared by the files store*.c only. */
#ifndef LINNETD_STORE_THREADS_H
#define LINNETD_STORE_THREADS_H

#include "linnetd/store_rows.h"
#include "linnetd/store_schema.h"
#include "linnetd/store_updates.h"

#include <pthread.h>

/* The statements of a group, prepared once. */
struct store_statements {
    sqlite3_stmt *begin, *commit, *rollback;
    sqlite3_stmt *present; /* one more row */
    sqlite3_stmt *left;    /* a row that says so */
    sqlite3_stmt *gone;
    sqlite3_stmt *back; /* is not gone any more */
    sqlite3_stmt *sweep;
    sqlite3_stmt *forget;
    sqlite3_stmt *operation, *operation_sent, *operation_forgotten;
    sqlite3_stmt *observed, *unobserved;
};

struct numbers {
    uint64_t *at;
    size_t count;
    size_t size;
};

struct store_queue {
    struct store_job *first;
    struct store_job **last;
};

struct store {
    struct store_config config;
    char *folder;
    int lock_fd;
    sqlite3 *db;
    struct store_statements statements;
    uint64_t last_change;
    bool was_clean;
    char identity[33];
    bool running;
    pthread_t writer;
    bool reading;
    pthread_t reader;
    bool has_backup; /* a thread to be joined; of the one that begins backups */
    pthread_t backup;
    atomic_bool backing_up;

    /* The writer's own. */
    struct store_bytes group;    /* being committed */
    struct store_bytes touching; /* being written to the log of Updates */
    uint64_t group_last[SHARDS_MAX];
    struct numbers dead;     /* rows that another has replaced */
    struct numbers sweeping; /* sorted, the highest first: swept from the end */
    bool has_gone;           /* there may be rows of devices that left */
    struct updates updates;
    ln_time updates_due;
    ln_time forget_due;
    ln_time idle_since;

    /* Between threads. */
    pthread_mutex_t lock;
    pthread_cond_t wake_writer;
    pthread_cond_t wake_reader;
    struct store_batch submitted;
    struct store_queue writes;
    struct store_queue reads;
    bool stopping;
    struct store_counters counters;
    atomic_uint_fast64_t committed[SHARDS_MAX];
    atomic_bool read_only;
};

bool numbers_add(struct numbers *numbers, uint64_t number);

/* store_backup.c */
void store_backup_join(struct store *store);

/* store_writer.c */
LN_MUST_USE bool store_prepare(struct store *store);
void store_unprepare(struct store *store);
void *store_writer(void *context);
void *store_reader(void *context);

#endif
