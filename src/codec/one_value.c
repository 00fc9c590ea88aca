/* The rules for formats that hold one value and no path. */

#include "codec/one_value.h"

#include "codec/decoder.h"

/* Counts on a copy: going on would take back the bytes that the first record borrows. */
static bool has_one(struct ln_records records)
{
    struct ln_record record;

    return records.next(&records, &record) && !records.next(&records, &record);
}

ln_err ln__one_record(struct ln_path base, struct ln_records records, struct ln_record *out)
{
    if (base.depth < 3 || !has_one(records) || !records.next(&records, out) ||
        !ln_path_equal(out->path, base)) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    return LN_OK;
}

bool ln__one_payload(struct ln_decoder *in, struct ln_bytes *out)
{
    if (in->started) {
        return false;
    }
    in->started = true;
    if (in->base.depth < 3) {
        return ln__decoder_fail(in, LN_ERR_BAD_FORMAT);
    }
    *out = ln_read_rest(&in->in);
    return true;
}
