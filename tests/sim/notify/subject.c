/* The client under trial: what goes in, what comes out, and what is printed of it. */

#include "sim/notify/subject.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 1000, NO_TOKEN = 0, JSON = 110, LINKS = 40 };

static const struct ln_resource meter_resources[] = {
    /* clang-format off */
    {LEVEL, LN_FLOAT,   LN_READ | LN_WRITE,           LN_FIELD(struct meter, level)},
    {COUNT, LN_INTEGER, LN_READ | LN_WRITE,           LN_FIELD(struct meter, count)},
    {LABEL, LN_STRING,  LN_READ | LN_WRITE,           LN_FIELD(struct meter, label)},
    {OPEN,  LN_BOOLEAN, LN_READ | LN_WRITE,           LN_FIELD(struct meter, open)},
    {PHASE, LN_INTEGER, LN_READ | LN_WRITE | LN_MANY, LN_LIST(struct meter, phases)},
    /* clang-format on */
};
static const struct ln_object meter_object = {
    .id = METER_OBJECT,
    .version_major = 1,
    .resource_count = LN_COUNT(meter_resources),
    .resources = meter_resources,
    .calls = &ln_instances_calls,
};

static ln_formats formats = {&ln_format_senml_json, &ln_format_text, NULL};

/* ---- The trace ---- */

static void begin_line(const struct subject *s, const char *on)
{
    printf("{\"t\":%" PRId64 ",\"on\":\"%s\"", (int64_t)s->now, on);
}

static void print_path(struct ln_path path)
{
    for (unsigned i = 0; i < path.depth; i++) {
        printf("/%u", path.id[i]);
    }
}

static void print_value(const struct meter *m, struct ln_path path)
{
    switch (path.id[2]) {
    case LEVEL:
        printf("%.15g", m->level);
        break;
    case COUNT:
        printf("%d", m->count);
        break;
    case LABEL:
        printf("\"%s\"", m->label);
        break;
    case OPEN:
        printf("%s", m->open ? "true" : "false");
        break;
    default:
        printf("%d", m->phases.values[path.id[3]]);
        break;
    }
}

static void print_server_and_path(uint8_t server, struct ln_path path)
{
    printf(",\"server\":%u,\"path\":\"", server + 1);
    print_path(path);
    printf("\"");
}

static void print_token(const struct observed *o)
{
    printf(",\"server\":%u,\"token\":\"%u\"", o->server + 1, o->token);
}

/* Code, Observe option, format and payload of what the client sent. */
static void print_message(const struct ln_coap_message *m)
{
    struct ln_coap_options o;

    if (ln_coap_options(m, &o) != LN_OK) {
        fprintf(stderr, "notify_trace: the client sent options that cannot be read\n");
        exit(1);
    }
    printf(",\"code\":\"%u.%02u\",\"observe\":", m->code >> 5, m->code & 31);
    if (o.has_observe) {
        printf("%" PRIu32, o.observe);
    } else {
        printf("null");
    }
    printf(",\"format\":%u,\"payload\":", o.content_format);
    if (o.content_format == JSON) {
        printf("%.*s", (int)m->payload.len, (const char *)m->payload.at);
    } else if (o.content_format == LINKS) {
        printf("\"%.*s\"", (int)m->payload.len, (const char *)m->payload.at);
    } else {
        printf("null");
    }
}

/* ---- The servers' end of the links ---- */

static uint16_t token_of(const struct ln_coap_message *m)
{
    struct ln_reader in = ln_reader(ln_bytes(m->token.bytes, m->token.len));

    return ln_read_u16(&in); /* NO_TOKEN where there is none */
}

static struct observed *find_observed(struct subject *s, uint8_t server, uint16_t token)
{
    for (size_t i = 0; i < OBSERVED_MAX; i++) {
        struct observed *o = &s->observed[i];
        if (o->is_live && o->server == server && o->token == token) {
            return o;
        }
    }
    return NULL;
}

