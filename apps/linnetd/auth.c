/* Knows tokens by their hashes, and slows down who guesses. */

#include "linnetd/auth.h"

#include "linnetd/http.h"

#include <linnet/net.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    FAILURES_IN_A_ROW = 20,
    FAILURE_REFILL_MS = 1000,
};

void auth_init(struct auth *auth)
{
    memset(auth, 0, sizeof(*auth));
    pthread_mutex_init(&auth->lock, NULL);
    ln_random_system.fill(ln_random_system.context, auth->seed, sizeof(auth->seed));
}

void auth_fini(struct auth *auth)
{
    explicit_bzero(auth->tokens, sizeof(auth->tokens));
    auth->count = 0;
}

/* ---- Roles ---- */

static const char *const role_names[] = {"", "viewer", "operator", "admin"};

enum role auth_role_of_text(const char *text)
{
    for (int role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        if (strcmp(text, role_names[role]) == 0) {
            return (enum role)role;
        }
    }
    return ROLE_OPEN;
}

const char *auth_role_text(enum role role)
{
    return role_names[role];
}

/* ---- Making ---- */

static bool hash_of(const char *text, uint8_t hash[AUTH_HASH])
{
    return gnutls_hash_fast(GNUTLS_DIG_SHA256, text, strlen(text), hash) == 0;
}

/* Time in front, so that ids rise; then bits by which those of one moment differ. */
static void make_id(char id[AUTH_ID_TEXT], int64_t now)
{
    (void)snprintf(id, AUTH_ID_TEXT, "%012llx%04x", (unsigned long long)now & 0xFFFFFFFFFFFF,
                   ln_random_u32(&ln_random_system) & 0xFFFF);
}

void auth_make(struct auth_token *token, enum role role, const char *name,
               char text[AUTH_GENERATED_TEXT])
{
    uint8_t random[32];
    struct ln_writer w = ln_writer(text, AUTH_GENERATED_TEXT);

    ln_random_system.fill(ln_random_system.context, random, sizeof(random));
    ln_write_base64url(&w, ln_bytes(random, sizeof(random)));
    ln_write_u8(&w, '\0');
    explicit_bzero(random, sizeof(random));
    *token = (struct auth_token){.role = role, .created_at = ln_clock_wall_ms()};
    make_id(token->id, token->created_at);
    (void)snprintf(token->name, sizeof(token->name), "%s", name);
    (void)hash_of(text, token->hash);
}

static bool is_printable(const char *token)
{
    for (; *token != '\0'; token++) {
        if (*token <= ' ' || *token > '~') {
            return false;
        }
    }
    return true;
}

bool auth_add_environment(struct auth *auth, const char *text)
{
    struct auth_token token = {
        .id = AUTH_ENVIRONMENT_ID, .name = "LINNET_TOKEN", .role = ROLE_ADMIN};

    return strlen(text) <= AUTH_TOKEN_MAX && is_printable(text) && hash_of(text, token.hash) &&
           auth_add(auth, &token);
}

/* ---- The list ---- */

/* With the lock held: where the first token stands whose id is not lower. */
static size_t place_of(const struct auth *auth, const char *id)
{
    size_t i = 0;

    while (i < auth->count && strcmp(auth->tokens[i].id, id) < 0) {
        i++;
    }
    return i;
}

static bool is_at(const struct auth *auth, size_t i, const char *id)
{
    return i < auth->count && strcmp(auth->tokens[i].id, id) == 0;
}

bool auth_add(struct auth *auth, const struct auth_token *token)
{
    pthread_mutex_lock(&auth->lock);
    size_t i = place_of(auth, token->id);
    bool fits = auth->count < AUTH_TOKENS_MAX && !is_at(auth, i, token->id);
    if (fits) {
        memmove(&auth->tokens[i + 1], &auth->tokens[i],
                (auth->count - i) * sizeof(auth->tokens[0]));
        auth->tokens[i] = *token;
        auth->count++;
    }
    pthread_mutex_unlock(&auth->lock);
    return fits;
}

void auth_remove(struct auth *auth, const char *id)
{
    pthread_mutex_lock(&auth->lock);
    size_t i = place_of(auth, id);
    if (is_at(auth, i, id)) {
        auth->count--;
        memmove(&auth->tokens[i], &auth->tokens[i + 1],
                (auth->count - i) * sizeof(auth->tokens[0]));
    }
    pthread_mutex_unlock(&auth->lock);
}

