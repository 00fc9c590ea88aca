/* The TLV format: entries of kind, id, length and value, nested up to three levels.
 * spec: CORE-1.1.1 §7.4.3 */

#include "codec/decoder.h"
#include "codec/float_bits.h"
#include "codec/tlv_head.h"

enum {
    LENGTH_MAX = 0xFFFFFF,
    SEARCHED = 64, /* entries at the start of a container, see repeats() */
};

/* ---- Encoding ---- */

/*
 * Where the encoder stands in the source. What a record borrows ends with the next call on
 * the source or on a copy of it: measuring a container uses it up, and the writing after it
 * starts again from `before`.
 */
struct walk {
    struct ln_record record; /* the one ahead */
    bool more;
    struct ln_records before;
    struct ln_records after;
};

static void step(struct walk *walk)
{
    walk->before = walk->after;
    walk->more = walk->after.next(&walk->after, &walk->record);
}

static void start(struct walk *walk, const struct ln_records *records)
{
    walk->after = *records;
    step(walk);
}

static bool within(const struct walk *walk, const struct ln_path *path)
{
    return walk->more && ln_path_is_within(&walk->record.path, path);
}

/* The bytes that it takes: 1, 2, 4 or 8. */
static size_t width_of(uint64_t v)
{
    return v == (uint8_t)v ? 1 : v == (uint16_t)v ? 2 : v == (uint32_t)v ? 4 : 8;
}

static void write_value(struct ln_writer *w, const struct ln_value *value)
{
    uint64_t v = 0;
    uint64_t span = 0; /* the number that says how many bytes it takes */
    float single;

    switch (value->type) {
    case LN_NONE:
        return;
    case LN_STRING:
    case LN_OPAQUE:
    case LN_CORELNK:
        ln_write_bytes(w, value->as.bytes);
        return;
    case LN_INTEGER:
    case LN_TIME: /* with room for the sign */
        v = (uint64_t)value->as.integer;
        span = (value->as.integer < 0 ? ~v : v) << 1;
        break;
    case LN_UNSIGNED:
        v = value->as.unsigned_integer;
        span = v;
        break;
    case LN_FLOAT:
        if (ln__is_single(value->as.number, &single)) {
            v = ln__single_bits(single);
            span = UINT32_MAX;
        } else {
            v = ln__double_bits(value->as.number);
            span = UINT64_MAX;
        }
        break;
    case LN_BOOLEAN:
        v = value->as.boolean;
        break;
    case LN_OBJLNK:
        v = (uint32_t)value->as.link.object << 16 | value->as.link.instance;
        span = UINT32_MAX;
        break;
    }
    ln_write_big_endian(w, v, width_of(span));
}

static ln_err write_header(struct ln_writer *w, enum ln_tlv_kind kind, uint16_t id, size_t len)
{
    unsigned bytes = len <= LN_TLV_LENGTH_IN_TYPE ? 0 : len <= 0xFF ? 1 : len <= 0xFFFF ? 2 : 3;
    unsigned type = (unsigned)kind << 6 | bytes << 3 | (bytes == 0 ? (unsigned)len : 0);
    bool wide = id > UINT8_MAX;

    if (len > LENGTH_MAX) {
        return LN_ERR_TOO_LARGE;
    }
    ln_write_u8(w, (uint8_t)(wide ? type | LN_TLV_WIDE_ID : type));
    ln_write_big_endian(w, id, wide ? 2 : 1);
    ln_write_big_endian(w, len, bytes);
    return LN_OK;
}

static uint16_t last_id(const struct ln_path *path)
{
    return path->id[path->depth - 1];
}

static ln_err write_leaf(struct ln_writer *out, enum ln_tlv_kind kind, struct walk *walk)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);

    write_value(&count, &walk->record.value);
    ln_err err = write_header(out, kind, last_id(&walk->record.path), count.written);
    if (err == LN_OK) {
        write_value(out, &walk->record.value);
        step(walk);
    }
    return err;
}

static ln_err write_entries(struct ln_writer *out, const struct ln_path *path,
                            struct walk *walk);

/* The first of two passes goes through a writer without a window, for the length alone. */
static ln_err write_container(struct ln_writer *out, enum ln_tlv_kind kind,
                              const struct ln_path *path, struct walk *walk)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);
    struct ln_records before = walk->before;
    ln_err err = write_entries(&count, path, walk);

    if (err == LN_OK) {
        err = write_header(out, kind, last_id(path), count.written);
    }
    if (err != LN_OK) {
        return err;
    }
    start(walk, &before);
    return write_entries(out, path, walk);
}

