/* /tokens: who may use the API, and as what. */

#include "linnetd/tokens.h"

#include "linnetd/daemon.h"
#include "linnetd/json_out.h"
#include "linnetd/routes.h"

#include <linnet/net.h>

#include <semaphore.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 1000 };

/* ---- Start ---- */

bool tokens_start(struct daemon *daemon, struct made_token *made, char why[STORE_WHY_MAX])
{
    if (daemon->store != NULL &&
        !token_rows_read(store_database(daemon->store), &daemon->auth)) {
        (void)snprintf(
            why, STORE_WHY_MAX,
            "%.300s: the table of tokens cannot be read: put a backup of linnet.db in "
            "its place",
            daemon->config.data);
        return false;
    }
    if (auth_count(&daemon->auth, ROLE_ADMIN) > 0) {
        return true;
    }
    auth_make(&made->token, ROLE_ADMIN, "first", made->text);
    if (!auth_add(&daemon->auth, &made->token)) {
        (void)snprintf(why, STORE_WHY_MAX,
                       "%.300s: nobody could administer the server, and there are too many "
                       "tokens to make one: start with LINNET_TOKEN, and remove some",
                       daemon->config.data);
        return false;
    }
    return true;
}

struct keeping {
    struct store_job job;
    const struct auth_token *token;
    sem_t over;
    bool kept;
};

static bool run_keeping(struct store_job *job, struct sqlite3 *db)
{
    return token_row_add(db, ((struct keeping *)(void *)job)->token);
}

static void end_keeping(struct store_job *job, bool ok)
{
    struct keeping *keeping = (struct keeping *)(void *)job;

    keeping->kept = ok;
    (void)sem_post(&keeping->over);
}

bool tokens_keep(struct daemon *daemon, const struct made_token *made)
{
    struct keeping keeping = {.job = {.run = run_keeping, .done = end_keeping},
                              .token = &made->token};

    if (made->text[0] == '\0' || daemon->store == NULL) {
        return true;
    }
    (void)sem_init(&keeping.over, 0, 0);
    store_write(daemon->store, &keeping.job);
    while (sem_wait(&keeping.over) != 0) {
    }
    (void)sem_destroy(&keeping.over);
    return keeping.kept;
}

/* ---- A change: decided and done on the store's thread, one after the other ---- */

struct change {
    struct store_job job;
    struct request *request;
    struct auth_token token; /* to add; or the id of the one to delete */
    char text[AUTH_GENERATED_TEXT];
    bool add;
    enum problem_kind refused;
    bool failed;
};

static enum problem_kind why_not(struct auth *auth, const struct change *change)
{
    struct auth_token found;

    if (change->add) {
        return auth_total(auth) < AUTH_TOKENS_MAX ? PROBLEM_NONE : PROBLEM_TOO_MANY_TOKENS;
    }
    if (!auth_find(auth, change->token.id, &found)) {
        return PROBLEM_UNKNOWN_TOKEN;
    }
    bool last = found.role == ROLE_ADMIN && auth_count(auth, ROLE_ADMIN) == 1;
    return last ? PROBLEM_LAST_ADMIN : PROBLEM_NONE;
}

static void apply(struct daemon *daemon, struct change *change)
{
    if (!change->add) {
        auth_remove(&daemon->auth, change->token.id);
        events_end_token(&daemon->events, change->token.id);
    } else if (!auth_add(&daemon->auth, &change->token)) {
        change->failed = true;
    }
}

static bool run_change(struct store_job *job, struct sqlite3 *db)
{
    struct change *change = (struct change *)(void *)job;

    change->refused = why_not(&change->request->daemon->auth, change);
    if (change->refused != PROBLEM_NONE) {
        return false;
    }
    return change->add ? token_row_add(db, &change->token)
                       : token_row_delete(db, change->token.id);
}

static void end_change(struct store_job *job, bool ok)
{
    struct change *change = (struct change *)(void *)job;

    change->failed = !ok;
    if (ok) {
        apply(change->request->daemon, change);
    }
    call_done(&change->request->calls[0]);
}

static void token_json(struct json_out *json, const struct auth_token *token, const char *text)
{
    out_open(json, '{');
    out_key(json, "id");
    out_text(json, token->id);
    out_key(json, "name");
    token->name[0] != '\0' ? out_text(json, token->name) : out_null(json);
    out_key(json, "role");
    out_text(json, auth_role_text(token->role));
    out_key(json, "created_at");
    token->created_at != 0 ? out_time_ms(json, token->created_at) : out_null(json);
    out_key(json, "last_used");
    token->used_at != 0 ? out_time_ms(json, token->used_at) : out_null(json);
    if (text != NULL) {
        out_key(json, "token");
        out_text(json, text);
    }
    out_close(json, '}');
}

static void respond_added(struct request *request, const struct change *change)
{
    struct text_out location = {.at = NULL};
    struct json_out json = {.out = respond_json(request, 201)};

    token_json(&json, &change->token, change->text);
    text_add(&location, "/api/v1/tokens/");
    text_bytes(&location, ln_bytes(change->token.id, strlen(change->token.id) + 1));
    request->answer.location = location.at;
}

