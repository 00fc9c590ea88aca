/* The tables of models, held against the OMA registry's own files where these are at hand. */

#include "ln_test.h"

#include "linnetd/models.h"

#include <linnet/lwm2m.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- The registry's XML: regular enough to be searched ---- */

static char *read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    char *text = calloc(1, 1 << 20);

    if (file != NULL && text != NULL) {
        text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
        fclose(file);
        return text;
    }
    free(text);
    return NULL;
}

/*
 * The text of the first element of that name between two places, with runs of white space made
 * one space.
 */
static void element(const char *from, const char *to, const char *name, char *out, size_t size)
{
    char open[40];
    size_t len = 0;

    out[0] = '\0';
    (void)snprintf(open, sizeof(open), "<%s>", name);
    const char *at = strstr(from, open);
    if (at == NULL || at > to) {
        return;
    }
    for (at += strlen(open); *at != '<' && len + 1 < size; at++) {
        bool space = isspace((unsigned char)*at) != 0;
        if (!space || (len > 0 && out[len - 1] != ' ')) {
            out[len++] = space ? ' ' : *at;
        }
    }
    out[len > 0 && out[len - 1] == ' ' ? len - 1 : len] = '\0';
}

static enum ln_type type_of(const char *text)
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
        if (strcmp(types[i].text, text) == 0) {
            return types[i].type;
        }
    }
    fail_msg("the registry has a type %s", text);
    return LN_NONE;
}

static unsigned operations_of(const char *from, const char *to)
{
    char text[20];
    unsigned operations = 0;

    element(from, to, "Operations", text, sizeof(text));
    operations |= strchr(text, 'R') != NULL ? LN_READ : 0;
    operations |= strchr(text, 'W') != NULL ? LN_WRITE : 0;
    operations |= strchr(text, 'E') != NULL ? LN_EXECUTE : 0;
    element(from, to, "MultipleInstances", text, sizeof(text));
    operations |= strcmp(text, "Multiple") == 0 ? LN_MANY : 0;
    element(from, to, "Mandatory", text, sizeof(text));
    operations |= strcmp(text, "Mandatory") == 0 ? LN_MANDATORY : 0;
    return operations;
}

static void check_resource(const struct model *model, const char *from, const char *to)
{
    char text[200];
    const struct model_resource *r =
        model_resource_find(model->id, (uint16_t)atoi(from + strlen("<Item ID=\"")));

    if (r == NULL) {
        fail_msg("object %u lacks a resource: %.20s", model->id, from);
        return;
    }
    element(from, to, "Name", text, sizeof(text));
    assert_string_equal(r->name, text);
    element(from, to, "Type", text, sizeof(text));
    CHECK_EQ(r->type, type_of(text));
    CHECK_EQ(r->operations, operations_of(from, to));
    element(from, to, "Units", text, sizeof(text));
    if (text[0] != '\0') { /* later files leave out units that earlier ones have */
        assert_string_equal(r->unit, text);
    }
}

static void check_object(const struct model *model, const char *xml)
{
    const char *items = strstr(xml, "<Resources>");
    const char *end = xml + strlen(xml);
    char text[200];
    char version[8];
    size_t count = 0;

    assert_non_null(items);
    element(xml, items, "Name", text, sizeof(text));
    assert_string_equal(model->name, text);
    element(xml, items, "MultipleInstances", text, sizeof(text));
    CHECK_EQ(model->multiple, strcmp(text, "Multiple") == 0);
    element(xml, items, "Mandatory", text, sizeof(text));
    CHECK_EQ(model->mandatory, strcmp(text, "Mandatory") == 0);
    element(xml, items, "ObjectVersion", text, sizeof(text));
    (void)snprintf(version, sizeof(version), "%u.%u", model->version_major,
                   model->version_minor);
    assert_string_equal(version, text[0] != '\0' ? text : "1.0");
    for (const char *at = strstr(items, "<Item ID="); at != NULL; count++) {
        const char *next = strstr(at + 1, "<Item ID=");
        check_resource(model, at, next != NULL ? next : end);
        at = next;
    }
    CHECK_EQ(model->resource_count, count);
}

