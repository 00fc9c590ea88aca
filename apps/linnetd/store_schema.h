/* The database's tables, and how older ones become the present ones. */
#ifndef LINNETD_STORE_SCHEMA_H
#define LINNETD_STORE_SCHEMA_H

#include "linnetd/store.h"

#include <sqlite3.h>

enum {
    STORE_APPLICATION = 0x4C4E4554, /* "LNET": tells our database from another program's */
    STORE_VERSION = 7,
    STORE_SESSIONS_VERSION = 5, /* the first with sessions of registrations */
};

/* Opens it; `why` says what is wrong. The flags are those of sqlite3_open_v2(). */
LN_MUST_USE bool store_db_open(const char *folder, int flags, sqlite3 **db,
                               char why[STORE_WHY_MAX]);
/* Makes the tables, or brings them up to date, in one transaction. */
LN_MUST_USE bool store_schema_update(sqlite3 *db, const char *folder, char why[STORE_WHY_MAX]);
/* Whether it is a database of ours, of a version that is known. */
LN_MUST_USE bool store_schema_check(sqlite3 *db, const char *folder, char why[STORE_WHY_MAX]);

/* The first column of the first row; `otherwise` if there is none. */
int64_t store_number(sqlite3 *db, const char *sql, int64_t otherwise);
/* False: see sqlite3_errmsg(). */
LN_MUST_USE bool store_run(sqlite3 *db, const char *sql);
/* Binds the ids of the path, two bytes each. */
void store_bind_path(sqlite3_stmt *statement, int at, struct ln_path path);
/* What failed, why, and what to do about it. Always false. */
bool store_explain(sqlite3 *db, int code, const char *folder, char why[STORE_WHY_MAX]);

#endif
