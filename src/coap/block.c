/* Blocks of a body (RFC 7959): what their options say, and which body a block belongs to. */

#include <linnet/coap.h>

uint8_t ln_coap_block_fit(size_t room)
{
    uint8_t exponent = LN_COAP_BLOCK_LARGEST;

    while (exponent > 0 && (size_t)16 << exponent > room) {
        exponent--;
    }
    return exponent;
}

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
            uint8_t both[10];
            struct ln_writer w = ln_writer(both, sizeof(both));

            ln_write_u32(&w, key);
            ln_write_u16(&w, option.number);
            ln_write_u32(&w, ln_checksum(option.value));
            key = ln_checksum(ln_writer_bytes(&w));
        }
    }
    return key;
}

ln_err ln_coap_block_window(struct ln_coap_block asked, uint8_t largest, uint32_t total,
                            struct ln_coap_block *block)
{
    *block = asked;
    if (!asked.present) {
        *block = (struct ln_coap_block){.size_exponent = largest};
        block->present = total > ln_coap_block_size(*block);
    } else if (asked.size_exponent > largest) {
        block->number <<= asked.size_exponent - largest;
        block->size_exponent = largest;
    }
    uint32_t offset = ln_coap_block_offset(*block);
    if (offset > 0 && offset >= total) {
        return LN_ERR_BAD_REQUEST;
    }
    block->more = total - offset > ln_coap_block_size(*block);
    /* A body that needs more numbers than there are cannot be had in blocks this small. */
    return block->number > LN_COAP_BLOCK_NUMBER_MAX ? LN_ERR_BAD_REQUEST : LN_OK;
}
