/* The first 64 buckets hold one value each; from there on 64 buckets share each power of two. */

#include "histogram.h"

enum { PARTS_BITS = 6 };

static size_t bucket_of(uint32_t value)
{
    if (value < HISTOGRAM_PARTS) {
        return value;
    }
    unsigned shift = 31U - (unsigned)__builtin_clz(value) - PARTS_BITS;
    return (size_t)(shift + 1) * HISTOGRAM_PARTS + ((value >> shift) - HISTOGRAM_PARTS);
}

/* The highest value that falls into it. */
static uint32_t top_of(size_t bucket)
{
    if (bucket < HISTOGRAM_PARTS) {
        return (uint32_t)bucket;
    }
    unsigned shift = (unsigned)(bucket / HISTOGRAM_PARTS) - 1;
    uint64_t next = (uint64_t)(bucket % HISTOGRAM_PARTS + HISTOGRAM_PARTS + 1) << shift;
    return (uint32_t)(next - 1);
}

void histogram_add(struct histogram *histogram, uint32_t value)
{
    histogram->counts[bucket_of(value)]++;
    histogram->count++;
    histogram->max = value > histogram->max ? value : histogram->max;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        into->counts[i] += from->counts[i];
    }
    into->count += from->count;
    into->max = from->max > into->max ? from->max : into->max;
}

uint32_t histogram_at(const struct histogram *histogram, double part)
{
    uint64_t rank = (uint64_t)(part * (double)histogram->count);
    uint64_t below = 0;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        below += histogram->counts[i];
        if (below > rank) {
            return top_of(i) < histogram->max ? top_of(i) : histogram->max;
        }
    }
    return histogram->max;
}
