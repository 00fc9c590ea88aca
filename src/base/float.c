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

/* The fraction cut by `cut` bits, to the nearest, and where two are as near to the even one. */
static uint32_t rounded(uint64_t fraction, int cut)
{
    uint32_t whole = (uint32_t)(fraction >> cut);
    uint64_t rest = fraction - ((uint64_t)whole << cut);
    uint64_t half = UINT64_C(1) << (cut - 1);

    return whole + (rest > half || (rest == half && (whole & 1) != 0));
}

float ln_float_of_double(double v)
{
    uint64_t bits = bits_of(v);
    uint32_t sign = (uint32_t)(bits >> 63) << 31;
    uint64_t fraction = bits & double_fraction;
    int exponent = exponent_of(bits) - DOUBLE_BIAS + SINGLE_BIAS;
    int cut = DOUBLE_FRACTION - SINGLE_FRACTION;
    uint32_t single = (uint32_t)SINGLE_EXPONENT_MAX << SINGLE_FRACTION;

    if (!ln_is_finite(v)) {
        single |= fraction == 0 ? 0 : (uint32_t)(fraction >> cut) | 1U << (SINGLE_FRACTION - 1);
    } else if (exponent <=
               0) { /* below the smallest normal one: its first bit is written out */
        cut = cut - exponent + 1;
        fraction |= UINT64_C(1) << DOUBLE_FRACTION;
        single = cut > DOUBLE_FRACTION + 1 ? 0 : rounded(fraction, cut);
    } else if (exponent < SINGLE_EXPONENT_MAX) {
        /* A carry out of the fraction is one more in the exponent, as it should be. */
        single = ((uint32_t)exponent << SINGLE_FRACTION) + rounded(fraction, cut);
    }
    return (union single){.bits = sign | single}.number;
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
    uint64_t fraction = bits & double_fraction;
    int power = exponent_of(bits) - DOUBLE_BIAS;

    *negative = bits >> 63 != 0;
    *magnitude = 0;
    if (bits << 1 == 0) {
        return true; /* zero, of either sign */
    }
    if (power < 0 || power > 63) {
        return false;
    }
    fraction |= UINT64_C(1) << DOUBLE_FRACTION;
    if (power > DOUBLE_FRACTION) {
        *magnitude = fraction << (power - DOUBLE_FRACTION);
        return true;
    }
    *magnitude = fraction >> (DOUBLE_FRACTION - power);
    return *magnitude << (DOUBLE_FRACTION - power) == fraction;
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
