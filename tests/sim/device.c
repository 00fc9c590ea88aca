/* A device: what its port to the simulated network and its app do. */

#include "device.h"

#include "secure.h"
#include "trace.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

/* ---- Its objects ---- */

static ln_err run(void *instance, struct ln_bytes arguments)
{
    struct probe *probe = instance;
    struct ln_reader in = ln_reader(arguments);
    struct ln_argument argument;
    uint64_t tag = 0;

    if (!ln_argument_next(&in, &argument) || !ln_unsigned_of_text(argument.value, &tag)) {
        return LN_ERR_BAD_REQUEST;
    }
    probe->runs++;
    world_operation_ran(probe->device->world, probe->device, tag);
    return LN_OK;
}

static ln_err read_level(void *instance, uint16_t resource_instance, struct ln_value *out)
{
    const struct probe *probe = instance;

    (void)resource_instance;
    *out = ln_value_integer(probe->level);
    return LN_OK;
}

static ln_err write_level(void *instance, uint16_t resource_instance,
                          const struct ln_value *value, enum ln_write_step step)
{
    struct probe *probe = instance;

    (void)resource_instance;
    if (step == LN_STORE) {
        probe->level = (int32_t)value->as.integer;
        world_operation_ran(probe->device->world, probe->device, (uint64_t)value->as.integer);
    }
    return LN_OK;
}

static const struct ln_resource probe_resources[] = {
    {0, LN_INTEGER, LN_READ | LN_MANDATORY, LN_FIELD(struct probe, runs)},
    {1, LN_NONE, LN_EXECUTE | LN_MANDATORY, LN_EXECUTE_BY(run)},
    {2, LN_INTEGER, LN_READ | LN_WRITE | LN_MANDATORY, LN_CALL(read_level, write_level)},
};
static const struct ln_object probe_object = {
    .id = SIM_PROBE_OBJECT,
    .version_major = 1,
    .resource_count = LN_COUNT(probe_resources),
    .resources = probe_resources,
};

static const struct ln_resource sensor_resources[] = {
    {5700, LN_FLOAT, LN_READ | LN_MANDATORY, LN_FIELD(struct sensor, celsius)},
};
static const struct ln_object sensor_object = {
    .id = SIM_SENSOR_OBJECT,
    .version_major = 1,
    .resource_count = LN_COUNT(sensor_resources),
    .resources = sensor_resources,
    .calls = &ln_instances_calls,
};

static ln_formats formats = {&ln_format_tlv, &ln_format_text, &ln_format_opaque, NULL};

/* ---- Its life ---- */

static uint16_t only_id; /* 0: of the single instances of objects 0 and 1; never changes */

static void place_objects(struct device *d)
{
    d->securities = (struct ln_instances){&d->security, &only_id, sizeof(d->security), 1, 1};
    d->accounts = (struct ln_instances){&d->account, &only_id, sizeof(d->account), 1, 1};
    d->sensor_store =
        (struct ln_instances){d->sensors, d->sensor_ids, sizeof(d->sensors[0]), SIM_SENSORS, 0};
    d->objects[0] = (struct ln_object_entry){&ln_security_object, &d->securities};
    d->objects[1] = (struct ln_object_entry){&ln_server_object, &d->accounts};
    d->objects[2] = (struct ln_object_entry){&ln_device_object, &d->device};
    d->objects[3] = (struct ln_object_entry){&sensor_object, &d->sensor_store};
    d->objects[4] = (struct ln_object_entry){&probe_object, &d->probe};
}

static void move_to(struct device *d, uint8_t network, uint16_t port)
{
    d->address = ln_address_ipv4(network, (uint8_t)(d->index >> 16), (uint8_t)(d->index >> 8),
                                 (uint8_t)d->index, port);
}

