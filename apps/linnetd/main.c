/* linnetd: starts the shards and HTTP, waits for a signal, stops them. */

#include "linnetd/daemon.h"
#include "linnetd/https.h"
#include "linnetd/log.h"
#include "linnetd/notify.h"
#include "linnetd/tokens.h"

#include <linnet/net.h>

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXIT_USAGE = 2, EVENTS_EVERY_SECONDS = 15, DRAIN_MS = 3000 };

static void complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "linnetd: %s: %s\n", what, why);
}

static const char *address_text(const struct ln_address *address,
                                char out[LN_ADDRESS_TEXT_MAX + 1])
{
    struct ln_writer w = ln_writer(out, LN_ADDRESS_TEXT_MAX + 1);

    ln_write_address(&w, address);
    ln_write_u8(&w, '\0');
    return out;
}

/* ---- Start ---- */

static bool start_models(struct daemon *daemon)
{
    const char *folder = daemon->config.models;

    return folder[0] == '\0' || models_load(folder, &daemon->models);
}

static bool start_auth(struct daemon *daemon, struct made_token *made)
{
    const char *token = getenv("LINNET_TOKEN");
    char why[STORE_WHY_MAX];

    if (token != NULL && token[0] != '\0') {
        if (!auth_add_environment(&daemon->auth, token)) {
            complain("LINNET_TOKEN",
                     "a token has up to 256 printable characters and no spaces");
            return false;
        }
        daemon->weak_token = strlen(token) < AUTH_TOKEN_STRONG;
    }
    (void)unsetenv("LINNET_TOKEN"); /* what we start must not inherit it */
    if (!tokens_start(daemon, made, why)) {
        complain("--data", why);
        return false;
    }
    return true;
}

/* Why a listener does not open, and what to do about it. */
static bool complain_of_listener(const char *option, const struct ln_address *address, int why)
{
    char text[LN_ADDRESS_TEXT_MAX + 1];
    const char *advice = "";

    if (why == EADDRINUSE) {
        advice = ": another program listens there, perhaps another linnetd: end it, or give "
                 "another port";
    } else if (why == EADDRNOTAVAIL) {
        advice = ": this machine does not have that address: see `ip address`";
    } else if (why == EACCES) {
        advice = ": ports below 1024 need the right CAP_NET_BIND_SERVICE";
    }
    (void)fprintf(stderr, "linnetd: %s %s: %s%s\n", option, address_text(address, text),
                  strerror(why), advice);
    return false;
}

/* Our shards share their port, and would share it with another linnetd without a word. */
static bool port_is_free(const struct ln_address *address)
{
    struct ln_udp probe;
    bool is_free = ln_udp_open(&probe, address, 0) == LN_OK;
    int why = errno;

    ln_udp_close(&probe);
    errno = why;
    return is_free;
}

/* On the store's thread: a shard has something to follow. */
static void wake_shard(void *context, uint8_t shard)
{
    struct daemon *daemon = context;

    ln_loop_wake(daemon->shards[shard]->loop);
}

static void make_identity(struct daemon *daemon)
{
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(daemon->identity + 8 * i, 9, "%08x", ln_random_u32(&ln_random_system));
    }
}

static bool open_store(struct daemon *daemon)
{
    char why[STORE_WHY_MAX];
    const struct config *config = &daemon->config;
    struct store_config store = {
        .folder = config->data,
        .survives_power_cut = config->survives_power_cut,
        .shards = (uint8_t)config->shards,
        .forget_after_ms = (int64_t)config->forget_after * 24 * 3600 * 1000,
        .wake = wake_shard,
        .context = daemon,
    };

    if (config->memory_only) {
        make_identity(daemon);
        return true;
    }
    daemon->store = store_open(&store, why);
    if (daemon->store == NULL) {
        complain("--data", why);
        return false;
    }
    (void)snprintf(daemon->identity, sizeof(daemon->identity), "%s",
                   store_identity(daemon->store));
    return true;
}

/* After the lock on the folder is ours: the master key's file is in it. */
static bool open_credentials(struct daemon *daemon)
{
    char why[STORE_WHY_MAX];
    const char *folder = daemon->store != NULL ? daemon->config.data : NULL;

    daemon->credentials = credentials_new(folder, why);
    if (daemon->credentials == NULL) {
        complain("credentials", why);
        return false;
    }
    daemon->bootstraps = bootstrap_list_new(daemon->credentials);
    daemon->bootstrap_sessions = bootstrap_sessions_new();
    if (daemon->bootstraps == NULL || daemon->bootstrap_sessions == NULL) {
        complain("start", "no memory");
        return false;
    }
    return true;
}

