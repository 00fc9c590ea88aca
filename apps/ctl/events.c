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
};

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
            if (strcmp(name, "time") != 0 && strcmp(name, "endpoint") != 0) {
                char *text = json_as_text(value);

                printf("  %s=", name);
                print_safely(stdout, text);
                free(text);
            }
        }
    }
    putchar('\n');
    fflush(stdout);
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

    if (line[0] == '\0') {
        if (event->data != NULL) {
            print_event(event);
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

int run_events(struct ctl *ctl, struct words words)
{
    struct event event = {.json = ctl->json};

    (void)words;
    for (;;) {
        char *path = api_query(strdup("events"), "endpoint", ctl->endpoint);

        path = api_query(path, "type", ctl->event_type);
        if (!api_stream(ctl, path, event.id, take_line, &event)) {
            free(event.data);
            return EXIT_FAILED;
        }
        sleep(
            AGAIN_SECONDS); /* the server went away: it says on the next call whether for good */
    }
}
