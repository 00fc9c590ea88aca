/* The TLV format: entries of kind, id, length and value, nested up to three levels.
 * spec: CORE-1.1.1 §7.4.3 */

#include "codec/decoder.h"
#include "codec/float_bits.h"

enum kind { INSTANCE, RESOURCE_INSTANCE, MULTIPLE_RESOURCE, RESOURCE };

enum {
    WIDE_ID = 0x20,
    LENGTH_IN_TYPE = 7,
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
    struct ln_records before;
    struct ln_records after;
    struct ln_record record; /* the one ahead */
    bool more;
};

static void step(struct walk *walk)
{
    walk->before = walk->after;
    walk->more = walk->after.next(&walk->after, &walk->record);
}

static struct walk walk_from(struct ln_records records)
{
    struct walk walk = {.after = records};

    step(&walk);
    return walk;
}

static bool within(const struct walk *walk, struct ln_path path)
{
    return walk->more && ln_path_within(walk->record.path, path);
}

static void write_unsigned(struct ln_writer *w, uint64_t v)
{
    if (v <= UINT8_MAX) {
        ln_write_u8(w, (uint8_t)v);
    } else if (v <= UINT16_MAX) {
        ln_write_u16(w, (uint16_t)v);
    } else if (v <= UINT32_MAX) {
        ln_write_u32(w, (uint32_t)v);
    } else {
        ln_write_u64(w, v);
    }
}

static void write_integer(struct ln_writer *w, int64_t v)
{
    if (v >= INT8_MIN && v <= INT8_MAX) {
        ln_write_u8(w, (uint8_t)v);
    } else if (v >= INT16_MIN && v <= INT16_MAX) {
        ln_write_u16(w, (uint16_t)v);
    } else if (v >= INT32_MIN && v <= INT32_MAX) {
        ln_write_u32(w, (uint32_t)v);
    } else {
        ln_write_u64(w, (uint64_t)v);
    }
}

static void write_number(struct ln_writer *w, double v)
{
    float single;

    if (ln__is_single(v, &single)) {
        ln_write_u32(w, ln__single_bits(single));
    } else {
        ln_write_u64(w, ln__double_bits(v));
    }
}

static void write_value(struct ln_writer *w, const struct ln_value *value)
{
    switch (value->type) {
    case LN_NONE:
        return;
    case LN_STRING:
    case LN_OPAQUE:
    case LN_CORELNK:
        ln_write_bytes(w, value->as.bytes);
        return;
    case LN_INTEGER:
    case LN_TIME:
        write_integer(w, value->as.integer);
        return;
    case LN_UNSIGNED:
        write_unsigned(w, value->as.unsigned_integer);
        return;
    case LN_FLOAT:
        write_number(w, value->as.number);
        return;
    case LN_BOOLEAN:
        ln_write_u8(w, value->as.boolean);
        return;
    case LN_OBJLNK:
        ln_write_u16(w, value->as.link.object);
        ln_write_u16(w, value->as.link.instance);
        return;
    }
}

static ln_err write_header(struct ln_writer *w, enum kind kind, uint16_t id, size_t len)
{
    unsigned bytes = len <= LENGTH_IN_TYPE ? 0 : len <= 0xFF ? 1 : len <= 0xFFFF ? 2 : 3;
    unsigned type = (unsigned)kind << 6 | bytes << 3 | (bytes == 0 ? (unsigned)len : 0);

    if (len > LENGTH_MAX) {
        return LN_ERR_TOO_LARGE;
    }
    if (id > UINT8_MAX) {
        ln_write_u8(w, (uint8_t)(type | WIDE_ID));
        ln_write_u16(w, id);
    } else {
        ln_write_u8(w, (uint8_t)type);
        ln_write_u8(w, (uint8_t)id);
    }
    if (bytes == 1) {
        ln_write_u8(w, (uint8_t)len);
    } else if (bytes == 2) {
        ln_write_u16(w, (uint16_t)len);
    } else if (bytes == 3) {
        ln_write_u24(w, (uint32_t)len);
    }
    return LN_OK;
}

static uint16_t last_id(struct ln_path path)
{
    return path.id[path.depth - 1];
}

