/* Changes on their way to the database, and the rows that they become. */
#ifndef LINNETD_STORE_ROWS_H
#define LINNETD_STORE_ROWS_H

#include "linnetd/store.h"

#include <linnet/limits.h>

#include <sqlite3.h>

/* A change as it stands in a batch: its bytes follow, behind the operation or observation of it. */
struct store_record {
    size_t size; /* with the bytes: where the next one begins */
    struct store_change change;
    struct ln_registration_view view;
    uint8_t shard; /* set when it is submitted */
};

/* Puts a copy behind what is there. */
void store_bytes_append(struct store_bytes *bytes, const struct store_bytes *more);
void store_bytes_fini(struct store_bytes *bytes);
/* The record at `*offset`, its pointers set; NULL at the end. Moves the offset behind it. */
struct store_record *store_record_next(const struct store_bytes *changes, size_t *offset);

/* The columns of a registration that follow its endpoint, in the order of the table. */
#define STORE_VIEW_NAMES_4                                                                     \
    "location, remote, local, version, lifetime, binding, registered_at, updated_at, seen_at," \
    " sms, extra, root, formats, links"
#define STORE_VIEW_NAMES STORE_VIEW_NAMES_4 ", session, proof, identity"
/* The same of a database of version 4 or before, which had no sessions. */
#define STORE_VIEW_NAMES_OLD STORE_VIEW_NAMES_4 ", 0, 0, NULL"
void store_bind_address(sqlite3_stmt *statement, int at, const struct ln_address *address);
/* Binds endpoint and view; the parameters are numbered from `first`. */
void store_bind_view(sqlite3_stmt *statement, int first,
                     const struct ln_registration_view *view);
/* Borrowed until the statement is stepped or the links are used again. False: no row of ours. */
bool store_read_view(sqlite3_stmt *statement, int first,
                     struct ln_object_link links[LN_LIMIT_OBJECT_LINKS],
                     struct ln_registration_view *view);

#endif
