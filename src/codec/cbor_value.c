/* Values in CBOR, read and written: what the formats in CBOR share. spec: CORE-1.1.1 §7.4.4 */

#include "codec/cbor_value.h"

#include "codec/float_bits.h"
#include "codec/time_text.h"
#include "codec/value.h"

enum {
    NS = 1000000000,
    NS_DIGITS = 9,
    POWER_MAX = 1000,
    TAG_TIME_TEXT = 0,
    TAG_TIME = 1,
    TAG_BIG_POSITIVE = 2,
    TAG_BIG_NEGATIVE = 3,
    TAG_DECIMAL = 4,
    TAG_BIG_FLOAT = 5,
};

static const uint64_t no_tag = UINT64_MAX;

/* ---- Reading numbers ---- */

/* magnitude * 10^power */
struct decimal {
    uint64_t magnitude;
    int32_t power; /* from -POWER_MAX to POWER_MAX: what is beyond is as far out of reach */
    bool negative;
};

static bool is_integer(const struct ln__cbor_item *item)
{
    return item->major == LN__CBOR_UNSIGNED || item->major == LN__CBOR_NEGATIVE;
}

static bool is_float(const struct ln__cbor_item *item)
{
    return item->major == LN__CBOR_SIMPLE && item->info >= LN__CBOR_HALF &&
           item->info <= LN__CBOR_DOUBLE;
}

/* A negative one stands as -1 - value. */
static bool magnitude_of(const struct ln__cbor_item *item, struct decimal *out)
{
    out->negative = item->major == LN__CBOR_NEGATIVE;
    out->magnitude = item->value + out->negative;
    return is_integer(item) && (!out->negative || item->value < UINT64_MAX);
}

static double half_of_bits(uint16_t bits)
{
    uint64_t exponent = bits >> 10 & 31;
    uint64_t fraction = bits & 0x3FF;
    double magnitude;

    if (exponent == 0) {
        magnitude = (double)fraction * 0x1p-24;
    } else {
        exponent = exponent == 31 ? 0x7FF : exponent - 15 + 1023;
        magnitude = ln__double_of_bits(exponent << 52 | fraction << 42);
    }
    return bits >> 15 != 0 ? -magnitude : magnitude;
}

static double float_of(const struct ln__cbor_item *item)
{
    switch (item->info) {
    case LN__CBOR_HALF:
        return half_of_bits((uint16_t)item->value);
    case LN__CBOR_SINGLE:
        return ln__single_of_bits((uint32_t)item->value);
    default:
        return ln__double_of_bits(item->value);
    }
}

/* Behind the tag: an array of exponent and mantissa. */
static ln_err read_decimal(struct ln_reader *in, const struct ln__cbor_item *array,
                           struct decimal *out)
{
    struct decimal power;

    if (array->major != LN__CBOR_ARRAY ||
        (array->value != 2 && !ln__cbor_is_indefinite(array))) {
        return LN_ERR_BAD_VALUE;
    }
    struct ln__cbor_item exponent = ln__cbor_next(in);
    struct ln__cbor_item mantissa = ln__cbor_next(in);
    if (in->failed || (ln__cbor_is_indefinite(array) && !ln__cbor_break(in))) {
        return LN_ERR_BAD_PAYLOAD;
    }
    if (!magnitude_of(&exponent, &power) || !magnitude_of(&mantissa, out)) {
        return LN_ERR_BAD_VALUE;
    }
    out->power = (int32_t)(power.magnitude < POWER_MAX ? power.magnitude : POWER_MAX);
    out->power = power.negative ? -out->power : out->power;
    return LN_OK;
}

static bool integer_value(struct decimal d, struct ln_value *out)
{
    if (ln__integer_of_magnitude(d.magnitude, d.negative, &out->as.integer)) {
        out->type = LN_INTEGER;
        return true;
    }
    out->type = LN_UNSIGNED;
    out->as.unsigned_integer = d.magnitude;
    return !d.negative;
}

/* Fractions are rounded correctly while mantissa and power of ten are exact; others are refused. */
static bool decimal_value(struct decimal d, struct ln_value *out)
{
    const uint64_t exact = (uint64_t)1 << 53;
    struct decimal whole = d;
    double divisor = 1;

    if (ln__scale_by_ten(&whole.magnitude, d.power)) {
        return integer_value(whole, out);
    }
    if (d.power >= 0 || d.power < -22 || d.magnitude > exact) {
        return false;
    }
    for (int32_t i = d.power; i < 0; i++) {
        divisor *= 10;
    }
    *out = ln_value_float((double)d.magnitude / divisor);
    out->as.number = d.negative ? -out->as.number : out->as.number;
    return true;
}

/* ---- Reading values ---- */

