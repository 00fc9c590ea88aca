/* Operations on their way to the database, and back after a restart. */
#ifndef LINNETD_STORE_OPERATIONS_H
#define LINNETD_STORE_OPERATIONS_H

#include "linnetd/store.h"

#include <sqlite3.h>

enum { STORE_OPERATION_PARTS = 6 };

/* What of an operation has bytes, in the order in which they stand behind a record. */
void store_operation_parts(struct store_operation *operation,
                           struct ln_bytes *parts[STORE_OPERATION_PARTS]);

/* The columns, in the order in which they are bound and read. */
#define STORE_OPERATION_NAMES                                                                  \
    "id, endpoint, state, kind, path, accept, format, payload, query, retry, created_at,"      \
    " expires_at, ended_at, outcome, code, result_format, result, location, root"
#define STORE_OPERATION_PLACES                                                                 \
    "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19"
void store_bind_operation(sqlite3_stmt *statement, const struct store_operation *operation);
/* Borrowed until the statement is stepped. False: no row of ours. */
LN_MUST_USE bool store_read_operation(sqlite3_stmt *statement,
                                      struct store_operation *operation);

#endif
