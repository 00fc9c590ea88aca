/* Opaque values that stand as base64 in a payload. */

#include "codec/base64_value.h"

ln_err ln__base64_value(struct ln_arena *scratch, struct ln_bytes text, bool lenient,
                        struct ln_bytes *out)
{
    size_t size = text.len / 4 * 3 + text.len % 4;
    void *memory;

    if (text.len == 0) {
        *out = text;
        return LN_OK;
    }
    if (!lenient && text.len % 4 != 0) {
        return LN_ERR_BAD_VALUE;
    }
    memory = scratch == NULL ? NULL : ln_arena_take(scratch, size);
    if (memory == NULL) {
        return LN_ERR_NO_SPACE;
    }
    struct ln_writer w = ln_writer(memory, size);
    if (!ln_base64_decode(&w, text, lenient) || w.failed) {
        return LN_ERR_BAD_VALUE;
    }
    *out = ln_writer_bytes(&w);
    return LN_OK;
}
