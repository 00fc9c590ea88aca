/* The sensors of the IPSO objects: one table for all whose instances hold one measured number. */

#include <linnet/objects.h>

void ln_sensor_measure(struct ln_sensor *sensor, double value)
{
    if (!sensor->has_measured || value < sensor->least) {
        sensor->least = value;
    }
    if (!sensor->has_measured || value > sensor->greatest) {
        sensor->greatest = value;
    }
    sensor->value = value;
    sensor->has_measured = true;
}

static ln_err reset(void *instance, struct ln_bytes arguments)
{
    struct ln_sensor *sensor = instance;

    (void)arguments; /* the objects define none */
    sensor->least = sensor->value;
    sensor->greatest = sensor->value;
    return LN_OK;
}

#define FIELD(member) LN_FIELD(struct ln_sensor, member)

static const struct ln_resource resources[] = {
    /* clang-format off */
    { 5601, LN_FLOAT,  LN_READ,                FIELD(least) },
    { 5602, LN_FLOAT,  LN_READ,                FIELD(greatest) },
    { 5603, LN_FLOAT,  LN_READ,                FIELD(range_low) },
    { 5604, LN_FLOAT,  LN_READ,                FIELD(range_high) },
    { 5605, LN_NONE,   LN_EXECUTE,             LN_EXECUTE_BY(reset) },
    { 5700, LN_FLOAT,  LN_READ | LN_MANDATORY, FIELD(value) },
    { 5701, LN_STRING, LN_READ,                FIELD(units) },
    { 5750, LN_STRING, LN_READ | LN_WRITE,     FIELD(application) },
    /* clang-format on */
};

/* The app says which sensors there are: servers can neither create nor delete them. */
static void *next(void *store, uint16_t *id)
{
    return ln_instances_calls.next(store, id);
}

static const struct ln_object_calls calls = {.next = next};

#define SENSOR(number)                                                                         \
    {                                                                                          \
        .id = (number), .version_major = 1, .resource_count = LN_COUNT(resources),             \
        .resources = resources, .calls = &calls,                                               \
        .absent = LN_ABSENT(struct ln_sensor, absent),                                         \
    }

const struct ln_object ln_generic_sensor_object = SENSOR(3300);
const struct ln_object ln_illuminance_object = SENSOR(3301);
const struct ln_object ln_temperature_object = SENSOR(3303);
const struct ln_object ln_humidity_object = SENSOR(3304);
const struct ln_object ln_barometer_object = SENSOR(3315);
const struct ln_object ln_voltage_object = SENSOR(3316);
const struct ln_object ln_current_object = SENSOR(3317);
const struct ln_object ln_frequency_object = SENSOR(3318);
const struct ln_object ln_depth_object = SENSOR(3319);
const struct ln_object ln_percentage_object = SENSOR(3320);
const struct ln_object ln_altitude_object = SENSOR(3321);
const struct ln_object ln_load_object = SENSOR(3322);
const struct ln_object ln_pressure_object = SENSOR(3323);
const struct ln_object ln_loudness_object = SENSOR(3324);
const struct ln_object ln_concentration_object = SENSOR(3325);
const struct ln_object ln_acidity_object = SENSOR(3326);
const struct ln_object ln_conductivity_object = SENSOR(3327);
const struct ln_object ln_power_object = SENSOR(3328);
const struct ln_object ln_distance_object = SENSOR(3330);
const struct ln_object ln_rate_object = SENSOR(3346);
