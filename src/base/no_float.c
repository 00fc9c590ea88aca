/* In the place of float.c, double.c and big.c where none of the device's objects has a floating-point
 * value: then nothing here is ever asked, but for numbers of resources that are not there. */

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

/* Who writes to what is not there is refused, or passed over, whatever the number. */
bool ln_double_of_text(struct ln_bytes text, double *out)
{
    (void)text;
    *out = 0;
    return true;
}

void ln_write_double_text(struct ln_writer *w, double v)
{
    (void)v;
    assert(false);
    ln_writer_fail(w);
}

void ln_write_double_short(struct ln_writer *w, double v)
{
    ln_write_double_text(w, v);
}
