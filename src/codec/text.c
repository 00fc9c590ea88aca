/* The plain text format: one value as text. spec: CORE-1.1.1 §7.4.1, Appendix C */

#include "codec/base64_value.h"
#include "codec/decoder.h"
#include "codec/one_value.h"
#include "codec/value.h"

static ln_err write_value(struct ln_writer *w, const struct ln_value *value)
{
    switch (value->type) {
    case LN_NONE:
        return LN_ERR_NOT_ACCEPTABLE;
    case LN_STRING:
    case LN_CORELNK:
        ln_write_bytes(w, value->as.bytes);
        return LN_OK;
    case LN_INTEGER:
    case LN_TIME:
        ln_write_integer_text(w, value->as.integer);
        return LN_OK;
    case LN_UNSIGNED:
        ln_write_unsigned_text(w, value->as.unsigned_integer);
        return LN_OK;
    case LN_FLOAT:
        if (!ln_is_finite(value->as.number)) {
            return LN_ERR_NOT_ACCEPTABLE;
        }
        ln_write_double_text(w, value->as.number);
        return LN_OK;
    case LN_BOOLEAN:
        ln_write_u8(w, value->as.boolean ? '1' : '0');
        return LN_OK;
    case LN_OPAQUE:
        ln_write_base64(w, value->as.bytes);
        return LN_OK;
    case LN_OBJLNK:
        ln__write_objlnk(w, value->as.link);
        return LN_OK;
    }
    return LN_ERR_NOT_ACCEPTABLE;
}

static ln_err encode(struct ln_writer *out, struct ln_path base, struct ln_records records)
{
    struct ln_record record;
    ln_err err = ln__one_record(base, records, &record);

    return err != LN_OK ? err : write_value(out, &record.value);
}

static bool read_boolean(struct ln_bytes text, bool *out)
{
    *out = ln_bytes_are(text, "1");
    return *out || ln_bytes_are(text, "0");
}

static ln_err read_value(struct ln_arena *scratch, struct ln_bytes text, struct ln_value *out)
{
    bool good = false;

    switch (out->type) {
    case LN_NONE:
    case LN_STRING:
    case LN_CORELNK:
        out->as.bytes = text;
        return LN_OK;
    case LN_OPAQUE:
        return ln__base64_value(scratch, text, false, &out->as.bytes);
    case LN_INTEGER:
    case LN_TIME:
        good = ln_integer_of_text(text, &out->as.integer);
        break;
    case LN_UNSIGNED:
        good = ln_unsigned_of_text(text, &out->as.unsigned_integer);
        break;
    case LN_FLOAT:
        good = ln_double_of_text(text, &out->as.number);
        break;
    case LN_BOOLEAN:
        good = read_boolean(text, &out->as.boolean);
        break;
    case LN_OBJLNK:
        good = ln__objlnk_of_text(text, &out->as.link);
        break;
    }
    return good ? LN_OK : LN_ERR_BAD_VALUE;
}

static bool decode(struct ln_decoder *in, struct ln_record *out)
{
    struct ln_bytes text;

    if (!ln__one_payload(in, &text)) {
        return false;
    }
    enum ln_type type = ln__decoder_type(in, in->base);
    *out = (struct ln_record){.path = in->base};
    out->value.type = type == LN_NONE ? LN_STRING : type;
    ln_err err = read_value(in->scratch, text, &out->value);
    return err == LN_OK || ln__decoder_fail(in, err);
}

const struct ln_format ln_format_text = {
    .id = LN_FORMAT_TEXT,
    .old_id = LN_FORMAT_TEXT,
    .name = "text",
    .one_value = true,
    .encode = encode,
    .decode = decode,
};
