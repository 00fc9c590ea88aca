/* The sensors of linnet-device: --sensor NAME=SOURCE, each an instance of the object of its name. */
#ifndef DEVICE_SENSORS_H
#define DEVICE_SENSORS_H

#include <linnet/objects.h>

enum { SENSORS_MAX = 16 };

/* --sensor temperature=sine */
struct sensor_wish {
    size_t kind;        /* which name */
    const char *source; /* "sine", "random", or the path of a file that holds a number */
};

/* The sensors of one name. */
struct sensor_group {
    const struct ln_object *object;
    struct ln_sensor sensors[SENSORS_MAX];
    const char *sources[SENSORS_MAX];
    bool failed[SENSORS_MAX]; /* the source gave no number: said once */
    uint16_t ids[SENSORS_MAX];
    struct ln_instances store;
    size_t kind;
};

struct sensors {
    struct sensor_group groups[SENSORS_MAX]; /* ascending by object */
    size_t count;
    ln_time due; /* of the next measurement; LN_NEVER where there are no sensors */
};

/* NULL, or why "NAME=SOURCE" will not do. */
const char *sensor_wish_read(const char *text, struct sensor_wish *out);
/* Measures for the first time. False: a file holds no number, said on stderr. */
bool sensors_init(struct sensors *sensors, const struct sensor_wish *wishes, size_t count,
                  ln_time now);

typedef void sensor_changed_fn(void *context, struct ln_path path);
/* Measures where a second has passed, and tells which sensors have another value. */
void sensors_measure(struct sensors *sensors, ln_time now, sensor_changed_fn *changed,
                     void *context);
/* Whether one could not be measured the last time. */
bool sensors_failed(const struct sensors *sensors);

#endif
