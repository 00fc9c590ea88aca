/* Latencies counted by size: each is known to within 2 percent, in constant memory. */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_PARTS = 64, HISTOGRAM_BUCKETS = 28 * HISTOGRAM_PARTS };

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t count;
    uint32_t max;
};

void histogram_add(struct histogram *histogram, uint32_t value);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The value that `part` (0 to 1) of all are not above; 0 if there are none. */
uint32_t histogram_at(const struct histogram *histogram, double part);

#endif
