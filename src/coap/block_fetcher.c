/* A body that we fetch by Block2: which block to ask for, and what an answer to it means. */

#include <linnet/coap.h>

void ln_coap_block_fetcher_start(struct ln_coap_block_fetcher *f, uint32_t largest,
                                 uint8_t exponent)
{
    bool asks = exponent <= LN_COAP_BLOCK_LARGEST;

    *f = (struct ln_coap_block_fetcher){
        .largest = largest,
        .exponent = asks ? exponent : LN_COAP_BLOCK_LARGEST,
        .asks = asks,
    };
}

struct ln_coap_block ln_coap_block_fetcher_next(const struct ln_coap_block_fetcher *f)
{
    return (struct ln_coap_block){
        .number = f->offset >> (f->exponent + 4),
        .size_exponent = f->exponent,
        .present = f->asks || f->offset > 0,
    };
}

static enum ln_coap_block_step restart(struct ln_coap_block_fetcher *f)
{
    if (f->restarted >= LN_COAP_BLOCK_FETCH_AGAIN) {
        return LN_COAP_BLOCK_FAILED;
    }
    f->restarted++;
    f->offset = 0;
    f->size2 = 0;
    f->given_up = 0;
    f->asks = true; /* the size that the peer chose is known by now */
    return LN_COAP_BLOCK_RESTART;
}

static bool is_the_one(const struct ln_coap_block_fetcher *f, const struct ln_coap_block *block,
                       size_t len)
{
    uint32_t size = ln_coap_block_size(*block);

    return ln_coap_block_offset(*block) == f->offset && block->size_exponent <= f->exponent &&
           (block->more ? len == size : len <= size);
}

static bool is_of_same_body(const struct ln_coap_block_fetcher *f, struct ln_bytes etag)
{
    return f->offset == 0 || ln_bytes_equal(etag, ln_bytes(f->etag, f->etag_len));
}

static bool keep_etag(struct ln_coap_block_fetcher *f, struct ln_bytes etag)
{
    struct ln_writer w = ln_writer(f->etag, sizeof(f->etag));

    ln_write_bytes(&w, etag);
    f->etag_len = (uint8_t)w.written;
    return !w.failed;
}

/* What comes without blocks may be longer than a block. */
static enum ln_coap_block_step take_whole(struct ln_coap_block_fetcher *f, size_t len)
{
    if (len > f->largest) {
        return LN_COAP_BLOCK_FAILED;
    }
    f->offset = (uint32_t)len;
    return LN_COAP_BLOCK_END;
}

static enum ln_coap_block_step take_block(struct ln_coap_block_fetcher *f,
                                          struct ln_coap_block block, size_t len)
{
    if (!block.present || !is_the_one(f, &block, len) || len > f->largest - f->offset) {
        return LN_COAP_BLOCK_FAILED;
    }
    f->offset += (uint32_t)len;
    f->exponent = block.size_exponent;
    f->given_up = 0;
    if (!block.more) {
        return LN_COAP_BLOCK_END;
    }
    bool has_number = block.number < LN_COAP_BLOCK_NUMBER_MAX;
    return has_number ? LN_COAP_BLOCK_NEXT : LN_COAP_BLOCK_FAILED;
}

enum ln_coap_block_step ln_coap_block_fetcher_answered(struct ln_coap_block_fetcher *f,
                                                       const struct ln_coap_message *answer,
                                                       const struct ln_coap_options *o)
{
    size_t len = answer->payload.len;

    if (answer->code == LN_COAP_4_08 && f->offset > 0) {
        return restart(f);
    }
    if (ln_coap_code_class(answer->code) != 2) {
        return LN_COAP_BLOCK_REFUSED;
    }
    if (!is_of_same_body(f, o->etag)) {
        return restart(f);
    }
    if (f->offset == 0) {
        f->size2 = o->size2;
        if (!keep_etag(f, o->etag)) {
            return LN_COAP_BLOCK_FAILED;
        }
    }
    return o->block2.present || f->offset > 0 ? take_block(f, o->block2, len)
                                              : take_whole(f, len);
}

enum ln_coap_block_step ln_coap_block_fetcher_given_up(struct ln_coap_block_fetcher *f)
{
    if (f->given_up >= LN_COAP_BLOCK_AGAIN) {
        return LN_COAP_BLOCK_FAILED;
    }
    f->given_up++;
    return LN_COAP_BLOCK_NEXT;
}
