/* /metrics in Prometheus' text format, and /server. */

#include "linnetd/daemon.h"
#include "linnetd/json_out.h"
#include "linnetd/operation_list.h"
#include "linnetd/routes.h"
#include "linnetd/secure_metrics.h"

#include <linnet/net.h>

#include <stdio.h>

/* What each shard tells of itself. */
struct tally {
    struct ln_server_counters counters;
    size_t registrations;
    size_t observations;
    size_t operations_waiting;
    size_t operations_over;
    uint64_t operations_joined;
    uint64_t handed_over;
    uint64_t cut;
    uint64_t dropped;
    struct secure_tally secure;
};

struct tallies {
    struct tally of[SHARDS_MAX];
};

static void run_tally(struct shard *shard, struct call *call)
{
    struct tallies *tallies = call->request->state;

    tallies->of[shard->index] = (struct tally){
        .counters = *ln_server_counters(shard->server),
        .registrations = ln_server_registration_count(shard->server),
        .observations = ln_server_observation_count(shard->server),
        .operations_waiting = operation_list_waiting(shard->operations),
        .operations_over = shard->operations->over_count,
        .operations_joined = shard->operations->joined,
        .handed_over = shard->handed_over,
        .cut = shard->cut,
        .dropped = inbox_dropped(&shard->inbox),
    };
    secure_tally(&shard->secure, &tallies->of[shard->index].secure);
    call_done(call);
}

static struct tally sum(const struct request *request)
{
    const struct tallies *tallies = request->state;
    struct tally all = {.registrations = 0};

    for (size_t i = 0; i < request->daemon->shard_count; i++) {
        const struct tally *one = &tallies->of[i];
#define ADD(name, help) all.counters.name += one->counters.name;
        LN_SERVER_COUNTERS(ADD)
#undef ADD
        all.registrations += one->registrations;
        all.observations += one->observations;
        all.operations_waiting += one->operations_waiting;
        all.operations_over += one->operations_over;
        all.operations_joined += one->operations_joined;
        all.handed_over += one->handed_over;
        all.cut += one->cut;
        all.dropped += one->dropped;
        secure_tally_add(&all.secure, &one->secure);
    }
    return all;
}

static void metric(void *to, const char *type, const char *name, const char *help,
                   uint64_t value)
{
    struct text_out *out = to;
    const char *suffix = type[0] == 'c' ? "_total" : "";

    text_format(out, "# HELP linnet_%s%s %s\n# TYPE linnet_%s%s %s\nlinnet_%s%s ", name, suffix,
                help, name, suffix, type, name, suffix);
    text_unsigned(out, value);
    text_add(out, "\n");
}

/* What DTLS counts of bootstrapping, under names of its own. */
static void bootstrap_dtls_metric(void *to, const char *type, const char *name,
                                  const char *help, uint64_t value)
{
    char whole[64];

    (void)snprintf(whole, sizeof(whole), "bootstrap_%s", name);
    metric(to, type, whole, help, value);
}

static void bootstrap_metrics(struct text_out *out, struct daemon *daemon)
{
    struct bootstrap_tally tally = bootstrap_tally(daemon->bootstrap);

    metric(out, "gauge", "bootstrap_configurations", "bootstrap configurations kept",
           bootstrap_list_count(daemon->bootstraps));
    if (daemon->bootstrap == NULL) {
        return;
    }
    metric(out, "gauge", "bootstrap_sessions", "bootstraps under way", tally.running);
#define WRITE(name, help) metric(out, "counter", "bootstrap_" #name, help, tally.engine.name);
    LN_BOOTSTRAP_COUNTERS(WRITE)
#undef WRITE
#define WRITE(name, help) metric(out, "counter", "bootstrap_" #name, help, tally.own.name);
    BOOTSTRAP_COUNTERS(WRITE)
#undef WRITE
    metric(out, "counter", "bootstrap_too_long",
           "datagrams of bootstrapping longer than any message may be, dropped", tally.cut);
    if (!daemon->config.bootstrap_coaps.off) {
        secure_metrics(&tally.secure, bootstrap_dtls_metric, out);
    }
}

static void http_metrics(struct text_out *out, const struct request *request)
{
    struct daemon *daemon = request->daemon;

    text_add(out, "# HELP linnet_http_requests_total HTTP requests answered\n"
                  "# TYPE linnet_http_requests_total counter\n");
    for (unsigned status = 2; status < HTTP_STATUS_CLASSES; status++) {
        text_format(out, "linnet_http_requests_total{status=\"%uxx\"} ", status);
        text_unsigned(out, http_requests(request->http, status));
        text_add(out, "\n");
    }
    metric(out, "counter", "http_token_failures", "requests with a wrong token",
           atomic_load(&daemon->auth.failures));
    metric(out, "counter", "http_slow_connections",
           "connections closed because a request's headers took too long",
           http_slow(request->http));
    metric(out, "gauge", "credentials", "credentials in force",
           credentials_count(daemon->credentials));
    metric(out, "counter", "credentials_unreadable",
           "credentials that did not open when they were asked for",
           credentials_unreadable(daemon->credentials));
    metric(out, "gauge", "event_streams", "open event streams",
           events_streams(&daemon->events));
}

