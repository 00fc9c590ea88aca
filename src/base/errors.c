/* The sentence of each error. */

#include <linnet/base.h>

static const char *const sentences[] = {
#define LN_ERROR(name, sentence, code) [name] = sentence,
#include <linnet/errors.def>
#undef LN_ERROR
};

const char *ln_err_text(ln_err err)
{
    size_t i = (size_t)err;

    return i < LN_COUNT(sentences) ? sentences[i] : "an error without a name";
}
