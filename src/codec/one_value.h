/* What the formats of one value share: text, opaque, CBOR. */
#ifndef LN_CODEC_ONE_VALUE_H
#define LN_CODEC_ONE_VALUE_H

#include <linnet/codec.h>

/*
 * The one record, which must be the resource or resource instance `base` itself.
 * LN_ERR_NOT_ACCEPTABLE: there are none or several, or the record is a part of `base`, and a
 * format without paths would hide which.
 */
LN_MUST_USE ln_err ln__one_record(struct ln_path base, struct ln_records records,
                                  struct ln_record *out);
/*
 * The whole payload, as the one value of the decoder's base. False after it, and where the
 * base is not a resource or resource instance (LN_ERR_BAD_FORMAT).
 */
LN_MUST_USE bool ln__one_payload(struct ln_decoder *in, struct ln_bytes *out);

#endif
