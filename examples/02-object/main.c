/* A device with objects of its own: two thermometers, and alarms that a server makes. */

#include "alarm.h"
#include "thermometer.h"

#include <linnet/client.h>
#include <linnet/net.h>

#include <stdio.h>
#include <string.h>

enum { DATAGRAM = 1152, SCRATCH = 512, SAMPLE_MS = 1000 };

static struct ln_security security = {.mode = LN_SECURITY_NONE, .short_id = 1};
static struct ln_server_account account = {.short_id = 1, .lifetime = 300, .binding = "U"};
static struct ln_device device = {.manufacturer = "Example", .model = "Clock", .binding = "U"};

static uint16_t ids[1] = {0};
static struct ln_instances securities = {&security, ids, sizeof(security), 1, 1};
static struct ln_instances accounts = {&account, ids, sizeof(account), 1, 1};

/* begin objects */
static struct thermometer thermometer[2] = {
    {.units = "Cel", .application = "inside", .absent = THERMOMETER_NEW},
    {.units = "Cel", .application = "outside", .absent = THERMOMETER_NEW},
};
static struct thermometers thermometers = {thermometer, LN_COUNT(thermometer)};
static struct alarms alarms;

static const struct ln_object_entry objects[] = {
    {&ln_security_object, &securities}, {&ln_server_object, &accounts},
    {&ln_device_object, &device},       {&thermometer_object, &thermometers},
    {&alarm_object, &alarms},
};
/* end objects */

static const struct ln_format *const formats[] = {&ln_format_tlv, &ln_format_text,
                                                  &ln_format_opaque, NULL};

static struct ln_client client;
static struct ln_client_server servers[1];
static uint8_t memory[LN_CLIENT_MEMORY(1, DATAGRAM, SCRATCH)];

/* begin blocks */
/* A sound is longer than a datagram: it comes in blocks. */
static struct ln_client_transfer transfers[1];
static uint8_t body[DATAGRAM];
static const struct ln_client_blocks blocks = {
    .calls = &ln_client_blocks_calls,
    .transfers = transfers,
    .memory = body,
    .body_size = sizeof(body),
};
/* end blocks */

static struct ln_loop *loop;
static struct ln_udp udp;
static struct ln_address server;

/* begin act */
static void act(const struct ln_client_event *event)
{
    const uint16_t *id = event->path.id;

    switch (event->kind) {
    case LN_CLIENT_OPEN:
        ln_client_link_up(&client, ln_clock_now(), event->link);
        break;
    case LN_CLIENT_REGISTERED:
        printf("registered\n");
        break;
    case LN_CLIENT_CREATED:
        printf("alarm %u is new\n", id[1]);
        break;
    case LN_CLIENT_DELETED:
        printf("alarm %u is gone\n", id[1]);
        break;
    case LN_CLIENT_EXECUTED:
        if (id[0] == alarm_object.id) {
            printf("alarm %u rings\n", id[1]);
        }
        break;
    default:
        break; /* what was written is in the structs already */
    }
    fflush(stdout);
}
/* end act */

/* begin loop */
static void turn(void *context)
{
    struct ln_client_event event;
    uint8_t buffer[DATAGRAM];
    struct ln_packet packet = {.bytes = buffer, .size = sizeof(buffer)};
    ln_link link;

    (void)context;
    do {
        if (ln_udp_recv(&udp, &packet, 1) == 1 && packet.len <= packet.size &&
            ln_address_equal(&packet.remote, &server)) {
            ln_client_recv(&client, ln_clock_now(), 0, ln_bytes(buffer, packet.len));
        }
        while ((packet.len = ln_client_send(&client, ln_clock_now(), buffer, sizeof(buffer),
                                            &link)) > 0) {
            packet.remote = server;
            packet.local = udp.bound;
            ln_udp_send(&udp, &packet, 1);
        }
        while (ln_client_event(&client, &event)) {
            act(&event); /* after the sending: a deed is told once its answer has left */
        }
    } while (ln_client_deadline(&client) <= ln_clock_now());
}
/* end loop */

/* begin sample */
/* A board asks its sensor chip. Here it is a little warmer each time, and then cold again. */
static int16_t ask_chip(uint16_t number)
{
    static int16_t minute;

    minute = (int16_t)((minute + 1) % 64);
    return (int16_t)(number == 0 ? 20 * 16 + minute : 5 * 16 - minute);
}

static void sample(ln_time now, uint16_t number)
{
    struct thermometer *t = &thermometer[number];
    bool first = (t->absent & THERMOMETER_NEW) != 0;

    t->raw = ask_chip(number);
    t->lowest = first || t->raw / 16.0 < t->lowest ? t->raw / 16.0 : t->lowest;
    t->highest = first || t->raw / 16.0 > t->highest ? t->raw / 16.0 : t->highest;
    t->absent &= ~(uint32_t)THERMOMETER_NEW;
    ln_client_changed(&client, now, ln_path_resource(thermometer_object.id, number, 5700));
}
/* end sample */

static bool start(const struct ln_client_config *config)
{
    struct ln_address any = {.port = 0};

    return loop != NULL && ln_udp_open(&udp, &any, 0) == LN_OK &&
           ln_address_of_text(security.uri + strlen("coap://"), 5683, false, &server) ==
               LN_OK &&
           ln_client_init(&client, sizeof(client), config) == LN_OK &&
           ln_loop_add(loop, udp.fd, turn, NULL) == LN_OK;
}

static void run(void)
{
    ln_time due = ln_clock_now();

    ln_client_start(&client, due);
    for (;;) {
        if (due <= ln_clock_now()) {
            sample(due, 0);
            sample(due, 1);
            due += SAMPLE_MS;
        }
        turn(NULL);
        ln_loop_wait(loop, ln_time_min(due, ln_client_deadline(&client)));
    }
}

int main(int argc, char **argv)
{
    struct ln_client_config config = {
        .endpoint = argc > 2 ? argv[2] : "clock",
        .objects = objects,
        .object_count = LN_COUNT(objects),
        .operations = ln_client_all_operations,
        .formats = formats,
        .version = LN_VERSION_1_1,
        .random = ln_random_system,
        .servers = servers,
        .server_count = 1,
        .memory = memory,
        .memory_size = sizeof(memory),
        .datagram_size = DATAGRAM,
        .scratch_size = SCRATCH,
        .blocks = &blocks,
    };

    loop = ln_loop_new();
    alarms_init(&alarms);
    snprintf(security.uri, sizeof(security.uri), "coap://%s",
             argc > 1 ? argv[1] : "127.0.0.1:5683");
    if (!start(&config)) {
        fprintf(stderr, "usage: example-02-object [HOST:PORT [ENDPOINT]]\n");
        return 2;
    }
    run();
    return 0;
}
