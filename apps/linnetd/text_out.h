/* Text that grows as it is written: what all answers are made in. */
#ifndef LINNETD_TEXT_OUT_H
#define LINNETD_TEXT_OUT_H

#include <linnet/base.h>

/* All zero is an empty text. After a failure to get memory all calls do nothing. */
struct text_out {
    char *at;
    size_t len;
    size_t size;
    bool failed;
    bool secret; /* no copy of it stays in memory that was given back */
};

void text_bytes(struct text_out *out, struct ln_bytes bytes);
void text_add(struct text_out *out, const char *text);
void text_unsigned(struct text_out *out, uint64_t value);
void text_integer(struct text_out *out, int64_t value);
void text_format(struct text_out *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* As a segment of a URL's path; a "~" at the start too, which would announce base64url. */
void text_percent(struct text_out *out, struct ln_bytes bytes);
/* Safe on an empty one, and twice. */
void text_free(struct text_out *out);

#endif
