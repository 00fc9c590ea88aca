/* linnet devices, show, server: what the server knows, without asking a device. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

static void add_objects(struct table *table, const json_t *device)
{
    char text[512] = "";
    size_t used = 0;
    size_t i;
    json_t *object;

    json_array_foreach(json_object_get(device, "objects"), i, object)
    {
        int n = snprintf(text + used, sizeof(text) - used, "%s%lld", i > 0 ? " " : "",
                         (long long)json_integer_value(json_object_get(object, "id")));

        if (n < 0 || used + (size_t)n >= sizeof(text)) {
            break;
        }
        used += (size_t)n;
    }
    table_add(table, text);
}

/* When it expires; of one that is gone, when and how it went. */
static void add_end(struct table *table, const json_t *device)
{
    const json_t *left = json_object_get(device, "left");
    const char *member =
        left != NULL ? text_member(left, "at") : text_member(device, "expires_at");
    bool expired = json_is_true(json_object_get(left, "expired"));
    char *time = time_as_text(member);
    char text[64];

    (void)snprintf(text, sizeof(text), "%s %s", expired ? "expired" : "left", time);
    if (left != NULL) {
        table_add(table, text);
    } else {
        table_add(table, member == NULL ? "never" : time);
    }
    free(time);
}

static void add_device(struct table *table, const json_t *device)
{
    char *seen = time_as_text(text_member(device, "last_seen"));

    table_add(table, text_member(device, "endpoint"));
    table_add(table, text_member(device, "state"));
    table_add(table, text_member(device, "version"));
    table_add(table, text_member(device, "address"));
    table_add(table, text_member(json_object_get(device, "security"), "mode"));
    table_add(table, seen);
    add_end(table, device);
    add_objects(table, device);
    free(seen);
}

static void add_head(struct table *table)
{
    static const char *const head[] = {"ENDPOINT", "STATE", "VERSION", "ADDRESS",
                                       "SECURITY", "SEEN",  "EXPIRES", "OBJECTS"};

    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        table_add(table, head[i]);
    }
}

static char *list_path(const struct ctl *ctl)
{
    char *path = strdup("devices?limit=1000");

    path = api_query(path, "q", ctl->query);
    path = api_query(path, "state", ctl->gone ? "gone" : ctl->state);
    path = api_query(path, "object", ctl->object);
    return api_query(path, "security", ctl->security);
}

int run_devices(struct ctl *ctl, struct words words)
{
    struct table table = table_start(8);
    json_t *all = api_list(ctl, "devices", list_path(ctl));
    json_t *device;
    size_t i;

    (void)words;
    if (all == NULL) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(all);
    } else {
        add_head(&table);
        json_array_foreach(all, i, device)
        {
            add_device(&table, device);
        }
        table_print(&table);
    }
    json_decref(all);
    return EXIT_DONE;
}

static void add_row(struct table *table, const char *name, const char *member,
                    const json_t *value)
{
    char label[128];
    char *text = json_as_text(value);

    snprintf(label, sizeof(label), "%s%s%s", name, member[0] != '\0' ? "." : "", member);
    table_add(table, label);
    table_add(table, text);
    free(text);
}

/* What lies in a list goes on a line each. */
static void add_items(struct table *table, const char *name, const json_t *list)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        char *text = json_is_object(item) ? json_on_one_line(item) : json_as_text(item);
        table_add(table, i == 0 ? name : "");
        table_add(table, text);
        free(text);
    }
    if (json_array_size(list) == 0) {
        add_row(table, name, "", NULL);
    }
}

static void print_members(const json_t *object)
{
    struct table table = table_start(2);
    const char *name;
    const char *inner;
    json_t *value;
    json_t *part;

    json_object_foreach((json_t *)object, name, value)
    {
        if (json_is_array(value)) {
            add_items(&table, name, value);
        } else if (json_is_object(value)) {
            json_object_foreach(value, inner, part)
            {
                add_row(&table, name, inner, part);
            }
        } else {
            add_row(&table, name, "", value);
        }
    }
    table_print(&table);
}

int show_one(struct ctl *ctl, const char *what, char *path)
{
    struct response answer;

    if (!api_call(ctl, what, "GET", path, NULL, &answer)) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(answer.body);
    } else {
        print_members(answer.body);
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

int run_show(struct ctl *ctl, struct words words)
{
    return show_one(ctl, words.at[0], api_path("devices/", words.at[0], ""));
}

int run_server(struct ctl *ctl, struct words words)
{
    (void)words;
    return show_one(ctl, "server", strdup("server"));
}
