/* SenML (RFC 8428), whatever it is written in: labels, base fields, and what a record must have. */

#include "codec/senml.h"

#include "codec/pack.h"
#include "codec/value.h"

#define BIT(label) (1u << (label))

static const uint32_t values = BIT(LN__SENML_V) | BIT(LN__SENML_VS) | BIT(LN__SENML_VB) |
                               BIT(LN__SENML_VD) | BIT(LN__SENML_VLO);

bool ln__senml_see(struct ln__senml_fields *fields, enum ln__senml_label label)
{
    uint32_t bit = BIT(label);

    if ((fields->seen & bit) != 0 || ((bit & values) != 0 && (fields->seen & values) != 0)) {
        return false;
    }
    fields->seen |= bit;
    return true;
}

enum ln__senml_label ln__senml_value(const struct ln__senml_fields *fields)
{
    static const enum ln__senml_label others[] = {LN__SENML_VS, LN__SENML_VB, LN__SENML_VD,
                                                  LN__SENML_VLO};

    for (size_t i = 0; i < LN_COUNT(others); i++) {
        if ((fields->seen & BIT(others[i])) != 0) {
            return others[i];
        }
    }
    return LN__SENML_V;
}

enum ln_type ln__senml_type(enum ln__senml_label value)
{
    switch (value) {
    case LN__SENML_VS:
        return LN_STRING;
    case LN__SENML_VB:
        return LN_BOOLEAN;
    case LN__SENML_VD:
        return LN_OPAQUE;
    case LN__SENML_VLO:
        return LN_OBJLNK;
    default:
        return LN_NONE;
    }
}

/* Base name and name are joined as they are: the cut may be inside of an id. */
static bool path_of(const struct ln_decoder *in, const struct ln__senml_fields *fields,
                    struct ln_path *out)
{
    uint8_t text[LN_PATH_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_bytes(&w, ln_bytes(in->base_name, in->base_name_len));
    ln_write_bytes(&w, ln_bytes(fields->name, fields->name_len));
    return !w.failed && w.written > 0 && text[0] == '/' &&
           ln_path_of_text(ln_writer_bytes(&w), out);
}

ln_err ln__senml_place(const struct ln_decoder *in, const struct ln__senml_fields *fields,
                       struct ln_record *out)
{
    bool has_value = (fields->seen & values) != 0 || in->base_value.type != LN_NONE;

    if (!has_value || !path_of(in, fields, &out->path) || out->path.depth < 3 ||
        !ln_path_within(out->path, in->base)) {
        return LN_ERR_BAD_PAYLOAD;
    }
    return ln__add_times(in->base_time, fields->time, &out->time_ns);
}

static bool add_integers(int64_t a, int64_t b, int64_t *out)
{
    return ln__add_times(a, b, out) == LN_OK; /* any sum of 64 bits is one of these */
}

ln_err ln__senml_add_base(const struct ln_decoder *in, struct ln_value *value)
{
    struct ln_value base = in->base_value;
    struct ln_value sum = {.type = LN_INTEGER};

    if (base.type == LN_NONE || (base.type == LN_INTEGER && base.as.integer == 0)) {
        return LN_OK;
    }
    if (value->type == LN_INTEGER && base.type == LN_INTEGER &&
        add_integers(value->as.integer, base.as.integer, &sum.as.integer)) {
        *value = sum;
        return LN_OK;
    }
    if (ln_value_convert(&base, LN_FLOAT) != LN_OK ||
        ln_value_convert(value, LN_FLOAT) != LN_OK) {
        return LN_ERR_BAD_VALUE;
    }
    value->as.number += base.as.number;
    return LN_OK;
}

struct ln_decoder ln__senml_start(const struct ln_decoder *in)
{
    struct ln_decoder start = *in;

    start.base_name_len = 0;
    start.base_time = 0;
    start.base_value.type = LN_NONE;
    return start;
}
