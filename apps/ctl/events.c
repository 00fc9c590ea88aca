/* linnet events: server-sent events as lines, taken up again where they broke off. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AGAIN_SECONDS = 1 };

/* The event that is being put together from its lines. */
struct event {
    bool json;
    char id[64];
    char type[64];
    char *data;
    /* Of one observation: */
    char *(*begin)(void *context); /* NULL: of all that happens, or it has been called */
    void *context;
    char *path;
};

/* What a device said: "  /3/0/9=80 %". */
static void print_values(const json_t *records)
{
    size_t i;
    json_t *record;

    json_array_foreach(records, i, record)
    {
        const char *unit = text_member(record, "unit");
        char *value = json_as_text(json_object_get(record, "value"));

        printf("  %s=", text_member(record, "path"));
        print_safely(stdout, value);
        printf("%s%s", unit != NULL ? " " : "", unit != NULL ? unit : "");
        free(value);
    }
}

/* What bears the event's own name is shown member by member. */
static void print_member(const char *type, const char *name, const json_t *value)
{
    bool is_subject = json_is_object(value) && strcmp(name, type) == 0;

    if (json_is_array(value) && strcmp(name, "records") == 0) {
        print_values(value);
        return;
    }
    char *text = is_subject ? json_on_one_line(value) : json_as_text(value);
    printf("  %s%s", is_subject ? "" : name, is_subject ? "" : "=");
    print_safely(stdout, text);
    free(text);
}

/* Of a notification the paths of its records tell more. */
static bool is_shown(const json_t *data, const char *name)
{
    return strcmp(name, "time") != 0 && strcmp(name, "endpoint") != 0 &&
           (strcmp(name, "path") != 0 || !json_is_array(json_object_get(data, "records")));
}

static void print_event(const struct event *event)
{
    json_t *data = json_loads(event->data, 0, NULL);
    const char *name;
    json_t *value;

    if (event->json || data == NULL) {
        print_safely(stdout, event->data);
    } else {
        printf("%s %-13s ", text_member(data, "time") != NULL ? text_member(data, "time") : "-",
               event->type);
        print_safely(stdout, text_member(data, "endpoint") != NULL
                                 ? text_member(data, "endpoint")
                                 : "-");
        json_object_foreach(data, name, value)
        {
            if (is_shown(data, name)) {
                print_member(event->type, name, value);
            }
        }
    }
    putchar('\n');
    fflush(stdout);
    json_decref(data);
}

static void print_records(const json_t *data)
{
    const json_t *records = json_object_get(data, "records");
    size_t i;
    json_t *record;

    if (!json_is_array(records)) {
        complain("%s: what the device sent cannot be understood", text_member(data, "path"));
    }
    json_array_foreach(records, i, record)
    {
        const char *unit = text_member(record, "unit");
        char *value = json_as_text(json_object_get(record, "value"));

        printf("%s  %s  ", text_member(data, "time"), text_member(record, "path"));
        print_safely(stdout, value);
        printf("%s%s\n", unit != NULL ? " " : "", unit != NULL ? unit : "");
        free(value);
    }
}

static void print_state(const json_t *observation)
{
    const json_t *error = json_object_get(observation, "error");
    const char *state = text_member(observation, "state");
    const char *code = text_member(error, "coap");

    if (strcmp(state, "failed") == 0) {
        complain("%s: failed: %s %s", text_member(observation, "path"),
                 text_member(error, "type"), code != NULL ? code : "");
    } else if (strcmp(state, "ended") == 0) {
        complain("%s: is not observed any more", text_member(observation, "path"));
    }
}

static bool is_path(const struct event *event, const json_t *object)
{
    const char *path = text_member(object, "path");

    return path != NULL && event->path != NULL && strcmp(path, event->path) == 0;
}

/* Of the events of an endpoint, those of one observation. */
static void print_followed(const struct event *event)
{
    json_t *data = json_loads(event->data, 0, NULL);
    const json_t *observation = json_object_get(data, "observation");

    if (is_path(event, observation) && event->json) {
        print_event(event);
    } else if (is_path(event, observation)) {
        print_state(observation);
    } else if (strcmp(event->type, "notification") == 0 && is_path(event, data)) {
        if (event->json) {
            print_event(event);
        } else {
            print_records(data);
            fflush(stdout);
        }
    }
    json_decref(data);
}

static const char *after(const char *line, const char *field)
{
    size_t len = strlen(field);

    return strncmp(line, field, len) == 0 ? line + len + (line[len] == ' ') : NULL;
}

static void take_line(void *context, const char *line)
{
    struct event *event = context;
    const char *value;

    if (event->begin != NULL) {
        event->path = event->begin(event->context);
        event->begin = NULL;
    }
    if (line[0] == '\0') {
        if (event->data != NULL) {
            (event->path != NULL ? print_followed : print_event)(event);
            free(event->data);
            event->data = NULL;
        }
    } else if ((value = after(line, "id:")) != NULL) {
        snprintf(event->id, sizeof(event->id), "%s", value);
    } else if ((value = after(line, "event:")) != NULL) {
        snprintf(event->type, sizeof(event->type), "%s", value);
    } else if ((value = after(line, "data:")) != NULL) {
        free(event->data);
        event->data = strdup(value);
    }
}

static int follow(struct ctl *ctl, const char *endpoint, struct event *event)
{
    for (;;) {
        char *path = api_query(strdup("events"), "endpoint", endpoint);

        path = api_query(path, "type", ctl->event_type);
        if (!api_stream(ctl, path, event->id, take_line, event)) {
            free(event->data);
            free(event->path);
            return EXIT_FAILED;
        }
        sleep(
            AGAIN_SECONDS); /* the server went away: it says on the next call whether for good */
    }
}

int run_events(struct ctl *ctl, struct words words)
{
    struct event event = {.json = ctl->json};

    (void)words;
    return follow(ctl, ctl->endpoint, &event);
}

int events_follow(struct ctl *ctl, const char *endpoint, char *(*begin)(void *), void *context)
{
    struct event event = {.json = ctl->json, .begin = begin, .context = context};

    return follow(ctl, endpoint, &event);
}
