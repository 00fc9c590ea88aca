/* Register, Update and De-register: the requests that we send, and what their answers say.
 * spec: CORE-1.1.1 §6.2, TRANSPORT-1.1.1 §6.4.2 */

#include "client/register.h"

#include "client/blocks.h"
#include "client/client.h"
#include "client/data.h"
#include "client/link_list.h"

/* What the registration of a server is to say now. */
struct terms {
    uint32_t lifetime;
    uint32_t list_checksum;
    uint8_t binding;
};

static struct terms terms_of(const struct ln_client *client,
                             const struct ln_client_server *server)
{
    const struct ln_server_account *account = ln_client__account(client, server);
    struct terms terms = {.lifetime = server->lifetime, .binding = LN_BINDING_U};

    if (account != NULL) {
        struct ln_bytes text = ln_bytes_of_text(account->binding);
        terms.lifetime = account->lifetime;
        if (ln_client__binding_of_text(text, ln_client__version_with(server), &terms.binding) !=
            LN_OK) {
            terms.binding = LN_BINDING_U;
        }
    }
    if (client->config->queue_mode != NULL) {
        terms.binding |= LN_BINDING_Q;
    }
    terms.list_checksum = ln_client__object_list_checksum(client->config);
    return terms;
}

bool ln_client__differs(const struct ln_client *client, const struct ln_client_server *server)
{
    struct terms terms = terms_of(client, server);

    return terms.lifetime != server->lifetime || terms.binding != server->binding ||
           terms.list_checksum != server->list_checksum;
}

/* ---- Writing ---- */

static struct ln_coap_builder begin(struct ln_client *client, struct ln_client_server *server,
                                    uint8_t code)
{
    const struct ln_random *random = &client->config->random;
    uint16_t id = client->next_id++;

    random->fill(random->context, server->token.bytes, LN_CLIENT_TOKEN);
    server->token.len = LN_CLIENT_TOKEN;
    ln_coap_exchange_start(&server->exchange, ln_client__coap(client), random, id, true, true);
    return ln_coap_start(server->request, ln_client__datagram_size(client), LN_COAP_CON, code,
                         id, &server->token);
}

static bool end(struct ln_client_server *server, const struct ln_coap_builder *b)
{
    server->request_len = (uint16_t)ln_coap_finish(b);
    if (server->request_len == 0) {
        server->exchange.state = LN_COAP_IDLE;
    }
    return server->request_len > 0;
}

static void add_query(struct ln_coap_builder *b, const char *key, const char *value)
{
    uint8_t text[8 + LN_LIMIT_ENDPOINT];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_text(&w, key);
    ln_write_text(&w, value);
    ln_coap_add(b, LN_COAP_URI_QUERY, ln_writer_bytes(&w));
}

static void add_lifetime(struct ln_coap_builder *b, uint32_t lifetime)
{
    uint8_t text[LN_INTEGER_TEXT_MAX + 3];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_text(&w, "lt=");
    ln_write_unsigned_text(&w, lifetime);
    ln_coap_add(b, LN_COAP_URI_QUERY, ln_writer_bytes(&w));
}

/* From 1.1 on the Q travels apart from the transports. */
static void add_binding(struct ln_coap_builder *b, const struct ln_client_server *server,
                        uint8_t binding, bool even_default)
{
    enum ln_version version = ln_client__version_with(server);
    uint8_t text[LN_BINDING_TEXT_MAX + 2];
    struct ln_writer w = ln_writer(text, sizeof(text));
    bool apart = version > LN_VERSION_1_0 && (binding & LN_BINDING_Q) != 0;

    if (even_default || (apart ? binding & ~LN_BINDING_Q : binding) != LN_BINDING_U) {
        ln_write_text(&w, "b=");
        ln_write_binding(&w, binding, version);
        ln_coap_add(b, LN_COAP_URI_QUERY, ln_writer_bytes(&w));
    }
    if (apart) {
        ln_coap_add_text(b, LN_COAP_URI_QUERY, "Q");
    }
}

static void add_object_list(struct ln_client *client, struct ln_client_server *server,
                            struct ln_coap_builder *b)
{
    const struct ln_client_blocks *blocks = client->config->blocks;

    if (blocks != NULL && blocks->calls->add_list(client, server, b)) {
        return;
    }
    struct ln_writer w = ln_coap_payload_begin(b);

    ln_client__write_object_list(&w, client->config, server);
    ln_coap_payload_end(b, &w);
}

