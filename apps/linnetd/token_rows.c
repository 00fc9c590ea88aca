/* Tokens in the database. */

#include "linnetd/tokens.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static bool read_row(sqlite3_stmt *row, struct auth_token *token)
{
    const char *id = (const char *)sqlite3_column_text(row, 0);
    const char *name = (const char *)sqlite3_column_text(row, 1);
    const char *role = (const char *)sqlite3_column_text(row, 2);
    const void *hash = sqlite3_column_blob(row, 3);

    *token = (struct auth_token){.created_at = sqlite3_column_int64(row, 4)};
    if (id == NULL || name == NULL || role == NULL || strlen(id) >= sizeof(token->id) ||
        strlen(name) >= sizeof(token->name) || sqlite3_column_bytes(row, 3) != AUTH_HASH) {
        return false;
    }
    (void)snprintf(token->id, sizeof(token->id), "%s", id);
    (void)snprintf(token->name, sizeof(token->name), "%s", name);
    memcpy(token->hash, hash, AUTH_HASH);
    token->role = auth_role_of_text(role);
    return token->role != ROLE_OPEN;
}

bool token_rows_read(sqlite3 *db, struct auth *auth)
{
    static const char sql[] = "SELECT id, name, role, hash, created_at FROM tokens";
    struct auth_token token;
    sqlite3_stmt *rows;
    int code = sqlite3_prepare_v2(db, sql, -1, &rows, NULL);
    bool good = code == SQLITE_OK;

    while (good && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        good = read_row(rows, &token) && auth_add(auth, &token);
    }
    sqlite3_finalize(rows);
    return good && code == SQLITE_DONE;
}

bool token_row_add(sqlite3 *db, const struct auth_token *token)
{
    static const char sql[] = "INSERT INTO tokens (id, name, role, hash, created_at)"
                              " VALUES (?1, ?2, ?3, ?4, ?5)";
    sqlite3_stmt *row;

    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK) {
        return false;
    }
    sqlite3_bind_text(row, 1, token->id, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, token->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 3, auth_role_text(token->role), -1, SQLITE_STATIC);
    sqlite3_bind_blob(row, 4, token->hash, AUTH_HASH, SQLITE_STATIC);
    sqlite3_bind_int64(row, 5, token->created_at);
    int code = sqlite3_step(row);
    sqlite3_finalize(row);
    return code == SQLITE_DONE;
}

bool token_row_delete(sqlite3 *db, const char *id)
{
    sqlite3_stmt *row;

    if (sqlite3_prepare_v2(db, "DELETE FROM tokens WHERE id = ?1", -1, &row, NULL) !=
        SQLITE_OK) {
        return false;
    }
    sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
    int code = sqlite3_step(row);
    sqlite3_finalize(row);
    return code == SQLITE_DONE;
}
