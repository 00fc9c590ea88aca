/* What the formats share that name each value and may give it a time: SenML and OMA JSON. */
#ifndef LN_CODEC_PACK_H
#define LN_CODEC_PACK_H

#include <linnet/codec.h>

/*
 * Takes the next record that has a value: what is there and empty is left out. False at the end
 * or, with `err` set, at a record that such a format cannot hold.
 */
LN_MUST_USE bool ln__pack_next(struct ln_records *records, struct ln_path base,
                               struct ln_record *out, ln_err *err);
/* "/3/0/", which names like "6/1" follow, or if `single` the whole name of a resource: "/3/0/9". */
void ln__write_base_name(struct ln_writer *w, struct ln_path base, bool single);
/* What of `path` is below `base`: "6/1". */
void ln__write_name(struct ln_writer *w, struct ln_path base, struct ln_path path);

/* LN_ERR_BAD_VALUE where 64 bits of nanoseconds do not hold the sum. */
LN_MUST_USE ln_err ln__add_times(int64_t a, int64_t b, int64_t *out);

/* Reads one record with what is before it, as `decode` of a format does. */
typedef bool ln__read_record_fn(struct ln_decoder *in, struct ln_record *out);

/*
 * Whether `record`, which was just read, says anew what an earlier record says. `start` is a copy
 * of `in` as it was at the first record, `read` reads the next.
 */
bool ln__pack_repeats(struct ln_decoder *in, const struct ln_record *record,
                      const struct ln_decoder *start, ln__read_record_fn *read);

#endif
