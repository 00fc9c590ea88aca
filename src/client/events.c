/* What the client tells the app: news of registrations, and what servers did. */

#include "client/client.h"

#include "client/data.h"

#include <assert.h>

#define BIT(kind) (1U << (kind))

enum {
    GOOD = BIT(LN_CLIENT_REGISTERED) | BIT(LN_CLIENT_UPDATED),
    BAD = BIT(LN_CLIENT_REFUSED) | BIT(LN_CLIENT_LOST) | BIT(LN_CLIENT_DEREGISTERED),
};

/* CLOSE takes back an OPEN that nobody has read. An OPEN after a CLOSE comes after it. */
void ln_client__news(struct ln_client_server *server, enum ln_client_event_kind kind)
{
    unsigned overtaken = 0;

    if ((BIT(kind) & (BIT(LN_CLIENT_REGISTERED) | BAD)) != 0) {
        overtaken = GOOD | BAD;
    } else if (kind == LN_CLIENT_CLOSE) {
        overtaken = BIT(LN_CLIENT_OPEN);
    }
    server->news = (uint8_t)((server->news & ~overtaken) | BIT(kind));
}

bool ln_client__can_tell(const struct ln_client *client)
{
    return client->event_count < LN_CLIENT_EVENTS;
}

void ln_client__tell(struct ln_client *client, struct ln_client_server *server,
                     enum ln_client_event_kind kind, const struct ln_path *path)
{
    size_t at = (client->first_event + (size_t)client->event_count) % LN_CLIENT_EVENTS;

    assert(ln_client__can_tell(client));
    client->events[at].kind = (uint8_t)kind;
    client->events[at].link = server->link;
    client->events[at].path = *path;
    client->event_count++;
}

/* Reboot and the like must not come before the answer: the oldest waits until that has left. */
static bool take_deed(struct ln_client *client, struct ln_client_event *event)
{
    size_t at = client->first_event;
    ln_link link = client->events[at].link;

    if (client->event_count == 0 || client->config->servers[link].answer_due) {
        return false;
    }
    *event = (struct ln_client_event){
        .kind = (enum ln_client_event_kind)client->events[at].kind,
        .link = link,
        .short_id = client->config->servers[link].short_id,
        .path = client->events[at].path,
    };
    client->first_event = (uint8_t)((at + 1) % LN_CLIENT_EVENTS);
    client->event_count--;
    return true;
}

static const struct ln_security *security_of(const struct ln_client *client,
                                             const struct ln_client_server *server)
{
    const struct ln_object_entry *entry = ln_client__entry(client->config, 0);

    return ln_client__instance(entry, server->security_instance);
}

static bool take_news(struct ln_client *client, ln_link link, struct ln_client_event *event)
{
    struct ln_client_server *server = &client->config->servers[link];
    unsigned kind = 0;

    if (server->news == 0) {
        return false;
    }
    while ((server->news & BIT(kind)) == 0) {
        kind++;
    }
    server->news &= (uint8_t)~BIT(kind);
    *event = (struct ln_client_event){
        .kind = (enum ln_client_event_kind)kind,
        .link = link,
        .short_id = server->short_id,
        .code = kind == LN_CLIENT_REFUSED ? server->refusal : 0,
        .security = kind == LN_CLIENT_OPEN ? security_of(client, server) : NULL,
    };
    return true;
}

bool ln_client_event(struct ln_client *client, struct ln_client_event *event)
{
    for (size_t i = 0; i < client->config->server_count; i++) {
        if (take_news(client, (ln_link)i, event)) {
            return true;
        }
    }
    return take_deed(client, event);
}
