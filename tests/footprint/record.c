/*
 * Records what the server engine and the device of an image (ports/baremetal) say to each other:
 * the image's objects, configuration and loop run here, with the server in place of the network.
 *
 * usage: record-IMAGE >tests/footprint/recorded/IMAGE.c
 *
 * It fails where an answer is not what it must be: so what is recorded is known to be right.
 */

#include "device.h"
#include "port.h"

#include <linnet/server.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATAGRAM = 1500, TRAVEL = 10 /* ms on the way to the device */, BLOCK = 16 };

/* ---- What the server asks, and how it must be answered ---- */

enum { NONE = LN_FORMAT_NONE, TLV = LN_FORMAT_TLV, TEXT = LN_FORMAT_TEXT };
enum way {
    ONCE,
    TWICE, /* the same datagram again */
    IN_BLOCKS,
    OBSERVE,  /* with attributes: they are written first */
    NOTIFIED, /* after its answer a notification must come */
    CANCEL,
    GUARDED, /* of a device with access control */
};

/* An act that needs an object, a format or a part that the device has not is left out. */
static const struct act {
    enum way way;
    enum ln_operation_kind kind;
    const char *path;
    uint16_t format; /* of the payload, or to read */
    uint8_t code;
    uint8_t len;
    uint8_t payload[32];
} acts[] = {
    /* clang-format off */
    { ONCE, LN_OPERATION_READ,     "/3/0",          NONE,           LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_READ,     "/1",            TLV,            LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_READ,     "/3/0/11",       TLV,            LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_READ,     "/5/0/3",        TLV,            LN_COAP_4_04, 0, {0} },
    { ONCE, LN_OPERATION_READ,     "/0/0",          TLV,            LN_COAP_4_01, 0, {0} },
    { ONCE, LN_OPERATION_DISCOVER, "/3",            LN_FORMAT_LINK, LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_DISCOVER, "/1/0",          LN_FORMAT_LINK, LN_COAP_2_05, 0, {0} },
    /* a lifetime of 400 s; of 300 s, with a least period of 5 s; no number; what is read only */
    { ONCE, LN_OPERATION_WRITE,    "/1/0/1",        TLV, LN_COAP_2_04, 4, {0xC2, 1, 0x01, 0x90} },
    { ONCE, LN_OPERATION_WRITE_PARTIAL, "/1/0",     TLV, LN_COAP_2_04, 7, {0xC2, 1, 0x01, 0x2C, 0xC1, 2, 5} },
    { ONCE, LN_OPERATION_WRITE,    "/1/0/1",        TLV, LN_COAP_4_00, 5, {0xC3, 1, 'a', 'b', 'c'} },
    { ONCE, LN_OPERATION_WRITE,    "/3/0/0",        TLV, LN_COAP_4_05, 3, {0xC1, 0, 'x'} },
    /* an Update; then a switch is made, its turns observed and not any more, turned, read, set and
     * taken away */
    { ONCE, LN_OPERATION_EXECUTE,  "/1/0/8",        NONE, LN_COAP_2_04, 0, {0} },
    { ONCE, LN_OPERATION_CREATE,   "/26241",        TLV,  LN_COAP_2_01, 4, {0xE1, 0x16, 0xDA, 1} },
    { OBSERVE, LN_OPERATION_READ,  "/26241/0/5851", TLV,  LN_COAP_2_05, 11, "pmin=4&st=1" },
    { NOTIFIED, LN_OPERATION_EXECUTE, "/26241/0/5852", NONE, LN_COAP_2_04, 0, {0} },
    { CANCEL, LN_OPERATION_READ,   "/26241/0/5851", TLV,  LN_COAP_2_05, 0, {0} },
    { TWICE, LN_OPERATION_EXECUTE, "/26241/0/5852", NONE, LN_COAP_2_04, 0, {0} },
    { ONCE, LN_OPERATION_READ,     "/26241/0",      TLV,  LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_WRITE,    "/26241/0",      TLV,  LN_COAP_2_04, 4, {0xE1, 0x16, 0xDA, 1} },
    { ONCE, LN_OPERATION_DELETE,   "/26241/0",      NONE, LN_COAP_2_02, 0, {0} },
    /* a timezone in two blocks */
    { IN_BLOCKS, LN_OPERATION_WRITE, "/3/0/15",     TLV,  LN_COAP_2_04, 21, {0xC8, 15, 18,
      'E', 'u', 'r', 'o', 'p', 'e', '/', 'I', 's', 'l', 'e', '_', 'o', 'f', '_', 'M', 'a', 'n'} },
    { ONCE, LN_OPERATION_READ,     "/3/0",          TEXT, LN_COAP_4_06, 0, {0} },
    { ONCE, LN_OPERATION_READ,     "/3/0/15",       TEXT, LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_WRITE,    "/1/0/1",        TEXT, LN_COAP_2_04, 3, {'6', '0', '0'} },
    { ONCE, LN_OPERATION_READ, "/3/0", LN_FORMAT_SENML_JSON, LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_READ, "/3/0", LN_FORMAT_SENML_CBOR, LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_READ, "/3/0", LN_FORMAT_JSON,       LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_READ, "/1/0/1", LN_FORMAT_CBOR,     LN_COAP_2_05, 0, {0} },
    /* what only the other server may see, and what all may; a firmware, and what becomes of it */
    { GUARDED, LN_OPERATION_READ,  "/1/1",          TLV,  LN_COAP_4_01, 0, {0} },
    { GUARDED, LN_OPERATION_READ,  "/2",            TLV,  LN_COAP_2_05, 0, {0} },
    { GUARDED, LN_OPERATION_WRITE_PARTIAL, "/1/0",  LN_FORMAT_JSON, LN_COAP_2_04, 25, "{\"e\":[{\"n\":\"1\",\"v\":6e2}]}" },
    { IN_BLOCKS, LN_OPERATION_WRITE, "/5/0/0",      LN_FORMAT_OPAQUE, LN_COAP_2_04, 32, "an image of thirty-two bytes...." },
    { ONCE, LN_OPERATION_READ,     "/5/0/3",        TEXT, LN_COAP_2_05, 0, {0} },
    { ONCE, LN_OPERATION_EXECUTE,  "/5/0/2",        NONE, LN_COAP_2_04, 0, {0} },
    { ONCE, LN_OPERATION_READ,     "/5/0/5",        TEXT, LN_COAP_2_05, 0, {0} },
    /* clang-format on */
};

