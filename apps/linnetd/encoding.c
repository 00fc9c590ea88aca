/* Which format to ask a device for, and which to write to it in. */

#include "linnetd/encoding.h"

#include <math.h>
#include <stdlib.h>

const ln_formats formats = {
    &ln_format_senml_cbor, &ln_format_senml_json, &ln_format_tlv,    &ln_format_json,
    &ln_format_cbor,       &ln_format_text,       &ln_format_opaque, NULL};

/* Whether the root link of the Register names the format: ct="60 110 112". */
static bool is_listed(const struct ln_registration_view *view, const struct ln_format *format)
{
    struct ln_reader in = ln_reader(view->formats);

    while (ln_reader_left(&in) > 0) {
        uint64_t number;
        if (ln_unsigned_of_text(ln_read_until(&in, ' '), &number) &&
            (number == format->id || number == format->old_id)) {
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
        if (!(*format)->one_value && is_listed(view, *format)) {
            return *format;
        }
    }
    return NULL;
}

/*
 * A client of 1.0 must have TLV, and may have nothing else (text and JSON are optional there).
 * From 1.1 on text and octet-stream are the two that it must have, and TLV is what it should no
 * longer have: what it lists as ct is asked for if it is ours, or else the choice is left to it.
 */
uint16_t encoding_to_ask_for(const struct operation_call *op,
                             const struct ln_registration_view *view)
{
    bool old = view->version == LN_VERSION_1_0;

    if (op->format != NULL) {
        return op->format->id;
    }
    if (op->attempt > 0) {
        return LN_FORMAT_NONE;
    }
    if (op->octets && (!old || is_listed(view, &ln_format_opaque))) {
        return LN_FORMAT_OPAQUE;
    }
    if (old) {
        return LN_FORMAT_TLV;
    }
    const struct ln_format *listed = listed_format(view);
    return listed != NULL ? listed->id : (uint16_t)LN_FORMAT_NONE;
}

static bool is_one_value(const struct operation_call *op)
{
    return op->record_count == 1 && ln_path_equal(op->records[0].path, op->path) &&
           op->records[0].value.type != LN_NONE;
}

/* The format for one value that each client of 1.1 must have. NULL: none can say it. */
static const struct ln_format *simple_format(const struct operation_call *op)
{
    const struct ln_value *value = &op->records[0].value;

    if (value->type == LN_OPAQUE) {
        return &ln_format_opaque;
    }
    return value->type != LN_FLOAT || isfinite(value->as.number) ? &ln_format_text : NULL;
}

/* Only TLV has a way to say that an instance of that number is there and holds nothing. */
static bool is_empty_instance(const struct operation_call *op)
{
    return op->kind == LN_OPERATION_CREATE && op->record_count == 1 &&
           op->records[0].path.depth == 2;
}

/* NULL: there is none left to try. */
static const struct ln_format *choose(const struct operation_call *op,
                                      const struct ln_registration_view *view)
{
    if (op->format != NULL || view->version == LN_VERSION_1_0 || is_empty_instance(op)) {
        const struct ln_format *format = op->format != NULL ? op->format : &ln_format_tlv;
        return op->attempt == 0 ? format : NULL;
    }
    const struct ln_format *listed = listed_format(view);
    const struct ln_format *first = listed != NULL ? listed : &ln_format_senml_cbor;
    const struct ln_format *simple = is_one_value(op) ? simple_format(op) : NULL;
    if (op->attempt == 0) {
        return simple != NULL ? simple : first;
    }
    if (simple != NULL) {
        return first;
    }
    return first != &ln_format_tlv ? &ln_format_tlv : NULL;
}

/* ---- Instances without an id ---- */

static bool is_registered(const struct ln_registration_view *view, uint16_t object,
                          uint16_t instance)
{
    for (size_t i = 0; i < view->object_count; i++) {
        if (view->objects[i].object == object && view->objects[i].instance == instance) {
            return true;
        }
    }
    return false;
}

static void take_free_instance(struct operation_call *op,
                               const struct ln_registration_view *view)
{
    op->instance = 0;
    while (op->instance < LN_ID_MAX && is_registered(view, op->path.id[0], op->instance)) {
        op->instance++;
    }
    for (size_t i = 0; i < op->record_count; i++) {
        op->records[i].path.id[1] = op->instance;
    }
}

/* ---- Writing ---- */

ln_err encoding_write(struct operation_call *op, const struct ln_registration_view *view,
                      uint8_t **payload, struct ln_operation *operation)
{
    const struct ln_array array = {op->records, op->record_count};
    const struct ln_format *format = choose(op, view);
    struct ln_writer measure = ln_writer_window(NULL, 0, 0);

    if (format == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    if (op->kind == LN_OPERATION_CREATE && op->instance == LN_ID_NONE &&
        format != &ln_format_tlv) {
        take_free_instance(op, view);
    }
    ln_err err = ln_encode(format, &measure, op->path, ln_records_of(&array));
    if (err != LN_OK || measure.failed) {
        return err != LN_OK ? err : LN_ERR_NOT_ACCEPTABLE;
    }
    if (measure.written > OPERATION_PAYLOAD_MAX) {
        return LN_ERR_TOO_LARGE;
    }
    *payload = malloc(measure.written > 0 ? measure.written : 1);
    if (*payload == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    struct ln_writer w = ln_writer(*payload, measure.written);
    err = ln_encode(format, &w, op->path, ln_records_of(&array));
    operation->format = format->id;
    operation->payload = ln_writer_bytes(&w);
    return err;
}