static void add_location(struct ln_coap_builder *b, const struct ln_client_server *server)
{
    struct ln_reader in = ln_reader(ln_bytes(server->location, server->location_len));

    while (ln_reader_left(&in) > 0) {
        size_t len = ln_read_u8(&in);
        ln_coap_add(b, LN_COAP_URI_PATH, ln_read_bytes(&in, len));
    }
}

/*
 * From now on the server is taken to know it: if it does not come to know it, we register anew.
 * In blocks that is so with the last one; until then each says the same. That one may have to be
 * sent again, or all of them: then they are to say it once more.
 */
static void told(const struct ln_client *client, struct ln_client_server *server,
                 const struct terms *terms)
{
    struct ln_client_transfer *t = ln_client__transfer(client, server);

    if (t != NULL) {
        t->told = !(t->sends && t->sends_more);
        if (!t->told) {
            return;
        }
        t->lifetime_before = server->lifetime;
        t->binding_before = server->binding;
        t->list_before = server->list_checksum;
    }
    server->lifetime = terms->lifetime;
    server->binding = terms->binding;
    server->list_checksum = terms->list_checksum;
    server->wants_update = false;
}

void ln_client__untold(struct ln_client_server *server)
{
    server->lifetime = ~server->lifetime;
    server->binding = (uint8_t)~server->binding;
    server->list_checksum = ~server->list_checksum;
}

bool ln_client__register(struct ln_client *client, struct ln_client_server *server)
{
    struct ln_coap_builder b = begin(client, server, LN_COAP_POST);
    struct terms terms = terms_of(client, server);

    server->keeps = false; /* an Update says only what is new, and what is new is told here */
    ln_coap_add_text(&b, LN_COAP_URI_PATH, "rd");
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_LINK);
    add_query(&b, "ep=", client->config->endpoint);
    add_lifetime(&b, terms.lifetime);
    add_query(&b, "lwm2m=", ln_version_text(ln_client__version_with(server)));
    add_binding(&b, server, terms.binding, false);
    add_object_list(client, server, &b);
    told(client, server, &terms);
    return end(server, &b);
}

bool ln_client__update(struct ln_client *client, struct ln_client_server *server)
{
    struct ln_coap_builder b = begin(client, server, LN_COAP_POST);
    struct terms terms = terms_of(client, server);
    bool new_list = terms.list_checksum != server->list_checksum;

    add_location(&b, server);
    if (new_list) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_LINK);
    }
    if (terms.lifetime != server->lifetime) {
        add_lifetime(&b, terms.lifetime);
    }
    if (terms.binding != server->binding) {
        add_binding(&b, server, terms.binding, true);
    }
    if (new_list) {
        add_object_list(client, server, &b);
    }
    told(client, server, &terms);
    return end(server, &b);
}

bool ln_client__deregister(struct ln_client *client, struct ln_client_server *server)
{
    struct ln_coap_builder b = begin(client, server, LN_COAP_DELETE);

    add_location(&b, server);
    return end(server, &b);
}

/* ---- Answers ---- */

/* Each segment just as it came, for some servers put slashes into one. */
static bool keep_location(struct ln_client_server *server, const struct ln_coap_message *answer)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(answer);
    struct ln_writer w = ln_writer(server->location, sizeof(server->location));

    while (ln_coap_option_find(&at, LN_COAP_LOCATION_PATH)) {
        if (at.value.len > UINT8_MAX) {
            return false;
        }
        ln_write_u8(&w, (uint8_t)at.value.len);
        ln_write_bytes(&w, at.value);
    }
    server->location_len = (uint8_t)w.written;
    return !w.failed && w.written > 0;
}

/* spec: CORE-1.1.1 §6.2.1 Register: 4.12 says that the version is not supported. */
static enum ln_registration_event register_answered(const struct ln_client *client,
                                                    struct ln_client_server *server,
                                                    const struct ln_coap_message *answer)
{
    if (answer->code == LN_COAP_2_01 && keep_location(server, answer)) {
        return LN_ON_ACCEPTED;
    }
    server->refusal = answer->code;
    if (answer->code != LN_COAP_4_12) {
        return LN_ON_DENIED;
    }
    if (ln_client__version_with(server) > LN_VERSION_1_0) {
        server->version--;
        return LN_ON_VERSION;
    }
    server->version = (uint8_t)client->config->version;
    return LN_ON_DENIED;
}

enum ln_registration_event ln_client__answered(const struct ln_client *client,
                                               struct ln_client_server *server,
                                               const struct ln_coap_message *answer)
{
    if (server->state == LN_REGISTRATION_REGISTERING) {
        return register_answered(client, server, answer);
    }
    return ln_coap_code_class(answer->code) == 2 ? LN_ON_ACCEPTED : LN_ON_DENIED;
}
