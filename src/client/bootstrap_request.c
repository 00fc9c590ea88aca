/* Bootstrap-Request: how it is written, and what the answer says.
 * spec: CORE-1.1.1 §6.1.7.1, TRANSPORT-1.1.1 §6.4.1 */

#include "client/bootstrap.h"

/* What we would rather be written to in: the formats that pct may name. */
static const uint16_t preferred[] = {LN_FORMAT_SENML_CBOR, LN_FORMAT_SENML_JSON, LN_FORMAT_TLV};

static bool knows(const struct ln_client_bootstrap *b, uint16_t format)
{
    return ln_format_find(b->peer_config.formats, format) != NULL;
}

/* The best that was not refused; LN_FORMAT_NONE: nothing is said. */
static uint16_t format_to_ask_for(const struct ln_client_bootstrap *b)
{
    uint8_t refused = b->formats;

    for (size_t i = 0; i < LN_COUNT(preferred); i++) {
        if (b->peer_config.version > LN_VERSION_1_0 && knows(b, preferred[i]) &&
            refused-- == 0) {
            return preferred[i];
        }
    }
    return LN_FORMAT_NONE;
}

static void add_endpoint(struct ln_coap_builder *b, const char *endpoint)
{
    uint8_t text[4 + LN_LIMIT_ENDPOINT];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_text(&w, "ep=");
    ln_write_text(&w, endpoint);
    ln_coap_add(b, LN_COAP_URI_QUERY, ln_writer_bytes(&w));
}

static void add_format(struct ln_coap_builder *b, uint16_t format)
{
    uint8_t text[4 + LN_INTEGER_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_text(&w, "pct=");
    ln_write_unsigned_text(&w, format);
    ln_coap_add(b, LN_COAP_URI_QUERY, ln_writer_bytes(&w));
}

bool ln_client__write_bootstrap_request(struct ln_client_bootstrap *b)
{
    struct ln_client *peer = &b->peer;
    struct ln_client_server *server = &b->server;
    const struct ln_random *random = &peer->config->random;
    uint16_t format = format_to_ask_for(b);
    uint16_t id = peer->next_id++;

    random->fill(random->context, server->token.bytes, LN_CLIENT_TOKEN);
    server->token.len = LN_CLIENT_TOKEN;
    struct ln_coap_builder out = ln_coap_start(server->request, ln_client__datagram_size(peer),
                                               LN_COAP_CON, LN_COAP_POST, id, &server->token);
    ln_coap_add_text(&out, LN_COAP_URI_PATH, "bs");
    add_endpoint(&out, peer->config->endpoint);
    if (format != LN_FORMAT_NONE) {
        add_format(&out, format);
    }
    server->request_len = (uint16_t)ln_coap_finish(&out);
    if (server->request_len > 0) {
        ln_coap_exchange_start(&server->exchange, ln_client__coap(peer), random, id, true,
                               true);
    }
    return server->request_len > 0;
}

/* A bootstrap server of 1.0 may know no pct, and any may not have that format. */
enum ln_client__bootstrap_answer ln_client__bootstrap_answered(struct ln_client_bootstrap *b,
                                                               uint8_t code)
{
    if (ln_coap_code_class(code) == 2) {
        return LN_CLIENT_BOOTSTRAP_ANSWERED_YES;
    }
    if ((code == LN_COAP_4_15 || code == LN_COAP_4_00) &&
        format_to_ask_for(b) != LN_FORMAT_NONE) {
        b->formats = code == LN_COAP_4_15 ? (uint8_t)(b->formats + 1) : LN_COUNT(preferred);
        return LN_CLIENT_BOOTSTRAP_ASKED_AGAIN;
    }
    return LN_CLIENT_BOOTSTRAP_ANSWERED_NO;
}
