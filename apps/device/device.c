/* The client and what it asks of its surroundings: links, datagrams, events. */

#include "device.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MACHINE_MS = 10 * 1000, SPREAD_MS = 1000 };

void device_log(const struct device *device, const char *format, ...)
{
    va_list arguments;

    if (device->options->quiet) {
        return;
    }
    va_start(arguments, format);
    fputs("linnet-device: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static const char *name_of(struct device *d)
{
    if (d->options->endpoint != NULL) {
        return d->options->endpoint;
    }
    if (gethostname(d->name, sizeof(d->name) - 1) != 0 || d->name[0] == '\0') {
        return "linnet-device";
    }
    return d->name;
}

/* Where there is one server only, it may do everything, and needs no object that says so. */
bool device_has(const struct device *d, const struct ln_object *object)
{
    bool many = d->options->account_count > 1 || d->options->bootstrap.uri != NULL;

    return (object != &ln_location_object || d->options->has_place || d->options->has_gpsd) &&
           (object != &ln_access_control_object || many);
}

static size_t place_objects(struct device *d)
{
    const struct ln_object_entry first[] = {
        {&ln_security_object, &d->security_store},
        {&ln_bootstrapped_server_object, &d->account_store},
        {&ln_access_control_object, &d->access_store},
        {&ln_device_object, &d->device},
        {&ln_connectivity_object, &d->connectivity},
        {&ln_firmware_object, &d->firmware.object},
        {&ln_location_object, &d->location},
        {&ln_statistics_object, &d->statistics},
    };
    size_t count = 0;

    for (size_t i = 0; i < LN_COUNT(first); i++) { /* ascending by id, as all that follow */
        if (device_has(d, first[i].object)) {
            d->objects[count++] = first[i];
        }
    }
    for (size_t i = 0; i < d->sensors.count; i++) {
        struct sensor_group *group = &d->sensors.groups[i];
        d->objects[count++] = (struct ln_object_entry){group->object, &group->store};
    }
    d->objects[count++] = (struct ln_object_entry){&ln_test_object, &d->test_store};
    return count;
}

static void place_observing(struct observing *o)
{
    o->config = (struct ln_client_reporting){
        .calls = &ln_client_reporting_calls,
        .state = &o->state,
        .notifiers = o->notifiers,
        .observations = o->observations,
        .observation_count = OBSERVATIONS_MAX,
        .attributes = o->attributes,
        .attribute_count = ATTRIBUTES_MAX,
        .floats = ln_number_of_double,
        .sampling = &ln_client_sampling_calls,
        .storing = &ln_client_dated_storing_calls,
        .stored = o->stored,
        .stored_count = STORED_MAX,
        .stored_size = DATAGRAM_SIZE,
        .stored_memory = o->stored_memory,
    };
}

/* Faults of keys and certificates are found now, not when a server is to be reached. */
static bool secure_all(struct device *d)
{
    for (size_t i = 0; i < d->security_store.count; i++) {
        if (d->securities[i].mode != LN_SECURITY_NONE &&
            !secure_check(&d->links[i], &d->securities[i])) {
            fprintf(stderr,
                    "linnet-device: %s: its key or certificates do not parse or fit, or the "
                    "host is no name\n",
                    d->securities[i].uri);
            return false;
        }
    }
    return true;
}

bool device_init(struct device *d, const struct options *options, struct ln_loop *loop)
{
    ln_err err;

    d->options = options;
    d->loop = loop;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        link_init(&d->links[i], d, i < ACCOUNTS_MAX ? (ln_link)i : LN_LINK_BOOTSTRAP);
    }
    if (!sensors_init(&d->sensors, options->sensors, options->sensor_count, ln_clock_now())) {
        return false;
    }
    place_observing(&d->observing);
    d->blocks = (struct ln_client_blocks){
        .calls = &ln_client_blocks_calls,
        .transfers = d->transfers,
        .memory = d->bodies,
        .body_size = BODY_SIZE,
    };
    d->config = (struct ln_client_config){
        .endpoint = name_of(d),
        .objects = d->objects,
        .object_count = place_objects(d),
        .operations = ln_client_guarded_operations,
        .formats = device_formats,
        .version = options->version,
        .queue_mode = options->queue_mode ? &ln_client_queue_mode : NULL,
        .awake = options->awake,
        .random = ln_random_system,
        .coap = &options->coap,
        .servers = d->servers,
        .server_count = ACCOUNTS_MAX,
        .memory = d->memory,
        .memory_size = sizeof(d->memory),
        .datagram_size = DATAGRAM_SIZE,
        .scratch_size = SCRATCH_SIZE,
        .block_size = options->block_size,
        .blocks = &d->blocks,
        .reporting = &d->observing.config,
    };
    if (!objects_init(d) || !firmware_init(&d->firmware, d)) {
        return false;
    }
    err = ln_client_init(&d->client, sizeof(d->client), &d->config);
    if (err != LN_OK) {
        fprintf(stderr, "linnet-device: the client did not start: %s\n", ln_err_text(err));
    }
    if (err != LN_OK || !bootstrapping_init(d) || !state_begin(d) || !secure_all(d)) {
        return false;
    }
    firmware_begin(&d->firmware);
    return true;
}

struct link *device_link(struct device *d, ln_link number)
{
    return &d->links[number == LN_LINK_BOOTSTRAP ? LINKS_MAX - 1 : number];
}

void device_fini(struct device *d)
{
    for (size_t i = 0; i < LINKS_MAX; i++) {
        link_close(&d->links[i]);
    }
    firmware_fini(&d->firmware);
    gps_close(&d->gps);
}

static void executed(struct device *d, struct ln_path path)
{
    bool reboots = ln_path_equal(path, ln_path_resource(3, 0, 4));
    bool resets = ln_path_equal(path, ln_path_resource(3, 0, 5));

    device_log(d, "executed /%u/%u/%u%s", path.id[0], path.id[1], path.id[2],
               reboots  ? ": starting anew, as a reboot would"
               : resets ? ": back to the factory's values"
                        : "");
    d->again = d->again || reboots || resets;
    if (resets) {
        d->resets = true;
        state_forget(d);
    }
    if (ln_path_equal(path, ln_path_resource(3, 0, 12))) {
        d->machine_due = 0; /* what is still wrong is an error again */
    }
    if (ln_path_equal(path, ln_path_resource(5, 0, 2))) {
        firmware_apply(&d->firmware);
    }
}

static void refused(struct device *d, struct link *link, const struct ln_client_event *event)
{
    const char *uri = link->uri;

    if (event->code == 0) { /* by an alert, or by us */
        device_log(d, "%s: no session to be had: it is tried again later", uri);
        return;
    }
    link_works(link);
    device_log(d, "%s refused the registration: %u.%02u", uri, event->code >> 5,
               event->code & 31);
}

/* Devices that get their power back at once do not all register at once. */
static ln_time first_opening(const struct device *d, struct link *link,
                             const struct ln_client_event *event)
{
    uint32_t spread = d->options->spread;
    bool first = !link->was_opened;
    uint32_t wait;

    if (spread == SPREAD_UNSAID) {
        spread = d->options->account_count > 1 ? SPREAD_MS : 0;
    }
    link->was_opened = true;
    wait = first ? ln_random_below(&ln_random_system, spread) : 0;
    if (wait > 0) {
        device_log(d, "%s: registering in %u ms", event->security->uri, wait);
    }
    return ln_clock_now() + wait;
}

static void act(struct device *d, const struct ln_client_event *event)
{
    struct link *link = device_link(d, event->link);
    const char *uri = link->uri;

    if (bootstrapping_act(d, event)) {
        return;
    }
    switch (event->kind) {
    case LN_CLIENT_OPEN:
        link_open_at(link, event->security, first_opening(d, link, event));
        break;
    case LN_CLIENT_CLOSE:
        if (link->sleeps) {
            link_park(link);
        } else {
            link_close(link);
        }
        break;
    case LN_CLIENT_REGISTERED:
        link_works(link);
        device_log(d, "registered as %s with %s", d->config.endpoint, uri);
        break;
    case LN_CLIENT_UPDATED:
        link_works(link);
        break;
    case LN_CLIENT_REFUSED:
        refused(d, link, event);
        break;
    case LN_CLIENT_LOST:
        machine_error(&d->device, MACHINE_NO_CONNECTIVITY);
        device_log(d, "%s does not answer: it is tried again", uri);
        break;
    case LN_CLIENT_DEREGISTERED:
        device_log(d, "de-registered from %s", uri);
        break;
    case LN_CLIENT_SLEEP:
        link->sleeps = true;
        device_log(d, "sleeps");
        break;
    case LN_CLIENT_EXECUTED:
        executed(d, event->path);
        break;
    default:
        break; /* what was written is stored already */
    }
}

static void tell_change(void *context, struct ln_path path)
{
    struct device *d = context;

    ln_client_changed(&d->client, ln_clock_now(), path);
}

static void measure(struct device *d, ln_time now)
{
    sensors_measure(&d->sensors, now, tell_change, d);
    if (sensors_failed(&d->sensors)) {
        machine_error(&d->device, MACHINE_PERIPHERAL);
    }
}

ln_time device_deadline(const struct device *d)
{
    ln_time due =
        ln_time_min(ln_time_min(d->sensors.due, d->machine_due), gps_deadline(&d->gps));

    due = ln_time_min(due, firmware_deadline(&d->firmware));
    for (size_t i = 0; i < LINKS_MAX; i++) {
        due = ln_time_min(due, link_deadline(&d->links[i]));
    }
    return ln_time_min(ln_client_bootstrap_deadline(&d->bootstrapping.machine), due);
}

/* What is read and notified is of now. */
static void refresh(struct device *d, ln_time now)
{
    if (machine_refresh(&d->machine, &d->device, now)) {
        connectivity_read(&d->connectivity);
        machine_signal(&d->device, &d->connectivity);
        objects_keep_set(d);
    }
}

/* Nobody else tells of what changes by itself. */
static void look_at_machine(struct device *d, ln_time now)
{
    if (d->machine_due == 0) {
        d->machine.fresh_until = 0;
    }
    refresh(d, now);
    if (now >= d->machine_due) {
        d->machine_due = now + MACHINE_MS;
        tell_change(d, ln_path_instance(3, 0));
        tell_change(d, ln_path_instance(4, 0));
    }
}

void device_turn(struct device *d)
{
    struct ln_client_bootstrap *machine = &d->bootstrapping.machine;
    uint8_t buffer[DATAGRAM_SIZE];
    struct ln_client_event event;
    ln_time now = ln_clock_now();
    ln_link link;
    size_t len;

    look_at_machine(d, now);
    gps_turn(&d->gps, now);
    measure(d, now);
    for (size_t i = 0; i < LINKS_MAX; i++) {
        link_turn(&d->links[i]);
    }
    do {
        firmware_turn(&d->firmware);
        state_keep(d); /* what an answer promises outlives us */
        while ((len = ln_client_bootstrap_send(machine, now, buffer, sizeof(buffer), &link)) >
               0) {
            ln_statistics_sent(&d->statistics, now, len);
            link_send(device_link(d, link), buffer, len);
        }
        while (ln_client_bootstrap_event(machine, &event)) {
            act(d, &event);
        }
    } while (ln_client_bootstrap_deadline(machine) <=
             now); /* an event may make something due */
}

void device_receive(struct device *d, ln_link link, struct ln_bytes datagram)
{
    ln_time now = ln_clock_now();

    refresh(d, now);
    ln_statistics_received(&d->statistics, now, datagram.len);
    ln_client_bootstrap_recv(&d->bootstrapping.machine, now, link, datagram);
    state_touch(d);
    device_turn(d);
}
