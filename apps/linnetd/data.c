/* /devices/{endpoint}/data/{path}: Read, Write, Execute, Create and Delete. */

#include "linnetd/data.h"

#include "linnetd/daemon.h"
#include "linnetd/data_result.h"
#include "linnetd/models.h"
#include "linnetd/octets.h"
#include "linnetd/routes.h"

#include <stdlib.h>
#include <string.h>

enum {
    TIMEOUT_DEFAULT_MS = 10 * 1000,
    TIMEOUT_MAX = 3600,
    EXPIRES_DEFAULT = 7 * 24 * 3600,
    EXPIRES_MAX = 366 * 24 * 3600,
};

static void free_data(void *state)
{
    struct data *data = state;

    octets_leave(data->octets);
    values_free(&data->values);
    free(data->op.payload);
    operation_copy_free(data->op.copy);
}

/* ---- Path and query ---- */

bool data_read_path(struct request *request, struct ln_path *path)
{
    size_t wrong;

    if (!model_path(request->tail, request->tail_count, path, &wrong)) {
        struct ln_bytes segment = request->tail[wrong];
        return problem(request, PROBLEM_BAD_PATH,
                       "\"%.*s\": a path is object/instance/resource/resource instance, in "
                       "numbers from 0 to 65534 "
                       "or in names that a model knows",
                       segment.len < 64 ? (int)segment.len : 64, (const char *)segment.at);
    }
    return true;
}