static ln_err write_leaf(struct ln_writer *out, enum kind kind, struct walk *walk)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);

    write_value(&count, &walk->record.value);
    ln_err err = write_header(out, kind, last_id(walk->record.path), count.written);
    if (err == LN_OK) {
        write_value(out, &walk->record.value);
        step(walk);
    }
    return err;
}

/* Writes all that the walk has within `path`, and leaves the walk behind it. */
typedef ln_err entries_fn(struct ln_writer *out, struct ln_path path, struct walk *walk);

/* The first of two passes goes through a writer without a window, for the length alone. */
static ln_err write_container(struct ln_writer *out, enum kind kind, struct ln_path path,
                              struct walk *walk, entries_fn *entries)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);
    struct walk ahead = *walk;
    ln_err err = entries(&count, path, &ahead);

    if (err == LN_OK) {
        err = write_header(out, kind, last_id(path), count.written);
    }
    if (err != LN_OK) {
        return err;
    }
    *walk = walk_from(walk->before);
    return entries(out, path, walk);
}

static ln_err write_resource_instances(struct ln_writer *out, struct ln_path path,
                                       struct walk *walk)
{
    ln_err err = LN_OK;

    while (err == LN_OK && within(walk, path)) {
        bool none = walk->record.value.type == LN_NONE;
        if (walk->record.path.depth == 4 && !none) {
            err = write_leaf(out, RESOURCE_INSTANCE, walk);
        } else if (walk->record.path.depth == 3 && none) {
            step(walk);
        } else {
            err = LN_ERR_NOT_ACCEPTABLE;
        }
    }
    return err;
}

static ln_err write_resource(struct ln_writer *out, struct walk *walk)
{
    const struct ln_record *record = &walk->record;

    if (record->path.depth == 3 && record->value.type != LN_NONE) {
        return write_leaf(out, RESOURCE, walk);
    }
    return write_container(out, MULTIPLE_RESOURCE, ln_path_up(record->path, 3), walk,
                           write_resource_instances);
}

static ln_err write_resources(struct ln_writer *out, struct ln_path path, struct walk *walk)
{
    ln_err err = LN_OK;

    while (err == LN_OK && within(walk, path)) {
        if (walk->record.path.depth >= 3) {
            err = write_resource(out, walk);
        } else if (walk->record.value.type == LN_NONE) {
            step(walk);
        } else {
            err = LN_ERR_NOT_ACCEPTABLE;
        }
    }
    return err;
}

/* Resources of a new instance, whose id the receiver chooses, stand bare: alone. */
static ln_err write_instances(struct ln_writer *out, struct ln_path path, struct walk *walk)
{
    bool alone = true;
    ln_err err = LN_OK;

    while (err == LN_OK && within(walk, path)) {
        struct ln_path instance = ln_path_up(walk->record.path, 2);
        bool bare = instance.depth == 2 && instance.id[1] == LN_ID_NONE;
        if (instance.depth < 2 || (bare && !alone)) {
            err = LN_ERR_NOT_ACCEPTABLE;
        } else if (bare) {
            err = write_resources(out, instance, walk);
        } else {
            err = write_container(out, INSTANCE, instance, walk, write_resources);
        }
        alone = false;
    }
    return err;
}

static ln_err encode(struct ln_writer *out, struct ln_path base, struct ln_records records)
{
    static entries_fn *const outermost[] = {
        NULL, write_instances, write_resources, write_resources, write_resource_instances,
    };
    struct walk walk = walk_from(records);

    if (base.depth == 0) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    ln_err err = outermost[base.depth](out, base, &walk);
    return err == LN_OK && walk.more ? LN_ERR_NOT_ACCEPTABLE : err;
}

/* ---- Decoding ---- */

struct entry {
    enum kind kind;
    uint16_t id;
    struct ln_bytes value;
};

