/* /bootstrap: what devices get. Keys go in here and never come out. */

#include "linnetd/bootstrap_input.h"
#include "linnetd/daemon.h"
#include "linnetd/json_out.h"
#include "linnetd/log.h"
#include "linnetd/routes.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 1000, CURSOR_TEXT = 512, IMPORT_MAX = 10000 };

static const char *const no_names[] = {NULL};

/* ---- As JSON ---- */

/* Without its secrets. False: the problem is set. */
static bool configuration_json(struct request *request, struct json_out *json,
                               const struct bootstrap_text *text)
{
    json_t *whole = json_loadb(text->json, text->length, 0, NULL);
    json_t *shown = whole != NULL ? bootstrap_input_shown(whole) : NULL;
    char *dump = shown != NULL ? json_dumps(shown, JSON_COMPACT) : NULL;

    json_decref(whole);
    json_decref(shown);
    if (dump == NULL) {
        return problem(request, PROBLEM_NO_MEMORY, "no memory for the answer: try again later");
    }
    out_raw(json, ln_bytes_of_text(dump));
    free(dump);
    return true;
}

static bool open_named(struct request *request, struct ln_bytes name,
                       struct bootstrap_text *text)
{
    switch (bootstrap_get(request->daemon->bootstraps, name, text)) {
    case BOOTSTRAP_FOUND:
        return true;
    case BOOTSTRAP_NONE:
        return problem(request, PROBLEM_UNKNOWN_BOOTSTRAP,
                       "there is no configuration of this name");
    default:
        return problem(request, PROBLEM_INTERNAL,
                       "the configuration does not open: the log says more");
    }
}

static void one_json(struct request *request, unsigned status)
{
    struct bootstrap_text text;

    if (!open_named(request, request->endpoint, &text)) {
        return;
    }
    struct json_out json = {.out = respond_json(request, status)};
    (void)configuration_json(request, &json, &text);
    bootstrap_text_free(&text);
}

void handle_bootstrap_get(struct request *request)
{
    if (request_query_only(request, no_names)) {
        one_json(request, 200);
    }
}

/* ---- The list ---- */

struct list {
    size_t limit;
    struct bootstrap_page page;
    char prefix[BOOTSTRAP_NAME_MAX + 1];
    uint8_t after[BOOTSTRAP_NAME_MAX];
    struct bootstrap_name *names;
};

static void free_list(void *state)
{
    free(((struct list *)state)->names);
}

