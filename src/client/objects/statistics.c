/* Object 7, Connectivity Statistics. tests/client/objects_test.c holds this table against the OMA
 * registry. */

#include <linnet/objects.h>

enum { MS = 1000, KB = 1000 };

/* Whether a message of this time is to be counted. */
static bool counts(struct ln_statistics *s, ln_time now)
{
    if (s->collects && !s->has_begun) {
        s->has_begun = true;
        s->until = s->period == 0 ? LN_NEVER : now + (ln_time)s->period * MS;
    }
    s->collects = s->collects && now < s->until;
    return s->collects;
}

static void count(struct ln_statistics *s, uint64_t *total, size_t bytes)
{
    *total += bytes;
    s->messages++;
    if (bytes > s->largest) {
        s->largest = (uint32_t)bytes;
    }
}

void ln_statistics_sent(struct ln_statistics *statistics, ln_time now, size_t bytes)
{
    if (counts(statistics, now)) {
        count(statistics, &statistics->sent, bytes);
    }
}

void ln_statistics_received(struct ln_statistics *statistics, ln_time now, size_t bytes)
{
    if (counts(statistics, now)) {
        count(statistics, &statistics->received, bytes);
    }
}

static ln_err read_sent(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_statistics *s = instance;

    (void)id;
    *out = ln_value_integer((int64_t)(s->sent / KB));
    return LN_OK;
}

static ln_err read_received(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_statistics *s = instance;

    (void)id;
    *out = ln_value_integer((int64_t)(s->received / KB));
    return LN_OK;
}

static ln_err read_average(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_statistics *s = instance;
    uint64_t bytes = s->sent + s->received;

    (void)id;
    *out = ln_value_integer(s->messages == 0 ? 0 : (int64_t)(bytes / s->messages));
    return LN_OK;
}

static ln_err start(void *instance, struct ln_bytes arguments)
{
    struct ln_statistics *s = instance;

    (void)arguments; /* the object defines none */
    *s = (struct ln_statistics){.period = s->period, .absent = s->absent, .collects = true};
    return LN_OK;
}

static ln_err stop(void *instance, struct ln_bytes arguments)
{
    struct ln_statistics *s = instance;

    (void)arguments;
    s->collects = false;
    return LN_OK;
}

#define FIELD(member) LN_FIELD(struct ln_statistics, member)

/* The counters move with each message: it would be no use to tell of each. */
static const struct ln_resource resources[] = {
    /* clang-format off */
    { 0, LN_INTEGER, LN_READ | LN_SAMPLED,      FIELD(sms_sent) },
    { 1, LN_INTEGER, LN_READ | LN_SAMPLED,      FIELD(sms_received) },
    { 2, LN_INTEGER, LN_READ | LN_SAMPLED,      LN_CALL(read_sent, NULL) },
    { 3, LN_INTEGER, LN_READ | LN_SAMPLED,      LN_CALL(read_received, NULL) },
    { 4, LN_INTEGER, LN_READ | LN_SAMPLED,      FIELD(largest) },
    { 5, LN_INTEGER, LN_READ | LN_SAMPLED,      LN_CALL(read_average, NULL) },
    { 6, LN_NONE,    LN_EXECUTE | LN_MANDATORY, LN_EXECUTE_BY(start) },
    { 7, LN_NONE,    LN_EXECUTE | LN_MANDATORY, LN_EXECUTE_BY(stop) },
    { 8, LN_INTEGER, LN_READ | LN_WRITE,        FIELD(period) },
    /* clang-format on */
};

const struct ln_object ln_statistics_object = {
    .id = 7,
    .version_major = 1,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .absent = LN_ABSENT(struct ln_statistics, absent),
};
