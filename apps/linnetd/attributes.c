/* Attributes of information reporting between JSON and the query of a Write-Attributes. */

#include "linnetd/attributes.h"

#include "linnetd/data.h"
#include "linnetd/data_result.h"
#include "linnetd/routes.h"

#include <linnet/lwm2m.h>

#include <string.h>

enum { NUMBER_TEXT_MAX = 64 };

/* The number as a decimal. False: it is none, or no decimal of that length says it. */
static bool number_text(const json_t *value, struct ln_writer *w)
{
    if (json_is_integer(value)) {
        ln_write_integer_text(w, json_integer_value(value));
    } else if (json_is_real(value)) {
        ln_write_double_short(w, json_real_value(value));
    } else if (json_is_string(value) && json_string_length(value) > 0) {
        ln_write_bytes(w, ln_bytes(json_string_value(value), json_string_length(value)));
    } else {
        return false;
    }
    return !w->failed;
}

static const char *expected(const char *name)
{
    if (strcmp(name, "pmin") == 0 || strcmp(name, "pmax") == 0) {
        return "whole seconds from 0 to 4294967295, or null to remove it";
    }
    return strcmp(name, "st") == 0 ? "a decimal number of 0 or more, or null to remove it"
                                   : "a decimal number, or null to remove it";
}

static bool is_known(const char *name)
{
    for (int i = 0; i < LN_ATTRIBUTES; i++) {
        if (strcmp(name, ln_attribute_name((enum ln_attribute)i)) == 0) {
            return true;
        }
    }
    return false;
}

/* One member: "pmin=10" or "pmin", behind what is there. */
static bool read_member(struct request *request, const char *name, const json_t *value,
                        struct ln_attributes *change, struct ln_writer *out)
{
    uint8_t bytes[NUMBER_TEXT_MAX];
    struct ln_writer item = ln_writer(bytes, sizeof(bytes));

    if (!is_known(name)) {
        return problem(request, PROBLEM_UNKNOWN_MEMBER,
                       "\"%.64s\" is no attribute: they are pmin, pmax, gt, lt and st", name);
    }
    ln_write_text(&item, name);
    if (!json_is_null(value)) {
        ln_write_u8(&item, '=');
    }
    bool good = (json_is_null(value) || number_text(value, &item)) && !item.failed &&
                ln_attributes_read(ln_writer_bytes(&item), change) == LN_OK;
    if (!good) {
        return problem(request, PROBLEM_BAD_VALUE, "\"%s\": it is %s", name, expected(name));
    }
    if (out->written > 0) {
        ln_write_u8(out, '&');
    }
    ln_write_bytes(out, ln_writer_bytes(&item));
    return !out->failed ||
           problem(request, PROBLEM_BAD_VALUE, "\"%s\": the attributes are too long", name);
}

static bool fits(struct request *request, const struct ln_attributes *change,
                 struct ln_path path)
{
    struct ln_attributes whole = {.set = 0};

    for (int i = 0; i < LN_ATTRIBUTES; i++) {
        struct ln_attributes one = {.set = (uint8_t)((change->set | change->unset) & 1U << i)};
        if (!ln_attributes_fit(&one, path)) {
            return problem(request, PROBLEM_BAD_VALUE,
                           "\"%s\": it is for a resource or a resource instance",
                           ln_attribute_name((enum ln_attribute)i));
        }
    }
    return ln_attributes_change(&whole, change) == LN_OK ||
           problem(request, PROBLEM_BAD_VALUE,
                   "\"lt\": it contradicts \"gt\" or \"st\": lt is below gt, and so is "
                   "lt + 2 st");
}

bool attributes_read(struct request *request, json_t *object, struct ln_path path,
                     struct ln_writer *out)
{
    struct ln_attributes change = {.set = 0};
    const char *name;
    json_t *value;

    if (!json_is_object(object) || json_object_size(object) == 0) {
        return problem(request, PROBLEM_BAD_JSON,
                       "attributes are an object with one of pmin, pmax, gt, lt and st, or "
                       "more");
    }
    json_object_foreach(object, name, value)
    {
        if (!read_member(request, name, value, &change, out)) {
            return false;
        }
    }
    return fits(request, &change, path);
}

void attributes_json(struct json_out *json, struct ln_bytes query)
{
    struct ln_reader in = ln_reader(query);

    out_open(json, '{');
    while (ln_reader_left(&in) > 0) {
        struct ln_reader item = ln_reader(ln_read_until(&in, '&'));
        struct ln_bytes name = ln_read_until(&item, '=');
        struct ln_bytes value = ln_read_rest(&item);
        double number;
        out_key_bytes(json, name);
        if (value.len == 0) {
            out_null(json);
        } else if (ln_double_of_text(value, &number)) {
            out_double(json, number);
        } else {
            out_string(json, value);
        }
    }
    out_close(json, '}');
}

void handle_attributes(struct request *request)
{
    static const char *const members[] = {"pmin", "pmax", "gt", "lt", "st", NULL};
    struct data *data = data_begin(request, LN_OPERATION_WRITE_ATTRIBUTES);

    if (data == NULL) {
        return;
    }
    json_t *body = request_json(request, false, members);
    struct ln_writer query = ln_writer(data->op.attributes, sizeof(data->op.attributes));
    if (body != NULL && attributes_read(request, body, data->op.path, &query)) {
        data->op.query = ln_writer_bytes(&query);
        data_ask(request, data_finish_empty);
    }
}
