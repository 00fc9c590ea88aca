/*
 * Our DTLS over a UDP socket, for the tests with other implementations: a server that sends back what
 * it hears, or a client that says one thing and waits for the answer. It says what happens on stdout.
 *
 *     dtls_peer server PORT [OPTION...]
 *     dtls_peer client PORT [OPTION...] [--say TEXT | --coap | --hex]
 *     options: --psk IDENTITY KEY (text), --chain FILE --key FILE --ca FILE, --expected FILE,
 *              --usage N, --name SERVERNAME, --no-cid
 *
 * With --hex it says what lines of standard input bring, prints in hex what it hears, and goes on until
 * they end. What looks like a request of CoAP is answered by 2.05 with "hello" for its payload.
 */

#include <linnet/dtls.h>
#include <linnet/net.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 8192, CLIENT_PATIENCE_MS = 15000 };

struct options {
    bool server;
    uint16_t port;
    const char *identity;
    const char *key;
    const char *say;
    bool coap;
    bool hex; /* lines of stdin */
    bool no_cid;
    const char *name;
    unsigned usage;
    struct ln_dtls_certificates certificates;
    struct ln_bytes expected;
};

static struct options options = {.say = "hello", .usage = LN_DTLS_DOMAIN_ISSUED};
static struct ln_udp udp;
static bool done;

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

static struct ln_bytes read_file(const char *path)
{
    char *text = calloc(1, FILE_MAX);
    FILE *file = fopen(path, "rb");

    if (text == NULL || file == NULL) {
        perror(path);
        exit(2);
    }
    size_t length = fread(text, 1, FILE_MAX - 1, file);
    fclose(file);
    return ln_bytes(text, length + 1); /* PEM with its NUL */
}

static void say_event(const struct ln_dtls_event *event)
{
    static const char *const reasons[] = {
        [LN_DTLS_BY_US] = "by us",         [LN_DTLS_BY_PEER] = "by peer",
        [LN_DTLS_FAILED] = "failed",       [LN_DTLS_TIMED_OUT] = "timed out",
        [LN_DTLS_REPLACED] = "replaced",   [LN_DTLS_CROWDED] = "crowded",
        [LN_DTLS_NO_MEMORY] = "no memory",
    };

    if (event->kind == LN_DTLS_OPENED) {
        const struct ln_dtls_identity *who = event->identity;
        printf("opened %s%.*s cid=%d resumed=%d\n",
               who == NULL                 ? ""
               : who->proof == LN_DTLS_PSK ? "psk "
                                           : "x509 ",
               who == NULL ? 0 : (int)who->name.len,
               who == NULL ? "" : (const char *)who->name.at, event->connection_id,
               event->resumed);
    } else if (event->kind == LN_DTLS_MOVED) {
        printf("moved\n");
    } else {
        printf("closed %s alert=%d\n", reasons[event->reason], event->alert);
    }
    fflush(stdout);
}

static bool is_request(struct ln_bytes heard)
{
    return heard.len >= 4 && heard.at[0] >> 4 == 4 && heard.at[1] >= 1 && heard.at[1] < 32;
}

/* Acknowledged with 2.05, the same id and token. */
static struct ln_bytes answer_to(struct ln_bytes heard, uint8_t buf[LN_DTLS_PLAIN_MAX])
{
    struct ln_writer out = ln_writer(buf, LN_DTLS_PLAIN_MAX);
    struct ln_reader in = ln_reader(heard);

    if (!is_request(heard)) {
        return heard;
    }
    size_t token = ln_read_u8(&in) & 15;
    ln_read_u8(&in);
    ln_write_u8(&out, (uint8_t)(0x60 | token));
    ln_write_u8(&out, 0x45);
    ln_write_u16(&out, ln_read_u16(&in));
    ln_write_bytes(&out, ln_read_bytes(&in, token));
    ln_write_u8(&out, 0xff);
    ln_write_text(&out, "hello");
    return ln_writer_bytes(&out);
}

static void say_heard(struct ln_bytes heard)
{
    printf("heard ");
    for (size_t i = 0; options.hex && i < heard.len; i++) {
        printf("%02x", heard.at[i]);
    }
    for (size_t i = 0; !options.hex && i < heard.len; i++) {
        putchar(heard.at[i] >= ' ' && heard.at[i] < 127 ? heard.at[i] : '.');
    }
    putchar('\n');
    fflush(stdout);
}

static void send_packet(struct ln_bytes datagram, const struct ln_dtls_path *path)
{
    static uint8_t bytes[LN_DTLS_DATAGRAM_MAX];
    struct ln_packet packet = {.remote = path->remote, .local = path->local, .bytes = bytes};

    memcpy(bytes, datagram.at, datagram.len);
    packet.size = packet.len = datagram.len;
    ln_udp_send(&udp, &packet, 1);
}

