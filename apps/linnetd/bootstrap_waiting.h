/* What the thread of bootstrapping knows of a session that runs, and the keys that are made for it. */
#ifndef LINNETD_BOOTSTRAP_WAITING_H
#define LINNETD_BOOTSTRAP_WAITING_H

#include "linnetd/bootstrap.h"
#include "linnetd/bootstrap_input.h"

/* The endpoint follows. */
struct bootstrap_waiting {
    uint64_t session;
    uint16_t account; /* instance of object 0 that holds the bootstrap account, or LN_ID_NONE */
    bool is_proved;   /* the device proved who it is */
    bool given;       /* its configuration was handed to the engine */
    bool repairs;     /* and now once more, after deletes */
    bool made;        /* its key was made in this session */
    const char *reason; /* why we stopped it; NULL: we did not */
    uint8_t identity_len;
    uint8_t identity[CREDENTIAL_PSK_IDENTITY_MAX]; /* of a key that was made, then or before */
    uint8_t endpoint_len;
    uint8_t endpoint[];
};

/* NULL: none. */
struct bootstrap_waiting *bootstrap_waiting_find(const struct bootstrap *bootstrap,
                                                 uint64_t session);
/* What stood in the way is gone: the session goes on, or is stopped. */
void bootstrap_serve(struct bootstrap *bootstrap, struct bootstrap_waiting *waiting);
void bootstrap_give_up(struct bootstrap *bootstrap, struct bootstrap_waiting *waiting,
                       const char *reason);

/* ---- bootstrap_keys.c ---- */

struct bootstrap_key {
    struct credential_key keys[CREDENTIAL_SLOTS]; /* the first is it */
};

enum bootstrap_key_state {
    BOOTSTRAP_KEY_READY,
    BOOTSTRAP_KEY_MAKING, /* bootstrap_serve() or bootstrap_give_up() follows */
    BOOTSTRAP_KEY_FAILED,
};
/*
 * The key of the server that has one made. One that a bootstrap before left unused is handed out again, so that
 * a device that went back to its old configuration never finds its old key gone. Wipe the keys.
 */
enum bootstrap_key_state bootstrap_key_for(struct bootstrap *bootstrap,
                                           struct bootstrap_waiting *waiting,
                                           const struct bootstrap_input *input,
                                           struct bootstrap_key *out);
/* The session is over: of old and new credentials, what is no longer in use goes. */
void bootstrap_key_over(struct bootstrap *bootstrap, const struct bootstrap_waiting *waiting,
                        bool is_done);

#endif