static bool read_timeout(struct request *request, int64_t *ms)
{
    char text[24];
    double seconds;

    *ms = TIMEOUT_DEFAULT_MS;
    if (!request_query(request, "timeout", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    if (!ln_double_of_text(ln_bytes_of_text(text), &seconds) ||
        !(seconds > 0 && seconds <= TIMEOUT_MAX)) {
        return problem(request, PROBLEM_BAD_QUERY,
                       "timeout: it is a number of seconds up to %d", TIMEOUT_MAX);
    }
    *ms = (int64_t)(seconds * 1000);
    return true;
}

static bool read_switch(struct request *request, const char *name, bool *out)
{
    char text[8];

    if (!request_query(request, name, text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0 ||
           problem(request, PROBLEM_BAD_QUERY, "%s: it is true or false", name);
}

/* Whether, and how long, the operation may wait for its device. */
static bool read_terms(struct request *request, struct operation_call *op)
{
    uint64_t expires = EXPIRES_DEFAULT;

    op->queue = true;
    if (!read_switch(request, "async", &op->async) ||
        !read_switch(request, "queue", &op->queue) ||
        !read_switch(request, "retry", &op->retry) ||
        !request_query_number(request, "expires", 1, EXPIRES_MAX, &expires)) {
        return false;
    }
    op->expires_ms = (int64_t)expires * 1000;
    return op->queue || !op->async ||
           problem(request, PROBLEM_BAD_QUERY,
                   "async: with queue=false nothing could wait for the device");
}

static bool read_format(struct request *request, const struct ln_format **format)
{
    char text[24];

    if (!request_query(request, "format", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    *format = ln_format_named(formats, text);
    return *format != NULL ||
           problem(request, PROBLEM_BAD_QUERY,
                   "format: it is tlv, json, text, opaque, cbor, senml-json or senml-cbor");
}

struct data *data_begin(struct request *request, enum ln_operation_kind kind)
{
    static const char *const names[] = {"timeout", "format", "async", "queue",
                                        "expires", "retry",  NULL};
    struct data *data = request_state(request, sizeof(*data), free_data);

    if (data == NULL || !request_query_only(request, names) ||
        !data_read_path(request, &data->op.path) ||
        !read_timeout(request, &data->op.timeout_ms) ||
        !read_format(request, &data->op.format) || !read_terms(request, &data->op)) {
        return NULL;
    }
    data->op.kind = kind;
    return data;
}

void data_ask(struct request *request, void (*finish)(struct request *))
{
    ask_shard(request, daemon_shard_of(request->daemon, request->endpoint), operation_run,
              finish);
}

/* What the model of a resource has to say of it; all where no model knows it. */
static bool model_allows(struct ln_path path, unsigned operation)
{
    const struct model_resource *resource =
        path.depth >= 3 ? model_resource_find(path.id[0], path.id[2]) : NULL;

    return resource == NULL || (resource->operations & operation) != 0;
}

/* ---- The operations ---- */

void handle_data_read(struct request *request)
{
    struct data *data = data_begin(request, LN_OPERATION_READ);

    if (data == NULL) {
        return;
    }
    data->op.octets = octets_are_named(request, "Accept");
    if (data->op.octets && data->op.path.depth < 3) {
        problem(request, PROBLEM_NOT_ACCEPTABLE,
                "application/octet-stream is for one resource: all else is application/json");
        return;
    }
    if (data->op.octets && data->op.async) {
        problem(request, PROBLEM_BAD_QUERY,
                "async: bytes as they are do not wait: leave it out, or ask for "
                "application/json");
        return;
    }
    if (data->op.octets) {
        octets_read(request, data);
    } else {
        data_ask(request, data_finish_read);
    }
}

static bool is_writable(struct request *request, struct ln_path path)
{
    char text[LN_PATH_TEXT_MAX + 1];

    return model_allows(path, LN_WRITE) ||
           problem(request, PROBLEM_NOT_WRITABLE, "%s: its object does not let it be written",
                   path_text(path, text));
}

static bool all_writable(struct request *request, const struct values *values)
{
    for (size_t i = 0; i < values->count; i++) {
        if (!is_writable(request, values->records[i].path)) {
            return false;
        }
    }
    return true;
}

/* The body is the value, as it is. */
static bool read_octets(struct request *request, struct data *data)
{
    struct ln_value value = ln_value_opaque(ln_bytes(request->body.at, request->body.len));

    return values_add_one(request, data->op.path, value, &data->values);
}

static bool read_json(struct request *request, struct data *data)
{
    static const char *const members[] = {"value", "values", "type", NULL};
    json_t *body = request_json(request, false, members);

    return body != NULL && values_read(request, body, data->op.path, &data->values) &&
           all_writable(request, &data->values);
}

/* What can be said before the body has come. NULL: the problem is set. */
static struct data *begin_write(struct request *request, enum ln_operation_kind kind)
{
    struct data *data = data_begin(request, kind);

    if (data == NULL || !is_writable(request, data->op.path)) {
        return NULL;
    }
    if (data->op.path.depth < 2) {
        problem(request, PROBLEM_BAD_PATH,
                "a Write is for an instance, a resource or a resource instance");
        return NULL;
    }
    return data;
}

static void write_values(struct request *request, struct data *data)
{
    bool octets = octets_are_named(request, "Content-Type");

    if (octets ? read_octets(request, data) : read_json(request, data)) {
        data->op.records = data->values.records;
        data->op.record_count = data->values.count;
        data_ask(request, data_finish_empty);
    }
}

void prepare_data_write(struct request *request)
{
    struct data *data;

    if (octets_are_named(request, "Content-Type") &&
        (data = begin_write(request, LN_OPERATION_WRITE)) != NULL &&
        values_may_be(request, data->op.path, LN_OPAQUE)) {
        octets_expect(request);
    }
}

void handle_data_write(struct request *request)
{
    struct data *data = request->state; /* as it was prepared */

    if (data == NULL) {
        data = begin_write(request, LN_OPERATION_WRITE);
    }
    if (data != NULL && !octets_written(request, data)) {
        write_values(request, data);
    }
}

void handle_data_update(struct request *request)
{
    struct data *data = begin_write(request, LN_OPERATION_WRITE_PARTIAL);

    if (data != NULL) {
        write_values(request, data);
    }
}

static void execute(struct request *request, struct data *data)
{
    static const char *const members[] = {"arguments", NULL};
    json_t *body = request_json(request, true, members);
    char text[LN_PATH_TEXT_MAX + 1];

    if (body == NULL) {
        return;
    }
    if (!model_allows(data->op.path, LN_EXECUTE)) {
        problem(request, PROBLEM_NOT_EXECUTABLE, "%s: its object does not let it be executed",
                path_text(data->op.path, text));
        return;
    }
    const json_t *arguments = json_object_get(body, "arguments");
    if (arguments != NULL && !json_is_string(arguments)) {
        problem(request, PROBLEM_BAD_JSON, "\"arguments\" is a string such as \"0='x',1\"");
        return;
    }
    data->op.arguments = ln_bytes(json_string_value(arguments), json_string_length(arguments));
    if (!ln_arguments_valid(data->op.arguments)) {
        problem(request, PROBLEM_BAD_VALUE,
                "\"arguments\" is a list such as 0='x',1: digits, each once, with values "
                "between single quotes");
        return;
    }
    data_ask(request, data_finish_empty);
}

static bool read_instance(struct request *request, json_t *body, uint16_t *instance)
{
    const json_t *json = json_object_get(body, "instance");
    json_int_t number = json_integer_value(json);

    if (json != NULL && (!json_is_integer(json) || number < 0 || number > LN_ID_MAX)) {
        return problem(request, PROBLEM_BAD_VALUE, "\"instance\" is a number from 0 to 65534");
    }
    *instance = json != NULL ? (uint16_t)number : LN_ID_NONE;
    return true;
}

/* An instance that holds nothing yet, but has its number. */
static bool add_empty(struct request *request, struct data *data, struct ln_path base)
{
    return values_add_one(request, base, (struct ln_value){.type = LN_NONE}, &data->values);
}

/*
 * The values are read as those of an instance. With its number, they travel as that instance
 * within the object; without, the device chooses one, and TLV holds the bare resources.
 */
static void create(struct request *request, struct data *data)
{
    static const char *const members[] = {"instance", "values", "type", NULL};
    json_t *body = request_json(request, false, members);
    uint16_t instance = LN_ID_NONE;

    if (body == NULL || !read_instance(request, body, &instance)) {
        return;
    }
    struct ln_path base = {{data->op.path.id[0], instance, 0, 0}, 2};
    if (values_read(request, body, base, &data->values) &&
        (data->values.count > 0 || instance == LN_ID_NONE || add_empty(request, data, base))) {
        data->op.kind = LN_OPERATION_CREATE;
        data->op.records = data->values.records;
        data->op.record_count = data->values.count;
        data->op.instance = instance;
        data_ask(request, data_finish_create);
    }
}

void handle_data_post(struct request *request)
{
    struct data *data = data_begin(request, LN_OPERATION_EXECUTE);

    if (data == NULL) {
        return;
    }
    if (data->op.path.depth == 1) {
        create(request, data);
    } else if (data->op.path.depth == 3) {
        execute(request, data);
    } else {
        problem(request, PROBLEM_BAD_PATH,
                "POST creates an instance of an object, or executes a resource");
    }
}

void handle_discover(struct request *request)
{
    if (data_begin(request, LN_OPERATION_DISCOVER) != NULL) {
        data_ask(request, data_finish_discover);
    }
}

void handle_data_delete(struct request *request)
{
    if (data_begin(request, LN_OPERATION_DELETE) != NULL) {
        data_ask(request, data_finish_empty);
    }
}
