/* What came of an operation, as the answer to the request. */

#include "linnetd/data_result.h"

#include "linnetd/json_out.h"
#include "linnetd/models.h"
#include "linnetd/operation.h"
#include "linnetd/values.h"

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
        problem(request, PROBLEM_TOO_LARGE, "the values do not fit one datagram");
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
        problem_of_device(request, op->code);
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
    case LN_OUTCOME_CLOSED:
        problem(request, PROBLEM_STOPPING, "the server is stopping");
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

static bool write_records(struct json_out *json, struct ln_decoder *decoder)
{
    struct ln_record record;

    out_open(json, '{');
    out_key(json, "records");
    out_open(json, '[');
    while (ln_decode(decoder, &record)) {
        record_json(json, &record);
    }
    out_close(json, ']');
    out_close(json, '}');
    return decoder->err == LN_OK;
}

void data_finish_read(struct request *request)
{
    const struct operation_call *op = request->state;

    if (!succeeded(request)) {
        return;
    }
    const struct ln_format *format = ln_format_find(formats, op->content_format);
    if (format == NULL) {
        if (op->content_format == LN_FORMAT_NONE) {
            problem(request, PROBLEM_DEVICE_BAD_PAYLOAD,
                    "the answer does not say in which format it is");
        } else {
            problem(request, PROBLEM_DEVICE_BAD_PAYLOAD,
                    "the answer is in format %u, which this server does not read",
                    op->content_format);
        }
        return;
    }
    uint8_t memory[16 * 1024]; /* for the unescaped texts of all records: of one datagram */
    struct ln_arena scratch = ln_arena(memory, sizeof(memory));
    struct ln_decoder decoder;
    struct json_out json = {.out = respond_json(request, 200)};
    ln_decoder_init(&decoder, format, op->path, ln_bytes(op->payload, op->payload_len),
                    &model_types, &scratch);
    if (!write_records(&json, &decoder)) {
        problem(request, PROBLEM_DEVICE_BAD_PAYLOAD, "the answer, in format %s: %s",
                format->name, ln_err_text(decoder.err));
    }
}

/* ---- Create ---- */

void data_finish_create(struct request *request)
{
    const struct operation_call *op = request->state;
    struct ln_path path;

    if (!succeeded(request)) {
        return;
    }
    if (op->instance != LN_ID_NONE) {
        path = ln_path_instance(op->path.id[0], op->instance);
    } else if (!ln_path_of_text(ln_bytes_of_text(op->location), &path) || path.depth != 2) {
        problem(request, PROBLEM_DEVICE_BAD_PAYLOAD,
                "the device created an instance and did not say which");
        return;
    }
    char text[LN_PATH_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));
    struct json_out json = {.out = respond_json(request, 201)};
    ln_write_path(&w, path);
    out_open(&json, '{');
    out_key(&json, "path");
    out_string(&json, ln_writer_bytes(&w));
    out_close(&json, '}');
}
