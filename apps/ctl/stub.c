/* Prints an object as C: its struct, its table, and how to use them. */

#include "ctl.h"

#include <ctype.h>
#include <string.h>

enum { NAME_MAX_C = 64 };

struct stub {
    const json_t *model;
    const json_t *resources;
    long long id;
    char object[NAME_MAX_C + 1];
};

/* ---- Names ---- */

static bool is_keyword(const char *name)
{
    static const char *const words[] = {
        "auto",     "bool",     "break",  "case",    "char",   "const",    "continue",
        "default",  "do",       "double", "else",    "enum",   "extern",   "false",
        "float",    "for",      "goto",   "if",      "inline", "int",      "long",
        "register", "restrict", "return", "short",   "signed", "sizeof",   "static",
        "struct",   "switch",   "true",   "typedef", "union",  "unsigned", "void",
        "volatile", "while",    "absent", "asm",     "typeof", "linux",    "unix",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* "Min Measured Value" as min_measured_value: letters, digits and single underscores. */
static void make_name(const char *text, char out[NAME_MAX_C + 1])
{
    size_t len = 0;

    for (; *text != '\0' && len + 3 < NAME_MAX_C; text++) {
        unsigned char c = (unsigned char)*text;
        bool letter = c < 128 && isalnum(c) != 0;
        if (letter && len == 0 && isdigit(c)) {
            out[len++] = 'r';
        }
        if (letter) {
            out[len++] = (char)tolower(c);
        } else if (len > 0 && out[len - 1] != '_') {
            out[len++] = '_';
        }
    }
    while (len > 0 && out[len - 1] == '_') {
        len--;
    }
    out[len] = '\0';
    if (len == 0 || is_keyword(out)) {
        (void)strcpy(out + len, len == 0 ? "r" : "_");
    }
}

static long long id_of(const json_t *object)
{
    return (long long)json_integer_value(json_object_get(object, "id"));
}

static const char *name_text(const json_t *object)
{
    const char *name = text_member(object, "name");

    return name != NULL ? name : "";
}

/* The member's name; where another resource before it has the same, with its id. */
static void member_name(const struct stub *stub, const json_t *resource,
                        char out[NAME_MAX_C + 24])
{
    char name[NAME_MAX_C + 1];
    char other_name[NAME_MAX_C + 1];
    json_t *other;
    size_t i;

    make_name(name_text(resource), name);
    (void)snprintf(out, NAME_MAX_C + 24, "%s", name);
    json_array_foreach(stub->resources, i, other)
    {
        make_name(name_text(other), other_name);
        if (other != resource && strcmp(name, other_name) == 0) {
            (void)snprintf(out, NAME_MAX_C + 24, "%s_%lld", name, id_of(resource));
            return;
        }
    }
}

/* A comment must not be ended by what is in it. */
static void print_comment(const char *text)
{
    for (; *text != '\0'; text++) {
        bool plain = (unsigned char)*text >= ' ' && *text != '/' && *text != '*';
        putchar(plain || (*text == '/' && text[1] != '*') ? *text : ' ');
    }
}

/* ---- Types ---- */

static const struct type {
    const char *name; /* as the API spells it */
    const char *row;
    const char *c;
} types[] = {
    {"string", "LN_STRING", "text"},         {"integer", "LN_INTEGER", "int64_t"},
    {"unsigned", "LN_UNSIGNED", "uint64_t"}, {"float", "LN_FLOAT", "double"},
    {"boolean", "LN_BOOLEAN", "bool"},       {"opaque", "LN_OPAQUE", "struct ln_buffer"},
    {"time", "LN_TIME", "int64_t"},          {"objlnk", "LN_OBJLNK", "struct ln_objlnk"},
    {"corelnk", "LN_CORELNK", "text"},       {"none", "LN_NONE", ""},
};

static const struct type *type_of(const json_t *resource)
{
    const char *name = text_member(resource, "type");

    for (size_t i = 0; name != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, name) == 0) {
            return &types[i];
        }
    }
    return &types[sizeof(types) / sizeof(types[0]) - 1];
}

static bool can(const json_t *resource, char operation)
{
    const char *operations = text_member(resource, "operations");

    return operations != NULL && strchr(operations, operation) != NULL;
}

static bool is(const json_t *resource, const char *name)
{
    return json_is_true(json_object_get(resource, name));
}

/* What is executed holds no value; nor has one whose type is none. */
static bool has_value(const json_t *resource)
{
    return type_of(resource)->c[0] != '\0' && !can(resource, 'E');
}

/* ---- The parts of the file ---- */

static void print_head(const struct stub *stub)
{
    printf("/*\n * Object %lld, ", stub->id);
    print_comment(name_text(stub->model));
    printf(".\n *\n * Made by `linnet models stub %lld`; it is yours to change. Leave out the "
           "rows that you do\n * not need. ",
           stub->id);
    if (is(stub->model, "multiple")) {
        printf("Give the client the table and its instances:\n *\n"
               " *     static struct %s items[2];\n"
               " *     static uint16_t ids[2] = {0, 1};\n"
               " *     static struct ln_instances instances = {\n"
               " *         .items = items, .ids = ids, .item_size = sizeof(items[0]),\n"
               " *         .capacity = 2, .count = 2,\n *     };\n"
               " *     { .object = &%s_object, .store = &instances }\n",
               stub->object, stub->object);
    } else {
        printf("Give the client the table and its one instance:\n *\n"
               " *     static struct %s %s;\n"
               " *     { .object = &%s_object, .store = &%s }\n",
               stub->object, stub->object, stub->object, stub->object);
    }
    printf(" *\n * as one of the `objects` of struct ln_client_config, and call "
           "ln_client_changed() where a value\n * changes.\n */\n\n#include "
           "<linnet/lwm2m.h>\n\n");
}

