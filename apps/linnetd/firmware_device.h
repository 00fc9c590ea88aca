/* What a job asks of one device, in order: on the thread of its shard. */
#ifndef LINNETD_FIRMWARE_DEVICE_H
#define LINNETD_FIRMWARE_DEVICE_H

#include "linnetd/firmware.h"

/* Where this device is to fetch the image from. False: linnetd does not know its own address. */
LN_MUST_USE bool firmware_uri(const struct daemon *daemon, const struct firmware_device *device,
                              const struct ln_registration_view *view, char out[256]);

/* Bytes of a Package as TLV that stand before the image; 0: the image is too long for it. */
size_t firmware_tlv_header(uint32_t size, uint8_t out[6]);

/* What a device said of its object 5. */
struct firmware_answer {
    struct firmware_report report;
    int delivery; /* -1: not said; 0 pull, 1 push, 2 both */
};
/* False: it cannot be read. */
LN_MUST_USE bool firmware_answer_read(const struct ln_server_event *event,
                                      struct firmware_answer *out);

/* ---- What follows from what a device said; with the lock held ---- */

/* What comes next. */
enum firmware_next {
    FIRMWARE_GO,    /* the step that is set, at once */
    FIRMWARE_LATER, /* the same again after a while */
    FIRMWARE_ENDED,
};
enum firmware_next firmware_looked(struct firmware *firmware, struct firmware_device *device,
                                   const struct firmware_answer *answer, ln_time now);

#endif
