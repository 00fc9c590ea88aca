/* Reads object definitions in the XML of the OMA registry, by Expat. */

#include "linnetd/model_file.h"

#include <linnet/lwm2m.h>

#include <expat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A definition as it is being read. The depths are those of LWM2M/Object/Resources/Item/Name. */
enum { DEPTH_OBJECT = 2, DEPTH_OF_OBJECT = 3, DEPTH_ITEM = 4, DEPTH_OF_ITEM = 5 };

struct reading {
    XML_Parser xml;
    const char *source;
    struct model_list *list;
    struct model_fault *fault;
    bool failed;
    int depth;
    struct model *object;            /* NULL: outside of one */
    struct model_resource *resource; /* NULL: outside of one */
    bool has_id;
    char text[MODEL_NAME_MAX + 1]; /* of the element, white space made single spaces */
    size_t text_len;
    bool text_cut;
};

static void fail(struct reading *in, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fail(struct reading *in, const char *format, ...)
{
    va_list arguments;

    if (in->failed) {
        return;
    }
    in->failed = true;
    in->fault->line = (unsigned long)XML_GetCurrentLineNumber(in->xml);
    va_start(arguments, format);
    (void)vsnprintf(in->fault->why, sizeof(in->fault->why), format, arguments);
    va_end(arguments);
    (void)XML_StopParser(in->xml, XML_FALSE);
}

static void object_free(struct model *object)
{
    if (object == NULL) {
        return;
    }
    for (size_t i = 0; i < object->resource_count; i++) {
        free((char *)(uintptr_t)object->resources[i].name);
        free((char *)(uintptr_t)object->resources[i].unit);
    }
    free((void *)(uintptr_t)object->resources);
    free((char *)(uintptr_t)object->name);
    free((char *)(uintptr_t)object->source);
    free(object);
}

void model_list_free(struct model_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        object_free(list->at[i]);
    }
    free(list->at);
    *list = (struct model_list){.at = NULL};
}

/* ---- What the elements say ---- */

static void set_text(struct reading *in, const char **out)
{
    if (in->text_cut) {
        fail(in, "a name or unit has at most %d bytes", MODEL_NAME_MAX);
        return;
    }
    free((char *)(uintptr_t)*out);
    *out = strdup(in->text);
    if (*out == NULL) {
        fail(in, "no memory");
    }
}

/* One of two words; white space at the ends does not count. */
static bool is_first(struct reading *in, const char *element, const char *first,
                     const char *second)
{
    bool is = strcmp(in->text, first) == 0;

    if (!is && strcmp(in->text, second) != 0) {
        fail(in, "%s is \"%.40s\": it is %s or %s", element, in->text, first, second);
    }
    return is;
}

static void set_object_id(struct reading *in)
{
    if (!ln_id_of_text(ln_bytes_of_text(in->text), &in->object->id)) {
        fail(in, "ObjectID is \"%.40s\": it is a number from 0 to 65534", in->text);
    }
    in->has_id = true;
}

static void set_object_version(struct reading *in)
{
    struct ln_reader text = ln_reader(ln_bytes_of_text(in->text));
    uint64_t major;
    uint64_t minor;

    if (in->text_len == 0) {
        return; /* 1.0 */
    }
    if (!ln_unsigned_of_text(ln_read_until(&text, '.'), &major) ||
        !ln_unsigned_of_text(ln_read_rest(&text), &minor) || major > UINT8_MAX ||
        minor > UINT8_MAX) {
        fail(in, "ObjectVersion is \"%.40s\": it is like 1.0", in->text);
        return;
    }
    in->object->version_major = (uint8_t)major;
    in->object->version_minor = (uint8_t)minor;
}

static void end_object_element(struct reading *in, const char *name)
{
    struct model *object = in->object;

    if (strcmp(name, "Name") == 0) {
        set_text(in, &object->name);
    } else if (strcmp(name, "ObjectID") == 0) {
        set_object_id(in);
    } else if (strcmp(name, "ObjectVersion") == 0) {
        set_object_version(in);
    } else if (strcmp(name, "MultipleInstances") == 0) {
        object->multiple = is_first(in, name, "Multiple", "Single");
    } else if (strcmp(name, "Mandatory") == 0) {
        object->mandatory = is_first(in, name, "Mandatory", "Optional");
    }
}

