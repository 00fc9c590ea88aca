/* linnet read, write, exec, create, delete, discover: operations on a device's data. */

#include "ctl.h"

#include <linnet/codec.h>

#include <stdlib.h>
#include <string.h>

char *device_path(const char *endpoint, const char *kind, const char *path)
{
    char *url = api_path("devices/", endpoint, kind);
    char *copy = strdup(path);
    char *rest = copy;

    for (char *segment = strsep(&rest, "/"); segment != NULL; segment = strsep(&rest, "/")) {
        if (segment[0] != '\0') {
            char *before = url;
            size_t size = strlen(url) + 2;

            url = malloc(size);
            snprintf(url, size, "%s/", before);
            free(before);
            before = url;
            url = api_path(before, segment, "");
            free(before);
        }
    }
    free(copy);
    return url;
}

static char *asking_path(const struct ctl *ctl, const char *endpoint, const char *kind,
                         const char *path)
{
    char *url = device_path(endpoint, kind, path);

    url = api_query(url, "async", ctl->async ? "true" : NULL);
    url = api_query(url, "retry", ctl->retry ? "true" : NULL);
    url = api_query(url, "queue", ctl->no_queue ? "false" : NULL);
    url = api_query(url, "expires", ctl->expires);
    url = api_query(url, "timeout", ctl->timeout);
    return api_query(url, "format", ctl->format);
}

static char *data_path(const struct ctl *ctl, const char *endpoint, const char *path)
{
    return asking_path(ctl, endpoint, "/data", path);
}

/*
 * What a call that was answered comes to: whether it is queued, which is said. With --json, the
 * operation stands on standard output.
 */
static int outcome(const struct ctl *ctl, const struct response *answer)
{
    const char *id = text_member(answer->body, "id");

    if (answer->status != 202 || id == NULL) {
        return EXIT_DONE;
    }
    if (ctl->json) {
        print_json(answer->body);
    } else {
        fprintf(stderr,
                "queued as %s until the device is heard: `linnet queue show %s` tells of it\n",
                id, id);
    }
    return ctl->async ? EXIT_DONE : EXIT_QUEUED;
}

static void add_record(struct table *table, const json_t *record)
{
    char *value = json_as_text(json_object_get(record, "value"));

    table_add(table, text_member(record, "path"));
    table_add(table, text_member(record, "name"));
    table_add(table, value);
    table_add(table, text_member(record, "unit") != NULL ? text_member(record, "unit") : "");
    free(value);
}

/* A single value stands alone, so that a script needs no cut. */
static void print_records(const json_t *records, bool alone)
{
    struct table table = table_start(4);
    size_t i;
    json_t *record;

    if (alone && json_array_size(records) == 1) {
        char *value = json_as_text(json_object_get(json_array_get(records, 0), "value"));

        print_safely(stdout, value);
        putchar('\n');
        free(value);
        return;
    }
    json_array_foreach(records, i, record)
    {
        add_record(&table, record);
    }
    table_print(&table);
}

static int read_to_file(struct ctl *ctl, struct words words)
{
    struct octets octets;

    if (words.count != 2) {
        complain("read: --output takes one path: linnet read --output FILE ENDPOINT PATH");
        return EXIT_USAGE;
    }
    if (!api_get_octets(ctl, words.at[1], data_path(ctl, words.at[0], words.at[1]), &octets)) {
        return EXIT_FAILED;
    }
    bool written = file_write(ctl->output, octets);
    free(octets.at);
    return written ? EXIT_DONE : EXIT_FAILED;
}

int run_read(struct ctl *ctl, struct words words)
{
    if (ctl->output != NULL) {
        return read_to_file(ctl, words);
    }
    json_t *all = json_array();
    int result = EXIT_DONE;
    bool queued = false;

    for (int i = 1; i < words.count; i++) {
        struct response answer;

        if (!api_call(ctl, words.at[i], "GET", data_path(ctl, words.at[0], words.at[i]), NULL,
                      &answer)) {
            result = EXIT_FAILED;
            continue;
        }
        if (answer.status == 202) {
            int end = outcome(ctl, &answer);
            queued = true;
            result = result == EXIT_FAILED ? result : end;
        }
        json_array_extend(all, json_object_get(answer.body, "records"));
        json_decref(answer.body);
    }
    if (ctl->json && result == EXIT_DONE && !queued) {
        json_t *body = json_pack("{s:O}", "records", all);

        print_json(body);
        json_decref(body);
    } else if (!ctl->json) {
        print_records(all, words.count == 2);
    }
    json_decref(all);
    return result;
}

