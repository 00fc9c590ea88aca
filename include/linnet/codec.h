/*
 * Paths, values and records, and the formats they travel in.
 *
 * A record is one value and where it belongs. Every format is a way to write records as
 * bytes and to read them back; a format is a row of a table, and code that reads or writes
 * device data never asks which one it is:
 *
 *     struct ln_decoder in;
 *     struct ln_record record;
 *
 *     ln_decoder_init(&in, ln_format_find(formats, 11542), ln_path_instance(3, 0), payload,
 *                     &types, &scratch);
 *     while (ln_decode(&in, &record)) {
 *         use(record.path, record.value);
 *     }
 *     return in.err; // LN_OK at the proper end
 *
 * Decoding allocates nothing. Values of strings point into the payload or, where a format
 * has escapes or base64, into the scratch arena.
 */
#ifndef LN_CODEC_H
#define LN_CODEC_H

#include <linnet/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Paths: spec CORE-1.1.1 §7.2; four levels from 1.1 on ---- */

enum {
    LN_ID_MAX = 65534, /* 65535 is reserved on every level */
    LN_ID_NONE = 65535,
    LN_PATH_TEXT_MAX = 24, /* "/65534/65534/65534/65534" */
};

/* An object, object instance, resource or resource instance; depth 0 is the root "/". */
struct ln_path {
    uint16_t id[4];
    uint8_t depth;
};

static inline struct ln_path ln_path_root(void)
{
    struct ln_path p = {{0, 0, 0, 0}, 0};

    return p;
}

/* One level more, in place. The depth must be below 4. */
static inline void ln_path_append(struct ln_path *path, uint16_t id)
{
    path->id[path->depth++] = id;
}

/* `path` and one level more. The depth must be below 4. */
struct ln_path ln_path_add(struct ln_path path, uint16_t id);
struct ln_path ln_path_object(uint16_t object);
struct ln_path ln_path_instance(uint16_t object, uint16_t instance);
struct ln_path ln_path_resource(uint16_t object, uint16_t instance, uint16_t resource);
/* The first `depth` levels of it. */
struct ln_path ln_path_up(struct ln_path path, uint8_t depth);
bool ln_path_equal(struct ln_path a, struct ln_path b);
/* By levels: "/" < "/1" < "/1/1" < "/2". */
int ln_path_compare(struct ln_path a, struct ln_path b);
/* Whether `path` is `parent` or below it. Pointers: to copy them takes more than to compare. */
bool ln_path_is_within(const struct ln_path *path, const struct ln_path *parent);
static inline bool ln_path_within(struct ln_path path, struct ln_path parent)
{
    return ln_path_is_within(&path, &parent);
}
/* "/3/0/9"; the root is "/". */
void ln_write_path(struct ln_writer *w, struct ln_path path);
/*
 * Takes "/3/0/9", "3/0/9" and, for the root, "/". Refuses "", empty segments, signs, leading
 * zeros, ids above 65534, a fifth level.
 */
LN_MUST_USE bool ln_path_of_text(struct ln_bytes text, struct ln_path *out);
/* One segment, as a CoAP Uri-Path option holds it. */
LN_MUST_USE bool ln_id_of_text(struct ln_bytes text, uint16_t *out);

/* ---- Values: spec CORE-1.1.1 Appendix C ---- */

enum ln_type {
    LN_NONE, /* executables; and "it is there, and nothing is in it" (see ln_record) */
    LN_STRING,
    LN_INTEGER,
    LN_UNSIGNED,
    LN_FLOAT,
    LN_BOOLEAN,
    LN_OPAQUE,
    LN_TIME,
    LN_OBJLNK,
    LN_CORELNK,
};

/* "string", "integer", ... as the HTTP API spells them. */
const char *ln_type_name(enum ln_type type);

/* A link to an object instance. 65535:65535 is the null link. */
struct ln_objlnk {
    uint16_t object;
    uint16_t instance;
};

struct ln_value {
    enum ln_type type;
    union {
        struct ln_bytes bytes;     /* LN_STRING, LN_OPAQUE, LN_CORELNK: borrowed */
        int64_t integer;           /* LN_INTEGER, and LN_TIME: seconds since 1970 UTC */
        uint64_t unsigned_integer; /* LN_UNSIGNED */
        double number;             /* LN_FLOAT */
        bool boolean;              /* LN_BOOLEAN */
        struct ln_objlnk link;     /* LN_OBJLNK */
    } as;
};

struct ln_value ln_value_string(const char *text); /* NULL is the empty string */
struct ln_value ln_value_integer(int64_t integer);
struct ln_value ln_value_unsigned(uint64_t integer);
struct ln_value ln_value_float(double number);
struct ln_value ln_value_boolean(bool boolean);
struct ln_value ln_value_opaque(struct ln_bytes bytes);
struct ln_value ln_value_time(int64_t seconds);
struct ln_value ln_value_objlnk(uint16_t object, uint16_t instance);
/* Same type and same value; bytes compared by content. */
bool ln_value_equal(const struct ln_value *a, const struct ln_value *b);
/*
 * Makes the value one of `type` where nothing is lost: integer, unsigned, time and whole
 * floats into each other, string and corelnk. Strings must be UTF-8. LN_ERR_BAD_VALUE otherwise,
 * and the value is as before.
 */
