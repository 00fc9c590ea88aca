/* Declared observations on their way to the database, and back after a restart. */
#ifndef LINNETD_STORE_OBSERVATIONS_H
#define LINNETD_STORE_OBSERVATIONS_H

#include "linnetd/store.h"

#include <sqlite3.h>

enum { STORE_OBSERVATION_PARTS = 2 };

/* What of an observation has bytes, in the order in which they stand behind a record. */
void store_observation_parts(struct ln_observation_view *observation,
                             struct ln_bytes *parts[STORE_OBSERVATION_PARTS]);

/* The columns, in the order in which they are bound and read. */
#define STORE_OBSERVATION_NAMES  "endpoint, path, token, format, attributes"
#define STORE_OBSERVATION_PLACES "?1, ?2, ?3, ?4, ?5"
void store_bind_observation(sqlite3_stmt *statement,
                            const struct ln_observation_view *observation);
/* The first two columns only: they are the key. */
void store_bind_observation_key(sqlite3_stmt *statement,
                                const struct ln_observation_view *observation);
/* Borrowed until the statement is stepped. False: no row of ours. */
LN_MUST_USE bool store_read_observation(sqlite3_stmt *statement,
                                        struct ln_observation_view *observation);

#endif
