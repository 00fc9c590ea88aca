/* An operation as the API shows it. */

#include "linnetd/operation_json.h"

#include "linnetd/data_result.h"
#include "linnetd/values.h"

static void time_member(struct json_out *json, const char *name, int64_t ms, bool is_set)
{
    out_key(json, name);
    if (is_set) {
        out_time_ms(json, ms);
    } else {
        out_null(json);
    }
}

/* What a device's answer says that cannot be told is the error of an operation that was done. */
static void result_members(struct json_out *json, const struct operation_copy *copy)
{
    struct problem_text why;
    bool failed = copy->state > LN_OPERATION_DONE;

    out_key(json, "result");
    struct json_out before = *json;
    size_t empty = json->out->len;
    if (copy->state != LN_OPERATION_DONE) {
        out_null(json);
    } else if (!data_result_json(json, &copy->op, &why)) {
        json->out->len = empty;
        *json = before;
        out_null(json);
        failed = true;
    }
    out_key(json, "error");
    if (copy->state > LN_OPERATION_DONE) {
        data_explain(&copy->op, &why);
    }
    if (failed) {
        problem_json(json, &why);
    } else {
        out_null(json);
    }
}

void operation_json(struct json_out *json, const struct operation_copy *copy)
{
    char text[LN_PATH_TEXT_MAX + OPERATION_ID_TEXT];

    operation_id_text(copy->op.number, text);
    out_open(json, '{');
    out_key(json, "id");
    out_text(json, text);
    out_key(json, "endpoint");
    out_string(json, copy->endpoint);
    out_key(json, "method");
    out_text(json, ln_operation_name(copy->op.kind));
    out_key(json, "path");
    out_text(json, path_text(copy->op.path, text));
    out_key(json, "state");
    out_text(json, ln_operation_state_name(copy->state));
    time_member(json, "created_at", copy->created_at, true);
    time_member(json, "expires_at", copy->expires_at, copy->expires_at != INT64_MAX);
    time_member(json, "ended_at", copy->ended_at, copy->ended_at != 0);
    result_members(json, copy);
    out_close(json, '}');
}

static void add_location(struct request *request, const struct operation_copy *copy)
{
    struct text_out out = {.at = NULL};
    char id[OPERATION_ID_TEXT];

    operation_id_text(copy->op.number, id);
    text_add(&out, "/api/v1/operations/");
    text_add(&out, id);
    text_bytes(&out, ln_bytes("", 1));
    if (out.failed) {
        text_free(&out);
    }
    request->answer.location = out.at;
}

void operation_respond(struct request *request, unsigned status,
                       const struct operation_copy *copy)
{
    struct json_out json = {.out = respond_json(request, status)};

    operation_json(&json, copy);
    if (status == 202) {
        add_location(request, copy);
    }
}
