/* The command line of linnet-load. A table of options, each with the function that takes its word. */

#include "options.h"

#include <stdio.h>
#include <string.h>

/* Devices that share an address need a socket each. */
enum {
    COAP_PORT = 5683,
    COAPS_PORT = 5684,
    SOCKETS_MAX = 10000,
    DEVICES_MAX = 4000000,
    HOST_MAX = 280
};

static bool take_number(uint32_t *out, const char *word, uint64_t least, uint64_t most)
{
    uint64_t number;

    if (!ln_unsigned_of_text(ln_bytes_of_text(word), &number) || number < least ||
        number > most) {
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

static bool take_decimal(double *out, const char *word, double least, double most)
{
    return ln_double_of_text(ln_bytes_of_text(word), out) && *out >= least && *out <= most;
}

static const char *take_server(struct options *options, const char *word)
{
    char host[HOST_MAX];
    size_t len = strlen(word);
    size_t scheme = strncmp(word, "coaps://", 8) == 0 ? 8 : 7;

    if ((scheme == 7 && strncmp(word, "coap://", 7) != 0) || len >= sizeof(host)) {
        return "a server is coap://HOST[:PORT] or coaps://HOST[:PORT]";
    }
    memcpy(host, word + scheme, len - scheme + 1);
    options->secure = scheme == 8;
    len = strlen(host);
    if (len > 0 && host[len - 1] == '/') {
        host[len - 1] = '\0';
    }
    options->uri = word;
    switch (ln_address_of_text(host, options->secure ? COAPS_PORT : COAP_PORT, false,
                               &options->server)) {
    case LN_OK:
        return NULL;
    case LN_ERR_NOT_FOUND:
        return "the host name is not known";
    default:
        return "a server is coap://HOST[:PORT] or coaps://HOST[:PORT]";
    }
}

static const char *take_devices(struct options *options, const char *word)
{
    return take_number(&options->devices, word, 1, DEVICES_MAX) ? NULL : "it is 1 to 4000000";
}

static const char *take_mode(struct options *options, const char *word)
{
    static const char *const names[] = {"register", "update", "hold", "bootstrap"};

    for (size_t i = 0; i < LN_COUNT(names); i++) {
        if (strcmp(word, names[i]) == 0) {
            options->mode = (enum mode)i;
            return NULL;
        }
    }
    return "it is register, update, hold or bootstrap";
}

static const char *take_rate(struct options *options, const char *word)
{
    return take_decimal(&options->rate, word, 0, 1e7)
               ? NULL
               : "it is 0 (as fast as answered) to 10000000 a second";
}

static const char *take_seconds(struct options *options, const char *word)
{
    return take_decimal(&options->seconds, word, 0, 1e6) ? NULL : "it is 0 to 1000000 seconds";
}

static const char *take_window(struct options *options, const char *word)
{
    return take_number(&options->window, word, 1, 1000000) ? NULL : "it is 1 to 1000000";
}

static const char *take_threads(struct options *options, const char *word)
{
    return take_number(&options->threads, word, 1, THREADS_MAX) ? NULL : "it is 1 to 64";
}

static const char *take_lifetime(struct options *options, const char *word)
{
    return take_number(&options->lifetime, word, 0, UINT32_MAX)
               ? NULL
               : "a lifetime is 0 (never expires) to 4294967295 seconds";
}

static const char *take_version(struct options *options, const char *word)
{
    if (!ln_version_of_text(ln_bytes_of_text(word), &options->version) ||
        (options->version != LN_VERSION_1_0 && options->version != LN_VERSION_1_1)) {
        return "it is 1.0 or 1.1";
    }
    return NULL;
}

static const char *take_prefix(struct options *options, const char *word)
{
    struct ln_bytes prefix = ln_bytes_of_text(word);

    if (prefix.len > PREFIX_MAX || !ln_utf8_valid(prefix)) {
        return "it is at most 32 bytes of UTF-8: the device's number follows";
    }
    options->prefix = word;
    return NULL;
}

static const char *take_first_address(struct options *options, const char *word)
{
    options->own_addresses = strcmp(word, "off") != 0;
    if (!options->own_addresses) {
        return NULL;
    }
    if (ln_address_of_text(word, 0, false, &options->first) != LN_OK ||
        options->first.ip[12] != 127 || options->first.port != 0) {
        return "it is an address of 127.0.0.0/8, like 127.1.0.1, or off";
    }
    return NULL;
}

static const char *take_ack_timeout(struct options *options, const char *word)
{
    double seconds;

    if (!take_decimal(&seconds, word, 0.01, 3600)) {
        return "it is 0.01 to 3600 seconds";
    }
    options->coap.ack_timeout = (uint32_t)(seconds * 1000);
    return NULL;
}

static const char *take_max_retransmit(struct options *options, const char *word)
{
    uint32_t number;

    if (!take_number(&number, word, 0, 10)) {
        return "it is 0 to 10";
    }
    options->coap.max_retransmit = (uint8_t)number;
    return NULL;
}

static const char *take_psk_secret(struct options *options, const char *word)
{
    struct ln_writer out = ln_writer(options->psk_secret, sizeof(options->psk_secret));
    const char *digits = "0123456789abcdef";

    if (strlen(word) != 2 * sizeof(options->psk_secret) ||
        strspn(word, digits) != strlen(word)) {
        return "it is 16 bytes in hex, 32 digits in lower case";
    }
    for (; *word != '\0'; word += 2) {
        ln_write_u8(&out, (uint8_t)((strchr(digits, word[0]) - digits) << 4 |
                                    (strchr(digits, word[1]) - digits)));
    }
    options->has_secret = true;
    return NULL;
}

static const char *take_print_credentials(struct options *options, const char *word)
{
    (void)word;
    options->print_credentials = true;
    return NULL;
}

static const char *take_no_cid(struct options *options, const char *word)
{
    (void)word;
    options->no_cid = true;
    return NULL;
}

static const char *take_keep(struct options *options, const char *word)
{
    (void)word;
    options->keep = true;
    return NULL;
}

static const char *take_json(struct options *options, const char *word)
{
    (void)word;
    options->json = true;
    return NULL;
}

static const struct option table[] = {
    /* clang-format off */
    {"--server",          "URI",     "the server: coap[s]://HOST[:PORT]",                      take_server},
    {"--devices",         "N",       "how many devices; 100",                                  take_devices},
    {"--mode",            "MODE",    "register, update, hold or bootstrap; update",                   take_mode},
    {"--seconds",         "S",       "how long they update, or hold; 10",                      take_seconds},
    {"--rate",            "R",       "begun each second; 0 is as fast as answered; 0",         take_rate},
    {"--window",          "N",       "under way at once where the rate is 0; 256",             take_window},
    {"--threads",         "N",       "threads, each with its part of the devices; 1",          take_threads},
    {"--lifetime",        "S",       "of the registrations; 3600",                             take_lifetime},
    {"--lwm2m",           "1.0|1.1", "the highest version to speak; 1.1",                      take_version},
    {"--endpoint-prefix", "TEXT",    "names are this and a number; load-",                     take_prefix},
    {"--first-address",   "IP|off",  "of device 0, of 127.0.0.0/8; off: a port each; 127.1.0.1", take_first_address},
    {"--psk-secret",      "HEX",     "16 bytes that all keys follow from, for coaps",          take_psk_secret},
    {"--print-credentials", "",      "print the keys, for `linnet credentials import`",        take_print_credentials},
    {"--no-cid",          "",        "no Connection IDs",                                      take_no_cid},
    {"--ack-timeout",     "S",       "seconds before a message is sent again; 2",              take_ack_timeout},
    {"--max-retransmit",  "N",       "how often a message is sent again; 4",                   take_max_retransmit},
    {"--keep",            "",        "do not de-register at the end",                          take_keep},
    {"--json",            "",        "print the figures as JSON",                              take_json},
    /* clang-format on */
};

static const struct option_table all_options = {
    .program = "linnet-load",
    .head = "linnet-load: many LwM2M devices, to load a server and to measure it\n\n"
            "usage: linnet-load --server coap[s]://HOST[:PORT] [options]",
    .foot =
        "All devices register, then for some seconds update (or only answer requests and\n"
        "update before their lifetime ends: hold), then de-register. With --mode bootstrap\n"
        "they are bootstrapped instead, by the bootstrap server that --server names.",
    .rows = table,
    .count = LN_COUNT(table),
};

static bool complain(const char *what, const char *why)
{
    return option_table_complain(&all_options, what, why);
}

/* What the options mean together. */
static bool check(const struct options *options)
{
    uint32_t first = (uint32_t)options->first.ip[13] << 16 |
                     (uint32_t)options->first.ip[14] << 8 | options->first.ip[15];

    if ((options->secure || options->print_credentials) && !options->has_secret) {
        return complain("--psk-secret",
                        "is missing: the keys follow from it; `openssl rand -hex "
                        "16` makes one");
    }
    if (options->print_credentials) {
        return true;
    }
    if (options->uri == NULL) {
        return complain("--server",
                        "is missing: say which server, like --server coap://127.0.0.1");
    }
    if (options->threads > options->devices) {
        return complain("--threads", "there are fewer devices than threads");
    }
    if (!options->own_addresses) {
        return options->devices <= SOCKETS_MAX ||
               complain("--devices", "10000 at most where each has a port of its own");
    }
    if (!ln_address_is_loopback(&options->server) || options->server.ip[12] != 127) {
        return complain("--first-address", "only a server at an address of 127.0.0.0/8 answers "
                                           "to these addresses; for others: off");
    }
    return first + options->devices < 0xFFFFFF ||
           complain("--devices", "so many do not fit behind --first-address in 127.0.0.0/8");
}

enum options_result options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .first = ln_address_ipv4(127, 1, 0, 1, 0),
        .own_addresses = true,
        .prefix = "load-",
        .mode = MODE_UPDATE,
        .devices = 100,
        .threads = 1,
        .window = 256,
        .lifetime = 3600,
        .seconds = 10,
        .version = LN_VERSION_1_1,
        .coap = ln_coap_parameters_default,
    };
    enum options_result result = option_table_read(&all_options, options, argc, argv);
    if (result != OPTIONS_RUN) {
        return result;
    }
    return check(options) ? OPTIONS_RUN : OPTIONS_WRONG;
}
