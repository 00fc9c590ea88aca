/* Decimal numbers: thresholds as a server wrote them, and values to hold against them. */

#include <linnet/lwm2m.h>

enum { DECIMALS = 19 };

static bool read_fraction(struct ln_bytes text, uint64_t *out)
{
    struct ln_reader in = ln_reader(text);

    *out = 0;
    for (size_t i = 0; i < DECIMALS || ln_reader_left(&in) > 0; i++) {
        uint8_t c = ln_reader_left(&in) > 0 ? ln_read_u8(&in) : '0';
        if (c < '0' || c > '9') {
            return false;
        }
        if (i < DECIMALS) {
            *out = *out * 10 + (c - '0');
        }
    }
    return text.len > 0;
}

bool ln_number_of_text(struct ln_bytes text, struct ln_number *out)
{
    struct ln_reader in = ln_reader(text);

    *out = (struct ln_number){.negative = ln_read_if(&in, '-')};
    size_t left = ln_reader_left(&in);
    struct ln_bytes whole = ln_read_until(&in, '.');

    if (!ln_unsigned_of_text(whole, &out->whole) ||
        (whole.len < left && !read_fraction(ln_read_rest(&in), &out->fraction))) {
        return false;
    }
    out->negative = out->negative && (out->whole > 0 || out->fraction > 0);
    return true;
}

/* Takes the digit of 10^power out of a number. Without division, which small processors lack. */
static uint8_t take_digit(uint64_t *number, unsigned power)
{
    uint64_t unit = 1;
    uint8_t digit = '0';

    while (power-- > 0) {
        unit *= 10;
    }
    while (*number >= unit) {
        *number -= unit;
        digit++;
    }
    return digit;
}

void ln_write_number(struct ln_writer *w, const struct ln_number *number)
{
    uint64_t whole = number->whole;
    uint64_t fraction = number->fraction;
    bool begun = false;

    if (number->negative) {
        ln_write_u8(w, '-');
    }
    for (unsigned power = DECIMALS + 1; power-- > 0;) {
        uint8_t digit = take_digit(&whole, power);
        begun = begun || digit > '0' || power == 0;
        if (begun) {
            ln_write_u8(w, digit);
        }
    }
    if (fraction > 0) {
        ln_write_u8(w, '.');
    }
    for (unsigned power = DECIMALS; fraction > 0;) {
        ln_write_u8(w, take_digit(&fraction, --power));
    }
}

static int compare_without_sign(const struct ln_number *a, const struct ln_number *b)
{
    if (a->whole != b->whole) {
        return a->whole < b->whole ? -1 : 1;
    }
    return a->fraction < b->fraction ? -1 : a->fraction > b->fraction;
}

int ln_number_compare(const struct ln_number *a, const struct ln_number *b)
{
    if (a->negative != b->negative) {
        return a->negative ? -1 : 1;
    }
    return a->negative ? compare_without_sign(b, a) : compare_without_sign(a, b);
}

static struct ln_number sum(const struct ln_number *a, const struct ln_number *b)
{
    bool carry = b->fraction >= LN_NUMBER_ONE - a->fraction;
    struct ln_number out = {
        .whole = a->whole + b->whole + carry,
        .fraction =
            carry ? b->fraction - (LN_NUMBER_ONE - a->fraction) : a->fraction + b->fraction,
    };

    if (out.whole < a->whole || (carry && out.whole == a->whole)) {
        out.whole = UINT64_MAX;
        out.fraction = LN_NUMBER_ONE - 1;
    }
    return out;
}

struct ln_number ln_number_distance(const struct ln_number *a, const struct ln_number *b)
{
    if (a->negative != b->negative) {
        return sum(a, b);
    }
    if (compare_without_sign(a, b) < 0) {
        const struct ln_number *greater = b;
        b = a;
        a = greater;
    }
    bool borrow = a->fraction < b->fraction;
    return (struct ln_number){
        .whole = a->whole - b->whole - borrow,
        .fraction = a->fraction - b->fraction + (borrow ? LN_NUMBER_ONE : 0),
    };
}
