/* The history in a backup: its rows travel in the copy of linnet.db. */
#ifndef LINNETD_HISTORY_COPY_H
#define LINNETD_HISTORY_COPY_H

#include <linnet/base.h>

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* Puts what history.db of the folder has into this copy, as it is at one moment. */
LN_MUST_USE bool history_copy_out(sqlite3 *copy, const char *folder);
/*
 * Takes into this new history.db what linnet.db of the folder brought with it, if it is one that a
 * backup made; there it is gone then. False: see sqlite3_errmsg().
 */
LN_MUST_USE bool history_copy_in(sqlite3 *history, const char *folder);

/* What --check found. */
struct history_check {
    int64_t values;
    int64_t samples;
    int64_t bad; /* rows of both that are none */
};
/* Of history.db, or of what waits in linnet.db to be taken in. False: it cannot be read. */
LN_MUST_USE bool history_copy_check(sqlite3 *db, bool is_copy, struct history_check *out);

#endif
