/* SenML in JSON: an array of records. spec: CORE-1.1.1 §7.4.4, RFC 8428 §5 */

#include "codec/base64_value.h"
#include "codec/decoder.h"
#include "codec/json_reader.h"
#include "codec/json_value.h"
#include "codec/pack.h"
#include "codec/senml.h"
#include "codec/value.h"

/* ---- Encoding ---- */

static const struct ln__json_labels value_labels = {
    .text = "\"vs\":",
    .boolean = "\"vb\":",
    .opaque = "\"vd\":",
    .link = "\"vlo\":",
    .write_base64 = ln_write_base64url,
};

/* The name and its time; the first record bears the base name, too. */
static ln_err write_record(struct ln_writer *w, struct ln_path base,
                           const struct ln_record *record, bool first)
{
    bool single = record->path.depth == base.depth;

    ln_write_u8(w, '{');
    if (first) {
        ln_write_text(w, "\"bn\":\"");
        ln__write_base_name(w, base, single);
        ln_write_text(w, "\",");
    }
    if (!single) {
        ln_write_text(w, "\"n\":\"");
        ln__write_name(w, base, record->path);
        ln_write_text(w, "\",");
    }
    if (record->time_ns != 0) {
        ln_write_text(w, "\"t\":");
        ln__write_json_time(w, record->time_ns);
        ln_write_u8(w, ',');
    }
    ln_err err = ln__write_json_value(w, &record->value, &value_labels);
    ln_write_u8(w, '}');
    return err;
}

static ln_err encode(struct ln_writer *out, struct ln_path base, struct ln_records records)
{
    struct ln_record record;
    ln_err err = LN_OK;
    bool more = ln__pack_next(&records, base, &record, &err);
    bool single = more && record.path.depth == base.depth;
    bool first = true;

    ln_write_u8(out, '[');
    while (more && err == LN_OK) {
        if (single != (record.path.depth == base.depth)) {
            return LN_ERR_NOT_ACCEPTABLE;
        }
        err = write_record(out, base, &record, first);
        more = err == LN_OK && ln__pack_next(&records, base, &record, &err);
        if (more) {
            ln_write_u8(out, ',');
        }
        first = false;
    }
    ln_write_u8(out, ']');
    return err;
}

/* ---- Decoding ---- */

struct fields {
    struct ln__senml_fields senml;
    struct ln__json_token value;
};

/* What a label takes; true stands for both booleans. */
static const struct label {
    const char *name;
    int kind;
} labels[] = {
    [LN__SENML_BS] = {"bs", LN__JSON_NUMBER}, [LN__SENML_BV] = {"bv", LN__JSON_NUMBER},
    [LN__SENML_BU] = {"bu", LN__JSON_TEXT},   [LN__SENML_BT] = {"bt", LN__JSON_NUMBER},
    [LN__SENML_BN] = {"bn", LN__JSON_TEXT},   [LN__SENML_BVER] = {"bver", LN__JSON_NUMBER},
    [LN__SENML_N] = {"n", LN__JSON_TEXT},     [LN__SENML_U] = {"u", LN__JSON_TEXT},
    [LN__SENML_V] = {"v", LN__JSON_NUMBER},   [LN__SENML_VS] = {"vs", LN__JSON_TEXT},
    [LN__SENML_VB] = {"vb", LN__JSON_TRUE},   [LN__SENML_S] = {"s", LN__JSON_NUMBER},
    [LN__SENML_T] = {"t", LN__JSON_NUMBER},   [LN__SENML_UT] = {"ut", LN__JSON_NUMBER},
    [LN__SENML_VD] = {"vd", LN__JSON_TEXT},   [LN__SENML_VLO] = {"vlo", LN__JSON_TEXT},
};

static enum ln__senml_label label_of(const struct ln__json_token *name)
{
    unsigned i = 0;

    while (i < LN_COUNT(labels) && !ln__json_is(name, labels[i].name)) {
        i++;
    }
    return (enum ln__senml_label)i;
}

/* A label that ends with "_" changes what the record means: to pass over it would be wrong. */
static bool must_be_known(const struct ln__json_token *name)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);
    uint8_t last = 0;

    ln__json_unescape(&count, name);
    if (count.written == 0) {
        return false;
    }
    struct ln_writer w = ln_writer_window(&last, 1, count.written - 1);
    ln__json_unescape(&w, name);
    return last == '_';
}

static ln_err read_name(const struct ln__json_token *token, uint8_t *name, uint8_t *len)
{
    struct ln_writer w = ln_writer(name, LN_PATH_TEXT_MAX);

    ln__json_unescape(&w, token);
    *len = (uint8_t)w.written;
    return w.failed ? LN_ERR_BAD_PAYLOAD : LN_OK;
}

static ln_err check_version(const struct ln__json_token *token)
{
    struct ln_value version;

    if (ln__json_number(token->text, LN_INTEGER, &version) != LN_OK ||
        version.as.integer > LN__SENML_VERSION) {
        return LN_ERR_BAD_PAYLOAD;
    }
    return LN_OK;
}

static ln_err read_field(struct ln_decoder *in, struct fields *fields,
                         enum ln__senml_label label, const struct ln__json_token *token)
{
    switch (label) {
    case LN__SENML_BVER:
        return check_version(token);
    case LN__SENML_BN:
        return read_name(token, in->base_name, &in->base_name_len);
    case LN__SENML_N:
        return read_name(token, fields->senml.name, &fields->senml.name_len);
    case LN__SENML_BT:
        return ln__json_time(token->text, &in->base_time);
    case LN__SENML_T:
        return ln__json_time(token->text, &fields->senml.time);
    case LN__SENML_BV:
        return ln__json_number(token->text, LN_NONE, &in->base_value);
    case LN__SENML_V:
    case LN__SENML_VS:
    case LN__SENML_VB:
    case LN__SENML_VD:
    case LN__SENML_VLO:
        fields->value = *token;
        return LN_OK;
    default:
        return LN_OK; /* units, sums and update times: nothing in LwM2M */
    }
}

