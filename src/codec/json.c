/* The JSON format of LwM2M 1.0: one object with a base name, a base time and entries.
 * spec: CORE-1.0.2 §6.4.4 JSON */

#include "codec/base64_value.h"
#include "codec/decoder.h"
#include "codec/json_reader.h"
#include "codec/json_value.h"
#include "codec/pack.h"
#include "codec/value.h"

/* ---- Encoding ---- */

static const struct ln__json_labels labels = {
    .text = "\"sv\":",
    .boolean = "\"bv\":",
    .opaque = "\"sv\":",
    .link = "\"ov\":",
    .write_base64 = ln_write_base64,
};

static ln_err write_entry(struct ln_writer *w, struct ln_path base,
                          const struct ln_record *record)
{
    ln_write_u8(w, '{');
    if (record->path.depth > base.depth) {
        ln_write_text(w, "\"n\":\"");
        ln__write_name(w, base, record->path);
        ln_write_text(w, "\",");
    }
    ln_err err = ln__write_json_value(w, &record->value, &labels);
    if (record->time_ns != 0) {
        ln_write_text(w, ",\"t\":");
        ln__write_json_time(w, record->time_ns);
    }
    ln_write_u8(w, '}');
    return err;
}

static ln_err encode(struct ln_writer *out, struct ln_path base, struct ln_records records)
{
    struct ln_record record;
    ln_err err = LN_OK;
    bool more = ln__pack_next(&records, base, &record, &err);
    bool single = more && record.path.depth == base.depth;

    ln_write_text(out, "{\"bn\":\"");
    ln__write_base_name(out, base, single);
    ln_write_text(out, "\",\"e\":[");
    while (more && err == LN_OK) {
        if (single != (record.path.depth == base.depth)) {
            return LN_ERR_NOT_ACCEPTABLE;
        }
        err = write_entry(out, base, &record);
        more = err == LN_OK && ln__pack_next(&records, base, &record, &err);
        if (more) {
            ln_write_u8(out, ',');
        }
    }
    ln_write_text(out, "]}");
    return err;
}

/* ---- Decoding ---- */

enum field { NAME, NUMBER, TEXT, BOOLEAN, LINK, TIME, FIELDS };

struct entry {
    unsigned seen; /* a bit for each field */
    enum field kind;
    struct ln__json_token value;
    uint8_t name[LN_PATH_TEXT_MAX];
    uint8_t name_len;
    int64_t time;
};

static bool read_name(struct ln_decoder *in, uint8_t *name, uint8_t *len)
{
    struct ln_writer w = ln_writer(name, LN_PATH_TEXT_MAX);
    struct ln__json_token token = ln__json_next(&in->in);

    if (token.kind != LN__JSON_TEXT) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    ln__json_unescape(&w, &token);
    *len = (uint8_t)w.written;
    return !w.failed || ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
}

static bool read_time(struct ln_decoder *in, int64_t *out)
{
    struct ln__json_token token = ln__json_next(&in->in);

    if (token.kind != LN__JSON_NUMBER) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    ln_err err = ln__json_time(token.text, out);
    return err == LN_OK || ln__decoder_fail(in, err);
}

/* The value of a member of the outermost object. */
static bool read_outer(struct ln_decoder *in, const struct ln__json_token *name, unsigned *seen)
{
    static const char names[][3] = {"bn", "bt", "e"};
    unsigned i = 0;

    while (i < LN_COUNT(names) && !ln__json_is(name, names[i])) {
        i++;
    }
    if (i < LN_COUNT(names) && (*seen & 1u << i) != 0) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    *seen |= 1u << i;
    switch (i) {
    case 0:
        return read_name(in, in->base_name, &in->base_name_len);
    case 1:
        return read_time(in, &in->base_time);
    case 2:
        in->first = in->in;
        return ln__json_skip(&in->in);
    default:
        return ln__json_skip(&in->in);
    }
}

/*
 * Goes over all of the payload first: the base name may come after the entries. Then to the first
 * of them. An empty payload has none.
 */
static bool start(struct ln_decoder *in)
{
    struct ln__json_token name;
    unsigned seen = 0;
    bool first = true;

    in->started = true;
    if (ln_reader_left(&in->in) == 0) {
        in->ended = true;
        return true;
    }
    if (!ln_utf8_valid(ln_bytes(in->in.at, ln_reader_left(&in->in))) ||
        !ln__json_take(&in->in, '{')) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    while (ln__json_member(&in->in, &first, &name)) {
        if (!read_outer(in, &name, &seen)) {
            return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
        }
    }
    /* Where there were no entries, `first` stands nowhere. */
    if (!ln__json_take(&in->in, LN__JSON_END) || !ln__json_take(&in->first, '[')) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    in->in = in->first;
    in->ended = ln__json_take_if(&in->in, ']');
    in->first = in->in;
    return true;
}

static enum field field_of(const struct ln__json_token *name)
{
    static const char names[][3] = {"n", "v", "sv", "bv", "ov", "t"};
    unsigned i = 0;

    while (i < LN_COUNT(names) && !ln__json_is(name, names[i])) {
        i++;
    }
    return (enum field)i;
}

