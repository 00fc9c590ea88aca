/* A floating-point value as the decimal number that it is written as: a file of its own, for
 * devices without such values. */

#include <linnet/lwm2m.h>

bool ln_number_of_double(double value, struct ln_number *out)
{
    uint8_t text[LN_DOUBLE_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_double_text(&w, value);
    if (w.failed) {
        return false;
    }
    if (!ln_number_of_text(ln_writer_bytes(&w), out)) { /* beyond the range */
        static const char greatest[] = "-19999999999999999999.9999999999999999999";
        const char *signed_as_it_is = text[0] == '-' ? greatest : greatest + 1;
        return ln_number_of_text(ln_bytes_of_text(signed_as_it_is), out);
    }
    return true;
}
