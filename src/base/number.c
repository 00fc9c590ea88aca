/* Integers as decimal text. */

#include <linnet/base.h>

uint32_t ln_divide_by_ten(uint64_t *v)
{
    /* In 16-bit steps. */
    uint32_t high = (uint32_t)(*v >> 32);
    uint32_t low = (uint32_t)*v;
    uint32_t middle = high % 10 << 16 | low >> 16;
    uint32_t last = middle % 10 << 16 | (low & 0xFFFF);

    *v = (uint64_t)(high / 10) << 32 | (middle / 10 << 16 | last / 10);
    return last % 10;
}

void ln_write_unsigned_text(struct ln_writer *w, uint64_t v)
{
    uint8_t digits[LN_INTEGER_TEXT_MAX];
    size_t first = sizeof(digits);

    do {
        digits[--first] = (uint8_t)('0' + ln_divide_by_ten(&v));
    } while (v > 0);
    ln_write_bytes(w, ln_bytes(digits + first, sizeof(digits) - first));
}

void ln_write_integer_text(struct ln_writer *w, int64_t v)
{
    uint64_t magnitude = (uint64_t)v;

    if (v < 0) {
        ln_write_u8(w, '-');
        magnitude = 0 - magnitude;
    }
    ln_write_unsigned_text(w, magnitude);
}

bool ln_unsigned_of_text(struct ln_bytes text, uint64_t *out)
{
    uint64_t v = 0;

    if (text.len == 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.at[i] - '0';
        if (digit > 9 || v > UINT64_MAX / 10 - (digit > UINT64_MAX % 10)) {
            return false;
        }
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

bool ln_integer_of_text(struct ln_bytes text, int64_t *out)
{
    struct ln_reader r = ln_reader(text);
    bool negative = ln_read_if(&r, '-');
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    uint64_t magnitude;

    if (!ln_unsigned_of_text(ln_read_rest(&r), &magnitude) || magnitude > limit) {
        return false;
    }
    if (!negative) {
        *out = (int64_t)magnitude;
    } else {
        *out = magnitude == limit ? INT64_MIN : -(int64_t)magnitude;
    }
    return true;
}