/* Adds ID=VALUE, or ID/INSTANCE=VALUE for one instance of a multiple resource. */
static bool add_value(json_t *values, const char *word)
{
    char *copy = strdup(word);
    char *value = strchr(copy, '=');
    char *instance;
    json_t *inner;

    if (value == NULL) {
        complain("write: %s: is not ID=VALUE", word);
        free(copy);
        return false;
    }
    *value++ = '\0';
    instance = strchr(copy, '/');
    if (instance == NULL) {
        json_object_set_new(values, copy, json_string(value));
        free(copy);
        return true;
    }
    *instance++ = '\0';
    inner = json_object_get(values, copy);
    if (!json_is_object(inner)) {
        inner = json_object();
        json_object_set_new(values, copy, inner);
    }
    json_object_set_new(inner, instance, json_string(value));
    free(copy);
    return true;
}

/* The words after the path, ID=VALUE each, as an object; NULL if one is wrong, which has been said. */
static json_t *read_values(struct words words)
{
    json_t *values = json_object();

    for (int i = 2; i < words.count; i++) {
        if (!add_value(values, words.at[i])) {
            json_decref(values);
            return NULL;
        }
    }
    return values;
}

/* {"value" or "values":...}, with the type where the server's models do not tell it. */
static json_t *make_body(const struct ctl *ctl, const char *member, json_t *value)
{
    json_t *body = json_pack("{s:o}", member, value);

    if (ctl->type != NULL) {
        json_object_set_new(body, "type", json_string(ctl->type));
    }
    return body;
}

static const char *write_method(const struct ctl *ctl)
{
    return ctl->partial ? "PATCH" : "PUT";
}

static int send_body(struct ctl *ctl, struct words words, json_t *body)
{
    struct response answer;

    if (!api_call(ctl, words.at[1], write_method(ctl), data_path(ctl, words.at[0], words.at[1]),
                  body, &answer)) {
        return EXIT_FAILED;
    }
    int result = outcome(ctl, &answer);
    json_decref(answer.body);
    return result;
}

static int write_values(struct ctl *ctl, struct words words)
{
    json_t *values = read_values(words);

    return values != NULL ? send_body(ctl, words, make_body(ctl, "values", values))
                          : EXIT_USAGE;
}

/* How many levels a path has: by its slashes, those at the ends left out. */
static size_t depth_of(const char *path)
{
    size_t depth = 0;

    for (size_t i = 0; path[i] != '\0'; i++) {
        if (path[i] != '/' && (i == 0 || path[i - 1] == '/')) {
            depth++;
        }
    }
    return depth;
}

static int write_file(struct ctl *ctl, struct words words)
{
    struct octets octets;
    struct response answer;

    if (words.count != 2) {
        complain("write: --file stands for the value: linnet write --file FILE ENDPOINT PATH");
        return EXIT_USAGE;
    }
    if (!file_read(ctl->file, &octets)) {
        return EXIT_FAILED;
    }
    bool done = api_send_text(ctl, words.at[1], write_method(ctl),
                              data_path(ctl, words.at[0], words.at[1]),
                              "Content-Type: application/octet-stream", octets, &answer);
    free(octets.at);
    if (!done) {
        return EXIT_FAILED;
    }
    int result = outcome(ctl, &answer);
    json_decref(answer.body);
    return result;
}

int run_write(struct ctl *ctl, struct words words)
{
    if (ctl->file != NULL) {
        return write_file(ctl, words);
    }
    if (words.count < 3) {
        complain("write: usage: linnet write ENDPOINT PATH VALUE, or --file FILE for bytes");
        return EXIT_USAGE;
    }
    if (ctl->values || words.count > 3 || depth_of(words.at[1]) < 3) {
        return write_values(ctl, words);
    }
    /* Every type is taken as text: which it is, only the server's model knows. */
    return send_body(ctl, words, make_body(ctl, "value", json_string(words.at[2])));
}

