/* Numbers and texts in JSON, as values and back: what both formats in JSON share. */

#include "codec/json_value.h"

#include "codec/value.h"

enum { EXPONENT_MAX = 1000000, NS_DIGITS = 9 };

/* ---- Reading ---- */

/* A decimal number without its trailing zeros: magnitude * 10^power. */
struct decimal {
    uint64_t magnitude;
    int32_t power;
    bool negative;
    bool too_long; /* for 64 bits */
};

static void add_digit(struct decimal *d, uint8_t digit, int32_t *zeros)
{
    if (digit == 0) {
        (*zeros)++;
        return;
    }
    /* Zeros are held back until a digit shows that they are not at the end. */
    bool fits = ln__scale_by_ten(&d->magnitude, *zeros + 1);
    if (!fits || d->magnitude > UINT64_MAX - digit) {
        d->too_long = true;
        return;
    }
    d->magnitude += digit;
    *zeros = 0;
}

static int32_t read_exponent(struct ln_reader *in)
{
    bool negative = ln_read_if(in, '-');
    int32_t exponent = 0;

    if (!negative) {
        ln_read_if(in, '+');
    }
    while (ln_reader_left(in) > 0) {
        int32_t digit = ln_read_u8(in) - '0';
        exponent = exponent < EXPONENT_MAX ? exponent * 10 + digit : exponent;
    }
    return negative ? -exponent : exponent;
}

/* The text is a number of JSON already. */
static void read_decimal(struct ln_bytes text, struct decimal *out)
{
    struct ln_reader in = ln_reader(text);
    bool after_point = false;
    int32_t zeros = 0;

    *out = (struct decimal){.negative = ln_read_if(&in, '-')};
    while (ln_reader_left(&in) > 0 && !out->too_long) {
        uint8_t c = ln_read_u8(&in);
        if (c == '.') {
            after_point = true;
        } else if (c == 'e' || c == 'E') {
            out->power += read_exponent(&in);
        } else {
            add_digit(out, (uint8_t)(c - '0'), &zeros);
            out->power -= after_point ? 1 : 0;
        }
    }
    out->power += zeros;
}

/* The number times 10^power, if it is whole and has at most 64 bits. */
static bool whole_of(struct ln_bytes text, int power, struct decimal *out)
{
    read_decimal(text, out);
    return !out->too_long && ln__scale_by_ten(&out->magnitude, out->power + power);
}

static bool read_integer(struct ln_bytes text, int64_t *out)
{
    struct decimal d;

    return whole_of(text, 0, &d) && ln__integer_of_magnitude(d.magnitude, d.negative, out);
}

static bool read_unsigned(struct ln_bytes text, uint64_t *out)
{
    struct decimal d;

    if (!whole_of(text, 0, &d) || (d.negative && d.magnitude > 0)) {
        return false;
    }
    *out = d.magnitude;
    return true;
}

/* The first of integer, unsigned and float that takes it. */
static bool read_natural(struct ln_bytes text, struct ln_value *out)
{
    if (ln_integer_of_text(text, &out->as.integer)) {
        out->type = LN_INTEGER;
        return true;
    }
    if (ln_unsigned_of_text(text, &out->as.unsigned_integer)) {
        out->type = LN_UNSIGNED;
        return true;
    }
    out->type = LN_FLOAT;
    return ln_double_of_text(text, &out->as.number);
}

ln_err ln__json_number(struct ln_bytes text, enum ln_type type, struct ln_value *out)
{
    bool good = false;

    out->type = type;
    switch (type) {
    case LN_NONE:
        good = read_natural(text, out);
        break;
    case LN_INTEGER:
    case LN_TIME:
        good = read_integer(text, &out->as.integer);
        break;
    case LN_UNSIGNED:
        good = read_unsigned(text, &out->as.unsigned_integer);
        break;
    case LN_FLOAT:
        good = ln_double_of_text(text, &out->as.number);
        break;
    default:
        break;
    }
    return good ? LN_OK : LN_ERR_BAD_VALUE;
}

ln_err ln__json_time(struct ln_bytes text, int64_t *ns)
{
    struct decimal d;
    bool good =
        whole_of(text, NS_DIGITS, &d) && ln__integer_of_magnitude(d.magnitude, d.negative, ns);

    return good ? LN_OK : LN_ERR_BAD_VALUE;
}

