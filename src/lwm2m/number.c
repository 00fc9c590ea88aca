/* Decimal numbers: thresholds as a server wrote them, and values to hold against them. */

#include <linnet/lwm2m.h>

#include <string.h>

enum { WHOLE = LN_NUMBER_WHOLE, DIGITS = LN_NUMBER_DIGITS };

/* 2^64 - 1 and all decimals */
const struct ln_number ln_number_greatest = {
    .digits = {1, 8, 4, 4, 6, 7, 4, 4, 0, 7, 3, 7, 0, 9, 5, 5, 1, 6, 1, 5,
               9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9},
};

static int compare_without_sign(const struct ln_number *a, const struct ln_number *b)
{
    return memcmp(a->digits, b->digits, DIGITS);
}

static bool is_zero(const struct ln_number *number)
{
    unsigned any = 0;

    for (size_t i = 0; i < DIGITS; i++) {
        any |= number->digits[i];
    }
    return any == 0;
}

/* Puts the digits where they belong, from `place` on; those before the first must be zeros. */
static bool read_digits(struct ln_bytes text, struct ln_number *out, int place)
{
    for (size_t i = 0; i < text.len; i++, place++) {
        unsigned digit = text.at[i] - (unsigned)'0';
        if (digit > 9 || (place < 0 && digit > 0)) {
            return false;
        }
        if (place >= 0 && place < DIGITS) {
            out->digits[place] = (uint8_t)digit;
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

    if (!read_digits(whole, out, WHOLE - (int)whole.len) ||
        (whole.len < left && !read_digits(ln_read_rest(&in), out, WHOLE)) ||
        compare_without_sign(out, &ln_number_greatest) > 0) {
        return false;
    }
    out->negative = out->negative && !is_zero(out);
    return true;
}

void ln_write_number(struct ln_writer *w, const struct ln_number *number)
{
    size_t first = 0;
    size_t end = DIGITS;

    while (first < WHOLE - 1 && number->digits[first] == 0) {
        first++;
    }
    while (end > WHOLE && number->digits[end - 1] == 0) {
        end--;
    }
    if (number->negative) {
        ln_write_u8(w, '-');
    }
    for (size_t i = first; i < end; i++) {
        if (i == WHOLE) {
            ln_write_u8(w, '.');
        }
        ln_write_u8(w, (uint8_t)('0' + number->digits[i]));
    }
}

int ln_number_compare(const struct ln_number *a, const struct ln_number *b)
{
    if (a->negative != b->negative) {
        return a->negative ? -1 : 1;
    }
    return a->negative ? compare_without_sign(b, a) : compare_without_sign(a, b);
}

struct ln_number ln_number_distance(const struct ln_number *a, const struct ln_number *b)
{
    int sign = a->negative != b->negative ? 1 : -1;
    struct ln_number out = {0};
    int carry = 0;

    if (sign < 0 && compare_without_sign(a, b) < 0) {
        const struct ln_number *greater = b;
        b = a;
        a = greater;
    }
    for (size_t i = DIGITS; i-- > 0;) {
        int digit = a->digits[i] + sign * b->digits[i] + carry;
        carry = (digit > 9) - (digit < 0);
        out.digits[i] = (uint8_t)(digit - 10 * carry);
    }
    return compare_without_sign(&out, &ln_number_greatest) > 0 ? ln_number_greatest : out;
}
