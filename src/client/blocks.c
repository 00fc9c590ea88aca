/* The optional part for bodies in blocks (RFC 7959): its table, its memory, its times. */

#include "client/blocks.h"

uint8_t *ln_client__body(const struct ln_client *client, const struct ln_client_server *server)
{
    const struct ln_client_blocks *blocks = client->config->blocks;
    size_t index = server->link;

    return (uint8_t *)blocks->memory + index * blocks->body_size;
}

/* The place of a body is also where a block is held, and where an answer is kept. */
bool ln_client__blocks_init(const struct ln_client *client)
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

void ln_client__blocks_pursue(struct ln_client *client, struct ln_client_server *server,
                              ln_time now)
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

ln_time ln_client__blocks_deadline(const struct ln_client *client,
                                   const struct ln_client_server *server)
{
    const struct ln_client_transfer *t = ln_client__transfer(client, server);

    if (t->stream == NULL) {
        return LN_NEVER;
    }
    return is_to_resume(client, t) ? 0 : t->in.until;
}

/* ---- Without block_list.c ---- */

static bool add_no_list(struct ln_client *client, struct ln_client_server *server,
                        struct ln_coap_builder *b)
{
    (void)client, (void)server, (void)b;
    return false;
}

static enum ln_coap_block_step end(struct ln_client *client, struct ln_client_server *server,
                                   uint8_t code, const struct ln_coap_options *options)
{
    (void)client, (void)server, (void)code, (void)options;
    return LN_COAP_BLOCK_END;
}

const struct ln_client_blocks_calls ln_client_request_blocks_calls = {
    .init = ln_client__blocks_init,
    .drop = ln_client__drop_body,
    .pursue = ln_client__blocks_pursue,
    .deadline = ln_client__blocks_deadline,
    .serve = ln_client__serve_block,
    .add_list = add_no_list,
    .go_on = end,
};
