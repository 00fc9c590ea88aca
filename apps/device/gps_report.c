/* Reports of gpsd as a Location object: lines of JSON. gpsd.io/gpsd_json.html says what they hold. */

#include "gps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PORT = 2947, MODE_2D = 2, MODE_3D = 3 };
/* Rows of the Location object. */
enum { LATITUDE, LONGITUDE, ALTITUDE, RADIUS, VELOCITY, TIMESTAMP, SPEED };

const char *gps_read(const char *word, struct ln_address *out)
{
    const char *rest = word + strlen("gpsd");
    char text[300] = "127.0.0.1";

    if (*rest == ':') {
        snprintf(text, sizeof(text), "%s%s", strchr(rest + 1, ':') == NULL ? "127.0.0.1:" : "",
                 rest + 1);
    }
    return (*rest == ':' || *rest == '\0') &&
                   ln_address_of_text(text, PORT, false, out) == LN_OK
               ? NULL
               : "it is gpsd, gpsd:PORT or gpsd:HOST:PORT";
}

/* What stands after "name": NULL if the line has no such member. */
static const char *member(const char *line, const char *name)
{
    char key[32];
    const char *at;

    snprintf(key, sizeof(key), "\"%s\":", name);
    at = strstr(line, key);
    return at == NULL ? NULL : at + strlen(key);
}

static bool number(const char *line, const char *name, double least, double most, double *out)
{
    const char *at = member(line, name);
    double value;

    if (at == NULL || !ln_double_of_text(ln_bytes(at, strspn(at, "+-.0123456789eE")), &value) ||
        value < least || value > most) {
        return false;
    }
    *out = value;
    return true;
}

/* "2024-05-01T12:00:00.000Z" */
static bool time_of(const char *line, int64_t *out)
{
    const char *at = member(line, "time");
    struct tm parts = {.tm_year = 0};

    if (at == NULL || strptime(at, "\"%Y-%m-%dT%H:%M:%S", &parts) == NULL) {
        return false;
    }
    *out = timegm(&parts);
    return true;
}

static void set_present(struct ln_location *location, unsigned row, bool present)
{
    uint32_t bit = UINT32_C(1) << row;

    location->absent = present ? location->absent & ~bit : location->absent | bit;
}

/* 3GPP TS 23.032: a horizontal velocity is a bearing of nine bits and km/h of sixteen. */
static void take_velocity(const char *line, struct ln_location *out,
                          uint8_t velocity[GPS_VELOCITY])
{
    struct ln_writer w = ln_writer(velocity, GPS_VELOCITY);
    double track;
    bool there = number(line, "speed", 0, 18000, &out->speed);

    set_present(out, SPEED, there);
    there = there && number(line, "track", 0, 360, &track);
    set_present(out, VELOCITY, there);
    if (there) {
        ln_write_u16(&w, (uint16_t)(lround(track) % 360));
        ln_write_u16(&w, (uint16_t)lround(out->speed * 3.6));
        out->velocity = ln_writer_bytes(&w);
    }
}

bool gps_take(const char *line, struct ln_location *out, uint8_t velocity[GPS_VELOCITY])
{
    static const double far = 1e7; /* metres */
    const char *kind = member(line, "class");
    struct ln_location place = *out;
    double mode;

    if (kind == NULL || strncmp(kind, "\"TPV\"", 5) != 0 ||
        !number(line, "mode", MODE_2D, MODE_3D, &mode) ||
        !number(line, "lat", -90, 90, &place.latitude) ||
        !number(line, "lon", -180, 180, &place.longitude) || !time_of(line, &place.time)) {
        return false;
    }
    place.absent &=
        ~(UINT32_C(1) << LATITUDE | UINT32_C(1) << LONGITUDE | UINT32_C(1) << TIMESTAMP);
    set_present(&place, ALTITUDE,
                mode > MODE_2D && (number(line, "altMSL", -far, far, &place.altitude) ||
                                   number(line, "alt", -far, far, &place.altitude)));
    set_present(&place, RADIUS, number(line, "eph", 0, far, &place.radius));
    take_velocity(line, &place, velocity);
    *out = place;
    return true;
}
