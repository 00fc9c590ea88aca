/* JSON bodies into records. */

#include "linnetd/values.h"

#include "linnetd/models.h"
#include "linnetd/time_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum ln_type type_named(const char *name)
{
    for (int type = LN_STRING; type <= LN_CORELNK; type++) {
        if (strcmp(ln_type_name((enum ln_type)type), name) == 0) {
            return (enum ln_type)type;
        }
    }
    return LN_NONE;
}

/* ---- One value of each type; NULL: fine, else what is expected ---- */

static struct ln_bytes text_of(const json_t *json)
{
    return ln_bytes(json_string_value(json), json_string_length(json));
}

static const char *read_string(struct values *values, const json_t *json, struct ln_value *out)
{
    (void)values;
    out->as.bytes = text_of(json);
    return json_is_string(json) ? NULL : "a string";
}

static const char *read_integer(struct values *values, const json_t *json, struct ln_value *out)
{
    (void)values;
    out->as.integer = json_integer_value(json);
    if (json_is_integer(json) ||
        (json_is_string(json) && ln_integer_of_text(text_of(json), &out->as.integer))) {
        return NULL;
    }
    return "an integer of 64 bits, as a number or a string";
}

static const char *read_unsigned(struct values *values, const json_t *json,
                                 struct ln_value *out)
{
    json_int_t number = json_integer_value(json);

    (void)values;
    out->as.unsigned_integer = (uint64_t)number;
    if ((json_is_integer(json) && number >= 0) ||
        (json_is_string(json) &&
         ln_unsigned_of_text(text_of(json), &out->as.unsigned_integer))) {
        return NULL;
    }
    return "an integer of 0 or more, of 64 bits, as a number or a string";
}

static const char *read_float(struct values *values, const json_t *json, struct ln_value *out)
{
    static const struct {
        const char *text;
        double value;
    } special[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};

    (void)values;
    out->as.number = json_number_value(json);
    if (json_is_number(json)) {
        return NULL;
    }
    for (size_t i = 0; json_is_string(json) && i < LN_COUNT(special); i++) {
        if (strcmp(json_string_value(json), special[i].text) == 0) {
            out->as.number = special[i].value;
            return NULL;
        }
    }
    if (json_is_string(json) && ln_double_of_text(text_of(json), &out->as.number)) {
        return NULL; /* as for integers, both forms are taken */
    }
    return "a number, \"NaN\", \"Infinity\" or \"-Infinity\"";
}

static const char *read_boolean(struct values *values, const json_t *json, struct ln_value *out)
{
    (void)values;
    out->as.boolean = json_is_true(json) || ln_bytes_are(text_of(json), "true");
    return json_is_boolean(json) || out->as.boolean || ln_bytes_are(text_of(json), "false")
               ? NULL
               : "true or false";
}

static const char *read_opaque(struct values *values, const json_t *json, struct ln_value *out)
{
    static const char wrong[] = "a string of base64";

    if (!json_is_string(json)) {
        return wrong;
    }
    size_t size = json_string_length(json);
    void *memory = ln_arena_take(&values->arena, size > 0 ? size : 1);
    struct ln_writer w = ln_writer(memory, memory != NULL ? size : 0);
    if (!ln_base64_decode(&w, text_of(json), false) || w.failed) {
        return wrong;
    }
    out->as.bytes = ln_writer_bytes(&w);
    return NULL;
}

static const char *read_time(struct values *values, const json_t *json, struct ln_value *out)
{
    int64_t ms;

    if (json_is_string(json) && time_of_text(text_of(json), &ms)) {
        out->as.integer = ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
        return NULL;
    }
    /* Times that RFC 3339 cannot say come out as seconds, and may come back. */
    return read_integer(values, json, out) == NULL ? NULL
                                                   : "a time such as \"2024-05-01T12:00:00Z\"";
}

static const char *read_objlnk(struct values *values, const json_t *json, struct ln_value *out)
{
    struct ln_reader in = ln_reader(json_is_string(json) ? text_of(json) : ln_bytes(NULL, 0));
    uint64_t object;
    uint64_t instance;

    (void)values;
    if (!ln_unsigned_of_text(ln_read_until(&in, ':'), &object) ||
        !ln_unsigned_of_text(ln_read_rest(&in), &instance) || object > UINT16_MAX ||
        instance > UINT16_MAX) {
        return "a link such as \"3:0\"";
    }
    out->as.link = (struct ln_objlnk){(uint16_t)object, (uint16_t)instance};
    return NULL;
}

static const char *read_nothing(struct values *values, const json_t *json, struct ln_value *out)
{
    (void)values;
    (void)json;
    (void)out;
    return "no value at all: it can only be executed";
}

