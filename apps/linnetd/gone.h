/*
 * Devices that left, as the database has them: read from it when somebody asks, so that a million
 * of them need no memory.
 */
#ifndef LINNETD_GONE_H
#define LINNETD_GONE_H

#include "linnetd/device.h"

struct sqlite3;

/* NULL: there is none, or, with `*failed` set, it cannot be read. free() frees all. */
struct device *gone_find(struct sqlite3 *db, struct ln_bytes endpoint, bool *failed);
/* Removes the record. False: SQLite says why. */
LN_MUST_USE bool gone_forget(struct sqlite3 *db, struct ln_bytes endpoint, bool *found);

struct gone_query {
    struct ln_bytes after;  /* endpoints that come later */
    struct ln_bytes prefix; /* and begin so */
    int64_t object;         /* and have this object; -1: any */
    size_t most;
};
/* Puts up to `most` devices into `out`, by endpoint. False: not all could be read. */
LN_MUST_USE bool gone_list(struct sqlite3 *db, const struct gone_query *query,
                           struct device **out, size_t *count);

#endif
