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

void ln_write_number(struct ln_writer *w, const struct ln_number *number)
{
    uint64_t rest = number->fraction;

    if (number->negative) {
        ln_write_u8(w, '-');
    }
    ln_write_unsigned_text(w, number->whole);
    if (rest > 0) {
        ln_write_u8(w, '.');
    }
    for (uint64_t unit = LN_NUMBER_ONE / 10; rest > 0; unit /= 10) {
        ln_write_u8(w, (uint8_t)('0' + rest / unit));
        rest %= unit;
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
