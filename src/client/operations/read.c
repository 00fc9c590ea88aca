/* Read: values at a path and below, in a format that the server takes. */

#include "client/data.h"
#include "client/reporting.h"

static ln_err write_values(struct ln_client__request *r, struct ln_writer *w)
{
    struct ln_client__scope scope = {r->client->config, r->operation.path};
    const struct ln_format *format =
        ln_format_find(r->client->config->formats, r->operation.accept);

    return ln_encode(format, w, scope.path, ln_client__records(&scope));
}

/* Without Accept the choice is ours: from 1.1 on what a value looks like as text or bytes. */
static uint16_t preferred_format(const struct ln_client__request *r)
{
    const struct ln_format *const *formats = r->client->config->formats;
    uint8_t depth = r->operation.path.depth;
    bool one = depth == 4 || (depth == 3 && (r->row->operations & LN_MANY) == 0);
    uint16_t simple = LN_FORMAT_TLV;

    if (one && ln_client__version(r) > LN_VERSION_1_0) {
        simple = r->row->type == LN_OPAQUE ? LN_FORMAT_OPAQUE : LN_FORMAT_TEXT;
    }
    if (ln_format_find(formats, simple) != NULL) {
        return simple;
    }
    while (*formats != NULL && (*formats)->one_value) {
        formats++;
    }
    return *formats == NULL ? LN_FORMAT_NONE : (*formats)->id;
}

ln_err ln_client__read(struct ln_client__request *r, ln_client__body_fn *write)
{
    const struct ln_client_reporting *reporting = r->client->config->reporting;

    if (r->row != NULL && (r->row->operations & LN_READ) == 0) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (!ln_client__has_instance(r)) {
        return LN_ERR_NOT_FOUND;
    }
    if (r->operation.accept == LN_FORMAT_NONE) {
        r->operation.accept = preferred_format(r);
    }
    const struct ln_format *format =
        ln_format_find(r->client->config->formats, r->operation.accept);
    if (format == NULL) {
        return LN_ERR_NOT_ACCEPTABLE;
    }
    return reporting == NULL ? ln_client__answer_body(r, format->id, write)
                             : reporting->calls->answer(r, format->id, write);
}

static ln_err read_values(struct ln_client__request *r)
{
    return ln_client__read(r, write_values);
}

const struct ln_client_operation ln_client_read = {
    .kinds = LN_KIND(READ),
    .perform = read_values,
    .serve = ln_client__serve,
};
