/* A body that comes by Block1: whether a block is the next one, and how to answer it. */

#include <linnet/coap.h>

bool ln_coap_block_receiver_is_open(const struct ln_coap_block_receiver *r, ln_time now)
{
    return now < r->until && !r->whole;
}

void ln_coap_block_receiver_answered(struct ln_coap_block_receiver *r, uint8_t code)
{
    r->code = code;
}

void ln_coap_block_receiver_drop(struct ln_coap_block_receiver *r)
{
    r->until = 0;
}

/* A block that has just come. */
struct arrival {
    struct ln_coap_block block;
    struct ln_bytes payload;
    uint32_t key;
    uint32_t checksum;
    uint32_t size1;
};

static bool is_full(const struct arrival *a)
{
    uint32_t size = ln_coap_block_size(a->block);

    return a->block.more ? a->payload.len == size : a->payload.len <= size;
}

/*
 * The same bytes with the same number, of the body that is being taken. A body of a single block
 * that comes again is a new one: nothing tells it from a wish to do the same once more.
 */
static bool is_repeat(const struct ln_coap_block_receiver *r, ln_time now,
                      const struct arrival *a)
{
    bool is_single = a->block.number == 0 && !a->block.more;

    return now < r->until && !is_single && r->key == a->key &&
           r->last.number == a->block.number && r->last.more == a->block.more &&
           r->last.size_exponent == a->block.size_exponent && r->last_checksum == a->checksum;
}

static struct ln_coap_block_received refused(const struct arrival *a, uint8_t code)
{
    return (struct ln_coap_block_received){
        .what = LN_COAP_RECEIVED_REFUSED, .code = code, .block = a->block};
}

static struct ln_coap_block_received too_large(struct ln_coap_block_receiver *r,
                                               const struct arrival *a)
{
    struct ln_coap_block_received out = refused(a, LN_COAP_4_13);

    if (r->key == a->key) {
        ln_coap_block_receiver_drop(r);
    }
    out.size1 = r->largest;
    return out;
}

/* RFC 7959 §2.3: only the answer to the first block may ask for smaller ones. */
static struct ln_coap_block answer_of(const struct ln_coap_block_receiver *r,
                                      struct ln_coap_block block)
{
    if (block.number == 0 && block.more && block.size_exponent > r->exponent) {
        block.size_exponent = r->exponent;
    }
    return block;
}

static struct ln_coap_block_received repeated(const struct ln_coap_block_receiver *r)
{
    return (struct ln_coap_block_received){
        .what = LN_COAP_RECEIVED_REPEAT,
        .code = r->code,
        .offset = ln_coap_block_offset(r->last),
        .block = answer_of(r, r->last),
    };
}

static struct ln_coap_block_received take(struct ln_coap_block_receiver *r,
                                          const struct arrival *a, ln_time until)
{
    struct ln_coap_block_received out = {
        .what = a->block.more ? LN_COAP_RECEIVED_BLOCK : LN_COAP_RECEIVED_LAST,
        .code = a->block.more ? LN_COAP_2_31 : 0,
        .begins = a->block.number == 0,
        .offset = ln_coap_block_offset(a->block),
        .block = answer_of(r, a->block),
    };

    r->until = until;
    r->key = a->key;
    r->offset = out.offset + (uint32_t)a->payload.len;
    r->last = a->block;
    r->last_checksum = a->checksum;
    r->whole = !a->block.more;
    r->code = out.code;
    return out;
}

struct ln_coap_block_received ln_coap_block_receive(struct ln_coap_block_receiver *r,
                                                    const struct ln_coap_parameters *p,
                                                    ln_time now,
                                                    const struct ln_coap_message *request,
                                                    const struct ln_coap_options *o)
{
    const struct arrival a = {
        .block = o->block1,
        .payload = request->payload,
        .key = ln_coap_block_key(request),
        .checksum = ln_checksum(request->payload),
        .size1 = o->size1,
    };
    uint32_t offset = ln_coap_block_offset(a.block);
    bool continues =
        ln_coap_block_receiver_is_open(r, now) && r->key == a.key && r->offset == offset;

    if (!is_full(&a)) {
        return refused(&a, LN_COAP_4_00);
    }
    if (is_repeat(r, now, &a)) {
        return repeated(r);
    }
    if (a.block.number > 0 && !continues) {
        return refused(&a, LN_COAP_4_08);
    }
    if (a.size1 > r->largest || a.payload.len > r->largest ||
        offset > r->largest - a.payload.len) {
        return too_large(r, &a);
    }
    return take(r, &a, ln_time_after(now, ln_coap_exchange_lifetime(p)));
}