LN_MUST_USE ln_err ln_value_convert(struct ln_value *value, enum ln_type type);

/*
 * One value and where it belongs: a resource (depth 3), or a resource instance (depth 4),
 * which tells that the resource is a multiple one. A record of LN_NONE says that an
 * instance (depth 2) or a multiple resource (depth 3) is there and holds nothing.
 */
struct ln_record {
    struct ln_path path;
    struct ln_value value;
    /*
     * Nanoseconds since 1970, or 0 where the record has none: a double would not hold them. The
     * codec knows no clock: below LN_TIME_ABSOLUTE it is relative to when the payload was made,
     * mostly negative (RFC 8428 §4.5.3). Not so in OMA JSON, where all above 0 are absolute.
     */
    int64_t time_ns;
};

/* 2^28 seconds, in July 1978. */
#define LN_TIME_ABSOLUTE (((int64_t)1 << 28) * 1000000000)

/* ---- Formats: spec CORE-1.1.1 §7.4 ---- */

enum ln_content_format {
    LN_FORMAT_TEXT = 0,
    LN_FORMAT_LINK = 40,
    LN_FORMAT_OPAQUE = 42,
    LN_FORMAT_CBOR = 60,
    LN_FORMAT_SENML_JSON = 110,
    LN_FORMAT_SENML_CBOR = 112,
    LN_FORMAT_TLV = 11542,
    LN_FORMAT_JSON = 11543,
    LN_FORMAT_LWM2M_CBOR = 11544,
    LN_FORMAT_NONE = 0xffff, /* no Content-Format option */
};

/*
 * What the type of the resource at `path` is: text, opaque and TLV do not say it themselves.
 * LN_NONE where it is not known: the value is then given as LN_OPAQUE, by text as LN_STRING; by
 * JSON and CBOR in the type that they say.
 */
struct ln_types {
    enum ln_type (*of)(const void *context, struct ln_path path);
    const void *context;
};

/*
 * Records in ascending order of their paths, one after the other. A source is a plain
 * struct: a copy of it goes through the same records once more from the same place, which
 * is how a format finds lengths and counts before it writes them. So the values must not
 * change while a format writes.
 */
struct ln_records {
    /* False at the end. The record's bytes are borrowed until the next call on it or a copy. */
    bool (*next)(struct ln_records *self, struct ln_record *out);
    void *context;
    uint32_t at[4]; /* where it stands, for `next` alone; all zero at the start */
};

/* Records of an array. */
struct ln_array {
    const struct ln_record *records;
    size_t count;
};
struct ln_records ln_records_of(const struct ln_array *array);

struct ln_decoder;

/* A format: one row, one file. */
struct ln_format {
    uint16_t id;      /* the content-format number to write */
    uint16_t old_id;  /* from before its registration, read but never written; else `id` */
    const char *name; /* as the HTTP API spells it: "tlv" */
    bool one_value;   /* holds one value and no path: text, opaque, CBOR */
    /* As ln_encode(). */
    ln_err (*encode)(struct ln_writer *out, struct ln_path base, struct ln_records records);
    /* Called with nothing failed so far; false at the end or, with `err` set, at a fault. */
    bool (*decode)(struct ln_decoder *in, struct ln_record *out);
};

/*
 * Formats that this program has, ends with NULL. Each program defines its own table and so
 * links no other: a device with TLV and text carries no JSON. The server's holds all.
 */
typedef const struct ln_format *const ln_formats[];

extern const struct ln_format ln_format_text;
extern const struct ln_format ln_format_opaque;
extern const struct ln_format ln_format_tlv;
extern const struct ln_format ln_format_json;
extern const struct ln_format ln_format_cbor;
extern const struct ln_format ln_format_senml_json;
extern const struct ln_format ln_format_senml_cbor;

/* By number, old ones too; NULL if the table has none. */
const struct ln_format *ln_format_find(const struct ln_format *const *formats, uint16_t id);
/* By name; NULL if the table has none. */
const struct ln_format *ln_format_named(const struct ln_format *const *formats,
                                        const char *name);

/*
 * Writes `records`, all of them within `base`, where `base` is the path of the request
 * (it decides TLV's outermost level: an object's Read holds instances). A record of instance
 * LN_ID_NONE right below an object is of an instance that has no id yet: a Create.
 *
 * A failure of the writer is left in the writer, the error of the format is returned:
 * LN_ERR_NOT_ACCEPTABLE if the format cannot hold these records (text holds just one, at `base`
 * itself; JSON knows no NaN and no infinity; only TLV has instances without an id),
 * LN_ERR_TOO_LARGE beyond the format's own lengths (16 MiB in TLV). SenML and OMA JSON leave
 * records of LN_NONE out, for they have no way to say them.
 */
LN_MUST_USE ln_err ln_encode(const struct ln_format *format, struct ln_writer *out,
                             struct ln_path base, struct ln_records records);
