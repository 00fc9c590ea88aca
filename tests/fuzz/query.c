/* The query of a Register or Update from any message, and its path as an operation. */

#include "fuzz.h"

#include <linnet/lwm2m.h>

static bool within(struct ln_bytes part, struct ln_bytes whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void query(struct ln_bytes datagram, const struct ln_coap_message *m,
                  enum ln_version registered)
{
    struct ln_registration_query q;

    if (ln_registration_query_read(m, registered, &q) != LN_OK) {
        return;
    }
    FUZZ_CHECK(q.version == LN_VERSION_1_0 || q.version == LN_VERSION_1_1);
    FUZZ_CHECK(within(q.endpoint, datagram) && within(q.sms, datagram));
    FUZZ_CHECK(q.has_endpoint == (q.endpoint.len > 0) && ln_utf8_valid(q.endpoint));
    FUZZ_CHECK(q.has_sms == (q.sms.len > 0));
    FUZZ_CHECK(!q.has_queue || (q.binding & LN_BINDING_Q) != 0);
    FUZZ_CHECK(registered == LN_VERSION_NONE || (!q.has_endpoint && !q.has_version));
    FUZZ_CHECK(registered != LN_VERSION_NONE || q.binding != 0);
}

static void binding_comes_back(struct ln_bytes text, enum ln_version version)
{
    uint8_t binding = 0;
    uint8_t again = 0;
    char out[LN_BINDING_TEXT_MAX];
    struct ln_writer w = ln_writer(out, sizeof(out));

    if (ln_binding_of_text(text, version, &binding) == LN_OK) {
        ln_write_binding(&w, binding, version);
        FUZZ_CHECK(!w.failed);
        FUZZ_CHECK(ln_binding_of_text(ln_writer_bytes(&w), version, &again) == LN_OK);
        FUZZ_CHECK(again == binding);
    }
}

/* Whatever reads as an operation is one that the map of operations has. */
static void operation(const struct ln_coap_message *m)
{
    struct ln_coap_options o;
    struct ln_operation operation;

    if (ln_coap_options(m, &o) == LN_OK && ln_operation_read(m, &o, &operation) == LN_OK) {
        FUZZ_CHECK(ln_operation_code(operation.kind) == m->code);
        FUZZ_CHECK(ln_operation_fits(operation.kind, operation.path, LN_VERSION_1_1));
        FUZZ_CHECK(operation.path.depth == o.path_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ln_bytes datagram = ln_bytes(data, size);
    struct ln_coap_message m;

    binding_comes_back(datagram, LN_VERSION_1_0);
    binding_comes_back(datagram, LN_VERSION_1_1);
    if (ln_coap_parse(datagram, &m) == LN_OK) {
        query(datagram, &m, LN_VERSION_NONE);
        query(datagram, &m, LN_VERSION_1_0);
        query(datagram, &m, LN_VERSION_1_1);
        operation(&m);
    }
    return 0;
}
