/* Writes an operation as a CoAP request: the server's side. */

#include <linnet/lwm2m.h>

/* spec: TRANSPORT-1.1.1 §6.4.3 */
static const uint8_t codes[] = {
    [LN_OPERATION_READ] = LN_COAP_GET,
    [LN_OPERATION_DISCOVER] = LN_COAP_GET,
    [LN_OPERATION_WRITE] = LN_COAP_PUT,
    [LN_OPERATION_WRITE_PARTIAL] = LN_COAP_POST,
    [LN_OPERATION_WRITE_ATTRIBUTES] = LN_COAP_PUT,
    [LN_OPERATION_EXECUTE] = LN_COAP_POST,
    [LN_OPERATION_CREATE] = LN_COAP_POST,
    [LN_OPERATION_DELETE] = LN_COAP_DELETE,
};

uint8_t ln_operation_code(enum ln_operation_kind kind)
{
    return codes[kind];
}

static void add_root(struct ln_coap_builder *b, struct ln_bytes root)
{
    struct ln_reader in = ln_reader(root);

    (void)ln_read_if(&in, '/');
    while (ln_reader_left(&in) > 0) {
        ln_coap_add_escaped(b, LN_COAP_URI_PATH, ln_read_until(&in, '/'));
    }
}

static void add_query(struct ln_coap_builder *b, struct ln_bytes query)
{
    struct ln_reader in = ln_reader(query);

    while (ln_reader_left(&in) > 0) {
        ln_coap_add(b, LN_COAP_URI_QUERY, ln_read_until(&in, '&'));
    }
}

/* What the Content-Format option says; LN_FORMAT_NONE for none. */
static uint16_t format_of(const struct ln_operation *operation)
{
    switch (operation->kind) {
    case LN_OPERATION_WRITE:
    case LN_OPERATION_WRITE_PARTIAL:
    case LN_OPERATION_CREATE:
        return operation->format;
    case LN_OPERATION_EXECUTE: /* arguments are text and nothing else */
        return operation->payload.len > 0 ? LN_FORMAT_TEXT : LN_FORMAT_NONE;
    default:
        return LN_FORMAT_NONE;
    }
}

static uint16_t accept_of(const struct ln_operation *operation)
{
    switch (operation->kind) {
    case LN_OPERATION_READ:
        return operation->accept;
    case LN_OPERATION_DISCOVER:
        return LN_FORMAT_LINK;
    default:
        return LN_FORMAT_NONE;
    }
}

static bool has_payload(enum ln_operation_kind kind)
{
    return kind == LN_OPERATION_WRITE || kind == LN_OPERATION_WRITE_PARTIAL ||
           kind == LN_OPERATION_CREATE || kind == LN_OPERATION_EXECUTE;
}

void ln_operation_write(struct ln_coap_builder *b, const struct ln_operation *operation,
                        struct ln_bytes root)
{
    uint16_t format = format_of(operation);
    uint16_t accept = accept_of(operation);

    add_root(b, root);
    ln_coap_add_path(b, LN_COAP_URI_PATH, operation->path);
    if (format != LN_FORMAT_NONE) {
        ln_coap_add_uint(b, LN_COAP_CONTENT_FORMAT, format);
    }
    if (operation->kind == LN_OPERATION_WRITE_ATTRIBUTES) {
        add_query(b, operation->query);
    }
    if (accept != LN_FORMAT_NONE) {
        ln_coap_add_uint(b, LN_COAP_ACCEPT, accept);
    }
    if (has_payload(operation->kind)) {
        ln_coap_add_payload(b, operation->payload);
    }
}
