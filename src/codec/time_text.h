/* Times as text (RFC 3339). */
#ifndef LN_CODEC_TIME_TEXT_H
#define LN_CODEC_TIME_TEXT_H

#include <linnet/base.h>

/* "2013-05-02T10:40:15Z" as seconds since 1970. False if it is none or is not of whole seconds. */
LN_MUST_USE bool ln__time_of_text(struct ln_bytes text, int64_t *out);

#endif
