/* Checks tokens in constant time and slows down who guesses. */

#include "linnetd/auth.h"

#include "linnetd/http.h"

#include <linnet/net.h>

#include <string.h>
#include <strings.h>

enum {
    FAILURES_IN_A_ROW = 20,
    FAILURE_REFILL_MS = 1000,
};

static void make_token(char out[AUTH_GENERATED_TEXT])
{
    uint8_t random[32];
    struct ln_writer w = ln_writer(out, AUTH_GENERATED_TEXT);

    ln_random_system.fill(ln_random_system.context, random, sizeof(random));
    ln_write_base64url(&w, ln_bytes(random, sizeof(random)));
    ln_write_u8(&w, '\0');
    explicit_bzero(random, sizeof(random));
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

bool auth_init(struct auth *auth, const char *token, char made[AUTH_GENERATED_TEXT])
{
    memset(auth, 0, sizeof(*auth));
    ln_random_system.fill(ln_random_system.context, auth->seed, sizeof(auth->seed));
    if (token == NULL || token[0] == '\0') {
        make_token(made);
        token = made;
    }
    auth->token_len = strlen(token);
    if (auth->token_len > AUTH_TOKEN_MAX || !is_printable(token)) {
        return false;
    }
    memcpy(auth->token, token, auth->token_len);
    return true;
}

void auth_fini(struct auth *auth)
{
    explicit_bzero(auth->token, sizeof(auth->token));
}

/* Takes the same time wherever the two differ. */
static bool same_token(const struct auth *auth, const char *token)
{
    size_t len = strlen(token);
    unsigned difference = (unsigned)(len != auth->token_len);

    for (size_t i = 0; i < AUTH_TOKEN_MAX; i++) {
        char given = i < len ? token[i] : '\0';
        difference |= (unsigned)(uint8_t)(given ^ auth->token[i]);
    }
    return difference == 0;
}

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

/* There is one token so far, the administrator's. */
static enum role role_of(const struct auth *auth, const char *token)
{
    return same_token(auth, token) ? ROLE_ADMIN : ROLE_OPEN;
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
    enum role has = role_of(auth, token);
    if (has == ROLE_OPEN) {
        return wrong_token(auth, request, slot_of(auth, from, now));
    }
    return has >= role ||
           problem(request, PROBLEM_FORBIDDEN, "this needs a token of a higher role");
}
