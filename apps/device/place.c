/* --location LAT,LON[,ALT] as a Location object. */

#include "place.h"

#include <string.h>

enum { ALTITUDE = 1 << 2, RADIUS = 1 << 3, VELOCITY = 1 << 4, SPEED = 1 << 6 };

static bool read_part(struct ln_reader *in, double most, double *out)
{
    return ln_double_of_text(ln_read_until(in, ','), out) && *out >= -most && *out <= most;
}

const char *place_read(const char *text, struct ln_location *out)
{
    static const double highest = 1e7; /* metres: no device that speaks CoAP is above */
    struct ln_reader in = ln_reader(ln_bytes_of_text(text));
    bool fits = text[0] != '\0' && text[strlen(text) - 1] != ',';

    *out = (struct ln_location){.absent = ALTITUDE | RADIUS | VELOCITY | SPEED};
    fits = fits && read_part(&in, 90, &out->latitude) && read_part(&in, 180, &out->longitude);
    if (fits && ln_reader_left(&in) > 0) {
        fits = read_part(&in, highest, &out->altitude) && ln_reader_left(&in) == 0;
        out->absent &= ~(uint32_t)ALTITUDE;
    }
    return fits ? NULL
                : "it is LAT,LON or LAT,LON,ALT: degrees of -90 to 90 and of -180 to 180, "
                  "metres";
}
