/* What several formats need of values: objlnk text. */
#ifndef LN_CODEC_VALUE_H
#define LN_CODEC_VALUE_H

#include <linnet/codec.h>

/* "3:0"; "FFFF:FFFF", as the specification's examples have it, is the null link too. */
LN_MUST_USE bool ln__objlnk_of_text(struct ln_bytes text, struct ln_objlnk *out);
void ln__write_objlnk(struct ln_writer *w, struct ln_objlnk link);

#endif
