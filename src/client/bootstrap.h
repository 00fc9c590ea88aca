/* What the files of the client's bootstrap share. */
#ifndef LN_CLIENT_BOOTSTRAP_SHARED_H
#define LN_CLIENT_BOOTSTRAP_SHARED_H

#include "client/data.h"
#include "client/requests.h"

#include <linnet/client_bootstrap.h>

/* The machine that a client of a bootstrap server is part of: its first member. */
static inline struct ln_client_bootstrap *ln_client__bootstrap_of(struct ln_client *peer)
{
    return (struct ln_client_bootstrap *)peer;
}

/* The bootstrap account among these objects; NULL if there is none. Sets *id. */
struct ln_security *ln_client__bootstrap_account(const struct ln_client_config *config,
                                                 uint16_t *id);
/* Whether there is a server account, both halves of it. */
bool ln_client__has_server_account(const struct ln_client_config *config);

/* ---- bootstrap_copies.c: the second copies, and how they become the first ---- */

/* How the bootstrap may change the object; NULL: not at all. */
const struct ln_client_bootstrap_object *
ln_client__bootstrap_object(const struct ln_client_bootstrap *b, uint16_t object);
/* False: a copy is missing, or too small. */
bool ln_client__init_copies(struct ln_client_bootstrap *b);
/* Makes the copies equal to what the device has: the transaction is open. */
void ln_client__open_copies(struct ln_client_bootstrap *b);
/* Before the first change of an object that is written in place. */
LN_MUST_USE ln_err ln_client__touch(struct ln_client_bootstrap *b,
                                    const struct ln_client_bootstrap_object *object);
/* Copies and firsts change places. */
void ln_client__swap_copies(struct ln_client_bootstrap *b);
/* The transaction is over: what is in the copies goes, and the keys that only they had. */
void ln_client__close_copies(struct ln_client_bootstrap *b, bool commits);
/* Keys that nothing leads to any more. */
void ln_client__wipe_unused_keys(struct ln_client_bootstrap *b);
/* A place for a key that only the copies use, in the place of the one there. LN_ERR_NO_SPACE. */
LN_MUST_USE ln_err ln_client__own_buffer(struct ln_client_bootstrap *b,
                                         struct ln_buffer *buffer);

/* ---- bootstrap_store.c ---- */

/* Writes what a Bootstrap-Write says to the copies: first checked whole, then stored. */
LN_MUST_USE ln_err ln_client__bootstrap_store(struct ln_client__request *r);

/* ---- bootstrap_check.c ---- */

/* Whether these objects may be the device's own. NONE: they may; else *path says where not. */
enum ln_client_bootstrap_reason
ln_client__bootstrap_check(const struct ln_client_config *config, struct ln_path *path);

/* ---- bootstrap_operations.c ---- */

/* Ends with NULL: what the bootstrap server may ask. */
extern const struct ln_client_operation *const ln_client__bootstrap_operations[];

/* ---- bootstrap_request.c ---- */

/* Writes the Bootstrap-Request and starts its exchange. False: it does not fit a datagram. */
bool ln_client__write_bootstrap_request(struct ln_client_bootstrap *b);
/* What the answer to it says: 0 while it is to be asked again, with less. */
enum ln_client__bootstrap_answer {
    LN_CLIENT_BOOTSTRAP_ANSWERED_YES,
    LN_CLIENT_BOOTSTRAP_ANSWERED_NO,
    LN_CLIENT_BOOTSTRAP_ASKED_AGAIN,
};
enum ln_client__bootstrap_answer ln_client__bootstrap_answered(struct ln_client_bootstrap *b,
                                                               uint8_t code);

/* ---- bootstrap.c: what the bootstrap server's requests mean for the machine ---- */

/* Whether it may do something now; opens the transaction where it may begin unasked. */
bool ln_client__bootstrap_may_begin(struct ln_client_bootstrap *b, ln_time now);
/* A request of it was carried out, or refused with `code`. */
void ln_client__bootstrap_heard(struct ln_client_bootstrap *b, ln_time now);
/* Finish: commits. LN_ERR_NOT_ACCEPTABLE: it does not hold together; other errors are keep()'s. */
LN_MUST_USE ln_err ln_client__bootstrap_finish(struct ln_client_bootstrap *b, ln_time now);

#endif
