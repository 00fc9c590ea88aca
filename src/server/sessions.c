/* What the app tells of sessions: that one moved, or is over. */

#include "engine.h"

/* The registration that lives on this session; NULL: none of ours. */
static struct ln_registration *registration_on(struct ln_server *server,
                                               const struct ln_peer *peer)
{
    struct ln_registration *registration =
        peer->proof == NULL ? NULL : ln_server_find(server, peer->proof->endpoint);

    if (registration == NULL || peer->session == 0 || registration->session != peer->session ||
        !ln_server__registration_is_of(registration, peer)) {
        return NULL;
    }
    return registration;
}

void ln_server_peer_moved(struct ln_server *server, ln_time now, const struct ln_peer *peer)
{
    ln_server__advance(server, now);
    struct ln_registration *registration = registration_on(server, peer);
    if (server->closed || registration == NULL ||
        ln_address_equal(&registration->remote, &peer->remote)) {
        return;
    }
    /* Without memory it is where it was until its next Update: the session knows better. */
    struct news *news = ln_server__news_take(server);
    if (news == NULL) {
        return;
    }
    if (ln_server__remote_add(server, &peer->remote) != LN_OK) {
        ln_server__news_drop(server, news);
        return;
    }
    ln_server__remote_remove(server, &registration->remote);
    registration->remote = peer->remote;
    ln_server__news_push(server, news, LN_SERVER_UPDATED, registration, CHANGED_ADDRESS);
}

void ln_server_peer_lost(struct ln_server *server, ln_time now, const struct ln_peer *peer)
{
    ln_server__advance(server, now);
    struct ln_registration *registration = registration_on(server, peer);
    if (!server->closed && registration != NULL) {
        (void)ln_server__away(server, registration);
    }
}
