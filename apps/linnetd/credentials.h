/*
 * Who may come in as which endpoint: pre-shared keys, certificate subjects, raw public keys.
 *
 * All of them are in memory, found by identity and by endpoint in constant time from any thread,
 * and in the store. Keys stay sealed in memory too: a look-up opens those that it gives out, and
 * whoever asked wipes them. One lock is shared by readers: a look-up, which happens once in a
 * handshake, copies some hundred bytes under it; a copy of the whole table for each change would
 * cost a million rows. Changes are made by one thread, the store's; without a store one by one.
 *
 *     struct credential_key keys[CREDENTIAL_SLOTS];
 *     size_t count = credentials_find_psk(credentials, CREDENTIAL_SERVER, identity, keys);
 *     ...
 *     credential_keys_wipe(keys);
 */
#ifndef LINNETD_CREDENTIALS_H
#define LINNETD_CREDENTIALS_H

#include "linnetd/credential_seal.h"
#include "linnetd/store.h"

#include <linnet/limits.h>

#include <pthread.h>

enum credential_for { CREDENTIAL_SERVER, CREDENTIAL_BOOTSTRAP, CREDENTIAL_FORS };
enum credential_mode { CREDENTIAL_PSK, CREDENTIAL_X509, CREDENTIAL_RPK, CREDENTIAL_MODES };
extern const char *const credential_for_names[CREDENTIAL_FORS];
extern const char *const credential_mode_names[CREDENTIAL_MODES];

enum {
    CREDENTIAL_SLOTS = 2, /* valid at once, so that a key can be changed without a gap */
    CREDENTIAL_KEY_MAX = 64,
    CREDENTIAL_KEY_STRONG = 16,
    CREDENTIAL_PSK_IDENTITY_MAX = 128,
    CREDENTIAL_SUBJECT_MAX = 255,
    CREDENTIAL_IDENTITY_MAX = 600, /* a SubjectPublicKeyInfo: RSA of 4096 bits has 550 */
    CREDENTIAL_ENDPOINT_MAX = 255,
};

struct credentials;

/* What is told of a credential: all but its key. Owns its bytes. */
struct credential {
    enum credential_for purpose;
    enum credential_mode mode;
    uint8_t slot; /* 1 or 2 */
    uint8_t endpoint_len;
    uint16_t identity_len;
    int64_t created_at; /* milliseconds since 1970 */
    uint8_t endpoint[CREDENTIAL_ENDPOINT_MAX];
    /* Of PSK its identity, of X.509 the subject's common name, of a raw key its DER. */
    uint8_t identity[CREDENTIAL_IDENTITY_MAX];
};

struct credential_key {
    uint8_t at[CREDENTIAL_KEY_MAX];
    uint8_t len;
    uint8_t slot;
};

/* ---- Opening ---- */

/* `folder` NULL: nothing is kept. Reads the master key. NULL: `why` says why. */
struct credentials *credentials_new(const char *folder, char why[STORE_WHY_MAX]);
/* Takes what the store has; it must have been started. False: `why` says why. */
LN_MUST_USE bool credentials_load(struct credentials *credentials, struct store *store,
                                  char why[STORE_WHY_MAX]);
/* What --check finds of them. */
struct credentials_found {
    size_t count;
    size_t unreadable; /* of them, by the master key that is there */
    bool has_key;
};
/* Reads them all from a database, with the master key of the folder. False: `why` says why. */
struct sqlite3;
LN_MUST_USE bool credentials_check(struct sqlite3 *db, const char *folder,
                                   struct credentials_found *found, char why[STORE_WHY_MAX]);
/* After the store is closed. NULL is fine. */
void credentials_free(struct credentials *credentials);

/* ---- Looking up: any thread ---- */

/* The keys that are valid for this identity, the newest first. Wipe them. */
size_t credentials_find_psk(struct credentials *credentials, enum credential_for purpose,
                            struct ln_bytes identity,
                            struct credential_key keys[CREDENTIAL_SLOTS]);
