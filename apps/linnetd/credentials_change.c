/* How credentials change: planned, written, and only then in force. */

#include "linnetd/credentials_table.h"
#include "linnetd/log.h"

#include <linnet/net.h>

#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tells whether a master key is the one that rows are sealed with. */
#define CHECK_NAME "credentials"
static const char check_text[] = "linnet";
enum { CHECK_SEALED = sizeof(check_text) + SEAL_MORE };

static struct ln_bytes check_bound(void)
{
    return ln_bytes_of_text("check of the master key");
}

/* ---- Planning ---- */

static struct ln_bytes endpoint_of(const struct credential_input *input)
{
    return ln_bytes(input->what.endpoint, input->what.endpoint_len);
}

static struct ln_bytes identity_of(const struct credential_input *input)
{
    return ln_bytes(input->what.identity, input->what.identity_len);
}

static bool is_taken(const struct credentials *credentials,
                     const struct credential_input *input)
{
    struct identity_key key = {(uint8_t)input->what.purpose, (uint8_t)input->what.mode,
                               identity_of(input)};
    const struct credential_row *row = credentials_row(credentials, &key);

    return row != NULL &&
           !ln_bytes_equal(ln_bytes(row->owner->endpoint, row->owner->endpoint_len),
                           endpoint_of(input));
}

/* The slot that is free, or whose row is the older one. */
static uint8_t slot_beside(struct credential_row *const rows[CREDENTIAL_SLOTS])
{
    if (rows[0] == NULL || rows[1] == NULL) {
        return rows[0] == NULL ? 0 : 1;
    }
    return rows[0]->created_at <= rows[1]->created_at ? 0 : 1;
}

static bool seal_row(struct credentials_change *change, const struct credential_input *input,
                     uint8_t slot, struct credential_step *step)
{
    uint8_t bound[BOUND_MAX];
    uint8_t sealed[SEALED_MAX] = {0};
    struct ln_bytes space = ln_bytes(sealed, (size_t)input->key_len + SEAL_MORE);

    step->row = credential_row_new(input->what.purpose, input->what.mode, slot,
                                   identity_of(input), space, ln_clock_wall_ms());
    return step->row != NULL &&
           seal_close(&change->credentials->seal,
                      credential_bound(endpoint_of(input), step->row, bound),
                      ln_bytes(input->key, input->key_len),
                      step->row->bytes + step->row->identity_len);
}

/* Whether the one before, which stays, has the same identity: a handshake could prove only one key. */
static bool is_same(struct credential_row *const *rows, const struct credential_input *input)
{
    for (uint8_t k = 0; input->keep_previous && k < CREDENTIAL_SLOTS; k++) {
        if (rows[k] != NULL && rows[k]->mode == input->what.mode &&
            ln_bytes_equal(credential_row_identity(rows[k]), identity_of(input))) {
            return true;
        }
    }
    return false;
}

static bool plan_input(struct credentials_change *change, size_t i)
{
    static struct credential_row *const none[CREDENTIAL_SLOTS];
    struct credentials *credentials = change->credentials;
    const struct credential_input *input = &change->inputs[i];
    struct credential_step *step = &change->steps[i];
    const struct credential_owner *owner = credentials_owner(credentials, endpoint_of(input));
    struct credential_row *const *rows =
        owner != NULL ? owner->rows[input->what.purpose] : none;

    if (is_taken(credentials, input)) {
        change->end = CREDENTIALS_TAKEN;
        change->at = i;
        return false;
    }
    if (is_same(rows, input)) {
        change->end = CREDENTIALS_SAME;
        change->at = i;
        return false;
    }
    uint8_t slot = input->keep_previous ? slot_beside(rows) : 0;
    step->endpoint = endpoint_of(input);
    step->purpose = input->what.purpose;
    for (uint8_t k = 0; k < CREDENTIAL_SLOTS; k++) {
        step->drops[k] = rows[k] != NULL && (!input->keep_previous || k == slot);
    }
    change->made = i == 0 ? rows[0] == NULL && rows[1] == NULL : change->made;
    change->step_count = i + 1;
    return seal_row(change, input, slot, step);
}

