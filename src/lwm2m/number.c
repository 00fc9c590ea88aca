/* Decimal numbers: thresholds as a server wrote them, and values to hold against them. */

#include <linnet/lwm2m.h>

#include <string.h>

enum { SIGN, FIRST, POINT = FIRST + LN_NUMBER_WHOLE, DIGITS = LN_NUMBER_DIGITS };

/* As on paper, all digits; `from` may be NULL, which is zero, and `out` one of the two. */
static void subtract(struct ln_number *out, const struct ln_number *from,
                     const struct ln_number *number)
{
    int borrow = 0;

    for (size_t i = DIGITS; i-- > 0;) {
        int digit = (from == NULL ? 0 : from->digits[i]) - number->digits[i] - borrow;
        borrow = digit < 0;
        out->digits[i] = (uint8_t)(digit + 10 * borrow);
    }
}

/* From 1|x to 0|10^20 - x, and back; zero stays what it is. */
static void negate(struct ln_number *number)
{
    enum { OF_NOTHING = 8 }; /* 0 - 1, a borrow, and ten lent */

    subtract(number, NULL, number);
    number->digits[SIGN] = (uint8_t)(number->digits[SIGN] - OF_NOTHING);
}

bool ln_number_of_text(struct ln_bytes text, struct ln_number *out)
{
    struct ln_reader in = ln_reader(text);
    bool negative = ln_read_if(&in, '-');
    struct ln_reader digits = in;
    size_t len = ln_reader_left(&in);
    size_t whole = ln_read_until(&in, '.').len;
    int place = POINT - (int)whole;

    *out = (struct ln_number){.digits = {1}};
    for (size_t i = 0; i < len; i++) {
        unsigned digit = ln_read_u8(&digits) - (unsigned)'0';
        if (i == whole) {
            continue; /* the point */
        }
        if (digit > (place > FIRST ? 9U : place == FIRST)) {
            return false;
        }
        if (place > SIGN && place < DIGITS) {
            out->digits[place] = (uint8_t)digit;
        }
        place++;
    }
    if (negative) {
        negate(out);
    }
    return whole > 0 && whole + 1 != len;
}

void ln_write_number(struct ln_writer *w, const struct ln_number *number)
{
    struct ln_number positive = *number;
    size_t first = FIRST;
    size_t end = DIGITS;

    if (ln_number_is_negative(number)) {
        ln_write_u8(w, '-');
        negate(&positive);
    }
    while (first < POINT - 1 && positive.digits[first] == 0) {
        first++;
    }
    while (end > POINT && positive.digits[end - 1] == 0) {
        end--;
    }
    for (size_t i = first; i < end; i++) {
        if (i == POINT) {
            ln_write_u8(w, '.');
        }
        ln_write_u8(w, (uint8_t)('0' + positive.digits[i]));
    }
}

int ln_number_compare(const struct ln_number *a, const struct ln_number *b)
{
    return memcmp(a->digits, b->digits, DIGITS);
}

struct ln_number ln_number_distance(const struct ln_number *a, const struct ln_number *b)
{
    struct ln_number distance;
    bool below = ln_number_compare(a, b) < 0;

    subtract(&distance, below ? b : a, below ? a : b);
    distance.digits[SIGN] = 1;
    return distance;
}