void device_init(struct device *d, struct world *world, uint32_t index, uint32_t lifetime,
                 enum ln_version version)
{
    *d = (struct device){.world = world, .index = index, .has_network = true};
    d->armed = LN_NEVER;
    snprintf(d->endpoint, sizeof(d->endpoint), "device-%u", index);
    move_to(d, 10, 10000);
    d->security =
        (struct ln_security){.uri = "coap://server", .mode = LN_SECURITY_NONE, .short_id = 1};
    d->account = (struct ln_server_account){
        .short_id = 1, .lifetime = lifetime, .binding = "U", .disable_timeout = 300};
    d->device = (struct ln_device){.manufacturer = "Linnet", .model = "sim", .binding = "U"};
    d->probe.device = d;
    place_objects(d);
    d->config = (struct ln_client_config){
        .endpoint = d->endpoint,
        .objects = d->objects,
        .object_count = SIM_OBJECTS - 1,
        .operations = ln_client_all_operations,
        .formats = formats,
        .version = version,
        .random = {dice_fill, &world->dice},
        .servers = &d->slot,
        .server_count = 1,
        .memory = d->memory,
        .memory_size = sizeof(d->memory),
        .datagram_size = SIM_DATAGRAM,
        .scratch_size = 128,
    };
}

void device_use_blocks(struct device *d, uint16_t block_size)
{
    d->blocks = (struct ln_client_blocks){
        .calls = &ln_client_blocks_calls,
        .transfers = &d->transfer,
        .memory = d->body,
        .body_size = sizeof(d->body),
    };
    d->config.blocks = &d->blocks;
    d->config.block_size = block_size;
}

void device_use_reporting(struct device *d)
{
    d->reporting = (struct ln_client_reporting){
        .calls = &ln_client_reporting_calls,
        .state = &d->reporting_state,
        .notifiers = &d->notifier,
        .observations = d->observations,
        .observation_count = SIM_OBSERVATIONS,
        .attributes = d->attributes,
        .attribute_count = SIM_OBSERVATIONS,
        .sampling = &ln_client_sampling_calls,
    };
    d->config.reporting = &d->reporting;
}

static void switch_off(struct device *d)
{
    d->world->tally.client_retransmissions += d->client.stats.retransmitted;
    d->world->tally.client_repeats += d->client.stats.repeats;
    d->client.stats = (struct ln_client_stats){0};
    d->is_powered = false;
    d->is_stopping = false;
    d->wants_link = false;
    d->armed = LN_NEVER;
    trace_text(d->world, "%s is off", d->endpoint);
}

void device_start(struct device *d)
{
    if (d->is_powered && !d->is_stopping) {
        return;
    }
    if (d->is_powered) {
        switch_off(d);
    }
    trace_text(d->world, "%s starts", d->endpoint);
    d->is_powered = true;
    d->boots++;
    ln_err err = ln_client_init(&d->client, sizeof(d->client), &d->config);
    if (err != LN_OK) {
        world_fail(d->world, "%s: ln_client_init: %s", d->endpoint, ln_err_text(err));
        return;
    }
    ln_client_start(&d->client, d->world->now);
    device_pump(d);
}

void device_wake(struct device *d)
{
    if (d->is_powered && d->config.queue_mode != NULL) {
        ln_client_update(&d->client, d->world->now);
        device_pump(d);
    }
}

void device_stop(struct device *d)
{
    if (d->is_powered && !d->is_stopping) {
        trace_text(d->world, "%s stops", d->endpoint);
        d->is_stopping = true;
        ln_client_stop(&d->client, d->world->now);
        device_pump(d);
    }
}

void device_cut(struct device *d)
{
    if (d->is_powered) {
        switch_off(d);
    }
}

void device_rebind(struct device *d)
{
    d->rebindings++;
    d->world->tally.rebindings++;
    move_to(d, dice_chance(&d->world->dice, 50) ? 10 : 11, (uint16_t)(10000 + d->rebindings));
    trace_text(d->world, "%s has another address", d->endpoint);
}

void device_network(struct device *d, bool has_network)
{
    if (d->has_network == has_network) {
        return;
    }
    trace_text(d->world, "%s %s network", d->endpoint, has_network ? "has" : "has no");
    d->has_network = has_network;
    if (!d->is_powered) {
        return;
    }
    if (!has_network) {
        ln_client_link_down(&d->client, d->world->now, 0, LN_LINK_FAILED, 0);
    } else if (d->wants_link) {
        d->wants_link = false;
        ln_client_link_up(&d->client, d->world->now, 0);
    }
    device_pump(d);
}

bool device_sensor_add(struct device *d, uint16_t id)
{
    if (ln_instances_calls.create(&d->sensor_store, id) == NULL) {
        return false;
    }
    if (d->is_powered) {
        ln_client_changed(&d->client, d->world->now, ln_path_instance(SIM_SENSOR_OBJECT, id));
        device_pump(d);
    }
    return true;
}

