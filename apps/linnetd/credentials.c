/* Credentials in memory: found by identity and by endpoint. */

#include "linnetd/credentials_table.h"

#include "linnetd/heap.h"
#include "linnetd/log.h"

#include <linnet/net.h>

#include <stdlib.h>
#include <string.h>

enum { LISTED_AT_ONCE = 500 };

const char *const credential_for_names[CREDENTIAL_FORS] = {"server", "bootstrap"};
const char *const credential_mode_names[CREDENTIAL_MODES] = {"psk", "x509", "rpk"};

/* ---- The two maps ---- */

static struct ln_bytes endpoint_of(const struct credential_owner *owner)
{
    return ln_bytes(owner->endpoint, owner->endpoint_len);
}

static uint64_t owner_hash(const void *context, const void *item)
{
    return ln_hash(context, endpoint_of(item));
}

static bool owner_is(const void *item, const void *key)
{
    return ln_bytes_equal(endpoint_of(item), *(const struct ln_bytes *)key);
}

static uint64_t identity_hash(const uint8_t seed[16], const struct identity_key *key)
{
    return ln_hash(seed, key->identity) +
           (uint64_t)(key->purpose << 2 | key->mode) * UINT64_C(0x9E3779B97F4A7C15);
}

static struct identity_key key_of(const struct credential_row *row)
{
    return (struct identity_key){row->purpose, row->mode, credential_row_identity(row)};
}

static uint64_t row_hash(const void *context, const void *item)
{
    struct identity_key key = key_of(item);

    return identity_hash(context, &key);
}

static bool row_is(const void *item, const void *wanted)
{
    const struct credential_row *row = item;
    const struct identity_key *key = wanted;

    return row->purpose == key->purpose && row->mode == key->mode &&
           ln_bytes_equal(credential_row_identity(row), key->identity);
}

static const struct ln_map_calls owner_calls = {owner_hash, owner_is};
static const struct ln_map_calls row_calls = {row_hash, row_is};

struct credential_owner *credentials_owner(const struct credentials *credentials,
                                           struct ln_bytes endpoint)
{
    return ln_map_find(&credentials->by_endpoint, ln_hash(credentials->seed, endpoint),
                       &endpoint);
}

struct credential_row *credentials_row(const struct credentials *credentials,
                                       const struct identity_key *key)
{
    return ln_map_find(&credentials->by_identity, identity_hash(credentials->seed, key), key);
}

/* ---- Rows ---- */

struct credential_row *credential_row_new(enum credential_for purpose,
                                          enum credential_mode mode, uint8_t slot,
                                          struct ln_bytes identity, struct ln_bytes sealed,
                                          int64_t created_at)
{
    struct credential_row *row = malloc(sizeof(*row) + identity.len + sealed.len);

    if (row == NULL) {
        return NULL;
    }
    *row = (struct credential_row){
        .created_at = created_at,
        .identity_len = (uint16_t)identity.len,
        .sealed_len = (uint8_t)sealed.len,
        .purpose = (uint8_t)purpose,
        .mode = (uint8_t)mode,
        .slot = slot,
    };
    if (identity.len > 0) {
        memcpy(row->bytes, identity.at, identity.len);
    }
    memcpy(row->bytes + identity.len, sealed.at, sealed.len);
    return row;
}

static void must(bool done)
{
    if (!done) {
        log_line(LOG_ERROR, "no memory for a credential that has been kept: linnetd ends");
        abort();
    }
}

static struct credential_owner *make_owner(struct credentials *credentials,
                                           struct ln_bytes endpoint)
{
    struct credential_owner *owner = calloc(1, sizeof(*owner) + endpoint.len);

    must(owner != NULL);
    owner->endpoint_len = (uint8_t)endpoint.len;
    memcpy(owner->endpoint, endpoint.at, endpoint.len);
    must(ln_map_add(&credentials->by_endpoint, owner) == LN_OK);
    credential_order_add(&credentials->order, owner,
                         ln_hash(credentials->seed, endpoint_of(owner)));
    return owner;
}