static void set_operations(struct reading *in)
{
    struct ln_reader text = ln_reader(ln_bytes_of_text(in->text));
    uint8_t operations = in->resource->operations;

    while (ln_reader_left(&text) > 0) {
        uint8_t c = ln_read_u8(&text);
        if (c != 'R' && c != 'W' && c != 'E') {
            fail(in, "Operations is \"%.40s\": it is R, W, RW, E or nothing", in->text);
            return;
        }
        operations |= (uint8_t)(c == 'R' ? LN_READ : c == 'W' ? LN_WRITE : LN_EXECUTE);
    }
    in->resource->operations = operations;
}

static void set_type(struct reading *in)
{
    static const struct {
        const char *text;
        enum ln_type type;
    } types[] = {
        {"", LN_NONE},           {"String", LN_STRING},
        {"Integer", LN_INTEGER}, {"Unsigned Integer", LN_UNSIGNED},
        {"Float", LN_FLOAT},     {"Boolean", LN_BOOLEAN},
        {"Opaque", LN_OPAQUE},   {"Time", LN_TIME},
        {"Objlnk", LN_OBJLNK},   {"Corelnk", LN_CORELNK},
    };

    for (size_t i = 0; i < LN_COUNT(types); i++) {
        if (strcmp(types[i].text, in->text) == 0) {
            in->resource->type = (uint8_t)types[i].type;
            return;
        }
    }
    fail(in, "Type is \"%.40s\": there is no such type", in->text);
}

static void set_flag(struct reading *in, const char *name, const char *yes, const char *no,
                     uint8_t flag)
{
    if (is_first(in, name, yes, no)) {
        in->resource->operations |= flag;
    }
}

static void end_item_element(struct reading *in, const char *name)
{
    if (strcmp(name, "Name") == 0) {
        set_text(in, &in->resource->name);
    } else if (strcmp(name, "Operations") == 0) {
        set_operations(in);
    } else if (strcmp(name, "MultipleInstances") == 0) {
        set_flag(in, name, "Multiple", "Single", LN_MANY);
    } else if (strcmp(name, "Mandatory") == 0) {
        set_flag(in, name, "Mandatory", "Optional", LN_MANDATORY);
    } else if (strcmp(name, "Type") == 0) {
        set_type(in);
    } else if (strcmp(name, "Units") == 0) {
        set_text(in, &in->resource->unit);
    }
}

/* ---- Objects and resources ---- */

static const char *attribute(const char **attributes, const char *name)
{
    for (; *attributes != NULL; attributes += 2) {
        if (strcmp(attributes[0], name) == 0) {
            return attributes[1];
        }
    }
    return "";
}

static void begin_object(struct reading *in, const char *kind)
{
    if (kind[0] != '\0' && strcmp(kind, "MODefinition") != 0) {
        return; /* the registry's list of reusable resources, say */
    }
    in->has_id = false;
    in->object = calloc(1, sizeof(*in->object));
    if (in->object == NULL) {
        fail(in, "no memory");
        return;
    }
    in->object->version_major = 1;
    in->object->source = strdup(in->source);
}

/* The resources of a model are const for all but the one who makes it. */
static struct model_resource *resources_of(struct model *object)
{
    return (struct model_resource *)(uintptr_t)object->resources;
}

static void begin_item(struct reading *in, const char **attributes)
{
    const char *id = attribute(attributes, "ID");
    struct model *object = in->object;
    size_t count = object->resource_count;

    if (count == MODEL_RESOURCES_MAX) {
        fail(in, "an object has at most %d resources", MODEL_RESOURCES_MAX);
        return;
    }
    struct model_resource *all = realloc(resources_of(object), (count + 1) * sizeof(*all));
    if (all == NULL) {
        fail(in, "no memory");
        return;
    }
    object->resources = all;
    in->resource = &all[count];
    *in->resource = (struct model_resource){.type = LN_NONE};
    object->resource_count++;
    if (!ln_id_of_text(ln_bytes_of_text(id), &in->resource->id)) {
        fail(in, "the ID of an Item is \"%.40s\": it is a number from 0 to 65534", id);
    }
}

static void end_item(struct reading *in)
{
    if (in->resource->name == NULL || in->resource->name[0] == '\0') {
        fail(in, "resource %u has no Name", in->resource->id);
    }
    if (in->resource->unit == NULL) {
        in->resource->unit = strdup("");
    }
    if (in->resource->unit == NULL) {
        fail(in, "no memory");
    }
    in->resource = NULL;
}

