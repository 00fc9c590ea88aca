/* The rows of history.db. All of it is for the history's thread. */
#ifndef LINNETD_HISTORY_ROWS_H
#define LINNETD_HISTORY_ROWS_H

#include "linnetd/history.h"
#include "linnetd/text_out.h"

#include <sqlite3.h>

struct history_rows {
    sqlite3 *db;
    uint64_t samples; /* of each resource */
    sqlite3_stmt *begin, *commit, *rollback;
    sqlite3_stmt *find, *count, *add, *change, *bump, *sample, *drop;
    sqlite3_stmt *next, *age_samples, *age_series;
    int64_t aged; /* the last series that was looked at */
};

/* One value on its way in. */
struct history_value {
    struct ln_bytes endpoint;
    enum history_source source;
    struct ln_record record;
    int64_t at;
    int64_t received_ms;
};

LN_MUST_USE bool history_rows_open(struct history_rows *rows, const char *folder,
                                   char why[STORE_WHY_MAX]);
void history_rows_close(struct history_rows *rows);
/* Whether this can be history.db: new, or of a version that is known. */
LN_MUST_USE bool history_rows_are_ours(sqlite3 *db, const char *folder,
                                       char why[STORE_WHY_MAX]);

LN_MUST_USE bool history_begin(struct history_rows *rows);
LN_MUST_USE bool history_commit(struct history_rows *rows);
void history_rollback(struct history_rows *rows);

enum history_put { HISTORY_KEPT, HISTORY_SAMPLED, HISTORY_REFUSED, HISTORY_FAILED };
LN_MUST_USE enum history_put history_rows_put(struct history_rows *rows,
                                              const struct history_value *value);
/*
 * Removes of a few resources what is older than this; the next call goes on with others. False:
 * all have been looked at.
 */
LN_MUST_USE bool history_rows_age(struct history_rows *rows, int64_t older_than);

struct history_query {
    struct ln_bytes endpoint;
    struct ln_path path;  /* all below it */
    struct ln_path after; /* values: of the page before; depth 0: none */
    int64_t since;
    int64_t until;
    bool has_cursor; /* samples: older than this one */
    int64_t cursor[3];
    size_t limit;
};
/* Write the answer: a list. False: SQLite says why, or there is no memory. */
LN_MUST_USE bool history_values_json(sqlite3 *db, const struct history_query *query,
                                     struct text_out *out);
LN_MUST_USE bool history_samples_json(sqlite3 *db, const struct history_query *query,
                                      struct text_out *out);

#endif
