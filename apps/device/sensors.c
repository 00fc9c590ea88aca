/* Where sensors' values come from: a file, a sine of one minute, or a random walk. */

#include "sensors.h"

#include <linnet/net.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PERIOD_MS = 1000, SINE_MS = 60 * 1000 };

static const double TURN = 6.283185307179586;

/* Units as SenML spells them (RFC 8428 §12.1); sine and random stay between `low` and `high`. */
static const struct kind {
    const char *name;
    const struct ln_object *object;
    const char *units;
    double low, high;
} kinds[] = {
    /* clang-format off */
    {"generic",       &ln_generic_sensor_object, NULL,  0,      100},
    {"illuminance",   &ln_illuminance_object,    "lx",  0,      1000},
    {"temperature",   &ln_temperature_object,    "Cel", 15,     25},
    {"humidity",      &ln_humidity_object,       "%RH", 30,     70},
    {"barometer",     &ln_barometer_object,      "Pa",  98000,  104000},
    {"voltage",       &ln_voltage_object,        "V",   220,    240},
    {"current",       &ln_current_object,        "A",   0,      16},
    {"frequency",     &ln_frequency_object,      "Hz",  49.9,   50.1},
    {"depth",         &ln_depth_object,          "m",   0,      10},
    {"percentage",    &ln_percentage_object,     "%",   0,      100},
    {"altitude",      &ln_altitude_object,       "m",   0,      500},
    {"load",          &ln_load_object,           "kg",  0,      100},
    {"pressure",      &ln_pressure_object,       "Pa",  100000, 200000},
    {"loudness",      &ln_loudness_object,       "dB",  30,     90},
    {"concentration", &ln_concentration_object,  "ppm", 400,    1500},
    {"acidity",       &ln_acidity_object,        "pH",  6,      8},
    {"conductivity",  &ln_conductivity_object,   "S/m", 0,      5},
    {"power",         &ln_power_object,          "W",   0,      3000},
    {"distance",      &ln_distance_object,       "m",   0,      100},
    {"rate",          &ln_rate_object,           "1/s", 0,      100},
    /* clang-format on */
};

const char *sensor_wish_read(const char *text, struct sensor_wish *out)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals[1] == '\0') {
        return "it is NAME=FILE, NAME=sine or NAME=random";
    }
    for (size_t i = 0; i < LN_COUNT(kinds); i++) {
        if (ln_bytes_are(ln_bytes(text, (size_t)(equals - text)), kinds[i].name)) {
            *out = (struct sensor_wish){i, equals + 1};
            return NULL;
        }
    }
    return "there is no such sensor: it is temperature, humidity, illuminance, barometer, "
           "pressure, voltage, current, power, frequency, depth, distance, altitude, load, "
           "loudness, percentage, concentration, acidity, conductivity, rate or generic";
}

/* ---- The values ---- */

/* Why not, or NULL. The number is the file's first word. */
static const char *read_file(const char *path, double *out)
{
    char word[64];
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return strerror(errno);
    }
    bool is_there = fscanf(file, "%63s", word) == 1;
    fclose(file);
    return is_there && ln_double_of_text(ln_bytes_of_text(word), out) && isfinite(*out)
               ? NULL
               : "it does not begin with a number";
}

/* People look at these: three digits tell enough. */
static double rounded(double value)
{
    return round(value * 100) / 100;
}

static double sine(const struct kind *kind, ln_time now)
{
    double middle = (kind->low + kind->high) / 2;
    double angle = TURN * (double)(now % SINE_MS) / SINE_MS;

    return rounded(middle + sin(angle) * (kind->high - middle));
}

/* A small step from where it is, and never out of the range. */
static double walk(const struct kind *kind, const struct ln_sensor *sensor)
{
    double range = kind->high - kind->low;
    double from = sensor->has_measured ? sensor->value : (kind->low + kind->high) / 2;
    double step = range / 1000 * ((double)ln_random_below(&ln_random_system, 101) - 50);

    return rounded(fmin(kind->high, fmax(kind->low, from + step)));
}

