/* Writes down what goes over the wire and what the engines tell their apps. */

#include "conformance/notes.h"

ln_formats bench_formats = {
    &ln_format_text,       &ln_format_opaque,     &ln_format_tlv,  &ln_format_json,
    &ln_format_senml_json, &ln_format_senml_cbor, &ln_format_cbor, NULL,
};

/* Goes on writing behind what stands in `text` already. */
static struct ln_writer text_writer(char *text)
{
    size_t used = strlen(text);

    return ln_writer(text + used, BENCH_TEXT - 1 - used);
}

static void text_end(struct ln_writer *w)
{
    ln_write_u8(w, '\n');
    CHECK(!w->failed);
    ln_write_u8(w, '\0');
}

static void write_hex(struct ln_writer *w, struct ln_bytes bytes)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < bytes.len; i++) {
        ln_write_u8(w, (uint8_t)digits[bytes.at[i] >> 4]);
        ln_write_u8(w, (uint8_t)digits[bytes.at[i] & 15]);
    }
}

static bool is_text(uint16_t format)
{
    return format == LN_FORMAT_TEXT || format == LN_FORMAT_LINK || format == LN_FORMAT_JSON ||
           format == LN_FORMAT_SENML_JSON || format == LN_FORMAT_NONE;
}

static void write_code(struct ln_writer *w, uint8_t code)
{
    static const char *const methods[] = {"", "GET", "POST", "PUT", "DELETE"};

    if (code > 0 && code < LN_COUNT(methods)) {
        ln_write_text(w, methods[code]);
    } else {
        ln_coap_write_code(w, code);
    }
}

/* What follows "rd" in a path is the server's choice. */
static void write_segments(struct ln_writer *w, const struct ln_coap_message *m,
                           uint16_t number, const char *label)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(m);
    bool in_rd = false;

    for (bool first = true; ln_coap_option_find(&at, number); first = false) {
        ln_write_text(w, first ? label : "/");
        if (in_rd) {
            ln_write_u8(w, '*');
        } else {
            ln_write_bytes(w, at.value);
        }
        in_rd = first && ln_bytes_equal(at.value, ln_bytes_of_text("rd"));
    }
}

static void write_query(struct ln_writer *w, const struct ln_coap_message *m)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(m);

    for (bool first = true; ln_coap_option_find(&at, LN_COAP_URI_QUERY); first = false) {
        ln_write_u8(w, first ? '?' : '&');
        ln_write_bytes(w, at.value);
    }
}

static void write_format(struct ln_writer *w, const char *label, uint16_t format)
{
    if (format != LN_FORMAT_NONE) {
        ln_write_text(w, label);
        ln_write_unsigned_text(w, format);
    }
}

void note_datagram(const char *sender, struct ln_bytes datagram)
{
    static const char *const types[] = {" CON ", " NON ", " ACK ", " RST "};
    struct ln_writer w = text_writer(bench.wire);
    struct ln_coap_message m;
    struct ln_coap_options o;

    CHECK_OK(ln_coap_parse(datagram, &m));
    CHECK_OK(ln_coap_options(&m, &o));
    ln_write_text(&w, sender);
    ln_write_text(&w, types[m.type]);
    write_code(&w, m.code);
    write_segments(&w, &m, LN_COAP_URI_PATH, " /");
    write_query(&w, &m);
    write_segments(&w, &m, LN_COAP_LOCATION_PATH, " location=/");
    write_format(&w, " accept=", o.accept);
    write_format(&w, " format=", o.content_format);
    if (m.payload.len > 0) {
        ln_write_u8(&w, ' ');
        if (is_text(o.content_format)) {
            ln_write_bytes(&w, m.payload);
        } else {
            write_hex(&w, m.payload);
        }
    }
    text_end(&w);
}

/* ---- What the engines tell their apps ---- */

void note_client_event(const struct ln_client_event *event)
{
    static const char *const names[] = {
        [LN_CLIENT_REGISTERED] = "registered", [LN_CLIENT_UPDATED] = "updated",
        [LN_CLIENT_REFUSED] = "refused",       [LN_CLIENT_LOST] = "lost",
        [LN_CLIENT_DEREGISTERED] = "left",     [LN_CLIENT_WRITTEN] = "written",
        [LN_CLIENT_EXECUTED] = "executed",     [LN_CLIENT_CREATED] = "created",
        [LN_CLIENT_DELETED] = "deleted",
    };
    struct ln_writer w = text_writer(bench.client_says);

    ln_write_text(&w, names[event->kind]);
    if (event->kind >= LN_CLIENT_WRITTEN) {
        ln_write_u8(&w, ' ');
        ln_write_path(&w, event->path);
    }
    text_end(&w);
}

static enum ln_type type_of(const void *context, struct ln_path path)
{
    const struct ln_client_config *config = context;

