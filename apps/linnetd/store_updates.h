/*
 * The log of Updates that changed time or address alone: nobody waits for it, so it is written
 * each second and not synced. Three files, the older first: updates.base, which has one entry for
 * each registration, updates.old, which is being merged into it, and updates.log, which grows.
 */
#ifndef LINNETD_STORE_UPDATES_H
#define LINNETD_STORE_UPDATES_H

#include "linnetd/store.h"

#include <pthread.h>

struct update_entry {
    uint64_t number; /* of the registration's row */
    int64_t at;      /* milliseconds since 1970 */
    bool has_address;
    struct ln_address address;
};

struct updates {
    char folder[4000];
    int fd; /* updates.log; -1: not open */
    size_t length;
    size_t rotate_at;
    uint8_t *pending;
    size_t pending_length;
    size_t pending_size;
    pthread_t merger;
    bool merging;
    atomic_bool merged; /* the thread is done */
};

/* Opens the log to be appended to. False: `errno` says why. */
LN_MUST_USE bool updates_open(struct updates *updates, const char *folder);
/* Takes an entry, to be written later. False: there is no memory for it. */
LN_MUST_USE bool updates_put(struct updates *updates, const struct update_entry *entry);
/* Writes what was taken. False: what could not be written is kept for the next time. */
LN_MUST_USE bool updates_write(struct updates *updates);
/* Syncs, ends a merge, closes. Safe twice. */
void updates_close(struct updates *updates);

/* The newest entry of each number, the highest number first. */
struct update_list {
    struct update_entry *at;
    size_t count;
    size_t next;      /* for update_list_find() */
    uint64_t damaged; /* files that end in something else than an entry */
};
/* Reads all three files. False: there is no memory, or a file cannot be read. */
LN_MUST_USE bool update_list_read(struct update_list *list, const char *folder);
/* The entry of this number, or NULL. Must be asked with falling numbers. */
const struct update_entry *update_list_find(struct update_list *list, uint64_t number);
void update_list_fini(struct update_list *list);

#endif
