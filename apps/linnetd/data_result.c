/* What came of an operation, as the answer to the request. */

#include "linnetd/data_result.h"

#include "linnetd/json_out.h"
#include "linnetd/models.h"
#include "linnetd/operation.h"
#include "linnetd/operation_json.h"
#include "linnetd/values.h"

#include <stdlib.h>

static void explain_refusal(struct request *request, const struct operation_call *op)
{
    switch (op->refused) {
    case LN_ERR_NOT_FOUND:
        problem(request, PROBLEM_UNKNOWN_ENDPOINT, "no device of this name is registered");
        break;
    case LN_ERR_BAD_REQUEST:
        problem(request, PROBLEM_BAD_PATH,
                "%s cannot have this path in the version of LwM2M that the device speaks",
                ln_operation_name(op->kind));
        break;
    case LN_ERR_NOT_ACCEPTABLE:
    case LN_ERR_BAD_VALUE:
        problem(request, PROBLEM_BAD_FORMAT, "the values cannot be said in this format");
        break;
    case LN_ERR_TOO_LARGE:
    case LN_ERR_NO_SPACE:
        problem(request, PROBLEM_TOO_LARGE,
                "the values are too large to be sent to the device");
        break;
    case LN_ERR_ASLEEP:
        problem(request, PROBLEM_DEVICE_ASLEEP,
                "the device sleeps or does not answer, and the operation may not wait");
        break;
    case LN_ERR_READ_ONLY:
        problem(request, PROBLEM_READ_ONLY, "the disk takes nothing: see the log of linnetd");
        break;
    case LN_ERR_BUSY:
        problem(request, PROBLEM_QUEUE_FULL,
                "too many operations wait for this device, or for all: try again later");
        break;
    case LN_ERR_NO_MEMORY:
        problem(request, PROBLEM_NO_MEMORY, "no memory for the operation: try again later");
        break;
    default:
        problem(request, PROBLEM_INTERNAL, "%s", ln_err_text(op->refused));
    }
}

static void set_operation(struct problem_text *out, const struct operation_call *op)
{
    if (op->number != 0) {
        operation_id_text(op->number, out->operation);
    }
}

/* What an answer is that is no success. */
static void explain_answer(const struct operation_call *op, struct problem_text *out)
{
    bool has_words = op->content_format == LN_FORMAT_NONE && op->payload_len > 0;

    problem_set_device(out, op->code,
                       has_words ? ln_bytes(op->payload, op->payload_len) : ln_bytes(NULL, 0));
}

static const struct {
    enum problem_kind kind;
    const char *detail;
} outcomes[] = {
    [LN_OUTCOME_NO_ANSWER] = {PROBLEM_DEVICE_TIMEOUT,
                              "all copies of the message were sent, and the device did not "
                              "answer: the operation is over"},
    [LN_OUTCOME_RESET] = {PROBLEM_DEVICE_RESET,
                          "the device does not know what the message belongs to"},
    [LN_OUTCOME_UNDECODABLE] = {PROBLEM_DEVICE_BAD_PAYLOAD, "the answer breaks a rule of CoAP"},
    [LN_OUTCOME_GONE] = {PROBLEM_DEVICE_GONE, "the device left, expired or registered anew"},
    [LN_OUTCOME_CANCELLED] = {PROBLEM_CANCELLED, "the operation was cancelled"},
    [LN_OUTCOME_TOO_LARGE] = {PROBLEM_DEVICE_BAD_PAYLOAD,
                              "the answer is longer than what is kept of one"},
    [LN_OUTCOME_INCOMPLETE] = {PROBLEM_DEVICE_BAD_PAYLOAD,
                               "the body changed while it was moved in blocks: try again"},
    [LN_OUTCOME_CLOSED] = {PROBLEM_STOPPING, "the server is stopping"},
    [LN_OUTCOME_UNKNOWN] =
        {PROBLEM_OUTCOME_UNKNOWN,
         "the message has left, no answer came, and a second one could do it "
         "twice: see what the device has, or ask with retry=true"},
    [LN_OUTCOME_EXPIRED] = {PROBLEM_EXPIRED,
                            "the device was not heard until the operation expired: it has not "
                            "been carried out"},
};