void credentials_link(struct credentials *credentials, struct ln_bytes endpoint,
                      struct credential_row *row)
{
    struct identity_key key = key_of(row);
    struct credential_owner *owner = credentials_owner(credentials, endpoint);

    row->owner = owner != NULL ? owner : make_owner(credentials, endpoint);
    row->owner->rows[row->purpose][row->slot] = row;
    if (credentials_row(credentials, &key) == NULL) {
        must(ln_map_add(&credentials->by_identity, row) == LN_OK);
    }
    credentials->count++;
}

static bool owner_is_empty(const struct credential_owner *owner)
{
    for (size_t i = 0; i < CREDENTIAL_FORS; i++) {
        if (owner->rows[i][0] != NULL || owner->rows[i][1] != NULL) {
            return false;
        }
    }
    return true;
}

void credentials_unlink(struct credentials *credentials, struct credential_row *row)
{
    struct credential_owner *owner = row->owner;
    struct identity_key key = key_of(row);
    struct credential_row *other = owner->rows[row->purpose][1 - row->slot];

    owner->rows[row->purpose][row->slot] = NULL;
    if (credentials_row(credentials, &key) == row) {
        ln_map_remove(&credentials->by_identity, row);
        if (other != NULL && row_is(other, &key)) {
            must(ln_map_add(&credentials->by_identity, other) == LN_OK);
        }
    }
    if (owner_is_empty(owner)) {
        ln_map_remove(&credentials->by_endpoint, owner);
        credential_order_remove(&credentials->order, owner);
        free(owner);
    }
    seal_wipe(row->bytes, (size_t)row->identity_len + row->sealed_len);
    free(row);
    credentials->count--;
}

struct ln_bytes credential_bound(struct ln_bytes endpoint, const struct credential_row *row,
                                 uint8_t out[BOUND_MAX])
{
    struct ln_writer w = ln_writer(out, BOUND_MAX);

    ln_write_u8(&w, 1); /* the form of what follows */
    ln_write_u8(&w, row->purpose);
    ln_write_u8(&w, row->mode);
    ln_write_u8(&w, row->slot);
    ln_write_u16(&w, (uint16_t)endpoint.len);
    ln_write_bytes(&w, endpoint);
    ln_write_bytes(&w, credential_row_identity(row));
    return ln_writer_bytes(&w);
}

/* ---- Opening ---- */

static void init_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attributes;

    pthread_rwlockattr_init(&attributes);
    /* Handshakes without end must not keep a revocation waiting. */
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

struct credentials *credentials_new(const char *folder, char why[STORE_WHY_MAX])
{
    struct credentials *credentials = calloc(1, sizeof(*credentials));

    if (credentials == NULL) {
        memcpy(why, "no memory", sizeof("no memory"));
        return NULL;
    }
    init_lock(&credentials->lock);
    pthread_mutex_init(&credentials->changing, NULL);
    ln_random_system.fill(ln_random_system.context, credentials->seed,
                          sizeof(credentials->seed));
    ln_map_init(&credentials->by_endpoint, &owner_calls, credentials->seed, &heap_allocator);
    ln_map_init(&credentials->by_identity, &row_calls, credentials->seed, &heap_allocator);
    if (!seal_init(&credentials->seal, folder, why)) {
        credentials_free(credentials);
        return NULL;
    }
    return credentials;
}

static void free_owner(struct credential_owner *owner)
{
    for (size_t i = 0; i < CREDENTIAL_FORS; i++) {
        free(owner->rows[i][0]);
        free(owner->rows[i][1]);
    }
    free(owner);
}