static bool plan_delete(struct credentials_change *change)
{
    const struct credential_owner *owner =
        credentials_owner(change->credentials, change->endpoint);
    bool any = false;

    change->end = CREDENTIALS_NONE;
    for (size_t i = 0; owner != NULL && i < CREDENTIAL_FORS; i++) {
        struct credential_step *step = &change->steps[i];
        *step = (struct credential_step){.endpoint = change->endpoint,
                                         .purpose = (enum credential_for)i};
        for (size_t k = 0; k < CREDENTIAL_SLOTS; k++) {
            step->drops[k] =
                change->purposes[i] && change->slots[k] && owner->rows[i][k] != NULL;
            any |= step->drops[k];
        }
        change->step_count = i + 1;
    }
    return any;
}

/* On the thread that changes: nobody else can, so that no lock is needed to look. */
static bool plan(struct credentials_change *change)
{
    change->end = CREDENTIALS_NOT_KEPT;
    change->steps =
        calloc(change->deletes ? CREDENTIAL_FORS : change->count, sizeof(*change->steps));
    if (change->steps == NULL) {
        return false;
    }
    if (change->deletes) {
        return plan_delete(change);
    }
    if (!seal_make(&change->credentials->seal)) {
        return false;
    }
    for (size_t i = 0; i < change->count; i++) {
        if (!plan_input(change, i)) {
            return false;
        }
    }
    return true;
}

/* ---- In force ---- */

static void apply_step(struct credentials *credentials, struct credential_step *step)
{
    for (size_t k = 0; k < CREDENTIAL_SLOTS; k++) {
        const struct credential_owner *owner = credentials_owner(credentials, step->endpoint);
        if (step->drops[k] && owner != NULL) {
            credentials_unlink(credentials, owner->rows[step->purpose][k]);
        }
    }
    if (step->row != NULL) {
        credentials_link(credentials, step->endpoint, step->row);
    }
}

static void apply(struct credentials_change *change)
{
    struct credentials *credentials = change->credentials;

    pthread_rwlock_wrlock(&credentials->lock);
    for (size_t i = 0; i < change->step_count; i++) {
        apply_step(credentials, &change->steps[i]);
    }
    pthread_rwlock_unlock(&credentials->lock);
    for (size_t i = 0; credentials->changed != NULL && i < change->step_count; i++) {
        const struct credential_step *step = &change->steps[i];
        bool revoked = step->drops[0] || step->drops[1];
        if (revoked || step->row != NULL) {
            credentials->changed(credentials->context, step->purpose, step->endpoint, revoked);
        }
    }
}

static void settle(struct credentials_change *change, bool good)
{
    if (good) {
        change->end = CREDENTIALS_DONE;
        apply(change);
    }
    for (size_t i = 0; !good && i < change->step_count; i++) {
        free(change->steps[i].row);
    }
    free(change->steps);
    change->steps = NULL;
    for (size_t i = 0; i < change->count; i++) {
        seal_wipe(change->inputs[i].key, sizeof(change->inputs[i].key));
    }
}

/* ---- In the store ---- */

static bool run_statement(sqlite3_stmt *statement)
{
    bool good = sqlite3_step(statement) == SQLITE_DONE;

    (void)sqlite3_reset(statement);
    return good;
}

static void bind_bytes(sqlite3_stmt *statement, int at, struct ln_bytes bytes)
{
    sqlite3_bind_blob(statement, at, bytes.at, (int)bytes.len, SQLITE_STATIC);
}

static void bind_place(sqlite3_stmt *statement, const struct credential_step *step, size_t slot)
{
    bind_bytes(statement, 1, step->endpoint);
    sqlite3_bind_text(statement, 2, credential_for_names[step->purpose], -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 3, (int)slot + 1);
}

static bool write_row(sqlite3_stmt *put, const struct credential_step *step)
{
    const struct credential_row *row = step->row;

    bind_place(put, step, row->slot);
    sqlite3_bind_text(put, 4, credential_mode_names[row->mode], -1, SQLITE_STATIC);
    bind_bytes(put, 5, credential_row_identity(row));
    bind_bytes(put, 6, credential_row_sealed(row));
    sqlite3_bind_int64(put, 7, row->created_at);
    return run_statement(put);
}

