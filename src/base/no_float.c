/* In the place of float.c where none of the device's objects has a floating-point value, and no
 * format is linked but TLV: then nothing here is ever asked. */

#include <linnet/base.h>

#include <assert.h>

bool ln_is_finite(double v)
{
    (void)v;
    assert(false);
    return false;
}

float ln_float_of_double(double v)
{
    (void)v;
    assert(false);
    return 0;
}

double ln_double_of_float(float v)
{
    (void)v;
    assert(false);
    return 0;
}

bool ln_whole_of_double(double v, uint64_t *magnitude, bool *negative)
{
    (void)v, (void)magnitude, (void)negative;
    assert(false);
    return false;
}

bool ln_double_of_whole(uint64_t magnitude, bool negative, double *out)
{
    (void)magnitude, (void)negative, (void)out;
    assert(false);
    return false;
}
