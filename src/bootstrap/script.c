/* A script as the app gives it becomes steps with payloads, in memory of the engine. */

#include "engine.h"

const struct ln_format *ln_bootstrap__format(const struct ln_bootstrap *bootstrap, uint16_t id)
{
    const struct ln_format *format = ln_format_find(bootstrap->formats, id);

    return format == NULL || format->one_value ? NULL : format;
}

/* spec: CORE-1.1.1 §6.1.7: what each operation may be aimed at. */
static bool path_fits(const struct ln_bootstrap_step *step)
{
    const struct ln_path *path = &step->path;

    switch (step->kind) {
    case LN_BOOTSTRAP_DISCOVER:
        return path->depth <= 1;
    case LN_BOOTSTRAP_DELETE:
        return path->depth <= 2;
    case LN_BOOTSTRAP_WRITE:
        return path->depth >= 1 && path->depth <= 3;
    case LN_BOOTSTRAP_READ:
        return path->depth >= 1 && path->depth <= 2 && (path->id[0] == 1 || path->id[0] == 2);
    case LN_BOOTSTRAP_FINISH:
        return path->depth == 0;
    default:
        return false;
    }
}

static bool records_fit(const struct ln_bootstrap_step *step)
{
    const struct ln_record *records = step->records;

    for (size_t i = 0; i < step->record_count; i++) {
        bool ascends = i == 0 || ln_path_compare(records[i - 1].path, records[i].path) < 0;
        if (!ascends || !ln_path_is_within(&records[i].path, &step->path)) {
            return false;
        }
    }
    return step->record_count == 0 || step->kind == LN_BOOTSTRAP_WRITE;
}

static ln_err check(const struct ln_bootstrap_script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct ln_bootstrap_step *step = &script->steps[i];
        bool is_last = i + 1 == script->count;

        if (!path_fits(step) || !records_fit(step) ||
            (step->kind == LN_BOOTSTRAP_FINISH && !is_last)) {
            return LN_ERR_BAD_REQUEST;
        }
    }
    return script->count > 0 ? LN_OK : LN_ERR_BAD_REQUEST;
}

static ln_err write_payloads(const struct ln_format *format,
                             const struct ln_bootstrap_script *script, struct ln_writer *w,
                             struct script *copy)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct ln_bootstrap_step *step = &script->steps[i];
        struct ln_array array = {step->records, step->record_count};
        size_t start = w->written;

        if (step->kind == LN_BOOTSTRAP_WRITE) {
            ln_err err = ln_encode(format, w, step->path, ln_records_of(&array));
            if (err != LN_OK) {
                return err;
            }
        }
        if (copy != NULL) {
            copy->steps[i] = (struct step){
                .path = step->path,
                .payload = ln_bytes(&w->out[start], w->written - start),
                .kind = (uint8_t)step->kind,
                .may_fail = step->may_fail,
            };
        }
    }
    return w->failed ? LN_ERR_BAD_VALUE : LN_OK;
}

static const struct ln_format *choose(const struct ln_bootstrap *bootstrap, uint16_t preferred,
                                      uint16_t configured)
{
    if (configured != LN_FORMAT_NONE) {
        return ln_bootstrap__format(bootstrap, configured);
    }
    return ln_bootstrap__format(bootstrap,
                                preferred == LN_FORMAT_NONE ? LN_FORMAT_TLV : preferred);
}

ln_err ln_bootstrap__script_copy(struct ln_bootstrap *bootstrap, uint16_t preferred,
                                 const struct ln_bootstrap_script *script, struct script **out)
{
    const struct ln_format *format = choose(bootstrap, preferred, script->format);
    struct ln_writer measure = ln_writer_window(NULL, 0, 0);
    ln_err err = check(script);

    if (err == LN_OK && format == NULL) {
        err = LN_ERR_BAD_FORMAT;
    }
    if (err == LN_OK) {
        err = write_payloads(format, script, &measure, NULL);
    }
    if (err != LN_OK) {
        return err;
    }
    size_t head = sizeof(**out) + script->count * sizeof(struct step);
    struct script *copy = ln_bootstrap__allocate(bootstrap, head + measure.written);
    if (copy == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    copy->size = head + measure.written;
    copy->count = script->count;
    copy->format = format->id;
    struct ln_writer w = ln_writer(&copy->steps[copy->count], measure.written);
    err = write_payloads(format, script, &w, copy);
    if (err != LN_OK) {
        ln_bootstrap__wipe(bootstrap, copy, copy->size);
        return err;
    }
    *out = copy;
    return LN_OK;
}