/* A Register gets a location, an Update a plain yes. */
static size_t answer_registration(const struct ln_coap_message *m, uint8_t *out)
{
    struct ln_coap_options o;
    bool is_register = ln_coap_options(m, &o) == LN_OK && o.path_count == 1;
    struct ln_coap_builder b =
        ln_coap_answer(out, DATAGRAM, m, is_register ? LN_COAP_2_01 : LN_COAP_2_04, 0);

    if (is_register) {
        ln_coap_add_text(&b, LN_COAP_LOCATION_PATH, "rd");
        ln_coap_add_text(&b, LN_COAP_LOCATION_PATH, "1");
    }
    return ln_coap_finish(&b);
}

static size_t take_notification(struct subject *s, uint8_t server,
                                const struct ln_coap_message *m, uint8_t *out)
{
    struct observed unknown = {.server = server, .token = token_of(m)};
    struct observed *o = find_observed(s, server, unknown.token);
    bool resets = o == NULL || o->resets;

    o = o != NULL ? o : &unknown;
    o->notified_at = s->now;
    s->notifications++;
    begin_line(s, "notify");
    print_token(o);
    printf(",\"confirmable\":%s", m->type == LN_COAP_CON ? "true" : "false");
    print_message(m);
    printf("}\n");
    if (resets || m->code != LN_COAP_2_05) {
        o->is_live = false;
    }
    if (resets) {
        begin_line(s, "reset");
        print_token(o);
        printf("}\n");
        return ln_coap_empty(out, DATAGRAM, LN_COAP_RST, m->id);
    }
    return m->type == LN_COAP_CON ? ln_coap_empty(out, DATAGRAM, LN_COAP_ACK, m->id) : 0;
}

/* Takes what the client sent; returns the length of what the server says to it. */
static size_t take_datagram(struct subject *s, uint8_t server, struct ln_bytes datagram,
                            uint8_t *out)
{
    struct ln_coap_message m;

    if (ln_coap_parse(datagram, &m) != LN_OK) {
        fprintf(stderr, "notify_trace: the client sent what cannot be read\n");
        exit(1);
    }
    if (ln_coap_is_request(m.code)) {
        return answer_registration(&m, out);
    }
    if (m.type == LN_COAP_ACK || m.type == LN_COAP_RST) {
        begin_line(s, "answer");
        print_message(&m);
        printf("}\n");
        return 0;
    }
    return take_notification(s, server, &m, out);
}

/* ---- Time ---- */

static void act(struct subject *s, const struct ln_client_event *event)
{
    if (event->kind == LN_CLIENT_OPEN) {
        ln_client_link_up(&s->client, s->now, event->link);
    }
}

static void give_up(const struct subject *s)
{
    fprintf(stderr, "notify_trace: at %" PRId64 " ms the client is due again and again\n",
            (int64_t)s->now);
    exit(1);
}

static void send_all(struct subject *s)
{
    uint8_t in[DATAGRAM], out[DATAGRAM];
    ln_link link;
    size_t len;
    unsigned sent = 0;

    while ((len = ln_client_send(&s->client, s->now, in, sizeof(in), &link)) > 0) {
        len = take_datagram(s, link, ln_bytes(in, len), out);
        if (len > 0) {
            ln_client_recv(&s->client, s->now, link, ln_bytes(out, len));
        }
        if (++sent == ROUNDS_MAX) {
            give_up(s);
        }
    }
}

static void pump(struct subject *s)
{
    struct ln_client_event event;
    unsigned rounds = 0;

    do {
        send_all(s);
        while (ln_client_event(&s->client, &event)) {
            act(s, &event);
        }
        if (++rounds == ROUNDS_MAX) {
            give_up(s);
        }
    } while (ln_client_deadline(&s->client) <= s->now);
}

static ln_time later(ln_time a, ln_time b)
{
    return a > b ? a : b;
}

bool subject_run(struct subject *s, ln_time until, unsigned enough)
{
    unsigned before = s->notifications;

    while (ln_client_deadline(&s->client) <= until) {
        s->now = later(s->now, ln_client_deadline(&s->client));
        pump(s);
        if (s->notifications - before >= enough) {
            return false;
        }
    }
    s->now = until;
    return true;
}

void subject_end(struct subject *s)
{
    begin_line(s, "end");
    printf("}\n");
}

/* ---- The start ---- */

