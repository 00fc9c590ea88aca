/* The bootstrap server of the bench, and the client's part for it. */

#include "conformance/bootstrap.h"

#include "conformance/notes.h"

#include <stdlib.h>

enum { TEXT = 4096, BODY = 32 * 1024, INSTANCES = 4 };

struct script {
    const struct ln_bootstrap_step *steps;
    size_t count;
};

static struct {
    bool is_on;
    bool server_is_gone;
    struct ln_bootstrap *server;
    struct script script, repair;
    uint16_t format;
    char says[TEXT];
    char payload[TEXT];

    struct ln_security security[INSTANCES], security_copy[INSTANCES + 1];
    struct ln_server_account account[INSTANCES], account_copy[INSTANCES + 1];
    struct ln_access_control control[INSTANCES], control_copy[INSTANCES + 1];
    uint16_t ids[3][INSTANCES], copy_ids[3][INSTANCES + 1];
    struct ln_instances stores[3], copies[3];
    struct ln_device device_copy;
    struct ln_client_bootstrap machine;
    struct ln_client_bootstrap_config config;
    struct ln_client_bootstrap_object changeable[4];
    struct ln_object_entry views[BENCH_OBJECTS];
    uint8_t keys[LN_CLIENT_BOOTSTRAP_KEYS(INSTANCES)][BOOTSTRAP_KEY];
    uint8_t memory[LN_CLIENT_MEMORY(1, BENCH_DATAGRAM, BENCH_SCRATCH)];
    struct ln_client_blocks blocks;
    struct ln_client_transfer transfer;
    uint8_t body[BODY];
} box;

static void noise(void *context, void *out, size_t size)
{
    static uint64_t state = 7;
    uint8_t *at = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        at[i] = (uint8_t)(state >> 56);
    }
}

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

/* ---- Configurations ---- */

static void place(uint16_t i, void *items, void *copies, size_t size)
{
    box.stores[i] = (struct ln_instances){items, box.ids[i], (uint32_t)size, INSTANCES, 0};
    box.copies[i] =
        (struct ln_instances){copies, box.copy_ids[i], (uint32_t)size, INSTANCES + 1, 0};
    box.changeable[i] =
        (struct ln_client_bootstrap_object){.object = i, .copy = &box.copies[i]};
}

static void add_security(uint16_t id, const char *uri, uint16_t short_id)
{
    struct ln_security *security = ln_instances_calls.create(&box.stores[0], id);

    assert_non_null(security);
    (void)ln_bytes_to_text(ln_bytes_of_text(uri), security->uri, sizeof(security->uri));
    security->mode = LN_SECURITY_NONE;
    security->short_id = short_id;
    security->is_bootstrap = short_id == 0;
}

static void make_server(void)
{
    const struct ln_bootstrap_config config = {.size = sizeof(config),
                                               .random = {noise, NULL},
                                               .allocator = {resize, NULL},
                                               .formats = bench_formats};

    box.server = ln_bootstrap_new(&config, bench.now);
    assert_non_null(box.server);
}

void given_c13(enum ln_version version)
{
    given_c1(version);
    memset(&box, 0, sizeof(box));
    box.is_on = true;
    box.format = LN_FORMAT_SENML_JSON;
    place(0, box.security, box.security_copy, sizeof(box.security[0]));
    place(1, box.account, box.account_copy, sizeof(box.account[0]));
    place(2, box.control, box.control_copy, sizeof(box.control[0]));
    box.changeable[3] = (struct ln_client_bootstrap_object){
        .object = 3, .copy = &box.device_copy, .size = sizeof(bench.device)};
    add_security(1, "coap://192.0.2.9:5783", 0);
    bench.config.object_count = 0;
    given_object(&ln_security_object, &box.stores[0]);
    given_object(&ln_bootstrapped_server_object, &box.stores[1]);
    given_object(&ln_access_control_object, &box.stores[2]);
    given_object(&ln_device_object, &bench.device);
    make_server();
}

void given_c13_and_a_server(enum ln_version version)
{
    given_c13(version);
    struct ln_server_account *account = ln_instances_calls.create(&box.stores[1], 0);

    add_security(0, "coap://192.0.2.1", 1);
    *account = bench.account[0];
}

void the_script_is(const struct ln_bootstrap_step *steps, size_t count)
{
    box.script = (struct script){steps, count};
}

void the_repair_is(const struct ln_bootstrap_step *steps, size_t count)
{
    box.repair = (struct script){steps, count};
}

void the_script_is_in(uint16_t format)
{
    box.format = format;
}

void the_server_is_gone(void)
{
    box.server_is_gone = true;
}

static struct ln_record record(uint16_t object, uint16_t id, uint16_t resource,
                               struct ln_value value)
{
    return (struct ln_record){.path = ln_path_resource(object, id, resource), .value = value};
}

void account_records(uint16_t id, struct ln_record security[4], struct ln_record account[4])
{
    security[0] = record(0, id, 0, ln_value_string("coap://192.0.2.1"));
    security[1] = record(0, id, 1, ln_value_boolean(false));
    security[2] = record(0, id, 2, ln_value_integer(LN_SECURITY_NONE));
    security[3] = record(0, id, 10, ln_value_integer(1));
    account[0] = record(1, id, 0, ln_value_integer(1));
    account[1] = record(1, id, 1, ln_value_integer(60));
    account[2] = record(1, id, 6, ln_value_boolean(false));
    account[3] = record(1, id, 7, ln_value_string("U"));
}

/* ---- The client's part ---- */

bool bootstrap_is_on(void)
{
    return box.is_on;
}

