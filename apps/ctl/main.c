/* linnet: devices on the command line. Options and commands are tables; main() walks them. */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

const struct command commands[] = {
    /* clang-format off */
    {"devices", "",                       "list the devices",                               0,  0, run_devices},
    {"show",    "ENDPOINT",               "show all that is known of a device",             1,  1, run_show},
    {"read",    "ENDPOINT PATH...",       "read an object, instance or resource",           2, -1, run_read},
    {"write",   "ENDPOINT PATH VALUE",    "write a resource; or PATH ID=VALUE... for more", 2, -1, run_write},
    {"exec",    "ENDPOINT PATH [ARGS]",   "execute a resource; ARGS like 0='x',1",          2,  3, run_exec},
    {"create",  "ENDPOINT PATH [ID=VALUE...]", "create an instance: PATH is /16, or /16/5 to choose its id", 2, -1, run_create},
    {"delete",  "ENDPOINT PATH",          "delete an instance",                             2,  2, run_delete},
    {"discover", "ENDPOINT PATH",         "list what is below a path, with attributes",     2,  2, run_discover},
    {"queue",   "ENDPOINT | show ID | cancel ID", "list what is queued for a device, show one, or cancel it", 1, 2, run_queue},
    {"observe", "ENDPOINT PATH [NAME=N...]", "have a path observed, with attributes such as pmin=1", 2, -1, run_observe},
    {"observations", "ENDPOINT",          "list what is observed, and whether it works",    1,  1, run_observations},
    {"attributes", "ENDPOINT PATH NAME=N...", "say when values are reported; NAME= removes one", 3, -1, run_attributes},
    {"values",  "ENDPOINT [PATH]",        "show the last values, without asking the device", 1,  2, run_values},
    {"history", "ENDPOINT PATH",          "list the samples of what is observed, or plot them", 2,  2, run_history},
    {"credentials", "[list|add|remove|import ...]", "list who may come in, and change it", 0, 3, run_credentials},
    {"firmware", "[images|upload|delete|push|pull|jobs|show|cancel ...]", "bring firmware to devices, and see how far it is", 0, -1, run_firmware},
    {"bootstrap", "[list|show|set|delete|import|sessions ...]", "list what devices get at their bootstrap, and change it", 0, 3, run_bootstrap},
    {"provision", "ENDPOINT --psk",       "make all that a new device needs, and print its account", 1, 1, run_provision},
    {"events",  "",                       "print events as they come, until Ctrl-C",        0,  0, run_events},
    {"models",  "[show|stub ID]",         "list object definitions, show one, or print it as C", 0, 2, run_models},
    {"tokens",  "[add ROLE [NAME]|remove ID]", "list who may use the API; add viewer, operator or admin", 0, 3, run_tokens},
    {"backup",  "FILE",                   "copy all that linnetd keeps; it goes on meanwhile", 1,  1, run_backup},
    {"server",  "",                       "show the server's version, listeners and counts", 0, 0, run_server},
    {NULL, NULL, NULL, 0, 0, NULL},
    /* clang-format on */
};

/* An option: where its word goes, or the flag that it sets. */
struct option {
    const char *name;
    const char *word;
    const char *help;
    size_t offset;
};

