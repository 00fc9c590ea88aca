/* The last messages of one peer, so that a repeat is answered and not carried out again. */

#include <linnet/coap.h>

enum ln_coap_seen ln_coap_history_note(struct ln_coap_history *history,
                                       const struct ln_coap_parameters *p, ln_time now,
                                       uint16_t id, uint32_t checksum)
{
    unsigned newest = (history->next + LN_COAP_HISTORY - 1U) % LN_COAP_HISTORY;

    for (unsigned i = 0; i < LN_COAP_HISTORY; i++) {
        if (now < history->seen[i].until && history->seen[i].id == id &&
            history->seen[i].checksum == checksum) {
            return i == newest ? LN_COAP_REPEAT_LAST : LN_COAP_REPEAT_OLD;
        }
    }
    history->seen[history->next].until = ln_time_after(now, ln_coap_exchange_lifetime(p));
    history->seen[history->next].checksum = checksum;
    history->seen[history->next].id = id;
    history->next = (uint8_t)((history->next + 1) % LN_COAP_HISTORY);
    return LN_COAP_NEW;
}
