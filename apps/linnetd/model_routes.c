/* GET /models and /models/{object}. */

#include "linnetd/http.h"
#include "linnetd/json_out.h"
#include "linnetd/models.h"
#include "linnetd/routes.h"

#include <linnet/lwm2m.h>

#include <stdio.h>

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 1000 };

static void flag(struct json_out *json, const char *key, bool value)
{
    out_key(json, key);
    out_boolean(json, value);
}

/* The members of a model but its resources. */
static void head_json(struct json_out *json, const struct model *model)
{
    char version[8];

    (void)snprintf(version, sizeof(version), "%u.%u", model->version_major,
                   model->version_minor);
    out_key(json, "id");
    out_unsigned(json, model->id);
    out_key(json, "name");
    out_text(json, model->name);
    out_key(json, "version");
    out_text(json, version);
    flag(json, "multiple", model->multiple);
    flag(json, "mandatory", model->mandatory);
    out_key(json, "source");
    out_text(json, model->source != NULL ? model->source : "built-in");
}

static void operations_json(struct json_out *json, unsigned operations)
{
    char text[4];

    (void)snprintf(text, sizeof(text), "%s%s%s", (operations & LN_READ) != 0 ? "R" : "",
                   (operations & LN_WRITE) != 0 ? "W" : "",
                   (operations & LN_EXECUTE) != 0 ? "E" : "");
    out_key(json, "operations");
    out_text(json, text);
}

static void resource_json(struct json_out *json, const struct model_resource *resource)
{
    out_open(json, '{');
    out_key(json, "id");
    out_unsigned(json, resource->id);
    out_key(json, "name");
    out_text(json, resource->name);
    out_key(json, "type");
    out_text(json, ln_type_name((enum ln_type)resource->type));
    operations_json(json, resource->operations);
    flag(json, "multiple", (resource->operations & LN_MANY) != 0);
    flag(json, "mandatory", (resource->operations & LN_MANDATORY) != 0);
    out_key(json, "unit");
    if (resource->unit[0] != '\0') {
        out_text(json, resource->unit);
    } else {
        out_null(json);
    }
    out_close(json, '}');
}

void handle_model_get(struct request *request)
{
    struct ln_bytes name = request->segments[request->segment_count - 1];
    const struct model *model;
    uint16_t id;

    if (!request_query_only(request, (const char *const[]){NULL})) {
        return;
    }
    model = ln_id_of_text(name, &id) ? model_find(id) : model_named(name);
    if (model == NULL) {
        problem(request, PROBLEM_UNKNOWN_MODEL,
                "\"%.*s\": no model of that number or name: give its definition with --models",
                name.len < 64 ? (int)name.len : 64, (const char *)name.at);
        return;
    }
    struct json_out json = {.out = respond_json(request, 200)};
    out_open(&json, '{');
    head_json(&json, model);
    out_key(&json, "resources");
    out_open(&json, '[');
    for (size_t i = 0; i < model->resource_count; i++) {
        resource_json(&json, &model->resources[i]);
    }
    out_close(&json, ']');
    out_close(&json, '}');
}

/* The cursor is the id of the last model that was given. */
static void list_json(struct json_out *json, uint64_t after, uint64_t limit)
{
    const struct model *last = NULL;
    size_t i = 0;

    while (i < model_count() && after != LN_ID_NONE && model_at(i)->id <= after) {
        i++;
    }
    out_open(json, '{');
    out_key(json, "items");
    out_open(json, '[');
    for (; i < model_count() && limit > 0; i++, limit--) {
        last = model_at(i);
        out_open(json, '{');
        head_json(json, last);
        out_close(json, '}');
    }
    out_close(json, ']');
    out_key(json, "next");
    if (i < model_count() && last != NULL) {
        char text[8];
        (void)snprintf(text, sizeof(text), "%u", last->id);
        out_text(json, text);
    } else {
        out_null(json);
    }
    out_key(json, "total");
    out_unsigned(json, model_count());
    out_close(json, '}');
}

void handle_models(struct request *request)
{
    static const char *const names[] = {"limit", "cursor", NULL};
    uint64_t limit = LIMIT_DEFAULT;
    uint64_t after = LN_ID_NONE;

    if (request_query_only(request, names) &&
        request_query_number(request, "limit", 1, LIMIT_MAX, &limit) &&
        request_query_number(request, "cursor", 0, LN_ID_MAX, &after)) {
        struct json_out json = {.out = respond_json(request, 200)};
        list_json(&json, after, limit);
    }
}
