/*
 * The LwM2M client of one device.
 *
 * It owns no socket, no clock and no heap. Datagrams and the time go in through its functions;
 * datagrams, events and the next deadline come out. The whole of a port is one loop:
 *
 *     ln_client_start(&client, now);
 *     for (;;) {
 *         do {
 *             while ((n = ln_client_send(&client, now, buffer, sizeof(buffer), &link)) > 0) {
 *                 transmit(link, buffer, n);
 *             }
 *             while (ln_client_event(&client, &event)) {
 *                 act(&event); // open links, reboot, ...
 *             }
 *         } while (ln_client_deadline(&client) <= now);
 *         wait until a datagram arrives or ln_client_deadline(&client) passes
 *         if (one arrived) {
 *             ln_client_recv(&client, now, link, datagram);
 *         }
 *     }
 *
 * Events are read last before the wait: what an Execute asks for (Reboot) is told once its answer
 * has left. Call ln_client_send() until it returns 0 after each ln_client_recv(): there is room
 * for one answer to each server. A client belongs to one thread at a time. The fields of its structs
 * are here so that they can live in static storage; only src/client touches them.
 */
#ifndef LN_CLIENT_H
#define LN_CLIENT_H

#include <linnet/base.h>
#include <linnet/coap.h>
#include <linnet/codec.h>
#include <linnet/lwm2m.h>
#include <linnet/objects.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LN_CLIENT_EVENTS = 8, LN_LOCATION_MAX = 64 };

/* One server account, and the one link to it. The number is its index in config->servers. */
typedef uint8_t ln_link;

enum ln_registration_state {
    LN_REGISTRATION_IDLE,        /* not wanted: not started, stopped, or no account */
    LN_REGISTRATION_OPENING,     /* waits for ln_client_link_up() */
    LN_REGISTRATION_REGISTERING, /* Register is under way */
    LN_REGISTRATION_REGISTERED,
    LN_REGISTRATION_UPDATING,  /* Update is under way; requests are served */
    LN_REGISTRATION_LEAVING,   /* De-register is under way */
    LN_REGISTRATION_DISABLING, /* the same, to be silent after it */
    LN_REGISTRATION_REFUSED,   /* the server said no: waits before it tries again */
    LN_REGISTRATION_WAITING,   /* no answer or no link: waits before it tries again */
    LN_REGISTRATION_DISABLED,  /* Execute /1/x/4: silent for a while */
    LN_REGISTRATION_ASLEEP,    /* registered in queue mode, without a link */
    LN_REGISTRATION_PARTING,   /* asleep and stopped: waits for ln_client_link_up() to leave */
};

/* What the client knows of one server. Given by the app, zeroed by ln_client_init(). */
struct ln_client_server {
    uint8_t state;   /* enum ln_registration_state */
    uint8_t version; /* enum ln_version to register with: lowered after a 4.12 */
    bool in_use;
    bool link_is_up;
    bool answer_due;    /* `answer` has not left yet */
    bool wants_update;  /* an Update even if nothing changed */
    bool wants_disable; /* Execute /1/x/4, to be done once its answer has left */
    bool keeps;         /* once there is a link again, an Update may do instead of a Register */
    uint8_t news;       /* events that have not been read, a bit for each kind */
    uint8_t refusal;    /* CoAP code of the last refusal */
    uint8_t attempts;   /* refused or lost in a row: `waited` says which */
    uint8_t waited;
    ln_link link;    /* its place among the servers */
    uint8_t binding; /* as the server knows it, as are the next two */
    uint32_t lifetime;
    uint32_t list_checksum;
    uint16_t short_id;
    uint16_t server_instance;   /* of object 1 */
    uint16_t security_instance; /* of object 0 */
    uint16_t empty_id;          /* of an ACK or Reset to send */
    uint8_t empty;              /* 0: none; else 1 + enum ln_coap_type */
    uint8_t location_len;
    uint16_t answer_len;
    uint16_t request_len;
    uint8_t *answer;  /* the last answer, kept for a repeat of its request */
    uint8_t *request; /* our own request under way */
    ln_time due;      /* of the registration machine */
    ln_time heard;    /* that anything was sent or received */
    struct ln_coap_exchange exchange;
    struct ln_coap_token token;
    struct ln_coap_history history;
    uint8_t location[LN_LOCATION_MAX]; /* segments, each after its length */
};