static bool read_entry(struct ln_reader *in, struct entry *out)
{
    uint8_t type = ln_read_u8(in);
    size_t len = type & LENGTH_IN_TYPE;

    out->kind = (enum kind)(type >> 6);
    out->id = type & WIDE_ID ? ln_read_u16(in) : ln_read_u8(in);
    switch (type >> 3 & 3) {
    case 1:
        len = ln_read_u8(in);
        break;
    case 2:
        len = ln_read_u16(in);
        break;
    case 3:
        len = ln_read_u24(in);
        break;
    }
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
        in->path = ln_path_add(in->base, LN_ID_NONE);
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
    static const uint8_t depths[] = {
        [INSTANCE] = 2, [RESOURCE_INSTANCE] = 4, [MULTIPLE_RESOURCE] = 3, [RESOURCE] = 3};
    uint8_t depth = depths[entry->kind];

    if (in->path.depth == 0 && !open_top(in, depth)) {
        return false;
    }
    if (depth != in->path.depth + 1 || entry->id == LN_ID_NONE || repeats(in, entry->id)) {
        return false;
    }
    *out = ln_path_add(in->path, entry->id);
    return true;
}

static void enter(struct ln_decoder *in, struct ln_path path, struct ln_bytes content)
{
    in->level[in->depth].end = in->in.end;
    in->depth++;
    in->in = ln_reader(content);
    in->level[in->depth].start = in->in.at;
    in->level[in->depth].highest = -1;
    in->path = path;
}

static void leave(struct ln_decoder *in)
{
    in->depth--;
    in->in.end = in->level[in->depth].end;
    in->path = ln_path_up(in->path, (uint8_t)(in->path.depth - 1));
}

static bool read_integer(struct ln_bytes bytes, int64_t *out)
{
    struct ln_reader in = ln_reader(bytes);

    switch (bytes.len) {
    case 1:
        *out = (int8_t)ln_read_u8(&in);
        return true;
    case 2:
        *out = (int16_t)ln_read_u16(&in);
        return true;
    case 4:
        *out = (int32_t)ln_read_u32(&in);
        return true;
    case 8:
        *out = (int64_t)ln_read_u64(&in);
        return true;
    }
    return false;
}

static bool read_unsigned(struct ln_bytes bytes, uint64_t *out)
{
    bool failed = false;

    *out = ln_uint_of(bytes, &failed);
    return bytes.len == 1 || bytes.len == 2 || bytes.len == 4 || bytes.len == 8;
}

static bool read_number(struct ln_bytes bytes, double *out)
{
    struct ln_reader in = ln_reader(bytes);

    if (bytes.len == 4) {
        *out = ln__single_of_bits(ln_read_u32(&in));
    } else if (bytes.len == 8) {
        *out = ln__double_of_bits(ln_read_u64(&in));
    }
    return bytes.len == 4 || bytes.len == 8;
}

/* One byte by the specification. Zephyr has sent two; 0 and 1 in them can mean nothing else. */
static bool read_boolean(struct ln_bytes bytes, bool *out)
{
    bool failed = false;
    uint64_t v = ln_uint_of(bytes, &failed);

    *out = v == 1;
    return (bytes.len == 1 || bytes.len == 2) && v <= 1;
}

static bool read_link(struct ln_bytes bytes, struct ln_objlnk *out)
{
    struct ln_reader in = ln_reader(bytes);

    out->object = ln_read_u16(&in);
    out->instance = ln_read_u16(&in);
    return bytes.len == 4;
}

static bool read_value(struct ln_bytes bytes, struct ln_value *out)
{
    switch (out->type) {
    case LN_NONE:
        *out = ln_value_opaque(bytes);
        return true;
    case LN_STRING:
    case LN_OPAQUE:
    case LN_CORELNK:
        out->as.bytes = bytes;
        return true;
    case LN_INTEGER:
    case LN_TIME:
        return read_integer(bytes, &out->as.integer);
    case LN_UNSIGNED:
        return read_unsigned(bytes, &out->as.unsigned_integer);
    case LN_FLOAT:
        return read_number(bytes, &out->as.number);
    case LN_BOOLEAN:
        return read_boolean(bytes, &out->as.boolean);
    case LN_OBJLNK:
        return read_link(bytes, &out->as.link);
    }
    return false;
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
        if (entry.kind == RESOURCE || entry.kind == RESOURCE_INSTANCE) {
            out->value.type = ln__decoder_type(in, out->path);
            return read_value(entry.value, &out->value) ||
                   ln__decoder_fail(in, LN_ERR_BAD_VALUE);
        }
        if (entry.value.len == 0) {
            return true;
        }
        enter(in, out->path, entry.value);
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
