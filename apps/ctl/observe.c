/* linnet observe, observations, attributes, values, history: what is reported without being asked for. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

/* ---- Attributes ---- */

/* "pmin=10", or "gt=" and "gt" to remove it. False: it is none, which has been said. */
static bool add_attribute(json_t *object, const char *word)
{
    char *name = strdup(word);
    char *value = strchr(name, '=');

    if (value != NULL) {
        *value++ = '\0';
    }
    bool good = name[0] != '\0';
    if (good) {
        json_object_set_new(
            object, name, value != NULL && value[0] != '\0' ? json_string(value) : json_null());
    } else {
        complain("%s: is no attribute such as pmin=10", word);
    }
    free(name);
    return good;
}

/* NULL: one is wrong, which has been said. */
static json_t *read_attributes(const char *first, struct words words, int from)
{
    json_t *object = json_object();
    bool good = first == NULL || add_attribute(object, first);

    for (int i = from; good && i < words.count; i++) {
        good = add_attribute(object, words.at[i]);
    }
    if (!good) {
        json_decref(object);
        return NULL;
    }
    return object;
}

int run_attributes(struct ctl *ctl, struct words words)
{
    json_t *body = read_attributes(NULL, words, 2);

    return body != NULL ? put_attributes(ctl, words, body) : EXIT_USAGE;
}

/* ---- Observations ---- */

static char *error_text(const json_t *observation)
{
    const json_t *error = json_object_get(observation, "error");
    const char *type = text_member(error, "type");
    const char *code = text_member(error, "coap");
    char text[128];

    (void)snprintf(text, sizeof(text), "%s%s%s", type != NULL ? type : "",
                   code != NULL ? " " : "", code != NULL ? code : "");
    return strdup(text);
}

static void add_observation(struct table *table, const json_t *observation)
{
    char *heard = time_as_text(text_member(observation, "last_notification"));
    char *attributes = json_on_one_line(json_object_get(observation, "attributes"));
    char *count = json_as_text(json_object_get(observation, "notifications"));
    char *error = error_text(observation);

    table_add(table, text_member(observation, "path"));
    table_add(table, text_member(observation, "state"));
    table_add(table, count);
    table_add(table, heard);
    table_add(table, attributes);
    table_add(table, error);
    free(heard);
    free(attributes);
    free(count);
    free(error);
}

static void add_head(struct table *table, const char *const *head)
{
    for (; *head != NULL; head++) {
        table_add(table, *head);
    }
}