/* ---- Writing ---- */

static bool stands_for_itself(int c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static void write_escape(struct ln_writer *w, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";

    if (c == '"' || c == '\\') {
        ln_write_u8(w, '\\');
        ln_write_u8(w, c);
    } else if (c == '\n') {
        ln_write_text(w, "\\n");
    } else {
        ln_write_text(w, "\\u00");
        ln_write_u8(w, (uint8_t)digits[c >> 4]);
        ln_write_u8(w, (uint8_t)digits[c & 15]);
    }
}

ln_err ln__write_json_text(struct ln_writer *w, struct ln_bytes text)
{
    struct ln_reader in = ln_reader(text);

    if (!ln_utf8_valid(text)) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    ln_write_u8(w, '"');
    while (ln_reader_left(&in) > 0) {
        struct ln_reader plain = in;
        while (stands_for_itself(ln_peek_u8(&in))) {
            ln_read_u8(&in);
        }
        ln_write_bytes(w, ln_read_bytes(&plain, ln_reader_left(&plain) - ln_reader_left(&in)));
        if (ln_reader_left(&in) > 0) {
            write_escape(w, ln_read_u8(&in));
        }
    }
    ln_write_u8(w, '"');
    return LN_OK;
}

/* Whole ones with ".0": who does not know the type sees that it is no integer. */
static void write_float(struct ln_writer *w, double number)
{
    uint8_t text[LN_DOUBLE_SHORT_MAX];
    struct ln_writer inner = ln_writer(text, sizeof(text));
    bool whole = true;

    ln_write_double_short(&inner, number);
    struct ln_reader digits = ln_reader(ln_writer_bytes(&inner));
    while (ln_reader_left(&digits) > 0) {
        uint8_t c = ln_read_u8(&digits);
        whole = whole && c != '.' && c != 'e';
    }
    ln_write_bytes(w, ln_writer_bytes(&inner));
    if (whole) {
        ln_write_text(w, ".0");
    }
}

static ln_err write_number(struct ln_writer *w, const struct ln_value *value)
{
    if (value->type == LN_UNSIGNED) {
        ln_write_unsigned_text(w, value->as.unsigned_integer);
    } else if (value->type != LN_FLOAT) {
        ln_write_integer_text(w, value->as.integer);
    } else if (ln_is_finite(value->as.number)) {
        write_float(w, value->as.number);
    } else {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    return LN_OK;
}

ln_err ln__write_json_value(struct ln_writer *w, const struct ln_value *value,
                            const struct ln__json_labels *labels)
{
    switch (value->type) {
    case LN_STRING:
    case LN_CORELNK:
        ln_write_text(w, labels->text);
        return ln__write_json_text(w, value->as.bytes);
    case LN_INTEGER:
    case LN_UNSIGNED:
    case LN_TIME:
    case LN_FLOAT:
        ln_write_text(w, "\"v\":");
        return write_number(w, value);
    case LN_BOOLEAN:
        ln_write_text(w, labels->boolean);
        ln_write_text(w, value->as.boolean ? "true" : "false");
        return LN_OK;
    case LN_OPAQUE:
        ln_write_text(w, labels->opaque);
        ln_write_u8(w, '"');
        labels->write_base64(w, value->as.bytes);
        ln_write_u8(w, '"');
        return LN_OK;
    case LN_OBJLNK:
        ln_write_text(w, labels->link);
        ln_write_u8(w, '"');
        ln__write_objlnk(w, value->as.link);
        ln_write_u8(w, '"');
        return LN_OK;
    case LN_NONE:
        break;
    }
    return LN_ERR_NOT_ACCEPTABLE;
}

void ln__write_json_time(struct ln_writer *w, int64_t ns)
{
    uint64_t magnitude = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    uint8_t decimals[NS_DIGITS];
    size_t first_zero = 0;

    for (size_t i = NS_DIGITS; i-- > 0;) {
        decimals[i] = (uint8_t)('0' + ln_divide_by_ten(&magnitude));
        if (decimals[i] != '0' && first_zero == 0) {
            first_zero = i + 1;
        }
    }
    if (ns < 0) {
        ln_write_u8(w, '-');
    }
    ln_write_unsigned_text(w, magnitude);
    if (first_zero > 0) {
        ln_write_u8(w, '.');
    }
    ln_write_bytes(w, ln_bytes(decimals, first_zero));
}
