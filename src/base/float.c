/* Floating-point numbers (IEEE 754) converted by their bits: small processors have no arithmetic of
 * doubles, and linking it takes two to five kilobytes. */

#include <linnet/base.h>

enum {
    DOUBLE_FRACTION = 52, /* bits, below the exponent of 11 */
    DOUBLE_BIAS = 1023,
    DOUBLE_EXPONENT_MAX = 2047, /* infinities and NaN */
    SINGLE_FRACTION = 23,
    SINGLE_BIAS = 127,
    SINGLE_EXPONENT_MAX = 255,
};

static const uint64_t double_fraction = (UINT64_C(1) << DOUBLE_FRACTION) - 1;

union single {
    float number;
    uint32_t bits;
};

union whole_double {
    double number;
    uint64_t bits;
};

static uint64_t bits_of(double v)
{
    return (union whole_double){.number = v}.bits;
}

static double double_of(uint64_t bits)
{
    return (union whole_double){.bits = bits}.number;
}

static int exponent_of(uint64_t bits)
{
    return (int)(bits >> DOUBLE_FRACTION & DOUBLE_EXPONENT_MAX);
}

bool ln_is_finite(double v)
{
    return exponent_of(bits_of(v)) != DOUBLE_EXPONENT_MAX;
}

float ln_float_of_double(double v)
{
    enum { CUT = DOUBLE_FRACTION - SINGLE_FRACTION, KEPT = 8 /* bits, to round by */ };
    uint64_t bits = bits_of(v);
    uint64_t fraction = bits & double_fraction;
    int exponent = exponent_of(bits) - DOUBLE_BIAS + SINGLE_BIAS;
    /* The lowest bit says whether there is anything below it. */
    uint32_t part =
        (uint32_t)(fraction >> (CUT - KEPT)) | ((uint32_t)fraction << (32 - CUT + KEPT) != 0);
    uint32_t single = (uint32_t)SINGLE_EXPONENT_MAX << SINGLE_FRACTION;

    if (!ln_is_finite(v)) {
        single |= fraction == 0 ? 0 : 1U << (SINGLE_FRACTION - 1);
    } else if (exponent < SINGLE_EXPONENT_MAX) {
        part |= exponent_of(bits) == 0 ? 0 : UINT32_C(1) << (SINGLE_FRACTION + KEPT);
        for (; exponent <= 0; exponent++) { /* below the smallest normal one */
            part = part >> 1 | (part & 1);
        }
        /* The first bit, where there is one, counts as one more in the exponent; so does a carry. */
        single = ((uint32_t)(exponent - 1) << SINGLE_FRACTION) + (part >> KEPT);
        part &= (1U << KEPT) - 1;
        single += part + (single & 1) > 1U << (KEPT - 1); /* halves to the even one */
    }
    return (union single){.bits = (uint32_t)(bits >> 63) << 31 | single}.number;
}

double ln_double_of_float(float v)
{
    uint32_t bits = (union single){.number = v}.bits;
    uint64_t sign = (uint64_t)(bits >> 31) << 63;
    uint32_t fraction = bits & ((UINT32_C(1) << SINGLE_FRACTION) - 1);
    uint32_t exponent = bits >> SINGLE_FRACTION & SINGLE_EXPONENT_MAX;
    uint32_t shift = DOUBLE_BIAS - SINGLE_BIAS;

    if (exponent == SINGLE_EXPONENT_MAX) {
        shift = DOUBLE_EXPONENT_MAX - SINGLE_EXPONENT_MAX;
    } else if (exponent == 0) { /* no first bit, or below the smallest normal one */
        shift = fraction == 0 ? 0 : shift + 1;
        while (fraction != 0 && fraction >> SINGLE_FRACTION == 0) {
            fraction <<= 1;
            shift--;
        }
        fraction &= (UINT32_C(1) << SINGLE_FRACTION) - 1;
    }
    return double_of(sign | (uint64_t)(exponent + shift) << DOUBLE_FRACTION |
                     (uint64_t)fraction << (DOUBLE_FRACTION - SINGLE_FRACTION));
}

bool ln_whole_of_double(double v, uint64_t *magnitude, bool *negative)
{
    uint64_t bits = bits_of(v);
    int power = exponent_of(bits) - DOUBLE_BIAS;

    *negative = bits >> 63 != 0;
    *magnitude = bits << 1 == 0 ? 0 : (bits & double_fraction) | UINT64_C(1) << DOUBLE_FRACTION;
    if (*magnitude == 0 || power > 63) {
        return *magnitude == 0;
    }
    for (; power > DOUBLE_FRACTION; power--) {
        *magnitude <<= 1;
    }
    for (; power < DOUBLE_FRACTION; power++) {
        if ((*magnitude & 1) != 0) {
            return false;
        }
        *magnitude >>= 1;
    }
    return true;
}

bool ln_double_of_whole(uint64_t magnitude, bool negative, double *out)
{
    uint64_t exponent = magnitude == 0 ? 0 : DOUBLE_BIAS + DOUBLE_FRACTION;
    uint64_t first = UINT64_C(1) << DOUBLE_FRACTION;

    while (magnitude >= 2 * first) {
        if ((magnitude & 1) != 0) {
            return false;
        }
        magnitude >>= 1;
        exponent++;
    }
    while (magnitude != 0 && magnitude < first) {
        magnitude <<= 1;
        exponent--;
    }
    *out = double_of((uint64_t)negative << 63 | exponent << DOUBLE_FRACTION |
                     (magnitude & double_fraction));
    return true;
}
