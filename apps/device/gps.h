/* --location gpsd: the position that gpsd tells, as a Location object. */
#ifndef DEVICE_GPS_H
#define DEVICE_GPS_H

#include <linnet/net.h>
#include <linnet/objects.h>

enum { GPS_LINE = 2048, GPS_VELOCITY = 4 };

struct device;

struct gps {
    struct device *device; /* NULL: gpsd is not asked */
    int fd;                /* -1: not connected */
    bool watches;          /* gpsd was asked to tell */
    bool failed;           /* it has been said that it cannot be reached */
    ln_time due;           /* to connect again */
    size_t len;            /* of the line so far; beyond the buffer: it is dropped */
    char line[GPS_LINE];
    uint8_t velocity[GPS_VELOCITY];
};

/* "gpsd", "gpsd:PORT" or "gpsd:HOST:PORT". NULL, or why the word will not do. */
const char *gps_read(const char *word, struct ln_address *out);
/*
 * Takes one line of gpsd's, JSON. True: it was a position, which is now in `out`; what it does not say
 * is absent. `velocity` is the memory of /6/0/4.
 */
bool gps_take(const char *line, struct ln_location *out, uint8_t velocity[GPS_VELOCITY]);

/* There is no position before the first that gpsd tells. */
void gps_begin(struct device *device);
/* Connects if it is time. */
void gps_turn(struct gps *gps, ln_time now);
ln_time gps_deadline(const struct gps *gps);
void gps_close(struct gps *gps);

#endif
