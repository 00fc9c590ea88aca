/* CoAP by itself: asks a server for a path, sends the question again if need be, prints the answer. */

#include <linnet/coap.h>
#include <linnet/net.h>

#include <stdio.h>

enum { DATAGRAM = 1500, ID = 1 };

static struct ln_coap_token token = {.len = LN_COAP_TOKEN_MAX};
static struct ln_loop *loop;
static struct ln_udp udp;
static struct ln_address server;

/* begin ask */
static size_t write_question(uint8_t *buffer, size_t size, const char *path)
{
    struct ln_coap_builder b =
        ln_coap_start(buffer, size, LN_COAP_CON, LN_COAP_GET, ID, &token);
    struct ln_reader in = ln_reader(ln_bytes_of_text(path));

    (void)ln_read_if(&in, '/');
    while (ln_reader_left(&in) > 0) {
        ln_coap_add(&b, LN_COAP_URI_PATH, ln_read_until(&in, '/'));
    }
    return ln_coap_finish(&b); /* 0: it does not fit */
}
/* end ask */

/* begin answer */
/* What came, as an event of the exchange. What is none of ours must not end it: false. */
static bool read_answer(struct ln_bytes datagram, enum ln_coap_exchange_event *event)
{
    struct ln_coap_message m;

    if (ln_coap_parse(datagram, &m) != LN_OK) {
        return false;
    }
    if (m.code == LN_COAP_EMPTY) {
        *event = m.type == LN_COAP_RST ? LN_COAP_ON_RST : LN_COAP_ON_ACK;
        return m.id == ID && m.type != LN_COAP_CON;
    }
    if (!ln_coap_is_response(m.code) || !ln_coap_token_equal(&m.token, &token)) {
        return false;
    }
    printf("%u.%02u %.*s\n", ln_coap_code_class(m.code), m.code & 31U, (int)m.payload.len,
           (const char *)m.payload.at);
    *event = LN_COAP_ON_RESPONSE; /* one in a CON of its own would want an ACK from us */
    return true;
}
/* end answer */

static void receive(struct ln_coap_exchange *x)
{
    uint8_t buffer[DATAGRAM];
    struct ln_packet packet = {.bytes = buffer, .size = sizeof(buffer)};
    enum ln_coap_exchange_event event;

    while (ln_udp_recv(&udp, &packet, 1) == 1) {
        if (packet.len <= packet.size && ln_address_equal(&packet.remote, &server) &&
            read_answer(ln_bytes(buffer, packet.len), &event)) {
            (void)ln_coap_exchange_step(x, &ln_coap_parameters_default, ln_clock_now(), event);
        }
    }
}

/* begin exchange */
static enum ln_coap_outcome ask(const struct ln_packet *question)
{
    const struct ln_coap_parameters *p = &ln_coap_parameters_default;
    struct ln_coap_exchange x;

    ln_coap_exchange_start(&x, p, &ln_random_system, ID, true, true);
    while (x.state != LN_COAP_DONE) {
        if (x.state == LN_COAP_SENDING) {
            ln_udp_send(&udp, question, 1);
            (void)ln_coap_exchange_step(&x, p, ln_clock_now(), LN_COAP_ON_SENT);
        }
        ln_loop_wait(loop, ln_coap_exchange_deadline(&x));
        receive(&x);
        (void)ln_coap_exchange_step(&x, p, ln_clock_now(), LN_COAP_ON_TIME);
    }
    return (enum ln_coap_outcome)x.outcome;
}
/* end exchange */

static void wake(void *context)
{
    (void)context; /* ask() looks for itself */
}

int main(int argc, char **argv)
{
    struct ln_address any = {.port = 0};
    uint8_t buffer[DATAGRAM];
    struct ln_packet question = {.bytes = buffer};

    loop = ln_loop_new();
    ln_random_system.fill(ln_random_system.context, token.bytes, token.len);
    if (argc != 3 || loop == NULL || ln_udp_open(&udp, &any, 0) != LN_OK ||
        ln_address_of_text(argv[1], 5683, false, &server) != LN_OK ||
        (question.len = write_question(buffer, sizeof(buffer), argv[2])) == 0 ||
        ln_loop_add(loop, udp.fd, wake, NULL) != LN_OK) {
        fprintf(stderr, "usage: example-04-coap HOST:PORT PATH\n");
        return 2;
    }
    question.remote = server;
    question.local = udp.bound;
    switch (ask(&question)) {
    case LN_COAP_ANSWERED:
        return 0;
    case LN_COAP_RESET:
        fprintf(stderr, "the server refused the message with a Reset\n");
        return 1;
    default:
        fprintf(stderr, "no answer\n");
        return 1;
    }
}
