/*
 * What devices said of themselves: the last value of each resource, and samples of those that are
 * observed. Nobody waits for it to be on disk: shards hand payloads over as they came, and one thread
 * of its own decodes them and writes them in groups, into a database of its own, so that what must
 * be durable is never held up.
 *
 *     history.db   beside linnet.db; in memory where nothing is kept
 */
#ifndef LINNETD_HISTORY_H
#define LINNETD_HISTORY_H

#include "linnetd/store.h"

#include <linnet/codec.h>

struct history;

enum {
    HISTORY_WAITING_MAX = 32 * 1024 * 1024, /* bytes that wait: what comes beyond is not kept */
    HISTORY_RESOURCES_MAX = 10 * 1000,      /* of one endpoint */
    HISTORY_VALUE_MAX = 64 * 1024,          /* bytes of a value that is kept as the last one */
    HISTORY_SAMPLE_MAX = 4 * 1024,          /* and as a sample */
};

enum history_source { HISTORY_READ, HISTORY_NOTIFICATION };
/* "read", "notification" */
const char *history_source_name(enum history_source source);

struct history_config {
    const char *folder; /* NULL: in memory */
    uint64_t samples;   /* of each resource; 0: none */
    int64_t keep_ms;    /* samples and values that are older are removed */
};

/* NULL: `why` is a sentence that says what is wrong and what to do. */
struct history *history_open(const struct history_config *config, char why[STORE_WHY_MAX]);
/* Writes what waits and closes. NULL is fine. */
void history_close(struct history *history);

/* Any thread: a payload that a device sent, which is copied. */
void history_put(struct history *history, enum history_source source, struct ln_bytes endpoint,
                 struct ln_path path, uint16_t format, struct ln_bytes payload,
                 int64_t received_ms);
/* Any thread: `run` and `done` are called on the history's thread, after all that was put before. */
void history_read(struct history *history, struct store_job *job);

struct history_counters {
    uint64_t values;      /* taken */
    uint64_t samples;     /* of them recorded */
    uint64_t dropped;     /* payloads: too many waited, or the disk took nothing */
    uint64_t undecodable; /* payloads */
    uint64_t refused;     /* values: too large, or too many of an endpoint */
    uint64_t bytes;       /* of the payloads that wait */
};
struct history_counters history_counters(struct history *history);

#endif
