/* A device and a bootstrap server whose link is cut after every single message of a bootstrap. */

#include "bootstraps.h"

#include "dice.h"

#include <linnet/bootstrap.h>
#include <linnet/client_bootstrap.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000,
    HOUR = 3600 * SECOND,
    LIMIT = 6 * HOUR, /* by then the device must be configured */
    DATAGRAM = 1152,
    SCRATCH = 256,
    ACCOUNTS = 4,
    CONTROLS = 8,
    KEY = 64,
    BODY = 2048,
    FLIGHTS = 128,
    BLOCK = 64, /* long Writes come in several blocks */
    SERVERS = 3,
};

static const char secret[] = "SECRET that no failed bootstrap may leave behind";

struct flight {
    ln_time at; /* LN_NEVER: the place is free */
    bool to_device;
    uint16_t link;
    size_t len;
    uint8_t bytes[LN_BOOTSTRAP_DATAGRAM_MAX];
};

/* What makes one run. */
struct plan {
    uint64_t seed;
    unsigned loss;
    bool is_configured; /* the device has a server before */
    bool is_told;       /* of the cut */
    unsigned cut_after; /* messages that arrive */
    bool verbose;
};

struct run {
    struct plan plan;
    struct dice dice;
    ln_time now;
    struct flight flights[FLIGHTS];
    unsigned arrived;
    uint16_t link;  /* of the device; each has a port of its own. 0: none */
    uint16_t links; /* that there have been */
    bool was_cut;
    ln_time heals;   /* until then nothing gets through */
    uint64_t before; /* the digests */
    uint64_t whole;
    unsigned failures, successes;
    bool is_wrong;

    struct ln_bootstrap *server;
    uint64_t session;
    uint8_t script_memory[32 * 1024];

    struct ln_client client;
    struct ln_client_config client_config;
    struct ln_client_server servers[ACCOUNTS];
    uint8_t memory[LN_CLIENT_MEMORY(ACCOUNTS, DATAGRAM, SCRATCH)];
    struct ln_object_entry objects[4], views[4];
    struct ln_security security[ACCOUNTS], security_copy[ACCOUNTS + 1];
    struct ln_server_account account[ACCOUNTS], account_copy[ACCOUNTS + 1];
    struct ln_access_control control[CONTROLS], control_copy[CONTROLS + 1];
    uint16_t ids[3][CONTROLS], copy_ids[3][CONTROLS + 1];
    struct ln_instances stores[3], copies[3];
    struct ln_device device, device_copy;
    struct ln_client_bootstrap machine;
    struct ln_client_bootstrap_config config;
    struct ln_client_bootstrap_object changeable[4];
    uint8_t keys[LN_CLIENT_BOOTSTRAP_KEYS(ACCOUNTS)][KEY];
    uint8_t peer_memory[LN_CLIENT_MEMORY(1, DATAGRAM, SCRATCH)];
    struct ln_client_blocks blocks;
    struct ln_client_transfer transfer;
    uint8_t body[BODY];
};

static const struct ln_format *const formats[] = {&ln_format_senml_cbor, &ln_format_tlv,
                                                  &ln_format_text, NULL};

