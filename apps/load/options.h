/* The command line of linnet-load. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <linnet/coap.h>
#include <linnet/lwm2m.h>
#include <linnet/net.h>

#include "common/option_table.h"

enum { THREADS_MAX = 64, PREFIX_MAX = 32, EXIT_USAGE = 2 };

/* What the devices do between their registration and their leaving. */
enum mode { MODE_REGISTER, MODE_UPDATE, MODE_HOLD, MODE_BOOTSTRAP };

struct options {
    const char *uri;
    struct ln_address server;
    struct ln_address first; /* the source address of device 0; port 0 */
    bool own_addresses;      /* else each device has a socket of its own */
    const char *prefix;      /* of endpoint names: the number follows */
    enum mode mode;
    uint32_t devices;
    uint32_t threads;
    uint32_t window; /* under way at once, of all threads */
    uint32_t lifetime;
    double rate;    /* procedures a second, of all threads; 0: as fast as they are answered */
    double seconds; /* of the middle part */
    enum ln_version version;
    struct ln_coap_parameters coap;
    bool secure; /* the server is one of coaps */
    bool has_secret;
    bool no_cid;
    bool print_credentials;
    uint8_t psk_secret[16];
    bool json;
    bool keep; /* do not de-register */
};

/* Says on stderr what is wrong, with the option's name and what to do. */
enum options_result options_read(struct options *options, int argc, char **argv);

#endif
