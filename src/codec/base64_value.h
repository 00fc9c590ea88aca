/* Opaque values that stand as base64 in a payload. */
#ifndef LN_CODEC_BASE64_VALUE_H
#define LN_CODEC_BASE64_VALUE_H

#include <linnet/codec.h>

/*
 * The bytes, in the scratch arena. `lenient` as of ln_base64_decode(). LN_ERR_BAD_VALUE: this is not
 * base64; LN_ERR_NO_SPACE: the arena is too small, or NULL.
 */
LN_MUST_USE ln_err ln__base64_value(struct ln_arena *scratch, struct ln_bytes text,
                                    bool lenient, struct ln_bytes *out);

#endif
