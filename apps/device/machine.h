/* The Device object's values, from this machine. docs/guide/device.md says where each comes from. */
#ifndef DEVICE_MACHINE_H
#define DEVICE_MACHINE_H

#include <linnet/objects.h>

enum { MACHINE_TEXT = 128 };

/* Where the texts of struct ln_device live. */
struct machine {
    char manufacturer[MACHINE_TEXT];
    char model[MACHINE_TEXT];
    char serial[MACHINE_TEXT];
    char firmware[MACHINE_TEXT];
    char hardware[MACHINE_TEXT];
    char software[MACHINE_TEXT];
    ln_time fresh_until; /* of what changes: memory, battery, offset from UTC */
};

/* Fills in what stays the same, and what changes for the first time. */
void machine_read(struct machine *machine, struct ln_device *device, ln_time now);
/* Reads again what changes, at most once a second. False: it was not time yet. */
bool machine_refresh(struct machine *machine, struct ln_device *device, ln_time now);

/* Error codes of /3/0/11: those that this machine can have. */
enum {
    MACHINE_LOW_BATTERY = 1,
    MACHINE_POWER_OFF = 2,
    MACHINE_NO_GPS = 3,
    MACHINE_LOW_SIGNAL = 4,
    MACHINE_OUT_OF_MEMORY = 5,
    MACHINE_NO_CONNECTIVITY = 7,
    MACHINE_PERIPHERAL = 8,
};
/* Notes an error, until a server resets them. */
void machine_error(struct ln_device *device, uint8_t code);
/* Reads batteries and other supplies from a folder as /sys/class/power_supply; notes where the
 * machine has lost its external power. */
void machine_power(struct ln_device *device, const char *folder);
/* Notes where the wireless signal is low. */
void machine_signal(struct ln_device *device, const struct ln_connectivity *connectivity);

#endif
