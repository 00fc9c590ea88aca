/* A device and a bootstrap server whose link is cut after every single message of a bootstrap. */
#ifndef SIM_BOOTSTRAPS_H
#define SIM_BOOTSTRAPS_H

#include <stdbool.h>
#include <stdint.h>

struct bootstraps_tally {
    uint64_t runs, cuts, failures, successes;
};

/*
 * For that seed: a first bootstrap and one of a configured device, cut after each message in turn, with
 * the device told of it and not, without loss and with `loss` percent. False if a device was ever
 * anything but wholly as before or wholly configured, or did not get there in the end: it was printed.
 */
bool bootstraps_run(uint64_t seed, unsigned loss, bool verbose, struct bootstraps_tally *tally);

#endif
