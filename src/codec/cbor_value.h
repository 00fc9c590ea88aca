/* Values in CBOR, read and written: what the formats in CBOR share. spec: CORE-1.1.1 §7.4.4 */
#ifndef LN_CODEC_CBOR_VALUE_H
#define LN_CODEC_CBOR_VALUE_H

#include "codec/cbor_reader.h"

/*
 * Takes an item as a value of the type that it has by itself: text is LN_STRING, tags 0 and 1
 * make LN_TIME, a decimal fraction (tag 4) is a number; tags of which the content is good
 * without them are passed over. LN_ERR_BAD_VALUE: it is none, as null and an array are none.
 */
LN_MUST_USE ln_err ln__cbor_value(struct ln_reader *in, struct ln_arena *scratch,
                                  struct ln_value *out);
/* Makes the value one of `type`: links are text, too. LN_NONE takes it as it is. */
LN_MUST_USE ln_err ln__cbor_convert(struct ln_value *value, enum ln_type type);
/* Takes seconds as nanoseconds. LN_ERR_BAD_VALUE if they are finer, or too many; floats of
 * seconds, which seldom are any number of nanoseconds, are rounded. */
LN_MUST_USE ln_err ln__cbor_time(struct ln_reader *in, int64_t *ns);

void ln__write_cbor_head(struct ln_writer *w, enum ln__cbor_major major, uint64_t value);
void ln__write_cbor_text(struct ln_writer *w, struct ln_bytes text);
void ln__write_cbor_integer(struct ln_writer *w, int64_t v);
/* Times without tag, floats in 32 bits where these hold them. LN_ERR_NOT_ACCEPTABLE: LN_NONE, and text
 * that is not UTF-8. */
LN_MUST_USE ln_err ln__write_cbor_value(struct ln_writer *w, const struct ln_value *value);
/* Nanoseconds as seconds: an integer, a float, or where that is not exact a decimal fraction. */
void ln__write_cbor_time(struct ln_writer *w, int64_t ns);

#endif