/*
 * Events of a registration that were overtaken before they were read are left out: a link that
 * was to be opened and is not wanted any more, a loss followed by success. What a server did is
 * never left out: while the queue is full, requests that would add to it are answered 5.03.
 */
enum ln_client_event_kind {
    LN_CLIENT_REGISTERED,
    LN_CLIENT_UPDATED,
    LN_CLIENT_REFUSED, /* `code` says why (0: by a security alert); it tries again by itself */
    LN_CLIENT_LOST,    /* no answer or no link; it tries again by itself */
    LN_CLIENT_DEREGISTERED,
    LN_CLIENT_SLEEP, /* queue mode: there is nothing to say for a while; LN_CLIENT_CLOSE follows */
    LN_CLIENT_CLOSE, /* the link is not needed any more */
    LN_CLIENT_OPEN, /* open a link as `security` says; ln_client_link_up() or _down() answers */
    LN_CLIENT_WRITTEN,  /* a server wrote at `path`: the value is stored, and answered */
    LN_CLIENT_EXECUTED, /* a server executed `path`, and the 2.04 has left: now reboot, or so */
    LN_CLIENT_CREATED,
    LN_CLIENT_DELETED,
    /* Of client_bootstrap.h. */
    LN_CLIENT_BOOTSTRAPPING,    /* the bootstrap server has begun: all others are held off */
    LN_CLIENT_BOOTSTRAPPED,     /* all is as it has written it */
    LN_CLIENT_BOOTSTRAP_FAILED, /* all is as before; it is tried again by itself */
    LN_CLIENT_BOOTSTRAP_PURGED, /* the bootstrap account has gone: its timeout is over */
};

struct ln_client_event {
    enum ln_client_event_kind kind;
    ln_link link;
    uint16_t short_id;
    uint8_t code;        /* LN_CLIENT_REFUSED */
    struct ln_path path; /* LN_CLIENT_WRITTEN and below */
    const struct ln_security
        *security; /* LN_CLIENT_OPEN: URI and keys; borrowed from object 0 */
};

/* What is under way in blocks with one server (RFC 7959). Zeroed by ln_client_init(). */
struct ln_client_transfer {
    struct ln_coap_block_receiver in;     /* the body of a request */
    struct ln_coap_block_sender out;      /* the object list of a Register or Update */
    const struct ln_stream_calls *stream; /* that takes the body, at `path`; NULL: none does */
    struct ln_path path;
    uint32_t
        value_at; /* where in the body the value begins that the stream takes; 0: at its start */
    uint32_t value_len;       /* of that value, where it does not begin there */
    uint32_t list_checksum;   /* of the object list that is sent */
    uint32_t lifetime_before; /* what the server knew before the request that is under way */
    uint32_t list_before;
    uint8_t binding_before;
    bool told;           /* that request says all: the server is taken to know it */
    uint16_t held;       /* bytes of a block that the stream could not take yet */
    uint16_t answer_len; /* of the answer to the last block, kept in the place of the body */
    bool sends;          /* our request goes out in blocks */
    bool sends_more;     /* and the one under way is not the last */
    bool waits;          /* for ln_client_resume(), with the request's type, id and token */
    bool resumes;
    uint8_t type;
    uint16_t id;
    struct ln_coap_token token;
};

/*
 * The optional part that moves bodies in blocks: requests whose body is longer than a datagram,
 * and a Register or Update whose object list is. Each server may have one body on its way. One to
 * a LN_STREAM() goes to it block by block, and no other server's meanwhile: the value itself in the
 * opaque format, or in TLV with nothing else beside it. Any other is put together first and may
 * have `body_size` bytes.
 */
struct ln_client_blocks_calls;
extern const struct ln_client_blocks_calls ln_client_blocks_calls;
/* For requests only: the object list has to fit into a datagram. */
extern const struct ln_client_blocks_calls ln_client_request_blocks_calls;

struct ln_client_blocks {
    const struct ln_client_blocks_calls *calls; /* one of the two */
    struct ln_client_transfer *transfers;       /* one for each server */
    void *memory;                               /* `body_size` bytes for each server */
    size_t body_size;                           /* a datagram at the least */
};

