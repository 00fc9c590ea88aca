/* What a datagram is, to one who is asked and asks. spec: RFC 7252 §4.2, §4.3 */

#include <linnet/coap.h>

enum ln_coap_arrival ln_coap_arrival(struct ln_bytes datagram, struct ln_coap_message *m)
{
    if (ln_coap_parse(datagram, m) != LN_OK) {
        return ln_coap_reject(datagram, &m->id) ? LN_COAP_IS_REFUSED : LN_COAP_IS_NOTHING;
    }
    if (m->code != LN_COAP_EMPTY) {
        return ln_coap_is_request(m->code) ? LN_COAP_IS_REQUEST : LN_COAP_IS_RESPONSE;
    }
    return m->type == LN_COAP_CON ? LN_COAP_IS_PING : LN_COAP_IS_EMPTY;
}