static struct ln_server *server;
static const struct ln_peer peer = {.remote = {.port = 1}, .local = {.port = 5683}};
static ln_time now;
static size_t next; /* of the acts */
static uint32_t block;
static bool is_under_way;
static bool is_again;    /* the datagram has gone out twice */
static bool is_answered; /* and a notification is to come */
static bool is_registered;
static size_t updates; /* since the last act */

static uint8_t asked[DATAGRAM]; /* to the device, last */
static size_t asked_len;
static uint8_t answered[DATAGRAM];
static size_t answered_len;

static void fail(const char *why, const char *what)
{
    fprintf(stderr, "record: %s (%s)\n", why, what);
    exit(1);
}

/* ---- The recording, as C ---- */

static size_t recorded;

static void record(const char *direction, const uint8_t *bytes, size_t len)
{
    recorded++;
    printf("    {%u, %s, %u,\n     (const uint8_t[]){", (unsigned)now, direction,
           (unsigned)len);
    for (size_t i = 0; i < len; i++) {
        printf("%s%u", i == 0 ? "" : i % 20 == 0 ? ",\n      " : ", ", bytes[i]);
    }
    printf("}},\n");
}

static void end(void)
{
    printf("};\n/* clang-format on */\n\nconst size_t recording_len = LN_COUNT(recording);\n");
    fprintf(stderr, "record: %zu datagrams\n", recorded);
    ln_server_free(server);
    exit(fclose(stdout) == 0 ? 0 : 1);
}

/* ---- The server ---- */

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

/* Not that of the device: when it runs alone it must draw the same. */
static void fill(void *context, void *out, size_t size)
{
    static uint8_t state;
    uint8_t *at = out;

    (void)context;
    for (size_t i = 0; i < size; i++) {
        at[i] = state = (uint8_t)(state * 5 + 113);
    }
}

