/* SenML in CBOR: an array of records. spec: CORE-1.1.1 §7.4.4, RFC 8428 §6 */

#include "codec/cbor_value.h"
#include "codec/decoder.h"
#include "codec/pack.h"
#include "codec/senml.h"
#include "codec/value.h"

/* ---- Encoding ---- */

static void write_label(struct ln_writer *w, enum ln__senml_label label)
{
    ln__write_cbor_integer(w, (int64_t)label + LN__SENML_FIRST);
}

static void write_name(struct ln_writer *w, enum ln__senml_label label, struct ln_path base,
                       const struct ln_record *record)
{
    uint8_t text[LN_PATH_TEXT_MAX + 1]; /* a base name has a "/" more */
    struct ln_writer inner = ln_writer(text, sizeof(text));

    if (label == LN__SENML_BN) {
        ln__write_base_name(&inner, base, record->path.depth == base.depth);
    } else {
        ln__write_name(&inner, base, record->path);
    }
    write_label(w, label);
    ln__write_cbor_text(w, ln_writer_bytes(&inner));
}

static void write_value_label(struct ln_writer *w, enum ln_type type)
{
    switch (type) {
    case LN_STRING:
    case LN_CORELNK:
        write_label(w, LN__SENML_VS);
        return;
    case LN_BOOLEAN:
        write_label(w, LN__SENML_VB);
        return;
    case LN_OPAQUE:
        write_label(w, LN__SENML_VD);
        return;
    case LN_OBJLNK:
        ln__write_cbor_text(w, ln_bytes_of_text("vlo"));
        return;
    default:
        write_label(w, LN__SENML_V);
        return;
    }
}

static ln_err write_record(struct ln_writer *w, struct ln_path base,
                           const struct ln_record *record, bool first)
{
    bool has_name = record->path.depth > base.depth;
    bool has_time = record->time_ns != 0;

    ln__write_cbor_head(w, LN__CBOR_MAP, 1u + first + has_name + has_time);
    if (first) {
        write_name(w, LN__SENML_BN, base, record);
    }
    if (has_name) {
        write_name(w, LN__SENML_N, base, record);
    }
    if (has_time) {
        write_label(w, LN__SENML_T);
        ln__write_cbor_time(w, record->time_ns);
    }
    write_value_label(w, record->value.type);
    return ln__write_cbor_value(w, &record->value);
}

/* Also whether all records can be written: either one resource, or parts of something. */
static ln_err count_records(struct ln_path base, struct ln_records records, size_t *count)
{
    struct ln_record record;
    size_t singles = 0;
    ln_err err = LN_OK;

    for (*count = 0; ln__pack_next(&records, base, &record, &err); (*count)++) {
        singles += record.path.depth == base.depth ? 1 : 0;
    }
    return err == LN_OK && singles > 0 && singles < *count ? LN_ERR_NOT_ACCEPTABLE : err;
}

static ln_err encode(struct ln_writer *out, struct ln_path base, struct ln_records records)
{
    struct ln_record record;
    size_t count;
    ln_err err = count_records(base, records, &count);
    bool first = true;

    if (err == LN_OK) {
        ln__write_cbor_head(out, LN__CBOR_ARRAY, count);
    }
    while (err == LN_OK && ln__pack_next(&records, base, &record, &err)) {
        err = write_record(out, base, &record, first);
        first = false;
    }
    return err;
}

/* ---- Decoding ---- */

/* What a record is until its path is known, and with that its type. */
struct fields {
    struct ln__senml_fields senml;
    struct ln_reader value; /* at the value, which is read again in its type */
};

/* The one label that is text; and whether an unknown one forbids passing over what it labels. */
static enum ln__senml_label text_label(struct ln_reader *in, struct ln__cbor_item head)
{
    const struct ln_reader before = *in;
    struct ln_reader again = before;
    struct ln_writer count = ln_writer_window(NULL, 0, 0);
    uint8_t text[3];
    struct ln_writer start = ln_writer_window(text, sizeof(text), 0);
    uint8_t last = 0;

    ln__cbor_copy(in, head, &count);
    ln__cbor_copy(&again, head, &start);
    if (count.written == sizeof(text) && ln_bytes_are(ln_writer_bytes(&start), "vlo")) {
        return LN__SENML_VLO;
    }
    if (count.written > 0) {
        struct ln_writer end = ln_writer_window(&last, 1, count.written - 1);
        again = before;
        ln__cbor_copy(&again, head, &end);
    }
    if (last == '_') {
        ln_reader_fail(in);
    }
    return LN__SENML_UNKNOWN;
}

static enum ln__senml_label read_label(struct ln_reader *in)
{
    struct ln__cbor_item item = ln__cbor_next(in);

    if (item.major == LN__CBOR_UNSIGNED && item.value <= LN__SENML_VD - LN__SENML_N) {
        return (enum ln__senml_label)(LN__SENML_N + item.value);
    }
    if (item.major == LN__CBOR_NEGATIVE && item.value < LN__SENML_N) {
        return (enum ln__senml_label)(LN__SENML_BVER - item.value);
    }
    if (item.major == LN__CBOR_TEXT) {
        return text_label(in, item);
    }
    if (item.major != LN__CBOR_UNSIGNED && item.major != LN__CBOR_NEGATIVE) {
        ln_reader_fail(in);
    }
    return LN__SENML_UNKNOWN;
}

