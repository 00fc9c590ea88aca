/*
 * Bootstrap, the device's side: who has nothing but a bootstrap account gets its servers by it.
 *
 * This is a machine around struct ln_client with the same functions. An app that bootstraps calls
 * these in the place of those of client.h; ln_client_init(), _changed(), _update() and _resume() stay:
 *
 *     ln_client_bootstrap_start(&bootstrap, now);
 *     for (;;) {
 *         do {
 *             while ((n = ln_client_bootstrap_send(&bootstrap, now, buffer, size, &link)) > 0) {
 *                 transmit(link, buffer, n); // link LN_LINK_BOOTSTRAP: to the bootstrap server
 *             }
 *             while (ln_client_bootstrap_event(&bootstrap, &event)) {
 *                 act(&event);
 *             }
 *         } while (ln_client_bootstrap_deadline(&bootstrap) <= now);
 *         wait, ln_client_bootstrap_recv(), ...
 *     }
 *
 * The order is that of CORE-1.1.1 §5.2: with server accounts the client registers; without any, or
 * where no server takes it, it asks the bootstrap server, after the hold-off time of its account. A
 * server may ask for it too (Execute /1/x/9, of ln_bootstrapped_server_object). Once the bootstrap
 * server has said yes, all other servers are held off until it is over.
 *
 * A bootstrap is one transaction. The bootstrap server writes second copies of the objects; Finish
 * makes them the device's own, if they hold together, and all servers are registered with anew. If
 * not it is answered 4.06, and the bootstrap server may mend it. Without a Finish in time, or when the
 * link dies, all is as before, and it is tried again after a wait.
 */
#ifndef LN_CLIENT_BOOTSTRAP_H
#define LN_CLIENT_BOOTSTRAP_H

#include <linnet/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The link to the bootstrap server: no number of a server's. */
enum { LN_LINK_BOOTSTRAP = 255 };

/* Why a bootstrap did not come to be, or failed. LN_CLIENT_BOOTSTRAP_FAILED tells it. */
#define LN_CLIENT_BOOTSTRAP_REASONS(X)                                                         \
    X(NONE, "no reason")                                                                       \
    X(NO_ACCOUNT, "there is no bootstrap account")                                             \
    X(NO_LINK, "the bootstrap server could not be reached")                                    \
    X(NO_ANSWER, "the bootstrap server did not answer")                                        \
    X(REFUSED, "the bootstrap server refused the request")                                     \
    X(LINK_LOST, "the link was lost before Finish")                                            \
    X(NO_FINISH, "no Finish came in time")                                                     \
    X(BAD_REQUEST, "the bootstrap server sent what cannot be taken")                           \
    X(NO_SERVER, "Finish without a server account")                                            \
    X(TWO_BOOTSTRAP_ACCOUNTS, "there would be two bootstrap accounts")                         \
    X(NO_SECURITY, "a server account without its half in object 0")                            \
    X(NO_SERVER_OBJECT, "a server account without its half in object 1")                       \
    X(MISSING, "a mandatory resource is missing")                                              \
    X(BAD_SHORT_ID, "a short server id is out of range")                                       \
    X(SHORT_ID_TWICE, "two accounts have the same short server id")                            \
    X(BAD_SECURITY, "the security mode, or the keys for it, will not do")                      \
    X(BAD_URI, "a server's URI will not do")                                                   \
    X(NOT_KEPT, "what was written could not be kept")                                          \
    X(STOPPED, "it was stopped")

enum ln_client_bootstrap_reason {
#define LN_CLIENT_BOOTSTRAP_REASON(name, text) LN_CLIENT_BOOTSTRAP_##name##_REASON,
    LN_CLIENT_BOOTSTRAP_REASONS(LN_CLIENT_BOOTSTRAP_REASON)
#undef LN_CLIENT_BOOTSTRAP_REASON
};
/* A sentence. */
const char *ln_client_bootstrap_reason_text(enum ln_client_bootstrap_reason reason);

