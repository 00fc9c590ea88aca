/* The whole daemon: what its parts share. */
#ifndef LINNETD_DAEMON_H
#define LINNETD_DAEMON_H

#include "linnetd/auth.h"
#include "linnetd/bootstrap.h"
#include "linnetd/config.h"
#include "linnetd/credentials.h"
#include "linnetd/events.h"
#include "linnetd/firmware.h"
#include "linnetd/history.h"
#include "linnetd/http.h"
#include "linnetd/model_file.h"
#include "linnetd/shard.h"
#include "linnetd/store.h"
#include "linnetd/wall.h"

struct daemon {
    struct config config;
    struct auth auth;
    bool weak_token; /* LINNET_TOKEN is short */
    struct events events;
    struct wall wall;
    struct model_list models; /* those of --models */
    struct http *http;        /* NULL: off */
    struct store *store;      /* NULL: nothing is kept */
    struct history *history;
    struct firmware *firmware;
    struct credentials *credentials;
    struct bootstrap_list *bootstraps;
    struct bootstrap_sessions *bootstrap_sessions;
    struct bootstrap *bootstrap; /* NULL: both its listeners are off */
    char identity[33];           /* of the store; with none, of this start */
    struct shard *shards[SHARDS_MAX];
    uint8_t shard_count;
    size_t restored[SHARDS_MAX];
    atomic_uint_fast64_t last_operation; /* the number that was given last */
    int64_t restore_ms;                  /* how long that took */
    struct ln_address coap;              /* where it listens, if the listener is not off */
    struct ln_address coaps;
    struct ln_address bootstrap_plain;
    struct ln_address bootstrap_coaps;
    int64_t started_at; /* ms since 1970 */
    atomic_bool ready;
    atomic_bool stopping;
};

/* The shard that has the endpoint. */
uint8_t daemon_shard_of(const struct daemon *daemon, struct ln_bytes endpoint);

#endif
