/*
 * What became of bootstraps: each session with its steps, the last ones of each endpoint. Kept in memory only;
 * written by the thread of bootstrapping, read by HTTP.
 */
#ifndef LINNETD_BOOTSTRAP_SESSIONS_H
#define LINNETD_BOOTSTRAP_SESSIONS_H

#include "linnetd/json_out.h"

#include <linnet/bootstrap.h>

#include <pthread.h>

enum {
    BOOTSTRAP_SESSIONS_MAX = 10000,   /* of all endpoints, those that run too */
    BOOTSTRAP_SESSIONS_ENDPOINT = 10, /* of one */
    BOOTSTRAP_STEPS_MAX = 400,        /* of one session */
};

struct bootstrap_sessions;
struct bootstrap_session;

/* NULL: no memory. */
struct bootstrap_sessions *bootstrap_sessions_new(void);
/* NULL is fine. */
void bootstrap_sessions_free(struct bootstrap_sessions *sessions);

/* ---- The thread of bootstrapping ---- */

/* `configuration` is the name of what it gets; `time` is ms since 1970. Without memory it is not kept. */
void bootstrap_sessions_begin(struct bootstrap_sessions *sessions,
                              const struct ln_bootstrap_event *event,
                              struct ln_bytes configuration, int64_t time);
void bootstrap_sessions_step(struct bootstrap_sessions *sessions,
                             const struct ln_bootstrap_event *event, int64_t time);
/* `reason` is a constant text, NULL if it was done. */
void bootstrap_sessions_end(struct bootstrap_sessions *sessions,
                            const struct ln_bootstrap_event *event, const char *reason,
                            int64_t time);

/* ---- Any thread ---- */

/* The newest first, as items of a list. Returns how many. */
size_t bootstrap_sessions_json(struct bootstrap_sessions *sessions, struct ln_bytes endpoint,
                               struct json_out *json);

enum { BOOTSTRAP_ID_TEXT = 17 };
void bootstrap_id_text(uint64_t session, char out[BOOTSTRAP_ID_TEXT]);
/* "4.06" */
enum { BOOTSTRAP_CODE_TEXT = 8 };
void bootstrap_code_text(uint8_t code, char out[BOOTSTRAP_CODE_TEXT]);

#endif