/*
 * An object that the bootstrap server may write, and empty: how it is brought back where the
 * bootstrap fails. Objects 0 and 1 must be among them. All others it can only see.
 */
struct ln_client_bootstrap_object {
    uint16_t object;
    /*
     * A second store: a struct ln_instances with items and ids of its own, one more of each than the
     * first has; or a struct like that of the single instance. NULL: `calls` are in its place. The
     * lists of what is copied hold no struct ln_buffer.
     */
    void *copy;
    size_t size; /* of the struct of a single instance */
    /* For an object that keeps its values elsewhere: it is written in place between these calls. */
    const struct ln_client_bootstrap_calls *calls;
};

struct ln_client_bootstrap_calls {
    ln_err (*begin)(void *store); /* before the first change */
    void (*commit)(void *store);
    void (*rollback)(void *store); /* all is as it was at begin() */
};

/* Not copied: it, and all that it points to, must outlive the machine. */
struct ln_client_bootstrap_config {
    struct ln_client *client; /* initialized; not started */
    const struct ln_client_bootstrap_object *objects;
    size_t object_count;           /* 32 at most */
    struct ln_object_entry *views; /* as many as the client has objects; set by init */
    /*
     * What is written to a struct ln_buffer (keys, certificates) goes to a place of these: `key_count`
     * of `key_size` bytes. LN_CLIENT_BOOTSTRAP_KEYS() says how many a device needs.
     */
    void *keys;
    uint32_t key_size;
    uint16_t key_count;
    void
        *memory; /* LN_CLIENT_MEMORY(1, datagram_size, scratch_size) bytes, as the client has */
    size_t memory_size;
    /* One transfer, and memory for one body: NULL where no body is longer than a datagram. */
    const struct ln_client_blocks *blocks;
    /*
     * Called when a bootstrap is good, with the new objects in place, before its Finish is answered: the
     * app writes down what has to survive a restart. An error undoes the bootstrap, and is answered
     * 5.00. NULL: nothing is to be done.
     */
    ln_err (*keep)(void *context);
    void *context;
    uint32_t
        finish_timeout; /* ms without a request before it fails; 0: EXCHANGE_LIFETIME, 247 s */
    uint32_t linger;    /* ms that the link stays after Finish; 0: MAX_TRANSMIT_WAIT, 93 s */
    uint8_t attempts;   /* lost registrations in a row, for each server, before it asks; 0: 5 */
    /*
     * As LwM2M 1.0 has it, the bootstrap server may write without being asked, as long as the link to
     * it is there. It may where it has proved who it is; where not, only if this says so.
     */
    bool unasked_without_security;
};

#define LN_CLIENT_BOOTSTRAP_KEYS(accounts) (6 * (accounts))

struct ln_client_bootstrap_stats {
    uint32_t requests;     /* Bootstrap-Requests, but for copies */
    uint32_t bootstrapped; /* bootstraps that ended well */
    uint32_t failed;       /* that did not */
    uint32_t rolled_back;  /* of these, after the bootstrap server had begun */
    uint32_t refused;      /* its requests that were answered with an error */
    uint32_t inconsistent; /* of these, Finish: answered 4.06 */
    uint32_t unasked;      /* its requests outside of a bootstrap that were refused */
    uint32_t held_off;     /* datagrams of other servers that were left unread meanwhile */
    uint32_t purged;       /* bootstrap accounts that went by their timeout */
};

enum ln_client_bootstrap_state {
    LN_CLIENT_BOOTSTRAP_WATCHING,  /* there is no need for it */
    LN_CLIENT_BOOTSTRAP_HOLDING,   /* waits before it asks */
    LN_CLIENT_BOOTSTRAP_OPENING,   /* waits for the link */
    LN_CLIENT_BOOTSTRAP_ASKING,    /* the Bootstrap-Request is under way */
    LN_CLIENT_BOOTSTRAP_SERVING,   /* the bootstrap server writes */
    LN_CLIENT_BOOTSTRAP_LINGERING, /* it is done, the link still there */
    LN_CLIENT_BOOTSTRAP_STOPPED,
};

