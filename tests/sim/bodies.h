/* Long bodies under bad weather: written and read block by block, and compared byte by byte. */
#ifndef SIM_BODIES_H
#define SIM_BODIES_H

#include "story.h"
#include "world.h"

enum {
    SIM_BLOBS_OBJECT = 33001, /* 0: sink (W, a stream), 1: source (R) */
    SIM_BLOB_MAX = 1024 * 1024,
    SIM_BLOB_DATAGRAM = 1152,
};

/* What the device has to give and to take. */
struct blobs {
    struct device *device;
    struct ln_bytes source;
    uint8_t given[SIM_BLOB_MAX]; /* what `source` points to */
    uint8_t taken[SIM_BLOB_MAX];
    size_t taken_length;
    bool is_complete;
    bool is_busy; /* the next chunk has to wait */
    uint8_t memory[LN_CLIENT_MEMORY(1, SIM_BLOB_DATAGRAM, 128)];
    uint8_t body[SIM_BLOB_DATAGRAM];
};

/* The operator's end of it. */
struct body_operation {
    struct blobs *blobs;
    uint64_t id;
    uint8_t bytes[SIM_BLOB_MAX]; /* to be written, or as read so far */
    size_t length;
    bool is_over;
    enum ln_outcome outcome;
    uint8_t code;
    size_t memory_before;
};

/* One body of 64 KiB and one of 1 MiB, each way. False if anything went wrong: it was printed. */
bool bodies_run(const struct story_settings *settings, struct tally *tally);
/* For world.c: the server wants or brings a part, or says how it ended. */
void body_event(struct world *world, const struct ln_server_event *event);

#endif
