/* First values of objects 4, 6 and 7; tables and first values of 10, 11, 16, 19 and 20. */

#include "conformance/models.h"

#include <string.h>

/* clang-format off */
#define FIELD(member) LN_FIELD(struct cellular, member)
#define PROFILES LN_LIST(struct cellular, profiles)
static const struct ln_resource cellular_resources[] = {
    {  4, LN_INTEGER, LN_READ | LN_WRITE,               FIELD(psm_timer) },
    {  5, LN_INTEGER, LN_READ | LN_WRITE,               FIELD(active_timer) },
    {  6, LN_INTEGER, LN_READ,                          FIELD(rate_control) },
    {  8, LN_OPAQUE,  LN_READ | LN_WRITE,               FIELD(wb) },
    {  9, LN_OPAQUE,  LN_READ | LN_WRITE,               FIELD(nb) },
    { 11, LN_OBJLNK,  LN_READ | LN_MANY | LN_MANDATORY, PROFILES },
};
static const struct ln_resource cellular_resources_1_1[] = {
    {  4, LN_INTEGER,  LN_READ | LN_WRITE,               FIELD(psm_timer) },
    {  5, LN_INTEGER,  LN_READ | LN_WRITE,               FIELD(active_timer) },
    {  8, LN_OPAQUE,   LN_READ | LN_WRITE,               FIELD(wb) },
    {  9, LN_OPAQUE,   LN_READ | LN_WRITE,               FIELD(nb) },
    { 11, LN_OBJLNK,   LN_READ | LN_MANY | LN_MANDATORY, PROFILES },
    { 12, LN_UNSIGNED, LN_READ,                          FIELD(supported_modes) },
    { 13, LN_UNSIGNED, LN_READ | LN_WRITE,               FIELD(active_modes) },
};
#undef FIELD
#undef PROFILES

static const struct ln_resource apn_resources[] = {
    { 0, LN_STRING,  LN_READ | LN_WRITE | LN_MANDATORY, LN_FIELD(struct apn, name) },
    { 3, LN_BOOLEAN, LN_READ | LN_WRITE,                LN_FIELD(struct apn, enabled) },
    { 4, LN_INTEGER, LN_READ | LN_WRITE | LN_MANDATORY, LN_FIELD(struct apn, authentication) },
};

#define IDENTITY LN_LIST(struct portfolio, identity)
static const struct ln_resource portfolio_resources[] = {
    { 0, LN_STRING,  LN_READ | LN_WRITE | LN_MANY | LN_MANDATORY, IDENTITY },
    { 1, LN_NONE,    LN_EXECUTE,                                  LN_EXECUTE_BY(NULL) },
    { 3, LN_INTEGER, LN_READ,                         LN_FIELD(struct portfolio, status) },
};
#undef IDENTITY

#define DATA LN_LIST(struct container, data)
static const struct ln_resource container_resources[] = {
    { 0, LN_OPAQUE, LN_READ | LN_WRITE | LN_MANY | LN_MANDATORY, DATA },
};
#undef DATA
/* clang-format on */

enum { LOG_RUNS = 1, LOG_HAS_DATA = 2 };

static ln_err start_log(void *instance, struct ln_bytes arguments)
{
    struct event_log *log = instance;

    (void)arguments; /* what they select is the app's */
    log->status = LOG_RUNS;
    return LN_OK;
}

static const struct ln_resource event_log_resources[] = {
    {4010, LN_INTEGER, LN_READ | LN_WRITE, LN_FIELD(struct event_log, class)},
    {4011, LN_NONE, LN_EXECUTE, LN_EXECUTE_BY(start_log)},
    {4013, LN_INTEGER, LN_READ, LN_FIELD(struct event_log, status)},
    {4014, LN_OPAQUE, LN_READ | LN_MANDATORY, LN_FIELD(struct event_log, data)},
};

#define OBJECT(name, number, major, minor, rows, object_calls)                                 \
    const struct ln_object name = {                                                            \
        .id = (number),                                                                        \
        .version_major = (major),                                                              \
        .version_minor = (minor),                                                              \
        .resource_count = LN_COUNT(rows),                                                      \
        .resources = (rows),                                                                   \
        .calls = (object_calls),                                                               \
    }

