/* /credentials: who may come in. Keys go in here and never come out. */

#include "linnetd/credential_input.h"
#include "linnetd/daemon.h"
#include "linnetd/json_out.h"
#include "linnetd/log.h"
#include "linnetd/routes.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 1000, CURSOR_TEXT = 512 };

void prepare_secret(struct request *request)
{
    request->secret = true;
}

/* ---- As JSON ---- */

static struct ln_bytes endpoint_of(const struct credential *credential)
{
    return ln_bytes(credential->endpoint, credential->endpoint_len);
}

static void identity_json(struct json_out *json, const struct credential *credential)
{
    static const char *const names[CREDENTIAL_MODES] = {"identity", "subject", "public_key"};
    struct ln_bytes identity = ln_bytes(credential->identity, credential->identity_len);

    for (int i = 0; i < CREDENTIAL_MODES; i++) {
        out_key(json, names[i]);
        if (i != (int)credential->mode) {
            out_null(json);
        } else if (i == CREDENTIAL_RPK) {
            out_base64(json, identity);
        } else {
            out_string(json, identity);
        }
    }
}

static void credential_json(struct json_out *json, const struct credential *credential)
{
    out_open(json, '{');
    out_key(json, "endpoint");
    out_string(json, endpoint_of(credential));
    out_key(json, "for");
    out_text(json, credential_for_names[credential->purpose]);
    out_key(json, "mode");
    out_text(json, credential_mode_names[credential->mode]);
    identity_json(json, credential);
    out_key(json, "slot");
    out_unsigned(json, credential->slot);
    out_key(json, "created_at");
    out_time_ms(json, credential->created_at);
    out_close(json, '}');
}

static void items_json(struct json_out *json, const struct credential *items, size_t count)
{
    out_key(json, "items");
    out_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        credential_json(json, &items[i]);
    }
    out_close(json, ']');
}

/* ---- The list ---- */

struct list {
    size_t limit;
    struct credential_page page;
    bool filtered;
    char prefix[CREDENTIAL_ENDPOINT_MAX + 1];
    uint8_t after[CREDENTIAL_ENDPOINT_MAX + 1]; /* the place, and the endpoint */
    struct credential *items;
};

static void free_list(void *state)
{
    free(((struct list *)state)->items);
}

