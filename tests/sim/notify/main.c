/* notify_trace: the days of devices that are observed, as JSON lines for judge.py. */

#include "sim/notify/day.h"

#include <linnet/base.h>

#include <stdio.h>
#include <string.h>

enum { HOURS = 24 };

static int usage(void)
{
    fprintf(stderr,
            "usage: notify_trace --seeds FROM-TO\n"
            "Prints what happens to one device for each seed in a day of virtual time,\n"
            "and what it notifies, for tests/sim/notify/judge.py.\n");
    return 2;
}

int main(int count, char **arguments)
{
    uint64_t from, to;

    if (count != 3 || strcmp(arguments[1], "--seeds") != 0) {
        return usage();
    }
    struct ln_reader in = ln_reader(ln_bytes_of_text(arguments[2]));
    if (!ln_unsigned_of_text(ln_read_until(&in, '-'), &from) ||
        !ln_unsigned_of_text(ln_read_rest(&in), &to)) {
        return usage();
    }
    for (uint64_t seed = from; seed <= to; seed++) {
        day_run(seed, HOURS);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
