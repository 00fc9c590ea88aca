/*
 * The bench with a bootstrap server: both engines, and the wire between them, on which it is
 * "bootstrap". What it tells its app is written down in `bootstrap_says`:
 *
 *     requested, delete / 2.02, write /0 2.04, wants 4.06, done
 */
#ifndef LN_CONFORMANCE_BOOTSTRAP_H
#define LN_CONFORMANCE_BOOTSTRAP_H

#include "conformance/bench.h"

#include <linnet/bootstrap.h>
#include <linnet/client_bootstrap.h>

enum { BOOTSTRAP_KEY = 4096, BOOTSTRAP_SECURITIES = BENCH_SERVERS + 1 };

/* ---- Configurations; nothing is started ---- */

/* C.13: a bootstrap account in /0/1 and no other; object 2 is there and empty. */
void given_c13(enum ln_version version);
/* C.13 and an account of the server, short id 1, in /0/0 and /1/0. */
void given_c13_and_a_server(enum ln_version version);
/* What the bootstrap server does to whoever asks, and to whoever asks again. Borrowed. */
void the_script_is(const struct ln_bootstrap_step *steps, size_t count);
/* What it does where it has a chance to repair. */
void the_repair_is(const struct ln_bootstrap_step *steps, size_t count);
/* LN_FORMAT_SENML_JSON where nothing is said. */
void the_script_is_in(uint16_t format);
/* Nothing is heard of the LwM2M server. */
void the_server_is_gone(void);

/* Steps. */
#define DISCOVER_ALL                                                                           \
    {                                                                                          \
        .kind = LN_BOOTSTRAP_DISCOVER                                                          \
    }
#define DELETE_AT(...)                                                                         \
    {                                                                                          \
        .kind = LN_BOOTSTRAP_DELETE, .path = { __VA_ARGS__ }                                   \
    }
#define READ_AT(...)                                                                           \
    {                                                                                          \
        .kind = LN_BOOTSTRAP_READ, .path = { __VA_ARGS__ }                                     \
    }
#define WRITE_OBJECT(object, list)                                                             \
    {                                                                                          \
        .kind = LN_BOOTSTRAP_WRITE, .path = {{object}, 1}, .records = (list),                  \
        .record_count = LN_COUNT(list)                                                         \
    }
#define FINISH                                                                                 \
    {                                                                                          \
        .kind = LN_BOOTSTRAP_FINISH                                                            \
    }
/* The server of the bench, in instance `id` of object 0 and 1: four records each. */
void account_records(uint16_t id, struct ln_record security[4], struct ln_record account[4]);

/* ---- For bench.c: it does as ln_client does, with or without a bootstrap ---- */

bool bootstrap_is_on(void);
struct ln_client_bootstrap *bootstrap_machine(void);
void bootstrap_start(void);
void bootstrap_from_client(struct ln_bytes datagram);
bool bootstrap_goes_on(void);
ln_time bootstrap_deadline(void);
/* False: it is no event of the bootstrap's. */
bool bootstrap_event(const struct ln_client_event *event);
bool bootstrap_hears_the_server(void);
void bootstrap_clear(void);

/* ---- What is to be seen ---- */

#define CHECK_BOOTSTRAP_SAYS(text) assert_string_equal(bootstrap_says(), text)
const char *bootstrap_says(void);
/* The payload of the last Discover or Read. */
const char *bootstrap_payload(void);

#endif