TEST(says_of_each_object_what_the_registry_says)
{
    size_t checked = 0;

    for (size_t i = 0; i < model_count(); i++) {
        char name[300];
        (void)snprintf(name, sizeof(name), LN_SHARED_DIR "/registry/%u.xml", model_at(i)->id);
        char *xml = read_file(name);
        if (xml != NULL) {
            check_object(model_at(i), xml);
            free(xml);
            checked++;
        }
    }
    if (checked == 0) {
        print_message("SKIPPED: the registry's files are not at " LN_SHARED_DIR "/registry\n");
        skip();
    }
    CHECK_EQ(checked, model_count());
}

TEST(lists_objects_and_resources_in_ascending_order)
{
    for (size_t i = 0; i < model_count(); i++) {
        CHECK(i == 0 || model_at(i - 1)->id < model_at(i)->id);
        CHECK(model_find(model_at(i)->id) == model_at(i));
        for (size_t k = 1; k < model_at(i)->resource_count; k++) {
            CHECK(model_at(i)->resources[k - 1].id < model_at(i)->resources[k].id);
        }
    }
    assert_null(model_find(8));
    assert_null(model_find(65534));
}

/* ---- Names ---- */

static bool path_of(const char *text, struct ln_path *out, size_t *wrong)
{
    struct ln_bytes segments[6];
    struct ln_reader in = ln_reader(ln_bytes_of_text(text));
    size_t count = 0;

    while (ln_reader_left(&in) > 0) {
        segments[count++] = ln_read_until(&in, '/');
    }
    return model_path(segments, count, out, wrong);
}

TEST(reads_a_path_by_number_and_by_name)
{
    static const struct {
        const char *text;
        struct ln_path path;
    } cases[] = {
        {"3", {{3}, 1}},
        {"3/0/7/1", {{3, 0, 7, 1}, 4}},
        {"device/0/manufacturer", {{3, 0, 0}, 3}},
        {"Device/0/Manufacturer", {{3, 0, 0}, 3}},
        {"server/1/lifetime", {{1, 1, 1}, 3}},
        {"lwm2m-server/1/Registration Update Trigger", {{1, 1, 8}, 3}},
        {"firmware-update/0/pkgname", {{5, 0, 6}, 3}},
        {"3/0/power_source_voltage/0", {{3, 0, 7, 0}, 4}},
        {"31024/0/2", {{31024, 0, 2}, 3}},
    };
    struct ln_path path;
    size_t wrong;

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        CHECK(path_of(cases[i].text, &path, &wrong));
        CHECK(ln_path_equal(path, cases[i].path));
    }
}

TEST(says_which_segment_of_a_path_is_wrong)
{
    static const struct {
        const char *text;
        size_t wrong;
    } cases[] = {
        {"65535", 0},        {"nothing/0", 0}, {"device/zero", 1}, {"3/0/colour", 2},
        {"31024/0/name", 2}, {"3/0/7/0/0", 4}, {"3/-1", 1},        {"3/0/---", 2},
    };
    struct ln_path path;
    size_t wrong;

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        CHECK(!path_of(cases[i].text, &path, &wrong));
        CHECK_EQ(wrong, cases[i].wrong);
    }
}

TEST(gives_decoders_the_type_of_a_resource_and_of_its_instances)
{
    CHECK_EQ(model_types.of(NULL, ln_path_resource(3, 0, 9)), LN_INTEGER);
    CHECK_EQ(model_types.of(NULL, (struct ln_path){{3, 0, 22, 1}, 4}), LN_OBJLNK);
    CHECK_EQ(model_types.of(NULL, ln_path_resource(3, 0, 999)), LN_NONE);
    CHECK_EQ(model_types.of(NULL, ln_path_instance(3, 0)), LN_NONE);
}

int models_tests(void);

int models_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(says_of_each_object_what_the_registry_says),
        cmocka_unit_test(lists_objects_and_resources_in_ascending_order),
        cmocka_unit_test(reads_a_path_by_number_and_by_name),
        cmocka_unit_test(says_which_segment_of_a_path_is_wrong),
        cmocka_unit_test(gives_decoders_the_type_of_a_resource_and_of_its_instances),
    };
    return RUN_TESTS(group);
}
