/* Object 42769, Alarm: lists, streams, instances that come and go, and checks of the whole. */

#include "alarm.h"

/* begin stream */
static ln_err begin_sound(void *instance, size_t size_hint)
{
    struct alarm *a = instance;

    a->sound_len = 0;
    return size_hint > SOUND_MAX ? LN_ERR_TOO_LARGE : LN_OK;
}

static ln_err take_sound(void *instance, size_t offset, struct ln_bytes bytes)
{
    struct alarm *a = instance;
    struct ln_writer w = ln_writer(a->sound + offset, SOUND_MAX - offset);

    ln_write_bytes(&w, bytes);
    a->sound_len = offset + bytes.len;
    return w.failed ? LN_ERR_TOO_LARGE : LN_OK;
}

static ln_err end_sound(void *instance, bool complete)
{
    struct alarm *a = instance;

    a->sound_len = complete ? a->sound_len : 0; /* half a sound is none */
    return LN_OK;
}
/* end stream */

/* begin rows */
#define FIELD(member) LN_FIELD(struct alarm, member)
#define SOUND         LN_STREAM(begin_sound, take_sound, end_sound)

static const struct ln_resource resources[] = {
    /* clang-format off */
    { 0, LN_STRING,  LN_READ | LN_WRITE,           FIELD(name) },
    { 1, LN_INTEGER, LN_READ | LN_WRITE | LN_MANY, LN_LIST(struct alarm, days) },
    { 2, LN_INTEGER, LN_READ | LN_WRITE,           FIELD(from) },
    { 3, LN_INTEGER, LN_READ | LN_WRITE,           FIELD(until) },
    { 4, LN_OPAQUE,  LN_WRITE,                     SOUND },
    { 5, LN_NONE,    LN_EXECUTE,                   LN_EXECUTE_BY(NULL) },
    /* clang-format on */
};
/* end rows */

/* begin instances */
static void *next(void *store, uint16_t *id)
{
    return ln_instances_calls.next(store, id);
}

static void *create(void *store, uint16_t id)
{
    struct alarm *a = ln_instances_calls.create(store, id);

    if (a != NULL) {
        a->from = 7 * 60; /* all else is zero */
        a->until = 7 * 60 + 5;
    }
    return a;
}

static ln_err remove_instance(void *store, uint16_t id)
{
    return ln_instances_calls.remove(store, id);
}
/* end instances */

/* begin transaction */
static struct alarm *find(void *store, uint16_t id)
{
    return ln_instances_calls.next(store, &id); /* it is there: the client has found it */
}

static ln_err begin(void *store, uint16_t id)
{
    struct alarms *alarms = store;

    alarms->before = *find(store, id);
    return LN_OK;
}

static ln_err validate(void *store, uint16_t id)
{
    const struct alarm *a = find(store, id);

    for (size_t i = 0; i < a->days.count; i++) {
        if (a->days.values[i] > 6) {
            return LN_ERR_BAD_VALUE;
        }
    }
    return a->from < a->until && a->until <= 24 * 60 ? LN_OK : LN_ERR_BAD_VALUE;
}

static void rollback(void *store, uint16_t id)
{
    const struct alarms *alarms = store;

    *find(store, id) = alarms->before;
}
/* end transaction */

/* begin object */
static const struct ln_object_calls calls = {
    .next = next,
    .create = create,
    .remove = remove_instance,
    .begin = begin,
    .validate = validate,
    .rollback = rollback,
};

const struct ln_object alarm_object = {
    .id = 42769, /* 42769 to 42800 are OMA's numbers for tests: ask for your own */
    .version_major = 1,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &calls,
};
/* end object */

void alarms_init(struct alarms *alarms)
{
    *alarms = (struct alarms){
        .instances = {alarms->items, alarms->ids, sizeof(struct alarm), ALARMS_MAX, 0},
    };
}