    for (size_t i = 0; i < config->object_count; i++) {
        if (config->objects[i].object->id == path.id[0]) {
            const struct ln_resource *row =
                ln_object_resource(config->objects[i].object, path.id[2]);
            return row == NULL ? LN_NONE : (enum ln_type)row->type;
        }
    }
    return LN_NONE;
}

static void write_value(struct ln_writer *w, const struct ln_record *record)
{
    const struct ln_array one = {record, 1};

    if (record->value.type == LN_NONE) {
        ln_write_u8(w, '-');
    } else if (record->value.type == LN_OPAQUE) {
        write_hex(w, record->value.as.bytes);
    } else {
        CHECK_OK(ln_encode(&ln_format_text, w, record->path, ln_records_of(&one)));
    }
}

/* As the server's app does with an answer: whatever known format it comes in. */
static void decode_values(struct ln_path base, uint16_t id, struct ln_bytes payload)
{
    static uint8_t scratch_memory[BENCH_TEXT];
    struct ln_arena scratch = ln_arena(scratch_memory, sizeof(scratch_memory));
    const struct ln_types types = {type_of, &bench.config};
    const struct ln_format *format = ln_format_find(bench_formats, id);
    struct ln_decoder in;
    struct ln_record record;

    assert_non_null(format);
    ln_decoder_init(&in, format, base, payload, &types, &scratch);
    while (ln_decode(&in, &record)) {
        struct ln_writer w = text_writer(bench.values);
        ln_write_path(&w, record.path);
        ln_write_u8(&w, ' ');
        write_value(&w, &record);
        text_end(&w);
    }
    CHECK_OK(in.err);
}

static void check_links(struct ln_bytes payload)
{
    struct ln_reader in = ln_reader(payload);
    struct ln_link_format link;
    struct ln_path path;

    while (ln_link_next(&in, &link)) {
        CHECK(ln_path_of_text(link.target, &path));
    }
    CHECK(!in.failed);
}

static void take_result(const struct ln_server_event *event)
{
    struct ln_writer w = ln_writer(bench.payload, sizeof(bench.payload));

    bench.code = event->code;
    bench.format = event->format;
    ln_write_bytes(&w, event->payload);
    CHECK(!w.failed);
    bench.payload_len = w.written;
    bench.values[0] = '\0';
    if (event->code == LN_COAP_2_05 && event->format == LN_FORMAT_LINK) {
        check_links(event->payload);
    } else if (event->code == LN_COAP_2_05) {
        decode_values(event->operation.path, event->format, event->payload);
    }
}

static void write_changes(struct ln_writer *w, const struct ln_server_event *event)
{
    ln_write_text(w, event->lifetime_changed ? " lifetime" : "");
    ln_write_text(w, event->binding_changed ? " binding" : "");
    ln_write_text(w, event->objects_changed ? " objects" : "");
    ln_write_text(w, event->address_changed ? " address" : "");
}

/* Text as it is; what another format holds, stands in the values. */
static void write_notified(struct ln_writer *w, const struct ln_server_event *event)
{
    if (is_text(event->format)) {
        ln_write_u8(w, ' ');
        ln_write_bytes(w, event->payload);
    }
    bench.values[0] = '\0';
    decode_values(event->observation.path, event->format, event->payload);
}

void note_server_event(const struct ln_server_event *event)
{
    static const char *const names[] = {
        [LN_SERVER_REGISTERED] = "registered", [LN_SERVER_UPDATED] = "updated",
        [LN_SERVER_DEREGISTERED] = "left",     [LN_SERVER_EXPIRED] = "expired",
        [LN_SERVER_REPLACED] = "replaced",     [LN_SERVER_RESULT] = "result ",
        [LN_SERVER_AWAKE] = "awake",           [LN_SERVER_SLEEPING] = "sleeps",
        [LN_SERVER_NOTIFIED] = "notified",     [LN_SERVER_OBSERVATION] = "observation ",
    };
    struct ln_writer w = text_writer(bench.server_says);
    bool is_declared = event->kind == LN_SERVER_OBSERVATION &&
                       (event->observation.state == LN_OBSERVATION_PENDING ||
                        event->observation.state == LN_OBSERVATION_ENDED);

    if (is_declared) {
        return; /* what the test itself did */
    }
    CHECK(event->kind < LN_COUNT(names) && names[event->kind] != NULL);
    ln_write_text(&w, names[event->kind]);
    write_changes(&w, event);
    if (event->kind == LN_SERVER_OBSERVATION) {
        ln_write_text(&w, ln_observation_state_name(event->observation.state));
    } else if (event->kind == LN_SERVER_NOTIFIED) {
        write_notified(&w, event);
    }
    if (event->kind == LN_SERVER_RESULT) {
        ln_write_text(&w, ln_outcome_name(event->outcome));
        ln_write_u8(&w, ' ');
        ln_coap_write_code(&w, event->code);
        if (event->location.len > 0) {
            ln_write_text(&w, " location=");
            ln_write_bytes(&w, event->location);
        }
        take_result(event);
    }
    text_end(&w);
}