bool bootstrap_hears_the_server(void)
{
    return !box.is_on || !box.server_is_gone;
}

struct ln_client_bootstrap *bootstrap_machine(void)
{
    return &box.machine;
}

void bootstrap_start(void)
{
    box.blocks = (struct ln_client_blocks){&ln_client_blocks_calls, &box.transfer, box.body,
                                           sizeof(box.body)};
    box.config = (struct ln_client_bootstrap_config){
        .client = &bench.client,
        .objects = box.changeable,
        .object_count = LN_COUNT(box.changeable),
        .views = box.views,
        .keys = box.keys,
        .key_size = BOOTSTRAP_KEY,
        .key_count = LN_COUNT(box.keys),
        .memory = box.memory,
        .memory_size = sizeof(box.memory),
        .blocks = &box.blocks,
    };
    CHECK_OK(ln_client_bootstrap_init(&box.machine, sizeof(box.machine), &box.config));
    ln_client_bootstrap_start(&box.machine, bench.now);
}

bool bootstrap_event(const struct ln_client_event *event)
{
    static const char *const names[] = {
        [LN_CLIENT_BOOTSTRAPPING - LN_CLIENT_BOOTSTRAPPING] = "bootstrapping\n",
        [LN_CLIENT_BOOTSTRAPPED - LN_CLIENT_BOOTSTRAPPING] = "bootstrapped\n",
        [LN_CLIENT_BOOTSTRAP_FAILED - LN_CLIENT_BOOTSTRAPPING] = "bootstrap failed\n",
        [LN_CLIENT_BOOTSTRAP_PURGED - LN_CLIENT_BOOTSTRAPPING] = "bootstrap account gone\n",
    };

    if (event->kind == LN_CLIENT_OPEN && event->link == LN_LINK_BOOTSTRAP) {
        ln_client_bootstrap_link_up(&box.machine, bench.now, LN_LINK_BOOTSTRAP);
        return true;
    }
    if (event->kind >= LN_CLIENT_BOOTSTRAPPING) {
        strcat(bench.client_says, names[event->kind - LN_CLIENT_BOOTSTRAPPING]);
        return true;
    }
    return event->link == LN_LINK_BOOTSTRAP;
}

/* ---- The bootstrap server ---- */

void bootstrap_from_client(struct ln_bytes datagram)
{
    const struct ln_peer peer = {.remote = ln_address_ipv4(192, 0, 2, 7, 40009),
                                 .local = ln_address_ipv4(192, 0, 2, 9, 5783)};

    ln_bootstrap_recv(box.server, bench.now, &peer, datagram);
}

static void begin(uint64_t session, const struct script *script)
{
    const struct ln_bootstrap_script now = {
        .format = box.format, .steps = script->steps, .count = script->count};

    CHECK_OK(ln_bootstrap_begin(box.server, bench.now, session, &now));
}

static void say(const char *what, const struct ln_path *path, uint8_t code)
{
    size_t used = strlen(box.says);
    struct ln_writer w = ln_writer(box.says + used, sizeof(box.says) - used - 1);

    ln_write_text(&w, what);
    if (path != NULL) {
        ln_write_u8(&w, ' ');
        ln_write_path(&w, *path);
    }
    if (code != 0) {
        ln_write_u8(&w, ' ');
        ln_coap_write_code(&w, code);
    }
    ln_write_u8(&w, '\n');
    CHECK(!w.failed);
    box.says[used + w.written] = '\0';
}

static void take(const struct ln_bootstrap_event *event)
{
    switch (event->kind) {
    case LN_BOOTSTRAP_REQUESTED:
        say("requested", NULL, 0);
        begin(event->session, &box.script);
        break;
    case LN_BOOTSTRAP_STEPPED:
        say(ln_bootstrap_step_name(event->step),
            event->step == LN_BOOTSTRAP_FINISH ? NULL : &event->path, event->code);
        if (event->payload.len > 0) {
            (void)ln_bytes_to_text(event->payload, box.payload, sizeof(box.payload));
        }
        break;
    case LN_BOOTSTRAP_WANTS:
        say("wants", NULL, event->code);
        if (box.repair.count > 0) {
            begin(event->session, &box.repair);
        } else {
            CHECK_OK(ln_bootstrap_stop(box.server, bench.now, event->session));
        }
        break;
    default:
        say(ln_bootstrap_end_name(event->end), NULL, 0);
        break;
    }
}

bool bootstrap_goes_on(void)
{
    uint8_t buffer[LN_BOOTSTRAP_DATAGRAM_MAX];
    struct ln_bootstrap_event event;
    struct ln_peer to;
    bool any = false;

    if (!box.is_on) {
        return false;
    }
    while (ln_bootstrap_event(box.server, &event)) {
        take(&event);
        any = true;
    }
    size_t len = ln_bootstrap_send(box.server, bench.now, buffer, sizeof(buffer), &to);
    if (len > 0) {
        note_datagram("bootstrap", ln_bytes(buffer, len));
        ln_client_bootstrap_recv(&box.machine, bench.now, LN_LINK_BOOTSTRAP,
                                 ln_bytes(buffer, len));
    }
    return any || len > 0;
}

ln_time bootstrap_deadline(void)
{
    return box.is_on ? ln_bootstrap_deadline(box.server) : LN_NEVER;
}

void bootstrap_clear(void)
{
    if (box.is_on) {
        ln_bootstrap_free(box.server);
    }
    box.server = NULL;
    box.is_on = false;
}

/* ---- What is to be seen ---- */

const char *bootstrap_says(void)
{
    return box.says;
}

const char *bootstrap_payload(void)
{
    return box.payload;
}
