/* Our object list in blocks: a Register or Update that is longer than a datagram. */

#include "client/blocks.h"
#include "client/link_list.h"
#include "client/register.h"

static uint32_t list_size(const struct ln_client *client, const struct ln_client_server *server)
{
    struct ln_writer w = ln_writer_window(NULL, 0, 0);

    ln_client__write_object_list(&w, client->config, server);
    return (uint32_t)w.written;
}

static void add_block(const struct ln_client *client, const struct ln_client_server *server,
                      struct ln_coap_builder *b)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    struct ln_coap_block block = ln_coap_block_sender_next(&t->out);

    ln_coap_add_block(b, LN_COAP_BLOCK1, block);
    if (block.number == 0) {
        ln_coap_add_uint(b, LN_COAP_SIZE1, t->out.total);
    }
    t->sends_more = block.more;
    struct ln_writer room = ln_coap_payload_begin(b);
    struct ln_writer w =
        ln_writer_window(room.out, ln_coap_block_size(block), ln_coap_block_offset(block));
    if (room.size < ln_coap_block_size(block)) {
        ln_writer_fail(&w);
    }
    ln_client__write_object_list(&w, client->config, server);
    ln_coap_payload_end(b, &w);
}

/* In one piece where it fits into the rest of the datagram, and is no longer than our blocks. */
static bool fits_whole(const struct ln_client *client, uint32_t total, size_t room)
{
    uint16_t block_size = client->config->block_size;

    return total < room && (block_size == 0 || total <= block_size);
}

static uint8_t least(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* A list that changes between two blocks begins again, for all blocks are to be of one list. */
static bool add_list(struct ln_client *client, struct ln_client_server *server,
                     struct ln_coap_builder *b)
{
    enum { BLOCK1_SIZE1_AND_MARKER = 4 + 6 + 1 };
    struct ln_client_transfer *t = ln_client__transfer(client, server);
    uint32_t checksum = ln_client__object_list_checksum(client->config);
    size_t room = b->out.size - b->out.written;
    uint32_t total = list_size(client, server);

    if (!t->sends && fits_whole(client, total, room)) {
        return false;
    }
    if (!t->sends || t->list_checksum != checksum) {
        size_t rest = room > BLOCK1_SIZE1_AND_MARKER ? room - BLOCK1_SIZE1_AND_MARKER : 0;
        uint8_t exponent = least(ln_coap_block_fit(rest), ln_client__largest_block(client));
        ln_coap_block_sender_start(&t->out, total,
                                   t->sends ? least(exponent, t->out.exponent) : exponent);
        t->list_checksum = checksum;
        t->sends = true;
    }
    add_block(client, server, b);
    return true;
}

/*
 * RFC 7959 §2.9.3: the server has room for the list, but not in one piece. It begins anew as one
 * that has changed.
 */
static bool is_to_be_cut(const struct ln_client *client, const struct ln_client_server *server,
                         uint8_t code, const struct ln_coap_options *options)
{
    bool has_list = server->state == LN_REGISTRATION_REGISTERING ||
                    server->state == LN_REGISTRATION_UPDATING;

    return has_list && code == LN_COAP_4_13 && options->block1.present &&
           (options->size1 == 0 || options->size1 >= list_size(client, server));
}

static enum ln_coap_block_step next_step(const struct ln_client *client,
                                         const struct ln_client_server *server, uint8_t code,
                                         const struct ln_coap_options *options)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);

    if (t->sends) {
        return options == NULL ? ln_coap_block_sender_given_up(&t->out)
                               : ln_coap_block_sender_answered(&t->out, code, options);
    }
    if (options == NULL || !is_to_be_cut(client, server, code, options)) {
        return LN_COAP_BLOCK_END;
    }
    t->sends = true;
    t->list_checksum = ~ln_client__object_list_checksum(client->config);
    ln_coap_block_sender_start(&t->out, 0, options->block1.size_exponent);
    return LN_COAP_BLOCK_RESTART;
}

/* The server did not come to know it: what is sent next says it again. */
static void take_back(struct ln_client_server *server, struct ln_client_transfer *t)
{
    if (t->told) {
        t->told = false;
        server->lifetime = t->lifetime_before;
        server->binding = t->binding_before;
        server->list_checksum = t->list_before;
    }
}

static enum ln_coap_block_step go_on(struct ln_client *client, struct ln_client_server *server,
                                     uint8_t code, const struct ln_coap_options *options)
{
    enum ln_coap_block_step step = next_step(client, server, code, options);

    if (step == LN_COAP_BLOCK_FAILED) {
        return LN_COAP_BLOCK_FAILED;
    }
    if (step != LN_COAP_BLOCK_NEXT && step != LN_COAP_BLOCK_RESTART) {
        return LN_COAP_BLOCK_END;
    }
    take_back(server, ln_client__transfer(client, server));
    bool fits = server->state == LN_REGISTRATION_REGISTERING
                    ? ln_client__register(client, server)
                    : ln_client__update(client, server);
    return fits ? LN_COAP_BLOCK_NEXT : LN_COAP_BLOCK_FAILED;
}

const struct ln_client_blocks_calls ln_client_blocks_calls = {
    .init = ln_client__blocks_init,
    .drop = ln_client__drop_body,
    .pursue = ln_client__blocks_pursue,
    .deadline = ln_client__blocks_deadline,
    .serve = ln_client__serve_block,
    .add_list = add_list,
    .go_on = go_on,
};
