/* A body that we send by Block1: which block is due, and what an answer to it means. */

#include <linnet/coap.h>

void ln_coap_block_sender_start(struct ln_coap_block_sender *s, uint32_t total,
                                uint8_t exponent)
{
    *s = (struct ln_coap_block_sender){.total = total, .exponent = exponent};
}

struct ln_coap_block ln_coap_block_sender_next(const struct ln_coap_block_sender *s)
{
    struct ln_coap_block block = {
        .number = s->offset >> (s->exponent + 4),
        .size_exponent = s->exponent,
        .present = true,
    };

    block.more = s->total - s->offset > ln_coap_block_size(block);
    return block;
}

/* RFC 7959 §2.3: the peer names the block that it answers; bytes count, not its size. */
static enum ln_coap_block_step advance(struct ln_coap_block_sender *s,
                                       const struct ln_coap_block *answered)
{
    struct ln_coap_block sent = ln_coap_block_sender_next(s);

    if (!sent.more || (answered->present && answered->number != sent.number)) {
        return LN_COAP_BLOCK_FAILED;
    }
    s->offset += ln_coap_block_size(sent);
    s->given_up = 0;
    if (answered->present && answered->size_exponent < s->exponent) {
        s->exponent = answered->size_exponent;
    }
    bool has_number = s->offset >> (s->exponent + 4) <= LN_COAP_BLOCK_NUMBER_MAX;
    return has_number ? LN_COAP_BLOCK_NEXT : LN_COAP_BLOCK_FAILED;
}

static enum ln_coap_block_step restart(struct ln_coap_block_sender *s, uint8_t exponent)
{
    if (s->restarted) {
        return LN_COAP_BLOCK_REFUSED;
    }
    s->restarted = true;
    s->exponent = exponent < s->exponent ? exponent : s->exponent;
    s->offset = 0;
    s->given_up = 0;
    return LN_COAP_BLOCK_RESTART;
}

/* RFC 7959 §2.9.3: too large is the block, if the peer asks for smaller ones or has room enough. */
static enum ln_coap_block_step too_large(struct ln_coap_block_sender *s,
                                         const struct ln_coap_options *o)
{
    bool fits = o->size1 == 0 || (s->total != LN_COAP_BODY_UNKNOWN && s->total <= o->size1);

    if (!fits) {
        return LN_COAP_BLOCK_REFUSED;
    }
    if (o->block1.present && o->block1.size_exponent < s->exponent) {
        return restart(s, o->block1.size_exponent);
    }
    return o->size1 > 0 && s->exponent > 0 ? restart(s, (uint8_t)(s->exponent - 1))
                                           : LN_COAP_BLOCK_REFUSED;
}

enum ln_coap_block_step ln_coap_block_sender_answered(struct ln_coap_block_sender *s,
                                                      uint8_t code,
                                                      const struct ln_coap_options *o)
{
    bool more = ln_coap_block_sender_next(s).more;

    if (code == LN_COAP_2_31) {
        return advance(s, &o->block1);
    }
    if (code == LN_COAP_4_08) {
        return restart(s, o->block1.present ? o->block1.size_exponent : s->exponent);
    }
    if (code == LN_COAP_4_13) {
        return too_large(s, o);
    }
    if (ln_coap_code_class(code) != 2) {
        return LN_COAP_BLOCK_REFUSED;
    }
    if (!more) {
        return LN_COAP_BLOCK_END;
    }
    /* RFC 7959 §2.3: a peer may act on each block by itself, if it says which. */
    return o->block1.present ? advance(s, &o->block1) : LN_COAP_BLOCK_FAILED;
}

enum ln_coap_block_step ln_coap_block_sender_given_up(struct ln_coap_block_sender *s)
{
    if (s->given_up >= LN_COAP_BLOCK_AGAIN) {
        return LN_COAP_BLOCK_FAILED;
    }
    s->given_up++;
    return LN_COAP_BLOCK_NEXT;
}