static void init_accounts(struct subject *s)
{
    for (uint16_t i = 0; i < SERVERS; i++) {
        s->ids[i] = i;
        s->securities[i] = (struct ln_security){
            .uri = "coap://server", .mode = LN_SECURITY_NONE, .short_id = (uint16_t)(i + 1)};
        s->accounts[i] = (struct ln_server_account){.short_id = (uint16_t)(i + 1),
                                                    .lifetime = 86400,
                                                    .binding = "U",
                                                    .store_notifications = true};
    }
    s->security_store = (struct ln_instances){s->securities, s->ids, sizeof(s->securities[0]),
                                              SERVERS, SERVERS};
    s->account_store =
        (struct ln_instances){s->accounts, s->ids, sizeof(s->accounts[0]), SERVERS, SERVERS};
    s->device = (struct ln_device){.manufacturer = "Linnet", .binding = "U"};
    s->meter_store =
        (struct ln_instances){s->meters, s->meter_ids, sizeof(s->meters[0]), METERS, 0};
}

static void init_client(struct subject *s)
{
    s->objects[0] = (struct ln_object_entry){&ln_security_object, &s->security_store};
    s->objects[1] = (struct ln_object_entry){&ln_server_object, &s->account_store};
    s->objects[2] = (struct ln_object_entry){&ln_device_object, &s->device};
    s->objects[3] = (struct ln_object_entry){&meter_object, &s->meter_store};
    s->reporting = (struct ln_client_reporting){
        .calls = &ln_client_reporting_calls,
        .state = &s->reporting_state,
        .notifiers = s->notifiers,
        .observations = s->observations,
        .observation_count = OBSERVED_MAX,
        .attributes = s->attributes,
        .attribute_count = ATTRIBUTES_MAX,
        .floats = ln_number_of_double,
        .sampling = &ln_client_sampling_calls,
    };
    s->config = (struct ln_client_config){
        .endpoint = "meter",
        .objects = s->objects,
        .object_count = LN_COUNT(s->objects),
        .operations = ln_client_all_operations,
        .formats = formats,
        .version = LN_VERSION_1_1,
        .random = {dice_fill, &s->dice},
        .servers = s->slots,
        .server_count = SERVERS,
        .memory = s->memory,
        .memory_size = sizeof(s->memory),
        .datagram_size = DATAGRAM,
        .scratch_size = 512,
        .reporting = &s->reporting,
    };
    if (ln_client_init(&s->client, sizeof(s->client), &s->config) != LN_OK) {
        fprintf(stderr, "notify_trace: the client did not start\n");
        exit(1);
    }
}

void subject_start(struct subject *s, uint64_t seed)
{
    memset(s, 0, sizeof(*s));
    s->now = 1000;
    s->dice.state = seed;
    s->next_token = 1;
    init_accounts(s);
    init_client(s);
    printf("{\"on\":\"begin\",\"seed\":%" PRIu64 ",\"objects\":[%d]}\n", seed, METER_OBJECT);
    for (uint8_t i = 0; i < SERVERS; i++) {
        begin_line(s, "defaults");
        printf(",\"server\":%u,\"pmin\":0,\"pmax\":0}\n", i + 1);
    }
    ln_client_start(&s->client, s->now);
    pump(s);
}

/* ---- What happens on the device ---- */

struct meter *subject_meter(struct subject *s, uint16_t id)
{
    uint16_t found = id;
    struct meter *meter = ln_instances_calls.next(&s->meter_store, &found);

    return found == id ? meter : NULL;
}

static void print_values(const struct subject *s, const struct meter *m, uint16_t id)
{
    struct ln_path path = ln_path_resource(METER_OBJECT, id, 0);

    (void)s;
    printf(",\"values\":{");
    for (path.id[2] = LEVEL; path.id[2] < PHASE; path.id[2]++) {
        printf("\"");
        print_path(path);
        printf("\":");
        print_value(m, path);
        printf(",");
    }
    for (uint16_t i = 0; i < PHASES; i++) {
        struct ln_path phase = ln_path_add(path, i);
        printf("%s\"", i > 0 ? "," : "");
        print_path(phase);
        printf("\":");
        print_value(m, phase);
    }
    printf("}");
}