/* ---- Server ---- */

static size_t find_key(void *context, struct ln_bytes identity, uint8_t key[LN_DTLS_KEY_MAX])
{
    (void)context;
    if (options.key == NULL || !ln_bytes_are(identity, options.identity)) {
        return 0;
    }
    memcpy(key, options.key, strlen(options.key));
    return strlen(options.key);
}

static struct ln_dtls_server *server;

/* begin step */
static ln_time step_server(const struct ln_packet *packet)
{
    uint8_t heard[LN_DTLS_PLAIN_MAX];
    uint8_t out[LN_DTLS_DATAGRAM_MAX];
    struct ln_dtls_event event;
    struct ln_dtls_path path;
    uint64_t session;
    size_t got;

    if (packet != NULL) {
        path = (struct ln_dtls_path){packet->remote, packet->local};
        ln_dtls_server_recv(server, ln_clock_now(), &path,
                            ln_bytes(packet->bytes, packet->len));
    }
    while (ln_dtls_server_event(server, &event)) {
        say_event(&event);
    }
    while ((got = ln_dtls_server_read(server, ln_clock_now(), heard, sizeof(heard), &session)) >
           0) {
        uint8_t room[LN_DTLS_PLAIN_MAX];
        struct ln_bytes answer = answer_to(ln_bytes(heard, got), room);
        say_heard(ln_bytes(heard, got));
        (void)!ln_dtls_server_write(server, ln_clock_now(), session, answer);
    }
    while (ln_dtls_server_event(server, &event)) {
        say_event(&event);
    }
    while ((got = ln_dtls_server_send(server, ln_clock_now(), out, sizeof(out), &path)) > 0) {
        send_packet(ln_bytes(out, got), &path);
    }
    return ln_dtls_server_deadline(server);
}
/* end step */

static ln_err start_server(void)
{
    struct ln_dtls_server_config config = {
        .size = sizeof(config),
        .random = ln_random_system,
        .allocator = {.resize = resize},
        .psk = options.key == NULL ? NULL : find_key,
        .certificates = options.certificates,
        .wall_offset = ln_clock_wall_ms() - ln_clock_now(),
        .no_connection_id = options.no_cid,
    };

    return ln_dtls_server_new(&server, &config, ln_clock_now());
}

/* ---- Client ---- */

static struct ln_dtls_client client;

static void say_something(void)
{
    static const uint8_t get[] = {0x41, 0x01, 0x12, 0x34, 0x77, 0xb4, 't', 'i', 'm', 'e'};
    struct ln_bytes text =
        options.coap ? ln_bytes(get, sizeof(get)) : ln_bytes_of_text(options.say);

    (void)!ln_dtls_client_write(&client, ln_clock_now(), text);
}

static void take_client_event(const struct ln_dtls_event *event)
{
    say_event(event);
    if (event->kind == LN_DTLS_OPENED) {
        if (!options.hex) {
            say_something();
        }
    } else {
        done = true;
    }
}

static ln_time step_client(const struct ln_packet *packet)
{
    uint8_t heard[LN_DTLS_PLAIN_MAX];
    uint8_t out[LN_DTLS_DATAGRAM_MAX];
    struct ln_dtls_path path = {0};
    struct ln_dtls_event event;
    size_t got;

    path.remote = ln_address_ipv4(127, 0, 0, 1, options.port);
    if (packet != NULL) {
        ln_dtls_client_recv(&client, ln_clock_now(), ln_bytes(packet->bytes, packet->len));
    }
    while ((got = ln_dtls_client_read(&client, ln_clock_now(), heard, sizeof(heard))) > 0) {
        say_heard(ln_bytes(heard, got));
        if (!options.hex) {
            ln_dtls_client_close(&client, ln_clock_now());
        }
    }
    while (ln_dtls_client_event(&client, &event)) {
        take_client_event(&event);
    }
    while ((got = ln_dtls_client_send(&client, ln_clock_now(), out, sizeof(out))) > 0) {
        send_packet(ln_bytes(out, got), &path);
    }
    return ln_dtls_client_deadline(&client);
}

static ln_err start_client(void)
{
    struct ln_dtls_client_config config = {
        .size = sizeof(config),
        .random = ln_random_system,
        .psk_identity = ln_bytes_of_text(options.identity),
        .psk_key = ln_bytes_of_text(options.key),
        .certificates = options.certificates,
        .expected = options.expected,
        .usage = (enum ln_dtls_usage)options.usage,
        .server_name = options.name,
        .wall_offset = ln_clock_wall_ms() - ln_clock_now(),
        .no_connection_id = options.no_cid,
    };
    ln_err err = ln_dtls_client_init(&client, &config);

    if (err == LN_OK) {
        ln_dtls_client_connect(&client, ln_clock_now());
    }
    return err;
}

