/* The optional part for bodies in blocks (RFC 7959): its table, its memory, its times. */

#include "client/blocks.h"

uint8_t *ln_client__body(const struct ln_client *client, const struct ln_client_server *server)
{
    const struct ln_client_blocks *blocks = client->config->blocks;
    size_t index = server->link;

    return (uint8_t *)blocks->memory + index * blocks->body_size;
}

/* The place of a body is also where a block is held, and where an answer is kept. */
static bool init(const struct ln_client *client)
{
    const struct ln_client_blocks *blocks = client->config->blocks;

    if (blocks->transfers == NULL || blocks->memory == NULL ||
        blocks->body_size < ln_client__datagram_size(client)) {
        return false;
    }
    for (size_t i = 0; i < client->config->server_count; i++) {
        blocks->transfers[i] = (struct ln_client_transfer){0};
    }
    return true;
}

void ln_client_resume(struct ln_client *client)
{
    for (size_t i = 0; i < client->config->server_count; i++) {
        struct ln_client_transfer *t = ln_client__transfer(client, &client->config->servers[i]);
        if (t != NULL) {
            t->resumes = t->waits;
        }
    }
}

/* There must be room to tell of the write, if it is whole by that. */
static bool is_to_resume(const struct ln_client *client, const struct ln_client_transfer *t)
{
    return t->resumes && ln_client__can_tell(client);
}

static void pursue(struct ln_client *client, struct ln_client_server *server, ln_time now)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);

    if (t->stream != NULL && t->in.until <= now) {
        ln_client__drop_body(client, server);
        ln_client_changed(client, now, ln_path_root());
    }
    if (is_to_resume(client, t)) {
        ln_client__resume_block(client, server, now);
        ln_client_changed(client, now, ln_path_root());
    }
}

static ln_time deadline(const struct ln_client *client, const struct ln_client_server *server)
{
    const struct ln_client_transfer *t = ln_client__transfer(client, server);

    if (t->stream == NULL) {
        return LN_NEVER;
    }
    return is_to_resume(client, t) ? 0 : t->in.until;
}

const struct ln_client_blocks_calls ln_client_blocks_calls = {
    .init = init,
    .drop = ln_client__drop_body,
    .pursue = pursue,
    .deadline = deadline,
    .serve = ln_client__serve_block,
    .add_list = ln_client__add_list,
    .go_on = ln_client__list_goes_on,
};
