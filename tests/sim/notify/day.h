/* A random day of one device and its two servers, full of moments at the edge. */
#ifndef NOTIFY_DAY_H
#define NOTIFY_DAY_H

#include <linnet/base.h>

/* Prints the trace of it. */
void day_run(uint64_t seed, unsigned hours);

#endif
