/* Observing, notifying and attributes: what the optional part does for the rest of the client. */
#ifndef LN_CLIENT_REPORTING_H
#define LN_CLIENT_REPORTING_H

#include "client/registration.h"
#include "client/requests.h"

/* All of the part is linked through this table, and the row of Write-Attributes, only. */
struct ln_client_reporting_calls {
    /* False: something is missing. */
    bool (*init)(const struct ln_client *client);
    /* Answers a Read, as ln_client__answer_body() does, that may be an Observe or the end of one. */
    ln_err (*answer)(struct ln_client__request *r, uint16_t format, ln_client__body_fn *write);
    /* Adds the attributes of a path to its link in a Discover: inherited ones to that asked for. */
    void (*add_to_link)(const struct ln_client__request *r, struct ln_writer *w,
                        const struct ln_path *path);
    /* Whether the path has any of its own. */
    bool (*has_own)(const struct ln_client__request *r, const struct ln_path *path);

    /* The registration goes from one state to another: observations may end, or have to wait. */
    void (*stepped)(struct ln_client *client, struct ln_client_server *server,
                    const struct ln_registration_transition *t);
    /* Something at or below the path, or above it, may have changed. */
    void (*changed)(struct ln_client *client, ln_time now, const struct ln_path *path);

    /* An ACK or Reset that may be for a notification. */
    void (*take_empty)(struct ln_client *client, const struct ln_client_server *server,
                       ln_time now, const struct ln_coap_message *m);
    /* What time has made due. Writes the next notification; 0 if none is to leave now. */
    size_t (*send)(struct ln_client *client, struct ln_client_server *server, ln_time now,
                   void *buffer);
    ln_time (*deadline)(const struct ln_client *client, const struct ln_client_server *server);
};

/* All of sampling.c is linked through this table only. */
struct ln_client_sampling_calls {
    /* Whether the request leads to rows of LN_SAMPLED. */
    bool (*has_rows)(const struct ln_client__request *r);
    /* When such an observation is to be looked at again. */
    ln_time (*next)(const struct ln_client *client, const struct ln_client_observation *o,
                    uint32_t pmin);
};

/* All of stored.c is linked through this table only: notifications that wait for the link. */
struct ln_client_storing_calls {
    bool (*init)(const struct ln_client_reporting *reporting);
    /*
     * Takes the oldest of that server, if it can be reached; 0: there is none. While it cannot,
     * what falls due is stored, or left out.
     */
    size_t (*send)(struct ln_client *client, struct ln_client_server *server, ln_time now,
                   void *buffer);
    /* Of both. */
    ln_time (*deadline)(const struct ln_client *client, const struct ln_client_server *server);
    /* Those of an observation that is over go. */
    void (*drop)(struct ln_client *client, const struct ln_client_observation *o);
    /* Writes down a notification that has room as it is. */
    void (*put)(const struct ln_client *client, const struct ln_client_observation *o,
                struct ln_bytes datagram, struct ln_writer *w);
};

/* ---- stored.c: what both tables share ---- */

bool ln_client__stored_init(const struct ln_client_reporting *reporting);
size_t ln_client__stored_send(struct ln_client *client, struct ln_client_server *server,
                              ln_time now, void *buffer);
ln_time ln_client__stored_deadline(const struct ln_client *client,
                                   const struct ln_client_server *server);
void ln_client__stored_drop(struct ln_client *client, const struct ln_client_observation *o);

static inline struct ln_client_notifier *
ln_client__notifier(const struct ln_client *client, const struct ln_client_server *server)
{
    return &client->config->reporting->notifiers[server->link];
}

/* Whether notifications may leave. An Update that tells where we are comes before them. */
static inline bool ln_client__is_reached(const struct ln_client_server *server)
{
    return ln_client__is_registered(server) && !server->keeps;
}

/* ---- attribute_sets.c ---- */

/* The set of that server at just that path; NULL if there is none. */
struct ln_client_attribute_set *ln_client__attribute_set(const struct ln_client *client,
                                                         ln_link link,
                                                         const struct ln_path *path);
/* What holds at that path: its own, what it inherits, and the server's default periods. */
void ln_client__attributes(const struct ln_client *client, ln_link link,
                           const struct ln_path *path, struct ln_attributes *out);
/* Attributes of what is not there any more go. */
void ln_client__sweep_attributes(const struct ln_client *client);
void ln_client__add_attributes(const struct ln_client__request *r, struct ln_writer *w,
                               const struct ln_path *path);
bool ln_client__has_attributes(const struct ln_client__request *r, const struct ln_path *path);

/* ---- observations.c: which there are, and when they are due ---- */

/* Whether there is something that can be read at the path, or below it. */
bool ln_client__is_at(const struct ln_client *client, const struct ln_path *path);

ln_err ln_client__answer_observe(struct ln_client__request *r, uint16_t format,
                                 ln_client__body_fn *write);
/* The observation of that server after `o`, or with NULL the first; NULL at the end. */
struct ln_client_observation *ln_client__next_observation(const struct ln_client *client,
                                                          const struct ln_client_server *server,
                                                          struct ln_client_observation *o);
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
 * Writes the notification as a NON of the next id and the sequence number of the observation, into
 * datagram_size bytes, and says how long it is. What is observed may turn out to be gone.
 */
size_t ln_client__write_notification(struct ln_client *client, struct ln_client_observation *o,
                                     ln_time now, void *buffer);
/* Makes it one of another type and id. */
void ln_client__readdress(void *datagram, enum ln_coap_type type, uint16_t id);
uint32_t ln_client__next_sequence(const struct ln_client *client);
/* Its last message was of that id: a Reset of it ends the observation. */
void ln_client__keep_id(struct ln_client_observation *o, uint16_t id);
/* Whether its last notification waits for an ACK: that one carries what is new. */
bool ln_client__is_under_way(const struct ln_client *client,
                             const struct ln_client_observation *o);
/* The first observation of that server which is to be notified now; NULL: none is. */
struct ln_client_observation *ln_client__find_due(const struct ln_client *client,
                                                  const struct ln_client_server *server,
                                                  ln_time now);
size_t ln_client__send_notification(struct ln_client *client,
                                    const struct ln_client_server *server, ln_time now,
                                    void *buffer);
void ln_client__take_empty(struct ln_client *client, const struct ln_client_server *server,
                           ln_time now, const struct ln_coap_message *m);

#endif
