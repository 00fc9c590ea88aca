/* Requests as tests write them: "POST /rd?ep=one&lt=60". */

#include "request_text.h"

#include "ln_test.h"

#include <linnet/codec.h>

uint8_t method_of_text(struct ln_bytes name)
{
    static const char *const names[] = {"GET", "POST", "PUT", "DELETE", "FETCH"};

    for (size_t i = 0; i < LN_COUNT(names); i++) {
        if (ln_bytes_are(name, names[i])) {
            return (uint8_t)(i + 1);
        }
    }
    fail_msg("no such method");
    return 0;
}

static void add_each(struct ln_coap_builder *b, uint16_t number, struct ln_bytes text,
                     uint8_t separator)
{
    struct ln_reader in = ln_reader(text);

    while (ln_reader_left(&in) > 0) {
        ln_coap_add(b, number, ln_read_until(&in, separator));
    }
}

struct ln_coap_builder request_of_text(void *buffer, size_t size, enum ln_coap_type type,
                                       uint16_t id, const struct ln_coap_token *token,
                                       const char *text, uint16_t format)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(text));
    uint8_t method = method_of_text(ln_read_until(&in, ' '));
    struct ln_coap_builder b = ln_coap_start(buffer, size, type, method, id, token);

    (void)ln_read_if(&in, '/');
    add_each(&b, LN_COAP_URI_PATH, ln_read_until(&in, '?'), '/');
    if (format != LN_FORMAT_NONE) {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, format);
    }
    add_each(&b, LN_COAP_URI_QUERY, ln_read_rest(&in), '&');
    return b;
}
