/*
 * CoAP over DTLS on a thread, a shard's or that of bootstrapping: its socket, its sessions, and whose
 * they are.
 *
 * Of shards: handshakes stay on the shard whose socket the hello came by: the kernel gives it all datagrams of that
 * address. The first byte of a Connection ID names the shard of the session, so that records of a peer
 * that moved find it. What they say in clear goes to the shard that owns the endpoint, by its inbox; what
 * that shard answers comes back the same way.
 */
#ifndef LINNETD_SECURE_H
#define LINNETD_SECURE_H

#include "linnetd/config.h"
#include "linnetd/credentials.h"

#include <linnet/dtls.h>
#include <linnet/net.h>
#include <linnet/server.h>

struct daemon;
struct shard;

enum { SECURE_WHY_MAX = 512 };

/* A session, and the credential that opened it. */
struct secure_peer {
    struct secure_peer *next; /* another session of the same endpoint */
    uint64_t session;
    int64_t created_at; /* of the credential */
    uint8_t mode;       /* enum credential_mode */
    uint8_t endpoint_len;
    uint8_t identity_len;
    uint8_t bytes[]; /* endpoint, identity */
};

/* What becomes of what comes in: all is called on the owner's thread. */
struct secure_owner {
    /* A datagram came by the socket: secure_take() is to have it, of this owner or another. */
    void (*record)(void *context, const struct ln_packet *packet);
    void (*said)(void *context, const struct ln_peer *from, struct ln_bytes plaintext);
    void (*moved)(void *context, const struct ln_peer *peer);
    void (*lost)(void *context, const struct ln_peer *peer);
    /* All that came has been handed on. */
    void (*settle)(void *context);
};

/* Where it stands: all of it outlives the sessions. */
struct secure_place {
    struct daemon *daemon;
    const struct secure_owner *owner;
    void *context; /* of the owner's calls */
    ln_time *now;  /* of the owner's turn; set when datagrams come */
    struct ln_loop *loop;
    struct ln_random random;
    enum credential_for purpose; /* whose credentials let in */
    uint8_t shard;               /* the first byte of Connection IDs */
    bool shares_port;            /* with other threads */
};

struct secure {
    struct secure_place place;
    struct ln_udp udp;           /* fd -1 where the listener is off */
    struct ln_dtls_server *dtls; /* NULL then */
    struct ln_map by_session;
    struct ln_map by_endpoint; /* the first of each endpoint */
    struct secure_batch *in;
    struct secure_batch *out;
    uint64_t too_long; /* datagrams longer than the buffer, dropped */
    uint64_t too_late; /* answers to sessions that were over */
    uint64_t revoked;  /* sessions closed because their credential is no longer valid */
};

/* The certificates of the command line, read whole. Zero: none. */
struct secure_files {
    struct ln_dtls_certificates certificates;
    char *texts[4];
};

/* False: `why` says why. Free them either way. */
LN_MUST_USE bool secure_files_read(const struct config *config, struct secure_files *files,
                                   char why[SECURE_WHY_MAX]);
void secure_files_free(struct secure_files *files);

/* LN_ERR_BAD_CONFIG: the certificates do not fit; LN_ERR_SYSTEM: errno says why. */
LN_MUST_USE ln_err secure_open(struct secure *secure, const struct secure_place *place,
                               struct ln_address *coaps,
                               const struct ln_dtls_certificates *certificates);
/* Safe on one of all zero but its socket's -1, and twice. */
void secure_close(struct secure *secure);

/* ---- The owner's thread ---- */

/* A datagram of a session that is here. */
void secure_take(struct secure *secure, const struct ln_peer *peer, struct ln_bytes datagram);
/* To be said over a session that is here. */
void secure_write(struct secure *secure, uint64_t session, struct ln_bytes plaintext);
/* What waits leaves. */
void secure_flush(struct secure *secure);
ln_time secure_deadline(const struct secure *secure);

/* ---- secure_shard.c: of a shard ---- */

LN_MUST_USE ln_err secure_open_shard(struct shard *shard, struct ln_address *coaps,
                                     const struct ln_dtls_certificates *certificates);
/* The shard's thread: to be said over a session, of this shard or another. */
void secure_say(struct shard *shard, uint64_t session, struct ln_bytes plaintext);
/* Whether a device may register: the engine asks. */
ln_err secure_admit(void *context, struct ln_bytes endpoint, const struct ln_peer *peer);

/* ---- Other threads ---- */

/* Follows the credentials: sessions end with theirs. */
void secure_watch(struct daemon *daemon);
/* New certificates for all shards, read by now; the shards were checked to take them. */
LN_MUST_USE bool secure_certificates(struct daemon *daemon, char why[SECURE_WHY_MAX]);

/* ---- Over a restart: no shard runs ---- */

void secure_save(struct daemon *daemon);
/* Brings sessions back, and tells engines of those that are over. */
void secure_restore(struct daemon *daemon);

/* ---- secure_peers.c: the table of peers ---- */

void secure_peers_init(struct secure *secure);
void secure_peers_fini(struct secure *secure);
struct secure_peer *secure_peer_find(const struct secure *secure, uint64_t session);
struct secure_peer *secure_peers_of(const struct secure *secure, struct ln_bytes endpoint);
/* NULL: no memory. */
struct secure_peer *secure_peer_add(struct secure *secure, uint64_t session,
                                    const struct credential *credential);
void secure_peer_remove(struct secure *secure, struct secure_peer *peer);
/* Borrowed from the peer. */
struct ln_proof secure_proof(const struct secure_peer *peer);

#endif