static const struct option options[] = {
    /* clang-format off */
    {"--url",      "URL",   "the server; LINNET_URL, or http://127.0.0.1:8080",  offsetof(struct ctl, url)},
    {"--token",    "TOKEN", "who you are; LINNET_TOKEN",                         offsetof(struct ctl, token)},
    {"--json",     NULL,    "print the API's JSON instead of tables",            offsetof(struct ctl, json)},
    {"--async",    NULL,    "operations: queue it, do not wait for the device",  offsetof(struct ctl, async)},
    {"--expires",  "S",     "operations: seconds that it may wait; 604800",      offsetof(struct ctl, expires)},
    {"--retry",    NULL,    "operations: repeat also what could then be done twice", offsetof(struct ctl, retry)},
    {"--no-queue", NULL,    "operations: fail if the device cannot be reached now", offsetof(struct ctl, no_queue)},
    {"--all",      NULL,    "queue: those that are over, too",                   offsetof(struct ctl, all)},
    {"--timeout",  "S",     "seconds to wait for the device; 10",                offsetof(struct ctl, timeout)},
    {"--format",   "NAME",  "tlv, text, opaque, json, cbor, senml-json, senml-cbor", offsetof(struct ctl, format)},
    {"--partial",  NULL,    "write: keep what is not named, instead of replacing", offsetof(struct ctl, partial)},
    {"--values",   NULL,    "write: ID=VALUE sets a list of one, not a text with =", offsetof(struct ctl, values)},
    {"--type",     "NAME",  "write, create: type of all values; from the server's model", offsetof(struct ctl, type)},
    {"--output",   "FILE",  "read: write an opaque value to this file",          offsetof(struct ctl, output)},
    {"--file",     "FILE",  "write: an opaque value from this file",             offsetof(struct ctl, file)},
    {"--state",    "STATE", "devices: only those online, sleeping, unreachable", offsetof(struct ctl, state)},
    {"--gone",     NULL,    "devices: those that left or expired",               offsetof(struct ctl, gone)},
    {"--object",   "ID",    "devices: only those that have this object",         offsetof(struct ctl, object)},
    {"--security", "MODE",  "devices: only those with none, psk, x509, rpk",      offsetof(struct ctl, security)},
    {"--prefix",   "TEXT",  "devices: only those whose endpoint begins so",      offsetof(struct ctl, query)},
    {"--endpoint", "NAME",  "events: only of this device",                       offsetof(struct ctl, endpoint)},
    {"--event",    "TYPE",  "events: only of this type (registered, ...)",       offsetof(struct ctl, event_type)},
    {"--follow",   NULL,    "observe: print what comes, until Ctrl-C; firmware: until the job is over", offsetof(struct ctl, follow)},
    {"--apply",    NULL,    "firmware push, pull: execute Update once the image is there", offsetof(struct ctl, apply)},
    {"--name",     "TEXT",  "firmware upload: a name for the image",             offsetof(struct ctl, name)},
    {"--image-version", "TEXT", "firmware upload: its version",                  offsetof(struct ctl, image_version)},
    {"--sha256",   "HEX",   "firmware upload: refuse other bytes than these",    offsetof(struct ctl, sha256)},
    {"--stop",     NULL,    "observe: no more",                                  offsetof(struct ctl, stop)},
    {"--attributes", "NAME=N...", "observe: when it is reported (pmin pmax gt lt st)", offsetof(struct ctl, attributes)},
    {"--since",    "TIME",  "history: not before this time, 2024-05-01T12:00:00Z", offsetof(struct ctl, since)},
    {"--until",    "TIME",  "history: not after it",                             offsetof(struct ctl, until)},
    {"--limit",    "N",     "history: the newest so many; 1000",                 offsetof(struct ctl, limit)},
    {"--plot",     NULL,    "history: draw numbers in the terminal",             offsetof(struct ctl, plot)},
    {"--cacert",   "FILE",  "https: whom to trust, in PEM; LINNET_CACERT, or the system's", offsetof(struct ctl, cacert)},
    {"--psk",      NULL,    "credentials add: a pre-shared KEY in hex, - to read it, or a new one; provision", offsetof(struct ctl, psk)},
    {"--x509",     NULL,    "credentials add: a certificate's SUBJECT; the endpoint", offsetof(struct ctl, x509)},
    {"--rpk",      NULL,    "credentials add: a raw public KEY in base64",        offsetof(struct ctl, rpk)},
    {"--identity", "ID",    "credentials add: of a pre-shared key; the endpoint", offsetof(struct ctl, identity)},
    {"--keep-previous", NULL, "credentials add: what was valid stays so beside it", offsetof(struct ctl, keep_previous)},
    {"--for",      "ROLE",  "credentials: server or bootstrap",                  offsetof(struct ctl, purpose)},
    {"--host",     "HOST",  "provision: how devices reach linnetd; by default as --url does", offsetof(struct ctl, host)},
    {"--slot",     "N",     "credentials remove: only this one of two",          offsetof(struct ctl, slot)},
    {NULL, NULL, NULL, 0},
    /* clang-format on */
};

