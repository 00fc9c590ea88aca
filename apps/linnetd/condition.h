/* A condition that a thread waits for until a time: what the threads of the store and of the history share. */
#ifndef LINNETD_CONDITION_H
#define LINNETD_CONDITION_H

#include <linnet/base.h>

#include <pthread.h>

/* On the clock of ln_clock_now(), which nobody sets. */
void condition_init(pthread_cond_t *condition);
/* Waits with the lock held until somebody signals, or `due`; LN_NEVER is so long. */
void condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, ln_time due);

#endif