/* The entry of `path`, which the record ahead is of or within. */
static ln_err write_entry(struct ln_writer *out, const struct ln_path *path, struct walk *walk)
{
    static const uint8_t containers[] = {[2] = LN_TLV_INSTANCE, [3] = LN_TLV_MULTIPLE_RESOURCE};
    bool has_value =
        walk->record.path.depth == path->depth && walk->record.value.type != LN_NONE;

    if (has_value && path->depth >= 3) {
        return write_leaf(out, path->depth == 3 ? LN_TLV_RESOURCE : LN_TLV_RESOURCE_INSTANCE,
                          walk);
    }
    return path->depth == 4
               ? LN_ERR_NOT_ACCEPTABLE
               : write_container(out, (enum ln_tlv_kind)containers[path->depth], path, walk);
}

/*
 * Writes all that the walk has below `path`, and leaves the walk behind it. Resources of a new
 * instance, whose id the receiver chooses, stand bare, and alone.
 */
static ln_err write_entries(struct ln_writer *out, const struct ln_path *path,
                            struct walk *walk)
{
    ln_err err = LN_OK;

    for (bool alone = true; err == LN_OK && within(walk, path); alone = false) {
        struct ln_path child = ln_path_up(walk->record.path, (uint8_t)(path->depth + 1));
        bool bare = path->depth == 1 && child.id[1] == LN_ID_NONE;

        if (child.depth == path->depth) { /* it is there, and nothing is in it */
            bool empty = path->depth > 1 && walk->record.value.type == LN_NONE;
            err = empty ? LN_OK : LN_ERR_NOT_ACCEPTABLE;
            step(walk);
        } else if (bare) {
            err = alone ? write_entries(out, &child, walk) : LN_ERR_NOT_ACCEPTABLE;
        } else {
            err = write_entry(out, &child, walk);
        }
    }
    return err;
}

static ln_err encode(struct ln_writer *out, struct ln_path base, struct ln_records records)
{
    struct walk walk;
    ln_err err = LN_OK;

    if (base.depth == 0) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    start(&walk, &records);
    if (base.depth <= 2) {
        err = write_entries(out, &base, &walk);
    } else if (within(&walk, &base)) {
        err = write_entry(out, &base, &walk);
    }
    return err == LN_OK && walk.more ? LN_ERR_NOT_ACCEPTABLE : err;
}

/* ---- Decoding ---- */

struct entry {
    enum ln_tlv_kind kind;
    uint16_t id;
    struct ln_bytes value;
};

static bool read_entry(struct ln_reader *in, struct entry *out)
{
    size_t len = ln_codec__read_tlv_head(in, &out->kind, &out->id);

    out->value = ln_read_bytes(in, len);
    return !in->failed;
}

/* The first entry says how far down the payload starts: its wrappers may be left out. */
static bool open_top(struct ln_decoder *in, uint8_t depth)
{
    if (in->base.depth + 1 >= depth) {
        in->path = ln_path_up(in->base, (uint8_t)(depth - 1));
        return true;
    }
    if (in->base.depth == 1 && depth == 3) {
        in->path = in->base;
        ln_path_append(&in->path, LN_ID_NONE);
        return true;
    }
    return false;
}

/*
 * Whether the entry just read has the id of an earlier one in its container. Ids that ascend
 * need no search; one that does not is looked for among the first SEARCHED entries only, so that
 * no payload costs more than its length times a constant.
 */
static bool repeats(struct ln_decoder *in, uint16_t id)
{
    struct ln_reader earlier = in->in;
    struct entry entry;

    if (id > in->level[in->depth].highest) {
        in->level[in->depth].highest = id;
        return false;
    }
    if (id == in->level[in->depth].highest) {
        return true;
    }
    earlier.at = in->level[in->depth].start;
    for (int i = 0; i < SEARCHED; i++) {
        if (!read_entry(&earlier, &entry) || earlier.at == in->in.at) {
            return false;
        }
        if (entry.id == id) {
            return true;
        }
    }
    return false;
}

