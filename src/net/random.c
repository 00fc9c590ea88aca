/* Random bytes from the kernel. */

#define _GNU_SOURCE

#include <linnet/net.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static void fill(void *context, void *out, size_t size)
{
    uint8_t *at = out;

    (void)context;
    while (size > 0) {
        ssize_t n = getrandom(at, size, 0);
        if (n < 0 && errno != EINTR) {
            /* No kernel of 3.17 or later gets here; going on with guessable bytes is worse. */
            abort();
        }
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
}

const struct ln_random ln_random_system = {fill, NULL};