/* ---- Main ---- */

static bool take_option(char **argv)
{
    /* clang-format off */
    struct { const char *name; const char **text; struct ln_bytes *file; } all[] = {
        { "--say",      &options.say,  NULL                          },
        { "--name",     &options.name, NULL                          },
        { "--chain",    NULL,          &options.certificates.chain   },
        { "--key",      NULL,          &options.certificates.key     },
        { "--ca",       NULL,          &options.certificates.trusted },
        { "--expected", NULL,          &options.expected             },
    };
    /* clang-format on */

    for (size_t i = 0; i < LN_COUNT(all); i++) {
        if (strcmp(argv[0], all[i].name) == 0 && argv[1] != NULL) {
            if (all[i].text != NULL) {
                *all[i].text = argv[1];
            } else {
                *all[i].file = read_file(argv[1]);
            }
            return true;
        }
    }
    return false;
}

static bool take_options(char **argv)
{
    for (; *argv != NULL; argv++) {
        if (strcmp(*argv, "--psk") == 0 && argv[1] != NULL && argv[2] != NULL) {
            options.identity = argv[1];
            options.key = argv[2];
            argv += 2;
        } else if (strcmp(*argv, "--usage") == 0 && argv[1] != NULL) {
            options.usage = (unsigned)atoi(*++argv);
        } else if (strcmp(*argv, "--coap") == 0) {
            options.coap = true;
        } else if (strcmp(*argv, "--hex") == 0) {
            options.hex = true;
        } else if (strcmp(*argv, "--no-cid") == 0) {
            options.no_cid = true;
        } else if (take_option(argv)) {
            argv++;
        } else {
            return false;
        }
    }
    return true;
}

static void readable(void *context)
{
    struct ln_packet packets[8];
    static uint8_t bytes[8][LN_UDP_PACKET_MAX];

    (void)context;
    for (size_t i = 0; i < LN_COUNT(packets); i++) {
        packets[i] = (struct ln_packet){.bytes = bytes[i], .size = sizeof(bytes[i])};
    }
    size_t count = ln_udp_recv(&udp, packets, LN_COUNT(packets));
    for (size_t i = 0; i < count; i++) {
        (void)(options.server ? step_server(&packets[i]) : step_client(&packets[i]));
    }
}

/* One line of hex is one message. */
static void take_line(void *context)
{
    char line[2 * LN_DTLS_PLAIN_MAX + 2];
    uint8_t bytes[LN_DTLS_PLAIN_MAX];
    size_t length = 0;
    unsigned byte;

    (void)context;
    if (fgets(line, sizeof(line), stdin) == NULL) {
        ln_dtls_client_close(&client, ln_clock_now());
        return;
    }
    while (sscanf(&line[2 * length], "%2x", &byte) == 1) {
        bytes[length++] = (uint8_t)byte;
    }
    (void)!ln_dtls_client_write(&client, ln_clock_now(), ln_bytes(bytes, length));
}

static int serve(struct ln_loop *loop)
{
    bool forever = options.server || options.hex;
    ln_time end = forever ? LN_NEVER : ln_clock_now() + CLIENT_PATIENCE_MS;

    while (!done && ln_clock_now() < end) {
        ln_time due = options.server ? step_server(NULL) : step_client(NULL);
        ln_loop_wait(loop, ln_time_min(due, end));
    }
    return done ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc < 3 || !take_options(argv + 3)) {
        fprintf(stderr, "usage: dtls_peer server|client PORT [OPTION...]\n");
        return 2;
    }
    options.server = strcmp(argv[1], "server") == 0;
    options.port = (uint16_t)atoi(argv[2]);
    struct ln_address at = ln_address_ipv4(127, 0, 0, 1, options.server ? options.port : 0);
    struct ln_loop *loop = ln_loop_new();
    ln_err err = options.server ? start_server() : start_client();
    if (err != LN_OK || loop == NULL || ln_udp_open(&udp, &at, 0) != LN_OK ||
        ln_loop_add(loop, udp.fd, readable, NULL) != LN_OK ||
        (options.hex && ln_loop_add(loop, 0, take_line, NULL) != LN_OK)) {
        fprintf(stderr, "dtls_peer: cannot start: %s\n", ln_err_text(err));
        return 1;
    }
    puts("ready");
    fflush(stdout);
    int status = serve(loop);
    ln_udp_close(&udp);
    ln_loop_free(loop);
    return status;
}
