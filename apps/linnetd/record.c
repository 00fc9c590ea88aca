/* Records into JSON. */

#include "linnetd/models.h"
#include "linnetd/values.h"

static void time_value(struct json_out *json, int64_t seconds)
{
    static const int64_t year_9999 = 253402300799;

    if (seconds < -year_9999 || seconds > year_9999) {
        out_integer(json, seconds); /* no RFC 3339 text says it */
    } else {
        out_time_ms(json, seconds * 1000);
    }
}

static void link_value(struct json_out *json, struct ln_objlnk link)
{
    char text[2 * 5 + 2];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_unsigned_text(&w, link.object);
    ln_write_u8(&w, ':');
    ln_write_unsigned_text(&w, link.instance);
    out_string(json, ln_writer_bytes(&w));
}

static void value_json(struct json_out *json, const struct ln_value *value)
{
    switch (value->type) {
    case LN_NONE:
        out_null(json);
        break;
    case LN_STRING:
    case LN_CORELNK:
        out_string(json, value->as.bytes);
        break;
    case LN_INTEGER:
        out_integer(json, value->as.integer);
        break;
    case LN_UNSIGNED:
        out_unsigned(json, value->as.unsigned_integer);
        break;
    case LN_FLOAT:
        out_double(json, value->as.number);
        break;
    case LN_BOOLEAN:
        out_boolean(json, value->as.boolean);
        break;
    case LN_OPAQUE:
        out_base64(json, value->as.bytes);
        break;
    case LN_TIME:
        time_value(json, value->as.integer);
        break;
    case LN_OBJLNK:
        link_value(json, value->as.link);
        break;
    }
}

static void path_json(struct json_out *json, struct ln_path path)
{
    char text[LN_PATH_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_path(&w, path);
    out_string(json, ln_writer_bytes(&w));
}

static void record_time(struct json_out *json, const struct ln_record *record, bool is_oma_json,
                        int64_t received_ms)
{
    int64_t ms = record->time_ns / 1000000;
    bool absolute = is_oma_json ? record->time_ns > 0 : record->time_ns >= LN_TIME_ABSOLUTE;

    if (record->time_ns != 0) {
        out_key(json, "time");
        out_time_ms(json, absolute ? ms : received_ms + ms);
    }
}

void record_members_json(struct json_out *json, const struct ln_record *record)
{
    const struct model_resource *resource =
        record->path.depth >= 3 ? model_resource_find(record->path.id[0], record->path.id[2])
                                : NULL;

    out_key(json, "path");
    path_json(json, record->path);
    if (resource != NULL) {
        out_key(json, "name");
        out_text(json, resource->name);
    }
    out_key(json, "type");
    out_text(json, ln_type_name(record->value.type));
    out_key(json, "value");
    value_json(json, &record->value);
    if (resource != NULL && resource->unit[0] != '\0') {
        out_key(json, "unit");
        out_text(json, resource->unit);
    }
}

void record_json(struct json_out *json, const struct ln_record *record, bool is_oma_json,
                 int64_t received_ms)
{
    out_open(json, '{');
    record_members_json(json, record);
    record_time(json, record, is_oma_json, received_ms);
    out_close(json, '}');
}
