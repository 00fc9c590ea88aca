/* linnet credentials: who may come in, and with which key. */

#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { KEY_BYTES = 16 };

static int usage(void)
{
    complain("credentials: usage: linnet credentials [list], add ENDPOINT --psk|--x509|--rpk "
             "[KEY|SUBJECT], remove ENDPOINT, import FILE");
    return EXIT_USAGE;
}

/* ---- list ---- */

static void add_cell(struct table *table, const json_t *object, const char *name)
{
    char *text = json_as_text(json_object_get(object, name));

    table_add(table, text);
    free(text);
}

static void add_row(struct table *table, const json_t *credential)
{
    const char *name = text_member(credential, "identity") != NULL  ? "identity"
                       : text_member(credential, "subject") != NULL ? "subject"
                                                                    : "public_key";
    char *age = time_as_text(text_member(credential, "created_at"));

    add_cell(table, credential, "endpoint");
    add_cell(table, credential, "for");
    add_cell(table, credential, "mode");
    add_cell(table, credential, name);
    add_cell(table, credential, "slot");
    table_add(table, age);
    free(age);
}

static int list(struct ctl *ctl)
{
    static const char *const head[] = {"ENDPOINT", "FOR",  "MODE",
                                       "IDENTITY", "SLOT", "CREATED"};
    char *path = api_query(strdup("credentials?limit=1000"), "q", ctl->query);
    json_t *all = api_list(ctl, "credentials", api_query(path, "for", ctl->purpose));
    json_t *credential;
    size_t i;

    if (all == NULL) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(all);
    } else {
        struct table table = table_start(sizeof(head) / sizeof(head[0]));
        for (i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
            table_add(&table, head[i]);
        }
        json_array_foreach(all, i, credential)
        {
            add_row(&table, credential);
        }
        table_print(&table);
    }
    json_decref(all);
    return EXIT_DONE;
}

/* ---- add ---- */

bool make_key(char out[KEY_TEXT_MAX])
{
    unsigned char random[KEY_BYTES];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        complain("the key: no random bytes: %s", strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof(random); i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", random[i]);
    }
    explicit_bzero(random, sizeof(random));
    return true;
}

/* The key is HEX, or "-": a line of standard input, which no list of processes shows. */
static bool read_key(const char *word, char out[KEY_TEXT_MAX])
{
    if (strcmp(word, "-") != 0) {
        if (snprintf(out, KEY_TEXT_MAX, "%s", word) < KEY_TEXT_MAX) {
            return true;
        }
    } else if (fgets(out, KEY_TEXT_MAX, stdin) != NULL) {
        out[strcspn(out, "\r\n")] = '\0';
        return true;
    }
    complain("credentials: the key is 1 to 64 bytes in hex");
    return false;
}

static void set_text(json_t *body, const char *name, const char *text)
{
    if (text != NULL) {
        (void)json_object_set_new(body, name, json_string(text));
    }
}

static int put(struct ctl *ctl, const char *endpoint, json_t *body, const char *made)
{
    struct response answer;

    set_text(body, "for", ctl->purpose);
    set_text(body, "previous", ctl->keep_previous ? "keep" : NULL);
    if (!api_call(ctl, endpoint, "PUT", api_path("credentials/", endpoint, ""), body,
                  &answer)) {
        return EXIT_FAILED;
    }
    if (ctl->json) {
        print_json(answer.body);
    }
    if (text_member(answer.body, "warning") != NULL) {
        complain("%s: warning: %s", endpoint, text_member(answer.body, "warning"));
    }
    if (made != NULL) {
        (void)printf("%s\n", made);
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

static int add_psk(struct ctl *ctl, const char *endpoint, const char *word, json_t *body)
{
    char key[KEY_TEXT_MAX];

    if (word != NULL ? !read_key(word, key) : !make_key(key)) {
        json_decref(body);
        return EXIT_FAILED;
    }
    set_text(body, "mode", "psk");
    set_text(body, "identity", ctl->identity);
    set_text(body, "key", key);
    /* The only time that it is seen: the server does not give it out. */
    int result = put(ctl, endpoint, body, word == NULL ? key : NULL);
    explicit_bzero(key, sizeof(key));
    return result;
}

static int add(struct ctl *ctl, struct words words)
{
    const char *word = words.count > 2 ? words.at[2] : NULL;

    if (words.count < 2 || words.count > 3 || words.at[1][0] == '\0' ||
        ctl->psk + ctl->x509 + ctl->rpk != 1) {
        return usage();
    }
    if (ctl->psk) {
        return add_psk(ctl, words.at[1], word, json_object());
    }
    json_t *body = json_object();
    set_text(body, "mode", ctl->x509 ? "x509" : "rpk");
    set_text(body, ctl->x509 ? "subject" : "public_key", word);
    set_text(body, "identity", ctl->identity);
    return put(ctl, words.at[1], body, NULL);
}

/* ---- remove, import ---- */

static int remove_credential(struct ctl *ctl, struct words words)
{
    struct response answer;

    if (words.count != 2 || words.at[1][0] == '\0') {
        return usage();
    }
    char *path = api_path("credentials/", words.at[1], "");
    path = api_query(api_query(path, "for", ctl->purpose), "slot", ctl->slot);
    if (!api_call(ctl, words.at[1], "DELETE", path, NULL, &answer)) {
        return EXIT_FAILED;
    }
    json_decref(answer.body);
    return EXIT_DONE;
}

static int import(struct ctl *ctl, struct words words)
{
    struct octets file;
    struct response answer;

    if (words.count != 2) {
        return usage();
    }
    if (!file_read(words.at[1], &file)) {
        return EXIT_FAILED;
    }
    bool done = api_send_text(ctl, words.at[1], "POST", strdup("credentials/import"),
                              "Content-Type: text/csv", file, &answer);
    explicit_bzero(file.at, file.len);
    free(file.at);
    if (!done) {
        return EXIT_FAILED;
    }
    char *count = json_as_text(json_object_get(answer.body, "imported"));
    if (ctl->json) {
        print_json(answer.body);
    } else {
        (void)printf("%s imported\n", count);
    }
    free(count);
    json_decref(answer.body);
    return EXIT_DONE;
}

int run_credentials(struct ctl *ctl, struct words words)
{
    if (words.count == 0 || (words.count == 1 && strcmp(words.at[0], "list") == 0)) {
        return list(ctl);
    }
    if (strcmp(words.at[0], "add") == 0) {
        return add(ctl, words);
    }
    if (strcmp(words.at[0], "remove") == 0) {
        return remove_credential(ctl, words);
    }
    return strcmp(words.at[0], "import") == 0 ? import(ctl, words) : usage();
}