/* What was registered before, and the thread that keeps what comes. */
static bool bring_back(struct daemon *daemon)
{
    char why[STORE_WHY_MAX];

    if (daemon->store == NULL) {
        return true;
    }
    ln_time begun = ln_clock_now();
    if (!keep_restore(daemon, why)) {
        complain("--data", why);
        return false;
    }
    daemon->restore_ms = ln_clock_now() - begun;
    if (!store_start(daemon->store)) {
        complain("--data", strerror(errno));
        return false;
    }
    if (!credentials_load(daemon->credentials, daemon->store, why) ||
        !bootstrap_list_load(daemon->bootstraps, daemon->store, why)) {
        complain(daemon->config.data, why);
        return false;
    }
    return true;
}

/* Values and samples. After the lock on the folder is ours, and before the first device. */
static bool open_history(struct daemon *daemon)
{
    char why[STORE_WHY_MAX];
    const struct history_config config = {
        .folder = daemon->store != NULL ? daemon->config.data : NULL,
        .samples = daemon->config.history_samples,
        .keep_ms = (int64_t)daemon->config.history_days * 24 * 3600 * 1000,
    };

    daemon->history = history_open(&config, why);
    if (daemon->history == NULL) {
        complain("--data", why);
    }
    return daemon->history != NULL;
}

/* Images and jobs. After the lock on the folder is ours, and before the shards, which give images out. */
static bool open_firmware(struct daemon *daemon)
{
    char why[STORE_WHY_MAX];

    daemon->firmware = firmware_open(daemon, why);
    if (daemon->firmware == NULL) {
        complain("--data", why);
    }
    return daemon->firmware != NULL;
}

/* A listener: its option, what was asked for, and where it listens. */
struct place {
    const char *option;
    const struct listener *asked;
    struct ln_address *at;
};

enum { PLACES = 4 };

static void places_of(struct daemon *daemon, struct place out[PLACES])
{
    const struct config *config = &daemon->config;

    out[0] = (struct place){"--coap", &config->coap, &daemon->coap};
    out[1] = (struct place){"--coaps", &config->coaps, &daemon->coaps};
    out[2] = (struct place){"--bootstrap", &config->bootstrap, &daemon->bootstrap_plain};
    out[3] =
        (struct place){"--bootstrap-coaps", &config->bootstrap_coaps, &daemon->bootstrap_coaps};
}

static bool ports_are_free(struct daemon *daemon)
{
    struct place places[PLACES];

    places_of(daemon, places);
    for (size_t i = 0; i < PLACES; i++) {
        *places[i].at = places[i].asked->address;
        if (!places[i].asked->off && !port_is_free(places[i].at)) {
            return complain_of_listener(places[i].option, places[i].at, errno);
        }
    }
    return true;
}

/* What a thread with listeners did not get: `option` is that of the one that failed. */
static bool complain_of_thread(struct daemon *daemon, const char *option, ln_err err)
{
    int why = err == LN_ERR_SYSTEM ? errno : ENOMEM;
    struct place places[PLACES];
    size_t at = 0;

    if (err == LN_ERR_BAD_CONFIG) {
        complain("--coaps-cert",
                 "the certificate, its key, and the authorities do not fit each other, or are "
                 "none that DTLS can use: it takes ECDSA keys on P-256");
        return false;
    }
    places_of(daemon, places);
    while (at < PLACES - 1 && strcmp(places[at].option, option) != 0) {
        at++;
    }
    return complain_of_listener(option, places[at].at, why);
}

static bool make_shards(struct daemon *daemon, const struct secure_files *files)
{
    struct shard_listeners listeners = {
        .coap = daemon->config.coap.off ? NULL : &daemon->coap,
        .coaps = daemon->config.coaps.off ? NULL : &daemon->coaps,
        .certificates = &files->certificates,
    };

    for (uint8_t i = 0; i < daemon->config.shards; i++) {
        ln_err err = shard_new(daemon, i, &listeners, &daemon->shards[i]);
        if (err != LN_OK) {
            return complain_of_thread(daemon, listeners.failed, err);
        }
        daemon->shard_count++;
    }
    return true;
}

static bool make_bootstrap(struct daemon *daemon, const struct secure_files *files)
{
    const struct config *config = &daemon->config;
    struct bootstrap_listeners listeners = {
        .plain = config->bootstrap.off ? NULL : &daemon->bootstrap_plain,
        .secure = config->bootstrap_coaps.off ? NULL : &daemon->bootstrap_coaps,
        .certificates = &files->certificates,
    };

    if (config->bootstrap.off && config->bootstrap_coaps.off) {
        return true;
    }
    ln_err err = bootstrap_new(daemon, &listeners, &daemon->bootstrap);
    return err == LN_OK || complain_of_thread(daemon, listeners.failed, err);
}

