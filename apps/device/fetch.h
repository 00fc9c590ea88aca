/* An image over coap and coaps: the link of the library's downloader. */
#ifndef DEVICE_FETCH_H
#define DEVICE_FETCH_H

#include <linnet/download.h>
#include <linnet/dtls.h>
#include <linnet/net.h>

#include "lookup.h"

struct device;

struct fetch {
    struct ln_download download;
    struct ln_download_config config;
    struct device *device;
    struct ln_udp udp;
    struct ln_address peer;
    struct lookup *lookup; /* NULL: none under way */
    size_t tries;          /* without success: each takes the next address of the host */
    bool is_secure;
    bool has_session; /* `dtls` was initialized */
    struct ln_dtls_client dtls;
    char name[HOST_MAX]; /* of the server, in its certificate */
};

/* False: said on stderr. */
bool fetch_init(struct fetch *fetch, struct device *device, struct ln_firmware *firmware);
/* Begins with the URI of the object; what is wrong with it. */
uint8_t fetch_start(struct fetch *fetch);
/* Does what is due. */
void fetch_turn(struct fetch *fetch);
ln_time fetch_deadline(const struct fetch *fetch);
void fetch_fini(struct fetch *fetch);

#endif
