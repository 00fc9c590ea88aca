/* The requests of the generator: made once, then patched. */
#ifndef BENCH_MESSAGES_H
#define BENCH_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message {
    MESSAGE_REGISTER,
    MESSAGE_UPDATE,
    MESSAGE_DEREGISTER,
    MESSAGE_ECHO,
    MESSAGE_NOTIFY,
    MESSAGE_PUT, /* what libcoap's server has that is most like an Update */
    MESSAGES
};
#define MESSAGE_NAMES                                                                          \
    {                                                                                          \
        "register", "update", "deregister", "echo", "notify", "put"                            \
    }

enum { LOCATION_MAX = 23, TOKEN_SIZE = 8 };

/* What the generator knows of one. */
struct device {
    uint8_t location_length; /* 0: not registered */
    uint8_t location[LOCATION_MAX];
    uint32_t notified; /* of its observation: the Observe option, and 0 before there is one */
    uint8_t token[TOKEN_SIZE];
};

/* Travel in message id and token, so that an answer tells what it is of. */
struct message_ids {
    uint16_t slot;
    uint32_t device;
    uint16_t id;
};

/* `own`: the object list of each device is its own, else all have the same. */
void messages_init(bool own);
/*
 * Answers the server's Observe: the device has its token from now on. Returns the length, or 0 if it is
 * none.
 */
size_t message_observed(uint8_t *out, const uint8_t *bytes, size_t length,
                        struct device *device);
/* Returns the length. `echo_size` is that of an echo. */
size_t message_write(uint8_t *out, enum message what, size_t echo_size,
                     const struct message_ids *ids, const struct device *device);
/* False: it is no answer to a message of ours. */
bool message_read_ids(const uint8_t *bytes, size_t length, struct message_ids *ids);
/* Takes what an answer says of the device. False: it is no success. */
bool message_take(const uint8_t *bytes, size_t length, enum message what,
                  struct device *device);

#endif
