/* The tokens that are kept, and those that a start makes. */
#ifndef LINNETD_TOKENS_H
#define LINNETD_TOKENS_H

#include "linnetd/auth.h"
#include "linnetd/store.h"

struct daemon;

/* One that a start made, as long as its text is not printed. */
struct made_token {
    struct auth_token token;
    char text[AUTH_GENERATED_TEXT]; /* "": none was made */
};

/*
 * Reads those of the store, before its thread runs. Where nobody could administer the server then,
 * makes a token. False: `why` says why not.
 */
LN_MUST_USE bool tokens_start(struct daemon *daemon, struct made_token *made,
                              char why[STORE_WHY_MAX]);
/*
 * Keeps what was made, once all else has started: a start that fails must leave no token that
 * nobody has seen. False: it cannot be written.
 */
LN_MUST_USE bool tokens_keep(struct daemon *daemon, const struct made_token *made);

/* ---- token_rows.c ---- */

/* Adds all of the database. False: SQLite says why, or a row is none of ours. */
LN_MUST_USE bool token_rows_read(struct sqlite3 *db, struct auth *auth);
LN_MUST_USE bool token_row_add(struct sqlite3 *db, const struct auth_token *token);
LN_MUST_USE bool token_row_delete(struct sqlite3 *db, const char *id);

#endif
