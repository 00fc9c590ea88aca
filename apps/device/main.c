/* linnet-device: an LwM2M client with this machine's values. The loop of client.h, on Linux. */

#include "device.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LEAVE_MS = 5000 }; /* how long the end waits for the servers' answers */

static struct ln_loop *loop;
static volatile sig_atomic_t stops;

static void on_signal(int number)
{
    (void)number;
    stops = stops + 1;
    ln_loop_wake(loop);
}

/* A command of --firmware-apply has ended. */
static void on_child(int number)
{
    (void)number;
    ln_loop_wake(loop);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction child = {.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGCHLD, &child, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void on_wake(void *context)
{
    struct device *device = context;

    for (size_t i = 0; i < LINKS_MAX; i++) {
        link_take_lookup(&device->links[i]);
    }
}

/* De-registers, and waits for the answers as long as is decent. A second signal ends it at once. */
static void leave(struct device *device)
{
    ln_time end = ln_clock_now() + LEAVE_MS;

    device->ends = true;
    ln_client_bootstrap_stop(&device->bootstrapping.machine, ln_clock_now());
    device_turn(device);
    while (!ln_client_bootstrap_is_idle(&device->bootstrapping.machine) &&
           ln_clock_now() < end && stops < 2) {
        ln_loop_wait(loop, ln_time_min(end, device_deadline(device)));
        device_turn(device);
    }
}

static void run(struct device *device)
{
    ln_client_bootstrap_start(&device->bootstrapping.machine, ln_clock_now());
    device_turn(device);
    while (stops == 0 && !device->again) {
        ln_loop_wait(loop, device_deadline(device));
        device_turn(device);
    }
    if (stops > 0) {
        leave(device);
    }
}

int main(int argc, char **argv)
{
    static struct device device;
    static struct options options;

    switch (options_read(&options, argc, argv)) {
    case OPTIONS_DONE:
        return 0;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    default:
        break;
    }
    loop = ln_loop_new();
    if (loop == NULL) {
        fprintf(stderr, "linnet-device: the event loop: %s\n", strerror(errno));
        return 1;
    }
    if (!device_init(&device, &options, loop)) {
        return EXIT_USAGE;
    }
    catch_signals();
    ln_loop_on_wake(loop, on_wake, &device);
    run(&device);
    device_fini(&device);
    if (device.again) {
        execv("/proc/self/exe", argv);
        fprintf(stderr, "linnet-device: could not start anew: %s\n", strerror(errno));
        return 1;
    }
    return 0; /* the loop stays: a look-up in its thread may still wake it */
}