static void print_member(const struct stub *stub, const json_t *resource)
{
    char name[NAME_MAX_C + 24];
    const char *unit = text_member(resource, "unit");
    const char *c = type_of(resource)->c;

    member_name(stub, resource, name);
    if (is(resource, "multiple")) {
        printf("    LN_LIST_OF(%s, MANY) %s;", c, name);
    } else {
        printf("    %s %s;", c, name);
    }
    printf(" /* ");
    print_comment(name_text(resource));
    if (unit != NULL) {
        printf(", in ");
        print_comment(unit);
    }
    printf(" */\n");
}

static bool needs(const struct stub *stub, const char *c, bool many)
{
    json_t *resource;
    size_t i;

    json_array_foreach(stub->resources, i, resource)
    {
        bool same = c == NULL || strcmp(type_of(resource)->c, c) == 0;
        if (has_value(resource) && same && (!many || is(resource, "multiple"))) {
            return true;
        }
    }
    return false;
}

static void print_struct(const struct stub *stub)
{
    json_t *resource;
    size_t i;

    if (needs(stub, NULL, true)) {
        printf("enum { MANY = 4 }; /* resource instances, at most */\n\n");
    }
    if (needs(stub, "text", false)) {
        printf("typedef char text[64]; /* ended by NUL */\n\n");
    }
    printf(
        "struct %s {\n    uint32_t absent; /* bit n: the resource of row n is not there */\n",
        stub->object);
    json_array_foreach(stub->resources, i, resource)
    {
        if (has_value(resource)) {
            print_member(stub, resource);
        }
    }
    printf("};\n\n");
}

static void print_executes(const struct stub *stub)
{
    char name[NAME_MAX_C + 24];
    json_t *resource;
    size_t i;

    json_array_foreach(stub->resources, i, resource)
    {
        if (!can(resource, 'E')) {
            continue;
        }
        member_name(stub, resource, name);
        printf("static ln_err do_%s(void *instance, struct ln_bytes arguments)\n{\n", name);
        printf("    struct %s *self = instance;\n\n    (void)self;\n    (void)arguments;\n",
               stub->object);
        printf("    return LN_ERR_NOT_IMPLEMENTED;\n}\n\n");
    }
}

static void print_operations(const json_t *resource)
{
    static const struct {
        char operation;
        const char *text;
    } operations[] = {{'R', "LN_READ"}, {'W', "LN_WRITE"}, {'E', "LN_EXECUTE"}};
    bool first = true;

    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (can(resource, operations[i].operation)) {
            printf("%s%s", first ? "" : " | ", operations[i].text);
            first = false;
        }
    }
    if (first) {
        putchar('0');
    }
    printf("%s%s", is(resource, "multiple") && has_value(resource) ? " | LN_MANY" : "",
           is(resource, "mandatory") ? " | LN_MANDATORY" : "");
}

static void print_row(const struct stub *stub, const json_t *resource)
{
    char name[NAME_MAX_C + 24];

    member_name(stub, resource, name);
    printf("    { %lld, %s, ", id_of(resource),
           has_value(resource) ? type_of(resource)->row : "LN_NONE");
    print_operations(resource);
    if (can(resource, 'E')) {
        printf(", LN_EXECUTE_BY(do_%s) },\n", name);
    } else if (!has_value(resource)) {
        printf(", LN_EXECUTE_BY(NULL) },\n");
    } else {
        printf(", %s(struct %s, %s) },\n", is(resource, "multiple") ? "LN_LIST" : "LN_FIELD",
               stub->object, name);
    }
}

static void print_table(const struct stub *stub)
{
    const char *version = text_member(stub->model, "version");
    int major = 1;
    int minor = 0;
    json_t *resource;
    size_t i;

    if (version != NULL) {
        (void)sscanf(version, "%d.%d", &major, &minor);
    }
    printf("static const struct ln_resource resources[] = {\n    /* clang-format off */\n");
    json_array_foreach(stub->resources, i, resource)
    {
        print_row(stub, resource);
    }
    printf("    /* clang-format on */\n};\n\nextern const struct ln_object %s_object;\n\n",
           stub->object);
    printf("const struct ln_object %s_object = {\n    .id = %lld,\n    .version_major = %d,\n",
           stub->object, stub->id, major);
    printf("    .version_minor = %d,\n    .resource_count = LN_COUNT(resources),\n", minor);
    printf("    .resources = resources,\n%s    .absent = LN_ABSENT(struct %s, absent),\n};\n",
           is(stub->model, "multiple") ? "    .calls = &ln_instances_calls,\n" : "",
           stub->object);
}

void print_stub(const json_t *model)
{
    struct stub stub = {
        .model = model,
        .resources = json_object_get(model, "resources"),
        .id = id_of(model),
    };

    make_name(name_text(model), stub.object);
    print_head(&stub);
    print_struct(&stub);
    print_executes(&stub);
    print_table(&stub);
}
