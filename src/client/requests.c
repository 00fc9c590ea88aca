/* Serving a server's requests: what is asked, whether it may be, and the answer. */

#include "client/requests.h"

#include "client/blocks.h"
#include "client/data.h"
#include "client/link_list.h"

/* ---- Answers ---- */

struct ln_coap_builder ln_client__answer_begin(const struct ln_client__request *r, uint8_t code)
{
    return ln_coap_answer(r->server->answer, ln_client__datagram_size(r->client), r->message,
                          code, r->message->type == LN_COAP_CON ? 0 : r->client->next_id++);
}

void ln_client__answer_end(const struct ln_client__request *r, const struct ln_coap_builder *b)
{
    r->server->answer_len = (uint16_t)ln_coap_finish(b);
    r->server->answer_due = r->server->answer_len > 0;
}

/* RFC 7959 §2.3: the answer says which block it is for. */
void ln_client__answer_block1(const struct ln_client__request *r, struct ln_coap_builder *b)
{
    if (r->block1.present) {
        ln_coap_add_block(b, LN_COAP_BLOCK1, r->block1);
    }
}

void ln_client__answer(const struct ln_client__request *r, uint8_t code)
{
    struct ln_coap_builder b = ln_client__answer_begin(r, code);

    ln_client__answer_block1(r, &b);
    ln_client__answer_end(r, &b);
}

void ln_client__refuse(const struct ln_client__request *r, ln_err err)
{
    r->client->stats.refused_requests++;
    ln_client__answer(r, ln_coap_code_of(err));
}

/* ---- The order of checks. spec: CORE-1.1.1 §6.3, TRANSPORT-1.1.1 §6.4.3 ---- */

ln_err ln_client__find_target(struct ln_client__request *r)
{
    struct ln_path path = r->operation.path;
    bool writes = r->operation.kind == LN_OPERATION_WRITE;

    r->entry = ln_client__entry(r->client->config, path.id[0]);
    if (r->entry == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    if (path.depth >= 2) {
        r->instance_id = path.id[1];
        r->instance = ln_client__instance(r->entry, path.id[1]);
        if (r->instance == NULL) {
            return LN_ERR_NOT_FOUND;
        }
    }
    if (path.depth >= 3) {
        r->row = ln_object_resource(r->entry->object, path.id[2]);
        if (r->row == NULL ||
            (!writes && !ln_client__is_there(r->entry->object, r->row, r->instance))) {
            return LN_ERR_NOT_FOUND;
        }
    }
    return LN_OK;
}

bool ln_client__has_instance(const struct ln_client__request *r)
{
    uint16_t wanted = r->operation.path.id[3];
    uint16_t id = wanted;
    struct ln_value value;

    return r->operation.path.depth < 4 ||
           (ln_client__next_value(r->entry->object, r->row, r->instance, &id, &value) ==
                LN_OK &&
            id == wanted);
}

bool ln_client__is_acceptable(const struct ln_client__request *r)
{
    return r->operation.accept == LN_FORMAT_NONE ||
           ln_format_find(r->client->config->formats, r->operation.accept) != NULL;
}

bool ln_client__is_fixed(const struct ln_client__request *r)
{
    return ln_object_is_single(r->entry->object) || r->entry->object->id == 1;
}

ln_err ln_client__perform(struct ln_client__request *r)
{
    const struct ln_client_operation *const *row = r->client->config->operations;

    while (*row != NULL && ((*row)->kinds >> r->operation.kind & 1) == 0) {
        row++;
    }
    return *row == NULL ? LN_ERR_NOT_IMPLEMENTED : (*row)->perform(r);
}

static ln_err carry_out(struct ln_client__request *r)
{
    const struct ln_path *path = &r->operation.path;
    ln_err err = ln_operation_read(r->message, &r->options, &r->operation);

    if (path->depth > 0 && !ln_client__object_is_visible(path->id[0])) {
        return LN_ERR_UNAUTHORIZED;
    }
    if (err == LN_ERR_NOT_FOUND || path->depth == 0) {
        return err == LN_OK ? LN_ERR_NOT_ALLOWED : err;
    }
    ln_err found = ln_client__find_target(r);
    if (found != LN_OK || err != LN_OK) {
        return found != LN_OK ? found : err;
    }
    if (!ln_operation_fits(r->operation.kind, *path, ln_client__version(r)) ||
        (path->depth == 4 && (r->row->operations & LN_MANY) == 0)) {
        return LN_ERR_NOT_ALLOWED;
    }
    const struct ln_client_blocks *blocks = r->client->config->blocks;
    bool served = false;
    err = blocks == NULL ? LN_OK : blocks->calls->serve(r, &served);
    if (err != LN_OK || served) {
        return err;
    }
    if (r->options.block1.more || r->options.block1.number > 0) {
        return LN_ERR_TOO_LARGE;
    }
    if (ln_client__changes(r) && !ln_client__can_tell(r->client)) {
        return LN_ERR_BUSY;
    }
    return ln_client__perform(r);
}

void ln_client__serve(struct ln_client *client, struct ln_client_server *server, ln_time now,
                      const struct ln_coap_message *message)
{
    struct ln_client__request r = {
        .client = client, .server = server, .message = message, .now = now};
    ln_err err = ln_coap_options(message, &r.options);

    server->answer_len = 0;
    /* RFC 7252 §5.4.1: a request that nobody confirms is not told of its critical options. */
    if (err != LN_OK && message->type != LN_COAP_CON) {
        return;
    }
    if (err == LN_OK) {
        r.block1 = r.options.block1;
        err = carry_out(&r);
    }
    if (err != LN_OK) {
        ln_client__refuse(&r, err);
    }
}
