/*
 * The log of Updates that changed time or address alone: nobody waits for it, so it is written
 * each second and not synced. Three files, the older first: updates.base, which has one entry for
 * each registration, updates.old, which is being merged into it, and updates.log, which grows.
 */
#ifndef LINNETD_STORE_UPDATES_H
#define LINNETD_STORE_UPDATES_H

#include "linnetd/store.h"

#include <pthread.h>

/* kind, number, time, checksum; with an address: IP, scope and port too. */
enum { UPDATE_ENTRY_MIN = 1 + 8 + 8 + 4, UPDATE_ENTRY_MAX = UPDATE_ENTRY_MIN + 16 + 4 + 2 };

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
    pthread_t merger;
    bool merging;
    atomic_bool merged; /* the thread is done */
};

/* Opens the log to be appended to. False: `errno` says why. */
LN_MUST_USE bool updates_open(struct updates *updates, const char *folder);
/* Writes these entries and empties them. False: they have not been written, and are kept. */
LN_MUST_USE bool updates_write(struct updates *updates, struct store_bytes *entries);
/* Syncs, ends a merge, closes. Safe twice. */
void updates_close(struct updates *updates);

/* Returns how long it is as it stands in the file. */
size_t update_entry_write(uint8_t out[UPDATE_ENTRY_MAX], const struct update_entry *entry);

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
