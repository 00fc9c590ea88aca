/* Object 3303, Temperature: one row for each resource, and the functions that rows name. */

#include "thermometer.h"

/* begin functions */
static ln_err read_celsius(void *instance, uint16_t resource_instance, struct ln_value *out)
{
    const struct thermometer *t = instance;

    (void)resource_instance; /* 0: the resource is a single one */
    *out = ln_value_float(t->raw / 16.0);
    return (t->absent & THERMOMETER_NEW) != 0 ? LN_ERR_NOT_FOUND : LN_OK;
}

static ln_err reset_range(void *instance, struct ln_bytes arguments)
{
    struct thermometer *t = instance;

    (void)arguments; /* the object defines none */
    t->lowest = t->raw / 16.0;
    t->highest = t->lowest;
    return LN_OK;
}
/* end functions */

/* begin rows */
static const struct ln_resource resources[] = {
    /* clang-format off */
    { 5601, LN_FLOAT,  LN_READ,                LN_FIELD(struct thermometer, lowest) },
    { 5602, LN_FLOAT,  LN_READ,                LN_FIELD(struct thermometer, highest) },
    { 5605, LN_NONE,   LN_EXECUTE,             LN_EXECUTE_BY(reset_range) },
    { 5700, LN_FLOAT,  LN_READ | LN_MANDATORY, LN_CALL(read_celsius, NULL) },
    { 5701, LN_STRING, LN_READ,                LN_FIELD(struct thermometer, units) },
    { 5750, LN_STRING, LN_READ | LN_WRITE,     LN_FIELD(struct thermometer, application) },
    /* clang-format on */
};
/* end rows */

/* begin object */
static void *next(void *store, uint16_t *id)
{
    const struct thermometers *all = store;

    return *id < all->count ? &all->at[*id] : NULL;
}

const struct ln_object thermometer_object = {
    .id = 3303,
    .version_major = 1,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &(const struct ln_object_calls){.next = next},
    .absent = LN_ABSENT(struct thermometer, absent),
};
/* end object */
