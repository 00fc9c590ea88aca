/* Numbers and texts in JSON, as values and back: what both formats in JSON share. */
#ifndef LN_CODEC_JSON_VALUE_H
#define LN_CODEC_JSON_VALUE_H

#include <linnet/codec.h>

/*
 * A number as a value of `type`, exact in all 64 bits of the whole ones, which may have
 * fraction and exponent if they are whole all the same: 1.638435E9. LN_NONE: an integer if it is
 * written as one, else a float.
 */
LN_MUST_USE ln_err ln__json_number(struct ln_bytes text, enum ln_type type,
                                   struct ln_value *out);
/* Seconds as nanoseconds. LN_ERR_BAD_VALUE if they are finer, or too many. */
LN_MUST_USE ln_err ln__json_time(struct ln_bytes text, int64_t *ns);

/* With its quotes. LN_ERR_NOT_ACCEPTABLE: it is not UTF-8. */
LN_MUST_USE ln_err ln__write_json_text(struct ln_writer *w, struct ln_bytes text);

/* What a format puts before its values, with the colon; that of numbers is the same in both. */
struct ln__json_labels {
    const char *text;
    const char *boolean;
    const char *opaque;
    const char *link;
    void (*write_base64)(struct ln_writer *w, struct ln_bytes bytes);
};
/* LN_ERR_NOT_ACCEPTABLE: LN_NONE, text that is not UTF-8, and JSON has no NaN and no infinities. */
LN_MUST_USE ln_err ln__write_json_value(struct ln_writer *w, const struct ln_value *value,
                                        const struct ln__json_labels *labels);
/* Nanoseconds as seconds, exactly. */
void ln__write_json_time(struct ln_writer *w, int64_t ns);

#endif