void credentials_free(struct credentials *credentials)
{
    struct credential_owner *owner;
    size_t at = 0;

    if (credentials == NULL) {
        return;
    }
    while ((owner = ln_map_next(&credentials->by_endpoint, &at)) != NULL) {
        free_owner(owner);
    }
    ln_map_fini(&credentials->by_identity);
    ln_map_fini(&credentials->by_endpoint);
    seal_fini(&credentials->seal);
    pthread_rwlock_destroy(&credentials->lock);
    pthread_mutex_destroy(&credentials->changing);
    free(credentials);
}

void credentials_watch(struct credentials *credentials, credentials_changed *changed,
                       void *context)
{
    credentials->changed = changed;
    credentials->context = context;
}

/* ---- Looking up ---- */

/* What a look-up copies under the lock, to be opened after it. */
struct found {
    uint8_t bound[BOUND_MAX];
    size_t bound_len;
    uint8_t sealed[SEALED_MAX];
    size_t sealed_len;
    uint8_t slot;
    int64_t created_at;
};

static void copy_found(const struct credential_row *row, struct found *out)
{
    struct ln_bytes sealed = credential_row_sealed(row);

    out->bound_len = credential_bound(endpoint_of(row->owner), row, out->bound).len;
    memcpy(out->sealed, sealed.at, sealed.len);
    out->sealed_len = sealed.len;
    out->slot = row->slot;
    out->created_at = row->created_at;
}

static size_t find_sealed(struct credentials *credentials, const struct identity_key *key,
                          struct found out[CREDENTIAL_SLOTS])
{
    size_t count = 0;

    pthread_rwlock_rdlock(&credentials->lock);
    const struct credential_row *row = credentials_row(credentials, key);
    for (size_t i = 0; row != NULL && i < CREDENTIAL_SLOTS; i++) {
        const struct credential_row *one = row->owner->rows[key->purpose][i];
        if (one != NULL && row_is(one, key)) {
            copy_found(one, &out[count++]);
        }
    }
    pthread_rwlock_unlock(&credentials->lock);
    return count;
}

static bool open_found(struct credentials *credentials, const struct found *found, uint8_t *out)
{
    bool good = seal_open(&credentials->seal, ln_bytes(found->bound, found->bound_len),
                          ln_bytes(found->sealed, found->sealed_len), out);

    if (!good && atomic_fetch_add(&credentials->unreadable, 1) == 0) {
        log_line(LOG_ERROR, "a credential does not open: somebody has changed linnet.db; it is "
                            "refused");
    }
    return good;
}

static bool opens(const struct credentials *credentials, const struct credential_row *row)
{
    uint8_t nothing[CREDENTIAL_KEY_MAX];
    struct found found;

    copy_found(row, &found);
    bool good = seal_open(&credentials->seal, ln_bytes(found.bound, found.bound_len),
                          ln_bytes(found.sealed, found.sealed_len), nothing);
    seal_wipe(nothing, sizeof(nothing));
    return good;
}

size_t credentials_that_do_not_open(const struct credentials *credentials)
{
    const struct credential_owner *owner;
    size_t count = 0;
    size_t at = 0;

    while ((owner = ln_map_next(&credentials->by_endpoint, &at)) != NULL) {
        for (size_t i = 0; i < CREDENTIALS_OF_ENDPOINT; i++) {
            const struct credential_row *row =
                owner->rows[i / CREDENTIAL_SLOTS][i % CREDENTIAL_SLOTS];
            count += row != NULL && !opens(credentials, row);
        }
    }
    return count;
}

size_t credentials_find_psk(struct credentials *credentials, enum credential_for purpose,
                            struct ln_bytes identity,
                            struct credential_key keys[CREDENTIAL_SLOTS])
{
    struct identity_key key = {(uint8_t)purpose, CREDENTIAL_PSK, identity};
    struct found found[CREDENTIAL_SLOTS];
    size_t found_count = find_sealed(credentials, &key, found);
    size_t first = found_count == 2 && found[1].created_at >= found[0].created_at ? 1 : 0;
    size_t count = 0;

