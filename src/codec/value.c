/* Values: making them, comparing them, and turning one type into another without loss. */

#include "codec/value.h"

const char *ln_type_name(enum ln_type type)
{
    static const char *const names[] = {
        [LN_NONE] = "none",         [LN_STRING] = "string", [LN_INTEGER] = "integer",
        [LN_UNSIGNED] = "unsigned", [LN_FLOAT] = "float",   [LN_BOOLEAN] = "boolean",
        [LN_OPAQUE] = "opaque",     [LN_TIME] = "time",     [LN_OBJLNK] = "objlnk",
        [LN_CORELNK] = "corelnk",
    };

    return names[type];
}

struct ln_value ln_value_string(const char *text)
{
    return (struct ln_value){.type = LN_STRING, .as.bytes = ln_bytes_of_text(text)};
}

struct ln_value ln_value_integer(int64_t integer)
{
    return (struct ln_value){.type = LN_INTEGER, .as.integer = integer};
}

struct ln_value ln_value_unsigned(uint64_t integer)
{
    return (struct ln_value){.type = LN_UNSIGNED, .as.unsigned_integer = integer};
}

struct ln_value ln_value_float(double number)
{
    return (struct ln_value){.type = LN_FLOAT, .as.number = number};
}

struct ln_value ln_value_boolean(bool boolean)
{
    return (struct ln_value){.type = LN_BOOLEAN, .as.boolean = boolean};
}

struct ln_value ln_value_opaque(struct ln_bytes bytes)
{
    return (struct ln_value){.type = LN_OPAQUE, .as.bytes = bytes};
}

struct ln_value ln_value_time(int64_t seconds)
{
    return (struct ln_value){.type = LN_TIME, .as.integer = seconds};
}

struct ln_value ln_value_objlnk(uint16_t object, uint16_t instance)
{
    return (struct ln_value){.type = LN_OBJLNK, .as.link = {object, instance}};
}

/* Two that are not a number are equal: a value that stays NaN has not changed. */
static bool numbers_equal(double a, double b)
{
    return a == b || (a != a && b != b);
}

bool ln_value_equal(const struct ln_value *a, const struct ln_value *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case LN_NONE:
        return true;
    case LN_STRING:
    case LN_OPAQUE:
    case LN_CORELNK:
        return ln_bytes_equal(a->as.bytes, b->as.bytes);
    case LN_INTEGER:
    case LN_TIME:
        return a->as.integer == b->as.integer;
    case LN_UNSIGNED:
        return a->as.unsigned_integer == b->as.unsigned_integer;
    case LN_FLOAT:
        return numbers_equal(a->as.number, b->as.number);
    case LN_BOOLEAN:
        return a->as.boolean == b->as.boolean;
    case LN_OBJLNK:
        return a->as.link.object == b->as.link.object &&
               a->as.link.instance == b->as.link.instance;
    }
    return false;
}

/* ---- Conversion: every number goes through 64 bits and a sign, which hold all of them ---- */

struct whole {
    uint64_t bits; /* of the number if it is positive, of its two's complement if not */
    bool negative;
};

bool ln__integer_of_magnitude(uint64_t magnitude, bool negative, int64_t *out)
{
    *out = (int64_t)(negative ? 0 - magnitude : magnitude);
    return magnitude <= (uint64_t)INT64_MAX + negative;
}

static bool whole_of_value(const struct ln_value *value, struct whole *out)
{
    uint64_t magnitude;
    int64_t integer;

    switch (value->type) {
    case LN_INTEGER:
    case LN_TIME:
        *out = (struct whole){(uint64_t)value->as.integer, value->as.integer < 0};
        return true;
    case LN_UNSIGNED:
        *out = (struct whole){value->as.unsigned_integer, false};
        return true;
    case LN_FLOAT:
        if (!ln_whole_of_double(value->as.number, &magnitude, &out->negative)) {
            return false;
        }
        out->negative &= magnitude != 0;
        out->bits = out->negative ? 0 - magnitude : magnitude;
        return !out->negative || ln__integer_of_magnitude(magnitude, true, &integer);
    default:
        return false;
    }
}

static bool value_of_whole(const struct whole *whole, enum ln_type type, struct ln_value *out)
{
    uint64_t bits = whole->bits;

    switch (type) {
    case LN_INTEGER:
    case LN_TIME:
        out->as.integer = (int64_t)bits;
        return (out->as.integer < 0) == whole->negative;
    case LN_UNSIGNED:
        out->as.unsigned_integer = bits;
        return !whole->negative;
    case LN_FLOAT:
        return ln_double_of_whole(whole->negative ? 0 - bits : bits, whole->negative,
                                  &out->as.number);
    default:
        return false;
    }
}

static bool is_text(enum ln_type type)
{
    return type == LN_STRING || type == LN_CORELNK;
}

ln_err ln_value_convert(struct ln_value *value, enum ln_type type)
{
    struct ln_value converted = {.type = type};
    struct whole whole;

    if (is_text(value->type) && is_text(type)) {
        if (!ln_utf8_valid(value->as.bytes)) {
            return LN_ERR_BAD_VALUE;
        }
        value->type = type;
        return LN_OK;
    }
    if (value->type == type) {
        return LN_OK;
    }
    if (!whole_of_value(value, &whole) || !value_of_whole(&whole, type, &converted)) {
        return LN_ERR_BAD_VALUE;
    }
    *value = converted;
    return LN_OK;
}

/* ---- Numbers of formats that tell one type from another less finely ---- */

bool ln__scale_by_ten(uint64_t *magnitude, int32_t power)
{
    for (; power > 0 && *magnitude != 0; power--) {
        if (*magnitude > UINT64_MAX / 10) {
            return false;
        }
        *magnitude *= 10;
    }
    for (; power < 0 && *magnitude != 0; power++) {
        if (ln_divide_by_ten(magnitude) != 0) {
            return false;
        }
    }
    return true;
}

ln_err ln__number_convert(struct ln_value *value, enum ln_type type)
{
    if (type == LN_FLOAT && value->type == LN_INTEGER) {
        *value = ln_value_float((double)value->as.integer);
    } else if (type == LN_FLOAT && value->type == LN_UNSIGNED) {
        *value = ln_value_float((double)value->as.unsigned_integer);
    }
    return type == LN_NONE ? LN_OK : ln_value_convert(value, type);
}

/* ---- Objlnk text ---- */

static bool link_part(struct ln_bytes text, uint16_t *out)
{
    uint64_t id;

    if (!ln_unsigned_of_text(text, &id) || id > LN_ID_NONE) {
        return false;
    }
    *out = (uint16_t)id;
    return true;
}

bool ln__objlnk_of_text(struct ln_bytes text, struct ln_objlnk *out)
{
    struct ln_reader in = ln_reader(text);

    if (ln_bytes_are(text, "FFFF:FFFF")) {
        *out = (struct ln_objlnk){LN_ID_NONE, LN_ID_NONE};
        return true;
    }
    struct ln_bytes object = ln_read_until(&in, ':');
    return link_part(object, &out->object) && link_part(ln_read_rest(&in), &out->instance);
}

void ln__write_objlnk(struct ln_writer *w, struct ln_objlnk link)
{
    ln_write_unsigned_text(w, link.object);
    ln_write_u8(w, ':');
    ln_write_unsigned_text(w, link.instance);
}