static const char *(*const readers[])(struct values *, const json_t *, struct ln_value *) = {
    [LN_NONE] = read_nothing,      [LN_STRING] = read_string, [LN_INTEGER] = read_integer,
    [LN_UNSIGNED] = read_unsigned, [LN_FLOAT] = read_float,   [LN_BOOLEAN] = read_boolean,
    [LN_OPAQUE] = read_opaque,     [LN_TIME] = read_time,     [LN_OBJLNK] = read_objlnk,
    [LN_CORELNK] = read_string,
};

/* ---- Where it belongs ---- */

/* What the walk over a body carries along. */
struct walk {
    struct problem_text *problem;
    struct values *values;
    enum ln_type type; /* of the body's "type"; LN_NONE: not given */
};

const char *path_text(struct ln_path path, char out[LN_PATH_TEXT_MAX + 1])
{
    struct ln_writer w = ln_writer(out, LN_PATH_TEXT_MAX + 1);

    ln_write_path(&w, path);
    if (path.depth >= 2 && path.id[1] == LN_ID_NONE) { /* the device will choose it */
        w = ln_writer(out, LN_PATH_TEXT_MAX + 1);
        ln_write_path(&w, ln_path_object(path.id[0]));
        ln_write_text(&w, "/(new)");
        for (size_t i = 2; i < path.depth; i++) {
            ln_write_u8(&w, '/');
            ln_write_unsigned_text(&w, path.id[i]);
        }
    }
    ln_write_u8(&w, '\0');
    return out;
}

static bool add_record(struct walk *walk, struct ln_path path, struct ln_value value)
{
    struct values *values = walk->values;

    if (values->count == VALUES_MAX) {
        return problem_set(walk->problem, PROBLEM_BAD_VALUE, "a body may have %d values",
                           VALUES_MAX);
    }
    if (values->count == values->size) {
        size_t size = values->size > 0 ? 2 * values->size : 8;
        struct ln_record *records = realloc(values->records, size * sizeof(*records));
        if (records == NULL) {
            return problem_set(walk->problem, PROBLEM_NO_MEMORY,
                               "no memory for the values: try again later");
        }
        values->records = records;
        values->size = size;
    }
    values->records[values->count++] = (struct ln_record){.path = path, .value = value};
    return true;
}

/* LN_NONE stands for an executable and for what no model knows: the second needs a type. */
static bool type_at(struct walk *walk, struct ln_path path, enum ln_type *type)
{
    const struct model_resource *resource = model_resource_find(path.id[0], path.id[2]);
    char text[LN_PATH_TEXT_MAX + 1];

    *type = walk->type;
    if (*type != LN_NONE) {
        return true;
    }
    if (resource == NULL) {
        return problem_set(
            walk->problem, PROBLEM_UNKNOWN_TYPE,
            "no model knows %s: say what it is with \"type\", such as \"type\":\"integer\"",
            path_text(path, text));
    }
    *type = (enum ln_type)resource->type;
    return true;
}

static bool add_value(struct walk *walk, struct ln_path path, const json_t *json)
{
    char text[LN_PATH_TEXT_MAX + 1];
    struct ln_value value = {.type = LN_NONE};

    if (!type_at(walk, path, &value.type)) {
        return false;
    }
    const char *expected = readers[value.type](walk->values, json, &value);
    if (expected != NULL) {
        return problem_set(walk->problem, PROBLEM_BAD_VALUE, "%s: %s takes %s",
                           path_text(path, text), ln_type_name(value.type), expected);
    }
    return add_record(walk, path, value);
}

static bool child_path(struct walk *walk, struct ln_path parent, const char *key,
                       struct ln_path *out)
{
    struct ln_bytes name = ln_bytes_of_text(key);
    uint16_t id;
    char text[LN_PATH_TEXT_MAX + 1];

    if (ln_id_of_text(name, &id)) {
        *out = ln_path_add(parent, id);
        return true;
    }
    const struct model_resource *resource =
        parent.depth == 2 ? model_resource_named(model_find(parent.id[0]), name) : NULL;
    if (resource == NULL) {
        return problem_set(walk->problem, PROBLEM_BAD_PATH, "\"%.64s\" names nothing below %s",
                           key, path_text(parent, text));
    }
    *out = ln_path_add(parent, resource->id);
    return true;
}

/* Resource instances of a multiple resource; none of them is a value too. */
static bool add_instances(struct walk *walk, struct ln_path resource, json_t *object)
{
    const char *key;
    json_t *value;
    struct ln_path path;

    if (json_object_size(object) == 0) {
        return add_record(walk, resource, (struct ln_value){.type = LN_NONE});
    }
    json_object_foreach(object, key, value)
    {
        if (!child_path(walk, resource, key, &path) || !add_value(walk, path, value)) {
            return false;
        }
    }
    return true;
}

