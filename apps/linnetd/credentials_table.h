/* The insides of the credentials: shared by credentials*.c only. */
#ifndef LINNETD_CREDENTIALS_TABLE_H
#define LINNETD_CREDENTIALS_TABLE_H

#include "linnetd/credentials.h"

#include <stdatomic.h>

enum {
    SEALED_MAX = CREDENTIAL_KEY_MAX + SEAL_MORE,
    BOUND_MAX = 8 + CREDENTIAL_ENDPOINT_MAX + CREDENTIAL_IDENTITY_MAX,
};

/* An endpoint that has credentials. */
struct credential_owner {
    struct credential_row *rows[CREDENTIAL_FORS][CREDENTIAL_SLOTS];
    struct credential_owner *below[2]; /* in the order: those before it, and those after */
    uint64_t rank;                     /* at random; nobody below has a higher one */
    uint8_t endpoint_len;
    uint8_t endpoint[];
};

/* One credential; identity and sealed key follow. */
struct credential_row {
    struct credential_owner *owner; /* NULL until it counts */
    int64_t created_at;
    uint16_t identity_len;
    uint8_t sealed_len;
    uint8_t purpose;
    uint8_t mode;
    uint8_t slot; /* from 0 */
    uint8_t bytes[];
};

/*
 * What one input or deletion does, planned before it is written so that nothing can fail
 * afterwards.
 */
struct credential_step {
    struct ln_bytes endpoint;
    enum credential_for purpose;
    bool drops[CREDENTIAL_SLOTS];
    struct credential_row *row; /* NULL: none is put */
};

struct credentials {
    struct seal seal;
    struct store *store; /* NULL: nothing is kept */
    bool has_check;      /* the store can tell whether the master key is the right one */
    pthread_rwlock_t lock;
    pthread_mutex_t changing; /* without a store */
    uint8_t seed[16];
    struct ln_map by_endpoint; /* owners */
    struct credential_owner *order;
    struct ln_map by_identity; /* rows; one of two slots that share theirs */
    size_t count;
    atomic_uint_fast64_t unreadable;
    credentials_changed *changed;
    void *context;
};

struct identity_key {
    uint8_t purpose;
    uint8_t mode;
    struct ln_bytes identity;
};

static inline struct ln_bytes credential_row_identity(const struct credential_row *row)
{
    return ln_bytes(row->bytes, row->identity_len);
}

static inline struct ln_bytes credential_row_sealed(const struct credential_row *row)
{
    return ln_bytes(row->bytes + row->identity_len, row->sealed_len);
}

/* Under the lock, or on the only thread that changes. */
struct credential_owner *credentials_owner(const struct credentials *credentials,
                                           struct ln_bytes endpoint);
struct credential_row *credentials_row(const struct credentials *credentials,
                                       const struct identity_key *key);
/* NULL: no memory. */
struct credential_row *credential_row_new(enum credential_for purpose,
                                          enum credential_mode mode, uint8_t slot,
                                          struct ln_bytes identity, struct ln_bytes sealed,
                                          int64_t created_at);
/* Puts a row where none is. Without memory the process ends: what was promised must count. */
void credentials_link(struct credentials *credentials, struct ln_bytes endpoint,
                      struct credential_row *row);
/* Takes it out, wipes and frees it, and its owner if that was all. */
void credentials_unlink(struct credentials *credentials, struct credential_row *row);

/* How many rows do not open by the master key. */
size_t credentials_that_do_not_open(const struct credentials *credentials);

/*
 * The owners by the bytes of their endpoints: a search tree whose random ranks keep it flat. A page
 * of the list begins anywhere in it, so that nobody walks them all under the lock.
 */
void credential_order_add(struct credential_owner **order, struct credential_owner *owner,
                          uint64_t rank);
void credential_order_remove(struct credential_owner **order, struct credential_owner *owner);
/* The first whose endpoint is not before this one, or is after it. NULL: none. */
struct credential_owner *credential_order_from(struct credential_owner *order,
                                               struct ln_bytes endpoint);
struct credential_owner *credential_order_after(struct credential_owner *order,
                                                struct ln_bytes endpoint);

/* To what a sealed key is bound: it opens in no other row. */
struct ln_bytes credential_bound(struct ln_bytes endpoint, const struct credential_row *row,
                                 uint8_t out[BOUND_MAX]);

#endif