static ln_err read_member(struct ln_decoder *in, struct fields *fields,
                          const struct ln__json_token *name)
{
    enum ln__senml_label label = label_of(name);

    if (label == LN__SENML_UNKNOWN) {
        return !must_be_known(name) && ln__json_skip(&in->in) ? LN_OK : LN_ERR_BAD_PAYLOAD;
    }
    struct ln__json_token token = ln__json_next(&in->in);
    int kind = token.kind == LN__JSON_FALSE ? LN__JSON_TRUE : token.kind;
    if (kind != labels[label].kind || !ln__senml_see(&fields->senml, label)) {
        return LN_ERR_BAD_PAYLOAD;
    }
    return read_field(in, fields, label, &token);
}

static ln_err read_fields(struct ln_decoder *in, struct fields *fields)
{
    struct ln__json_token name;
    ln_err err = LN_OK;
    bool first = true;

    *fields = (struct fields){0};
    ln__json_take(&in->in, '{');
    while (err == LN_OK && ln__json_member(&in->in, &first, &name)) {
        err = read_member(in, fields, &name);
    }
    return err == LN_OK && in->in.failed ? LN_ERR_BAD_PAYLOAD : err;
}

/* Where there is no base value, the digits become the type right away: exactly. */
static ln_err read_number(struct ln_decoder *in, const struct ln__json_token *token,
                          enum ln_type type, struct ln_value *out)
{
    if (in->base_value.type == LN_NONE) {
        return ln__json_number(token->text, type, out);
    }
    *out = ln_value_integer(0);
    ln_err err =
        token->kind == LN__JSON_END ? LN_OK : ln__json_number(token->text, LN_NONE, out);
    if (err == LN_OK) {
        err = ln__senml_add_base(in, out);
    }
    return err == LN_OK ? ln__number_convert(out, type) : err;
}

static ln_err read_text(struct ln_decoder *in, const struct ln__json_token *token,
                        struct ln_value *out)
{
    struct ln_bytes text;
    ln_err err = ln__json_text(in->scratch, token, &text);

    if (err != LN_OK) {
        return err;
    }
    if (out->type == LN_OBJLNK) {
        return ln__objlnk_of_text(text, &out->as.link) ? LN_OK : LN_ERR_BAD_VALUE;
    }
    if (out->type == LN_OPAQUE) {
        return ln__base64_value(in->scratch, text, true, &out->as.bytes);
    }
    out->as.bytes = text;
    return LN_OK;
}

static ln_err read_value(struct ln_decoder *in, const struct fields *fields, enum ln_type type,
                         struct ln_value *out)
{
    enum ln__senml_label label = ln__senml_value(&fields->senml);
    ln_err err = LN_OK;

    if (label == LN__SENML_V) {
        return read_number(in, &fields->value, type, out);
    }
    /* Leshan writes links as strings. */
    out->type = label == LN__SENML_VS && type == LN_OBJLNK ? LN_OBJLNK : ln__senml_type(label);
    if (label == LN__SENML_VB) {
        out->as.boolean = fields->value.kind == LN__JSON_TRUE;
    } else {
        err = read_text(in, &fields->value, out);
    }
    return err == LN_OK && type != LN_NONE ? ln_value_convert(out, type) : err;
}

static bool read_record(struct ln_decoder *in, struct ln_record *out)
{
    struct fields fields;

    *out = (struct ln_record){0};
    if (in->in.at != in->first.at && !ln__json_take(&in->in, ',')) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    ln_err err = read_fields(in, &fields);
    if (err == LN_OK) {
        err = ln__senml_place(in, &fields.senml, out);
    }
    if (err == LN_OK && !in->paths_only) {
        err = read_value(in, &fields, ln__decoder_type(in, out->path), &out->value);
    }
    return err == LN_OK || ln__decoder_fail(in, err);
}

/* An empty payload holds no records. */
static bool start(struct ln_decoder *in)
{
    struct ln_bytes all = ln_bytes(in->in.at, ln_reader_left(&in->in));

    in->started = true;
    in->ended = all.len == 0;
    if (!in->ended && (!ln_utf8_valid(all) || !ln__json_take(&in->in, '['))) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    return true;
}

static bool has_more(struct ln_decoder *in)
{
    if (in->ended) {
        return false;
    }
    in->ended = ln__json_take_if(&in->in, ']');
    if (in->ended && !ln__json_take(&in->in, LN__JSON_END)) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    if (in->first.at == NULL) {
        in->first = in->in;
    }
    return !in->ended;
}

static bool decode(struct ln_decoder *in, struct ln_record *out)
{
    if ((!in->started && !start(in)) || !has_more(in) || !read_record(in, out)) {
        return false;
    }
    struct ln_decoder first = ln__senml_start(in);
    return !ln__pack_repeats(in, out, &first, read_record) ||
           ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
}

const struct ln_format ln_format_senml_json = {
    .id = LN_FORMAT_SENML_JSON,
    .old_id = LN_FORMAT_SENML_JSON,
    .name = "senml-json",
    .encode = encode,
    .decode = decode,
};
