/* The command line of linnet-device. A table of options, each with the function that takes its word. */

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option {
    const char *name;
    const char *word;
    const char *help;
    /* NULL, or why the word will not do. */
    const char *(*take)(struct options *options, const char *word);
};

/* The account that options on this place of the line speak of. */
static struct account *present(struct options *options)
{
    return options->account_count > 0 ? &options->accounts[options->account_count - 1]
                                      : &options->all;
}

static const char *take_endpoint(struct options *options, const char *word)
{
    struct ln_bytes name = ln_bytes_of_text(word);

    if (name.len == 0 || name.len > 252 || !ln_utf8_valid(name)) {
        return "an endpoint name has 1 to 252 bytes of UTF-8: more does not fit Register's ep=";
    }
    options->endpoint = word;
    return NULL;
}

static const char *take_server(struct options *options, const char *word)
{
    if (strncmp(word, "coap://", 7) != 0 || strlen(word) > 255) {
        return "a server is coap://HOST[:PORT], of at most 255 bytes";
    }
    if (options->account_count == ACCOUNTS_MAX) {
        return "there is room for 8 servers";
    }
    options->accounts[options->account_count] = options->all;
    options->accounts[options->account_count++].uri = word;
    return NULL;
}

static const char *take_lifetime(struct options *options, const char *word)
{
    uint64_t seconds;

    if (!ln_unsigned_of_text(ln_bytes_of_text(word), &seconds) || seconds > UINT32_MAX) {
        return "a lifetime is 0 (never expires) to 4294967295 seconds";
    }
    present(options)->lifetime = (uint32_t)seconds;
    return NULL;
}

static const char *take_binding(struct options *options, const char *word)
{
    uint8_t binding;

    if (strlen(word) > 7 ||
        (ln_binding_of_text(ln_bytes_of_text(word), LN_VERSION_1_0, &binding) != LN_OK &&
         ln_binding_of_text(ln_bytes_of_text(word), LN_VERSION_1_1, &binding) != LN_OK)) {
        return "a binding is U, or letters as LwM2M has them";
    }
    present(options)->binding = word;
    return NULL;
}

static const char *take_version(struct options *options, const char *word)
{
    if (!ln_version_of_text(ln_bytes_of_text(word), &options->version) ||
        (options->version != LN_VERSION_1_0 && options->version != LN_VERSION_1_1)) {
        return "it is 1.0 or 1.1";
    }
    return NULL;
}

static const char *take_setting(struct options *options, const char *word)
{
    const char *equals = strchr(word, '=');
    struct setting *setting = &options->settings[options->setting_count];

    if (options->setting_count == SETTINGS_MAX) {
        return "there is room for 32 of them";
    }
    if (equals == NULL ||
        !ln_path_of_text(ln_bytes(word, (size_t)(equals - word)), &setting->path) ||
        setting->path.depth != 3) {
        return "it is /OBJECT/INSTANCE/RESOURCE=VALUE";
    }
    setting->text = equals + 1;
    options->setting_count++;
    return NULL;
}

static const char *take_sensor(struct options *options, const char *word)
{
    if (options->sensor_count == SENSORS_MAX) {
        return "there is room for 16 of them";
    }
    return sensor_wish_read(word, &options->sensors[options->sensor_count++]);
}

static const char *take_ack_timeout(struct options *options, const char *word)
{
    double seconds;

    if (!ln_double_of_text(ln_bytes_of_text(word), &seconds) || seconds < 0.01 ||
        seconds > 3600) {
        return "it is 0.01 to 3600 seconds";
    }
    options->coap.ack_timeout = (uint32_t)(seconds * 1000);
    return NULL;
}

static const char *take_max_retransmit(struct options *options, const char *word)
{
    uint64_t number;

    if (!ln_unsigned_of_text(ln_bytes_of_text(word), &number) || number > 10) {
        return "it is 0 to 10";
    }
    options->coap.max_retransmit = (uint8_t)number;
    return NULL;
}

static const char *take_block_size(struct options *options, const char *word)
{
    uint64_t size;

    if (!ln_unsigned_of_text(ln_bytes_of_text(word), &size) || size < 16 || size > 1024 ||
        (size & (size - 1)) != 0) {
        return "it is 16, 32, 64, 128, 256, 512 or 1024 bytes";
    }
    options->block_size = (uint16_t)size;
    return NULL;
}

