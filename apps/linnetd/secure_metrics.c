/* What DTLS counts, as metrics: one row for each counter. */

#include "linnetd/secure_metrics.h"

#include <linnet/dtls.h>

#include <stddef.h>
#include <string.h>

static const struct row {
    size_t at;
    const char *name;
    const char *help;
} rows[] = {
#define ROW(name, help)                                                                        \
    {                                                                                          \
        offsetof(struct ln_dtls_stats, name), "dtls_" #name, help                              \
    }
    /* clang-format off */
    ROW(opened, "DTLS sessions opened"),
    ROW(resumed, "of these, by a ticket"),
    ROW(closed, "DTLS sessions that ended"),
    ROW(moved, "DTLS sessions that went on from another address"),
    ROW(verify_requests, "hellos answered without keeping anything"),
    ROW(bad_cookie, "hellos whose cookie was not ours, or too old"),
    ROW(bad_hello, "hellos that are not well formed, or in fragments"),
    ROW(unknown_session, "records of no session that is known"),
    ROW(not_dtls, "datagrams that are no DTLS record"),
    ROW(unknown_identity, "handshakes with a PSK identity that nobody has"),
    ROW(wrong_key, "handshakes with a wrong pre-shared key"),
    ROW(no_common_suite, "hellos that offer no suite of ours: those without encryption too"),
    ROW(bad_certificate, "certificates refused for other reasons than the following"),
    ROW(expired_certificate, "certificates that have expired, or are not yet valid"),
    ROW(untrusted_certificate, "certificates of an authority that is not known"),
    ROW(revoked_certificate, "certificates that their authority revoked"),
    ROW(wrong_name_certificate, "certificates in another name"),
    ROW(refused_identity, "certificates and tickets of whom no credential lets in"),
    ROW(failed_handshakes, "handshakes that failed, for any reason"),
    ROW(handshake_timeouts, "handshakes whose peer fell silent"),
    ROW(dropped_records, "records that were changed, replayed or out of place"),
    ROW(alerts_received, "fatal alerts received"),
    ROW(alerts_sent, "fatal alerts sent"),
    ROW(crowded_handshakes, "handshakes that gave way to newer ones"),
    ROW(crowded_sessions, "sessions that gave way to new ones"),
    ROW(no_memory, "sessions and messages given up because there was no memory"),
    ROW(dropped_datagrams, "datagrams not sent because too many waited"),
/* clang-format on */
#undef ROW
};

static uint64_t value_of(const struct ln_dtls_stats *stats, const struct row *row)
{
    uint64_t value;

    memcpy(&value, (const char *)stats + row->at, sizeof(value));
    return value;
}

void secure_tally(const struct secure *secure, struct secure_tally *out)
{
    *out = (struct secure_tally){
        .too_long = secure->too_long,
        .too_late = secure->too_late,
        .revoked = secure->revoked,
    };
    if (secure->dtls != NULL) {
        out->stats = *ln_dtls_server_stats(secure->dtls);
        out->sessions = ln_dtls_server_sessions(secure->dtls);
        out->handshakes = ln_dtls_server_handshakes(secure->dtls);
    }
}

void secure_tally_add(struct secure_tally *all, const struct secure_tally *one)
{
    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        uint64_t sum = value_of(&all->stats, &rows[i]) + value_of(&one->stats, &rows[i]);
        memcpy((char *)&all->stats + rows[i].at, &sum, sizeof(sum));
    }
    all->sessions += one->sessions;
    all->handshakes += one->handshakes;
    all->too_long += one->too_long;
    all->too_late += one->too_late;
    all->revoked += one->revoked;
}

void secure_metrics(const struct secure_tally *all, secure_metric *metric, void *context)
{
    metric(context, "gauge", "dtls_sessions", "open DTLS sessions", all->sessions);
    metric(context, "gauge", "dtls_handshakes", "DTLS handshakes in progress", all->handshakes);
    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        metric(context, "counter", rows[i].name, rows[i].help, value_of(&all->stats, &rows[i]));
    }
    metric(context, "counter", "dtls_revoked_sessions",
           "DTLS sessions ended because their credential is no longer valid", all->revoked);
    metric(context, "counter", "dtls_too_late", "messages to DTLS sessions that were over",
           all->too_late);
    metric(context, "counter", "dtls_too_long",
           "datagrams longer than any record may be, dropped", all->too_long);
}
