/* A registration: one block of memory, found by its endpoint and by its location. */

#ifndef LN_SERVER_REGISTRATIONS_H
#define LN_SERVER_REGISTRATIONS_H

#include "addresses.h"
#include "events.h"
#include "recent.h"

#include <linnet/server.h>

struct object_list;
struct endpoint;
struct request;

/*
 * A server holds a million of these: members are ordered by size, and whatever most devices do
 * not have or share with others stands elsewhere. Behind it, in one block: endpoint, sms, extra
 * parameters, identity.
 */
struct ln_registration {
    union {
        struct ln_timer expiry;   /* while it lives */
        struct event_node ending; /* once it is over */
    } at;
    struct object_list *objects;
    struct endpoint *record; /* NULL: no operations, no observations */
    uint8_t *sms;            /* behind the struct, or an Update brought a longer one */
    uint64_t session;
    ln_time registered_at;
    ln_time updated_at;
    ln_time seen_at;
    uint64_t change; /* the last durable one; 0 without a journal */
    struct ln_address remote;
    struct address_use *local;
    uint32_t lifetime;
    int32_t
        late_s; /* one that was restored may live longer than its last Update says: by so much */
    uint32_t register_print; /* to recognise a repeat of the Register */
    /*
     * The Updates that were carried out, the newest first. A copy of one must not be again, and
     * may come after later ones: what it says that is no longer so the device would not correct.
     */
    uint32_t update_print[LN_LIMIT_SERVER_UPDATES];
    uint32_t update_at[LN_LIMIT_SERVER_UPDATES]; /* the lower half of the time */
    uint16_t update_id[LN_LIMIT_SERVER_UPDATES];
    uint16_t register_id;
    uint16_t next_message; /* of our requests to it */
    struct location location;
    uint8_t version;
    uint8_t binding;
    uint8_t endpoint_length;
    uint8_t sms_length;
    uint8_t sms_room;
    uint8_t extra_length;
    uint8_t identity_length;
    uint8_t proof_mode; /* 0: the device proved nothing */
    uint16_t late_ms : 10;
    uint16_t presence : 2;     /* enum ln_presence */
    uint16_t update_count : 2; /* of those above */
    uint16_t sms_apart : 1;
    uint16_t ended : 1;
    uint8_t text[];
};

extern const struct ln_map_calls ln_server__endpoint_calls;
extern const struct ln_map_calls ln_server__location_calls;

/* What a Register says, checked. */
struct registering {
    const struct request *request;
    const struct ln_registration_query *query;
    struct object_list *objects; /* with a reference that the registration takes over */
    size_t extra_length;
};

/* NULL: no memory. All is zero but `local`, and there is room for so many bytes of text. */
struct ln_registration *ln_server__registration_block(struct ln_server *server, size_t text,
                                                      const struct ln_address *local);
/* NULL: no memory. It is in no index yet. */
struct ln_registration *ln_server__registration_new(struct ln_server *server,
                                                    const struct registering *from);
/* Gives back the block and what it holds; it must be in no index and have no operations. */
void ln_server__registration_free(struct ln_server *server,
                                  struct ln_registration *registration);
/*
 * LN_ERR_NO_MEMORY: it is in no index. Another one of its endpoint must be taken out before
 * anybody is looked for.
 */
LN_MUST_USE ln_err ln_server__registration_add(struct ln_server *server,
                                               struct ln_registration *registration);
/* The same for one that ends at `expires_at` if nothing comes. */
LN_MUST_USE ln_err ln_server__registration_add_until(struct ln_server *server,
                                                     struct ln_registration *registration,
                                                     ln_time expires_at);
/*
 * Its operations end, it leaves the indexes, and the event follows. Returns the number of the
 * change; 0 without a journal, and where another registration takes its place.
 */
uint64_t ln_server__registration_end(struct ln_server *server,
                                     struct ln_registration *registration,
                                     enum ln_server_event_kind why);
struct ln_registration *ln_server__registration_of_end(struct event_node *node);

struct ln_bytes ln_server__endpoint_of(const struct ln_registration *registration);
struct ln_bytes ln_server__sms_of(const struct ln_registration *registration);
struct ln_bytes ln_server__extra_of(const struct ln_registration *registration);
struct ln_bytes ln_server__identity_of(const struct ln_registration *registration);
struct ln_peer ln_server__peer_of(const struct ln_registration *registration);
/* Whether a request may be one of the device itself: who proved the same, or else the same session. */
bool ln_server__registration_is_of(const struct ln_registration *registration,
                                   const struct ln_peer *peer);
/* How long ago the Update was that `update_print[i]` and the like tell of. */
ln_time ln_server__update_age(const struct ln_server *server,
                              const struct ln_registration *registration, size_t i);
ln_time ln_server__expires_at(const struct ln_registration *registration);
/* After an Update, or the Register. */
void ln_server__expiry_set(struct ln_server *server, struct ln_registration *registration);
/* Its timer, for the end of its lifetime or of its time awake. */
void ln_server__expiry_arm(struct ln_server *server, struct ln_registration *registration);

#endif
