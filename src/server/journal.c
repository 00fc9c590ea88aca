/* Durable changes: numbered, committed, and brought back after a restart. */

#include "engine.h"

#include <assert.h>

/* ---- Numbers ---- */

void ln_server__journal_init(struct ln_server *server, const struct ln_server_config *config)
{
    uint64_t first = config->last_change + 1;

    /* Of all shards together each number is used once: it rises, and tells the shard. */
    while (first % server->shards != server->shard) {
        first++;
    }
    server->journal = (struct journal){
        .on = config->journal,
        .next = first,
        .told = first,
        .committed = config->last_change,
    };
}

uint64_t ln_server__change(struct ln_server *server)
{
    uint64_t change = server->journal.next;

    server->journal.next += server->shards;
    return change;
}

bool ln_server__is_kept(const struct ln_server *server, uint64_t change)
{
    return change <= server->journal.committed;
}

bool ln_server__may_repeat(struct ln_server *server, uint64_t change)
{
    if (ln_server__is_kept(server, change)) {
        return true;
    }
    server->counters.unanswered++;
    return false;
}

void ln_server_committed(struct ln_server *server, uint64_t change)
{
    assert(change < server->journal.told); /* an event must have told of it */
    if (change > server->journal.committed) {
        server->journal.committed = change;
    }
}

void ln_server_set_read_only(struct ln_server *server, bool read_only)
{
    server->journal.read_only = read_only;
}

/* ---- Brought back ---- */

static bool is_sound(const struct ln_server *server, const struct ln_registration_view *view)
{
    return view->endpoint.len > 0 && view->endpoint.len <= LN_LIMIT_ENDPOINT &&
           view->location.len == LOCATION_TEXT && view->sms.len <= UINT8_MAX &&
           view->extra.len <= LN_LIMIT_EXTRA_PARAMETERS &&
           view->identity.len <= LN_LIMIT_IDENTITY && view->object_count > 0 &&
           view->object_count <= LN_LIMIT_OBJECT_LINKS && view->root.len <= LN_LIMIT_ENDPOINT &&
           ln_server__shard_of_location(view->location, server->shards) == server->shard &&
           view->change <= server->journal.committed;
}

static size_t text_of(const struct ln_registration_view *view)
{
    return view->endpoint.len + view->sms.len + view->extra.len + view->identity.len;
}

static void fill(struct ln_server *server, struct ln_registration *registration,
                 const struct ln_registration_view *view)
{
    size_t text = text_of(view);
    struct ln_writer w = ln_writer(registration->location.text, LOCATION_TEXT);

    ln_write_bytes(&w, view->location);
    w = ln_writer(registration->text, text);
    ln_write_bytes(&w, view->endpoint);
    ln_write_bytes(&w, view->sms);
    ln_write_bytes(&w, view->extra);
    ln_write_bytes(&w, view->identity);
    assert(!w.failed);
    registration->endpoint_length = (uint8_t)view->endpoint.len;
    registration->sms_length = (uint8_t)view->sms.len;
    registration->sms_room = (uint8_t)view->sms.len;
    registration->extra_length = (uint8_t)view->extra.len;
    registration->identity_length = (uint8_t)view->identity.len;
    registration->proof_mode = view->proof_mode;
    registration->sms = &registration->text[view->endpoint.len];
    registration->session = view->peer.session;
    registration->remote = view->peer.remote;
    registration->version = (uint8_t)view->version;
    registration->binding = view->binding;
    registration->lifetime = view->lifetime;
    registration->registered_at = view->registered_at;
    registration->updated_at = view->updated_at;
    registration->seen_at = view->seen_at;
    registration->change = view->change;
    /* What it was before is not known, and the device may remember our last ids. */
    registration->next_message = (uint16_t)ln_random_u32(&server->random);
}

static ln_err bring_back(struct ln_server *server, const struct ln_registration_view *view,
                         struct object_list *list)
{
    struct ln_registration *registration =
        ln_server__registration_block(server, text_of(view), &view->peer.local);

    if (registration == NULL) {
        ln_server__list_drop(server, list);
        return LN_ERR_NO_MEMORY;
    }
    registration->objects = list;
    fill(server, registration, view);
    ln_server__presence_restore(server, registration);
    ln_err err = ln_server__registration_add_until(server, registration, view->expires_at);
    if (err != LN_OK) {
        ln_server__registration_free(server, registration);
        return err;
    }
    ln_server__observations_review(server, registration);
    return LN_OK;
}

ln_err ln_server_restore(struct ln_server *server, ln_time now,
                         const struct ln_registration_view *view)
{
    struct object_list *list = NULL;

    ln_server__advance(server, now);
    if (!is_sound(server, view)) {
        return LN_ERR_BAD_VALUE;
    }
    if (ln_server_find(server, view->endpoint) != NULL ||
        ln_server_find_location(server, view->location) != NULL) {
        return LN_ERR_EXISTS;
    }
    ln_err err = ln_server__list_restore(server, view, &list);
    return err == LN_OK ? bring_back(server, view, list) : err;
}
