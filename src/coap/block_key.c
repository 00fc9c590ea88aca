/* Which body a block belongs to: a number from what its requests have in common. */

#include <linnet/coap.h>

/* RFC 7252 §5.4.6: how an option's number says that it does not tell requests apart. */
static bool is_no_cache_key(uint16_t number)
{
    return (number & 0x1e) == 0x1c; /* Size1, Size2 and Echo among them */
}

static bool tells_apart(uint16_t number)
{
    return number != LN_COAP_BLOCK1 && number != LN_COAP_BLOCK2 && number != LN_COAP_OBSERVE &&
           !is_no_cache_key(number);
}

uint32_t ln_coap_block_key(const struct ln_coap_message *request)
{
    struct ln_coap_option_cursor option = ln_coap_option_first(request);
    uint32_t key = request->code;

    while (ln_coap_option_next(&option)) {
        if (tells_apart(option.number)) {
            key = ln_checksum_add(key, option.number);
            key = ln_checksum_add(key, ln_checksum(option.value));
        }
    }
    return key;
}
