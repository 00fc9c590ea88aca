/* What several formats need of values: objlnk text, whole numbers, and numbers of any type. */
#ifndef LN_CODEC_VALUE_H
#define LN_CODEC_VALUE_H

#include <linnet/codec.h>

/* "3:0"; "FFFF:FFFF", as the specification's examples have it, is the null link too. */
LN_MUST_USE bool ln__objlnk_of_text(struct ln_bytes text, struct ln_objlnk *out);
void ln__write_objlnk(struct ln_writer *w, struct ln_objlnk link);

/* False if no int64_t is that. */
LN_MUST_USE bool ln__integer_of_magnitude(uint64_t magnitude, bool negative, int64_t *out);
/* Times 10 to the power, exactly; false if that is no whole number of 64 bits. */
LN_MUST_USE bool ln__scale_by_ten(uint64_t *magnitude, int32_t power);
/*
 * As ln_value_convert(), but that integers too long for a float are rounded, as a longer text of
 * digits would be, and that LN_NONE takes the value as it is.
 */
LN_MUST_USE ln_err ln__number_convert(struct ln_value *value, enum ln_type type);

#endif
