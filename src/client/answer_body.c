/* Answers with a body, which may be longer than a datagram: it is then sent in blocks. */

#include "client/requests.h"

struct measure {
    size_t whole;
    uint32_t checksum;
};

/* Writes all of it, a window at a time, into the place where the answer will stand. */
static ln_err measure(struct ln_client__request *r, ln_client__body_fn *write,
                      struct measure *out)
{
    size_t size = ln_client__datagram_size(r->client);
    size_t skip = 0;

    *out = (struct measure){0};
    do {
        struct ln_writer w = ln_writer_window(r->server->answer, size, skip);
        ln_err err = write(r, &w);
        if (err != LN_OK || w.failed) {
            return err != LN_OK ? err : LN_ERR_NOT_ACCEPTABLE;
        }
        out->checksum = (out->checksum * UINT32_C(16777619)) ^ ln_checksum(ln_writer_bytes(&w));
        out->whole = w.written;
        skip += size;
    } while (skip < out->whole);
    return LN_OK;
}

/* Each block is cut from the whole anew: nothing is kept between them (RFC 7959 §2.6 ETag). */
ln_err ln_client__answer_body(struct ln_client__request *r, uint16_t format,
                              ln_client__body_fn *write)
{
    uint8_t largest = ln_client__largest_block(r->client);
    struct ln_coap_block block;
    struct measure measured;
    ln_err err = measure(r, write, &measured);

    if (err == LN_OK) {
        err =
            ln_coap_block_window(r->options.block2, largest, (uint32_t)measured.whole, &block);
    }
    if (err != LN_OK) {
        return err;
    }
    size_t size = ln_coap_block_size(block);
    size_t skip = ln_coap_block_offset(block);
    bool one_of_many = block.more || block.number > 0;
    struct ln_coap_builder b = ln_client__answer_begin(r, LN_COAP_2_05);
    if (one_of_many) {
        ln_coap_add_uint(&b, LN_COAP_ETAG, measured.checksum);
    }
    if (r->observes) {
        ln_coap_add_uint(&b, LN_COAP_OBSERVE, r->sequence);
    }
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, format);
    if (block.present) {
        ln_coap_add_block(&b, LN_COAP_BLOCK2, block);
    }
    ln_client__answer_block1(r, &b);
    if (one_of_many && block.number == 0) {
        ln_coap_add_uint(&b, LN_COAP_SIZE2, (uint32_t)measured.whole);
    }
    struct ln_writer room = ln_coap_payload_begin(&b);
    struct ln_writer w = ln_writer_window(room.out, size < room.size ? size : room.size, skip);
    err = write(r, &w);
    ln_coap_payload_end(&b, &w);
    ln_client__answer_end(r, &b);
    return err;
}
