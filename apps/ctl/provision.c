/* linnet provision: all that a new device needs, in one step. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

enum { SHORT_ID = 101, HOST_MAX = 256, URI_MAX_TEXT = 320 };

/* Where the device reaches linnetd, and its account there. */
struct account {
    const char *endpoint;
    char server[URI_MAX_TEXT];
    char bootstrap[URI_MAX_TEXT];
    char key[KEY_TEXT_MAX];
};

/* ---- Addresses ---- */

/* The host of "http://host:port/..", with the brackets of an IPv6 address. */
static void host_of_url(const char *url, char out[HOST_MAX])
{
    const char *start = strstr(url, "://");

    start = start != NULL ? start + 3 : url;
    size_t length = start[0] == '[' ? strcspn(start, "]") + 1 : strcspn(start, ":/");
    (void)snprintf(out, HOST_MAX, "%.*s", (int)length, start);
}

/*
 * "[::]:5684" listens at all addresses: then the host is what the command line says, or where the API is. False:
 * there is no such listener.
 */
static bool make_uri(const struct ctl *ctl, const json_t *listeners, const char *name,
                     char out[URI_MAX_TEXT])
{
    const char *listener = text_member(listeners, name);
    const char *port = listener != NULL ? strrchr(listener, ':') : NULL;
    char host[HOST_MAX];

    if (port == NULL) {
        return false;
    }
    bool is_any = strncmp(listener, "[::]:", 5) == 0 || strncmp(listener, "0.0.0.0:", 8) == 0;
    if (ctl->host != NULL) {
        (void)snprintf(host, sizeof(host), "%s", ctl->host);
    } else if (is_any) {
        host_of_url(ctl->url, host);
    } else {
        (void)snprintf(host, sizeof(host), "%.*s", (int)(port - listener), listener);
    }
    (void)snprintf(out, URI_MAX_TEXT, "coaps://%s%s", host, port);
    return true;
}

static bool find_uris(struct ctl *ctl, struct account *account)
{
    struct response answer;

    if (!api_call(ctl, "provision", "GET", strdup("server"), NULL, &answer)) {
        return false;
    }
    const json_t *listeners = json_object_get(answer.body, "listeners");
    bool found = make_uri(ctl, listeners, "coaps", account->server) &&
                 make_uri(ctl, listeners, "bootstrap_coaps", account->bootstrap);
    json_decref(answer.body);
    if (!found) {
        complain("provision: linnetd does not listen over DTLS: start it with --coaps and "
                 "--bootstrap-coaps");
    }
    return found;
}

/* ---- What the server is told ---- */

static bool put(struct ctl *ctl, const char *endpoint, const char *kind, json_t *body)
{
    struct response answer;

    if (!api_call(ctl, endpoint, "PUT", api_path(kind, endpoint, ""), body, &answer)) {
        return false;
    }
    json_decref(answer.body);
    return true;
}

static bool put_credential(struct ctl *ctl, const struct account *account)
{
    return put(ctl, account->endpoint, "credentials/",
               json_pack("{ss ss ss ss}", "mode", "psk", "for", "bootstrap", "key",
                         account->key, "identity", account->endpoint));
}

static bool put_configuration(struct ctl *ctl, const struct account *account)
{
    return put(ctl, account->endpoint, "bootstrap/",
               json_pack("{s[{si ss s{ss sb}}]}", "servers", "short_id", SHORT_ID, "uri",
                         account->server, "security", "mode", "psk", "generate", 1));
}

/* The configuration first: what it makes is made only for who has the credential. */
static bool tell_server(struct ctl *ctl, const struct account *account)
{
    if (!put_configuration(ctl, account)) {
        return false;
    }
    if (put_credential(ctl, account)) {
        return true;
    }
    complain(
        "%s: its bootstrap configuration was put, its credential was not: nothing is lost, "
        "say it again",
        account->endpoint);
    return false;
}

/* ---- What the person is told: the only time that the key is seen ---- */

static bool is_plain(const char *text)
{
    return text[0] != '\0' &&
           strspn(text,
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/") ==
               strlen(text);
}

/* A word of a shell's command line. */
static void print_word(const char *text)
{
    if (is_plain(text)) {
        (void)printf(" %s", text);
        return;
    }
    (void)fputs(" '", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            (void)fputs("'\\''", stdout);
        } else {
            (void)putchar(*text);
        }
    }
    (void)putchar('\'');
}

static void print_account(const struct account *account)
{
    (void)printf("bootstrap server  %s\nidentity          %s\nkey               %s\n\n",
                 account->bootstrap, account->endpoint, account->key);
    (void)printf("linnet-device --endpoint");
    print_word(account->endpoint);
    (void)printf(" --bootstrap");
    print_word(account->bootstrap);
    (void)printf(" --identity");
    print_word(account->endpoint);
    (void)printf(" --psk %s\n", account->key);
}

int run_provision(struct ctl *ctl, struct words words)
{
    struct account account = {.endpoint = words.at[0]};

    if (!ctl->psk) {
        complain(
            "provision: usage: linnet provision ENDPOINT --psk: other kinds of credentials "
            "cannot be made here");
        return EXIT_USAGE;
    }
    if (!find_uris(ctl, &account) || !make_key(account.key) || !tell_server(ctl, &account)) {
        explicit_bzero(&account, sizeof(account));
        return EXIT_FAILED;
    }
    if (ctl->json) {
        json_t *told =
            json_pack("{ss ss ss ss}", "endpoint", account.endpoint, "bootstrap",
                      account.bootstrap, "identity", account.endpoint, "key", account.key);
        print_json(told);
        json_decref(told);
    } else {
        print_account(&account);
    }
    explicit_bzero(&account, sizeof(account));
    return EXIT_DONE;
}
