/* linnet models: the object definitions that the server knows. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

static const char *yes_no(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name)) ? "yes" : "no";
}

static const char *text_or_none(const json_t *object, const char *name)
{
    const char *text = text_member(object, name);

    return text != NULL ? text : "";
}

static void add_cell(struct table *table, const json_t *object, const char *name)
{
    char *text = json_as_text(json_object_get(object, name));

    table_add(table, text);
    free(text);
}

/* ---- The list ---- */

static void add_model(struct table *table, const json_t *model)
{
    add_cell(table, model, "id");
    add_cell(table, model, "version");
    add_cell(table, model, "name");
    table_add(table, yes_no(model, "multiple"));
    add_cell(table, model, "source");
}

static int list_models(struct ctl *ctl)
{
    static const char *const head[] = {"ID", "VERSION", "NAME", "MULTIPLE", "SOURCE"};
    struct table table = table_start(sizeof(head) / sizeof(head[0]));
    json_t *models = api_list(ctl, "models", strdup("models?limit=1000"));
    json_t *model;
    size_t i;

    for (i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        table_add(&table, head[i]);
    }
    json_array_foreach(models, i, model)
    {
        add_model(&table, model);
    }
    if (models != NULL && ctl->json) {
        print_json(models);
    }
    if (models == NULL || ctl->json) {
        table_free(&table);
    } else {
        table_print(&table);
    }
    json_decref(models);
    return models != NULL ? EXIT_DONE : EXIT_FAILED;
}

/* ---- One ---- */

static void add_resource(struct table *table, const json_t *resource)
{
    add_cell(table, resource, "id");
    add_cell(table, resource, "name");
    table_add(table, text_or_none(resource, "operations"));
    table_add(table, yes_no(resource, "multiple"));
    table_add(table, yes_no(resource, "mandatory"));
    add_cell(table, resource, "type");
    table_add(table, text_or_none(resource, "unit"));
}

static void show_model(const json_t *model)
{
    static const char *const head[] = {"ID",        "NAME", "OPERATIONS", "MULTIPLE",
                                       "MANDATORY", "TYPE", "UNIT"};
    struct table table = table_start(sizeof(head) / sizeof(head[0]));
    char *id = json_as_text(json_object_get(model, "id"));
    json_t *resource;
    size_t i;

    printf("%s ", id);
    print_safely(stdout, text_or_none(model, "name"));
    printf(", version %s, %s instance%s%s\n\n", text_or_none(model, "version"),
           json_is_true(json_object_get(model, "multiple")) ? "several" : "one",
           json_is_true(json_object_get(model, "multiple")) ? "s" : "",
           json_is_true(json_object_get(model, "mandatory")) ? ", mandatory" : "");
    free(id);
    for (i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        table_add(&table, head[i]);
    }
    json_array_foreach(json_object_get(model, "resources"), i, resource)
    {
        add_resource(&table, resource);
    }
    table_print(&table);
}

int run_models(struct ctl *ctl, struct words words)
{
    struct response answer;

    if (words.count == 0) {
        return list_models(ctl);
    }
    bool stub = strcmp(words.at[0], "stub") == 0;
    if (words.count != 2 || (!stub && strcmp(words.at[0], "show") != 0)) {
        complain("models: usage: linnet models, linnet models show ID, linnet models stub ID");
        return EXIT_USAGE;
    }
    if (!api_call(ctl, words.at[1], "GET", api_path("models/", words.at[1], ""), NULL,
                  &answer)) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(answer.body);
    } else if (stub) {
        print_stub(answer.body);
    } else {
        show_model(answer.body);
    }
    json_decref(answer.body);
    return EXIT_DONE;
}
