/* Execute: an action of a resource. What it means is done once the answer has left. */

#include "client/requests.h"

enum { DISABLE = 4, UPDATE = 8, BOOTSTRAP = 9 }; /* of object 1 */

static struct ln_client_server *server_of_instance(const struct ln_client *client, uint16_t id)
{
    for (size_t i = 0; i < client->config->server_count; i++) {
        struct ln_client_server *server = &client->config->servers[i];
        if (server->in_use && server->server_instance == id) {
            return server;
        }
    }
    return NULL;
}

/* What the Server object's executables mean is ours to do, once the answer has left; a bootstrap is
 * told of, and the part for it does it. */
static void execute_on_server(const struct ln_client__request *r)
{
    struct ln_client_server *server = server_of_instance(r->client, r->instance_id);

    if (server != NULL) {
        server->wants_disable |= r->row->id == DISABLE;
        server->wants_update |= r->row->id == UPDATE;
    }
}

static ln_err execute(struct ln_client__request *r)
{
    uint16_t format = r->operation.format;
    struct ln_bytes arguments = r->operation.payload;

    if ((r->row->operations & LN_EXECUTE) == 0) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (format != LN_FORMAT_NONE && format != LN_FORMAT_TEXT) {
        return LN_ERR_BAD_FORMAT;
    }
    if (!ln_arguments_valid(arguments)) {
        return LN_ERR_BAD_REQUEST;
    }
    if (r->row->at.execute != NULL) {
        ln_err err = r->row->at.execute(r->instance, arguments);
        if (err != LN_OK) {
            return err;
        }
    }
    if (r->operation.path.id[0] == 1 && r->row->id != BOOTSTRAP) {
        execute_on_server(r);
    } else {
        ln_client__tell(r->client, r->server, LN_CLIENT_EXECUTED, &r->operation.path);
    }
    ln_client__answer(r, LN_COAP_2_04);
    return LN_OK;
}

const struct ln_client_operation ln_client_execute = {
    .kinds = LN_KIND(EXECUTE),
    .perform = execute,
    .serve = ln_client__serve,
};
