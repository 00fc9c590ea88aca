/* Which format to ask a device for, and which to write to it in. */

#include "linnetd/encoding.h"

#include <math.h>

const ln_formats formats = {&ln_format_tlv, &ln_format_text, &ln_format_opaque, NULL};

/* Whether the root link of the Register names the format: ct="60 110 112". */
static bool is_listed(const struct ln_registration_view *view, uint16_t format)
{
    struct ln_reader in = ln_reader(view->formats);

    while (ln_reader_left(&in) > 0) {
        uint64_t number;
        if (ln_unsigned_of_text(ln_read_until(&in, ' '), &number) && number == format) {
            return true;
        }
    }
    return false;
}

/*
 * Of the formats that hold more than one value, the first that the device lists; NULL: it lists
 * none of ours.
 */
static const struct ln_format *listed_format(const struct ln_registration_view *view)
{
    for (const struct ln_format *const *format = formats; *format != NULL; format++) {
        if (!(*format)->one_value && is_listed(view, (*format)->id)) {
            return *format;
        }
    }
    return NULL;
}

/*
 * A client of 1.0 must have TLV, and may have nothing else (text and JSON are optional there):
 * so TLV is asked for, lest it choose what we do not read. From 1.1 on TLV is what a client
 * should no longer have: what it lists as ct is asked for if it is ours, or else the choice is
 * left to the device.
 */
uint16_t encoding_to_ask_for(const struct ln_registration_view *view,
                             const struct ln_format *asked)
{
    const struct ln_format *format = asked != NULL ? asked : listed_format(view);

    if (format != NULL) {
        return format->id;
    }
    return view->version == LN_VERSION_1_0 ? (uint16_t)LN_FORMAT_TLV : (uint16_t)LN_FORMAT_NONE;
}

static bool is_one_value(const struct operation_call *op)
{
    return op->record_count == 1 && ln_path_equal(op->records[0].path, op->path) &&
           op->records[0].value.type != LN_NONE;
}

/*
 * One value to a client of 1.1 or later: text and octet-stream are the two formats that it must
 * have. Text cannot say NaN. All else, and all to a client of 1.0 (for which TLV alone is
 * mandatory): a format that holds structure.
 */
static const struct ln_format *choose(const struct operation_call *op,
                                      const struct ln_registration_view *view)
{
    const struct ln_value *value = &op->records[0].value;

    if (op->format != NULL) {
        return op->format;
    }
    if (view->version != LN_VERSION_1_0 && is_one_value(op)) {
        if (value->type == LN_OPAQUE) {
            return &ln_format_opaque;
        }
        if (value->type != LN_FLOAT || isfinite(value->as.number)) {
            return &ln_format_text;
        }
    }
    const struct ln_format *listed = listed_format(view);
    return listed != NULL ? listed : &ln_format_tlv;
}

/* Why the writer failed: without a bound on its size it fails only from what cannot be said. */
static ln_err explain_failure(const struct ln_format *format, const struct operation_call *op)
{
    const struct ln_array array = {op->records, op->record_count};
    struct ln_writer unbounded = ln_writer_window(NULL, 0, 0);
    ln_err err = ln_encode(format, &unbounded, op->path, ln_records_of(&array));

    return err == LN_OK && !unbounded.failed ? LN_ERR_TOO_LARGE : LN_ERR_NOT_ACCEPTABLE;
}

ln_err encoding_write(const struct operation_call *op, const struct ln_registration_view *view,
                      struct ln_writer *payload, struct ln_operation *operation)
{
    const struct ln_array array = {op->records, op->record_count};
    const struct ln_format *format = choose(op, view);
    ln_err err = ln_encode(format, payload, op->path, ln_records_of(&array));

    if (err != LN_OK) {
        return err;
    }
    if (payload->failed) {
        return explain_failure(format, op);
    }
    operation->format = format->id;
    operation->payload = ln_writer_bytes(payload);
    return LN_OK;
}