static bool read_for(struct request *request, int *purpose)
{
    char text[16];
    enum credential_for found;

    if (!request_query(request, "for", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    if (!credential_for_read(ln_bytes_of_text(text), &found)) {
        return problem(request, PROBLEM_BAD_QUERY, "for: it is server or bootstrap");
    }
    *purpose = (int)found;
    return true;
}

static bool read_cursor(struct request *request, struct list *list)
{
    char text[CURSOR_TEXT];
    struct ln_writer w = ln_writer(list->after, sizeof(list->after));

    if (!request_query(request, "cursor", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    if (!ln_base64_decode(&w, ln_bytes_of_text(text), true) || w.failed || w.written < 2) {
        return problem(request, PROBLEM_BAD_QUERY, "cursor: it is not one of this server");
    }
    list->page.after_place = list->after[0];
    list->page.after = ln_bytes(list->after + 1, w.written - 1);
    return true;
}

static bool read_list(struct request *request, struct list *list)
{
    static const char *const names[] = {"limit", "cursor", "q", "for", NULL};
    uint64_t limit = LIMIT_DEFAULT;

    list->page.purpose = -1;
    if (!request_query_only(request, names) ||
        !request_query_number(request, "limit", 1, LIMIT_MAX, &limit) ||
        !read_cursor(request, list) || !read_for(request, &list->page.purpose)) {
        return false;
    }
    list->limit = (size_t)limit;
    list->filtered = request_query(request, "q", list->prefix, sizeof(list->prefix));
    list->page.prefix = ln_bytes_of_text(list->prefix);
    list->filtered |= list->page.purpose >= 0;
    return request->problem == PROBLEM_NONE;
}

static void next_json(struct json_out *json, const struct credential *last)
{
    uint8_t bytes[CREDENTIAL_ENDPOINT_MAX + 1];
    uint8_t text[CURSOR_TEXT];
    struct ln_writer w = ln_writer(bytes, sizeof(bytes));
    struct ln_writer out = ln_writer(text, sizeof(text));

    out_key(json, "next");
    if (last == NULL) {
        out_null(json);
        return;
    }
    ln_write_u8(&w, (uint8_t)credential_place(last));
    ln_write_bytes(&w, endpoint_of(last));
    ln_write_base64url(&out, ln_writer_bytes(&w));
    out_string(json, ln_writer_bytes(&out));
}

static void list_json(struct request *request, const struct list *list, size_t found)
{
    struct json_out json = {.out = respond_json(request, 200)};
    bool more = found > list->limit;
    size_t count = more ? list->limit : found;

    out_open(&json, '{');
    items_json(&json, list->items, count);
    next_json(&json, more ? &list->items[count - 1] : NULL);
    out_key(&json, "total");
    if (list->filtered) {
        out_null(&json);
    } else {
        out_unsigned(&json, credentials_count(request->daemon->credentials));
    }
    out_close(&json, '}');
}

void handle_credentials(struct request *request)
{
    struct list *list = request_state(request, sizeof(*list), free_list);

    if (list == NULL || !read_list(request, list)) {
        return;
    }
    list->items = calloc(list->limit + 1, sizeof(*list->items));
    if (list->items == NULL) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for this page: ask for a smaller limit");
        return;
    }
    size_t found = credentials_list(request->daemon->credentials, &list->page, list->items,
                                    list->limit + 1);
    list_json(request, list, found);
}

static void endpoint_json(struct request *request, unsigned status, bool short_key)
{
    struct credential items[CREDENTIALS_OF_ENDPOINT];
    size_t count =
        credentials_of_endpoint(request->daemon->credentials, request->endpoint, items);

    if (count == 0) {
        problem(request, PROBLEM_UNKNOWN_CREDENTIAL, "this endpoint has no credentials");
        return;
    }
    struct json_out json = {.out = respond_json(request, status)};
    out_open(&json, '{');
    items_json(&json, items, count);
    out_key(&json, "next");
    out_null(&json);
    out_key(&json, "total");
    out_unsigned(&json, count);
    if (short_key) {
        out_key(&json, "warning");
        out_text(&json, "the key is shorter than 16 bytes: it can be guessed in time");
    }
    out_close(&json, '}');
}

void handle_credential_get(struct request *request)
{
    if (request_query_only(request, (const char *const[]){NULL})) {
        endpoint_json(request, 200, false);
    }
}

/* ---- Changing ---- */

struct change {
    struct credentials_change change; /* first */
    struct credential_input input;
    struct credential_file file; /* of an import */
    bool short_key;
};

static void free_change(void *state)
{
    struct change *change = state;

    seal_wipe(&change->input, sizeof(change->input));
    credential_file_free(&change->file);
}

static struct change *change_new(struct request *request)
{
    struct change *change = request_state(request, sizeof(*change), free_change);

    if (change != NULL) {
        change->change.credentials = request->daemon->credentials;
        change->change.context = request;
    }
    return change;
}

/* On the store's thread, or at once. */
static void change_done(struct credentials_change *change)
{
    struct request *request = change->context;

    call_done(&request->calls[0]);
}

static void begin(struct request *request, struct change *change,
                  void (*finish)(struct request *))
{
    change->change.done = change_done;
    request_wait(request, finish);
    credentials_do(&change->change);
}

/* Whether it is done; else the problem is set. */
static bool is_done(struct request *request)
{
    const struct credentials_change *change = request->state;

    switch (change->end) {
    case CREDENTIALS_DONE:
        return true;
    case CREDENTIALS_NONE:
        return problem(request, PROBLEM_UNKNOWN_CREDENTIAL,
                       "this endpoint has no such credential");
    case CREDENTIALS_TAKEN:
        if (change->inputs[change->at].line > 0) {
            return problem(request, PROBLEM_IDENTITY_TAKEN,
                           "line %zu, identity: it belongs to another endpoint; nothing was "
                           "imported",
                           change->inputs[change->at].line);
        }
        return problem(
            request, PROBLEM_IDENTITY_TAKEN,
            "identity: it belongs to another endpoint: choose another, or delete that "
            "one first");
    case CREDENTIALS_SAME:
        return problem(request, PROBLEM_IDENTITY_KEPT,
                       "identity: an identity has one key at a time: give the new key a new "
                       "identity, or leave out \"previous\" to replace the old one");
    default:
        return problem(request, PROBLEM_READ_ONLY,
                       "it could not be kept, and is not in force: the log says why");
    }
}

static void note(const struct request *request, const char *what)
{
    log_line(LOG_INFO, "credentials: %.*s: %s", (int)request->endpoint.len,
             (const char *)request->endpoint.at, what);
}

/* ---- PUT ---- */

static bool text_of(struct request *request, json_t *body, const char *name,
                    struct ln_bytes *out)
{
    const json_t *value = json_object_get(body, name);

    if (value == NULL || json_is_null(value)) {
        return true;
    }
    if (!json_is_string(value)) {
        return problem(request, PROBLEM_BAD_VALUE, "%s: it is a string", name);
    }
    *out = ln_bytes(json_string_value(value), json_string_length(value));
    return true;
}

static bool fields_of(struct request *request, json_t *body, struct credential_fields *fields)
{
    fields->endpoint = request->endpoint;
    return text_of(request, body, "for", &fields->purpose) &&
           text_of(request, body, "mode", &fields->mode) &&
           text_of(request, body, "identity", &fields->identity) &&
           text_of(request, body, "subject", &fields->subject) &&
           text_of(request, body, "key", &fields->key) &&
           text_of(request, body, "public_key", &fields->public_key) &&
           text_of(request, body, "previous", &fields->previous);
}

static void finish_put(struct request *request)
{
    const struct change *change = request->state;

    if (is_done(request)) {
        note(request, change->change.made ? "made" : "changed");
        endpoint_json(request, change->change.made ? 201 : 200, change->short_key);
    }
}

void handle_credential_put(struct request *request)
{
    static const char *const members[] = {"mode",     "identity", "key",        "for",
                                          "previous", "subject",  "public_key", NULL};
    struct credential_fields fields = {.endpoint.at = NULL};
    struct credential_fault fault;

    if (!request_query_only(request, (const char *const[]){NULL})) {
        return;
    }
    json_t *body = request_json(request, false, members);
    struct change *change = body != NULL ? change_new(request) : NULL;
    if (change == NULL || !fields_of(request, body, &fields)) {
        return;
    }
    if (!credential_input_read(&fields, &change->input, &fault)) {
        problem(request, PROBLEM_BAD_VALUE, "%s: %s", fault.member, fault.why);
        return;
    }
    change->short_key = change->input.what.mode == CREDENTIAL_PSK &&
                        change->input.key_len < CREDENTIAL_KEY_STRONG;
    change->change.inputs = &change->input;
    change->change.count = 1;
    begin(request, change, finish_put);
}

/* ---- DELETE ---- */

static void finish_delete(struct request *request)
{
    if (is_done(request)) {
        note(request, "revoked");
        respond_empty(request);
    }
}

void handle_credential_delete(struct request *request)
{
    static const char *const names[] = {"for", "slot", NULL};
    uint64_t slot = 0;
    int purpose = -1;

    if (!request_query_only(request, names) || !read_for(request, &purpose) ||
        !request_query_number(request, "slot", 1, CREDENTIAL_SLOTS, &slot)) {
        return;
    }
    struct change *change = change_new(request);
    if (change == NULL) {
        return;
    }
    change->change.deletes = true;
    change->change.endpoint = request->endpoint;
    for (int i = 0; i < CREDENTIAL_FORS; i++) {
        change->change.purposes[i] = purpose < 0 || purpose == i;
    }
    for (uint64_t i = 0; i < CREDENTIAL_SLOTS; i++) {
        change->change.slots[i] = slot == 0 || slot == i + 1;
    }
    begin(request, change, finish_delete);
}

/* ---- Import ---- */

static void finish_import(struct request *request)
{
    const struct change *change = request->state;

    if (!is_done(request)) {
        return;
    }
    log_line(LOG_INFO, "credentials: %zu imported", change->file.count);
    struct json_out json = {.out = respond_json(request, 200)};
    out_open(&json, '{');
    out_key(&json, "imported");
    out_unsigned(&json, change->file.count);
    out_close(&json, '}');
}

static void file_problem(struct request *request, const struct credential_file_fault *fault)
{
    char other[48] = "";

    if (fault->other_line > 0) {
        (void)snprintf(other, sizeof(other), " (line %zu)", fault->other_line);
    }
    if (fault->line == 0) {
        problem(request, PROBLEM_BAD_VALUE, "the file: %s; nothing was imported", fault->why);
    } else {
        problem(request, PROBLEM_BAD_VALUE, "line %zu%s%s: %s%s; nothing was imported",
                fault->line, fault->column != NULL ? ", " : "",
                fault->column != NULL ? fault->column : "", fault->why, other);
    }
}

void handle_credentials_import(struct request *request)
{
    struct credential_file_fault fault;

    if (!request_query_only(request, (const char *const[]){NULL})) {
        return;
    }
    struct change *change = change_new(request);
    if (change == NULL) {
        return;
    }
    struct ln_bytes body = ln_bytes(request->body.at, request->body.len);
    if (!credential_file_read(body, &change->file, &fault)) {
        file_problem(request, &fault);
        return;
    }
    change->change.inputs = change->file.inputs;
    change->change.count = change->file.count;
    begin(request, change, finish_import);
}