/* The next head that is no tag, and the one tag before it that matters. */
static ln_err read_head(struct ln_reader *in, struct ln__cbor_item *item, uint64_t *tag)
{
    *tag = no_tag;
    for (*item = ln__cbor_next(in); item->major == LN__CBOR_TAG && !in->failed;
         *item = ln__cbor_next(in)) {
        if (item->value == TAG_BIG_POSITIVE || item->value == TAG_BIG_NEGATIVE ||
            item->value == TAG_BIG_FLOAT || (item->value <= TAG_DECIMAL && *tag != no_tag)) {
            return LN_ERR_BAD_VALUE;
        }
        *tag = item->value <= TAG_DECIMAL ? item->value : *tag;
    }
    return in->failed ? LN_ERR_BAD_PAYLOAD : LN_OK;
}

static ln_err read_simple(struct ln_reader *in, struct ln__cbor_item item,
                          struct ln_arena *scratch, struct ln_value *out)
{
    struct decimal d = {0};

    if (is_integer(&item)) {
        return magnitude_of(&item, &d) && integer_value(d, out) ? LN_OK : LN_ERR_BAD_VALUE;
    }
    if (is_float(&item)) {
        *out = ln_value_float(float_of(&item));
        return LN_OK;
    }
    if (item.major == LN__CBOR_TEXT || item.major == LN__CBOR_BYTES) {
        out->type = item.major == LN__CBOR_TEXT ? LN_STRING : LN_OPAQUE;
        return ln__cbor_string(in, item, scratch, &out->as.bytes);
    }
    if (item.major == LN__CBOR_SIMPLE &&
        (item.info == LN__CBOR_TRUE || item.info == LN__CBOR_FALSE)) {
        *out = ln_value_boolean(item.info == LN__CBOR_TRUE);
        return LN_OK;
    }
    return LN_ERR_BAD_VALUE;
}

/* The content of tag 0 is text, of tag 1 a number. */
static ln_err make_time(struct ln_value *value, uint64_t tag)
{
    int64_t seconds;

    if (tag == TAG_TIME) {
        return ln_value_convert(value, LN_TIME);
    }
    if (value->type != LN_STRING || !ln__time_of_text(value->as.bytes, &seconds)) {
        return LN_ERR_BAD_VALUE;
    }
    *value = ln_value_time(seconds);
    return LN_OK;
}

ln_err ln__cbor_value(struct ln_reader *in, struct ln_arena *scratch, struct ln_value *out)
{
    struct ln__cbor_item item;
    struct decimal d;
    uint64_t tag;
    ln_err err = read_head(in, &item, &tag);

    if (err != LN_OK) {
        return err;
    }
    if (tag == TAG_DECIMAL) {
        err = read_decimal(in, &item, &d);
        return err == LN_OK && !decimal_value(d, out) ? LN_ERR_BAD_VALUE : err;
    }
    err = read_simple(in, item, scratch, out);
    return err == LN_OK && tag != no_tag ? make_time(out, tag) : err;
}

/* Zephyr has sent links with the NUL of its strings. */
static struct ln_bytes without_nul(struct ln_bytes text)
{
    if (text.len > 0 && text.at[text.len - 1] == '\0') {
        text.len--;
    }
    return text;
}

ln_err ln__cbor_convert(struct ln_value *value, enum ln_type type)
{
    struct ln_objlnk link;

    if (type != LN_OBJLNK) {
        return ln__number_convert(value, type);
    }
    if (value->type != LN_STRING || !ln__objlnk_of_text(without_nul(value->as.bytes), &link)) {
        return LN_ERR_BAD_VALUE;
    }
    *value = ln_value_objlnk(link.object, link.instance);
    return LN_OK;
}

/* ---- Reading times ---- */

static double seconds_of_ns(int64_t ns)
{
    return (double)(ns / NS) + (double)(ns % NS) / NS;
}

static int64_t nearest(double v)
{
    return (int64_t)(v + (v < 0 ? -0.5 : 0.5));
}

/*
 * Doubles of today's times lie 240 ns apart: where whole microseconds make the same double, these
 * were meant.
 */
static bool ns_of_seconds(double seconds, int64_t *ns)
{
    if (!(seconds > -9.2e9 && seconds < 9.2e9)) {
        return false;
    }
    int64_t whole = (int64_t)seconds;
    double rest = seconds - (double)whole;
    int64_t in_microseconds = whole * NS + nearest(rest * 1e6) * 1000;
    bool same = seconds_of_ns(in_microseconds) == seconds;
    *ns = same ? in_microseconds : whole * NS + nearest(rest * NS);
    return true;
}

static bool ns_of_decimal(struct decimal d, int64_t *ns)
{
    return ln__scale_by_ten(&d.magnitude, d.power + NS_DIGITS) &&
           ln__integer_of_magnitude(d.magnitude, d.negative, ns);
}