/* As those of client.h: here so that it can be static; only src/client touches it. */
struct ln_client_bootstrap {
    struct ln_client peer; /* first: a client of the bootstrap server alone, with the copies */
    struct ln_client_config peer_config;
    struct ln_client_server server;
    const struct ln_client_bootstrap_config *config;
    uint8_t state;
    uint8_t news;        /* events that have not been read, a bit for each */
    uint8_t reason;      /* enum ln_client_bootstrap_reason, of the last failure */
    uint8_t code;        /* CoAP code that belongs to it */
    uint8_t attempts;    /* bootstraps in a row that no registration followed */
    uint8_t formats;     /* that were tried as pct and refused */
    bool is_asked;       /* by the app or a server, or there is no server account at all */
    bool is_open;        /* the transaction */
    uint32_t begun;      /* objects whose begin() was called, a bit for each */
    struct ln_path path; /* that the reason is about */
    struct ln_path refused_path; /* of the last request refused in this bootstrap */
    uint8_t refused_code;
    uint8_t fault; /* the reason of the last Finish that was answered 4.06 */
    struct ln_path fault_path;
    ln_time due; /* of `state` */
    ln_time purge_due;
    struct ln_client_bootstrap_stats stats;
};

/* LN_ERR_BAD_CONFIG: something is missing, too small, or does not fit the client's objects. */
LN_MUST_USE ln_err ln_client_bootstrap_init(struct ln_client_bootstrap *bootstrap, size_t size,
                                            const struct ln_client_bootstrap_config *config);

/* As ln_client_start(); without a server account it bootstraps. */
void ln_client_bootstrap_start(struct ln_client_bootstrap *bootstrap, ln_time now);
/* Asks the bootstrap server as soon as its hold-off allows: as Execute /1/x/9 does. */
void ln_client_bootstrap_request(struct ln_client_bootstrap *bootstrap, ln_time now);
/* Leaves a bootstrap, and stops the client. */
void ln_client_bootstrap_stop(struct ln_client_bootstrap *bootstrap, ln_time now);
bool ln_client_bootstrap_is_idle(const struct ln_client_bootstrap *bootstrap);

/* As those of the client; LN_LINK_BOOTSTRAP is the link to the bootstrap server. */
void ln_client_bootstrap_link_up(struct ln_client_bootstrap *bootstrap, ln_time now,
                                 ln_link link);
void ln_client_bootstrap_link_up_anew(struct ln_client_bootstrap *bootstrap, ln_time now,
                                      ln_link link);
void ln_client_bootstrap_link_down(struct ln_client_bootstrap *bootstrap, ln_time now,
                                   ln_link link, enum ln_link_reason reason, uint8_t alert);
void ln_client_bootstrap_recv(struct ln_client_bootstrap *bootstrap, ln_time now, ln_link link,
                              struct ln_bytes datagram);
size_t ln_client_bootstrap_send(struct ln_client_bootstrap *bootstrap, ln_time now,
                                void *buffer, size_t size, ln_link *link);
ln_time ln_client_bootstrap_deadline(const struct ln_client_bootstrap *bootstrap);

/*
 * As ln_client_event(), and those of the bootstrap: LN_CLIENT_BOOTSTRAPPING, LN_CLIENT_BOOTSTRAPPED,
 * LN_CLIENT_BOOTSTRAP_FAILED (bootstrap->reason says why, the event's `code` and `path` where),
 * LN_CLIENT_BOOTSTRAP_PURGED.
 */
LN_MUST_USE bool ln_client_bootstrap_event(struct ln_client_bootstrap *bootstrap,
                                           struct ln_client_event *event);

/*
 * A hash over all values of the objects that a bootstrap may write, as the device has them now. For
 * tests: equal before and after what must change nothing.
 */
uint64_t ln_client_bootstrap_digest(const struct ln_client_bootstrap *bootstrap);

#ifdef __cplusplus
}
#endif

#endif
