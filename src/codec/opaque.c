/* The octet-stream format: one opaque value as it is. spec: CORE-1.1.1 §7.4.2 */

#include "codec/decoder.h"
#include "codec/one_value.h"

static ln_err encode(struct ln_writer *out, struct ln_path base, struct ln_records records)
{
    struct ln_record record;
    ln_err err = ln__one_record(base, records, &record);

    if (err != LN_OK) {
        return err;
    }
    if (record.value.type != LN_OPAQUE) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    ln_write_bytes(out, record.value.as.bytes);
    return LN_OK;
}

static bool decode(struct ln_decoder *in, struct ln_record *out)
{
    struct ln_bytes payload;

    if (!ln__one_payload(in, &payload)) {
        return false;
    }
    enum ln_type type = ln__decoder_type(in, in->base);
    if (type != LN_OPAQUE && type != LN_NONE) {
        return ln__decoder_fail(in, LN_ERR_BAD_VALUE);
    }
    *out = (struct ln_record){.path = in->base, .value = ln_value_opaque(payload)};
    return true;
}

const struct ln_format ln_format_opaque = {
    .id = LN_FORMAT_OPAQUE,
    .old_id = LN_FORMAT_OPAQUE,
    .name = "opaque",
    .one_value = true,
    .encode = encode,
    .decode = decode,
};