static void seconds(struct text_out *out, uint64_t us)
{
    text_format(out, "%llu.%06llu\n", (unsigned long long)(us / 1000000),
                (unsigned long long)(us % 1000000));
}

static void history_metrics(struct text_out *out, struct daemon *daemon)
{
    struct history_counters c = history_counters(daemon->history);

    metric(out, "counter", "history_values", "values of devices noted as the last ones",
           c.values);
    metric(out, "counter", "history_samples", "values recorded as samples", c.samples);
    metric(out, "counter", "history_dropped",
           "payloads not noted: too many waited, or the disk took nothing", c.dropped);
    metric(out, "counter", "history_undecodable", "payloads that could not be decoded",
           c.undecodable);
    metric(out, "counter", "history_refused",
           "values not noted: too large, or too many of a device", c.refused);
    metric(out, "gauge", "history_waiting_bytes", "payloads that wait to be noted", c.bytes);
}

static void store_metrics(struct text_out *out, struct daemon *daemon)
{
    if (daemon->store == NULL) {
        return;
    }
    struct store_counters c = store_counters(daemon->store);
    metric(out, "counter", "store_changes", "changes committed", c.changes);
    metric(out, "gauge", "store_waiting", "changes not yet committed", c.submitted - c.changes);
    text_format(out,
                "# HELP linnet_store_commit_seconds transactions of changes\n"
                "# TYPE linnet_store_commit_seconds summary\n"
                "linnet_store_commit_seconds_count %llu\nlinnet_store_commit_seconds_sum ",
                (unsigned long long)c.groups);
    seconds(out, c.group_us);
    metric(out, "counter", "store_failures", "transactions that failed, tried again",
           c.failures);
    metric(out, "counter", "store_updates", "Updates of time or address alone", c.touches);
    metric(out, "counter", "store_updates_lost", "of them not written to the log",
           c.touches_lost);
    metric(out, "counter", "store_swept", "rows removed that another had replaced", c.swept);
    metric(out, "gauge", "store_read_only", "1 while nothing can be written",
           store_is_read_only(daemon->store) ? 1 : 0);
    metric(out, "gauge", "store_bytes", "size of the database and its log", c.bytes);
    text_add(out, "# HELP linnet_store_restore_seconds what the start took to bring back\n"
                  "# TYPE linnet_store_restore_seconds gauge\nlinnet_store_restore_seconds ");
    seconds(out, (uint64_t)daemon->restore_ms * 1000);
}

static void firmware_metrics(struct text_out *out, struct daemon *daemon)
{
    struct firmware_counters c = firmware_counters(daemon->firmware);

    metric(out, "gauge", "firmware_images", "firmware images", c.images);
    metric(out, "gauge", "firmware_jobs", "firmware jobs", c.jobs);
    metric(out, "gauge", "firmware_devices", "devices of jobs whose turn is not over",
           c.devices);
    metric(out, "counter", "firmware_pushed_bytes", "bytes of images sent to devices",
           c.pushed);
    metric(out, "counter", "firmware_pulled_bytes", "bytes of images that devices fetched",
           c.pulled);
    text_add(out, "# HELP linnet_firmware_ended_total devices of jobs whose turn is over\n"
                  "# TYPE linnet_firmware_ended_total counter\n");
    for (int state = 0; state < FIRMWARE_STATE_COUNT; state++) {
        if (state >= FIRMWARE_DONE || state == FIRMWARE_DOWNLOADED) {
            text_format(out, "linnet_firmware_ended_total{state=\"%s\"} %llu\n",
                        firmware_state_name((enum firmware_state)state),
                        (unsigned long long)c.ended[state]);
        }
    }
}