static bool open_shards(struct daemon *daemon)
{
    char why[SECURE_WHY_MAX];
    struct secure_files files;
    bool good = secure_files_read(&daemon->config, &files, why);

    if (!good) {
        complain("--coaps-cert", why);
    }
    good = good && make_shards(daemon, &files) && make_bootstrap(daemon, &files);
    secure_files_free(&files);
    return good;
}

static bool start_shards(struct daemon *daemon)
{
    if (!ports_are_free(daemon) || !open_shards(daemon)) {
        return false;
    }
    if (!bring_back(daemon)) {
        return false;
    }
    secure_restore(daemon);
    secure_watch(daemon);
    firmware_start(daemon->firmware);
    for (uint8_t i = 0; i < daemon->shard_count; i++) {
        if (!shard_start(daemon->shards[i])) {
            complain("--shards", "the system gives no more threads");
            return false;
        }
    }
    if (daemon->bootstrap != NULL && !bootstrap_start(daemon->bootstrap)) {
        complain("--bootstrap", "the system gives no more threads");
        return false;
    }
    return true;
}

static bool start_http(struct daemon *daemon)
{
    const struct ln_address *address = &daemon->config.http.address;

    char why[HTTPS_WHY_MAX];

    if (daemon->config.http.off) {
        return true;
    }
    if (config_has_https(&daemon->config) &&
        !https_read(daemon->config.http_cert, daemon->config.http_key, why)) {
        complain("--http-cert", why);
        return false;
    }
    daemon->http = http_start(daemon, address);
    return daemon->http != NULL || complain_of_listener("--http", address, errno);
}

static void log_restored(const struct daemon *daemon)
{
    size_t count = 0;

    for (uint8_t i = 0; i < daemon->shard_count; i++) {
        count += daemon->restored[i];
    }
    log_line(LOG_INFO, "--data %s: %zu devices are registered%s", daemon->config.data, count,
             store_was_clean(daemon->store) ? "" : "; the last run did not end by itself");
}

static void say_ready(struct daemon *daemon, const char *made_token)
{
    char text[LN_ADDRESS_TEXT_MAX + 1];

    if (daemon->weak_token) {
        log_line(LOG_WARN, "LINNET_TOKEN is short: use %d random characters or more",
                 AUTH_TOKEN_STRONG);
    }
    if (daemon->store != NULL) {
        log_restored(daemon);
    }
    if (!daemon->config.coap.off) {
        log_line(LOG_INFO, "listening for CoAP at %s, %u shards",
                 address_text(&daemon->coap, text), daemon->shard_count);
    }
    if (!daemon->config.coaps.off) {
        log_line(LOG_INFO, "listening for CoAP over DTLS at %s",
                 address_text(&daemon->coaps, text));
    }
    if (!daemon->config.bootstrap.off) {
        log_line(LOG_INFO, "listening for Bootstrap-Requests over CoAP at %s",
                 address_text(&daemon->bootstrap_plain, text));
    }
    if (!daemon->config.bootstrap_coaps.off) {
        log_line(LOG_INFO, "listening for Bootstrap-Requests over DTLS at %s",
                 address_text(&daemon->bootstrap_coaps, text));
    }
    if (daemon->http != NULL) {
        bool https = config_has_https(&daemon->config);
        log_line(LOG_INFO, "listening for %s at %s", https ? "HTTPS" : "HTTP",
                 address_text(http_address(daemon->http), text));
        if (made_token[0] != '\0') {
            /* The only time that it is seen; no log line, so that no log keeps it as one. */
            (void)fprintf(stderr, "linnetd: admin token for %s://%s/api/v1: %s\n",
                          https ? "https" : "http",
                          address_text(http_address(daemon->http), text), made_token);
        }
    }
    atomic_store(&daemon->ready, true);
    (void)fprintf(stderr, "linnetd: ready\n");
    notify_systemd("READY=1");
}

/* ---- Run and stop ---- */

static void read_coaps_again(struct daemon *daemon)
{
    char why[SECURE_WHY_MAX];

    if ((daemon->config.coaps.off && daemon->config.bootstrap_coaps.off) ||
        daemon->config.coaps_cert[0] == '\0') {
        return;
    }
    if (secure_certificates(daemon, why)) {
        log_line(LOG_INFO, "SIGHUP: the certificates of DTLS were read again");
    } else {
        log_line(LOG_ERROR, "SIGHUP: %s; the certificates that were in use stay", why);
    }
}

