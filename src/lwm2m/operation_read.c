/* Reads which operation a CoAP request is: the client's side. */

#include <linnet/lwm2m.h>

static ln_err read_path(const struct ln_coap_message *m, struct ln_path *out)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(m);
    uint16_t id;

    *out = ln_path_root();
    while (ln_coap_option_find(&at, LN_COAP_URI_PATH)) {
        if (out->depth == LN_COUNT(out->id) || !ln_id_of_text(at.value, &id)) {
            return LN_ERR_NOT_FOUND;
        }
        ln_path_append(out, id);
    }
    return LN_OK;
}

static ln_err read_get(struct ln_operation *out)
{
    bool discover = out->accept == LN_FORMAT_LINK;

    out->kind = discover ? LN_OPERATION_DISCOVER : LN_OPERATION_READ;
    if (out->path.depth == 0 || (discover && out->path.depth == 4)) {
        return LN_ERR_NOT_ALLOWED;
    }
    return LN_OK;
}

/* A Write says what it writes, be it nothing; attributes stand in the query. */
static ln_err read_put(const struct ln_coap_options *o, struct ln_operation *out)
{
    bool has_body = out->payload.len > 0 || out->format != LN_FORMAT_NONE;

    if (!has_body && o->query_count > 0) {
        out->kind = LN_OPERATION_WRITE_ATTRIBUTES;
        return out->path.depth == 0 ? LN_ERR_NOT_ALLOWED : LN_OK;
    }
    out->kind = LN_OPERATION_WRITE;
    if (out->path.depth < 2) {
        return LN_ERR_NOT_ALLOWED;
    }
    return out->format == LN_FORMAT_NONE ? LN_ERR_BAD_REQUEST : LN_OK;
}

static ln_err read_post(struct ln_operation *out)
{
    bool has_format = out->format != LN_FORMAT_NONE;

    switch (out->path.depth) {
    case 1: /* from 1.1 on the new values may be left out whole */
        out->kind = LN_OPERATION_CREATE;
        return has_format || out->payload.len == 0 ? LN_OK : LN_ERR_BAD_REQUEST;
    case 2:
        out->kind = LN_OPERATION_WRITE_PARTIAL;
        return has_format ? LN_OK : LN_ERR_BAD_REQUEST;
    case 3:
        out->kind = LN_OPERATION_EXECUTE;
        return LN_OK;
    default:
        return LN_ERR_NOT_ALLOWED;
    }
}

ln_err ln_operation_read(const struct ln_coap_message *m, const struct ln_coap_options *o,
                         struct ln_operation *out)
{
    *out = (struct ln_operation){
        .accept = o->accept,
        .format = o->content_format,
        .payload = m->payload,
    };
    ln_err err = read_path(m, &out->path);

    if (err != LN_OK) {
        return err;
    }
    switch (m->code) {
    case LN_COAP_GET:
        return read_get(out);
    case LN_COAP_PUT:
        return read_put(o, out);
    case LN_COAP_POST:
        return read_post(out);
    case LN_COAP_DELETE:
        out->kind = LN_OPERATION_DELETE;
        return out->path.depth == 2 ? LN_OK : LN_ERR_NOT_ALLOWED;
    default:
        return LN_ERR_NOT_ALLOWED;
    }
}