void data_explain(const struct operation_call *op, struct problem_text *out)
{
    if (op->outcome == LN_OUTCOME_ANSWERED) {
        explain_answer(op, out);
        return;
    }
    problem_set(out, outcomes[op->outcome].kind, "%s", outcomes[op->outcome].detail);
    if (op->outcome == LN_OUTCOME_NO_ANSWER || op->outcome == LN_OUTCOME_UNKNOWN) {
        set_operation(out, op);
    }
}

static void problem_with_id(struct request *request, enum problem_kind kind, const char *detail)
{
    struct problem_text text;

    problem_set(&text, kind, "%s", detail);
    set_operation(&text, request->state);
    problem_answer(request, &text);
}

static void respond_queued(struct request *request, const struct operation_call *op)
{
    if (op->copy == NULL) {
        problem(request, PROBLEM_NO_MEMORY, "no memory to tell of it, but it is queued");
    } else {
        operation_respond(request, 202, op->copy);
    }
}

/* Whether the device did what it was asked to; else the problem is set. */
static bool succeeded(struct request *request)
{
    const struct operation_call *op = request->state;
    struct problem_text text;

    if (op->broken) {
        problem_with_id(request, PROBLEM_READ_ONLY,
                        "the disk takes nothing: what is queued may be lost until it does");
        return false;
    }
    switch (op->end) {
    case OPERATION_UNKNOWN:
        return problem(request, PROBLEM_UNKNOWN_ENDPOINT,
                       "no device of this name is registered");
    case OPERATION_REFUSED:
        explain_refusal(request, op);
        return false;
    case OPERATION_QUEUED:
        respond_queued(request, op);
        return false;
    case OPERATION_TIMED_OUT:
        problem_with_id(
            request, PROBLEM_DEVICE_TIMEOUT,
            "the wait is over, the operation goes on: wait longer with timeout=SECONDS");
        return false;
    case OPERATION_BROKEN_OFF:
        return problem(request, PROBLEM_DEVICE_TIMEOUT,
                       "the device took too long for a block, and the transfer was broken off: "
                       "wait longer with timeout=SECONDS");
    case OPERATION_ABANDONED: /* nobody reads it; but the request has to end */
        return problem(request, PROBLEM_CANCELLED, "the caller closed its connection");
    case OPERATION_ENDED:
        break;
    }
    if (op->outcome == LN_OUTCOME_ANSWERED && ln_coap_code_class(op->code) == 2) {
        return true;
    }
    data_explain(op, &text);
    return problem_answer(request, &text);
}

void data_finish_empty(struct request *request)
{
    if (succeeded(request)) {
        respond_empty(request);
    }
}

/* ---- Read ---- */

/* A decoder for the answer, and what it keeps unescaped texts in. */
struct reading {
    struct ln_decoder decoder;
    struct ln_arena scratch;
    void *memory;
};

static bool open_reading(const struct operation_call *op, struct reading *reading,
                         struct problem_text *why)
{
    const struct ln_format *format = ln_format_find(formats, op->content_format);
    /* A text is never longer than it was in the payload; each takes up to 16 for alignment. */
    size_t size = 4 * op->payload_len + 1024;

    *reading = (struct reading){.memory = NULL};
    if (format == NULL && op->content_format == LN_FORMAT_NONE) {
        return problem_set(why, PROBLEM_DEVICE_BAD_PAYLOAD,
                           "the answer does not say in which format it is");
    }
    if (format == NULL) {
        return problem_set(why, PROBLEM_DEVICE_BAD_PAYLOAD,
                           "the answer is in format %u, which this server does not read: ask "
                           "for another with format=",
                           op->content_format);
    }
    reading->memory = malloc(size);
    if (reading->memory == NULL) {
        return problem_set(why, PROBLEM_NO_MEMORY, "no memory for the answer: try again later");
    }
    reading->scratch = ln_arena(reading->memory, size);
    ln_decoder_init(&reading->decoder, format, op->path, ln_bytes(op->payload, op->payload_len),
                    &model_types, &reading->scratch);
    return true;
}

