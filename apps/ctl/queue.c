/* linnet queue: what waits for a device, and what became of it. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

/* Why it is not done, as far as the server says it. */
static const char *error_of(const json_t *operation)
{
    const json_t *error = json_object_get(operation, "error");
    const char *coap = text_member(error, "coap");

    return coap != NULL ? coap : text_member(error, "title");
}

static void add_operation(struct table *table, const json_t *operation)
{
    const char *ended = text_member(operation, "ended_at");
    char *created = time_as_text(text_member(operation, "created_at"));
    char *end = time_as_text(ended != NULL ? ended : text_member(operation, "expires_at"));
    const char *error = error_of(operation);

    table_add(table, text_member(operation, "id"));
    table_add(table, text_member(operation, "method"));
    table_add(table, text_member(operation, "path"));
    table_add(table, text_member(operation, "state"));
    table_add(table, created);
    table_add(table, end);
    table_add(table, error != NULL ? error : "");
    free(created);
    free(end);
}

static bool waits(const json_t *operation)
{
    const char *state = text_member(operation, "state");

    return state != NULL && (strcmp(state, "queued") == 0 || strcmp(state, "sent") == 0);
}

/* Those that the person asked for. NULL: they could not be had, which has been said. */
static json_t *fetch(struct ctl *ctl, const char *endpoint)
{
    json_t *all =
        api_list(ctl, endpoint, api_path("devices/", endpoint, "/operations?limit=1000"));

    for (size_t i = json_array_size(all); i > 0; i--) {
        if (!ctl->all && !waits(json_array_get(all, i - 1))) {
            json_array_remove(all, i - 1);
        }
    }
    return all;
}

static int list(struct ctl *ctl, const char *endpoint)
{
    static const char *const head[] = {"ID", "METHOD", "PATH", "STATE", "MADE", "ENDS", "WHY"};
    struct table table = table_start(sizeof(head) / sizeof(head[0]));
    json_t *all = fetch(ctl, endpoint);
    size_t i;
    json_t *operation;

    if (all == NULL) {
        table_free(&table);
        return EXIT_FAILED;
    }
    for (i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        table_add(&table, head[i]);
    }
    json_array_foreach(all, i, operation)
    {
        add_operation(&table, operation);
    }
    if (ctl->json) {
        print_json(all);
        table_free(&table);
    } else {
        table_print(&table);
    }
    json_decref(all);
    return EXIT_DONE;
}

static int cancel(struct ctl *ctl, const char *id)
{
    struct response answer;

    if (!api_call(ctl, id, "DELETE", api_path("operations/", id, ""), NULL, &answer)) {
        return EXIT_FAILED;
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

int run_queue(struct ctl *ctl, struct words words)
{
    if (words.count == 1) {
        return list(ctl, words.at[0]);
    }
    if (strcmp(words.at[0], "show") == 0) {
        return show_one(ctl, words.at[1], api_path("operations/", words.at[1], ""));
    }
    if (strcmp(words.at[0], "cancel") == 0) {
        return cancel(ctl, words.at[1]);
    }
    complain("queue: usage: linnet queue ENDPOINT [--all], or linnet queue show|cancel ID");
    return EXIT_USAGE;
}
