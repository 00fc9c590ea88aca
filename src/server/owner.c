/* Which engine a datagram belongs to, told from its bytes alone: no engine is asked. */

#include "recent.h"

#include <linnet/server.h>

enum { ANY = -1 };

uint8_t ln_server__bucket_of(struct ln_bytes endpoint)
{
    uint32_t sum = ln_checksum(endpoint);

    return (uint8_t)(sum ^ sum >> 8 ^ sum >> 16 ^ sum >> 24);
}

uint8_t ln_server_shard_of(struct ln_bytes endpoint, uint8_t shards)
{
    return (uint8_t)(shards < 2 ? 0 : ln_server__bucket_of(endpoint) % shards);
}

static int shard_or_any(unsigned shard, uint8_t shards)
{
    return shard < shards ? (int)shard : ANY;
}

/* The first byte of a location is the bucket of its endpoint. */
int ln_server__shard_of_location(struct ln_bytes location, uint8_t shards)
{
    uint8_t bytes[8] = {0};
    struct ln_writer w = ln_writer(bytes, sizeof(bytes));

    if (location.len != LOCATION_TEXT || !ln_base64_decode(&w, location, true)) {
        return ANY;
    }
    return shards == 0 ? ANY : bytes[0] % shards;
}

static int of_register(struct ln_coap_option_cursor *option, uint8_t shards)
{
    while (ln_coap_option_find(option, LN_COAP_URI_QUERY)) {
        struct ln_reader in = ln_reader(option->value);
        if (ln_bytes_are(ln_read_until(&in, '='), "ep")) {
            return ln_server_shard_of(ln_read_rest(&in), shards);
        }
    }
    return ANY;
}

static int of_request(const struct ln_coap_message *m, uint8_t shards)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(m);

    if (!ln_coap_option_find(&option, LN_COAP_URI_PATH) || !ln_bytes_are(option.value, "rd")) {
        return ANY;
    }
    if (ln_coap_option_find(&option, LN_COAP_URI_PATH)) {
        return ln_server__shard_of_location(option.value, shards);
    }
    return of_register(&option, shards);
}

int ln_server_owner(struct ln_bytes datagram, uint8_t shards)
{
    struct ln_coap_message m;

    if (ln_coap_parse(datagram, &m) != LN_OK) {
        return ANY;
    }
    if (ln_coap_is_request(m.code)) {
        return of_request(&m, shards);
    }
    /* Our tokens begin with the shard; who answers without one names us by the message id at
     * least. */
    if (ln_coap_is_response(m.code) && m.token.len == LN_COAP_TOKEN_MAX) {
        return shard_or_any(m.token.bytes[0], shards);
    }
    bool names_ours = m.type == LN_COAP_ACK || m.type == LN_COAP_RST;
    return names_ours && shards > 0 ? m.id % shards : ANY;
}
