/* Who may do what: tokens and their roles. */
#ifndef LINNETD_AUTH_H
#define LINNETD_AUTH_H

#include <linnet/base.h>

#include <pthread.h>
#include <stdatomic.h>

struct request;

/* Each may do what those before it may. */
enum role { ROLE_OPEN, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };

enum {
    AUTH_TOKEN_MAX = 256,
    AUTH_TOKEN_STRONG = 16,       /* shorter ones can be guessed in time */
    AUTH_GENERATED_TEXT = 43 + 1, /* 32 random bytes in base64url, and NUL */
    AUTH_SLOTS = 1024,
    AUTH_TOKENS_MAX = 256,
    AUTH_HASH = 32,
    AUTH_ID_TEXT = 16 + 1,
    AUTH_NAME_MAX = 64,
};

/* The id of the token that LINNET_TOKEN gives: it is as good as long as the environment says so. */
#define AUTH_ENVIRONMENT_ID "environment"

/*
 * A token is known by its hash alone. SHA-256 without salt or rounds is enough, for what we make
 * has 256 random bits: who has the hash cannot try them all. Slow hashes are for words that people
 * choose. LINNET_TOKEN may be one of those, and so it is not written to the disk at all.
 */
struct auth_token {
    char id[AUTH_ID_TEXT]; /* rises with the time at which it was made */
    char name[AUTH_NAME_MAX + 1];
    enum role role;
    uint8_t hash[AUTH_HASH];
    int64_t created_at; /* milliseconds since 1970; 0: not known */
    int64_t used_at;    /* since this start; 0: not yet */
};

/*
 * Wrong tokens of one address (or of several that share a slot): each may try so often and no
 * more.
 */
struct auth_slot {
    ln_time refilled;
    int left;
};

struct auth {
    pthread_mutex_t lock;
    struct auth_token tokens[AUTH_TOKENS_MAX]; /* by id; with the lock held */
    size_t count;
    uint8_t seed[16];
    struct auth_slot slots[AUTH_SLOTS]; /* the HTTP thread's */
    atomic_uint_fast64_t failures;
};

void auth_init(struct auth *auth);
void auth_fini(struct auth *auth);

/* "viewer", "operator", "admin"; ROLE_OPEN for another word. */
enum role auth_role_of_text(const char *text);
const char *auth_role_text(enum role role);

/* Makes one, its text for once; `token` is then to be added. */
void auth_make(struct auth_token *token, enum role role, const char *name,
               char text[AUTH_GENERATED_TEXT]);
/*
 * The administrator's, as LINNET_TOKEN has it. False: it is too long, or has characters that no
 * header can hold.
 */
LN_MUST_USE bool auth_add_environment(struct auth *auth, const char *text);

/* Any thread. False: there are as many as there may be. */
LN_MUST_USE bool auth_add(struct auth *auth, const struct auth_token *token);
/* Any thread: it is not valid any more, for requests that come. */
void auth_remove(struct auth *auth, const char *id);
/* Any thread: a copy of the token. False: there is none of this id. */
LN_MUST_USE bool auth_find(struct auth *auth, const char *id, struct auth_token *out);
/* Any thread: copies of those that come after this id, in order of their ids. */
size_t auth_list(struct auth *auth, const char *after, struct auth_token *out, size_t most);
/* Any thread. */
size_t auth_total(struct auth *auth);
size_t auth_count(struct auth *auth, enum role role);

/*
 * Whether the request, from that address, may use a route of that role. If not, the problem is
 * set. `header` is the value of Authorization, or NULL.
 */
bool auth_check(struct auth *auth, struct request *request, enum role role, const char *header,
                const struct ln_address *from, ln_time now);

#endif
