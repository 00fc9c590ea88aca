/* What DTLS counts, as metrics. */
#ifndef LINNETD_SECURE_METRICS_H
#define LINNETD_SECURE_METRICS_H

#include "linnetd/shard.h"

/* Of one shard, or of all together. */
struct secure_tally {
    struct ln_dtls_stats stats;
    uint64_t sessions;
    uint64_t handshakes;
    uint64_t too_long;
    uint64_t too_late;
    uint64_t revoked;
};

/* The thread that has them. */
void secure_tally(const struct secure *secure, struct secure_tally *out);
void secure_tally_add(struct secure_tally *all, const struct secure_tally *one);

/* `type` is "counter" or "gauge". */
typedef void secure_metric(void *context, const char *type, const char *name, const char *help,
                           uint64_t value);
void secure_metrics(const struct secure_tally *all, secure_metric *metric, void *context);

#endif