static void finish_metrics(struct request *request)
{
    struct tally all = sum(request);
    struct text_out *out = respond_json(request, 200);

    request->answer.type = "text/plain; version=0.0.4; charset=utf-8";
    metric(out, "gauge", "registrations", "devices registered", all.registrations);
    metric(out, "gauge", "observations", "observations declared", all.observations);
    metric(out, "gauge", "operations_waiting", "operations that wait or are under way",
           all.operations_waiting);
    metric(out, "gauge", "operations_over", "operations that are over and can be asked for",
           all.operations_over);
    metric(out, "counter", "operations_joined", "Reads that one that waited answered too",
           all.operations_joined);
#define WRITE(name, help) metric(out, "counter", #name, help, all.counters.name);
    LN_SERVER_COUNTERS(WRITE)
#undef WRITE
    metric(out, "counter", "datagrams_handed_over",
           "datagrams that another shard than the receiving one owns", all.handed_over);
    metric(out, "counter", "datagrams_too_long",
           "datagrams longer than any message may be, dropped", all.cut);
    metric(out, "counter", "inbox_dropped",
           "datagrams dropped because a shard had too many waiting", all.dropped);
    if (!request->daemon->config.coaps.off) {
        secure_metrics(&all.secure, metric, out);
    }
    bootstrap_metrics(out, request->daemon);
    http_metrics(out, request);
    history_metrics(out, request->daemon);
    firmware_metrics(out, request->daemon);
    store_metrics(out, request->daemon);
}

void handle_metrics(struct request *request)
{
    if (request_state(request, sizeof(struct tallies), NULL) != NULL) {
        ask_all(request, run_tally, finish_metrics);
    }
}

/* ---- /server ---- */

static void address_member(struct json_out *json, const char *name, bool on,
                           const struct ln_address *address)
{
    uint8_t text[LN_ADDRESS_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    out_key(json, name);
    if (on) {
        ln_write_address(&w, address);
        out_string(json, ln_writer_bytes(&w));
    } else {
        out_null(json);
    }
}

static void number_member(struct json_out *json, const char *name, uint64_t value)
{
    out_key(json, name);
    out_unsigned(json, value);
}

static void limit_member(struct json_out *json, const char *name, uint64_t value)
{
    out_key(json, name);
    if (value > 0) {
        out_unsigned(json, value);
    } else {
        out_null(json);
    }
}

static void store_json(struct json_out *json, struct daemon *daemon)
{
    out_key(json, "store");
    if (daemon->store == NULL) {
        out_null(json); /* nothing is kept */
        return;
    }
    out_open(json, '{');
    out_key(json, "data");
    out_text(json, daemon->config.data);
    out_key(json, "read_only");
    out_boolean(json, store_is_read_only(daemon->store));
    number_member(json, "bytes", store_counters(daemon->store).bytes);
    number_member(json, "forget_after", daemon->config.forget_after);
    out_close(json, '}');
}

static void finish_server(struct request *request)
{
    struct daemon *daemon = request->daemon;
    const struct config *config = &daemon->config;
    struct json_out json = {.out = respond_json(request, 200)};

    out_open(&json, '{');
    out_key(&json, "identity");
    out_text(&json, daemon->identity);
    out_key(&json, "version");
    out_text(&json, LN_VERSION);
    out_key(&json, "started_at");
    out_time_ms(&json, daemon->started_at);
    out_key(&json, "time");
    out_time_ms(&json, ln_clock_wall_ms());
    out_key(&json, "listeners");
    out_open(&json, '{');
    address_member(&json, "coap", !config->coap.off, &daemon->coap);
    address_member(&json, "coaps", !config->coaps.off, &daemon->coaps);
    address_member(&json, "bootstrap", !config->bootstrap.off, &daemon->bootstrap_plain);
    address_member(&json, "bootstrap_coaps", !config->bootstrap_coaps.off,
                   &daemon->bootstrap_coaps);
    address_member(&json, "http", true, http_address(request->http));
    out_close(&json, '}');
    number_member(&json, "shards", daemon->shard_count);
    number_member(&json, "devices", sum(request).registrations);
    number_member(&json, "tokens", auth_total(&request->daemon->auth));
    store_json(&json, daemon);
    out_key(&json, "limits");
    out_open(&json, '{');
    limit_member(&json, "max_devices", config->max_devices);
    limit_member(&json, "max_per_address", config->max_per_address);
    number_member(&json, "operations", OPERATIONS_MAX);
    number_member(&json, "operations_per_device", OPERATIONS_PER_DEVICE);
    number_member(&json, "operations_over", OPERATIONS_OVER_MAX);
    number_member(&json, "event_streams", EVENT_STREAMS_MAX);
    number_member(&json, "http_connections", HTTP_CONNECTIONS_MAX);
    number_member(&json, "body_bytes", HTTP_BODY_MAX);
    number_member(&json, "tokens", AUTH_TOKENS_MAX);
    number_member(&json, "bootstrap_configurations", BOOTSTRAPS_MAX);
    number_member(&json, "bootstrap_patterns", BOOTSTRAP_PATTERNS_MAX);
    out_close(&json, '}');
    out_close(&json, '}');
}

void handle_server(struct request *request)
{
    if (request_state(request, sizeof(struct tallies), NULL) != NULL) {
        ask_all(request, run_tally, finish_server);
    }
}