static void act_is_over(uint8_t code)
{
    if (code != acts[next].code) {
        fail("the answer is not what it must be", acts[next].path);
    }
    is_under_way = false;
    is_again = false;
    is_answered = false;
    block = 0;
    updates = 0;
    next++;
}

static enum way way(void)
{
    return next < LN_COUNT(acts) ? acts[next].way : ONCE;
}

static void take_result(const struct ln_server_event *event)
{
    uint8_t code = event->outcome == LN_OUTCOME_ANSWERED ? event->code : 0;

    if (way() == NOTIFIED && code == acts[next].code) {
        is_answered = true;
    } else {
        act_is_over(code);
    }
}

/* The first comes with the answer to the Observe. */
static void take_notification(void)
{
    if (way() == OBSERVE || (way() == NOTIFIED && is_answered)) {
        act_is_over(acts[next].code);
    } else {
        fail("a notification that is not due", "observation");
    }
}

static void take_event(const struct ln_server_event *event)
{
    is_registered |= event->kind == LN_SERVER_REGISTERED;
    updates += event->kind == LN_SERVER_UPDATED;
    if (event->kind == LN_SERVER_RESULT) {
        take_result(event);
    } else if (event->kind == LN_SERVER_NOTIFIED) {
        take_notification();
    } else if (event->kind == LN_SERVER_OBSERVATION &&
               event->observation.state == LN_OBSERVATION_FAILED) {
        fail("it is not observed", acts[next].path);
    }
}

static struct ln_path path_of(const struct act *act)
{
    struct ln_path path;

    if (!ln_path_of_text(ln_bytes_of_text(act->path), &path)) {
        fail("that is no path", act->path);
    }
    return path;
}

static bool has_object(uint16_t object)
{
    for (size_t i = 0; i < device_config.object_count; i++) {
        if (device_config.objects[i].object->id == object) {
            return true;
        }
    }
    return false;
}

static bool has_part(enum way way)
{
    switch (way) {
    case IN_BLOCKS:
        return device_config.blocks != NULL;
    case OBSERVE:
    case NOTIFIED:
    case CANCEL:
        return device_config.reporting != NULL;
    case GUARDED:
        return device_config.operations == ln_client_guarded_operations;
    default:
        return true;
    }
}

static bool can_play(const struct act *act)
{
    bool has_format = act->format == NONE || act->format == LN_FORMAT_LINK ||
                      ln_format_find(device_config.formats, act->format) != NULL;

    return has_format && has_part(act->way) &&
           has_object(path_of(act).id[0]) == (act->code != LN_COAP_4_04);
}

static struct ln_operation operation_of(const struct act *act)
{
    struct ln_operation operation = {.kind = act->kind,
                                     .path = path_of(act),
                                     .accept = NONE,
                                     .format = NONE,
                                     .payload = ln_bytes(act->payload, act->len)};
    bool reads = act->kind == LN_OPERATION_READ || act->kind == LN_OPERATION_DISCOVER;

    *(reads ? &operation.accept : &operation.format) = act->format;
    return operation;
}

static ln_err begin(const struct act *act)
{
    struct ln_bytes endpoint = ln_bytes_of_text(device_config.endpoint);
    struct ln_operation operation = operation_of(act);
    uint64_t id;

    switch (act->way) {
    case OBSERVE:
        return ln_server_observe(server, now, endpoint, operation.path, act->format,
                                 operation.payload, false);
    case CANCEL:
        return ln_server_unobserve(server, now, endpoint, operation.path);
    default:
        return ln_server_operate(server, now, endpoint, &operation, NULL, 0, &id);
    }
}

/* Begins the next act that this device can play. */
static void ask(void)
{
    while (next < LN_COUNT(acts) && !can_play(&acts[next])) {
        next++;
    }
    if (next == LN_COUNT(acts)) {
        return;
    }
    is_under_way = true;
    if (acts[next].way != IN_BLOCKS && begin(&acts[next]) != LN_OK) {
        fail("the server cannot ask this", acts[next].path);
    }
}