static bool add_resources(struct walk *walk, struct ln_path instance, json_t *object)
{
    const char *key;
    json_t *value;
    struct ln_path path;

    json_object_foreach(object, key, value)
    {
        if (!child_path(walk, instance, key, &path)) {
            return false;
        }
        bool added = json_is_object(value) ? add_instances(walk, path, value)
                                           : add_value(walk, path, value);
        if (!added) {
            return false;
        }
    }
    return true;
}

/* ---- The body ---- */

static bool read_type(struct walk *walk, json_t *body)
{
    const json_t *type = json_object_get(body, "type");

    if (type == NULL) {
        return true;
    }
    walk->type = json_is_string(type) ? type_named(json_string_value(type)) : LN_NONE;
    return walk->type != LN_NONE || problem_set(walk->problem, PROBLEM_UNKNOWN_TYPE,
                                                "\"type\" is string, integer, unsigned, float, "
                                                "boolean, opaque, time, objlnk or corelnk");
}

static bool read_values(struct walk *walk, json_t *body, struct ln_path path)
{
    json_t *value = json_object_get(body, "value");
    json_t *values = json_object_get(body, "values");

    if ((value == NULL) == (values == NULL)) {
        return problem_set(walk->problem, PROBLEM_BAD_JSON,
                           "the body has either \"value\" or \"values\"");
    }
    if (value != NULL) {
        return path.depth >= 3
                   ? add_value(walk, path, value)
                   : problem_set(walk->problem, PROBLEM_BAD_VALUE,
                                 "\"value\" is for one resource: an instance takes \"values\"");
    }
    if (!json_is_object(values)) {
        return problem_set(walk->problem, PROBLEM_BAD_JSON, "\"values\" is an object");
    }
    if (path.depth == 4) {
        return problem_set(walk->problem, PROBLEM_BAD_VALUE,
                           "a resource instance takes \"value\"");
    }
    return path.depth == 3 ? add_instances(walk, path, values)
                           : add_resources(walk, path, values);
}

static int compare_records(const void *a, const void *b)
{
    return ln_path_compare(((const struct ln_record *)a)->path,
                           ((const struct ln_record *)b)->path);
}

/* Formats want them in order; a name and a number may have meant the same. */
static bool sort(struct walk *walk)
{
    struct values *values = walk->values;
    char text[LN_PATH_TEXT_MAX + 1];

    if (values->count > 0) {
        qsort(values->records, values->count, sizeof(*values->records), compare_records);
    }
    for (size_t i = 1; i < values->count; i++) {
        if (ln_path_equal(values->records[i - 1].path, values->records[i].path)) {
            return problem_set(walk->problem, PROBLEM_BAD_VALUE, "%s is there twice",
                               path_text(values->records[i].path, text));
        }
    }
    return true;
}

bool values_parse(json_t *body, size_t text_length, struct ln_path path, struct values *out,
                  struct problem_text *problem)
{
    struct walk walk = {problem, out, LN_NONE};
    /* Base64 decodes to less than it is; the rest is for alignment. */
    size_t size = text_length + VALUES_MAX * sizeof(max_align_t);

    out->bytes = malloc(size);
    if (out->bytes == NULL) {
        return problem_set(problem, PROBLEM_NO_MEMORY,
                           "no memory for the values: try again later");
    }
    out->arena = ln_arena(out->bytes, size);
    return read_type(&walk, body) && read_values(&walk, body, path) && sort(&walk);
}

bool values_read(struct request *request, json_t *body, struct ln_path path, struct values *out)
{
    struct problem_text problem;

    return values_parse(body, request->body.len, path, out, &problem) ||
           problem_answer(request, &problem);
}

bool values_may_be(struct request *request, struct ln_path path, enum ln_type type)
{
    const struct model_resource *resource =
        path.depth >= 3 ? model_resource_find(path.id[0], path.id[2]) : NULL;
    char text[LN_PATH_TEXT_MAX + 1];

    if (path.depth < 3 && type != LN_NONE) {
        return problem(request, PROBLEM_BAD_PATH, "%s: one value is for one resource",
                       path_text(path, text));
    }
    if (resource != NULL && resource->type != type) {
        return problem(request, PROBLEM_BAD_VALUE, "%s: its type is %s, not %s",
                       path_text(path, text), ln_type_name((enum ln_type)resource->type),
                       ln_type_name(type));
    }
    return true;
}

bool values_add_one(struct request *request, struct ln_path path, struct ln_value value,
                    struct values *out)
{
    struct problem_text problem;
    struct walk walk = {&problem, out, value.type};

    return values_may_be(request, path, value.type) &&
           (add_record(&walk, path, value) || problem_answer(request, &problem));
}

void values_free(struct values *values)
{
    free(values->records);
    free(values->bytes);
    *values = (struct values){.records = NULL};
}
