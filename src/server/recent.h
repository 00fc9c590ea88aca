/* The last messages of all peers together, to recognise repeats that no registration
 * remembers. */

#ifndef LN_SERVER_RECENT_H
#define LN_SERVER_RECENT_H

#include <linnet/limits.h>
#include <linnet/server.h>

enum { LOCATION_TEXT = 11 }; /* 8 bytes as base64url without padding */

/*
 * A location as text: the first byte in it is the bucket of the endpoint, 56 random bits follow.
 * With any number of shards a bucket belongs to one, so that a location stays good when that
 * number changes.
 */
struct location {
    char text[LOCATION_TEXT];
};

struct recent_message {
    ln_time at;
    uint32_t print;
    uint16_t id;
    uint16_t
        next; /* of the same bucket: an index into the ring, or the ring's size at the end */
    struct location location;    /* of a 2.01 */
    struct ln_coap_block block1; /* of the answer */
    uint8_t code;                /* of the answer; LN_COAP_EMPTY: an empty ACK */
    uint64_t change;             /* that the answer tells of; 0: none */
};

struct recent {
    struct recent_message ring[LN_LIMIT_SERVER_STRANGERS];
    uint16_t buckets[LN_LIMIT_SERVER_STRANGERS];
    uint16_t oldest;
};

uint8_t ln_server__bucket_of(struct ln_bytes endpoint);
/* -1: it is none. */
int ln_server__shard_of_location(struct ln_bytes location, uint8_t shards);

void ln_server__recent_init(struct recent *recent);
/* NULL: it was not noted after `since`, or so many came since that it is forgotten. */
const struct recent_message *ln_server__recent_find(const struct recent *recent, uint32_t print,
                                                    uint16_t id, ln_time since);
/* Notes a message and its answer in place of the oldest. */
void ln_server__recent_note(struct recent *recent, const struct recent_message *message);

#endif
