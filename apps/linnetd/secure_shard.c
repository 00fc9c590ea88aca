/* DTLS of a shard: which shard has a session, and which has the endpoint that speaks over it. */

#include "linnetd/daemon.h"

enum {
    RECORD_WITH_CID = 25,
    RECORD_CID_AT = 11,
};

ln_err secure_admit(void *context, struct ln_bytes endpoint, const struct ln_peer *peer)
{
    const struct daemon *daemon = ((const struct shard *)context)->daemon;

    if (peer->proof != NULL || daemon->config.nosec_for_known ||
        !credentials_has(daemon->credentials, CREDENTIAL_SERVER, endpoint)) {
        return LN_OK;
    }
    return LN_ERR_FORBIDDEN;
}

/* ---- In ---- */

/* Which shard has the session; -1: whichever received it. */
static int owner_of(struct ln_bytes datagram)
{
    bool names_it = datagram.len > RECORD_CID_AT && datagram.at[0] == RECORD_WITH_CID;

    return names_it ? datagram.at[RECORD_CID_AT] : -1;
}

static void route(void *context, const struct ln_packet *packet)
{
    struct shard *shard = context;
    struct ln_peer peer = {.remote = packet->remote, .local = packet->local};
    struct ln_bytes datagram = ln_bytes(packet->bytes, packet->len);
    int owner = owner_of(datagram);

    if (owner < 0 || owner == shard->index || owner >= shard->daemon->shard_count) {
        secure_take(&shard->secure, &peer, datagram);
    } else {
        inbox_put(&shard->daemon->shards[owner]->inbox, INBOX_RECORD, &peer, datagram);
        shard->handed_over++;
    }
}

static void said(void *context, const struct ln_peer *from, struct ln_bytes plaintext)
{
    shard_take(context, from, plaintext);
}

/* The engine that has the endpoint learns what became of a session. False: it is this shard's. */
static bool tell_owner(struct shard *shard, enum inbox_kind kind, const struct ln_peer *peer)
{
    uint8_t owner = daemon_shard_of(shard->daemon, peer->proof->endpoint);

    if (owner != shard->index) {
        inbox_put(&shard->daemon->shards[owner]->inbox, kind, peer, ln_bytes(NULL, 0));
    }
    return owner != shard->index;
}

static void moved(void *context, const struct ln_peer *peer)
{
    struct shard *shard = context;

    if (!tell_owner(shard, INBOX_MOVED, peer)) {
        ln_server_peer_moved(shard->server, shard->now, peer);
    }
}

static void lost(void *context, const struct ln_peer *peer)
{
    struct shard *shard = context;

    if (!tell_owner(shard, INBOX_LOST, peer)) {
        ln_server_peer_lost(shard->server, shard->now, peer);
    }
}

static void settle(void *context)
{
    shard_settle(context);
}

/* ---- Out ---- */

void secure_say(struct shard *shard, uint64_t session, struct ln_bytes plaintext)
{
    uint8_t owner = (uint8_t)(session >> 56);
    struct ln_peer peer = {.session = session};

    if (owner == shard->index || owner >= shard->daemon->shard_count) {
        secure_write(&shard->secure, session, plaintext);
    } else {
        inbox_put(&shard->daemon->shards[owner]->inbox, INBOX_ANSWER, &peer, plaintext);
    }
}

/* ---- Opening ---- */

ln_err secure_open_shard(struct shard *shard, struct ln_address *coaps,
                         const struct ln_dtls_certificates *certificates)
{
    static const struct secure_owner owner = {route, said, moved, lost, settle};
    const struct secure_place place = {
        .daemon = shard->daemon,
        .owner = &owner,
        .context = shard,
        .now = &shard->now,
        .loop = shard->loop,
        .random = ln_random_of_pool(&shard->random),
        .purpose = CREDENTIAL_SERVER,
        .shard = shard->index,
        .shares_port = shard->daemon->config.shards > 1,
    };

    return secure_open(&shard->secure, &place, coaps, certificates);
}
