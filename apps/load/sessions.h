/* DTLS of the simulated devices: a session and a key for each. */
#ifndef LOAD_SESSIONS_H
#define LOAD_SESSIONS_H

#include "worker.h"

#include <linnet/dtls.h>

enum { DEVICE_KEY = 16 };

struct session {
    struct ln_dtls_client dtls;
    uint8_t key[DEVICE_KEY];
};

/* The key of that endpoint, which the secret alone tells. */
void session_key(const struct options *options, const char *endpoint, uint8_t key[DEVICE_KEY]);
/* A line of the file that `linnet credentials import` takes, for each device. */
void sessions_print_credentials(const struct options *options);

/* NULL where the server is spoken to without DTLS. */
struct session *session_of(const struct worker *worker, const struct simulated *device);
/* False: there is no memory for them. */
bool sessions_open(struct worker *worker);
void sessions_close(struct worker *worker);

void session_connect(struct worker *worker, struct simulated *device);
bool session_is_open(const struct worker *worker, const struct simulated *device);
/* The next datagram that the device has to send, protected where it is; 0: none. */
size_t session_send(struct worker *worker, struct simulated *device, ln_time now, void *out,
                    size_t size);
/* Takes a datagram and hands on what it says. */
void session_receive(struct worker *worker, struct simulated *device, struct ln_bytes datagram);
/* The next thing that happened to the session; false if nothing did. */
bool session_event(struct worker *worker, struct simulated *device,
                   struct ln_dtls_event *event);
ln_time session_deadline(const struct worker *worker, const struct simulated *device);

#endif
