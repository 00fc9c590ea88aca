/* The CBOR format: one value. spec: CORE-1.1.1 §7.4.3, RFC 8949 */

#include "codec/cbor_value.h"
#include "codec/decoder.h"
#include "codec/one_value.h"

static ln_err encode(struct ln_writer *out, struct ln_path base, struct ln_records records)
{
    struct ln_record record;
    ln_err err = ln__one_record(base, records, &record);

    if (err != LN_OK) {
        return err;
    }
    if (record.value.type == LN_TIME) {
        ln__write_cbor_head(out, LN__CBOR_TAG, 1); /* Leshan reads no time without it */
    }
    return ln__write_cbor_value(out, &record.value);
}

static bool decode(struct ln_decoder *in, struct ln_record *out)
{
    struct ln_bytes payload;

    if (!ln__one_payload(in, &payload)) {
        return false;
    }
    struct ln_reader value = ln_reader(payload);
    *out = (struct ln_record){.path = in->base};
    ln_err err = ln__cbor_value(&value, in->scratch, &out->value);
    if (err == LN_OK && ln_reader_left(&value) > 0) {
        err = LN_ERR_BAD_PAYLOAD;
    }
    if (err == LN_OK) {
        err = ln__cbor_convert(&out->value, ln__decoder_type(in, in->base));
    }
    return err == LN_OK || ln__decoder_fail(in, err);
}

const struct ln_format ln_format_cbor = {
    .id = LN_FORMAT_CBOR,
    .old_id = LN_FORMAT_CBOR,
    .name = "cbor",
    .one_value = true,
    .encode = encode,
    .decode = decode,
};
