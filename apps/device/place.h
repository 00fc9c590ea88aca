/* --location LAT,LON[,ALT]: where the device stands. */
#ifndef DEVICE_PLACE_H
#define DEVICE_PLACE_H

#include <linnet/objects.h>

/* NULL, or why the text will not do. What it does not say is absent in `out`. */
const char *place_read(const char *text, struct ln_location *out);

#endif
