/*
 * Figures of the store: durable Registers, Updates with and without it, and a restart.
 *
 *     store_bench FOLDER [DEVICES]
 *
 * Engine and store in one process, without a network: what the store costs is not hidden by it.
 */

#include "linnetd/log.h"
#include "linnetd/store.h"

#include <linnet/net.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { AT_ONCE = 64 };

static struct store *store;
static struct ln_server *server;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static uint64_t last;

static void wake(void *context, uint8_t shard)
{
    (void)context;
    (void)shard;
    pthread_mutex_lock(&lock);
    pthread_cond_signal(&woken);
    pthread_mutex_unlock(&lock);
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

static double cpu_seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What a phase took: on the clock, and of all cores together. */
struct phase {
    int64_t begin;
    double cpu;
};

static struct phase begin_phase(void)
{
    return (struct phase){ln_clock_now(), cpu_seconds()};
}

static void end_phase(struct phase phase, const char *what, uint32_t count)
{
    double seconds = (double)(ln_clock_now() - phase.begin) / 1000;

    printf("%-36s %9.0f /s  %7.2f s  %7.2f s of CPU\n", what, count / seconds, seconds,
           cpu_seconds() - phase.cpu);
}

static enum store_taken take(void *context, const struct ln_registration_view *view)
{
    struct ln_registration_view copy = *view;

    (void)context;
    copy.expires_at = LN_NEVER;
    switch (ln_server_restore(server, ln_clock_now(), &copy)) {
    case LN_OK:
        return STORE_TAKEN;
    case LN_ERR_EXISTS:
        return STORE_OLDER;
    default:
        return STORE_REFUSED;
    }
}

static void start(const char *folder)
{
    char why[STORE_WHY_MAX];
    struct store_config config = {
        .folder = folder, .survives_power_cut = true, .shards = 1, .wake = wake};
    struct ln_server_config engine = {
        .size = sizeof(engine),
        .random = ln_random_system,
        .allocator = {resize, NULL},
        .journal = folder != NULL,
    };

    if (folder != NULL) {
        store = store_open(&config, why);
        if (store == NULL) {
            printf("%s\n", why);
            exit(1);
        }
        engine.last_change = store_last_change(store);
    }
    server = ln_server_new(&engine, ln_clock_now());
    struct phase phase = begin_phase();
    if (store != NULL && (!store_restore(store, take, NULL, why) || !store_start(store))) {
        printf("%s\n", why);
        exit(1);
    }
    if (ln_server_registration_count(server) > 0) {
        end_phase(phase, "restart: read into the engine",
                  (uint32_t)ln_server_registration_count(server));
    }
}

static void stop(void)
{
    store_close(store);
    ln_server_free(server);
    store = NULL;
    server = NULL;
}

static void read_events(void)
{
    static struct store_batch batch;
    struct ln_server_event event;
    struct ln_registration_view view;

    while (ln_server_event(server, &event)) {
        struct store_change change = {
            .kind = STORE_PRESENT,
            .number = event.change,
            .replaces = event.replaces,
            .view = &view,
        };
        if (store == NULL || event.kind == LN_SERVER_REPLACED) {
            continue;
        }
        if (event.change == 0) {
            store_batch_touch(&batch, event.replaces, event.time, NULL);
            continue;
        }
        ln_registration_get(event.registration, &view);
        store_batch_put(&batch, &change);
        last = event.change;
    }
    if (store != NULL) {
        store_submit(store, 0, &batch);
    }
}

static void send_all(void)
{
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    struct ln_server_out out;

    while (ln_server_send(server, ln_clock_now(), buffer, sizeof(buffer), &out) > 0) {
    }
}

static void arrives(uint32_t device, uint16_t id, const char *path, const char *query,
                    const char *list)
{
    uint8_t bytes[512];
    struct ln_coap_token token = {{1, 2}, 2};
    struct ln_peer peer = {
        .remote = ln_address_ipv4(10, (uint8_t)(device >> 16), (uint8_t)(device >> 8),
                                  (uint8_t)device, 5683),
        .local = ln_address_ipv4(192, 0, 2, 1, 5683),
    };
    struct ln_coap_builder b =
        ln_coap_start(bytes, sizeof(bytes), LN_COAP_CON, LN_COAP_POST, id, &token);
    struct ln_reader in = ln_reader(ln_bytes_of_text(query));

    ln_coap_add_text(&b, LN_COAP_URI_PATH, "rd");
    if (path != NULL) {
        ln_coap_add(&b, LN_COAP_URI_PATH, ln_bytes(path, 11));
    }
    if (list[0] != '\0') {
        ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_LINK);
    }
    while (ln_reader_left(&in) > 0) {
        ln_coap_add(&b, LN_COAP_URI_QUERY, ln_read_until(&in, '&'));
    }
    ln_coap_add_payload(&b, ln_bytes_of_text(list));
    size_t length = ln_coap_finish(&b);
    ln_server_recv(server, ln_clock_now(), &peer, ln_bytes(bytes, length));
}

