/* The insides of the bootstrap configurations: shared by bootstrap_list.c and bootstrap_change.c only. */
#ifndef LINNETD_BOOTSTRAP_TABLE_H
#define LINNETD_BOOTSTRAP_TABLE_H

#include "linnetd/bootstrap_list.h"

/* Name and sealed text follow. */
struct bootstrap_row {
    int64_t changed_at;
    uint32_t sealed_len;
    uint8_t name_len;
    uint8_t bytes[];
};

struct bootstrap_list {
    struct credentials *credentials;
    struct store *store; /* NULL: nothing is kept */
    pthread_rwlock_t lock;
    pthread_mutex_t changing; /* without a store */
    uint8_t seed[16];
    struct ln_map by_name;
    struct bootstrap_row *patterns[BOOTSTRAP_PATTERNS_MAX]; /* the most exact first */
    size_t pattern_count;
};

static inline struct ln_bytes bootstrap_row_name(const struct bootstrap_row *row)
{
    return ln_bytes(row->bytes, row->name_len);
}

/* `sealed_len` bytes are left to be filled. NULL: no memory. */
struct bootstrap_row *bootstrap_row_new(struct ln_bytes name, size_t sealed_len,
                                        int64_t changed_at);
/* On a thread that changes. False: no memory, or the master key cannot be made. */
LN_MUST_USE bool bootstrap_row_seal(struct bootstrap_list *list, struct bootstrap_row *row,
                                    struct ln_bytes json);

/* Under the lock, or on the only thread that changes. */
struct bootstrap_row *bootstrap_row_named(const struct bootstrap_list *list,
                                          struct ln_bytes name);
/* Puts it where none of its name is. Without memory the process ends: what was promised must count. */
void bootstrap_link(struct bootstrap_list *list, struct bootstrap_row *row);
/* Takes it out and frees it. */
void bootstrap_unlink(struct bootstrap_list *list, struct bootstrap_row *row);

#endif
