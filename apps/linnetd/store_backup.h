/* A copy of the database, made while it is used. */
#ifndef LINNETD_STORE_BACKUP_H
#define LINNETD_STORE_BACKUP_H

#include "linnetd/store.h"

#include <stdatomic.h>

struct store_backup {
    const atomic_bool *stop; /* set: it ends without a copy */
    /* Called on the backup's thread, when the rest is set. */
    void (*done)(struct store_backup *backup);
    int fd; /* the copy, whose name is gone already, at its beginning; -1: there is none */
    uint64_t size;
    char why[STORE_WHY_MAX]; /* if there is none */
    struct store *store;
};

/*
 * Begins one, on a thread of its own: a database that stands alone, as all was at one moment, with
 * the times of Updates in their rows (those of the last second may be missing). False: one is
 * being made, or there is no thread. Always called by the same thread.
 */
LN_MUST_USE bool store_backup(struct store *store, struct store_backup *backup);

#endif
