/* Whose sessions are: found by session, and by endpoint. */

#include "linnetd/secure.h"

#include "linnetd/heap.h"

#include <stdlib.h>
#include <string.h>

static struct ln_bytes endpoint_of(const struct secure_peer *peer)
{
    return ln_bytes(peer->bytes, peer->endpoint_len);
}

/* Random already, but for the upper byte, that names the shard: spread over all bits. */
static uint64_t hash_of_session(uint64_t session)
{
    return session * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t session_hash(const void *context, const void *item)
{
    (void)context;
    return hash_of_session(((const struct secure_peer *)item)->session);
}

static bool session_is(const void *item, const void *key)
{
    return ((const struct secure_peer *)item)->session == *(const uint64_t *)key;
}

/* Of names that an administrator chose: nobody can choose collisions. */
static uint64_t hash_of(struct ln_bytes endpoint)
{
    static const uint8_t seed[16] = {0};

    return ln_hash(seed, endpoint);
}

static uint64_t endpoint_hash(const void *context, const void *item)
{
    (void)context;
    return hash_of(endpoint_of(item));
}

static bool endpoint_is(const void *item, const void *key)
{
    const struct ln_bytes *endpoint = key;

    return ln_bytes_equal(endpoint_of(item), *endpoint);
}

static const struct ln_map_calls session_calls = {session_hash, session_is};
static const struct ln_map_calls endpoint_calls = {endpoint_hash, endpoint_is};

void secure_peers_init(struct secure *secure)
{
    ln_map_init(&secure->by_session, &session_calls, NULL, &heap_allocator);
    ln_map_init(&secure->by_endpoint, &endpoint_calls, NULL, &heap_allocator);
}

void secure_peers_fini(struct secure *secure)
{
    struct secure_peer *peer;
    size_t at = 0;

    if (secure->by_session.calls == NULL) {
        return;
    }
    while ((peer = ln_map_next(&secure->by_session, &at)) != NULL) {
        free(peer);
    }
    ln_map_fini(&secure->by_session);
    ln_map_fini(&secure->by_endpoint);
}

struct secure_peer *secure_peer_find(const struct secure *secure, uint64_t session)
{
    return ln_map_find(&secure->by_session, hash_of_session(session), &session);
}

struct secure_peer *secure_peers_of(const struct secure *secure, struct ln_bytes endpoint)
{
    return ln_map_find(&secure->by_endpoint, hash_of(endpoint), &endpoint);
}

static struct secure_peer *peer_new(uint64_t session, const struct credential *credential)
{
    size_t endpoint = credential->endpoint_len;
    size_t identity = credential->identity_len;
    struct secure_peer *peer =
        identity > LN_LIMIT_IDENTITY ? NULL : malloc(sizeof(*peer) + endpoint + identity);

    if (peer == NULL) {
        return NULL;
    }
    *peer = (struct secure_peer){
        .session = session,
        .created_at = credential->created_at,
        .mode = (uint8_t)credential->mode,
        .endpoint_len = (uint8_t)endpoint,
        .identity_len = (uint8_t)identity,
    };
    memcpy(peer->bytes, credential->endpoint, endpoint);
    memcpy(peer->bytes + endpoint, credential->identity, identity);
    return peer;
}

/* Behind the first of its endpoint, or as the first. */
static bool link_endpoint(struct secure *secure, struct secure_peer *peer)
{
    struct secure_peer *first = secure_peers_of(secure, endpoint_of(peer));

    if (first == NULL) {
        return ln_map_add(&secure->by_endpoint, peer) == LN_OK;
    }
    peer->next = first->next;
    first->next = peer;
    return true;
}

struct secure_peer *secure_peer_add(struct secure *secure, uint64_t session,
                                    const struct credential *credential)
{
    struct secure_peer *peer = peer_new(session, credential);

    if (peer == NULL || ln_map_add(&secure->by_session, peer) != LN_OK) {
        free(peer);
        return NULL;
    }
    if (!link_endpoint(secure, peer)) {
        ln_map_remove(&secure->by_session, peer);
        free(peer);
        return NULL;
    }
    return peer;
}

void secure_peer_remove(struct secure *secure, struct secure_peer *peer)
{
    struct secure_peer *first = secure_peers_of(secure, endpoint_of(peer));
    struct secure_peer *next = peer->next;

    if (first == peer) {
        ln_map_remove(&secure->by_endpoint, peer);
        if (next != NULL && ln_map_add(&secure->by_endpoint, next) != LN_OK) {
            abort(); /* the place that was just left is free */
        }
    } else {
        for (; first->next != peer; first = first->next) {
        }
        first->next = next;
    }
    ln_map_remove(&secure->by_session, peer);
    free(peer);
}

struct ln_proof secure_proof(const struct secure_peer *peer)
{
    return (struct ln_proof){
        .identity = ln_bytes(peer->bytes + peer->endpoint_len, peer->identity_len),
        .endpoint = ln_bytes(peer->bytes, peer->endpoint_len),
        .mode = (uint8_t)(peer->mode + 1),
    };
}
