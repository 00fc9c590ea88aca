/* linnet-load: many LwM2M devices in one process, to load a server and to measure it. */

#include "report.h"
#include "sessions.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct options options;
static struct worker workers[THREADS_MAX];

/* A second signal ends it at once. */
static void on_signal(int number)
{
    static volatile sig_atomic_t again;

    if (again) {
        _exit(128 + number);
    }
    again = 1;
    for (uint32_t i = 0; i < options.threads; i++) {
        worker_stop(&workers[i]);
    }
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "linnet-load: %s: %s\n", what, why);
    return 1;
}

static int start_all(uint32_t *started)
{
    for (*started = 0; *started < options.threads; (*started)++) {
        struct worker *worker = &workers[*started];
        int error = pthread_create(&worker->thread, NULL, worker_run, worker);
        if (error != 0) {
            return complain("a thread", strerror(error));
        }
    }
    return 0;
}

static int run(void)
{
    static struct tallies all;
    uint32_t started;
    bool silent = false;
    int status = start_all(&started);

    for (uint32_t i = 0; i < started; i++) {
        if (status != 0) {
            worker_stop(&workers[i]);
        }
        pthread_join(workers[i].thread, NULL);
        report_merge(&all, &workers[i].tallies);
        silent = silent || workers[i].silent;
    }
    if (status != 0) {
        return status;
    }
    report_print(&options, &all);
    if (silent) {
        return complain(options.uri, "no answer for 10 seconds: is a server listening there?");
    }
    return report_is_good(&all) ? 0 : 1;
}

int main(int argc, char **argv)
{
    int status = 0;

    switch (options_read(&options, argc, argv)) {
    case OPTIONS_DONE:
        return 0;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    default:
        break;
    }
    if (options.print_credentials) {
        sessions_print_credentials(&options);
        return fflush(stdout) == 0 ? 0 : complain("--print-credentials", strerror(errno));
    }
    for (uint32_t i = 0; i < options.threads && status == 0; i++) {
        if (!worker_init(&workers[i], &options, i)) {
            status = complain(workers[i].failed, strerror(errno));
        }
    }
    if (status == 0) {
        catch_signals();
        status = run();
    }
    for (uint32_t i = 0; i < options.threads; i++) {
        worker_close(&workers[i]);
    }
    return status;
}