    memset(keys, 0, CREDENTIAL_SLOTS * sizeof(*keys));
    for (size_t i = 0; i < found_count; i++) {
        const struct found *one = &found[i ^ first];
        if (open_found(credentials, one, keys[count].at)) {
            keys[count].len = (uint8_t)(one->sealed_len - SEAL_MORE);
            keys[count].slot = (uint8_t)(one->slot + 1);
            count++;
        }
    }
    return count;
}

void credential_keys_wipe(struct credential_key keys[CREDENTIAL_SLOTS])
{
    seal_wipe(keys, CREDENTIAL_SLOTS * sizeof(*keys));
}

size_t credentials_endpoint_of_identity(struct credentials *credentials,
                                        enum credential_for purpose, enum credential_mode mode,
                                        struct ln_bytes identity,
                                        uint8_t endpoint[CREDENTIAL_ENDPOINT_MAX])
{
    struct identity_key key = {(uint8_t)purpose, (uint8_t)mode, identity};
    struct found found;
    uint8_t nothing[CREDENTIAL_KEY_MAX];
    size_t len = 0;

    pthread_rwlock_rdlock(&credentials->lock);
    const struct credential_row *row = credentials_row(credentials, &key);
    if (row != NULL) {
        len = row->owner->endpoint_len;
        memcpy(endpoint, row->owner->endpoint, len);
        copy_found(row, &found);
    }
    pthread_rwlock_unlock(&credentials->lock);
    /* What has no secret is sealed too, so that whoever can write the database cannot add to it. */
    bool good = len > 0 && open_found(credentials, &found, nothing);
    seal_wipe(nothing, sizeof(nothing));
    return good ? len : 0;
}

bool credentials_has(struct credentials *credentials, enum credential_for purpose,
                     struct ln_bytes endpoint)
{
    pthread_rwlock_rdlock(&credentials->lock);
    const struct credential_owner *owner = credentials_owner(credentials, endpoint);
    bool has =
        owner != NULL && (owner->rows[purpose][0] != NULL || owner->rows[purpose][1] != NULL);
    pthread_rwlock_unlock(&credentials->lock);
    return has;
}

/* A name before what the caller binds: no text of a credential opens as one of these. */
static struct ln_bytes bound_elsewhere(struct ln_bytes bound, uint8_t out[64])
{
    struct ln_writer w = ln_writer(out, 64);

    ln_write_bytes(&w, ln_bytes_of_text("elsewhere: "));
    ln_write_bytes(&w, bound);
    return ln_writer_bytes(&w);
}

bool credentials_make_key(struct credentials *credentials)
{
    return seal_make(&credentials->seal);
}

bool credentials_seal(struct credentials *credentials, struct ln_bytes bound,
                      struct ln_bytes plain, uint8_t *out)
{
    uint8_t whole[64];

    return credentials->seal.key != NULL &&
           seal_close(&credentials->seal, bound_elsewhere(bound, whole), plain, out);
}

bool credentials_unseal(struct credentials *credentials, struct ln_bytes bound,
                        struct ln_bytes sealed, uint8_t *out)
{
    uint8_t whole[64];

    return credentials->seal.key != NULL &&
           seal_open(&credentials->seal, bound_elsewhere(bound, whole), sealed, out);
}

size_t credentials_count(struct credentials *credentials)
{
    pthread_rwlock_rdlock(&credentials->lock);
    size_t count = credentials->count;
    pthread_rwlock_unlock(&credentials->lock);
    return count;
}

uint64_t credentials_unreadable(const struct credentials *credentials)
{
    return atomic_load(&credentials->unreadable);
}

/* ---- Showing ---- */

static void copy_row(const struct credential_row *row, struct credential *out)
{
    *out = (struct credential){
        .purpose = row->purpose,
        .mode = row->mode,
        .slot = (uint8_t)(row->slot + 1),
        .endpoint_len = row->owner->endpoint_len,
        .identity_len = row->identity_len,
        .created_at = row->created_at,
    };
    memcpy(out->endpoint, row->owner->endpoint, row->owner->endpoint_len);
    memcpy(out->identity, row->bytes, row->identity_len);
}

