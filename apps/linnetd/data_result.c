/* What came of an operation, as the answer to the request. */

#include "linnetd/data_result.h"

#include "linnetd/json_out.h"
#include "linnetd/models.h"
#include "linnetd/operation.h"
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

static void explain_outcome(struct request *request, const struct operation_call *op)
{
    switch (op->outcome) {
    case LN_OUTCOME_ANSWERED:
        problem_of_device(request, op->code,
                          op->content_format == LN_FORMAT_NONE
                              ? ln_bytes(op->payload, op->payload_len)
                              : ln_bytes(NULL, 0));
        break;
    case LN_OUTCOME_NO_ANSWER:
        problem_of_operation(request, PROBLEM_DEVICE_TIMEOUT, op->id,
                             "all copies of the message were sent, and the device did not "
                             "answer: the operation is over");
        break;
    case LN_OUTCOME_RESET:
        problem(request, PROBLEM_DEVICE_RESET,
                "the device does not know what the message belongs to");
        break;
    case LN_OUTCOME_UNDECODABLE:
        problem(request, PROBLEM_DEVICE_BAD_PAYLOAD, "the answer breaks a rule of CoAP");
        break;
    case LN_OUTCOME_GONE:
        problem(request, PROBLEM_DEVICE_GONE, "the device left, expired or registered anew");
        break;
    case LN_OUTCOME_CANCELLED:
        problem(request, PROBLEM_CANCELLED, "the operation was cancelled");
        break;
    case LN_OUTCOME_TOO_LARGE:
        problem(request, PROBLEM_DEVICE_BAD_PAYLOAD,
                "the answer is longer than what is kept of one");
        break;
    case LN_OUTCOME_INCOMPLETE:
        problem(request, PROBLEM_DEVICE_BAD_PAYLOAD,
                "the body changed while it was moved in blocks: try again");
        break;
    case LN_OUTCOME_CLOSED:
        problem(request, PROBLEM_STOPPING, "the server is stopping");
        break;
    case LN_OUTCOME_UNKNOWN:
    case LN_OUTCOME_EXPIRED:
        problem_of_operation(request, PROBLEM_DEVICE_TIMEOUT, op->id,
                             "the device did not answer: the operation is over");
        break;
    }
}

/* Whether the device did what it was asked to; else the problem is set. */
static bool succeeded(struct request *request)
{
    const struct operation_call *op = request->state;

    switch (op->end) {
    case OPERATION_UNKNOWN:
        return problem(request, PROBLEM_UNKNOWN_ENDPOINT,
                       "no device of this name is registered");
    case OPERATION_REFUSED:
        explain_refusal(request, op);
        return false;
    case OPERATION_TIMED_OUT:
        problem_of_operation(
            request, PROBLEM_DEVICE_TIMEOUT, op->id,
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
    explain_outcome(request, op);
    return false;
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

/* False: the problem is set. */
static bool open_reading(struct request *request, struct reading *reading)
{
    const struct operation_call *op = request->state;
    const struct ln_format *format = ln_format_find(formats, op->content_format);
    /* A text is never longer than it was in the payload; each takes up to 16 for alignment. */
    size_t size = 4 * op->payload_len + 1024;

    *reading = (struct reading){.memory = NULL};
    if (format == NULL && op->content_format == LN_FORMAT_NONE) {
        return problem(request, PROBLEM_DEVICE_BAD_PAYLOAD,
                       "the answer does not say in which format it is");
    }
    if (format == NULL) {
        return problem(request, PROBLEM_DEVICE_BAD_PAYLOAD,
                       "the answer is in format %u, which this server does not read: ask for "
                       "another with format=",
                       op->content_format);
    }
    reading->memory = malloc(size);
    if (reading->memory == NULL) {
        return problem(request, PROBLEM_NO_MEMORY, "no memory for the answer: try again later");
    }
    reading->scratch = ln_arena(reading->memory, size);
    ln_decoder_init(&reading->decoder, format, op->path, ln_bytes(op->payload, op->payload_len),
                    &model_types, &reading->scratch);
    return true;
}

static void explain_payload(struct request *request, const struct ln_decoder *decoder)
{
    problem(request, PROBLEM_DEVICE_BAD_PAYLOAD, "the answer, in format %s: %s",
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

void data_finish_read(struct request *request)
{
    const struct operation_call *op = request->state;
    struct reading reading;

    if (!succeeded(request) || !open_reading(request, &reading)) {
        return;
    }
    struct json_out json = {.out = respond_json(request, 200)};
    if (!write_records(&json, &reading.decoder, op->answered_at)) {
        explain_payload(request, &reading.decoder);
    }
    free(reading.memory);
}

static void octets_of(struct request *request, struct ln_decoder *decoder)
{
    const struct operation_call *op = request->state;
    struct ln_record record;
    struct ln_record more;
    bool one = ln_decode(decoder, &record) && !ln_decode(decoder, &more);

    if (decoder->err != LN_OK) {
        explain_payload(request, decoder);
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

    if (succeeded(request) && open_reading(request, &reading)) {
        octets_of(request, &reading.decoder);
        free(reading.memory);
    }
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

void data_finish_create(struct request *request)
{
    const struct operation_call *op = request->state;
    struct ln_path path;

    if (!succeeded(request)) {
        return;
    }
    if (!ln_path_of_text(ln_bytes_of_text(op->location), &path) || path.depth != 2) {
        if (op->instance == LN_ID_NONE) {
            problem(request, PROBLEM_DEVICE_BAD_PAYLOAD,
                    "the device created an instance and did not say which");
            return;
        }
        path = ln_path_instance(op->path.id[0], op->instance);
    }
    struct json_out json = {.out = respond_json(request, 201)};
    out_open(&json, '{');
    path_member(&json, path);
    out_close(&json, '}');
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

void data_finish_discover(struct request *request)
{
    const struct operation_call *op = request->state;

    if (!succeeded(request)) {
        return;
    }
    if (op->payload_len > 0 && op->content_format != LN_FORMAT_LINK) {
        problem(request, PROBLEM_DEVICE_BAD_PAYLOAD, "the answer is no list of links");
        return;
    }
    struct json_out json = {.out = respond_json(request, 200)};
    if (!write_links(&json, op)) {
        problem(request, PROBLEM_DEVICE_BAD_PAYLOAD,
                "the answer's list of links is not well formed");
    }
}