static int compare_resources(const void *a, const void *b)
{
    const struct model_resource *x = a;
    const struct model_resource *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static bool is_whole(struct reading *in)
{
    struct model *object = in->object;

    if (!in->has_id || object->name == NULL || object->name[0] == '\0' ||
        object->source == NULL) {
        fail(in, "the Object has no %s", in->has_id ? "Name" : "ObjectID");
        return false;
    }
    if (object->resource_count > 0) {
        qsort(resources_of(object), object->resource_count, sizeof(struct model_resource),
              compare_resources);
    }
    for (size_t i = 1; i < object->resource_count; i++) {
        if (object->resources[i - 1].id == object->resources[i].id) {
            fail(in, "resource %u is there twice", object->resources[i].id);
            return false;
        }
    }
    return true;
}

static void end_object(struct reading *in)
{
    struct model_list *list = in->list;

    if (!is_whole(in)) {
        return;
    }
    if (list->count == MODEL_OBJECTS_MAX) {
        fail(in, "there may be %d objects", MODEL_OBJECTS_MAX);
        return;
    }
    struct model **all = realloc(list->at, (list->count + 1) * sizeof(struct model *));
    if (all == NULL) {
        fail(in, "no memory");
        return;
    }
    list->at = all;
    list->at[list->count++] = in->object;
    in->object = NULL;
}

/* ---- Expat's callbacks ---- */

static void on_start(void *context, const char *name, const char **attributes)
{
    struct reading *in = context;

    in->depth++;
    in->text_len = 0;
    in->text_cut = false;
    in->text[0] = '\0';
    if (in->depth > MODEL_DEPTH_MAX) {
        fail(in, "more than %d elements within each other", MODEL_DEPTH_MAX);
    } else if (in->depth == DEPTH_OBJECT && strcmp(name, "Object") == 0) {
        begin_object(in, attribute(attributes, "ObjectType"));
    } else if (in->depth == DEPTH_ITEM && in->object != NULL && strcmp(name, "Item") == 0) {
        begin_item(in, attributes);
    }
}

static void trim(struct reading *in)
{
    if (in->text_len > 0 && in->text[in->text_len - 1] == ' ') {
        in->text[--in->text_len] = '\0';
    }
}

static void on_end(void *context, const char *name)
{
    struct reading *in = context;

    trim(in);
    if (in->failed) {
        return;
    }
    if (in->depth == DEPTH_OF_ITEM && in->resource != NULL) {
        end_item_element(in, name);
    } else if (in->depth == DEPTH_ITEM && in->resource != NULL) {
        end_item(in);
    } else if (in->depth == DEPTH_OF_OBJECT && in->object != NULL) {
        end_object_element(in, name);
    } else if (in->depth == DEPTH_OBJECT && in->object != NULL) {
        end_object(in);
    }
    in->depth--;
}

/* Descriptions are long, and cut; what is kept is short. */
static void on_text(void *context, const char *text, int len)
{
    struct reading *in = context;

    for (int i = 0; i < len; i++) {
        bool space = strchr(" \t\r\n", text[i]) != NULL;
        if (space && (in->text_len == 0 || in->text[in->text_len - 1] == ' ')) {
            continue;
        }
        if (in->text_len == MODEL_NAME_MAX) {
            in->text_cut = true;
            return;
        }
        in->text[in->text_len++] = space ? ' ' : text[i];
        in->text[in->text_len] = '\0';
    }
}

static void on_doctype(void *context, const char *name, const char *system, const char *public,
                       int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    fail(context, "a document type is not accepted: take the DOCTYPE out");
}

static void explain_xml(struct reading *in)
{
    if (!in->failed) {
        in->fault->line = (unsigned long)XML_GetCurrentLineNumber(in->xml);
        (void)snprintf(in->fault->why, sizeof(in->fault->why), "%s",
                       XML_ErrorString(XML_GetErrorCode(in->xml)));
    }
}

bool model_text_read(struct ln_bytes text, const char *source, struct model_list *list,
                     struct model_fault *fault)
{
    struct reading in = {
        .xml = XML_ParserCreate(NULL), .source = source, .list = list, .fault = fault};

    *fault = (struct model_fault){.line = 0};
    if (in.xml == NULL || text.len > MODEL_FILE_MAX) {
        (void)snprintf(fault->why, sizeof(fault->why), "%s",
                       in.xml == NULL ? "no memory" : "it is larger than 4 MiB");
        XML_ParserFree(in.xml);
        return false;
    }
    XML_SetUserData(in.xml, &in);
    XML_SetElementHandler(in.xml, on_start, on_end);
    XML_SetCharacterDataHandler(in.xml, on_text);
    XML_SetStartDoctypeDeclHandler(in.xml, on_doctype);
    bool good = XML_Parse(in.xml, (const char *)text.at, (int)text.len, 1) == XML_STATUS_OK;
    if (!good) {
        explain_xml(&in);
    }
    object_free(in.object);
    XML_ParserFree(in.xml);
    return good && !in.failed;
}