int run_observations(struct ctl *ctl, struct words words)
{
    static const char *const head[] = {"PATH",       "STATE", "COUNT", "HEARD",
                                       "ATTRIBUTES", "ERROR", NULL};
    struct table table = table_start(6);
    struct response answer;
    size_t i;
    json_t *item;

    if (!api_call(ctl, words.at[0], "GET", api_path("devices/", words.at[0], "/observations"),
                  NULL, &answer)) {
        return EXIT_FAILED;
    }
    const json_t *items = json_object_get(answer.body, "items");
    add_head(&table, head);
    json_array_foreach(items, i, item)
    {
        add_observation(&table, item);
    }
    if (ctl->json) {
        print_json(items);
        table_free(&table);
    } else {
        table_print(&table);
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

static int stop(struct ctl *ctl, struct words words)
{
    struct response answer;

    if (words.count > 2 || ctl->attributes != NULL || ctl->follow) {
        complain("observe: --stop takes an endpoint and a path alone");
        return EXIT_USAGE;
    }
    if (!api_call(ctl, words.at[1], "DELETE",
                  device_path(words.at[0], "/observations", words.at[1]), NULL, &answer)) {
        return EXIT_FAILED;
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

/* PUTs it. NULL: it failed, which has been said. */
static json_t *declare(struct ctl *ctl, struct words words, json_t *attributes)
{
    json_t *body = json_object();
    struct response answer;

    if (json_object_size(attributes) > 0) {
        json_object_set(body, "attributes", attributes);
    }
    if (ctl->format != NULL) {
        json_object_set_new(body, "format", json_string(ctl->format));
    }
    return api_call(ctl, words.at[1], "PUT",
                    device_path(words.at[0], "/observations", words.at[1]), body, &answer)
               ? answer.body
               : NULL;
}

/* The stream is open, so that nothing is missed: over a connection of its own. */
struct begin {
    const struct ctl *ctl;
    struct words words;
    json_t *attributes;
};

static char *begin_following(void *context)
{
    struct begin *begin = context;
    struct ctl own = *begin->ctl;

    own.http = NULL;
    json_t *observation = declare(&own, begin->words, begin->attributes);
    api_close(&own);
    if (observation == NULL) {
        exit(EXIT_FAILED);
    }
    char *path = strdup(text_member(observation, "path"));
    json_decref(observation);
    return path;
}

int run_observe(struct ctl *ctl, struct words words)
{
    if (ctl->stop) {
        return stop(ctl, words);
    }
    json_t *attributes = read_attributes(ctl->attributes, words, 2);
    if (attributes == NULL) {
        return EXIT_USAGE;
    }
    if (ctl->follow) {
        struct begin begin = {ctl, words, attributes};
        int end = events_follow(ctl, words.at[0], begin_following, &begin);
        json_decref(attributes);
        return end;
    }
    json_t *observation = declare(ctl, words, attributes);
    json_decref(attributes);
    if (observation == NULL) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(observation);
    } else {
        puts(text_member(observation, "state"));
    }
    json_decref(observation);
    return EXIT_DONE;
}

/* ---- Values and history ---- */

static void add_value(struct table *table, const json_t *item, bool ago)
{
    char *value = json_as_text(json_object_get(item, "value"));
    const char *at = text_member(item, "time");
    char *time = ago ? time_as_text(at) : strdup(at != NULL ? at : "-");

    table_add(table, text_member(item, "path"));
    table_add(table, text_member(item, "name"));
    table_add(table, value);
    table_add(table, text_member(item, "unit") != NULL ? text_member(item, "unit") : "");
    table_add(table, time);
    free(value);
    free(time);
}

static void print_values(const json_t *items)
{
    struct table table = table_start(6);
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        add_value(&table, item, true);
        table_add(&table, text_member(item, "source"));
    }
    table_print(&table);
}

int run_values(struct ctl *ctl, struct words words)
{
    char *path = api_path("devices/", words.at[0], "/values");
    json_t *all = api_list(ctl, words.at[0],
                           api_query(path, "path", words.count > 1 ? words.at[1] : NULL));

    if (all == NULL) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(all);
    } else {
        print_values(all);
    }
    json_decref(all);
    return EXIT_DONE;
}

static void print_samples(const json_t *items)
{
    struct table table = table_start(5);
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        add_value(&table, item, false);
    }
    table_print(&table);
}

static bool is_of_one_path(const json_t *items)
{
    const char *first = text_member(json_array_get(items, 0), "path");
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        if (strcmp(text_member(item, "path"), first) != 0) {
            return false;
        }
    }
    return true;
}

static int plot(const json_t *items, const char *path)
{
    if (json_array_size(items) == 0) {
        complain("%s: there are no samples: `linnet observe` has them recorded", path);
        return EXIT_FAILED;
    }
    if (!is_of_one_path(items)) {
        complain("%s: a plot is of one resource: give its whole path", path);
        return EXIT_FAILED;
    }
    if (!plot_samples(items)) {
        complain("%s: only numbers can be plotted", path);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

int run_history(struct ctl *ctl, struct words words)
{
    char *path = device_path(words.at[0], "/history", words.at[1]);
    struct response answer;
    int end = EXIT_DONE;

    path = api_query(path, "since", ctl->since);
    path = api_query(path, "until", ctl->until);
    path = api_query(path, "limit", ctl->limit);
    if (!api_call(ctl, words.at[1], "GET", path, NULL, &answer)) {
        return EXIT_FAILED;
    }
    const json_t *items = json_object_get(answer.body, "items");
    if (ctl->json) {
        print_json(items);
    } else if (ctl->plot) {
        end = plot(items, words.at[1]);
    } else {
        print_samples(items);
    }
    json_decref(answer.body);
    return end;
}