/* The engine does not write in blocks: the datagrams of one that does. */
static size_t next_block(uint8_t *buffer, size_t size)
{
    const struct act *act = &acts[next];
    size_t from = block * BLOCK;
    bool more = from + BLOCK < act->len;
    struct ln_coap_token token = {.bytes = {(uint8_t)block}, .len = 1};
    struct ln_coap_builder b = ln_coap_start(buffer, size, LN_COAP_CON, LN_COAP_PUT,
                                             (uint16_t)(0xB000 + block), &token);

    ln_coap_add_path(&b, LN_COAP_URI_PATH, operation_of(act).path);
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, act->format);
    ln_coap_add_block(&b, LN_COAP_BLOCK1,
                      (struct ln_coap_block){.number = block, .more = more, .present = true});
    ln_coap_add_payload(&b, ln_bytes(act->payload + from, more ? BLOCK : act->len - from));
    return ln_coap_finish(&b);
}

static void take_answer_to_block(struct ln_bytes datagram)
{
    struct ln_coap_message m;

    if (ln_coap_parse(datagram, &m) != LN_OK) {
        fail("no message", acts[next].path);
    }
    block++;
    if (m.code != LN_COAP_2_31) {
        act_is_over(block * BLOCK >= acts[next].len ? m.code : 0);
    }
}

/* ---- The port ---- */

ln_time port_clock(void)
{
    return now;
}

void port_send(const uint8_t *bytes, size_t len)
{
    struct ln_server_event event;

    record("FROM_DEVICE", bytes, len);
    if (is_again && (len != answered_len || memcmp(bytes, answered, len) != 0)) {
        fail("a repeat was answered otherwise", acts[next].path);
    }
    memcpy(answered, bytes, len);
    answered_len = len;
    if (is_under_way && acts[next].way == IN_BLOCKS) {
        take_answer_to_block(ln_bytes(bytes, len));
        return;
    }
    if (is_under_way && acts[next].way == TWICE && !is_again) {
        return; /* as if it were lost */
    }
    if (is_under_way && acts[next].way == CANCEL) {
        act_is_over(bytes[1]); /* the code: of this answer no event tells */
    }
    ln_server_recv(server, now, &peer, ln_bytes(bytes, len));
    while (ln_server_event(server, &event)) {
        take_event(&event);
    }
}

static size_t next_datagram(uint8_t *buffer, size_t size)
{
    struct ln_server_out out;

    if (is_under_way && acts[next].way == TWICE) {
        is_again = true;
        memcpy(buffer, asked, asked_len);
        return asked_len;
    }
    if (!is_under_way && is_registered && device_config.operations != NULL) {
        ask();
    }
    return is_under_way && acts[next].way == IN_BLOCKS
               ? next_block(buffer, size)
               : ln_server_send(server, now, buffer, size, &out);
}

/*
 * The client has nothing more to say, so the server speaks; first it answers. When it has nothing
 * more to ask, time passes until the client has updated its registration twice.
 */
size_t port_receive(uint8_t *buffer, size_t size, ln_time deadline)
{
    struct ln_server_out out;
    size_t len = ln_server_send(server, now, buffer, size, &out);

    if (len == 0) {
        len = next_datagram(buffer, size);
    }
    if (len > 0) {
        now += TRAVEL;
        record("TO_DEVICE", buffer, len);
        memcpy(asked, buffer, len);
        asked_len = len;
        return len;
    }
    if (is_under_way && (!is_answered || updates > 0)) {
        fail("there is no answer", acts[next].path);
    }
    if (updates == 2) {
        end();
    }
    now = deadline > now ? deadline : now;
    return 0;
}

void port_start(void)
{
    struct ln_server_config config = {
        .size = sizeof(config), .random = {fill, NULL}, .allocator = {resize, NULL}};

    server = ln_server_new(&config, now);
    if (server == NULL) {
        fail("no memory", "server");
    }
    printf("/* Recorded by tests/footprint/record.c: not to be changed by hand. */\n\n"
           "#include \"recording.h\"\n\n"
           "/* clang-format off */\nconst struct recorded recording[] = {\n");
}