static void print_help(void)
{
    printf("linnet: manage LwM2M devices through linnetd\n\nusage: linnet [options] command "
           "...\n\n");
    for (const struct command *c = commands; c->name != NULL; c++) {
        printf("  %-8s %-27s %s\n", c->name, c->words, c->help);
    }
    printf("\noptions, anywhere on the line (`--` ends them):\n");
    for (const struct option *o = options; o->name != NULL; o++) {
        printf("  %-10s %-6s %s\n", o->name, o->word != NULL ? o->word : "", o->help);
    }
    printf("  %-10s %-6s %s\n  %-10s %-6s %s\n", "--help", "", "print this", "--version", "",
           "print the version");
    printf("\nA path may be written by number or by name: device/0/manufacturer is /3/0/0.\n");
}

static const struct option *find_option(const char *word, const char **value)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        size_t len = strlen(o->name);

        if (strncmp(word, o->name, len) == 0 && (word[len] == '\0' || word[len] == '=')) {
            *value = word[len] == '=' ? word + len + 1 : NULL;
            return o;
        }
    }
    return NULL;
}

/* Takes one option at argv[*at]; moves *at over its word. */
static bool take_option(struct ctl *ctl, int argc, char **argv, int *at)
{
    const char *value;
    const struct option *option = find_option(argv[*at], &value);

    if (option == NULL) {
        complain("%s: there is no such option; `linnet --help` lists them", argv[*at]);
        return false;
    }
    if (option->word == NULL && value != NULL) {
        complain("%s: takes no word with =", option->name);
        return false;
    }
    if (option->word == NULL) {
        *(bool *)((char *)ctl + option->offset) = true;
        return true;
    }
    if (value == NULL && *at + 1 < argc) {
        value = argv[++*at];
    }
    if (value == NULL) {
        complain("%s: needs a word after it: %s", option->name, option->word);
        return false;
    }
    *(const char **)((char *)ctl + option->offset) = value;
    return true;
}

/* Moves the words that are no options to the front of `argv`. False: an option is wrong. */
static bool sort_words(struct ctl *ctl, int argc, char **argv, struct words *words)
{
    bool options_end = false;

    *words = (struct words){.at = argv, .count = 0};
    for (int i = 1; i < argc; i++) {
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(ctl, argc, argv, &i)) {
                return false;
            }
        } else {
            argv[words->count++] = argv[i];
        }
    }
    return true;
}

static int run(struct ctl *ctl, struct words words)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, words.at[0]) != 0) {
            continue;
        }
        words.at++;
        words.count--;
        if (words.count > 0 && words.at[0][0] == '\0' &&
            strncmp(c->words, "ENDPOINT", strlen("ENDPOINT")) == 0) {
            complain("%s: the endpoint is empty: `linnet devices` lists them", c->name);
            return EXIT_USAGE;
        }
        if (words.count < c->least || (c->most >= 0 && words.count > c->most)) {
            complain("%s: usage: linnet %s %s", c->name, c->name, c->words);
            return EXIT_USAGE;
        }
        return c->run(ctl, words);
    }
    complain("%s: there is no such command; `linnet --help` lists them", words.at[0]);
    return EXIT_USAGE;
}

static bool asks_for(int argc, char **argv, const char *option)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], option) == 0) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    struct ctl ctl = {.url = getenv("LINNET_URL"),
                      .token = getenv("LINNET_TOKEN"),
                      .cacert = getenv("LINNET_CACERT")};
    struct words words;
    int result;

    if (asks_for(argc, argv, "--help")) {
        print_help();
        return EXIT_DONE;
    }
    if (asks_for(argc, argv, "--version")) {
        printf("linnet %s\n", LN_VERSION);
        return EXIT_DONE;
    }
    if (!sort_words(&ctl, argc, argv, &words)) {
        return EXIT_USAGE;
    }
    if (words.count == 0) {
        complain("no command: `linnet --help` lists them");
        return EXIT_USAGE;
    }
    if (ctl.url == NULL || ctl.url[0] == '\0') {
        ctl.url = "http://127.0.0.1:8080";
    }
    result = run(&ctl, words);
    api_close(&ctl);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("standard output: could not be written");
        return EXIT_FAILED;
    }
    return result;
}