/*
 * The optional part that observes and notifies, and keeps attributes (Write-Attributes). Without it
 * an Observe is answered as a Read, and a Write-Attributes 5.01.
 *
 * What is observed is notified by these rules (CORE-1.1.1 §5.1.2, RFC 7641), by the attributes that
 * the server has set for the path observed, or inherits level by level, down to /1/x/2 and /1/x/3:
 *
 *  - A change is due to be notified: of anything at the path or below; of a number that has gt, lt or
 *    st, one that crosses gt or lt (from the bound or one side of it to the other side), or is st
 *    or more away. What it is measured against is the value notified last; the answer to the Observe
 *    counts as a notification.
 *  - It leaves pmin after the last notification at the earliest, with the value of that time, even if
 *    the value has gone back by then.
 *  - A notification leaves pmax after the last one, changed or not. pmax is ignored where it is 0 or
 *    below pmin.
 *  - Attributes that change during an observation hold at once, for the time since the last
 *    notification: what is overdue leaves now, and a value that meets the new bounds is due. What was
 *    due already stays so.
 *  - The client learns of a change by ln_client_changed() and by every request of a server. Rows of
 *    LN_SAMPLED are looked at each `sample_period`, and when pmin and pmax end. Rows of LN_UNTOLD
 *    never make a notification due.
 *  - Notifications are NON, but for those twelve hours or more after the last that was confirmed:
 *    so no day passes without a CON. One CON is under way to each server; while it is, its value is
 *    taken anew for each copy (RFC 7641 §4.5.2), and CONs of other observations wait.
 *  - One that is longer than a datagram brings its first block; the server fetches the rest.
 *
 * An observation is ended by a Reset, an Observe 1 with its token, De-register (also when the server
 * disables itself), a new Register, and when what is observed is gone: then a last 4.04 leaves.
 * A server may observe one path several times with several tokens; the same token again replaces the
 * observation. Where no observation is left in the pool, the Observe is answered as a Read, without
 * an Observe option (RFC 7641 §4.1), and counted.
 *
 * Without a link, or where a server did not answer, the registration is kept until its lifetime is
 * over: with the next link the client sends an Update, and only if that is refused a Register, which
 * ends all observations. What falls due meanwhile is stored if /1/x/6 is true, and sent in
 * order after the Update, before anything newer; when `stored` is full, the oldest goes and is
 * counted. If /1/x/6 is false it is discarded. A Register discards what is stored. Without `storing`
 * none of this is so: with the link comes one notification of what is there by then.
 */
struct ln_client_reporting_calls;
extern const struct ln_client_reporting_calls ln_client_reporting_calls;

/* What looks at values that cannot tell of a change: a part of that part, for rows of LN_SAMPLED. */
struct ln_client_sampling_calls;
extern const struct ln_client_sampling_calls ln_client_sampling_calls;

/* What stores notifications: a part of that part, which a device that is always online leaves out. */
struct ln_client_storing_calls;
extern const struct ln_client_storing_calls ln_client_storing_calls;
/*
 * The same with the time at which each fell due, in the formats that have a place for it (SenML
 * and OMA JSON) and where the device knows it: as resource /3/0/13 (Current Time) says. One that
 * would be too long with it is kept without, as is the first block of a long one.
 */
extern const struct ln_client_storing_calls ln_client_dated_storing_calls;

/* One observation. As all that follow, given by the app, zeroed by ln_client_init(). */
struct ln_client_observation {
    bool in_use;
    bool is_due;     /* something has to be notified once pmin is over */
    bool is_sampled; /* has rows of LN_SAMPLED */
    bool is_gone;    /* what it observes: a last notification is to leave */
    ln_link link;
    uint8_t has_ids;   /* a bit for each of `ids` */
    uint16_t format;   /* of the first answer and of all that follow */
    uint16_t ids[2];   /* of the last notifications, for a Reset */
    uint32_t checksum; /* of all that was notified last */
    uint32_t sequence; /* of the last notification */
    struct ln_path path;
    struct ln_coap_token token;
    struct ln_coap_block block; /* that the server wishes */
    struct ln_value value;      /* that was notified last, if it is a number */
    ln_time notified;
    ln_time confirmed;
    ln_time sampled;
    ln_time due; /* to be looked at */
};

