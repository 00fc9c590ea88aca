/* Reads the command line and the configuration file. */

#include "linnetd/config.h"

#include <linnet/net.h>

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void set_defaults(struct config *config)
{
    *config = (struct config){
        .coap.address = {.port = 5683},
        .coaps.address = {.port = 5684},
        .bootstrap.address = {.port = 5783},
        .bootstrap_coaps.address = {.port = 5784},
        .http.address = ln_address_ipv4(127, 0, 0, 1, 8080),
        .max_devices = DEFAULT_MAX_DEVICES,
        .ack_timeout = 2,
        .http_header_timeout = 30,
        .awake = 93,
        .max_retransmit = 4,
        .log_level = LOG_INFO,
        .data = "linnet-data",
        .survives_power_cut = true,
        .forget_after = 30,
        .history_samples = 1000,
        .history_days = 30,
    };
}

/* ---- The file ---- */

struct file {
    struct config *config;
    const char *name;
    bool reported;
};

/* inih's callback: zero stops at this line. */
static int take_key(void *context, const char *section, const char *key, const char *value)
{
    struct file *file = context;
    const struct option *option = option_find(key, strlen(key));
    const char *why = "no such option";

    if (section[0] != '\0' && strcmp(section, "linnetd") != 0) {
        why = "the file has no sections but [linnetd]";
    } else if (option != NULL) {
        why = option->set(file->config, value);
    }
    if (why != NULL && !file->reported) {
        (void)fprintf(stderr, "linnetd: %s: %s: %s\n", file->name, key, why);
        file->reported = true;
    }
    return why == NULL;
}

static bool read_file(struct config *config, const char *name)
{
    struct file file = {config, name, false};
    int line = ini_parse(name, take_key, &file);

    if (line == -1) {
        (void)fprintf(stderr, "linnetd: %s: %s\n", name, strerror(errno));
    } else if (line > 0 && !file.reported) {
        (void)fprintf(stderr, "linnetd: %s: line %d: it is neither key = value nor a comment\n",
                      name, line);
    }
    return line == 0;
}

/* ---- The command line ---- */

struct words {
    char **at;
    int count;
    int next;
};

/* "--name=value" or "--name value"; a switch has none. NULL: it is missing. */
static const char *value_of(struct words *words, const char *equals, bool is_switch)
{
    if (equals != NULL) {
        return equals + 1;
    }
    if (is_switch) {
        return "yes";
    }
    return words->next < words->count ? words->at[words->next++] : NULL;
}

static bool usage(const char *what, int len, const char *why)
{
    (void)fprintf(stderr, "linnetd: %.*s: %s\n", len, what, why);
    return false;
}

static bool take_word(struct config *config, struct words *words, bool only_config)
{
    const char *word = words->at[words->next++];
    const char *equals = strchr(word, '=');
    int len = equals != NULL ? (int)(equals - word) : (int)strlen(word);

    if (strncmp(word, "--", 2) != 0) {
        return usage(word, len, "no such argument: see --help");
    }
    bool is_config = len == 8 && memcmp(word, "--config", 8) == 0;
    const struct option *option = option_find(word + 2, (size_t)len - 2);
    if (option == NULL && !is_config) {
        return usage(word, len, "no such option: see --help");
    }
    const char *value = value_of(words, equals, !is_config && option->argument == NULL);
    if (value == NULL) {
        return usage(word, len, "it needs a value: see --help");
    }
    if (is_config != only_config) {
        return true;
    }
    if (is_config) {
        return read_file(config, value);
    }
    const char *why = option->set(config, value);
    return why == NULL || usage(word, len, why);
}

/* Twice: what the command line says overrides the file, wherever --config stands. */
static bool take_words(struct config *config, int argc, char **argv, bool only_config)
{
    struct words words = {argv, argc, 1};

    while (words.next < words.count) {
        if (!take_word(config, &words, only_config)) {
            return false;
        }
    }
    return true;
}

bool config_has_https(const struct config *config)
{
    return config->http_cert[0] != '\0';
}

static bool fits_together(const struct config *config)
{
    if ((config->http_cert[0] != '\0') != (config->http_key[0] != '\0')) {
        return usage("--http-cert", 11, "HTTPS needs both --http-cert and --http-key");
    }
    if ((config->coaps_cert[0] != '\0') != (config->coaps_key[0] != '\0') ||
        (config->coaps_cert[0] != '\0') != (config->coaps_ca[0] != '\0')) {
        return usage("--coaps-cert", 12,
                     "certificates need all of --coaps-cert, --coaps-key and --coaps-ca");
    }
    if (config->coaps_crl[0] != '\0' && config->coaps_ca[0] == '\0') {
        return usage("--coaps-crl", 11, "it needs --coaps-ca");
    }
    if (!config->http.off && !config->http_insecure && !config_has_https(config) &&
        !ln_address_is_loopback(&config->http.address)) {
        return usage(
            "--http", 6,
            "beyond loopback anyone on the way could read the token: give --http-cert and "
            "--http-key, use 127.0.0.1 or [::1] behind a proxy with TLS, or say "
            "--http-insecure");
    }
    return true;
}

static bool has_word(int argc, char **argv, const char *word)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], word) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * One shard for each core; but each shard counts its own devices only, up to its part of the bound, so
 * that a bound that somebody chose is exact with one shard alone.
 */
static uint64_t default_shards(const struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    bool bounded = config->max_devices > 0 && config->max_devices != DEFAULT_MAX_DEVICES;

    if (cores < 1 || bounded || config->max_per_address > 0) {
        return 1;
    }
    return cores < SHARDS_MAX ? (uint64_t)cores : SHARDS_MAX;
}

enum config_end config_read(struct config *config, int argc, char **argv)
{
    set_defaults(config);
    if (has_word(argc, argv, "--help")) {
        options_print();
        return CONFIG_DONE;
    }
    if (has_word(argc, argv, "--version")) {
        (void)printf("linnetd %s\n", LN_VERSION);
        return CONFIG_DONE;
    }
    if (!take_words(config, argc, argv, true) || !take_words(config, argc, argv, false) ||
        !fits_together(config)) {
        return CONFIG_WRONG;
    }
    if (config->shards == 0) {
        config->shards = default_shards(config);
    }
    return CONFIG_RUN;
}