/* The path of an entry; false if it has no business here. */
static bool place(struct ln_decoder *in, const struct entry *entry, struct ln_path *out)
{
    static const uint8_t depths[] = {[LN_TLV_INSTANCE] = 2,
                                     [LN_TLV_RESOURCE_INSTANCE] = 4,
                                     [LN_TLV_MULTIPLE_RESOURCE] = 3,
                                     [LN_TLV_RESOURCE] = 3};
    uint8_t depth = depths[entry->kind];

    if (in->path.depth == 0 && !open_top(in, depth)) {
        return false;
    }
    if (depth != in->path.depth + 1 || entry->id == LN_ID_NONE || repeats(in, entry->id)) {
        return false;
    }
    *out = in->path;
    ln_path_append(out, entry->id);
    return true;
}

static void enter(struct ln_decoder *in, const struct ln_path *path, struct ln_bytes content)
{
    in->level[in->depth].end = in->in.end;
    in->depth++;
    in->in = ln_reader(content);
    in->level[in->depth].start = in->in.at;
    in->level[in->depth].highest = -1;
    in->path = *path;
}

static void leave(struct ln_decoder *in)
{
    in->depth--;
    in->in.end = in->level[in->depth].end;
    in->path.id[--in->path.depth] = 0;
}

static int64_t sign_extended(uint64_t v, size_t width)
{
    switch (width) {
    case 1:
        return (int8_t)v;
    case 2:
        return (int16_t)v;
    case 4:
        return (int32_t)v;
    default:
        return (int64_t)v;
    }
}

/*
 * A value that is a number or like one, of 1, 2, 4 or 8 bytes. A boolean is one byte by the
 * specification. Zephyr has sent two; 0 and 1 in them can mean nothing else.
 */
static bool read_number(struct ln_bytes bytes, struct ln_value *out)
{
    bool failed = false;
    uint64_t v = ln_uint_of(bytes, &failed);

    if (bytes.len == 0 || bytes.len > 8 || (bytes.len & (bytes.len - 1)) != 0) {
        return false;
    }
    switch (out->type) {
    case LN_INTEGER:
    case LN_TIME:
        out->as.integer = sign_extended(v, bytes.len);
        return true;
    case LN_UNSIGNED:
        out->as.unsigned_integer = v;
        return true;
    case LN_FLOAT:
        out->as.number =
            bytes.len == 4 ? ln__single_of_bits((uint32_t)v) : ln__double_of_bits(v);
        return bytes.len >= 4;
    case LN_BOOLEAN:
        out->as.boolean = v == 1;
        return bytes.len <= 2 && v <= 1;
    case LN_OBJLNK:
        out->as.link.object = (uint16_t)(v >> 16);
        out->as.link.instance = (uint16_t)v;
        return bytes.len == 4;
    default:
        return false;
    }
}

static bool read_value(struct ln_bytes bytes, struct ln_value *out)
{
    switch (out->type) {
    case LN_NONE:
        out->type = LN_OPAQUE;
        break;
    case LN_STRING:
    case LN_OPAQUE:
    case LN_CORELNK:
        break;
    default:
        return read_number(bytes, out);
    }
    out->as.bytes = bytes;
    return true;
}

/* At the end of a container, on to what follows it. False at the end of all. */
static bool has_more(struct ln_decoder *in)
{
    if (!in->started) {
        in->started = true;
        in->level[0].start = in->in.at;
        in->level[0].highest = -1;
    }
    while (ln_reader_left(&in->in) == 0 && in->depth > 0) {
        leave(in);
    }
    return ln_reader_left(&in->in) > 0;
}

static bool decode(struct ln_decoder *in, struct ln_record *out)
{
    struct entry entry;

    *out = (struct ln_record){0};
    while (has_more(in)) {
        if (!read_entry(&in->in, &entry) || !place(in, &entry, &out->path)) {
            return ln__decoder_fail(in, LN_ERR_BAD_PAYLOAD);
        }
        if (entry.kind == LN_TLV_RESOURCE || entry.kind == LN_TLV_RESOURCE_INSTANCE) {
            out->value.type = ln__decoder_type(in, out->path);
            return read_value(entry.value, &out->value) ||
                   ln__decoder_fail(in, LN_ERR_BAD_VALUE);
        }
        if (entry.value.len == 0) {
            return true;
        }
        enter(in, &out->path, entry.value);
    }
    return false;
}

const struct ln_format ln_format_tlv = {
    .id = LN_FORMAT_TLV,
    .old_id = 1542,
    .name = "tlv",
    .encode = encode,
    .decode = decode,
};