static void name_of(uint32_t device, char *out, size_t size)
{
    (void)snprintf(out, size, "urn:dev:ops:32473-meter-%07u", device);
}

static void until_committed(void)
{
    pthread_mutex_lock(&lock);
    while (store != NULL && store_committed(store, 0) < last) {
        pthread_cond_wait(&woken, &lock);
    }
    pthread_mutex_unlock(&lock);
}

/* Of 12 objects: about 300 bytes of row. */
static const char list[] = "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 11543\",</1/0>,</1/1>,"
                           "</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,</3303/0>,</3303/1>,</3304/0>,"
                           "</3316/0>,</3317/0>,</3305/0>,</10242/0>,</10243/0>";

static void registers(const char *what, uint32_t devices, uint32_t step, uint16_t id)
{
    struct phase phase = begin_phase();
    char name[40];
    char query[96];

    for (uint32_t i = 0; i < devices; i++) {
        uint32_t device = (uint32_t)((uint64_t)i * step % devices);
        name_of(device, name, sizeof(name));
        (void)snprintf(query, sizeof(query), "ep=%s&lt=86400&lwm2m=1.1&b=U", name);
        arrives(device, id, NULL, query, list);
        if (i % AT_ONCE == AT_ONCE - 1) {
            send_all();
            read_events();
        }
    }
    send_all();
    read_events();
    until_committed();
    end_phase(phase, what, devices);
}

static void updates(const char *what, uint32_t devices)
{
    char name[40];
    struct ln_registration_view view;
    char(*locations)[11] = malloc((size_t)devices * 11);

    for (uint32_t i = 0; i < devices; i++) {
        name_of(i, name, sizeof(name));
        ln_registration_get(ln_server_find(server, ln_bytes_of_text(name)), &view);
        memcpy(locations[i], view.location.at, 11);
    }
    struct phase phase = begin_phase();
    for (uint32_t i = 0; i < devices; i++) {
        arrives(i, 77, locations[i], "", "");
        if (i % AT_ONCE == AT_ONCE - 1) {
            send_all();
            read_events();
        }
    }
    send_all();
    read_events();
    end_phase(phase, what, devices);
    free(locations);
}

int main(int count, char **arguments)
{
    uint32_t devices = count > 2 ? (uint32_t)strtoul(arguments[2], NULL, 10) : 1000000;

    if (count < 2) {
        (void)fprintf(stderr, "usage: store_bench FOLDER [DEVICES]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    log_start(LOG_WARN, false);
    start(NULL);
    registers("Registers without a store", devices, 1, 1);
    updates("Updates without a store", devices);
    stop();
    start(arguments[1]);
    registers("durable Registers", devices, 1, 1);
    updates("Updates with the store", devices);
    stop();
    start(arguments[1]);
    registers("durable Registers again, at random", devices, 7919 * 13, 2);
    stop();
    start(arguments[1]);
    stop();
    return 0;
}