ln_err ln__cbor_time(struct ln_reader *in, int64_t *ns)
{
    struct ln__cbor_item item;
    struct decimal d = {0};
    uint64_t tag;
    ln_err err = read_head(in, &item, &tag);

    if (err != LN_OK) {
        return err;
    }
    if (is_float(&item)) {
        return ns_of_seconds(float_of(&item), ns) ? LN_OK : LN_ERR_BAD_VALUE;
    }
    if (tag == TAG_DECIMAL) {
        err = read_decimal(in, &item, &d);
    } else {
        err = magnitude_of(&item, &d) ? LN_OK : LN_ERR_BAD_VALUE;
    }
    return err == LN_OK && !ns_of_decimal(d, ns) ? LN_ERR_BAD_VALUE : err;
}

/* ---- Writing ---- */

void ln__write_cbor_head(struct ln_writer *w, enum ln__cbor_major major, uint64_t value)
{
    uint8_t first = (uint8_t)((unsigned)major << 5);

    if (value < 24) {
        ln_write_u8(w, (uint8_t)(first | value));
    } else if (value <= UINT8_MAX) {
        ln_write_u8(w, first | 24);
        ln_write_u8(w, (uint8_t)value);
    } else if (value <= UINT16_MAX) {
        ln_write_u8(w, first | 25);
        ln_write_u16(w, (uint16_t)value);
    } else if (value <= UINT32_MAX) {
        ln_write_u8(w, first | 26);
        ln_write_u32(w, (uint32_t)value);
    } else {
        ln_write_u8(w, first | 27);
        ln_write_u64(w, value);
    }
}

void ln__write_cbor_text(struct ln_writer *w, struct ln_bytes text)
{
    ln__write_cbor_head(w, LN__CBOR_TEXT, text.len);
    ln_write_bytes(w, text);
}

void ln__write_cbor_integer(struct ln_writer *w, int64_t v)
{
    if (v < 0) {
        ln__write_cbor_head(w, LN__CBOR_NEGATIVE, ~(uint64_t)v);
    } else {
        ln__write_cbor_head(w, LN__CBOR_UNSIGNED, (uint64_t)v);
    }
}

static void write_float(struct ln_writer *w, double v)
{
    float single;

    const unsigned simple = (unsigned)LN__CBOR_SIMPLE << 5;

    if (ln__is_single(v, &single)) {
        ln_write_u8(w, (uint8_t)(simple | LN__CBOR_SINGLE));
        ln_write_u32(w, ln__single_bits(single));
    } else {
        ln_write_u8(w, (uint8_t)(simple | LN__CBOR_DOUBLE));
        ln_write_u64(w, ln__double_bits(v));
    }
}

static void write_link(struct ln_writer *w, struct ln_objlnk link)
{
    uint8_t text[LN_INTEGER_TEXT_MAX];
    struct ln_writer inner = ln_writer(text, sizeof(text));

    ln__write_objlnk(&inner, link);
    ln__write_cbor_text(w, ln_writer_bytes(&inner));
}

ln_err ln__write_cbor_value(struct ln_writer *w, const struct ln_value *value)
{
    switch (value->type) {
    case LN_NONE:
        return LN_ERR_NOT_ACCEPTABLE;
    case LN_STRING:
    case LN_CORELNK:
        ln__write_cbor_text(w, value->as.bytes);
        return ln_utf8_valid(value->as.bytes) ? LN_OK : LN_ERR_NOT_ACCEPTABLE;
    case LN_INTEGER:
    case LN_TIME:
        ln__write_cbor_integer(w, value->as.integer);
        break;
    case LN_UNSIGNED:
        ln__write_cbor_head(w, LN__CBOR_UNSIGNED, value->as.unsigned_integer);
        break;
    case LN_FLOAT:
        write_float(w, value->as.number);
        break;
    case LN_BOOLEAN:
        ln__write_cbor_head(w, LN__CBOR_SIMPLE,
                            value->as.boolean ? LN__CBOR_TRUE : LN__CBOR_FALSE);
        break;
    case LN_OPAQUE:
        ln__write_cbor_head(w, LN__CBOR_BYTES, value->as.bytes.len);
        ln_write_bytes(w, value->as.bytes);
        break;
    case LN_OBJLNK:
        write_link(w, value->as.link);
        break;
    }
    return LN_OK;
}

void ln__write_cbor_time(struct ln_writer *w, int64_t ns)
{
    double seconds = seconds_of_ns(ns);
    int64_t again;

    if (ns % NS == 0) {
        ln__write_cbor_integer(w, ns / NS);
    } else if (ns_of_seconds(seconds, &again) && again == ns) {
        write_float(w, seconds);
    } else {
        ln__write_cbor_head(w, LN__CBOR_TAG, TAG_DECIMAL);
        ln__write_cbor_head(w, LN__CBOR_ARRAY, 2);
        ln__write_cbor_integer(w, -NS_DIGITS);
        ln__write_cbor_integer(w, ns);
    }
}