static void finish_change(struct request *request)
{
    struct change *change = request->state;

    switch (change->refused) {
    case PROBLEM_NONE:
        break;
    case PROBLEM_LAST_ADMIN:
        problem(request, PROBLEM_LAST_ADMIN,
                "this is the last token of role admin: add another one first");
        return;
    case PROBLEM_TOO_MANY_TOKENS:
        problem(request, PROBLEM_TOO_MANY_TOKENS, "there may be %d: remove one",
                AUTH_TOKENS_MAX);
        return;
    default:
        problem(request, change->refused, "GET /api/v1/tokens lists them");
        return;
    }
    if (change->failed) {
        problem(request, PROBLEM_READ_ONLY, "the disk takes nothing: see the log of linnetd");
    } else if (change->add) {
        respond_added(request, change);
    } else {
        respond_empty(request);
    }
    explicit_bzero(change->text, sizeof(change->text));
}

static void free_change(void *state)
{
    explicit_bzero(state, sizeof(struct change));
}

static void begin_change(struct request *request, struct change *change)
{
    struct store *store = request->daemon->store;

    change->job = (struct store_job){.run = run_change, .done = end_change};
    change->request = request;
    if (store != NULL) {
        request_wait(request, finish_change);
        store_write(store, &change->job);
        return;
    }
    change->refused = why_not(&request->daemon->auth, change);
    if (change->refused == PROBLEM_NONE) {
        apply(request->daemon, change);
    }
    finish_change(request);
}

/* ---- The routes ---- */

/* Control characters could drive the terminal of who lists the tokens. */
static bool read_name(struct request *request, const json_t *body, const char **name)
{
    const json_t *member = json_object_get(body, "name");

    *name = "";
    if (member == NULL || json_is_null(member)) {
        return true;
    }
    *name = json_string_value(member);
    size_t len = json_string_length(member);
    bool good = *name != NULL && len > 0 && len <= AUTH_NAME_MAX;
    for (size_t i = 0; good && i < len; i++) {
        good = (unsigned char)(*name)[i] >= ' ' && (*name)[i] != 0x7F;
    }
    return good || problem(request, PROBLEM_BAD_VALUE,
                           "\"name\" is a text of 1 to %d bytes without control characters",
                           AUTH_NAME_MAX);
}

static bool read_role(struct request *request, const json_t *body, enum role *role)
{
    const char *text = json_string_value(json_object_get(body, "role"));

    *role = text != NULL ? auth_role_of_text(text) : ROLE_OPEN;
    return *role != ROLE_OPEN ||
           problem(request, PROBLEM_BAD_VALUE, "\"role\" is viewer, operator or admin");
}

void handle_token_add(struct request *request)
{
    static const char *const members[] = {"role", "name", NULL};
    struct change *change;
    const char *name;
    enum role role;

    if (!request_query_only(request, (const char *const[]){NULL})) {
        return;
    }
    const json_t *body = request_json(request, false, members);
    if (body == NULL || !read_role(request, body, &role) || !read_name(request, body, &name)) {
        return;
    }
    change = request_state(request, sizeof(*change), free_change);
    if (change != NULL) {
        auth_make(&change->token, role, name, change->text);
        change->add = true;
        begin_change(request, change);
    }
}

void handle_token_delete(struct request *request)
{
    struct ln_bytes id = request->segments[request->segment_count - 1];
    struct change *change;

    if (!request_query_only(request, (const char *const[]){NULL})) {
        return;
    }
    if (ln_bytes_are(id, AUTH_ENVIRONMENT_ID)) {
        problem(request, PROBLEM_LAST_ADMIN,
                "this is the token of LINNET_TOKEN: start linnetd without it");
        return;
    }
    if (id.len >= AUTH_ID_TEXT) {
        problem(request, PROBLEM_UNKNOWN_TOKEN, "GET /api/v1/tokens lists them");
        return;
    }
    change = request_state(request, sizeof(*change), free_change);
    if (change != NULL) {
        memcpy(change->token.id, id.at, id.len);
        begin_change(request, change);
    }
}

static void list_json(struct request *request, const char *after, size_t limit)
{
    struct auth *auth = &request->daemon->auth;
    struct auth_token tokens[AUTH_TOKENS_MAX];
    size_t count = auth_list(auth, after, tokens, AUTH_TOKENS_MAX);
    struct json_out json = {.out = respond_json(request, 200)};
    size_t shown = count < limit ? count : limit;

    out_open(&json, '{');
    out_key(&json, "items");
    out_open(&json, '[');
    for (size_t i = 0; i < shown; i++) {
        token_json(&json, &tokens[i], NULL);
    }
    out_close(&json, ']');
    out_key(&json, "next");
    shown < count ? out_text(&json, tokens[shown - 1].id) : out_null(&json);
    out_key(&json, "total");
    out_unsigned(&json, auth_total(auth));
    out_close(&json, '}');
}

void handle_tokens(struct request *request)
{
    static const char *const names[] = {"limit", "cursor", NULL};
    uint64_t limit = LIMIT_DEFAULT;
    char after[AUTH_ID_TEXT] = "";

    if (request_query_only(request, names) &&
        request_query_number(request, "limit", 1, LIMIT_MAX, &limit) &&
        (request_query(request, "cursor", after, sizeof(after)) ||
         request->problem == PROBLEM_NONE)) {
        list_json(request, after, (size_t)limit);
    }
}
