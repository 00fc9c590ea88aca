/* Observing, notifying and attributes: what the optional part does for the rest of the client. */
#ifndef LN_CLIENT_REPORTING_H
#define LN_CLIENT_REPORTING_H

#include "client/requests.h"

/* Whether, and how, a server is to be reached. */
enum ln_client__reach {
    LN_REACH_NOT,     /* it knows nothing of us, or will soon */
    LN_REACH_NOW,     /* notifications may leave */
    LN_REACH_ASLEEP,  /* they may, once the link has been opened */
    LN_REACH_WAITS,   /* which is under way */
    LN_REACH_OFFLINE, /* the link is lost, and the registration kept */
};

enum ln_client__wish { LN_WISH_NOTHING, LN_WISH_TO_WAKE, LN_WISH_LOST };

/* All of the part is linked through this table, and the row of Write-Attributes, only. */
struct ln_client_reporting_calls {
    /* False: something is missing. */
    bool (*init)(const struct ln_client *client);
    /* A Read that is about to be answered may be an Observe, or the end of one. */
    void (*observe)(struct ln_client__request *r, uint16_t format);
    /* It could not be answered after all. */
    void (*forget)(struct ln_client__request *r);
    /* Adds the attributes of a path to its link in a Discover. */
    void (*add_to_link)(const struct ln_client__request *r, struct ln_writer *w,
                        struct ln_path path, bool inherited);
    /* Whether that would be anything. */
    bool (*has_own)(const struct ln_client__request *r, struct ln_path path);

    /* All observations of that server are over. */
    void (*end)(struct ln_client *client, const struct ln_client_server *server);
    /* The link is gone: what was under way is due anew. */
    void (*drop)(const struct ln_client *client, const struct ln_client_server *server);
    bool (*observes)(const struct ln_client *client, const struct ln_client_server *server);
    /* Something at or below the path, or above it, may have changed. */
    void (*changed)(struct ln_client *client, ln_time now, const struct ln_path *path);

    /* An ACK or Reset that may be for a notification. */
    void (*take_empty)(struct ln_client *client, const struct ln_client_server *server,
                       ln_time now, const struct ln_coap_message *m);
    /* What time has made due, but for sending. */
    enum ln_client__wish (*pursue)(struct ln_client *client,
                                   const struct ln_client_server *server, ln_time now,
                                   enum ln_client__reach reach);
    /* Writes the next notification; 0 if none is due. */
    size_t (*send)(struct ln_client *client, const struct ln_client_server *server, ln_time now,
                   void *buffer, size_t size);
    ln_time (*deadline)(const struct ln_client *client, const struct ln_client_server *server,
                        enum ln_client__reach reach);
    /* Whether a notification of it waits for an ACK. */
    bool (*is_busy)(const struct ln_client *client, const struct ln_client_server *server);
};

static inline ln_link ln_client__link(const struct ln_client *client,
                                      const struct ln_client_server *server)
{
    return (ln_link)(server - client->config->servers);
}

/* ---- attribute_sets.c ---- */

/* The set of that server at just that path; NULL if there is none. */
struct ln_client_attribute_set *ln_client__attribute_set(const struct ln_client *client,
                                                         ln_link link,
                                                         const struct ln_path *path);
/* What holds at that path: its own, what it inherits, and the server's default periods. */
struct ln_attributes ln_client__attributes(const struct ln_client *client, ln_link link,
                                           const struct ln_path *path);
/* Attributes of what is not there any more go. */
void ln_client__sweep_attributes(const struct ln_client *client);
void ln_client__add_attributes(const struct ln_client__request *r, struct ln_writer *w,
                               struct ln_path path, bool inherited);
bool ln_client__has_attributes(const struct ln_client__request *r, struct ln_path path);

/* ---- observations.c: which there are, and when they are due ---- */

/* Whether there is something that can be read at the path, or below it. */
bool ln_client__is_at(const struct ln_client *client, const struct ln_path *path);

void ln_client__observe(struct ln_client__request *r, uint16_t format);
void ln_client__forget(struct ln_client__request *r);
void ln_client__end_observation(struct ln_client *client, struct ln_client_observation *o);
/* Looks at what is observed: whether it has changed, and when that is to be notified. */
void ln_client__look(const struct ln_client *client, struct ln_client_observation *o,
                     ln_time now);
/* What is there now has been notified. */
void ln_client__noted(const struct ln_client *client, struct ln_client_observation *o,
                      ln_time now);
/* Whether it is to be notified now; if not, `due` is set to when to come back. */
bool ln_client__is_to_notify(const struct ln_client *client, struct ln_client_observation *o,
                             ln_time now);

/* ---- notify.c: the messages ---- */

/*
 * Writes the notification as a message of that type and id, and says how long it is: 0 where it does
 * not fit. What is observed may turn out to be gone.
 */
struct ln_client__notification {
    enum ln_coap_type type;
    uint16_t id;
    uint32_t sequence;
};
size_t ln_client__write_notification(struct ln_client *client, struct ln_client_observation *o,
                                     ln_time now, const struct ln_client__notification *as,
                                     void *buffer, size_t size);
uint32_t ln_client__next_sequence(const struct ln_client *client);
/* Its last message was of that id: a Reset of it ends the observation. */
void ln_client__keep_id(struct ln_client_observation *o, uint16_t id);
/* Whether its last notification waits for an ACK: that one carries what is new. */
bool ln_client__is_under_way(const struct ln_client *client,
                             const struct ln_client_observation *o);
size_t ln_client__send_notification(struct ln_client *client,
                                    const struct ln_client_server *server, ln_time now,
                                    void *buffer, size_t size);
void ln_client__take_empty(struct ln_client *client, const struct ln_client_server *server,
                           ln_time now, const struct ln_coap_message *m);

/* ---- stored.c: notifications that wait for the link ---- */

/* Writes the notification down, if there is a place and the server wants it. */
void ln_client__keep_notification(struct ln_client *client, struct ln_client_observation *o,
                                  ln_time now);
bool ln_client__has_stored(const struct ln_client *client, ln_link link);
/* Takes the oldest of that server; there must be one. */
size_t ln_client__take_stored(struct ln_client *client, ln_link link, void *buffer,
                              size_t size);
/* Those of an observation that is over go. */
void ln_client__drop_stored(struct ln_client *client, const struct ln_client_observation *o);

#endif