/* The attributes that one server has set at one path. */
struct ln_client_attribute_set {
    bool in_use;
    ln_link link;
    struct ln_path path;
    struct ln_attributes attributes;
};

/* A notification that waits for the link; its bytes are in `stored_memory`. */
struct ln_client_stored {
    ln_link link;
    uint16_t observation;
    uint16_t len;
};

/* The CON notification that is under way to one server. */
struct ln_client_notifier {
    struct ln_coap_exchange exchange;
    struct ln_client_observation *observation;
    uint32_t checksum; /* of its datagram but for its id */
};

struct ln_client_reporting_state {
    uint32_t sequence; /* of the last notification; 24 bits of it travel */
    uint16_t first_stored, stored_count;
};

struct ln_client_reporting {
    const struct ln_client_reporting_calls *calls; /* &ln_client_reporting_calls */
    struct ln_client_reporting_state *state;
    struct ln_client_notifier *notifiers; /* one for each server */
    struct ln_client_observation *observations;
    uint16_t observation_count;
    uint16_t attribute_count;
    struct ln_client_attribute_set *attributes;
    /* ln_number_of_double; NULL: gt, lt and st are answered 5.01 where the resource is a float. */
    ln_number_of_double_fn *floats;
    /* &ln_client_sampling_calls; NULL: rows of LN_SAMPLED are taken to tell of their changes. */
    const struct ln_client_sampling_calls *sampling;
    uint32_t sample_period; /* ms; 0: 10 seconds */
    /* &ln_client_storing_calls, or the dated ones; NULL: none is stored. */
    const struct ln_client_storing_calls *storing;
    /* `stored_count` notifications of `stored_size` bytes each. */
    uint16_t stored_count;
    uint16_t stored_size;
    struct ln_client_stored *stored;
    void *stored_memory;
};

/*
 * What servers may ask of a device: one row for each operation. A row that is left out is not
 * linked, and the operation is answered 5.01.
 */
struct ln_client_operation;
extern const struct ln_client_operation ln_client_read;
extern const struct ln_client_operation ln_client_discover;
extern const struct ln_client_operation ln_client_write; /* and the partial one */
extern const struct ln_client_operation ln_client_execute;
extern const struct ln_client_operation ln_client_create;
extern const struct ln_client_operation ln_client_delete;
extern const struct ln_client_operation ln_client_write_attributes; /* needs `reporting` */
/* All of these, and NULL. */
extern const struct ln_client_operation *const ln_client_all_operations[];
/*
 * The same under access control: where there is an object 2 and more than one server, each may do
 * what object 2 grants (CORE-1.1.1 §7), and anything else is answered 4.01. What a server creates
 * is guarded from then on and its own; what it deletes is not guarded any more. A Read or Observe of
 * an object brings those instances that the server may read. An observation ends with 4.01 when
 * the right to read has gone.
 */
extern const struct ln_client_operation *const ln_client_guarded_operations[];

/* The optional part for queue mode: see config->queue_mode. */
struct ln_client_queue_mode;
extern const struct ln_client_queue_mode ln_client_queue_mode;

struct ln_client_stats {
    uint32_t received, sent, retransmitted, repeats, malformed, refused_requests;
    uint32_t notified;     /* but for copies */
    uint32_t not_observed; /* an Observe for which there was no room */
    uint32_t not_stored;   /* notifications that went for want of room, or by a Register */
};

struct ln_client {
    const struct ln_client_config *config;
    const struct ln_coap_parameters *coap; /* of the config, or the defaults */
    uint16_t datagram_size;                /* as well */
    uint8_t first_event, event_count;
    ln_link next_link; /* whose turn it is to send */
    uint16_t next_id;
    struct ln_arena scratch;
    struct ln_client_stats stats;
    struct {
        uint8_t kind;
        ln_link link;
        struct ln_path path;
    } events[LN_CLIENT_EVENTS];
};

