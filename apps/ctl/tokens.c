/* linnet tokens: who may use the API, and as what. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

static void add_token(struct table *table, const json_t *token)
{
    char *made = time_as_text(text_member(token, "created_at"));
    char *used = time_as_text(text_member(token, "last_used"));

    table_add(table, text_member(token, "id"));
    table_add(table, text_member(token, "name"));
    table_add(table, text_member(token, "role"));
    table_add(table, made);
    table_add(table, used);
    free(made);
    free(used);
}

static int list(struct ctl *ctl)
{
    static const char *const head[] = {"ID", "NAME", "ROLE", "MADE", "USED"};
    struct table table = table_start(5);
    struct response answer;
    size_t i;
    json_t *token;

    if (!api_call(ctl, "tokens", "GET", strdup("tokens?limit=1000"), NULL, &answer)) {
        return EXIT_FAILED;
    }
    const json_t *items = json_object_get(answer.body, "items");
    for (i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        table_add(&table, head[i]);
    }
    json_array_foreach(items, i, token)
    {
        add_token(&table, token);
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

/* The token alone on standard output, so that a script can take it. */
static int add(struct ctl *ctl, const char *role, const char *name)
{
    json_t *body = json_pack("{ss}", "role", role);
    struct response answer;

    if (name != NULL) {
        json_object_set_new(body, "name", json_string(name));
    }
    if (!api_call(ctl, "tokens", "POST", strdup("tokens"), body, &answer)) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(answer.body);
    } else {
        const char *token = text_member(answer.body, "token");
        printf("%s\n", token != NULL ? token : "-");
        fprintf(stderr, "id %s; the token is not shown again\n",
                text_member(answer.body, "id"));
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

static int drop(struct ctl *ctl, const char *id)
{
    struct response answer;

    if (!api_call(ctl, id, "DELETE", api_path("tokens/", id, ""), NULL, &answer)) {
        return EXIT_FAILED;
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

int run_tokens(struct ctl *ctl, struct words words)
{
    const char *what = words.count > 0 ? words.at[0] : "list";

    if (strcmp(what, "list") == 0 && words.count <= 1) {
        return list(ctl);
    }
    if (strcmp(what, "add") == 0 && (words.count == 2 || words.count == 3)) {
        return add(ctl, words.at[1], words.count == 3 ? words.at[2] : NULL);
    }
    if (strcmp(what, "remove") == 0 && words.count == 2 && words.at[1][0] != '\0') {
        return drop(ctl, words.at[1]);
    }
    complain(
        "tokens: usage: linnet tokens, linnet tokens add ROLE [NAME], linnet tokens remove ID");
    return EXIT_USAGE;
}
