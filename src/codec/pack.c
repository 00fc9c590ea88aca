/* What the formats share that name each value and may give it a time: SenML and OMA JSON. */

#include "codec/pack.h"

enum {
    SEARCHED_RECORDS = 64,
    SEARCHED_BYTES = 2048,
};

/* ---- Encoding ---- */

static bool has_ids(struct ln_path path)
{
    for (uint8_t i = 0; i < path.depth; i++) {
        if (path.id[i] == LN_ID_NONE) {
            return false;
        }
    }
    return true;
}

bool ln__pack_next(struct ln_records *records, struct ln_path base, struct ln_record *out,
                   ln_err *err)
{
    while (*err == LN_OK && records->next(records, out)) {
        bool none = out->value.type == LN_NONE;
        if (!ln_path_within(out->path, base) || !has_ids(out->path) ||
            (!none && out->path.depth < 3)) {
            *err = LN_ERR_NOT_ACCEPTABLE;
        } else if (!none) {
            return true;
        }
    }
    return false;
}

void ln__write_base_name(struct ln_writer *w, struct ln_path base, bool single)
{
    ln_write_path(w, base);
    if (!single && base.depth > 0) {
        ln_write_u8(w, '/');
    }
}

void ln__write_name(struct ln_writer *w, struct ln_path base, struct ln_path path)
{
    for (uint8_t i = base.depth; i < path.depth; i++) {
        if (i > base.depth) {
            ln_write_u8(w, '/');
        }
        ln_write_unsigned_text(w, path.id[i]);
    }
}

/* ---- Decoding ---- */

ln_err ln__add_times(int64_t a, int64_t b, int64_t *out)
{
    if (b < 0 ? a < INT64_MIN - b : a > INT64_MAX - b) {
        return LN_ERR_BAD_VALUE;
    }
    *out = a + b;
    return LN_OK;
}

static bool says_the_same(const struct ln_record *a, const struct ln_record *b)
{
    return a->time_ns == b->time_ns &&
           (ln_path_within(a->path, b->path) || ln_path_within(b->path, a->path));
}

/* Bounded in records and bytes, so that no payload costs more than its length times a constant. */
static bool is_earlier(const struct ln_decoder *in, const struct ln_record *record,
                       const struct ln_decoder *from, ln__read_record_fn *read)
{
    struct ln_decoder start = *from;
    size_t left = ln_reader_left(&in->first);
    struct ln_record other;

    start.first = in->first;
    start.in = in->first;
    start.in =
        ln_reader(ln_read_bytes(&start.in, left < SEARCHED_BYTES ? left : SEARCHED_BYTES));
    start.paths_only = true;
    for (int i = 0; i < SEARCHED_RECORDS; i++) {
        if (!read(&start, &other) || start.in.at >= in->in.at) {
            return false;
        }
        if (says_the_same(&other, record)) {
            return true;
        }
    }
    return false;
}

/* One that comes after all others, and is not below them, needs no search. */
bool ln__pack_repeats(struct ln_decoder *in, const struct ln_record *record,
                      const struct ln_decoder *start, ln__read_record_fn *read)
{
    int order = ln_path_compare(record->path, in->greatest);
    bool is_greatest = order > 0 || (order == 0 && record->time_ns > in->greatest_time);
    bool is_below = order > 0 && ln_path_within(record->path, in->greatest);
    bool repeats = (!is_greatest || is_below) && is_earlier(in, record, start, read);

    if (is_greatest) {
        in->greatest = record->path;
        in->greatest_time = record->time_ns;
    }
    return repeats;
}