bool device_sensor_remove(struct device *d, uint16_t id)
{
    if (ln_instances_calls.remove(&d->sensor_store, id) != LN_OK) {
        return false;
    }
    if (d->is_powered) {
        ln_client_changed(&d->client, d->world->now, ln_path_instance(SIM_SENSOR_OBJECT, id));
        device_pump(d);
    }
    return true;
}

/* ---- Its port ---- */

static void open_link(struct device *d)
{
    if (d->has_network && d->dtls != NULL) {
        secure_device_open(d);
    } else if (d->has_network) {
        ln_client_link_up(&d->client, d->world->now, 0);
    } else if (dice_chance(&d->world->dice, 50)) {
        d->wants_link =
            true; /* some ports wait for the network, others say that there is none */
    } else {
        ln_client_link_down(&d->client, d->world->now, 0, LN_LINK_FAILED, 0);
    }
}

static bool read_events(struct device *d)
{
    struct ln_client_event event;
    bool any = false;

    while (ln_client_event(&d->client, &event)) {
        any = true;
        trace_text(d->world, "%s event %d code %u", d->endpoint, (int)event.kind, event.code);
        if (event.kind == LN_CLIENT_OPEN) {
            open_link(d);
        } else if (event.kind == LN_CLIENT_CLOSE) {
            d->wants_link = false;
            if (d->dtls != NULL) {
                secure_device_close(d);
            }
        }
    }
    return any;
}

static bool send_all(struct device *d)
{
    uint8_t buffer[SIM_LARGEST_DATAGRAM];
    ln_link link;
    bool any = false;
    size_t len;

    while ((len = ln_client_send(&d->client, d->world->now, buffer, sizeof(buffer), &link)) >
           0) {
        any = true;
        if (d->dtls != NULL) {
            secure_device_write(d, ln_bytes(buffer, len));
        } else if (d->has_network) {
            network_send(d->world, &d->address, &d->world->server_address,
                         ln_bytes(buffer, len));
        }
    }
    return (d->dtls != NULL && secure_device_turn(d)) || any;
}

static void wake(struct world *world, void *subject, uint64_t detail)
{
    struct device *d = subject;

    (void)world;
    if (d->is_powered && d->armed == (ln_time)detail) {
        d->armed = LN_NEVER;
        device_pump(d);
    }
}

static void arm(struct device *d)
{
    ln_time due = ln_client_deadline(&d->client);

    if (d->dtls != NULL) {
        due = ln_time_min(due, secure_device_deadline(d));
    }
    if (due <= d->world->now) {
        world_fail(d->world, "%s: nothing to send, but the deadline is %lld ms ago",
                   d->endpoint, (long long)(d->world->now - due));
        due = d->world->now + 1;
    }
    if (due != d->armed && due != LN_NEVER) {
        agenda_add(&d->world->agenda, due, wake, d, (uint64_t)due);
    }
    d->armed = due;
}

void device_pump(struct device *d)
{
    bool any;

    do {
        any = send_all(d);
        any = read_events(d) || any;
    } while (any);
    if (d->is_stopping && ln_client_is_idle(&d->client)) {
        switch_off(d);
        return;
    }
    arm(d);
}

static void note_request(struct device *d, struct ln_bytes datagram)
{
    struct ln_coap_message m;

    if (ln_coap_parse(datagram, &m) != LN_OK || !ln_coap_is_request(m.code)) {
        return;
    }
    d->last_request = m.id;
    for (size_t i = 0; i < SIM_RECENT_IDS && i < d->distinct; i++) {
        if (d->recent[i] == m.id) {
            return;
        }
    }
    d->recent[d->distinct++ % SIM_RECENT_IDS] = m.id;
}

void device_hear(struct device *d, struct ln_bytes message)
{
    if (!d->slot.link_is_up) {
        return;
    }
    note_request(d, message);
    ln_client_recv(&d->client, d->world->now, 0, message);
    device_pump(d);
}

void device_recv(struct device *d, struct ln_bytes datagram)
{
    if (!d->is_powered || !d->has_network) {
        return;
    }
    if (d->dtls != NULL) {
        secure_device_recv(d, datagram);
    } else {
        device_hear(d, datagram);
    }
}
