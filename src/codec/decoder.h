/* What the formats' decoders share. */
#ifndef LN_CODEC_DECODER_H
#define LN_CODEC_DECODER_H

#include <linnet/codec.h>

/* Ends decoding with `err`, unless there was an error before. Always false. */
bool ln__decoder_fail(struct ln_decoder *in, ln_err err);
/* The type of the resource at `path`; LN_NONE if it is not known. */
enum ln_type ln__decoder_type(const struct ln_decoder *in, struct ln_path path);

#endif