static const char *take_awake(struct options *options, const char *word)
{
    double seconds;

    if (!ln_double_of_text(ln_bytes_of_text(word), &seconds) || seconds < 0.01 ||
        seconds > 86400) {
        return "it is 0.01 to 86400 seconds";
    }
    options->awake = (uint32_t)(seconds * 1000);
    return NULL;
}

static const char *take_queue_mode(struct options *options, const char *word)
{
    (void)word;
    options->queue_mode = true;
    return NULL;
}

static const char *take_quiet(struct options *options, const char *word)
{
    (void)word;
    options->quiet = true;
    return NULL;
}

static const struct option table[] = {
    /* clang-format off */
    {"--endpoint",       "NAME",       "the device's name; the host's name",                     take_endpoint},
    {"--server",         "URI",        "begins an account: coap://HOST[:PORT]",                  take_server},
    {"--lifetime",       "S",          "seconds until the server forgets it; 300",               take_lifetime},
    {"--binding",        "U",          "how it can be reached; U",                               take_binding},
    {"--lwm2m",          "1.0|1.1",    "the highest version to speak; 1.1",                      take_version},
    {"--set",            "PATH=VALUE", "give a resource this value: /3/0/17=meter",              take_setting},
    {"--sensor",         "NAME=FILE",  "a sensor: temperature=FILE, or =sine, or =random",       take_sensor},
    {"--ack-timeout",    "S",          "seconds before a message is sent again; 2",              take_ack_timeout},
    {"--max-retransmit", "N",          "how often a message is sent again; 4",                   take_max_retransmit},
    {"--block-size",     "BYTES",      "of the largest block of a long body; 1024",              take_block_size},
    {"--queue-mode",     "",           "sleep, and have the server wait until we wake up",       take_queue_mode},
    {"--awake",          "S",          "seconds before it sleeps; 93",                           take_awake},
    {"--quiet",          "",           "print errors only",                                      take_quiet},
    {NULL, NULL, NULL, NULL},
    /* clang-format on */
};

static void print_help(void)
{
    printf("linnet-device: an LwM2M client with this machine's values\n\n"
           "usage: linnet-device --server coap://HOST[:PORT] [options]\n\n");
    for (const struct option *o = table; o->name != NULL; o++) {
        printf("  %-16s %-10s  %s\n", o->name, o->word, o->help);
    }
    printf("  %-16s %-10s  %s\n  %-16s %-10s  %s\n", "--help", "", "print this", "--version",
           "", "print the version");
    printf("\n--lifetime and --binding after a --server are of that account, before the first "
           "of all.\n");
}

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "linnet-device: %s: %s\n", what, why);
    return false;
}

/* Takes argv[*at] and the word after it. */
static bool take_option(struct options *options, int argc, char **argv, int *at)
{
    const char *name = argv[*at];

    for (const struct option *o = table; o->name != NULL; o++) {
        size_t len = strlen(o->name);
        const char *word = "";
        const char *why;

        if (strncmp(name, o->name, len) != 0 || (name[len] != '\0' && name[len] != '=')) {
            continue;
        }
        if (o->word[0] == '\0' && name[len] == '=') {
            return complain(o->name, "takes no word");
        }
        if (o->word[0] != '\0') {
            word = name[len] == '=' ? name + len + 1 : argv[*at + 1 < argc ? ++*at : argc];
        }
        if (word == NULL) {
            return complain(o->name,
                            "needs a word after it; `linnet-device --help` says which");
        }
        why = o->take(options, word);
        return why == NULL || complain(o->name, why);
    }
    return complain(name, "there is no such option; `linnet-device --help` lists them");
}

enum options_result options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .all = {.binding = "U", .lifetime = 300},
        .version = LN_VERSION_1_1,
        .coap = ln_coap_parameters_default,
    };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help();
            return OPTIONS_DONE;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("linnet-device %s\n", LN_VERSION);
            return OPTIONS_DONE;
        }
        if (!take_option(options, argc, argv, &i)) {
            return OPTIONS_WRONG;
        }
    }
    if (options->account_count == 0) {
        complain("--server", "is missing: say which server, like --server coap://127.0.0.1");
        return OPTIONS_WRONG;
    }
    return OPTIONS_RUN;
}