void credential_keys_wipe(struct credential_key keys[CREDENTIAL_SLOTS]);
/* Whose identity, subject or public key it is. Returns the length; 0: nobody's. */
size_t credentials_endpoint_of_identity(struct credentials *credentials,
                                        enum credential_for purpose, enum credential_mode mode,
                                        struct ln_bytes identity,
                                        uint8_t endpoint[CREDENTIAL_ENDPOINT_MAX]);
/* Whether the endpoint has any credential: then it may not come without security. */
bool credentials_has(struct credentials *credentials, enum credential_for purpose,
                     struct ln_bytes endpoint);
enum { CREDENTIALS_OF_ENDPOINT = CREDENTIAL_FORS * CREDENTIAL_SLOTS };
size_t credentials_of_endpoint(struct credentials *credentials, struct ln_bytes endpoint,
                               struct credential out[CREDENTIALS_OF_ENDPOINT]);

/* Makes the master key where there is none, on a thread that changes. False: it could not be kept. */
LN_MUST_USE bool credentials_make_key(struct credentials *credentials);
/*
 * Seals with the master key what else holds keys; as seal_close() and seal_open(). False also where
 * there is no master key.
 */
LN_MUST_USE bool credentials_seal(struct credentials *credentials, struct ln_bytes bound,
                                  struct ln_bytes plain, uint8_t *out);
LN_MUST_USE bool credentials_unseal(struct credentials *credentials, struct ln_bytes bound,
                                    struct ln_bytes sealed, uint8_t *out);

size_t credentials_count(struct credentials *credentials);
/* Rows that did not open: another key, or somebody touched them. */
uint64_t credentials_unreadable(const struct credentials *credentials);

/* What a page of the list shows, ordered by endpoint, purpose and slot. */
struct credential_page {
    struct ln_bytes prefix;
    struct ln_bytes after; /* an endpoint; no bytes: from the start */
    int after_place;       /* place of the last row of it that was shown */
    int purpose;           /* enum credential_for; -1: any */
};
int credential_place(const struct credential *credential);
/* Returns how many of `out`. What changes meanwhile may be in it or not. */
size_t credentials_list(struct credentials *credentials, const struct credential_page *page,
                        struct credential *out, size_t most);

/*
 * Called once a change is kept, on the thread that makes it: the endpoint has other credentials
 * now. `revoked`: one of those that were valid is so no longer, and sessions that it opened must
 * end. Set it before anything changes.
 */
typedef void credentials_changed(void *context, enum credential_for purpose,
                                 struct ln_bytes endpoint, bool revoked);
void credentials_watch(struct credentials *credentials, credentials_changed *changed,
                       void *context);

/* ---- Changing ---- */

struct credential_input {
    struct credential what; /* slot and time are set by the change */
    uint8_t key[CREDENTIAL_KEY_MAX];
    uint8_t key_len;
    bool keep_previous;
    size_t line; /* where it was read */
};

enum credentials_end {
    CREDENTIALS_DONE,
    CREDENTIALS_NONE,  /* there was nothing to delete */
    CREDENTIALS_TAKEN, /* the identity of input `at` belongs to another endpoint */
    CREDENTIALS_SAME, /* it is that of the one before, which was to stay: one identity has one key */
    CREDENTIALS_NOT_KEPT,
};

struct credential_row;
struct credential_step;

/* All of it or nothing. The caller fills what stands before `end`, and frees it. */
struct credentials_change {
    struct store_job job; /* first */
    struct credentials *credentials;
    /* Of what is put, no endpoint may have two rows of the same purpose. Wiped when done. */
    struct credential_input *inputs;
    size_t count;
    /* Or of what is deleted: */
    bool deletes;
    struct ln_bytes endpoint;
    bool purposes[CREDENTIAL_FORS];
    bool slots[CREDENTIAL_SLOTS];
    void (*done)(struct credentials_change *change);
    void *context;

    enum credentials_end end;
    size_t at;
    bool made; /* the endpoint of the first input had none of this purpose before */
    struct credential_step *steps;
    size_t step_count;
};

/* Calls done() when it is kept, at once where there is no store. */
void credentials_do(struct credentials_change *change);

#endif