static bool explain_payload(struct problem_text *why, const struct ln_decoder *decoder)
{
    return problem_set(why, PROBLEM_DEVICE_BAD_PAYLOAD, "the answer, in format %s: %s",
                       decoder->format->name, ln_err_text(decoder->err));
}

static bool write_records(struct json_out *json, struct ln_decoder *decoder, int64_t received)
{
    struct ln_record record;
    bool is_oma_json = decoder->format == &ln_format_json;

    out_open(json, '{');
    out_key(json, "records");
    out_open(json, '[');
    while (ln_decode(decoder, &record)) {
        record_json(json, &record, is_oma_json, received);
    }
    out_close(json, ']');
    out_close(json, '}');
    return decoder->err == LN_OK;
}

static bool read_result(struct json_out *json, const struct operation_call *op,
                        struct problem_text *why)
{
    struct reading reading;

    if (!open_reading(op, &reading, why)) {
        return false;
    }
    bool good = write_records(json, &reading.decoder, op->answered_at) ||
                explain_payload(why, &reading.decoder);
    free(reading.memory);
    return good;
}

/* What a Read or Discover brought. */
static void respond_result(struct request *request)
{
    struct problem_text why;

    if (succeeded(request)) {
        struct json_out json = {.out = respond_json(request, 200)};
        if (!data_result_json(&json, request->state, &why)) {
            problem_answer(request, &why);
        }
    }
}

void data_finish_read(struct request *request)
{
    respond_result(request);
}

static void octets_of(struct request *request, struct ln_decoder *decoder)
{
    const struct operation_call *op = request->state;
    struct ln_record record;
    struct ln_record more;
    struct problem_text why;
    bool one = ln_decode(decoder, &record) && !ln_decode(decoder, &more);

    if (decoder->err != LN_OK) {
        explain_payload(&why, decoder);
        problem_answer(request, &why);
    } else if (!one || !ln_path_equal(record.path, op->path)) {
        problem(request, PROBLEM_NOT_ACCEPTABLE,
                "the answer is not one value: ask for application/json");
    } else if (record.value.type != LN_OPAQUE) {
        problem(request, PROBLEM_NOT_ACCEPTABLE, "the value is %s: ask for application/json",
                ln_type_name(record.value.type));
    } else {
        respond_octets(request, record.value.as.bytes);
    }
}

void data_finish_octets(struct request *request)
{
    struct reading reading;
    struct problem_text why;

    if (!succeeded(request)) {
        return;
    }
    if (!open_reading(request->state, &reading, &why)) {
        problem_answer(request, &why);
        return;
    }
    octets_of(request, &reading.decoder);
    free(reading.memory);
}

/* ---- Create ---- */

static void path_member(struct json_out *json, struct ln_path path)
{
    char text[LN_PATH_TEXT_MAX + 1];

    out_key(json, "path");
    out_text(json, path_text(path, text));
}

/* Where what was made can be read. */
static void add_location(struct request *request, struct ln_path path)
{
    struct text_out out = {.at = NULL};
    char text[LN_PATH_TEXT_MAX + 1];

    text_add(&out, "/api/v1/devices/");
    text_percent(&out, request->endpoint);
    text_add(&out, "/data");
    text_add(&out, path_text(path, text));
    text_bytes(&out, ln_bytes("", 1));
    if (out.failed) {
        text_free(&out);
    }
    request->answer.location = out.at;
}

/* Where the new instance is: as the device says, or as it was asked for. */
static bool created_path(const struct operation_call *op, struct ln_path *path,
                         struct problem_text *why)
{
    if (ln_path_of_text(ln_bytes_of_text(op->location), path) && path->depth == 2) {
        return true;
    }
    *path = ln_path_instance(op->path.id[0], op->instance);
    return op->instance != LN_ID_NONE ||
           problem_set(why, PROBLEM_DEVICE_BAD_PAYLOAD,
                       "the device created an instance and did not say which");
}

static bool create_result(struct json_out *json, const struct operation_call *op,
                          struct problem_text *why)
{
    struct ln_path path;

    if (!created_path(op, &path, why)) {
        return false;
    }
    out_open(json, '{');
    path_member(json, path);
    out_close(json, '}');
    return true;
}

