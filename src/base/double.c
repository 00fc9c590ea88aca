/*
 * Doubles as decimal text, exactly: what is written is the shortest text that reads back as
 * the same double, what is read is rounded correctly. Both work on the bits with whole
 * numbers, since a microcontroller without an FPU would link kilobytes for less exact ways.
 */

#include "big.h"

#include <linnet/base.h>

#include <string.h>

enum {
    FRACTION_BITS = 52,
    EXPONENT_MASK = 0x7FF,
    EXPONENT_MIN = -1074, /* of the last bit of the smallest doubles */
    DIGITS_MAX = 17,      /* no double needs more to be told from its neighbours */
    PLAIN_MAX = 21,
};

#define HIDDEN_BIT ((uint64_t)1 << FRACTION_BITS)

static uint64_t bits_of(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static double double_of(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

/* ---- Writing: Steele and White's method, as Burger and Dybvig put it (1996) ---- */

/* 0.d1 d2 d3 ... * 10^point */
struct decimal {
    uint8_t digits[DIGITS_MAX];
    int count;
    int point;
    bool negative;
};

/*
 * The value is rest / unit. Texts between value - low and value + high read back as it;
 * high is low, or twice low where the doubles above lie twice as far apart as those below.
 */
struct conversion {
    struct ln_big rest;
    struct ln_big unit;
    struct ln_big low;
    struct ln_big sum; /* for is_near_above() only */
    bool high_is_double;
    bool takes_ends; /* readers round a tie to the even fraction */
};

enum { CONVERSION_LIMBS = 28 }; /* 5^323 * 2^55, and some more, take 850 bits */

static bool is_near_below(const struct conversion *c)
{
    int order = ln__big_compare(&c->rest, &c->low);

    return order < 0 || (order == 0 && c->takes_ends);
}

static bool is_near_above(struct conversion *c)
{
    ln__big_copy(&c->sum, &c->rest);
    ln__big_add(&c->sum, &c->low);
    if (c->high_is_double) {
        ln__big_add(&c->sum, &c->low);
    }
    int order = ln__big_compare(&c->sum, &c->unit);
    return order > 0 || (order == 0 && c->takes_ends);
}

static bool is_nearer_above(struct conversion *c, uint8_t digit)
{
    ln__big_copy(&c->sum, &c->rest);
    ln__big_add(&c->sum, &c->rest);
    int order = ln__big_compare(&c->sum, &c->unit);
    return order > 0 || (order == 0 && digit % 2 != 0);
}

static void next_place(struct conversion *c)
{
    ln__big_multiply(&c->rest, 10, 0);
    ln__big_multiply(&c->low, 10, 0);
}

static uint8_t next_digit(struct conversion *c)
{
    uint8_t digit = 0;

    while (ln__big_compare(&c->rest, &c->unit) >= 0) {
        ln__big_subtract(&c->rest, &c->unit);
        digit++;
    }
    return digit;
}

static void make_digits(struct conversion *c, struct decimal *out)
{
    for (;;) {
        uint8_t digit = next_digit(c);
        bool below = is_near_below(c);
        bool above = is_near_above(c);
        if (above && (!below || is_nearer_above(c, digit))) {
            digit++;
        }
        out->digits[out->count++] = digit;
        if (below || above) {
            return;
        }
        next_place(c);
    }
}

/* Turns fraction * 2^exponent into rest / unit * 10^point with a quotient below 10. */
static int scale(struct conversion *c, uint64_t fraction, int exponent)
{
    unsigned spare = c->high_is_double ? 2 : 1; /* so that half a step is a whole number */

    ln__big_shift_left(&c->rest, spare);
    ln__big_shift_left(&c->unit, spare);

    int log2 = exponent - 1;
    for (uint64_t f = fraction; f != 0; f >>= 1) {
        log2++;
    }
    /* log10(2) is 78913 / 2^18, close enough for all doubles; 400 keeps the shift above zero. */
    int point = ((log2 * 78913 + (400 << 18)) >> 18) - 400 + 1;
    if (point >= 0) {
        ln__big_multiply_by_fives(&c->unit, (unsigned)point);
    } else {
        ln__big_multiply_by_fives(&c->rest, (unsigned)-point);
        ln__big_multiply_by_fives(&c->low, (unsigned)-point);
    }
    if (exponent >= point) {
        ln__big_shift_left(&c->rest, (unsigned)(exponent - point));
        ln__big_shift_left(&c->low, (unsigned)(exponent - point));
    } else {
        ln__big_shift_left(&c->unit, (unsigned)(point - exponent));
    }
    if (is_near_above(c)) {
        point++; /* the estimate is at most one too low */
    } else {
        next_place(c);
    }
    return point;
}

static void convert(uint64_t fraction, int exponent, struct decimal *out)
{
    uint32_t limbs[4][CONVERSION_LIMBS];
    struct conversion c = {
        .rest = ln__big(limbs[0], CONVERSION_LIMBS, fraction),
        .unit = ln__big(limbs[1], CONVERSION_LIMBS, 1),
        .low = ln__big(limbs[2], CONVERSION_LIMBS, 1),
        .sum = ln__big(limbs[3], CONVERSION_LIMBS, 0),
        .high_is_double = fraction == HIDDEN_BIT && exponent > EXPONENT_MIN,
        .takes_ends = fraction % 2 == 0,
    };

    out->point = scale(&c, fraction, exponent);
    make_digits(&c, out);
}

/* False for what is no number. */
static bool decimal_of(double v, struct decimal *out)
{
    uint64_t bits = bits_of(v);
    uint64_t fraction = bits & (HIDDEN_BIT - 1);
    int exponent = (int)(bits >> FRACTION_BITS) & EXPONENT_MASK;

    *out = (struct decimal){.negative = bits >> 63 != 0};
    if (exponent == EXPONENT_MASK) {
        return false;
    }
    if (exponent > 0) {
        fraction |= HIDDEN_BIT;
        exponent--;
    }
    if (fraction == 0) {
        out->count = 1;
        out->point = 1;
        return true;
    }
    convert(fraction, exponent + EXPONENT_MIN, out);
    return true;
}

static void write_digits(struct ln_writer *w, const struct decimal *d, int from, int to)
{
    for (int i = from; i < to; i++) {
        bool zero = i < 0 || i >= d->count;
        ln_write_u8(w, (uint8_t)('0' + (zero ? 0 : d->digits[i])));
    }
}

static void write_sign(struct ln_writer *w, const struct decimal *d)
{
    if (d->negative) {
        ln_write_u8(w, '-');
    }
}

static void write_plain(struct ln_writer *w, const struct decimal *d)
{
    int whole = d->point < 0 ? 0 : d->point;

    write_sign(w, d);
    if (whole == 0) {
        ln_write_u8(w, '0');
    }
    write_digits(w, d, 0, whole);
    if (d->count > d->point) {
        ln_write_u8(w, '.');
        write_digits(w, d, d->point, d->count);
    }
}

static int plain_length(const struct decimal *d)
{
    int sign = d->negative ? 1 : 0;

    if (d->point <= 0) {
        return sign + 2 - d->point + d->count;
    }
    return sign + (d->count > d->point ? d->count + 1 : d->point);
}

static void write_with_exponent(struct ln_writer *w, const struct decimal *d)
{
    write_sign(w, d);
    write_digits(w, d, 0, 1);
    if (d->count > 1) {
        ln_write_u8(w, '.');
        write_digits(w, d, 1, d->count);
    }
    ln_write_u8(w, 'e');
    ln_write_integer_text(w, d->point - 1);
}

void ln_write_double_text(struct ln_writer *w, double v)
{
    struct decimal d;

    if (!decimal_of(v, &d)) {
        ln_writer_fail(w);
        return;
    }
    write_plain(w, &d);
}

void ln_write_double_short(struct ln_writer *w, double v)
{
    struct decimal d;

    if (!decimal_of(v, &d)) {
        ln_writer_fail(w);
    } else if (plain_length(&d) <= PLAIN_MAX) {
        write_plain(w, &d);
    } else {
        write_with_exponent(w, &d);
    }
}

/* ---- Reading: a long division of whole numbers, bit by bit ---- */

enum {
    /* No number halfway between two doubles has more significant digits. */
    SIGNIFICANT_MAX = 768,
    EXPONENT_TEXT_MAX = 100000000,
    POINT_MAX = 309,    /* 10^309 is above all doubles */
    POINT_MIN = -323,   /* what is below 10^-324 rounds to zero */
    READING_LIMBS = 82, /* 10^769 takes 2555 bits, 5^1092 some less */
};

/* value = digits * 10^exponent */
struct reading {
    struct ln_big digits;
    int64_t count; /* of the digits kept: without leading zeros */
    int64_t exponent;
    bool more; /* a digit that was left out is not zero */
};

static void keep_digit(struct reading *in, uint8_t digit, bool after_point)
{
    bool kept = in->count < SIGNIFICANT_MAX;

    if (kept && (in->count > 0 || digit != 0)) {
        ln__big_multiply(&in->digits, 10, digit);
        in->count++;
    }
    in->more = in->more || (!kept && digit != 0);
    in->exponent += (kept ? 0 : 1) - (after_point ? 1 : 0);
}

/* False if there is not one digit. */
static bool read_digits(struct ln_reader *r, struct reading *in, bool after_point)
{
    const uint8_t *start = r->at;

    while (ln_peek_u8(r) >= '0' && ln_peek_u8(r) <= '9') {
        keep_digit(in, (uint8_t)(ln_read_u8(r) - '0'), after_point);
    }
    return r->at != start;
}

static bool read_exponent(struct ln_reader *r, struct reading *in)
{
    bool negative = ln_read_if(r, '-');
    int32_t exponent = 0;

    if (!negative) {
        ln_read_if(r, '+');
    }
    if (ln_reader_left(r) == 0) {
        return false;
    }
    while (ln_peek_u8(r) >= '0' && ln_peek_u8(r) <= '9') {
        int32_t digit = ln_read_u8(r) - '0';
        exponent = exponent < EXPONENT_TEXT_MAX ? exponent * 10 + digit : exponent;
    }
    in->exponent += negative ? -exponent : exponent;
    return true;
}

static bool read_number(struct ln_reader *r, struct reading *in)
{
    if (!read_digits(r, in, false)) {
        return false;
    }
    if (ln_read_if(r, '.') && !read_digits(r, in, true)) {
        return false;
    }
    if ((ln_read_if(r, 'e') || ln_read_if(r, 'E')) && !read_exponent(r, in)) {
        return false;
    }
    return ln_reader_left(r) == 0;
}

/* Makes 1 <= value / unit < 2, and tells the power of two that was taken out. */
static int normalize(struct ln_big *value, struct ln_big *unit)
{
    int power = (int)ln__big_bits(value) - (int)ln__big_bits(unit);

    if (power >= 0) {
        ln__big_shift_left(unit, (unsigned)power);
    } else {
        ln__big_shift_left(value, (unsigned)-power);
    }
    if (ln__big_compare(value, unit) < 0) {
        ln__big_shift_left(value, 1);
        power--;
    }
    return power;
}

/* The first `count` bits of value / unit, rounded: half a bit goes to the even side. */
static uint64_t divide(struct ln_big *value, const struct ln_big *unit, int count)
{
    uint64_t quotient = 0;

    for (int i = 0; i < count; i++) {
        quotient <<= 1;
        if (ln__big_compare(value, unit) >= 0) {
            ln__big_subtract(value, unit);
            quotient |= 1;
        }
        ln__big_shift_left(value, 1);
    }
    int order = ln__big_compare(value, unit);
    if (order > 0 || (order == 0 && (quotient & 1) != 0)) {
        quotient++;
    }
    return quotient;
}

/* The bits of value * 10^exponent; those of infinity where it is too large. */
static uint64_t round_to_double(struct ln_big *value, int exponent)
{
    uint32_t limbs[READING_LIMBS];
    struct ln_big unit = ln__big(limbs, READING_LIMBS, 1);

    if (exponent >= 0) {
        ln__big_multiply_by_fives(value, (unsigned)exponent);
    } else {
        ln__big_multiply_by_fives(&unit, (unsigned)-exponent);
    }
    int power = normalize(value, &unit) + exponent;
    int last = power - FRACTION_BITS; /* where the last bit of the fraction stands */
    if (last < EXPONENT_MIN) {
        int count = power - EXPONENT_MIN + 1;
        return count < 0 ? 0 : divide(value, &unit, count);
    }
    if (last - EXPONENT_MIN >= EXPONENT_MASK - 1) {
        return (uint64_t)EXPONENT_MASK << FRACTION_BITS;
    }
    /* A fraction rounded up to 2^53 carries into the exponent, as it should. */
    uint64_t fraction = divide(value, &unit, FRACTION_BITS + 1);
    return ((uint64_t)(last - EXPONENT_MIN) << FRACTION_BITS) + fraction;
}

bool ln_double_of_text(struct ln_bytes text, double *out)
{
    uint32_t limbs[READING_LIMBS];
    struct reading in = {.digits = ln__big(limbs, READING_LIMBS, 0)};
    struct ln_reader r = ln_reader(text);
    uint64_t sign = ln_read_if(&r, '-') ? (uint64_t)1 << 63 : 0;
    uint64_t bits = 0;

    if (!read_number(&r, &in)) {
        return false;
    }
    if (in.more) {
        /* Any digit behind the kept ones tells "above" from "halfway". */
        ln__big_multiply(&in.digits, 10, 1);
        in.count++;
        in.exponent--;
    }
    if (in.count > 0 && in.count + in.exponent > POINT_MAX) {
        return false;
    }
    if (in.count > 0 && in.count + in.exponent >= POINT_MIN) {
        bits = round_to_double(&in.digits, (int)in.exponent);
    }
    if (bits >> FRACTION_BITS == EXPONENT_MASK) {
        return false;
    }
    *out = double_of(sign | bits);
    return true;
}