void subject_create(struct subject *s, uint16_t id)
{
    struct meter *meter = ln_instances_calls.create(&s->meter_store, id);
    struct ln_path path = ln_path_instance(METER_OBJECT, id);

    if (meter == NULL) {
        return;
    }
    *meter = (struct meter){.level = 20, .count = 20, .label = "new"};
    for (uint16_t i = 0; i < PHASES; i++) {
        meter->phases.ids[i] = i;
        meter->phases.values[i] = 20;
    }
    meter->phases.count = PHASES;
    begin_line(s, "create");
    printf(",\"path\":\"");
    print_path(path);
    printf("\"");
    print_values(s, meter, id);
    printf("}\n");
    ln_client_changed(&s->client, s->now, path);
    pump(s);
}

void subject_delete(struct subject *s, uint16_t id)
{
    struct ln_path path = ln_path_instance(METER_OBJECT, id);

    if (ln_instances_calls.remove(&s->meter_store, id) != LN_OK) {
        return;
    }
    begin_line(s, "delete");
    printf(",\"path\":\"");
    print_path(path);
    printf("\"}\n");
    ln_client_changed(&s->client, s->now, path);
    pump(s);
}

static void store(struct meter *m, struct ln_path path, double number)
{
    switch (path.id[2]) {
    case LEVEL:
        m->level = round(number * 10) / 10 + 0.0; /* one decimal, and no -0 */
        break;
    case COUNT:
        m->count = (int32_t)number;
        break;
    case LABEL:
        snprintf(m->label, sizeof(m->label), "label %d", (int)number);
        break;
    case OPEN:
        m->open = (int)number % 2 != 0;
        break;
    default:
        m->phases.values[path.id[3]] = (int32_t)number;
        break;
    }
}

static void print_set(struct subject *s, const char *on, const struct meter *m,
                      struct ln_path path)
{
    begin_line(s, on);
    printf(",\"path\":\"");
    print_path(path);
    printf("\",\"value\":");
    print_value(m, path);
    printf("}\n");
}

void subject_set(struct subject *s, struct ln_path path, double number)
{
    struct meter *meter = subject_meter(s, path.id[1]);

    if (meter == NULL) {
        return;
    }
    store(meter, path, number);
    print_set(s, "set", meter, path);
    ln_client_changed(&s->client, s->now, path);
    pump(s);
}

/* ---- What servers ask ---- */

struct request {
    uint8_t buffer[DATAGRAM];
    struct ln_coap_builder out;
};

static void request_begin(struct subject *s, struct request *r, uint8_t code, uint16_t token)
{
    struct ln_coap_token t = {{(uint8_t)(token >> 8), (uint8_t)token}, 2};

    r->out = ln_coap_start(r->buffer, sizeof(r->buffer), LN_COAP_CON, code, s->next_id++, &t);
}

static void request_end(struct subject *s, struct request *r, uint8_t server)
{
    ln_client_recv(&s->client, s->now, server, ln_bytes(r->buffer, ln_coap_finish(&r->out)));
    pump(s);
}

static void put_text(struct subject *s, uint8_t server, struct ln_path path, const char *text)
{
    struct request r;

    request_begin(s, &r, LN_COAP_PUT, s->next_token++);
    ln_coap_add_path(&r.out, LN_COAP_URI_PATH, path);
    ln_coap_add_uint(&r.out, LN_COAP_CONTENT_FORMAT, 0);
    ln_coap_add_payload(&r.out, ln_bytes_of_text(text));
    request_end(s, &r, server);
}

void subject_write(struct subject *s, uint8_t server, struct ln_path path, double number)
{
    struct meter *meter = subject_meter(s, path.id[1]);
    struct meter after;
    char text[32];

    if (meter == NULL || path.id[2] == LABEL || path.id[2] == OPEN) {
        return;
    }
    after = *meter;
    store(&after, path, number);
    print_set(s, "write", &after, path);
    snprintf(text, sizeof(text), path.id[2] == LEVEL ? "%.1f" : "%.0f",
             path.id[2] == LEVEL ? number : (double)(int32_t)number);
    put_text(s, server, path, text);
}

