/* What --verbose prints: each datagram and each event, with the virtual time. */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <linnet/base.h>

struct world;

void trace_datagram(const struct world *world, const struct ln_address *from,
                    const struct ln_address *to, struct ln_bytes bytes, const char *what,
                    ln_time wait);
void trace_text(const struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
