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
/* Reads again what changes, at most once a second. */
void machine_refresh(struct machine *machine, struct ln_device *device, ln_time now);

#endif