size_t credentials_of_endpoint(struct credentials *credentials, struct ln_bytes endpoint,
                               struct credential out[CREDENTIALS_OF_ENDPOINT])
{
    size_t count = 0;

    pthread_rwlock_rdlock(&credentials->lock);
    const struct credential_owner *owner = credentials_owner(credentials, endpoint);
    for (size_t i = 0; owner != NULL && i < CREDENTIALS_OF_ENDPOINT; i++) {
        const struct credential_row *row =
            owner->rows[i / CREDENTIAL_SLOTS][i % CREDENTIAL_SLOTS];
        if (row != NULL) {
            copy_row(row, &out[count++]);
        }
    }
    pthread_rwlock_unlock(&credentials->lock);
    return count;
}

int credential_place(const struct credential *credential)
{
    return (int)credential->purpose * CREDENTIAL_SLOTS + credential->slot - 1;
}

static int place_of(const struct credential_row *row)
{
    return row->purpose * CREDENTIAL_SLOTS + row->slot;
}

static bool is_wanted(const struct credential_page *page, const struct credential_row *row)
{
    return (page->purpose < 0 || page->purpose == row->purpose) &&
           (place_of(row) > page->after_place ||
            !ln_bytes_equal(endpoint_of(row->owner), page->after));
}

/* What was found so far, and where to go on. */
struct listing {
    struct credential *out;
    size_t count;
    size_t most;
    uint8_t at[CREDENTIAL_ENDPOINT_MAX];
    size_t at_len;
};

static void list_owner(struct listing *listing, const struct credential_page *page,
                       const struct credential_owner *owner)
{
    for (size_t i = 0; i < CREDENTIALS_OF_ENDPOINT && listing->count < listing->most; i++) {
        const struct credential_row *row =
            owner->rows[i / CREDENTIAL_SLOTS][i % CREDENTIAL_SLOTS];
        if (row != NULL && is_wanted(page, row)) {
            copy_row(row, &listing->out[listing->count++]);
        }
    }
}

static struct ln_bytes listing_at(const struct listing *listing)
{
    return ln_bytes(listing->at, listing->at_len);
}

/* Some endpoints under the lock, so that nobody waits long for it. False: there are no more. */
static bool list_some(const struct credentials *credentials, struct listing *listing,
                      const struct credential_page *page, bool is_first)
{
    const struct credential_owner *owner =
        is_first ? credential_order_from(credentials->order, listing_at(listing))
                 : credential_order_after(credentials->order, listing_at(listing));

    for (int i = 0; i < LISTED_AT_ONCE; i++) {
        if (owner == NULL || listing->count == listing->most ||
            !ln_bytes_start_with(endpoint_of(owner), page->prefix)) {
            return false;
        }
        list_owner(listing, page, owner);
        memcpy(listing->at, owner->endpoint, owner->endpoint_len);
        listing->at_len = owner->endpoint_len;
        owner = credential_order_after(credentials->order, endpoint_of(owner));
    }
    return true;
}

size_t credentials_list(struct credentials *credentials, const struct credential_page *page,
                        struct credential *out, size_t most)
{
    struct listing listing = {.out = out, .most = most};
    bool from_prefix = ln_bytes_compare(page->prefix, page->after) > 0;
    struct ln_bytes from = from_prefix ? page->prefix : page->after;
    bool is_first = true;
    bool more = true;

    if (from.len > sizeof(listing.at)) {
        return 0;
    }
    if (from.len > 0) {
        memcpy(listing.at, from.at, from.len);
        listing.at_len = from.len;
    }
    while (more) {
        pthread_rwlock_rdlock(&credentials->lock);
        more = list_some(credentials, &listing, page, is_first);
        pthread_rwlock_unlock(&credentials->lock);
        is_first = false;
    }
    return listing.count;
}
