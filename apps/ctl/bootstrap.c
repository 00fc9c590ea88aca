/* linnet bootstrap: what devices get when they ask the bootstrap server, and what became of it. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

static int usage(void)
{
    complain(
        "bootstrap: usage: linnet bootstrap [list], show NAME, set NAME FILE, delete NAME, "
        "import FILE, sessions ENDPOINT");
    return EXIT_USAGE;
}

/* ---- list, show ---- */

/* "101 coaps://host psk, 102 ...". Free it. */
static char *servers_text(const json_t *configuration)
{
    json_t *list = json_array();
    json_t *server;
    size_t i;

    json_array_foreach(json_object_get(configuration, "servers"), i, server)
    {
        const json_t *security = json_object_get(server, "security");
        const char *mode = text_member(security, "mode");
        (void)json_array_append_new(
            list,
            json_sprintf("%lld=%s (%s)",
                         (long long)json_integer_value(json_object_get(server, "short_id")),
                         text_member(server, "uri"), mode != NULL ? mode : "none"));
    }
    char *text = json_on_one_line(list);
    json_decref(list);
    return text;
}

static void add_row(struct table *table, const json_t *item)
{
    char *age = time_as_text(text_member(item, "changed_at"));
    char *servers = servers_text(json_object_get(item, "configuration"));

    table_add(table, text_member(item, "endpoint"));
    table_add(table, servers);
    table_add(table, age);
    free(age);
    free(servers);
}

static int list(struct ctl *ctl)
{
    json_t *all =
        api_list(ctl, "bootstrap", api_query(strdup("bootstrap?limit=1000"), "q", ctl->query));
    json_t *item;
    size_t i;

    if (all == NULL) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(all);
    } else {
        struct table table = table_start(3);
        table_add(&table, "NAME");
        table_add(&table, "SERVERS");
        table_add(&table, "CHANGED");
        json_array_foreach(all, i, item)
        {
            add_row(&table, item);
        }
        table_print(&table);
    }
    json_decref(all);
    return EXIT_DONE;
}

/* As JSON in any case: so it can be changed and set again, its keys put in. */
static int show(struct ctl *ctl, const char *name)
{
    struct response answer;

    if (!api_call(ctl, name, "GET", api_path("bootstrap/", name, ""), NULL, &answer)) {
        return EXIT_FAILED;
    }
    print_json(answer.body);
    json_decref(answer.body);
    return EXIT_DONE;
}

/* ---- set, delete, import ---- */

/* Sends a file of JSON; the server says what is wrong with it. */
static int send_file(struct ctl *ctl, const char *what, const char *method, char *path,
                     const char *file_name)
{
    struct octets file;
    struct response answer;

    if (!file_read(file_name, &file)) {
        free(path);
        return EXIT_FAILED;
    }
    bool done =
        api_send_text(ctl, what, method, path, "Content-Type: application/json", file, &answer);
    explicit_bzero(file.at, file.len);
    free(file.at);
    if (!done) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(answer.body);
    } else if (json_object_get(answer.body, "imported") != NULL) {
        char *count = json_as_text(json_object_get(answer.body, "imported"));
        (void)printf("%s imported\n", count);
        free(count);
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

static int delete_one(struct ctl *ctl, const char *name)
{
    struct response answer;

    if (!api_call(ctl, name, "DELETE", api_path("bootstrap/", name, ""), NULL, &answer)) {
        return EXIT_FAILED;
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

/* ---- sessions ---- */

static void add_step(struct table *table, const json_t *step)
{
    char *age = time_as_text(text_member(step, "time"));

    table_add(table, age);
    table_add(table, text_member(step, "method"));
    table_add(table, text_member(step, "path"));
    table_add(table, text_member(step, "code"));
    free(age);
}

static void add_end(struct table *table, const json_t *session)
{
    char *age = time_as_text(text_member(session, "ended_at"));
    const char *end = text_member(session, "end");

    table_add(table, end != NULL ? age : NULL);
    table_add(table, end != NULL ? end : "under way");
    table_add(table, text_member(session, "reason"));
    table_add(table, NULL);
    free(age);
}

static void print_session(const json_t *session)
{
    static const char *const head[] = {"WHEN", "STEP", "PATH", "CODE"};
    struct table table = table_start(4);
    json_t *step;
    size_t i;

    for (i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        table_add(&table, head[i]);
    }
    json_array_foreach(json_object_get(session, "steps"), i, step)
    {
        add_step(&table, step);
    }
    add_end(&table, session);
    table_print(&table);
}

static int sessions(struct ctl *ctl, const char *endpoint)
{
    struct response answer;
    json_t *session;
    size_t i;

    if (!api_call(ctl, endpoint, "GET", api_path("bootstrap/", endpoint, "/sessions"), NULL,
                  &answer)) {
        return EXIT_FAILED;
    }
    const json_t *items = json_object_get(answer.body, "items");
    if (ctl->json) {
        print_json(items);
    } else {
        json_array_foreach(items, i, session)
        {
            print_session(session);
        }
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

int run_bootstrap(struct ctl *ctl, struct words words)
{
    const char *what = words.count > 0 ? words.at[0] : "list";
    const char *name = words.count > 1 ? words.at[1] : "";

    if (strcmp(what, "list") == 0 && words.count < 2) {
        return list(ctl);
    }
    if (name[0] == '\0') {
        return usage();
    }
    if (strcmp(what, "set") == 0 && words.count == 3) {
        return send_file(ctl, name, "PUT", api_path("bootstrap/", name, ""), words.at[2]);
    }
    if (words.count != 2) {
        return usage();
    }
    if (strcmp(what, "show") == 0) {
        return show(ctl, name);
    }
    if (strcmp(what, "delete") == 0) {
        return delete_one(ctl, name);
    }
    if (strcmp(what, "import") == 0) {
        return send_file(ctl, name, "POST", strdup("bootstrap/import"), name);
    }
    return strcmp(what, "sessions") == 0 ? sessions(ctl, name) : usage();
}