bool auth_find(struct auth *auth, const char *id, struct auth_token *out)
{
    pthread_mutex_lock(&auth->lock);
    size_t i = place_of(auth, id);
    bool found = is_at(auth, i, id);
    if (found) {
        *out = auth->tokens[i];
    }
    pthread_mutex_unlock(&auth->lock);
    return found;
}

size_t auth_list(struct auth *auth, const char *after, struct auth_token *out, size_t most)
{
    size_t count = 0;

    pthread_mutex_lock(&auth->lock);
    for (size_t i = 0; i < auth->count && count < most; i++) {
        if (strcmp(auth->tokens[i].id, after) > 0) {
            out[count++] = auth->tokens[i];
        }
    }
    pthread_mutex_unlock(&auth->lock);
    return count;
}

size_t auth_total(struct auth *auth)
{
    pthread_mutex_lock(&auth->lock);
    size_t count = auth->count;
    pthread_mutex_unlock(&auth->lock);
    return count;
}

size_t auth_count(struct auth *auth, enum role role)
{
    size_t count = 0;

    pthread_mutex_lock(&auth->lock);
    for (size_t i = 0; i < auth->count; i++) {
        count += auth->tokens[i].role == role ? 1 : 0;
    }
    pthread_mutex_unlock(&auth->lock);
    return count;
}

/* ---- Checking ---- */

static struct auth_slot *slot_of(struct auth *auth, const struct ln_address *from, ln_time now)
{
    uint64_t hash = ln_hash(auth->seed, ln_bytes(from->ip, sizeof(from->ip)));
    struct auth_slot *slot = &auth->slots[hash % AUTH_SLOTS];

    if (slot->refilled == 0) {
        *slot = (struct auth_slot){now, FAILURES_IN_A_ROW};
    }
    int64_t more = (now - slot->refilled) / FAILURE_REFILL_MS;
    if (more > 0) {
        slot->left =
            more < FAILURES_IN_A_ROW - slot->left ? slot->left + (int)more : FAILURES_IN_A_ROW;
        slot->refilled += more * FAILURE_REFILL_MS;
    }
    return slot;
}

static const char *bearer_token(const char *header)
{
    static const char scheme[] = "Bearer ";

    if (header == NULL || strncasecmp(header, scheme, sizeof(scheme) - 1) != 0) {
        return NULL;
    }
    header += sizeof(scheme) - 1;
    return header + strspn(header, " ");
}

/* Hashes are compared: how long that takes tells nothing of the token. */
static enum role use_token(struct auth *auth, const char *text, char id[AUTH_ID_TEXT])
{
    uint8_t hash[AUTH_HASH];
    enum role role = ROLE_OPEN;

    if (!hash_of(text, hash)) {
        return ROLE_OPEN;
    }
    pthread_mutex_lock(&auth->lock);
    for (size_t i = 0; i < auth->count; i++) {
        if (memcmp(auth->tokens[i].hash, hash, sizeof(hash)) == 0) {
            role = auth->tokens[i].role;
            auth->tokens[i].used_at = ln_clock_wall_ms();
            memcpy(id, auth->tokens[i].id, AUTH_ID_TEXT);
        }
    }
    pthread_mutex_unlock(&auth->lock);
    return role;
}

/* Who guesses is slowed down; who has the token is not, whoever else guesses from the same address. */
static bool wrong_token(struct auth *auth, struct request *request, struct auth_slot *slot)
{
    if (slot->left == 0) {
        return problem(request, PROBLEM_TOO_MANY_FAILURES,
                       "too many wrong tokens from this address: wait a moment");
    }
    slot->left--;
    atomic_fetch_add(&auth->failures, 1);
    return problem(request, PROBLEM_NO_TOKEN, "the token is not valid");
}

bool auth_check(struct auth *auth, struct request *request, enum role role, const char *header,
                const struct ln_address *from, ln_time now)
{
    if (role == ROLE_OPEN) {
        return true;
    }
    const char *token = bearer_token(header);
    if (token == NULL) {
        return problem(request, PROBLEM_NO_TOKEN,
                       "send the header \"Authorization: Bearer TOKEN\"");
    }
    enum role has = use_token(auth, token, request->token_id);
    if (has == ROLE_OPEN) {
        return wrong_token(auth, request, slot_of(auth, from, now));
    }
    return has >= role ||
           problem(request, PROBLEM_FORBIDDEN,
                   "this needs a token of role %s, and this one is %s",
                   role == ROLE_ADMIN ? "admin" : "operator or admin", role_names[has]);
}
