/* Floating-point numbers and their bits (IEEE 754), as the binary formats carry them. */
#ifndef LN_CODEC_FLOAT_BITS_H
#define LN_CODEC_FLOAT_BITS_H

#include <linnet/base.h>

union ln__single {
    float number;
    uint32_t bits;
};

union ln__double {
    double number;
    uint64_t bits;
};

static inline uint32_t ln__single_bits(float number)
{
    return (union ln__single){.number = number}.bits;
}

static inline double ln__single_of_bits(uint32_t bits)
{
    return ln_double_of_float((union ln__single){.bits = bits}.number);
}

static inline uint64_t ln__double_bits(double number)
{
    return (union ln__double){.number = number}.bits;
}

static inline double ln__double_of_bits(uint64_t bits)
{
    return (union ln__double){.bits = bits}.number;
}

/* Whether a float of 32 bits holds it exactly: `single` then. Not so infinities and NaN. */
static inline bool ln__is_single(double v, float *single)
{
    *single = ln_float_of_double(v);
    return ln_is_finite(v) &&
           ln__double_bits(ln_double_of_float(*single)) == ln__double_bits(v);
}

#endif
