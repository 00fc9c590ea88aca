/* The machine's default routes, asked of the kernel over netlink. */
#ifndef DEVICE_ROUTES_H
#define DEVICE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROUTES_MAX = 8, ROUTE_ADDRESS = 46 };

struct route {
    char gateway[ROUTE_ADDRESS]; /* "" where the route has none, as over a tunnel */
    unsigned interface;          /* its index */
    uint32_t metric;             /* the least is taken first */
};

struct routes {
    size_t count;
    struct route items[ROUTES_MAX]; /* as the kernel tells them */
};

/* Adds the default routes of one answer of the kernel. False: it was the last, or is none. */
bool routes_take(struct routes *routes, const void *bytes, size_t len);
/* Reads them anew. None where the kernel does not answer. */
void routes_read(struct routes *routes);
/* The one that is taken first; NULL: there is none. */
const struct route *routes_best(const struct routes *routes);

#endif
