/* Object 3303, Temperature: what one instance holds. */
#ifndef THERMOMETER_H
#define THERMOMETER_H

#include <linnet/lwm2m.h>

/* begin struct */
struct thermometer {
    int16_t raw; /* what the sensor chip gives: sixteenths of a degree */
    double lowest;
    double highest;
    const char *units;
    char application[32]; /* what it measures; a server may write it */
    uint32_t absent;      /* bit n: the resource in row n of the table is not there */
};

enum { THERMOMETER_NEW = 1 << 0 | 1 << 1 }; /* absent before the first sample: rows 0 and 1 */
/* end struct */

/* begin store */
/* As many as the board has, numbered from 0: no server makes or removes one. */
struct thermometers {
    struct thermometer *at;
    uint16_t count;
};
/* end store */
extern const struct ln_object thermometer_object;

#endif
