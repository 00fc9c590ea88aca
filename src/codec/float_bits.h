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
    return (double)(union ln__single){.bits = bits}.number;
}

static inline uint64_t ln__double_bits(double number)
{
    return (union ln__double){.number = number}.bits;
}

static inline double ln__double_of_bits(uint64_t bits)
{
    return (union ln__double){.bits = bits}.number;
}

/* Whether a float of 32 bits holds it exactly. Not so infinities and NaN. */
static inline bool ln__is_single(double v)
{
    return v >= -0x1.fffffep127 && v <= 0x1.fffffep127 && (double)(float)v == v;
}

/* Of a NaN or an infinity, the difference to itself is a NaN. */
static inline bool ln__is_finite(double v)
{
    return v - v == 0;
}

#endif
