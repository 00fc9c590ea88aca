/* The event loop: what can be read, a deadline, and wake-ups from other threads. */

#define _GNU_SOURCE

#include <linnet/net.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS_MAX = 64 };

struct watch {
    struct watch *next;
    ln_loop_fn *ready; /* NULL: removed, but the system may still have an event of it in hand */
    void *context;
    int fd;
};

struct ln_loop {
    int epoll;
    int wake;
    struct watch *watches;
    struct watch *removed;
    ln_loop_fn *woken;
    void *woken_context;
};

static void drain_wake(void *context)
{
    struct ln_loop *loop = context;
    uint64_t count;

    if (read(loop->wake, &count, sizeof(count)) > 0 && loop->woken != NULL) {
        loop->woken(loop->woken_context);
    }
}

struct ln_loop *ln_loop_new(void)
{
    struct ln_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL) {
        return NULL;
    }
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll < 0 || loop->wake < 0 ||
        ln_loop_add(loop, loop->wake, drain_wake, loop) != LN_OK) {
        goto fail;
    }
    return loop;

fail:
    ln_loop_free(loop);
    return NULL;
}

static void free_watches(struct watch **list)
{
    while (*list != NULL) {
        struct watch *watch = *list;
        *list = watch->next;
        free(watch);
    }
}

void ln_loop_free(struct ln_loop *loop)
{
    int saved = errno;

    if (loop == NULL) {
        return;
    }
    free_watches(&loop->watches);
    free_watches(&loop->removed);
    if (loop->wake >= 0) {
        close(loop->wake);
    }
    if (loop->epoll >= 0) {
        close(loop->epoll);
    }
    free(loop);
    errno = saved;
}

ln_err ln_loop_add(struct ln_loop *loop, int fd, ln_loop_fn *ready, void *context)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};

    if (watch == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(watch);
        return LN_ERR_SYSTEM;
    }
    *watch = (struct watch){loop->watches, ready, context, fd};
    loop->watches = watch;
    return LN_OK;
}

void ln_loop_remove(struct ln_loop *loop, int fd)
{
    for (struct watch **at = &loop->watches; *at != NULL; at = &(*at)->next) {
        struct watch *watch = *at;
        if (watch->fd == fd) {
            epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
            *at = watch->next;
            watch->ready = NULL;
            watch->next = loop->removed;
            loop->removed = watch;
            return;
        }
    }
}

void ln_loop_on_wake(struct ln_loop *loop, ln_loop_fn *woken, void *context)
{
    loop->woken = woken;
    loop->woken_context = context;
}

void ln_loop_wake(struct ln_loop *loop)
{
    uint64_t one = 1;
    int saved = errno;

    /* It fails only when 2^64 wake-ups wait already. */
    ssize_t ignored = write(loop->wake, &one, sizeof(one));
    (void)ignored;
    errno = saved;
}

static int wait_ms(ln_time deadline)
{
    if (deadline == LN_NEVER) {
        return -1;
    }
    ln_time left = deadline - ln_clock_now();
    if (left <= 0) {
        return 0;
    }
    return left < INT_MAX ? (int)left : INT_MAX;
}

void ln_loop_wait(struct ln_loop *loop, ln_time deadline)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(loop->epoll, events, EVENTS_MAX, wait_ms(deadline));

    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;
        if (watch->ready != NULL) {
            watch->ready(watch->context);
        }
    }
    free_watches(&loop->removed);
}