void subject_remove(struct subject *s, uint8_t server, uint16_t id)
{
    struct ln_path path = ln_path_instance(METER_OBJECT, id);
    struct request r;

    if (subject_meter(s, id) == NULL) {
        return;
    }
    begin_line(s, "remove");
    print_server_and_path(server, path);
    printf("}\n");
    request_begin(s, &r, LN_COAP_DELETE, s->next_token++);
    ln_coap_add_path(&r.out, LN_COAP_URI_PATH, path);
    request_end(s, &r, server);
}

static void add_query(struct request *r, const char *query)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(query));

    while (ln_reader_left(&in) > 0) {
        ln_coap_add(&r->out, LN_COAP_URI_QUERY, ln_read_until(&in, '&'));
    }
}

void subject_attributes(struct subject *s, uint8_t server, struct ln_path path,
                        const char *query)
{
    struct request r;

    begin_line(s, "attributes");
    print_server_and_path(server, path);
    printf(",\"query\":\"%s\"}\n", query);
    request_begin(s, &r, LN_COAP_PUT, s->next_token++);
    ln_coap_add_path(&r.out, LN_COAP_URI_PATH, path);
    add_query(&r, query);
    request_end(s, &r, server);
}

void subject_discover(struct subject *s, uint8_t server, struct ln_path path)
{
    struct request r;

    begin_line(s, "discover");
    print_server_and_path(server, path);
    printf("}\n");
    request_begin(s, &r, LN_COAP_GET, s->next_token++);
    ln_coap_add_path(&r.out, LN_COAP_URI_PATH, path);
    ln_coap_add_uint(&r.out, LN_COAP_ACCEPT, LINKS);
    request_end(s, &r, server);
}

static void write_default(struct subject *s, uint8_t server, uint16_t resource,
                          uint32_t seconds)
{
    char text[16];

    begin_line(s, "defaults");
    printf(",\"server\":%u,\"%s\":%" PRIu32 "}\n", server + 1, resource == 2 ? "pmin" : "pmax",
           seconds);
    snprintf(text, sizeof(text), "%" PRIu32, seconds);
    put_text(s, server, ln_path_resource(1, server, resource), text);
}

void subject_defaults(struct subject *s, uint8_t server, uint32_t pmin, uint32_t pmax)
{
    write_default(s, server, 2, pmin);
    write_default(s, server, 3, pmax);
}

static struct observed *find_place(struct subject *s)
{
    for (size_t i = 0; i < OBSERVED_MAX; i++) {
        if (!s->observed[i].is_live) {
            return &s->observed[i];
        }
    }
    return NULL;
}

static void observe_request(struct subject *s, const struct observed *o, uint32_t observe)
{
    struct request r;

    begin_line(s, observe == 0 ? "observe" : "cancel");
    print_server_and_path(o->server, o->path);
    printf(",\"token\":\"%u\"}\n", o->token);
    request_begin(s, &r, LN_COAP_GET, o->token);
    ln_coap_add_uint(&r.out, LN_COAP_OBSERVE, observe);
    ln_coap_add_path(&r.out, LN_COAP_URI_PATH, o->path);
    ln_coap_add_uint(&r.out, LN_COAP_ACCEPT, JSON);
    request_end(s, &r, o->server);
}

static bool is_there(struct subject *s, struct ln_path path)
{
    return path.depth == 1 || subject_meter(s, path.id[1]) != NULL;
}

void subject_observe(struct subject *s, uint8_t server, struct ln_path path, uint16_t token)
{
    struct observed *again = find_observed(s, server, token);
    struct observed *o = again != NULL ? again : find_place(s);
    struct observed wanted = {.is_live = true, .server = server, .path = path};

    if (o == NULL) {
        return; /* enough of them */
    }
    wanted.token = token != NO_TOKEN ? token : s->next_token++;
    wanted.notified_at = s->now;
    wanted.is_live = is_there(s, path);
    *o = wanted;
    observe_request(s, &wanted, 0);
}

void subject_cancel(struct subject *s, struct observed *o)
{
    o->is_live = false;
    observe_request(s, o, 1);
}
