/* Blocks of a body (RFC 7959): which of them are asked for and fit. */

#include <linnet/coap.h>

uint8_t ln_coap_block_fit(size_t room)
{
    uint8_t exponent = 0;

    while (exponent < LN_COAP_BLOCK_LARGEST && room >> exponent >= 32) {
        exponent++;
    }
    return exponent;
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
