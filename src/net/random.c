/* Random bytes from the kernel: asked each time, or many at once. */

#define _GNU_SOURCE

#include <linnet/net.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

static void draw(void *context, void *out, size_t size)
{
    struct ln_random_pool *pool = context;

    if (size > sizeof(pool->bytes)) {
        fill(NULL, out, size);
        return;
    }
    if (size > pool->left) {
        fill(NULL, pool->bytes, sizeof(pool->bytes));
        pool->left = sizeof(pool->bytes);
    }
    pool->left -= size;
    memcpy(out, pool->bytes + pool->left, size);
    explicit_bzero(pool->bytes + pool->left, size); /* nobody learns later what was given out */
}

struct ln_random ln_random_of_pool(struct ln_random_pool *pool)
{
    return (struct ln_random){draw, pool};
}
