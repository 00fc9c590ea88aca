/* Who may do what: tokens and their roles. */
#ifndef LINNETD_AUTH_H
#define LINNETD_AUTH_H

#include <linnet/base.h>

#include <stdatomic.h>

struct request;

/* Each may do what those before it may. */
enum role { ROLE_OPEN, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };

enum {
    AUTH_TOKEN_MAX = 256,
    AUTH_TOKEN_STRONG = 16,       /* shorter ones can be guessed in time */
    AUTH_GENERATED_TEXT = 43 + 1, /* 32 random bytes in base64url, and NUL */
    AUTH_SLOTS = 1024,
};

/*
 * Wrong tokens of one address (or of several that share a slot): each may try so often and no
 * more.
 */
struct auth_slot {
    ln_time refilled;
    int left;
};

/* Used by the HTTP thread alone, but for `failures`. */
struct auth {
    char token[AUTH_TOKEN_MAX + 1];
    size_t token_len;
    uint8_t seed[16];
    struct auth_slot slots[AUTH_SLOTS];
    atomic_uint_fast64_t failures;
};

/*
 * `token` NULL or empty: makes one, and writes it to `made`. False: the token is too long, or has
 * characters that no header can hold.
 */
LN_MUST_USE bool auth_init(struct auth *auth, const char *token,
                           char made[AUTH_GENERATED_TEXT]);
void auth_fini(struct auth *auth);

/*
 * Whether the request, from that address, may use a route of that role. If not, the problem is
 * set. `header` is the value of Authorization, or NULL.
 */
bool auth_check(struct auth *auth, struct request *request, enum role role, const char *header,
                const struct ln_address *from, ln_time now);

#endif
