/* Firmware of ten megabytes under bad weather: pushed and pulled, and compared byte by byte. */
#ifndef SIM_FIRMWARE_H
#define SIM_FIRMWARE_H

#include "story.h"
#include "world.h"

struct sim_firmware;

/* One image of 10 MiB, each way. False if anything went wrong: it was printed. */
bool firmware_run(const struct story_settings *settings, struct tally *tally);

/* For world.c. */
struct ln_server_files firmware_files(struct sim_firmware *firmware);
/* Whether it was for the device's other socket. */
bool firmware_deliver(struct sim_firmware *firmware, const struct ln_address *to,
                      struct ln_bytes bytes);
void firmware_result(struct sim_firmware *firmware, const struct ln_server_event *event);

#endif