/*
 * Writes `payload`, which ln_encode() made of records without times in the format of that number,
 * with `seconds` since 1970 as the time of all of them. False, and nothing is written: the format has no
 * place for a time (SenML and OMA JSON have), or there is no record.
 */
bool ln_write_dated(struct ln_writer *w, uint16_t format, struct ln_bytes payload,
                    int64_t seconds);

/* What a decoder reads. Its fields are for src/codec, but for `err`. A copy that is taken before
 * the first record goes through all of them again. */
struct ln_decoder {
    ln_err err;
    uint8_t depth;
    bool started;
    bool has_last;
    struct ln_path path; /* of the container that is being read */
    const struct ln_format *format;
    struct ln_path base;
    struct ln_reader in;
    const struct ln_types *types;
    struct ln_arena *scratch; /* unescaped strings and decoded base64; reset by the caller */
    struct {
        const uint8_t *start; /* of the container on this level */
        const uint8_t *end;
        int32_t highest; /* id in it so far, -1 before the first */
    } level[3];
    struct ln_path last; /* record given, where there was one */
    int64_t last_time;
    /* SenML and OMA JSON alone use what follows. */
    bool ended;
    bool paths_only;         /* going back for names: values are passed over */
    struct ln_reader first;  /* from the first record on */
    size_t left;             /* records in a CBOR array */
    struct ln_path greatest; /* record so far, by path and then time */
    int64_t greatest_time;
    int64_t base_time;
    struct ln_value base_value;
    uint8_t base_name[LN_PATH_TEXT_MAX];
    uint8_t base_name_len;
};

/*
 * `base` is the path of the request that the payload belongs to; records outside of it are
 * a fault (LN_ERR_BAD_PAYLOAD), and so are duplicates next to each other (same path and time,
 * or one path inside the other), a depth that the path cannot have, and bytes after the end.
 * Values come out in the type that `types` says; what cannot be read as that type, and strings
 * that are not UTF-8, are LN_ERR_BAD_VALUE. `types` may be NULL: no type is known.
 * An empty payload holds no records, which is proper; in text and opaque it is the empty
 * value, of the types that have one.
 * `scratch` may be NULL for TLV and opaque; LN_ERR_NO_SPACE: it was too small.
 *
 * Text and opaque hold the value of a resource or resource instance: on any other `base` they
 * are LN_ERR_BAD_FORMAT.
 *
 * TLV is taken with and without the wrappers around what `base` addresses, if their ids
 * are those of `base`: an instance's resources bare or in the instance's entry, a multiple
 * resource's instances bare or in its entry. Resources right below an object, which are a
 * Create without an id, come out with instance LN_ID_NONE. An id that occurs twice in a container
 * is refused wherever the ids ascend; one out of order is looked for among the first 64
 * entries of its container only. Booleans of two bytes, which Zephyr has sent, are taken if
 * they hold 0 or 1.
 *
 * SenML and OMA JSON find a path that occurs twice at one time wherever paths, and times of
 * one path, ascend; a record out of order is looked for among the first 64 records and
 * 2 KiB only. Where no type is known, values keep the one that they have in the payload;
 * JSON numbers are integers if they are written without fraction and exponent. Times that are
 * finer than nanoseconds or beyond the years 1678 to 2262 are LN_ERR_BAD_VALUE.
 */
void ln_decoder_init(struct ln_decoder *decoder, const struct ln_format *format,
                     struct ln_path base, struct ln_bytes payload, const struct ln_types *types,
                     struct ln_arena *scratch);
/* The next record; false at the end, which is proper if `decoder->err` is LN_OK. */
LN_MUST_USE bool ln_decode(struct ln_decoder *decoder, struct ln_record *out);

/* ---- Link format (RFC 6690): Register, Update, Discover ---- */

/*
 * One link: its target as it stands between the angle brackets, and its attributes as raw text
 * after the first ";". Read the attributes with ln_link_attribute_next().
 */
struct ln_link_format {
    struct ln_bytes target;
    struct ln_bytes attributes;
};

struct ln_link_attribute {
    struct ln_bytes name;
    struct ln_bytes value; /* of a quoted one: what stands between the quotes, escapes kept */
    bool has_value;
    bool quoted;
};

/*
 * Takes the next link. False at the end (`in->failed` unset) or at a fault (set).
 * Strict as RFC 6690 is, but that spaces after the comma between links are skipped, as the
 * LwM2M specification's own examples have them. Targets are paths: "/", "/3/0", "/lwm2m/3"; a link to
 * elsewhere, and one with a query or fragment, is a fault.
 */
LN_MUST_USE bool ln_link_next(struct ln_reader *in, struct ln_link_format *out);
/* Takes the next attribute of a link: start with a reader over `link.attributes`. */
LN_MUST_USE bool ln_link_attribute_next(struct ln_reader *in, struct ln_link_attribute *out);
/* The first attribute of that name; false if the link has none. */
bool ln_link_attribute(const struct ln_link_format *link, const char *name,
                       struct ln_link_attribute *out);

#ifdef __cplusplus
}
#endif

#endif