static bool read_cursor(struct request *request, struct list *list)
{
    char text[CURSOR_TEXT];
    struct ln_writer w = ln_writer(list->after, sizeof(list->after));

    if (!request_query(request, "cursor", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    if (!ln_base64_decode(&w, ln_bytes_of_text(text), true) || w.failed || w.written == 0) {
        return problem(request, PROBLEM_BAD_QUERY, "cursor: it is not one of this server");
    }
    list->page.after = ln_writer_bytes(&w);
    return true;
}

static bool read_list(struct request *request, struct list *list)
{
    static const char *const names[] = {"limit", "cursor", "q", NULL};
    uint64_t limit = LIMIT_DEFAULT;

    if (!request_query_only(request, names) ||
        !request_query_number(request, "limit", 1, LIMIT_MAX, &limit) ||
        !read_cursor(request, list)) {
        return false;
    }
    list->limit = (size_t)limit;
    (void)request_query(request, "q", list->prefix, sizeof(list->prefix));
    list->page.prefix = ln_bytes_of_text(list->prefix);
    return request->problem == PROBLEM_NONE;
}

/* One that was deleted meanwhile is left out. */
static void item_json(struct request *request, struct json_out *json,
                      const struct bootstrap_name *name)
{
    struct bootstrap_text text;
    struct ln_bytes bytes = ln_bytes(name->at, name->len);

    if (bootstrap_get(request->daemon->bootstraps, bytes, &text) != BOOTSTRAP_FOUND) {
        return;
    }
    out_open(json, '{');
    out_key(json, "endpoint");
    out_string(json, bytes);
    out_key(json, "pattern");
    out_boolean(json, bootstrap_name_is_pattern(bytes));
    out_key(json, "changed_at");
    out_time_ms(json, text.changed_at);
    out_key(json, "configuration");
    (void)configuration_json(request, json, &text);
    out_close(json, '}');
    bootstrap_text_free(&text);
}

static void next_json(struct json_out *json, const struct bootstrap_name *last)
{
    uint8_t text[CURSOR_TEXT];
    struct ln_writer w = ln_writer(text, sizeof(text));

    out_key(json, "next");
    if (last == NULL) {
        out_null(json);
        return;
    }
    ln_write_base64url(&w, ln_bytes(last->at, last->len));
    out_string(json, ln_writer_bytes(&w));
}

static void list_json(struct request *request, const struct list *list, size_t found)
{
    struct json_out json = {.out = respond_json(request, 200)};
    bool more = found > list->limit;
    size_t count = more ? list->limit : found;

    out_open(&json, '{');
    out_key(&json, "items");
    out_open(&json, '[');
    for (size_t i = 0; request->problem == PROBLEM_NONE && i < count; i++) {
        item_json(request, &json, &list->names[i]);
    }
    if (request->problem != PROBLEM_NONE) {
        return;
    }
    out_close(&json, ']');
    next_json(&json, more ? &list->names[count - 1] : NULL);
    out_key(&json, "total");
    if (list->page.prefix.len > 0) {
        out_null(&json);
    } else {
        out_unsigned(&json, bootstrap_list_count(request->daemon->bootstraps));
    }
    out_close(&json, '}');
}

void handle_bootstraps(struct request *request)
{
    struct list *list = request_state(request, sizeof(*list), free_list);

    if (list == NULL || !read_list(request, list)) {
        return;
    }
    list->names = calloc(list->limit + 1, sizeof(*list->names));
    size_t found = list->names == NULL
                       ? SIZE_MAX
                       : bootstrap_list_page(request->daemon->bootstraps, &list->page,
                                             list->names, list->limit + 1);
    if (found == SIZE_MAX) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for this page: ask for a smaller limit");
    } else {
        list_json(request, list, found);
    }
}

/* ---- Sessions ---- */

void handle_bootstrap_sessions(struct request *request)
{
    if (!request_query_only(request, no_names)) {
        return;
    }
    struct json_out json = {.out = respond_json(request, 200)};
    out_open(&json, '{');
    out_key(&json, "items");
    out_open(&json, '[');
    size_t count =
        bootstrap_sessions_json(request->daemon->bootstrap_sessions, request->endpoint, &json);
    out_close(&json, ']');
    out_key(&json, "next");
    out_null(&json);
    out_key(&json, "total");
    out_unsigned(&json, count);
    out_close(&json, '}');
}

/* ---- Changing ---- */

struct change {
    struct bootstrap_change change; /* first */
    struct bootstrap_put *puts;
    size_t count;
};

static void free_change(void *state)
{
    struct change *change = state;

    for (size_t i = 0; i < change->count; i++) {
        struct ln_bytes json = change->puts[i].json;
        seal_wipe((void *)(uintptr_t)json.at, json.len);
        free((void *)(uintptr_t)json.at);
    }
    free(change->puts);
}

static struct change *change_new(struct request *request, size_t count)
{
    struct change *change = request_state(request, sizeof(*change), free_change);

    if (change == NULL) {
        return NULL;
    }
    change->change.list = request->daemon->bootstraps;
    change->change.context = request;
    change->puts = calloc(count + 1, sizeof(*change->puts));
    change->change.puts = change->puts;
    if (change->puts == NULL) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for it: try again later");
        return NULL;
    }
    return change;
}

/* On the store's thread, or at once. */
static void change_done(struct bootstrap_change *change)
{
    struct request *request = change->context;

    call_done(&request->calls[0]);
}

static void begin(struct request *request, struct change *change,
                  void (*finish)(struct request *))
{
    change->change.done = change_done;
    change->change.count = change->count;
    request_wait(request, finish);
    bootstrap_do(&change->change);
}

static bool is_done(struct request *request)
{
    const struct change *change = request->state;

    switch (change->change.end) {
    case BOOTSTRAP_KEPT:
        return true;
    case BOOTSTRAP_ABSENT:
        return problem(request, PROBLEM_UNKNOWN_BOOTSTRAP,
                       "there is no configuration of this name");
    case BOOTSTRAP_FULL:
        return problem(request, PROBLEM_TOO_MANY_BOOTSTRAPS,
                       "%d configurations may be kept, %d of them patterns: delete some",
                       BOOTSTRAPS_MAX, BOOTSTRAP_PATTERNS_MAX);
    default:
        return problem(request, PROBLEM_READ_ONLY,
                       "it could not be kept, and is not in force: the log says why");
    }
}

static void note(const struct request *request, const char *what)
{
    log_line(LOG_INFO, "bootstrap: configuration %.*s: %s", (int)request->endpoint.len,
             (const char *)request->endpoint.at, what);
}

