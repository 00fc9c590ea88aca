/* Object 2 where the command line names several servers: who may do what. */
#ifndef DEVICE_ACCESS_H
#define DEVICE_ACCESS_H

#include <stddef.h>
#include <stdint.h>

enum { ACCESS_CONTROLS_MAX = 64, ACCESS_UNSAID = 255 };

struct device;

/* "RWEDC", or "-" for none, as bits of enum ln_access. NULL, or why the word will not do. */
const char *access_read(const char *word, uint8_t *out);
/* Guards each instance that there is. The first server owns all but the accounts of others. */
void access_init(struct device *device);

#endif
