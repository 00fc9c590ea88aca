/* A server without HTTP: waits for a device, reads who made it, prints that, and ends. */

#include <linnet/net.h>
#include <linnet/server.h>

#include <stdio.h>
#include <stdlib.h>

enum { PATIENCE_MS = 60 * 1000 };

static struct ln_loop *loop;
static struct ln_server *engine;
static struct ln_udp udp;
static int status = -1; /* of the program, once it is known */

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

/* begin ask */
static void ask(struct ln_bytes endpoint)
{
    struct ln_operation read = {
        .kind = LN_OPERATION_READ,
        .path = ln_path_resource(3, 0, 0),
        .accept = LN_FORMAT_NONE, /* the device's choice */
        .format = LN_FORMAT_NONE,
    };
    uint64_t id;
    ln_err err = ln_server_operate(engine, ln_clock_now(), endpoint, &read, NULL, 0, &id);

    if (err != LN_OK) {
        fprintf(stderr, "the Read was not sent: %s\n", ln_err_text(err));
    }
}
/* end ask */

/* begin answer */
/* In TLV a text is just bytes: the reader must know what they are. */
static enum ln_type type_of(const void *context, struct ln_path path)
{
    (void)context;
    (void)path; /* only one is ever asked for */
    return LN_STRING;
}

static void print_answer(const struct ln_server_event *event)
{
    static const struct ln_format *const formats[] = {&ln_format_text, &ln_format_tlv, NULL};
    const struct ln_format *format = ln_format_find(formats, event->format);
    struct ln_types types = {.of = type_of};
    uint8_t memory[64];
    struct ln_arena scratch = ln_arena(memory, sizeof(memory));
    struct ln_decoder in;
    struct ln_record record;

    if (event->outcome != LN_OUTCOME_ANSWERED || event->code != LN_COAP_2_05 ||
        format == NULL) {
        fprintf(stderr, "no answer to use: %s, code %u.%02u\n", ln_outcome_name(event->outcome),
                ln_coap_code_class(event->code), event->code & 31U);
        status = EXIT_FAILURE;
        return;
    }
    ln_decoder_init(&in, format, event->operation.path, event->payload, &types, &scratch);
    while (ln_decode(&in, &record)) {
        printf("%.*s\n", (int)record.value.as.bytes.len,
               (const char *)record.value.as.bytes.at);
    }
    if (in.err != LN_OK) {
        fprintf(stderr, "the answer cannot be read: %s\n", ln_err_text(in.err));
    }
    status = in.err == LN_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
/* end answer */

/* begin turn */
static void turn(void *context)
{
    uint8_t buffer[LN_SERVER_DATAGRAM_MAX];
    struct ln_packet packet = {.bytes = buffer, .size = sizeof(buffer)};
    struct ln_server_event event;
    struct ln_server_out out;

    (void)context;
    while (ln_udp_recv(&udp, &packet, 1) == 1) {
        struct ln_peer peer = {.remote = packet.remote, .local = packet.local};
        if (packet.len <= packet.size) {
            ln_server_recv(engine, ln_clock_now(), &peer, ln_bytes(buffer, packet.len));
        }
    }
    while (ln_server_event(engine, &event)) {
        if (event.kind == LN_SERVER_REGISTERED) {
            ask(event.endpoint);
        } else if (event.kind == LN_SERVER_RESULT) {
            print_answer(&event);
        }
    }
    while ((packet.len = ln_server_send(engine, ln_clock_now(), buffer, sizeof(buffer), &out)) >
           0) {
        packet.remote = out.to.remote;
        packet.local = out.to.local;
        ln_udp_send(&udp, &packet, 1);
    }
}
/* end turn */

int main(int argc, char **argv)
{
    struct ln_server_config config = {
        .size = sizeof(config),
        .random = ln_random_system,
        .allocator = {.resize = resize},
    };
    ln_time end = ln_clock_now() + PATIENCE_MS;
    struct ln_address address;

    loop = ln_loop_new();
    engine = ln_server_new(&config, ln_clock_now());
    if (loop == NULL || engine == NULL ||
        ln_address_of_text(argc > 1 ? argv[1] : "127.0.0.1:5683", 5683, true, &address) !=
            LN_OK ||
        ln_udp_open(&udp, &address, 0) != LN_OK ||
        ln_loop_add(loop, udp.fd, turn, NULL) != LN_OK) {
        fprintf(stderr, "usage: example-03-server [ADDRESS:PORT]; is the port free?\n");
        return 2;
    }
    while (status < 0 && ln_clock_now() < end) {
        ln_loop_wait(loop, ln_time_min(end, ln_server_deadline(engine)));
        turn(NULL);
    }
    if (status < 0) {
        fprintf(stderr, "no device has answered within a minute\n");
    }
    ln_server_free(engine);
    ln_udp_close(&udp);
    ln_loop_free(loop);
    return status < 0 ? EXIT_FAILURE : status;
}