int run_exec(struct ctl *ctl, struct words words)
{
    json_t *body = words.count > 2 ? json_pack("{s:s}", "arguments", words.at[2]) : NULL;
    struct response answer;

    if (!api_call(ctl, words.at[1], "POST", data_path(ctl, words.at[0], words.at[1]), body,
                  &answer)) {
        return EXIT_FAILED;
    }
    int result = outcome(ctl, &answer);
    json_decref(answer.body);
    return result;
}

/* Takes the instance off "/16/5"; what is left is the object. False: it is no number, which has been said. */
static bool split_instance(char *path, json_t *body)
{
    uint16_t instance;
    char *slash;

    for (size_t len = strlen(path); len > 0 && path[len - 1] == '/'; len--) {
        path[len - 1] = '\0';
    }
    slash = depth_of(path) == 2 ? strrchr(path, '/') : NULL;
    if (slash == NULL) {
        return true;
    }
    if (!ln_id_of_text(ln_bytes_of_text(slash + 1), &instance)) {
        complain("create: %s: the instance is no number of 0 to 65534", slash + 1);
        return false;
    }
    *slash = '\0';
    json_object_set_new(body, "instance", json_integer(instance));
    return true;
}

int run_create(struct ctl *ctl, struct words words)
{
    json_t *values = read_values(words);
    struct response answer;
    json_t *body;

    if (values == NULL) {
        return EXIT_USAGE;
    }
    body = make_body(ctl, "values", values);
    if (!split_instance(words.at[1], body)) {
        json_decref(body);
        return EXIT_USAGE;
    }
    if (!api_call(ctl, words.at[1], "POST", data_path(ctl, words.at[0], words.at[1]), body,
                  &answer)) {
        return EXIT_FAILED;
    }
    int result = outcome(ctl, &answer);
    if (answer.status == 202) {
        json_decref(answer.body);
        return result;
    }
    if (ctl->json) {
        print_json(answer.body);
    } else if (text_member(answer.body, "path") != NULL) {
        puts(text_member(answer.body, "path"));
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

int put_attributes(struct ctl *ctl, struct words words, json_t *body)
{
    struct response answer;

    if (!api_call(ctl, words.at[1], "PUT",
                  asking_path(ctl, words.at[0], "/attributes", words.at[1]), body, &answer)) {
        return EXIT_FAILED;
    }
    int result = outcome(ctl, &answer);
    json_decref(answer.body);
    return result;
}

int run_delete(struct ctl *ctl, struct words words)
{
    struct response answer;

    if (!api_call(ctl, words.at[1], "DELETE", data_path(ctl, words.at[0], words.at[1]), NULL,
                  &answer)) {
        return EXIT_FAILED;
    }
    int result = outcome(ctl, &answer);
    json_decref(answer.body);
    return result;
}

static void print_links(const json_t *links)
{
    struct table table = table_start(2);
    size_t i;
    json_t *link;

    json_array_foreach(links, i, link)
    {
        char text[512] = "";
        const char *name;
        json_t *value;

        json_object_foreach(json_object_get(link, "attributes"), name, value)
        {
            char *shown = json_as_text(value);
            size_t used = strlen(text);

            snprintf(text + used, sizeof(text) - used, "%s%s=%s", used > 0 ? " " : "", name,
                     shown);
            free(shown);
        }
        table_add(&table, text_member(link, "path"));
        table_add(&table, text);
    }
    table_print(&table);
}

int run_discover(struct ctl *ctl, struct words words)
{
    struct response answer;

    if (!api_call(ctl, words.at[1], "GET",
                  asking_path(ctl, words.at[0], "/discover", words.at[1]), NULL, &answer)) {
        return EXIT_FAILED;
    }
    int result = outcome(ctl, &answer);
    if (answer.status == 202) {
        json_decref(answer.body);
        return result;
    }
    if (ctl->json) {
        print_json(answer.body);
    } else {
        print_links(json_object_get(answer.body, "links"));
    }
    json_decref(answer.body);
    return EXIT_DONE;
}