/* Not copied: the config, and all that it points to, must outlive the client. */
struct ln_client_config {
    const char *endpoint;
    /*
     * Ascending by id. Must hold objects 0 (ln_security_object), 1 (ln_server_object, or
     * ln_bootstrapped_server_object) and 3.
     */
    const struct ln_object_entry *objects;
    size_t object_count;
    /* Ends with NULL. NULL or none: the device registers, and answers requests with a Reset. */
    const struct ln_client_operation *const *operations;
    const struct ln_format *const
        *formats;            /* ends with NULL; TLV for 1.0, text and opaque for 1.1 */
    enum ln_version version; /* the highest to register with */
    /*
     * Register with Q: the server waits until we are awake. The client sleeps once nothing was sent or
     * received for `awake`: LN_CLIENT_SLEEP, LN_CLIENT_CLOSE. It wakes for an Update or a notification:
     * LN_CLIENT_OPEN, and then an Update in any case, for only that tells the server where we are
     * now; a notification waits for its answer. A datagram that comes while there is no link is not
     * looked at. &ln_client_queue_mode, or NULL: it can be reached all the time.
     */
    const struct ln_client_queue_mode *queue_mode;
    uint32_t awake; /* ms; 0: MAX_TRANSMIT_WAIT, 93 seconds */
    struct ln_random random;
    const struct ln_coap_parameters *coap; /* NULL: the defaults of RFC 7252 */
    struct ln_client_server *servers; /* one for each account of object 1 that there may be */
    size_t server_count;
    /*
     * For each server two datagrams (the last answer and our request), of `datagram_size` each;
     * and `scratch_size` bytes for decoded text (base64, escapes). LN_CLIENT_MEMORY() says how
     * much.
     */
    void *memory;
    size_t memory_size;
    uint16_t datagram_size; /* 0: 1152 bytes (RFC 7252 §4.6); 128 at the least */
    uint16_t scratch_size;
    uint16_t block_size; /* bytes of the largest block, 16 to 1024; 0: what fits a datagram */
    /* NULL: nothing that comes in, and no object list, is longer than a datagram. */
    const struct ln_client_blocks *blocks;
    /* NULL: nothing is observed. */
    const struct ln_client_reporting *reporting;
};

#define LN_CLIENT_MEMORY(servers, datagram_size, scratch_size)                                 \
    ((servers)*2 * (size_t)(datagram_size) + (scratch_size))

/*
 * `size` is sizeof(struct ln_client). LN_ERR_BAD_CONFIG: it is another, as where header and
 * library are of different versions; no endpoint name; objects out of order or missing; too
 * little memory.
 */
LN_MUST_USE ln_err ln_client_init(struct ln_client *client, size_t size,
                                  const struct ln_client_config *config);

/*
 * Reads the accounts from objects 0 and 1 and begins to register with each, in ascending order
 * of the instances of object 1; accounts beyond `server_count` are left out. Called again it
 * does not wait any longer for servers that refused or did not answer.
 */
void ln_client_start(struct ln_client *client, ln_time now);
/* De-registers everywhere. It is over when ln_client_is_idle(): after 93 s if a server does not
 * answer. */
void ln_client_stop(struct ln_client *client, ln_time now);
bool ln_client_is_idle(const struct ln_client *client);

/* The app's answer to LN_CLIENT_OPEN. */
void ln_client_link_up(struct ln_client *client, ln_time now, ln_link link);
/*
 * The same for a link with a new security context: a registration made in another one is not
 * carried on by an Update, the client registers anew. Where the context is the one that the link
 * had before it slept, ln_client_link_up() is right.
 */
void ln_client_link_up_anew(struct ln_client *client, ln_time now, ln_link link);

enum ln_link_reason {
    LN_LINK_FAILED,    /* could not be opened, or broke */
    LN_LINK_REFUSED,   /* by a security alert of the server: `alert` */
    LN_LINK_NO_NAME,   /* the host name is not known */
    LN_LINK_UNTRUSTED, /* the server did not prove to be who it has to be */
};
/*
 * The link could not be opened, or is gone. It is asked for again after a wait: a short one, or that
 * of a refusal where the server is not trusted, or its alert says that it will not do (such as
 * bad_certificate or unknown_psk_identity). `alert` counts with LN_LINK_REFUSED only and is kept as
 * /1/x/11, but for servers of LwM2M 1.0.
 */
void ln_client_link_down(struct ln_client *client, ln_time now, ln_link link,
                         enum ln_link_reason reason, uint8_t alert);

/*
 * Takes one datagram. Its bytes are borrowed until the call returns. There is no error to
 * handle: what a peer sends wrong is answered or dropped, as RFC 7252 asks, and counted in
 * client->stats.
 */