static const char *measure(struct sensor_group *group, size_t i, ln_time now)
{
    const struct kind *kind = &kinds[group->kind];
    struct ln_sensor *sensor = &group->sensors[i];
    double value = 0;
    const char *why = NULL;

    if (strcmp(group->sources[i], "sine") == 0) {
        value = sine(kind, now);
    } else if (strcmp(group->sources[i], "random") == 0) {
        value = walk(kind, sensor);
    } else {
        why = read_file(group->sources[i], &value);
    }
    if (why == NULL) {
        ln_sensor_measure(sensor, value);
    }
    return why;
}

static void complain(const struct sensor_group *group, size_t i, const char *why)
{
    fprintf(stderr, "linnet-device: --sensor %s=%s: %s\n", kinds[group->kind].name,
            group->sources[i], why);
}

/* ---- The sensors ---- */

/* The kinds stand in the order of their objects, and so do the groups. */
static struct sensor_group *group_of(struct sensors *s, size_t kind)
{
    size_t at = 0;

    while (at < s->count && s->groups[at].kind < kind) {
        at++;
    }
    struct sensor_group *group = &s->groups[at];
    if (at < s->count && group->kind == kind) {
        return group;
    }
    memmove(group + 1, group, (s->count - at) * sizeof(*group));
    s->count++;
    *group = (struct sensor_group){.object = kinds[kind].object, .kind = kind};
    return group;
}

static void add(struct sensors *s, const struct sensor_wish *wish)
{
    struct sensor_group *group = group_of(s, wish->kind);
    size_t i = group->store.count++;

    group->ids[i] = (uint16_t)i;
    group->sources[i] = wish->source;
    group->sensors[i] = (struct ln_sensor){
        .units = kinds[wish->kind].units,
        .absent = LN_SENSOR_RANGE,
    };
}

bool sensors_init(struct sensors *s, const struct sensor_wish *wishes, size_t count,
                  ln_time now)
{
    bool is_fine = true;

    s->due = count > 0 ? now + PERIOD_MS : LN_NEVER;
    for (size_t i = 0; i < count; i++) {
        add(s, &wishes[i]);
    }
    for (size_t g = 0; g < s->count; g++) {
        struct sensor_group *group = &s->groups[g];

        group->store =
            (struct ln_instances){group->sensors, group->ids, sizeof(group->sensors[0]),
                                  SENSORS_MAX, group->store.count};
        for (size_t i = 0; i < group->store.count; i++) {
            const char *why = measure(group, i, now);
            if (why != NULL) {
                complain(group, i, why);
                is_fine = false;
            }
        }
    }
    return is_fine;
}

/* A file that cannot be read any more leaves the last value, and is named once. */
static bool measure_again(struct sensor_group *group, size_t i, ln_time now)
{
    double before = group->sensors[i].value;
    const char *why = measure(group, i, now);

    if (why != NULL && !group->failed[i]) {
        complain(group, i, why);
    }
    group->failed[i] = why != NULL;
    return group->sensors[i].value != before;
}

void sensors_measure(struct sensors *s, ln_time now, sensor_changed_fn *changed, void *context)
{
    if (now < s->due) {
        return;
    }
    s->due = now + PERIOD_MS;
    for (size_t g = 0; g < s->count; g++) {
        struct sensor_group *group = &s->groups[g];

        for (size_t i = 0; i < group->store.count; i++) {
            if (measure_again(group, i, now)) {
                changed(context, ln_path_instance(group->object->id, group->ids[i]));
            }
        }
    }
}

bool sensors_failed(const struct sensors *s)
{
    for (size_t g = 0; g < s->count; g++) {
        for (size_t i = 0; i < s->groups[g].store.count; i++) {
            if (s->groups[g].failed[i]) {
                return true;
            }
        }
    }
    return false;
}
