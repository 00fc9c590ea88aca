/* The part of decoding that is the same in all formats: what a record must be, whoever wrote it. */

#include "codec/decoder.h"

void ln_decoder_init(struct ln_decoder *decoder, const struct ln_format *format,
                     struct ln_path base, struct ln_bytes payload, const struct ln_types *types,
                     struct ln_arena *scratch)
{
    *decoder = (struct ln_decoder){
        .format = format,
        .base = base,
        .in = ln_reader(payload),
        .types = types,
        .scratch = scratch,
    };
}

bool ln__decoder_fail(struct ln_decoder *in, ln_err err)
{
    if (in->err == LN_OK) {
        in->err = err;
    }
    return false;
}

enum ln_type ln__decoder_type(const struct ln_decoder *in, struct ln_path path)
{
    return in->types == NULL ? LN_NONE : in->types->of(in->types->context, path);
}

/* Values are of resources and their instances; "nothing in it" is said of what can be empty. */
static bool depth_fits(const struct ln_record *record)
{
    return record->value.type == LN_NONE ? record->path.depth == 2 || record->path.depth == 3
                                         : record->path.depth >= 3;
}

/* Also where one is inside the other: a resource is a single one or a multiple one, not both. */
static bool repeats(const struct ln_decoder *in, const struct ln_record *record)
{
    return in->has_last && in->last_time == record->time_ns &&
           (ln_path_is_within(&record->path, &in->last) ||
            ln_path_is_within(&in->last, &record->path));
}

static bool text_fits(const struct ln_value *value)
{
    bool text = value->type == LN_STRING || value->type == LN_CORELNK;

    return !text || ln_utf8_valid(value->as.bytes);
}

bool ln_decode(struct ln_decoder *decoder, struct ln_record *out)
{
    if (decoder->err != LN_OK || !decoder->format->decode(decoder, out)) {
        return false;
    }
    if (!ln_path_is_within(&out->path, &decoder->base) || !depth_fits(out) ||
        repeats(decoder, out)) {
        return ln__decoder_fail(decoder, LN_ERR_BAD_PAYLOAD);
    }
    if (!text_fits(&out->value)) {
        return ln__decoder_fail(decoder, LN_ERR_BAD_VALUE);
    }
    decoder->last = out->path;
    decoder->last_time = out->time_ns;
    decoder->has_last = true;
    return true;
}