void data_finish_create(struct request *request)
{
    struct problem_text why;
    struct ln_path path;

    if (!succeeded(request)) {
        return;
    }
    struct json_out json = {.out = respond_json(request, 201)};
    if (!create_result(&json, request->state, &why) ||
        !created_path(request->state, &path, &why)) {
        problem_answer(request, &why);
        return;
    }
    add_location(request, path);
}

/* ---- Discover ---- */

/* Those that LwM2M defines as numbers; "ver" looks like one and is none. */
static bool is_number(struct ln_bytes name)
{
    static const char *const numbers[] = {"pmin",  "pmax",  "gt",      "lt",   "st",
                                          "dim",   "epmin", "epmax",   "edge", "con",
                                          "hqmax", "ssid",  "lifetime"};

    for (size_t i = 0; i < LN_COUNT(numbers); i++) {
        if (ln_bytes_are(name, numbers[i])) {
            return true;
        }
    }
    return false;
}

static void attribute_json(struct json_out *json, const struct ln_link_attribute *attribute)
{
    double number;

    out_key_bytes(json, attribute->name);
    if (!attribute->has_value) {
        out_boolean(json, true);
    } else if (is_number(attribute->name) && ln_double_of_text(attribute->value, &number)) {
        out_double(json, number);
    } else {
        out_string(json, attribute->value);
    }
}

/* Whether an attribute of that name stands before it: JSON has each name once, the first counts. */
static bool stands_before(struct ln_bytes attributes, const struct ln_link_attribute *attribute)
{
    struct ln_reader in = ln_reader(attributes);
    struct ln_link_attribute other;

    while (ln_link_attribute_next(&in, &other) && other.name.at != attribute->name.at) {
        if (ln_bytes_equal(other.name, attribute->name)) {
            return true;
        }
    }
    return false;
}

static void link_json(struct json_out *json, struct ln_path path, struct ln_bytes attributes)
{
    struct ln_reader in = ln_reader(attributes);
    struct ln_link_attribute attribute;

    out_open(json, '{');
    path_member(json, path);
    out_key(json, "attributes");
    out_open(json, '{');
    while (ln_link_attribute_next(&in, &attribute)) {
        if (!stands_before(attributes, &attribute)) {
            attribute_json(json, &attribute);
        }
    }
    out_close(json, '}');
    out_close(json, '}');
}

/* A link without the root that the device registered. False: it is none of LwM2M's. */
static bool path_of_link(const char *root, struct ln_bytes target, struct ln_path *path)
{
    struct ln_bytes prefix = ln_bytes_of_text(root);

    if (ln_bytes_start_with(target, prefix)) {
        target = ln_bytes(target.at + prefix.len, target.len - prefix.len);
    }
    return ln_path_of_text(target, path);
}

static bool write_links(struct json_out *json, const struct operation_call *op)
{
    struct ln_reader in = ln_reader(ln_bytes(op->payload, op->payload_len));
    struct ln_link_format link;
    struct ln_path path;

    out_open(json, '{');
    out_key(json, "links");
    out_open(json, '[');
    while (ln_link_next(&in, &link)) {
        if (path_of_link(op->root, link.target, &path)) {
            link_json(json, path, link.attributes);
        }
    }
    out_close(json, ']');
    out_close(json, '}');
    return !in.failed;
}

static bool discover_result(struct json_out *json, const struct operation_call *op,
                            struct problem_text *why)
{
    if (op->payload_len > 0 && op->content_format != LN_FORMAT_LINK) {
        return problem_set(why, PROBLEM_DEVICE_BAD_PAYLOAD, "the answer is no list of links");
    }
    return write_links(json, op) ||
           problem_set(why, PROBLEM_DEVICE_BAD_PAYLOAD,
                       "the answer's list of links is not well formed");
}

void data_finish_discover(struct request *request)
{
    respond_result(request);
}

/* ---- Any ---- */

bool data_result_json(struct json_out *json, const struct operation_call *op,
                      struct problem_text *why)
{
    switch (op->kind) {
    case LN_OPERATION_READ:
        return read_result(json, op, why);
    case LN_OPERATION_DISCOVER:
        return discover_result(json, op, why);
    case LN_OPERATION_CREATE:
        return create_result(json, op, why);
    default:
        out_null(json);
        return true;
    }
}