static bool write_step(sqlite3_stmt *put, sqlite3_stmt *drop,
                       const struct credential_step *step)
{
    for (size_t k = 0; k < CREDENTIAL_SLOTS; k++) {
        if (!step->drops[k]) {
            continue;
        }
        bind_place(drop, step, k);
        if (!run_statement(drop)) {
            return false;
        }
    }
    return step->row == NULL || write_row(put, step);
}

static bool write_steps(struct credentials_change *change, sqlite3 *db)
{
    sqlite3_stmt *put = NULL;
    sqlite3_stmt *drop = NULL;
    bool good =
        sqlite3_prepare_v2(db,
                           "INSERT OR REPLACE INTO credentials (endpoint, purpose, slot, mode,"
                           " identity, secret, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                           -1, &put, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(
            db, "DELETE FROM credentials WHERE endpoint=?1 AND purpose=?2 AND slot=?3", -1,
            &drop, NULL) == SQLITE_OK;

    for (size_t i = 0; good && i < change->step_count; i++) {
        good = write_step(put, drop, &change->steps[i]);
    }
    sqlite3_finalize(put);
    sqlite3_finalize(drop);
    return good;
}

static bool write_check(struct credentials *credentials, sqlite3 *db)
{
    uint8_t sealed[CHECK_SEALED];
    sqlite3_stmt *put = NULL;
    bool good =
        seal_close(&credentials->seal, check_bound(), ln_bytes(check_text, sizeof(check_text)),
                   sealed) &&
        sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO meta VALUES ('" CHECK_NAME "', ?1)", -1,
                           &put, NULL) == SQLITE_OK;

    if (good) {
        bind_bytes(put, 1, ln_bytes(sealed, sizeof(sealed)));
        good = run_statement(put);
    }
    sqlite3_finalize(put);
    return good;
}

static bool run_change(struct store_job *job, sqlite3 *db)
{
    struct credentials_change *change = (struct credentials_change *)job;
    struct credentials *credentials = change->credentials;

    if (!plan(change)) {
        return false;
    }
    change->end = CREDENTIALS_NOT_KEPT;
    return (credentials->has_check || write_check(credentials, db)) && write_steps(change, db);
}

static void change_done(struct store_job *job, bool ok)
{
    struct credentials_change *change = (struct credentials_change *)job;

    change->credentials->has_check |= ok;
    settle(change, ok);
    change->done(change);
}

void credentials_do(struct credentials_change *change)
{
    struct store *store = change->credentials->store;

    if (store == NULL) {
        pthread_mutex_t *changing = &change->credentials->changing;
        pthread_mutex_lock(changing);
        settle(change, plan(change));
        pthread_mutex_unlock(changing);
        change->done(change);
        return;
    }
    change->end = CREDENTIALS_NOT_KEPT; /* what is so if the job is never begun */
    change->job.run = run_change;
    change->job.done = change_done;
    store_write(store, &change->job);
}

/* ---- Taken from the store ---- */

struct load {
    struct store_job job; /* first */
    struct credentials *credentials;
    char *why;
    sem_t over;
    bool good;
};

static bool refuse(struct load *load, const char *sentence)
{
    (void)snprintf(load->why, STORE_WHY_MAX, "%s", sentence);
    return false;
}

static struct ln_bytes column(sqlite3_stmt *row, int at)
{
    const void *bytes = sqlite3_column_blob(row, at);

    return ln_bytes(bytes, (size_t)sqlite3_column_bytes(row, at));
}

static int index_of(const char *const *names, int count, struct ln_bytes name)
{
    int i = 0;

    while (i < count && !ln_bytes_are(name, names[i])) {
        i++;
    }
    return i;
}