static void complain(struct run *run, const char *format, ...)
{
    va_list arguments;

    run->is_wrong = true;
    printf("bootstrap of a %s device, seed %" PRIu64
           ", loss %u %%, cut after %u messages%s, at %.3f s: ",
           run->plan.is_configured ? "configured" : "new", run->plan.seed, run->plan.loss,
           run->plan.cut_after, run->plan.is_told ? " and told" : "",
           (double)run->now / SECOND);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* ---- The device ---- */

static void place(struct run *run, uint16_t i, void *items, void *copies, size_t size,
                  uint16_t capacity)
{
    run->stores[i] = (struct ln_instances){items, run->ids[i], (uint32_t)size, capacity, 0};
    run->copies[i] = (struct ln_instances){copies, run->copy_ids[i], (uint32_t)size,
                                           (uint16_t)(capacity + 1), 0};
    run->changeable[i] =
        (struct ln_client_bootstrap_object){.object = i, .copy = &run->copies[i]};
}

static void place_objects(struct run *run)
{
    place(run, 0, run->security, run->security_copy, sizeof(run->security[0]), ACCOUNTS);
    place(run, 1, run->account, run->account_copy, sizeof(run->account[0]), ACCOUNTS);
    place(run, 2, run->control, run->control_copy, sizeof(run->control[0]), CONTROLS);
    run->changeable[3] = (struct ln_client_bootstrap_object){
        .object = 3, .copy = &run->device_copy, .size = sizeof(run->device)};
    run->device = (struct ln_device){.manufacturer = "Linnet", .binding = "U"};
    run->objects[0] = (struct ln_object_entry){&ln_security_object, &run->stores[0]};
    run->objects[1] = (struct ln_object_entry){&ln_bootstrapped_server_object, &run->stores[1]};
    run->objects[2] = (struct ln_object_entry){&ln_access_control_object, &run->stores[2]};
    run->objects[3] = (struct ln_object_entry){&ln_device_object, &run->device};
}

static void add_account(struct run *run, uint16_t id, const char *uri, uint16_t short_id)
{
    struct ln_security *security = ln_instances_calls.create(&run->stores[0], id);

    (void)ln_bytes_to_text(ln_bytes_of_text(uri), security->uri, sizeof(security->uri));
    security->mode = LN_SECURITY_NONE;
    security->is_bootstrap = short_id == 0;
    security->short_id = short_id;
    if (short_id != 0) {
        struct ln_server_account *account = ln_instances_calls.create(&run->stores[1], id);
        *account =
            (struct ln_server_account){.short_id = short_id, .lifetime = 0, .binding = "U"};
    }
}

static bool make_device(struct run *run)
{
    place_objects(run);
    add_account(run, 0, "coap://192.0.2.9:5783", 0);
    if (run->plan.is_configured) {
        add_account(run, 1, "coap://192.0.2.1", 9);
    }
    run->client_config = (struct ln_client_config){
        .endpoint = "meter-7",
        .objects = run->objects,
        .object_count = LN_COUNT(run->objects),
        .operations = ln_client_guarded_operations,
        .formats = formats,
        .version = LN_VERSION_1_1,
        .random = {dice_fill, &run->dice},
        .servers = run->servers,
        .server_count = ACCOUNTS,
        .memory = run->memory,
        .memory_size = sizeof(run->memory),
        .datagram_size = DATAGRAM,
        .scratch_size = SCRATCH,
    };
    run->blocks = (struct ln_client_blocks){&ln_client_blocks_calls, &run->transfer, run->body,
                                            sizeof(run->body)};
    run->config = (struct ln_client_bootstrap_config){
        .client = &run->client,
        .objects = run->changeable,
        .object_count = LN_COUNT(run->changeable),
        .views = run->views,
        .keys = run->keys,
        .key_size = KEY,
        .key_count = LN_COUNT(run->keys),
        .memory = run->peer_memory,
        .memory_size = sizeof(run->peer_memory),
        .blocks = &run->blocks,
    };
    return ln_client_init(&run->client, sizeof(run->client), &run->client_config) == LN_OK &&
           ln_client_bootstrap_init(&run->machine, sizeof(run->machine), &run->config) == LN_OK;
}

/* ---- The bootstrap server ---- */

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

static struct ln_bootstrap_server server_of(unsigned i)
{
    return (struct ln_bootstrap_server){
        .short_id = (uint16_t)(101 + i),
        .uri = ln_bytes_of_text("coaps://server.example.org:5684"),
        .lifetime = 300 + i,
        .binding = LN_BINDING_U,
        .mode = LN_BOOTSTRAP_PSK,
        .identity = ln_bytes_of_text("an identity of some length: meter-7"),
        .key = ln_bytes_of_text(secret),
    };
}

/* The script borrows what is written, so both are of one life. */
static ln_err begin_script(struct run *run, uint64_t session)
{
    static const struct ln_path deletes[] = {{{0}, 0}};
    const struct ln_bootstrap_right rights[] = {{0, 1}, {101, 15}};
    const struct ln_bootstrap_access access[] = {{3, 0, 101, rights, 2},
                                                 {1, 0, 101, rights, 2}};
    const struct ln_record zone = {.path = {{3, 0, 15}, 3},
                                   .value = ln_value_string("Europe/Paris")};
    const struct ln_bootstrap_write writes[] = {{{{3, 0, 15}, 3}, &zone, 1}};
    struct ln_bootstrap_server servers[SERVERS];
    struct ln_bootstrap_fault fault;
    struct ln_bootstrap_script script;
    struct ln_arena arena = ln_arena(run->script_memory, sizeof(run->script_memory));

    for (unsigned i = 0; i < SERVERS; i++) {
        servers[i] = server_of(i);
    }
    const struct ln_bootstrap_configuration configuration = {
        .servers = servers,
        .server_count = SERVERS,
        .access = access,
        .access_count = LN_COUNT(access),
        .deletes = deletes,
        .delete_count = LN_COUNT(deletes),
        .writes = writes,
        .write_count = LN_COUNT(writes),
        .format = LN_FORMAT_NONE,
    };
    ln_err err = ln_bootstrap_script_build(&configuration, 0, &arena, &script, &fault);
    return err == LN_OK ? ln_bootstrap_begin(run->server, run->now, session, &script) : err;
}

static void answer_request(struct run *run, uint64_t session)
{
    ln_err err = begin_script(run, session);

    if (err != LN_OK) {
        complain(run, "the script does not begin: %s", ln_err_text(err));
    }
}

/* ---- The network ---- */

static void trace(const struct run *run, const char *what, bool to_device,
                  struct ln_bytes bytes)
{
    struct ln_coap_message m;

    if (run->plan.verbose && ln_coap_parse(bytes, &m) == LN_OK) {
        printf("%10.3f %s %s %u.%02u id %04x, %zu bytes\n", (double)run->now / SECOND, what,
               to_device ? "to device" : "to server", m.code >> 5, m.code & 31, m.id,
               bytes.len);
    }
}

static void launch(struct run *run, bool to_device, uint16_t link, struct ln_bytes bytes)
{
    if (run->now < run->heals || dice_chance(&run->dice, run->plan.loss)) {
        trace(run, "lost", to_device, bytes);
        return;
    }
    for (size_t i = 0; i < FLIGHTS; i++) {
        struct flight *f = &run->flights[i];
        if (f->at == LN_NEVER) {
            f->at = run->now + dice_between(&run->dice, 5, 200);
            f->to_device = to_device;
            f->link = link;
            f->len = bytes.len;
            memcpy(f->bytes, bytes.at, bytes.len);
            return;
        }
    }
    complain(run, "too much is under way");
}

static struct ln_peer peer_of(uint16_t link)
{
    return (struct ln_peer){
        .remote = ln_address_ipv4(10, 0, 0, 7, (uint16_t)(40000 + link)),
        .local = ln_address_ipv4(192, 0, 2, 9, 5783),
    };
}

/* ---- What must hold at any time ---- */

static bool leaves_a_secret(const struct run *run)
{
    const uint8_t *keys = &run->keys[0][0];

    for (size_t i = 0; i + sizeof(secret) - 1 <= sizeof(run->keys); i++) {
        if (memcmp(keys + i, secret, sizeof(secret) - 1) == 0) {
            return true;
        }
    }
    return false;
}

static void look(struct run *run)
{
    uint64_t digest = ln_client_bootstrap_digest(&run->machine);
    bool is_done = run->machine.stats.bootstrapped > 0;

    if (run->is_wrong) {
        return;
    }
    if (!is_done && digest != run->before) {
        complain(run, "the device is not as before, and not configured");
    } else if (is_done && run->whole != 0 && digest != run->whole) {
        complain(run, "the device is not wholly configured");
    } else if (!is_done && !run->machine.is_open && leaves_a_secret(run)) {
        complain(run, "a key of a failed bootstrap is still there");
    }
}

/* ---- Turns ---- */

static void take_device_event(struct run *run, const struct ln_client_event *event)
{
    if (event->kind == LN_CLIENT_BOOTSTRAPPED) {
        run->successes++;
    } else if (event->kind == LN_CLIENT_BOOTSTRAP_FAILED) {
        run->failures++;
    } else if (event->link != LN_LINK_BOOTSTRAP) {
        return;
    } else if (event->kind == LN_CLIENT_CLOSE) {
        run->link = 0;
    } else if (event->kind == LN_CLIENT_OPEN && run->now < run->heals) {
        ln_client_bootstrap_link_down(&run->machine, run->now, LN_LINK_BOOTSTRAP,
                                      LN_LINK_FAILED, 0);
    } else if (event->kind == LN_CLIENT_OPEN) {
        run->link = ++run->links;
        ln_client_bootstrap_link_up(&run->machine, run->now, LN_LINK_BOOTSTRAP);
    }
}

static void pump_device(struct run *run)
{
    uint8_t buffer[DATAGRAM];
    struct ln_client_event event;
    ln_link link;
    size_t len;

    do {
        while ((len = ln_client_bootstrap_send(&run->machine, run->now, buffer, sizeof(buffer),
                                               &link)) > 0) {
            launch(run, false, run->link, ln_bytes(buffer, len));
        }
        while (ln_client_bootstrap_event(&run->machine, &event)) {
            take_device_event(run, &event);
        }
    } while (ln_client_bootstrap_deadline(&run->machine) <= run->now);
}

static void pump_server(struct run *run)
{
    uint8_t buffer[LN_BOOTSTRAP_DATAGRAM_MAX];
    struct ln_bootstrap_event event;
    struct ln_peer to;
    size_t len;

    do {
        while ((len = ln_bootstrap_send(run->server, run->now, buffer, sizeof(buffer), &to)) >
               0) {
            launch(run, true, (uint16_t)(to.remote.port - 40000), ln_bytes(buffer, len));
        }
        while (ln_bootstrap_event(run->server, &event)) {
            if (event.kind == LN_BOOTSTRAP_REQUESTED) {
                answer_request(run, event.session);
            }
        }
    } while (ln_bootstrap_deadline(run->server) <= run->now);
}

static void cut(struct run *run)
{
    run->was_cut = true;
    /* Long enough for all to be given up, or short enough for the session to go on. */
    run->heals = run->now + (dice_chance(&run->dice, 50) ? 600 * SECOND : 30 * SECOND);
    for (size_t i = 0; i < FLIGHTS; i++) {
        run->flights[i].at = LN_NEVER;
    }
    if (run->plan.is_told && run->link != 0) {
        run->link = 0;
        ln_client_bootstrap_link_down(&run->machine, run->now, LN_LINK_BOOTSTRAP,
                                      LN_LINK_FAILED, 0);
    }
}

static void arrive(struct run *run, struct flight *f)
{
    struct ln_peer peer = peer_of(f->link);
    struct ln_bytes bytes = ln_bytes(f->bytes, f->len);

    f->at = LN_NEVER;
    trace(run, "    ", f->to_device, bytes);
    if (!f->to_device) {
        ln_bootstrap_recv(run->server, run->now, &peer, bytes);
    } else if (f->link == run->link) {
        ln_client_bootstrap_recv(&run->machine, run->now, LN_LINK_BOOTSTRAP, bytes);
    }
    run->arrived++;
    if (!run->was_cut && run->arrived == run->plan.cut_after) {
        cut(run);
    }
}

static struct flight *next_flight(struct run *run)
{
    struct flight *next = &run->flights[0];

    for (size_t i = 1; i < FLIGHTS; i++) {
        if (run->flights[i].at < next->at) {
            next = &run->flights[i];
        }
    }
    return next;
}

static void step(struct run *run)
{
    struct flight *next = next_flight(run);
    ln_time due = ln_time_min(ln_client_bootstrap_deadline(&run->machine),
                              ln_bootstrap_deadline(run->server));

    if (next->at <= due) {
        run->now = next->at;
        arrive(run, next);
    } else {
        run->now = due > run->now ? due : run->now;
    }
    look(run);
    pump_device(run);
    pump_server(run);
    look(run);
}

/* ---- Runs ---- */

static bool begin(struct run *run)
{
    const struct ln_bootstrap_config config = {
        .size = sizeof(config),
        .random = {dice_fill, &run->dice},
        .allocator = {resize, NULL},
        .formats = formats,
        .block_size = BLOCK,
    };

    run->dice.state = run->plan.seed;
    for (size_t i = 0; i < FLIGHTS; i++) {
        run->flights[i].at = LN_NEVER;
    }
    run->server = ln_bootstrap_new(&config, run->now);
    return run->server != NULL && make_device(run);
}

/* Until the device is configured, and all that it has to say has been said. */
static void finish(struct run *run)
{
    ln_client_bootstrap_start(&run->machine, run->now);
    if (run->plan.is_configured) {
        ln_client_bootstrap_request(&run->machine, run->now);
    }
    run->before = ln_client_bootstrap_digest(&run->machine);
    if (run->plan.cut_after == 0) {
        cut(run);
    }
    pump_device(run);
    while (run->now < LIMIT && !run->is_wrong &&
           (run->successes == 0 || run->machine.state != LN_CLIENT_BOOTSTRAP_WATCHING)) {
        step(run);
    }
    if (!run->is_wrong && run->successes != 1) {
        complain(run, "bootstrapped %u times", run->successes);
    }
}

/* `whole` 0: not known yet; then it is set. Returns the messages that arrived. */
static unsigned run_one(const struct plan *plan, uint64_t *whole,
                        struct bootstraps_tally *tally, bool *ok)
{
    struct run *run = calloc(1, sizeof(*run));
    unsigned arrived = 0;

    if (run == NULL) {
        abort();
    }
    run->plan = *plan;
    run->now = 1000;
    run->whole = *whole;
    if (!begin(run)) {
        complain(run, "it could not be set up");
    } else {
        finish(run);
    }
    if (*whole == 0) {
        *whole = ln_client_bootstrap_digest(&run->machine);
    }
    arrived = run->arrived;
    tally->runs++;
    tally->cuts += run->was_cut;
    tally->failures += run->failures;
    tally->successes += run->successes;
    *ok = *ok && !run->is_wrong;
    ln_bootstrap_free(run->server);
    free(run);
    return arrived;
}

static void run_all_cuts(struct plan plan, struct bootstraps_tally *tally, bool *ok)
{
    uint64_t whole = 0;

    plan.cut_after = UINT32_MAX;
    unsigned messages = run_one(&plan, &whole, tally, ok);
    for (unsigned i = 0; i <= messages && *ok; i++) {
        plan.cut_after = i;
        plan.is_told = true;
        (void)run_one(&plan, &whole, tally, ok);
        plan.is_told = false;
        (void)run_one(&plan, &whole, tally, ok);
    }
}

bool bootstraps_run(uint64_t seed, unsigned loss, bool verbose, struct bootstraps_tally *tally)
{
    bool ok = true;

    for (int i = 0; i < 4; i++) {
        struct plan plan = {.seed = seed,
                            .loss = i % 2 == 0 ? 0 : loss,
                            .is_configured = i / 2 == 1,
                            .verbose = verbose};
        run_all_cuts(plan, tally, &ok);
    }
    return ok;
}