OBJECT(cellular_object, 10, 1, 0, cellular_resources, NULL);
OBJECT(cellular_object_1_1, 10, 1, 1, cellular_resources_1_1, NULL);
OBJECT(apn_object, 11, 1, 0, apn_resources, &ln_instances_calls);
OBJECT(portfolio_object, 16, 1, 0, portfolio_resources, &ln_instances_calls);
OBJECT(container_object, 19, 1, 0, container_resources, &ln_instances_calls);
OBJECT(event_log_object, 20, 1, 0, event_log_resources, &ln_instances_calls);

static void init_connectivity(struct ln_connectivity *c)
{
    *c = (struct ln_connectivity){.bearer = LN_BEARER_WLAN,
                                  .signal_strength = -61,
                                  .link_quality = 80,
                                  .utilization = 5,
                                  .cell = 4711,
                                  .network_code = 1,
                                  .country_code = 262,
                                  .bearers = {2, {0, 1}, {LN_BEARER_WLAN, LN_BEARER_LTE_FDD}},
                                  .addresses = {1, {0}, {"192.0.2.7"}},
                                  .routers = {1, {0}, {"192.0.2.1"}},
                                  .apns = {1, {0}, {"internet"}}};
}

static void init_containers(struct models *m)
{
    for (size_t i = 0; i < MODEL_INSTANCES; i++) {
        struct container *c = &m->containers[i];
        for (size_t k = 0; k < MODEL_VALUES; k++) {
            c->data.values[k] = (struct ln_buffer){c->memory[k], MODEL_TEXT, 0};
        }
        c->data.count = 1;
    }
}

void models_init(struct models *m)
{
    static const uint8_t log[] = {0x01, 0x10, 0xFF};
    static const uint8_t velocity[] = {0x00, 0x2D, 0x00, 0x03};

    memset(m, 0, sizeof(*m));
    init_connectivity(&m->connectivity);
    m->location = (struct ln_location){.latitude = 48.5,
                                       .longitude = -2.25,
                                       .altitude = 80,
                                       .radius = 10,
                                       .speed = 1.5,
                                       .time = 1367491215,
                                       .velocity = {velocity, sizeof(velocity)}};
    m->statistics = (struct ln_statistics){.sms_sent = 1,
                                           .sms_received = 2,
                                           .sent = 30000,
                                           .received = 40000,
                                           .largest = 500,
                                           .messages = 1000};
    m->cellular = (struct cellular){.psm_timer = 2,
                                    .active_timer = 1,
                                    .rate_control = 10,
                                    .supported_modes = 3,
                                    .active_modes = 1,
                                    .profiles = {1, {0}, {{11, 0}}}};
    m->cellular.wb = (struct ln_buffer){m->cellular.wb_memory, 8, 1};
    m->cellular.nb = (struct ln_buffer){m->cellular.nb_memory, 8, 1};
    m->cellular.wb_memory[0] = 0xCD;
    m->cellular.nb_memory[0] = 0xE5;
    m->apns[0] = (struct apn){"internet", 3, true};
    m->apn_store =
        (struct ln_instances){m->apns, m->apn_ids, sizeof(struct apn), MODEL_INSTANCES, 1};
    m->portfolios[0].identity.count = 4;
    for (uint16_t i = 0; i < 4; i++) {
        static const char *const texts[] = {"Host Device ID #1", "Host Device Manufacturer #1",
                                            "Host Device Model #1",
                                            "Host Device Software Version #1"};
        m->portfolios[0].identity.ids[i] = i;
        memcpy(m->portfolios[0].identity.values[i], texts[i], strlen(texts[i]) + 1);
    }
    m->portfolio_store = (struct ln_instances){m->portfolios, m->portfolio_ids,
                                               sizeof(struct portfolio), MODEL_INSTANCES, 1};
    init_containers(m);
    m->event_logs[0] =
        (struct event_log){.class = 255, .status = LOG_HAS_DATA, .data = {log, sizeof(log)}};
    m->event_log_store =
        (struct ln_instances){m->event_logs, m->event_log_ids, sizeof(struct event_log), 1, 1};
    m->container_ids[1] = 1;
    m->container_store = (struct ln_instances){m->containers, m->container_ids,
                                               sizeof(struct container), MODEL_INSTANCES, 2};
}