/* Checks one, and adds it to the change. `where` is put before what is wrong. */
static bool add_put(struct request *request, struct change *change, struct ln_bytes name,
                    json_t *configuration, const char *where)
{
    struct bootstrap_input input;
    struct problem_text found;
    char *dump = json_dumps(configuration, JSON_COMPACT);

    if (dump == NULL) {
        return problem(request, PROBLEM_NO_MEMORY, "no memory for it: try again later");
    }
    struct bootstrap_put *put = &change->puts[change->count++];
    *put = (struct bootstrap_put){name, ln_bytes_of_text(dump)};
    if (!bootstrap_input_read(configuration, put->json.len, bootstrap_name_is_pattern(name),
                              &input, &found)) {
        struct problem_text whole;
        problem_set(&whole, found.kind, "%s%s", where, found.detail);
        return problem_answer(request, &whole);
    }
    bootstrap_input_free(&input);
    return true;
}

/* ---- PUT ---- */

static void finish_put(struct request *request)
{
    const struct change *change = request->state;

    if (is_done(request)) {
        note(request, change->change.made ? "made" : "changed");
        one_json(request, change->change.made ? 201 : 200);
    }
}

void handle_bootstrap_put(struct request *request)
{
    static const char *const members[] = {"servers", "access", "delete",
                                          "write",   "format", NULL};

    if (!request_query_only(request, no_names)) {
        return;
    }
    json_t *body = request_json(request, false, members);
    struct change *change = body != NULL ? change_new(request, 1) : NULL;
    if (change != NULL && add_put(request, change, request->endpoint, body, "")) {
        begin(request, change, finish_put);
    }
}

/* ---- DELETE ---- */

static void finish_delete(struct request *request)
{
    if (is_done(request)) {
        note(request, "deleted");
        respond_empty(request);
    }
}

void handle_bootstrap_delete(struct request *request)
{
    if (!request_query_only(request, no_names)) {
        return;
    }
    struct change *change = change_new(request, 0);
    if (change != NULL) {
        change->change.deletes = request->endpoint;
        begin(request, change, finish_delete);
    }
}

/* ---- Import ---- */

static void finish_import(struct request *request)
{
    const struct change *change = request->state;

    if (!is_done(request)) {
        return;
    }
    log_line(LOG_INFO, "bootstrap: %zu configurations imported", change->count);
    struct json_out json = {.out = respond_json(request, 200)};
    out_open(&json, '{');
    out_key(&json, "imported");
    out_unsigned(&json, change->count);
    out_close(&json, '}');
}

static bool is_known(const struct change *change, struct ln_bytes name)
{
    for (size_t i = 0; i < change->count; i++) {
        if (ln_bytes_equal(change->puts[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* {"endpoint":"meter-*","configuration":{...}}; what a list has besides may stand there too. */
static bool add_item(struct request *request, struct change *change, json_t *item, size_t at)
{
    json_t *endpoint = json_object_get(item, "endpoint");
    json_t *configuration = json_object_get(item, "configuration");
    struct ln_bytes name = ln_bytes(json_string_value(endpoint), json_string_length(endpoint));
    char where[48];

    (void)snprintf(where, sizeof(where), "/items/%zu", at);
    if (name.len == 0 || name.len > BOOTSTRAP_NAME_MAX || is_known(change, name)) {
        return problem(request, PROBLEM_BAD_VALUE,
                       "%s/endpoint: it is a name of 1 to 255 bytes, each once", where);
    }
    (void)snprintf(where, sizeof(where), "/items/%zu/configuration", at);
    return add_put(request, change, name, configuration, where);
}

void handle_bootstrap_import(struct request *request)
{
    static const char *const members[] = {"items", NULL};
    json_t *item;
    size_t i;

    if (!request_query_only(request, no_names)) {
        return;
    }
    json_t *body = request_json(request, false, members);
    const json_t *items = json_object_get(body, "items");
    if (body == NULL) {
        return;
    }
    if (!json_is_array(items) || json_array_size(items) == 0 ||
        json_array_size(items) > IMPORT_MAX) {
        problem(request, PROBLEM_BAD_VALUE, "/items: it is a list of 1 to %d configurations",
                IMPORT_MAX);
        return;
    }
    struct change *change = change_new(request, json_array_size(items));
    if (change == NULL) {
        return;
    }
    json_array_foreach(items, i, item)
    {
        if (!add_item(request, change, item, i)) {
            return;
        }
    }
    begin(request, change, finish_import);
}
