/* Codes: the one that answers an error, and how they are written for people. */

#include <linnet/coap.h>

static const uint8_t answers[] = {
#define LN_ERROR(name, sentence, code) code,
#include <linnet/errors.def>
#undef LN_ERROR
};

uint8_t ln_coap_code_of(ln_err err)
{
    size_t i = (size_t)err;

    return i < LN_COUNT(answers) && answers[i] != 0 ? answers[i] : LN_COAP_5_00;
}

void ln_coap_write_code(struct ln_writer *w, uint8_t code)
{
    unsigned detail = code & 31;

    ln_write_unsigned_text(w, ln_coap_code_class(code));
    ln_write_u8(w, '.');
    ln_write_unsigned_text(w, detail / 10);
    ln_write_unsigned_text(w, detail % 10);
}
