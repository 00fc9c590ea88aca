/* The command line of linnet-device. A table of options, each with the function that takes its word. */

#include "options.h"

#include "gps.h"
#include "saved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct account *present(struct options *options)
{
    return options->present;
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

static bool is_uri(const char *word)
{
    return (strncmp(word, "coap://", 7) == 0 || strncmp(word, "coaps://", 8) == 0) &&
           strlen(word) <= 255;
}

static void begin_account(struct options *options, struct account *account, const char *uri)
{
    *account = options->all;
    account->uri = uri;
    options->present = account;
}

static const char *take_server(struct options *options, const char *word)
{
    if (!is_uri(word)) {
        return "a server is coap://HOST[:PORT] or coaps://HOST[:PORT], of at most 255 bytes";
    }
    if (options->account_count == ACCOUNTS_MAX) {
        return "there is room for 8 servers";
    }
    begin_account(options, &options->accounts[options->account_count++], word);
    return NULL;
}

static const char *take_bootstrap(struct options *options, const char *word)
{
    if (!is_uri(word)) {
        return "it is coap://HOST[:PORT] or coaps://HOST[:PORT], of at most 255 bytes";
    }
    if (options->bootstrap.uri != NULL) {
        return "a device has one bootstrap account";
    }
    begin_account(options, &options->bootstrap, word);
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

static const char *take_identity(struct options *options, const char *word)
{
    present(options)->identity = word;
    return NULL;
}

static const char *take_psk(struct options *options, const char *word)
{
    present(options)->psk = word;
    return NULL;
}

static const char *take_psk_file(struct options *options, const char *word)
{
    present(options)->psk_file = word;
    return NULL;
}

static const char *take_cert(struct options *options, const char *word)
{
    present(options)->cert = word;
    return NULL;
}

static const char *take_key(struct options *options, const char *word)
{
    present(options)->key = word;
    return NULL;
}

static const char *take_ca(struct options *options, const char *word)
{
    present(options)->ca = word;
    return NULL;
}

static const char *take_server_cert(struct options *options, const char *word)
{
    present(options)->server_cert = word;
    return NULL;
}

static const char *take_server_name(struct options *options, const char *word)
{
    if (word[0] == '\0' || strlen(word) > 255) {
        return "it is a host name of at most 255 bytes";
    }
    present(options)->server_name = word;
    return NULL;
}

static const char *take_no_cid(struct options *options, const char *word)
{
    (void)word;
    present(options)->no_cid = true;
    return NULL;
}

static const char *take_access(struct options *options, const char *word)
{
    return access_read(word, &present(options)->access);
}

static const char *take_spread(struct options *options, const char *word)
{
    double seconds;

    if (!ln_double_of_text(ln_bytes_of_text(word), &seconds) || seconds < 0 ||
        seconds > 86400) {
        return "it is 0 to 86400 seconds";
    }
    options->spread = (uint32_t)(seconds * 1000);
    return NULL;
}

static const char *take_state(struct options *options, const char *word)
{
    options->state = word;
    return saved_folder(word);
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

static const char *take_location(struct options *options, const char *word)
{
    const char *why;

    if (strncmp(word, "gpsd", 4) == 0) {
        options->has_gpsd = true;
        return gps_read(word, &options->gpsd);
    }
    why = place_read(word, &options->place);
    options->has_place = why == NULL;
    return why;
}

static const char *take_firmware_apply(struct options *options, const char *word)
{
    options->firmware_apply = word;
    return NULL;
}

static const char *take_firmware_verify(struct options *options, const char *word)
{
    options->firmware_verify = word;
    return NULL;
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
    {"--server",         "URI",        "begins an account: coap[s]://HOST[:PORT]",               take_server},
    {"--bootstrap",      "URI",        "begins the account that brings all others: coap[s]://..", take_bootstrap},
    {"--lifetime",       "S",          "seconds until the server forgets it; 300",               take_lifetime},
    {"--binding",        "U",          "how it can be reached; U",                               take_binding},
    {"--identity",       "ID",         "of the pre-shared key; the endpoint",                    take_identity},
    {"--psk",            "HEX",        "the pre-shared key",                                     take_psk},
    {"--psk-file",       "FILE",       "the same, in a file: no list of processes shows it",     take_psk_file},
    {"--cert",           "FILE",       "our certificate, or chain: PEM or DER",                  take_cert},
    {"--key",            "FILE",       "its private key: PEM or DER",                            take_key},
    {"--ca",             "FILE",       "who signs the server's certificate",                     take_ca},
    {"--server-cert",    "FILE",       "or the server's certificate itself",                     take_server_cert},
    {"--server-name",    "NAME",       "in the server's certificate; the URI's host",            take_server_name},
    {"--no-cid",         "",           "no Connection ID: a new address is a new handshake",     take_no_cid},
    {"--access",         "RWEDC",      "what it may do to what it does not own; R",           take_access},
    {"--spread",         "S",          "first registrations at random within it; 1, or 0",       take_spread},
    {"--state",          "DIR",        "what outlives a restart, with keys; keep nothing",     take_state},
    {"--lwm2m",          "1.0|1.1",    "the highest version to speak; 1.1",                      take_version},
    {"--set",            "PATH=VALUE", "give a resource this value: /3/0/17=meter",              take_setting},
    {"--sensor",         "NAME=FILE",  "a sensor: temperature=FILE, or =sine, or =random",       take_sensor},
    {"--firmware-apply", "CMD",        "installs an image: CMD FILE, status 0 if it worked", take_firmware_apply},
    {"--firmware-verify", "CMD",       "looks at one before: status 0, 1 damaged, 2 not ours",   take_firmware_verify},
    {"--location",       "LAT,LON",    "and ,ALT: where it stands, in degrees and metres; or gpsd[:[HOST:]PORT]",        take_location},
    {"--ack-timeout",    "S",          "seconds before a message is sent again; 2",              take_ack_timeout},
    {"--max-retransmit", "N",          "how often a message is sent again; 4",                   take_max_retransmit},
    {"--block-size",     "BYTES",      "of the largest block of a long body; 1024",              take_block_size},
    {"--queue-mode",     "",           "sleep, and have the server wait until we wake up",       take_queue_mode},
    {"--awake",          "S",          "seconds before it sleeps; 93",                           take_awake},
    {"--quiet",          "",           "print errors only",                                      take_quiet},
    /* clang-format on */
};

static const struct option_table all_options = {
    .program = "linnet-device",
    .head = "linnet-device: an LwM2M client with this machine's values\n\n"
            "usage: linnet-device --server|--bootstrap coap[s]://HOST[:PORT] [options]",
    .foot = "--lifetime, --binding and --identity to --access after a --server or --bootstrap "
            "are of that\n"
            "account, before the first of all. The pre-shared key may also be in the "
            "environment, as " PSK_VARIABLE ".",
    .rows = table,
    .count = LN_COUNT(table),
};

static bool complain(const char *what, const char *why)
{
    return option_table_complain(&all_options, what, why);
}

static bool check_certificates(struct account *account)
{
    if (account->cert == NULL || account->key == NULL) {
        return complain(account->cert == NULL ? "--cert" : "--key",
                        "is missing: a certificate and its private key belong together");
    }
    if ((account->ca == NULL) == (account->server_cert == NULL)) {
        return complain("--ca",
                        "it takes --ca or --server-cert, and not both, to know the server");
    }
    account->mode = LN_SECURITY_X509;
    return true;
}

static bool check_key(const struct options *options, struct account *account)
{
    if (account->psk != NULL && account->psk_file != NULL) {
        return complain("--psk-file", "there is --psk as well: one of them is the key");
    }
    if (account->identity == NULL) {
        account->identity = options->endpoint;
    }
    if (account->identity == NULL) {
        return complain("--identity", "is missing: say it, or --endpoint");
    }
    account->mode = LN_SECURITY_PSK;
    return true;
}

/* How the account is secured: what was said of it must fit together. */
static bool check_account(const struct options *options, struct account *account)
{
    const struct account *all = &options->all;
    bool has_key =
        account->psk != NULL || account->psk_file != NULL || getenv(PSK_VARIABLE) != NULL;
    bool has_certificate = account->cert != NULL || account->key != NULL;

    if (strncmp(account->uri, "coap://", 7) == 0) {
        account->mode = LN_SECURITY_NONE;
        return (account->psk == all->psk && account->psk_file == all->psk_file &&
                account->cert == all->cert && account->key == all->key) ||
               complain(account->uri, "has a key, but coap is without security: say coaps://");
    }
    if (has_certificate && (account->psk != NULL || account->psk_file != NULL)) {
        return complain(account->uri, "has a pre-shared key and a certificate: one is enough");
    }
    if (has_certificate) {
        return check_certificates(account);
    }
    return has_key ? check_key(options, account)
                   : complain(account->uri,
                              "coaps needs --identity and --psk, --psk-file or " PSK_VARIABLE
                              ", or --cert, --key and --ca");
}

enum options_result options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .all = {.binding = "U", .lifetime = 300, .access = ACCESS_UNSAID},
        .spread = SPREAD_UNSAID,
        .version = LN_VERSION_1_1,
        .coap = ln_coap_parameters_default,
    };
    options->present = &options->all;
    enum options_result result = option_table_read(&all_options, options, argc, argv);
    if (result != OPTIONS_RUN) {
        return result;
    }
    if (options->account_count == 0 && options->bootstrap.uri == NULL) {
        complain("--server", "is missing: say which server, like --server coap://127.0.0.1, or "
                             "which --bootstrap server names it");
        return OPTIONS_WRONG;
    }
    if (options->bootstrap.uri != NULL && !check_account(options, &options->bootstrap)) {
        return OPTIONS_WRONG;
    }
    for (size_t i = 0; i < options->account_count; i++) {
        if (!check_account(options, &options->accounts[i])) {
            return OPTIONS_WRONG;
        }
    }
    return OPTIONS_RUN;
}
