/* The Firmware Update object on a machine with files: where an image is kept, checked and applied. */
#ifndef DEVICE_FIRMWARE_H
#define DEVICE_FIRMWARE_H

#include <linnet/firmware.h>
#include <linnet/net.h>

#include "command.h"
#include "fetch.h"
#include "image.h"

enum { FIRMWARE_PATH = 1024 };

struct device;

struct firmware {
    struct ln_firmware object;
    struct device *device;
    char folder[FIRMWARE_PATH]; /* of the files: --state, or one made for the first image */
    bool is_own_folder;         /* and removed at the end */
    int file;                   /* of the image; -1: it is not open */
    struct image image;
    struct fetch fetch;
    struct command verifying;
    struct command applying;
    char installed[IMAGE_TEXT]; /* version of the last image that was applied; "": none was */
    uint8_t told_state, told_result; /* to observers, and kept */
};

/* Before the state is read. False: said on stderr why. */
bool firmware_init(struct firmware *firmware, struct device *device);
/* After it: takes up what the last run left. */
void firmware_begin(struct firmware *firmware);
/* An update was executed, and the server has its answer. */
void firmware_apply(struct firmware *firmware);
/* Looks whether a command has ended; tells and keeps what has changed. */
void firmware_turn(struct firmware *firmware);
ln_time firmware_deadline(const struct firmware *firmware);
void firmware_fini(struct firmware *firmware);

#endif
