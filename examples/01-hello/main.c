/* A whole LwM2M device: it registers, and a server reads and writes its Device object. */

#include <linnet/client.h>
#include <linnet/net.h>

#include <stdio.h>
#include <string.h>

enum { DATAGRAM = 1152, SCRATCH = 512 };

/* begin objects */
static struct ln_security security = {.mode = LN_SECURITY_NONE, .short_id = 1};
static struct ln_server_account account = {.short_id = 1, .lifetime = 300, .binding = "U"};
static struct ln_device device = {.manufacturer = "Example", .model = "Hello", .binding = "U"};

static uint16_t ids[1] = {0};
static struct ln_instances securities = {&security, ids, sizeof(security), 1, 1};
static struct ln_instances accounts = {&account, ids, sizeof(account), 1, 1};

static const struct ln_object_entry objects[] = {
    {&ln_security_object, &securities},
    {&ln_server_object, &accounts},
    {&ln_device_object, &device},
};
/* end objects */

/* begin memory */
static const struct ln_format *const formats[] = {&ln_format_tlv, &ln_format_text,
                                                  &ln_format_opaque, NULL};

static struct ln_client client;
static struct ln_client_server servers[1];
static uint8_t memory[LN_CLIENT_MEMORY(1, DATAGRAM, SCRATCH)];
/* end memory */

static struct ln_loop *loop;
static struct ln_udp udp;
static struct ln_address server;

/* begin act */
static void act(const struct ln_client_event *event)
{
    if (event->kind == LN_CLIENT_OPEN) {
        ln_client_link_up(&client, ln_clock_now(),
                          event->link); /* the socket is open already */
    } else if (event->kind == LN_CLIENT_REGISTERED) {
        printf("registered\n");
    } else if (event->kind == LN_CLIENT_LOST) {
        printf("no answer: trying again\n");
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
            act(&event);
        }
    } while (ln_client_deadline(&client) <= ln_clock_now());
}
/* end loop */

int main(int argc, char **argv)
{
    struct ln_client_config config = {
        .endpoint = argc > 2 ? argv[2] : "hello",
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
    };
    struct ln_address any = {.port = 0};

    loop = ln_loop_new();
    snprintf(security.uri, sizeof(security.uri), "coap://%s",
             argc > 1 ? argv[1] : "127.0.0.1:5683");
    if (loop == NULL || ln_udp_open(&udp, &any, 0) != LN_OK ||
        ln_address_of_text(security.uri + strlen("coap://"), 5683, false, &server) != LN_OK ||
        ln_client_init(&client, sizeof(client), &config) != LN_OK ||
        ln_loop_add(loop, udp.fd, turn, NULL) != LN_OK) {
        fprintf(stderr, "usage: hello [HOST:PORT [ENDPOINT]]\n");
        return 2;
    }
    ln_client_start(&client, ln_clock_now());
    for (;;) {
        turn(NULL);
        ln_loop_wait(loop, ln_client_deadline(&client));
    }
}