static ln_err read_name(struct ln_reader *in, uint8_t *name, uint8_t *len)
{
    struct ln__cbor_item head = ln__cbor_next(in);
    struct ln_writer w = ln_writer(name, LN_PATH_TEXT_MAX);

    if (head.major != LN__CBOR_TEXT) {
        return LN_ERR_BAD_PAYLOAD;
    }
    ln__cbor_copy(in, head, &w);
    *len = (uint8_t)w.written;
    return w.failed || in->failed ? LN_ERR_BAD_PAYLOAD : LN_OK;
}

static ln_err read_number(struct ln_decoder *in, struct ln_value *out)
{
    ln_err err = ln__cbor_value(&in->in, NULL, out);
    bool is_number =
        out->type == LN_INTEGER || out->type == LN_UNSIGNED || out->type == LN_FLOAT;

    return err == LN_OK && !is_number ? LN_ERR_BAD_PAYLOAD : err;
}

static ln_err check_version(struct ln_decoder *in)
{
    struct ln_value version = {0};
    ln_err err = read_number(in, &version);

    if (err != LN_OK) {
        return err;
    }
    return version.type == LN_INTEGER && version.as.integer <= LN__SENML_VERSION
               ? LN_OK
               : LN_ERR_BAD_PAYLOAD;
}

static ln_err read_field(struct ln_decoder *in, struct fields *fields,
                         enum ln__senml_label label)
{
    switch (label) {
    case LN__SENML_BVER:
        return check_version(in);
    case LN__SENML_BN:
        return read_name(&in->in, in->base_name, &in->base_name_len);
    case LN__SENML_N:
        return read_name(&in->in, fields->senml.name, &fields->senml.name_len);
    case LN__SENML_BT:
        return ln__cbor_time(&in->in, &in->base_time);
    case LN__SENML_T:
        return ln__cbor_time(&in->in, &fields->senml.time);
    case LN__SENML_BV:
        return read_number(in, &in->base_value);
    case LN__SENML_V:
    case LN__SENML_VS:
    case LN__SENML_VB:
    case LN__SENML_VD:
    case LN__SENML_VLO:
        fields->value = in->in;
        break;
    default:
        break; /* units, sums and update times: nothing in LwM2M */
    }
    return ln__cbor_skip(&in->in) ? LN_OK : LN_ERR_BAD_PAYLOAD;
}

static ln_err read_fields(struct ln_decoder *in, struct fields *fields)
{
    struct ln__cbor_item map = ln__cbor_next(&in->in);
    uint64_t left = map.value;
    ln_err err = LN_OK;

    *fields = (struct fields){0};
    if (map.major != LN__CBOR_MAP) {
        return LN_ERR_BAD_PAYLOAD;
    }
    while (err == LN_OK && !in->in.failed &&
           (ln__cbor_is_indefinite(&map) ? !ln__cbor_break(&in->in) : left-- > 0)) {
        enum ln__senml_label label = read_label(&in->in);
        if (label != LN__SENML_UNKNOWN && !ln__senml_see(&fields->senml, label)) {
            return LN_ERR_BAD_PAYLOAD;
        }
        err = read_field(in, fields, label);
    }
    return err == LN_OK && in->in.failed ? LN_ERR_BAD_PAYLOAD : err;
}

/* What was read must be what its label says. */
static ln_err check_value(const struct ln_decoder *in, enum ln__senml_label label,
                          struct ln_value *value)
{
    bool is_number = value->type == LN_INTEGER || value->type == LN_UNSIGNED ||
                     value->type == LN_FLOAT || value->type == LN_TIME;

    if (label == LN__SENML_VLO) {
        return ln__cbor_convert(value, LN_OBJLNK);
    }
    if (label == LN__SENML_V && is_number) {
        return ln__senml_add_base(in, value);
    }
    return value->type == ln__senml_type(label) ? LN_OK : LN_ERR_BAD_VALUE;
}

static ln_err read_value(struct ln_decoder *in, struct fields *fields, enum ln_type type,
                         struct ln_value *out)
{
    ln_err err = LN_OK;

    *out = ln_value_integer(0); /* what a base value alone is added to */
    if (fields->value.at != NULL) {
        err = ln__cbor_value(&fields->value, in->scratch, out);
    }
    if (err == LN_OK) {
        err = check_value(in, ln__senml_value(&fields->senml), out);
    }
    if (err == LN_OK && type == LN_OBJLNK && out->type == LN_STRING) {
        return ln__cbor_convert(out, type); /* Leshan writes links as strings */
    }
    return err == LN_OK ? ln__number_convert(out, type) : err;
}

/* Takes the array's end, or counts one record. */
static bool is_at_end(struct ln_decoder *in)
{
    if (in->left == SIZE_MAX) {
        return ln__cbor_break(&in->in);
    }
    if (in->left == 0) {
        return true;
    }
    in->left--;
    return false;
}

static bool read_record(struct ln_decoder *in, struct ln_record *out)
{
    struct fields fields;

    *out = (struct ln_record){0};
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
    in->started = true;
    in->ended = ln_reader_left(&in->in) == 0;
    if (in->ended) {
        return true;
    }
    struct ln__cbor_item array = ln__cbor_next(&in->in);
    if (in->in.failed || array.major != LN__CBOR_ARRAY) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    in->left = ln__cbor_is_indefinite(&array) ? SIZE_MAX : (size_t)array.value;
    in->first = in->in;
    return true;
}

static bool has_more(struct ln_decoder *in)
{
    if (in->ended) {
        return false;
    }
    in->ended = is_at_end(in);
    if (in->ended && ln_reader_left(&in->in) > 0) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
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

const struct ln_format ln_format_senml_cbor = {
    .id = LN_FORMAT_SENML_CBOR,
    .old_id = LN_FORMAT_SENML_CBOR,
    .name = "senml-cbor",
    .encode = encode,
    .decode = decode,
};