static bool check_key(struct load *load, sqlite3 *db)
{
    struct credentials *credentials = load->credentials;
    uint8_t plain[SEALED_MAX];
    sqlite3_stmt *row = NULL;
    bool good = true;

    if (sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key='" CHECK_NAME "'", -1, &row,
                           NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW) {
        struct ln_bytes sealed = column(row, 0);
        credentials->has_check = true;
        if (credentials->seal.key == NULL) {
            good = refuse(load,
                          "the credentials are sealed, and their master key is not here: put "
                          "back the file `key`, or give LINNET_KEY or LINNET_KEY_FILE");
        } else if (sealed.len != CHECK_SEALED ||
                   !seal_open(&credentials->seal, check_bound(), sealed, plain)) {
            good =
                refuse(load, "the credentials are sealed with another master key: put back the "
                             "file `key` that belongs to them, or give the right LINNET_KEY or "
                             "LINNET_KEY_FILE");
        }
    }
    sqlite3_finalize(row);
    return good;
}

static bool load_row(struct load *load, sqlite3_stmt *at)
{
    struct ln_bytes endpoint = column(at, 0);
    struct ln_bytes identity = column(at, 4);
    struct ln_bytes sealed = column(at, 5);
    int purpose = index_of(credential_for_names, CREDENTIAL_FORS, column(at, 1));
    int slot = sqlite3_column_int(at, 2);
    int mode = index_of(credential_mode_names, CREDENTIAL_MODES, column(at, 3));

    if (endpoint.len == 0 || endpoint.len > CREDENTIAL_ENDPOINT_MAX || identity.len == 0 ||
        identity.len > CREDENTIAL_IDENTITY_MAX || sealed.len < SEAL_MORE ||
        sealed.len > SEALED_MAX || purpose == CREDENTIAL_FORS || mode == CREDENTIAL_MODES ||
        slot < 1 || slot > CREDENTIAL_SLOTS) {
        return refuse(load, "a row of credentials is damaged: put a backup in its place");
    }
    struct credential_row *row =
        credential_row_new((enum credential_for)purpose, (enum credential_mode)mode,
                           (uint8_t)(slot - 1), identity, sealed, sqlite3_column_int64(at, 6));
    if (row == NULL) {
        return refuse(load, "no memory for the credentials");
    }
    credentials_link(load->credentials, endpoint, row);
    return true;
}

static bool load_rows(struct load *load, sqlite3 *db)
{
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(
        db,
        "SELECT endpoint, purpose, slot, mode, identity, secret, created_at FROM credentials",
        -1, &rows, NULL);
    bool good = true;

    while (code == SQLITE_OK && good && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        good = load_row(load, rows);
        code = SQLITE_OK;
    }
    if (good && code != SQLITE_DONE) {
        good = refuse(load, "the credentials cannot be read: put back a backup of linnet.db");
    }
    sqlite3_finalize(rows);
    return good;
}

static bool run_load(struct store_job *job, sqlite3 *db)
{
    struct load *load = (struct load *)job;

    return check_key(load, db) && load_rows(load, db);
}

static void load_done(struct store_job *job, bool ok)
{
    struct load *load = (struct load *)job;

    load->good = ok;
    sem_post(&load->over);
}

bool credentials_load(struct credentials *credentials, struct store *store,
                      char why[STORE_WHY_MAX])
{
    struct load load = {
        .job = {.run = run_load, .done = load_done}, .credentials = credentials, .why = why};

    why[0] = '\0';
    credentials->store = store;
    sem_init(&load.over, 0, 0);
    store_read(store, &load.job);
    while (sem_wait(&load.over) != 0) {
    }
    sem_destroy(&load.over);
    if (!load.good && why[0] == '\0') {
        (void)refuse(&load, "the credentials cannot be read");
    }
    return load.good;
}

/* ---- --check ---- */

bool credentials_check(sqlite3 *db, const char *folder, struct credentials_found *found,
                       char why[STORE_WHY_MAX])
{
    struct load load = {.credentials = credentials_new(folder, why), .why = why};

    *found = (struct credentials_found){0};
    if (load.credentials == NULL) {
        return false;
    }
    found->has_key = load.credentials->seal.key != NULL;
    bool good = (!found->has_key || check_key(&load, db)) && load_rows(&load, db);
    if (good) {
        found->count = credentials_count(load.credentials);
        found->unreadable = found->has_key ? credentials_that_do_not_open(load.credentials) : 0;
    }
    credentials_free(load.credentials);
    return good;
}