static bool read_value(struct ln_decoder *in, struct entry *entry, enum field field)
{
    static const uint8_t kinds[] = {
        [NUMBER] = LN__JSON_NUMBER,
        [TEXT] = LN__JSON_TEXT,
        [LINK] = LN__JSON_TEXT,
        [BOOLEAN] = LN__JSON_TRUE,
    };
    struct ln__json_token token = ln__json_next(&in->in);
    int kind = token.kind == LN__JSON_FALSE ? LN__JSON_TRUE : token.kind;

    if (kind != kinds[field] || entry->value.kind != LN__JSON_END) {
        return false;
    }
    entry->kind = field;
    entry->value = token;
    return true;
}

static bool read_field(struct ln_decoder *in, struct entry *entry, enum field field)
{
    if (field == FIELDS) {
        return ln__json_skip(&in->in);
    }
    if ((entry->seen & 1u << field) != 0) {
        return false;
    }
    entry->seen |= 1u << field;
    switch (field) {
    case NAME:
        return read_name(in, entry->name, &entry->name_len);
    case TIME:
        return read_time(in, &entry->time);
    default:
        return read_value(in, entry, field);
    }
}

static bool read_entry(struct ln_decoder *in, struct entry *entry)
{
    struct ln__json_token name;
    bool first = true;

    *entry = (struct entry){0};
    if (!ln__json_take(&in->in, '{')) {
        return false;
    }
    while (ln__json_member(&in->in, &first, &name)) {
        if (!read_field(in, entry, field_of(&name))) {
            return false;
        }
    }
    return !in->in.failed && entry->value.kind != LN__JSON_END;
}

/* Without a base name, names that do not start with "/" are relative to the request's path. */
static bool place(const struct ln_decoder *in, const struct entry *entry, struct ln_path *out)
{
    struct ln_bytes name = ln_bytes(entry->name, entry->name_len);
    uint8_t text[2 * LN_PATH_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    if (in->base_name_len > 0) {
        ln_write_bytes(&w, ln_bytes(in->base_name, in->base_name_len));
    } else if (name.len == 0) {
        *out = in->base;
        return true;
    } else if (name.at[0] != '/') {
        ln__write_base_name(&w, in->base, false);
    }
    ln_write_bytes(&w, name);
    return ln_path_of_text(ln_writer_bytes(&w), out);
}

static ln_err read_text(struct ln_decoder *in, const struct ln__json_token *token,
                        enum ln_type type, struct ln_value *out)
{
    ln_err err = ln__json_text(in->scratch, token, &out->as.bytes);

    out->type = type == LN_NONE ? LN_STRING : type;
    if (err != LN_OK || out->type == LN_STRING || out->type == LN_CORELNK) {
        return err;
    }
    return type == LN_OPAQUE
               ? ln__base64_value(in->scratch, out->as.bytes, false, &out->as.bytes)
               : LN_ERR_BAD_VALUE;
}

static ln_err read_link(const struct ln__json_token *token, struct ln_value *out)
{
    uint8_t text[2 * LN_INTEGER_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    out->type = LN_OBJLNK;
    ln__json_unescape(&w, token);
    return !w.failed && ln__objlnk_of_text(ln_writer_bytes(&w), &out->as.link)
               ? LN_OK
               : LN_ERR_BAD_VALUE;
}

static ln_err value_of(struct ln_decoder *in, const struct entry *entry, enum ln_type type,
                       struct ln_value *out)
{
    ln_err err = LN_OK;

    switch (entry->kind) {
    case NUMBER:
        return ln__json_number(entry->value.text, type, out);
    case TEXT:
        /* Leshan writes links as strings. */
        return type == LN_OBJLNK ? read_link(&entry->value, out)
                                 : read_text(in, &entry->value, type, out);
    case LINK:
        err = read_link(&entry->value, out);
        break;
    default:
        *out = ln_value_boolean(entry->value.kind == LN__JSON_TRUE);
        break;
    }
    return err == LN_OK && type != LN_NONE && type != out->type ? LN_ERR_BAD_VALUE : err;
}

static bool read_record(struct ln_decoder *in, struct ln_record *out)
{
    struct entry entry;

    *out = (struct ln_record){0};
    if (in->in.at != in->first.at && !ln__json_take(&in->in, ',')) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    if (!read_entry(in, &entry) || !place(in, &entry, &out->path) || out->path.depth < 3 ||
        !ln_path_within(out->path, in->base)) {
        return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
    }
    ln_err err = ln__add_times(in->base_time, entry.time, &out->time_ns);
    if (err == LN_OK && !in->paths_only) {
        err = value_of(in, &entry, ln__decoder_type(in, out->path), &out->value);
    }
    return err == LN_OK || ln__decoder_fail(in, err);
}

static bool decode(struct ln_decoder *in, struct ln_record *out)
{
    if (!in->started && !start(in)) {
        return false;
    }
    in->ended = in->ended || ln__json_take_if(&in->in, ']');
    if (in->ended || !read_record(in, out)) {
        return false;
    }
    return !ln__pack_repeats(in, out, in, read_record) ||
           ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
}

const struct ln_format ln_format_json = {
    .id = LN_FORMAT_JSON,
    .old_id = 1543,
    .name = "json",
    .encode = encode,
    .decode = decode,
};
