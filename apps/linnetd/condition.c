/* A condition that a thread waits for until a time. */

#include "linnetd/condition.h"

#include <time.h>

void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, ln_time due)
{
    struct timespec at = {.tv_sec = due / 1000, .tv_nsec = due % 1000 * 1000000};

    (void)pthread_cond_timedwait(condition, lock, &at);
}