void ln_client_recv(struct ln_client *client, ln_time now, ln_link link,
                    struct ln_bytes datagram);

/*
 * Writes the next datagram into `buffer`, which holds datagram_size bytes or more, and says
 * where it goes. Returns its length, or 0 when there is nothing to send before
 * ln_client_deadline().
 */
size_t ln_client_send(struct ln_client *client, ln_time now, void *buffer, size_t size,
                      ln_link *link);

/* When ln_client_send() is due even if nothing arrives; 0: at once. LN_NEVER: only the peer can
 * wake it. */
ln_time ln_client_deadline(const struct ln_client *client);

/* Takes the oldest event not yet read; false if there is none. */
LN_MUST_USE bool ln_client_event(struct ln_client *client, struct ln_client_event *event);

/*
 * The app changed what is at `path`: a value, or with an object or instance path which
 * instances there are; the root says that it may be anything. The client sends what follows from
 * it (an Update for a new object list or lifetime, notifications).
 */
void ln_client_changed(struct ln_client *client, ln_time now, struct ln_path path);

/*
 * A LN_STREAM() whose chunk() said LN_ERR_BUSY can go on: it gets the same chunk again at the next
 * ln_client_send(). The server is answered once the chunk has been taken.
 */
void ln_client_resume(struct ln_client *client);

/* Sends an Update to every server now. */
void ln_client_update(struct ln_client *client, ln_time now);

/*
 * ---- State that outlives a restart: an optional part ----
 *
 * The instances of objects 0, 1 and 2, the attributes that each server has set, and what sections
 * of the app keep, as bytes:
 *
 *     struct ln_writer w = ln_writer(file, sizeof(file));
 *     ln_client_save(&client, sections, LN_COUNT(sections), &w);
 *
 * and at the next start, between ln_client_init() and ln_client_start():
 *
 *     struct ln_reader in = ln_reader(file);
 *     err = ln_client_restore(&client, sections, LN_COUNT(sections), &in);
 *
 * Among the bytes are the keys of object 0: whoever keeps them guards them, and wipes the buffer.
 */

/* What a section is of. The first are the client's own, an object each. */
enum ln_section {
    LN_SECTION_SECURITY = 1,
    LN_SECTION_SERVER = 2,
    LN_SECTION_ACCESS_CONTROL = 3,
    LN_SECTION_ATTRIBUTES = 4,
    LN_SECTION_FIRMWARE = 5,  /* sections from here on are given by the app, */
    LN_SECTION_BOOTSTRAP = 6, /* those of the library's objects with these tags, */
    LN_SECTION_OF_APP = 256,  /* and the app's own from here on */
};

/* Something more that is kept: of an object that has a state, or of the app. */
struct ln_client_section {
    uint16_t tag;
    void *context;
    /* Called twice, first to find the length. What it writes must not change in between. */
    void (*save)(const void *context, struct ln_writer *w);
    /*
     * Reads what save() wrote, to the end. With LN_CHECK it says whether it will do and changes
     * nothing; with LN_STORE, which follows if all else will do as well, it takes it and cannot fail.
     */
    ln_err (*restore)(void *context, struct ln_reader *in, enum ln_write_step step);
};

/* Writes the state. The sections are in ascending order of their tags. Fails the writer where it
 * does not fit; a window of none counts. */
void ln_client_save(const struct ln_client *client, const struct ln_client_section *sections,
                    size_t section_count, struct ln_writer *w);
/*
 * Looks at the whole state first, then takes it, and what it leaves out stays as it is; or takes
 * nothing:
 * LN_ERR_BAD_PAYLOAD: it is cut or damaged; LN_ERR_VERSION: it is newer than this library, or has
 * a section that nobody here takes; LN_ERR_NO_SPACE, LN_ERR_BAD_VALUE: something does not fit; the
 * error of a section; LN_ERR_CONFLICT: the client was started already.
 *
 * Values go to the places of the object's array in order, with the buffers that each place has: all
 * places of object 0 need theirs, those that hold no instance yet too.
 */
LN_MUST_USE ln_err ln_client_restore(struct ln_client *client,
                                     const struct ln_client_section *sections,
                                     size_t section_count, struct ln_reader *in);

#ifdef __cplusplus
}
#endif

#endif