/* What is wrong with the new certificate must not end a server that has a good one. */
static void read_again(struct daemon *daemon)
{
    char why[HTTPS_WHY_MAX];

    if (daemon->http == NULL || !config_has_https(&daemon->config)) {
        return;
    }
    if (https_read(daemon->config.http_cert, daemon->config.http_key, why)) {
        log_line(LOG_INFO, "SIGHUP: the certificate of HTTPS was read again");
    } else {
        log_line(LOG_ERROR, "SIGHUP: %s; the certificate that was in use stays", why);
    }
}

static void run(struct daemon *daemon, const sigset_t *signals)
{
    struct timespec tick = {.tv_sec = 1};
    ln_time events_due = ln_clock_now();

    for (;;) {
        int signal = sigtimedwait(signals, NULL, &tick);
        ln_time now = ln_clock_now();
        if (signal == SIGTERM || signal == SIGINT) {
            log_line(LOG_INFO, "stopping");
            return;
        }
        if (signal == SIGHUP) {
            read_again(daemon);
            read_coaps_again(daemon);
        }
        http_tick(daemon->http, now);
        if (now >= events_due) {
            events_tick(&daemon->events);
            events_due = now + EVENTS_EVERY_SECONDS * 1000;
        }
    }
}

/*
 * Requests first: shards answer what waits, streams end, and only then does HTTP close its
 * connections.
 */
static void stop(struct daemon *daemon)
{
    atomic_store(&daemon->ready, false);
    atomic_store(&daemon->stopping, true);
    notify_systemd("STOPPING=1");
    for (uint8_t i = 0; i < daemon->shard_count; i++) {
        shard_stop(daemon->shards[i]);
    }
    bootstrap_stop(daemon->bootstrap);
    events_close(&daemon->events);
    if (daemon->http != NULL) {
        http_drain(daemon->http, DRAIN_MS);
    }
    http_stop(daemon->http);
    https_fini();
    secure_save(daemon);
    history_close(daemon->history);
    store_close(daemon->store);
    bootstrap_free(daemon->bootstrap);
    bootstrap_list_free(daemon->bootstraps);
    bootstrap_sessions_free(daemon->bootstrap_sessions);
    credentials_free(daemon->credentials);
    for (uint8_t i = 0; i < daemon->shard_count; i++) {
        shard_free(daemon->shards[i]);
    }
    firmware_close(daemon->firmware);
    events_fini(&daemon->events);
    models_reset();
    model_list_free(&daemon->models);
    auth_fini(&daemon->auth);
}

/* JSON that came in may hold keys. */
static void free_wiped(void *memory)
{
    if (memory != NULL) {
        explicit_bzero(memory, malloc_usable_size(memory));
        free(memory);
    }
}

static bool keep_token(struct daemon *daemon, const struct made_token *made)
{
    if (!tokens_keep(daemon, made)) {
        complain("--data",
                 "the administrator's token cannot be kept: see whether there is room "
                 "on the disk");
        return false;
    }
    return true;
}

static bool start(struct daemon *daemon, struct made_token *made)
{
    daemon->started_at = ln_clock_wall_ms();
    /* Above all that this or another run gave, but for a clock that was set back: see operation_restore(). */
    atomic_store(&daemon->last_operation, (uint64_t)(daemon->started_at / 1000) << 20);
    json_set_alloc_funcs(malloc, free_wiped);
    auth_init(&daemon->auth);
    if (!events_init(&daemon->events)) {
        complain("start", "no memory");
        return false;
    }
    return start_models(daemon) && open_store(daemon) && open_history(daemon) &&
           open_firmware(daemon) && open_credentials(daemon) && start_auth(daemon, made) &&
           start_shards(daemon) && start_http(daemon) && keep_token(daemon, made);
}

/* All threads leave them to main(). */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    static struct daemon daemon;
    struct made_token made = {.text = ""};
    sigset_t signals;

    switch (config_read(&daemon.config, argc, argv)) {
    case CONFIG_DONE:
        return EXIT_SUCCESS;
    case CONFIG_WRONG:
        return EXIT_USAGE;
    case CONFIG_RUN:
        break;
    }
    if (daemon.config.check[0] != '\0') {
        return store_check(daemon.config.check) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    log_start(daemon.config.log_level, daemon.config.log_json);
    block_signals(&signals);
    bool started = start(&daemon, &made);
    if (started) {
        say_ready(&daemon, made.text);
        explicit_bzero(&made, sizeof(made));
        run(&daemon, &signals);
    }
    stop(&daemon);
    return started ? EXIT_SUCCESS : EXIT_FAILURE;
}
