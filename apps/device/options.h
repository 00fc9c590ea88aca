/* The command line of linnet-device: accounts and what they share. */
#ifndef DEVICE_OPTIONS_H
#define DEVICE_OPTIONS_H

#include <linnet/coap.h>
#include <linnet/lwm2m.h>
#include <linnet/objects.h>

#include <linnet/base.h>

#include "access.h"
#include "common/option_table.h"
#include "place.h"
#include "sensors.h"

enum { ACCOUNTS_MAX = 8, SETTINGS_MAX = 32, EXIT_USAGE = 2 };
#define SPREAD_UNSAID UINT32_MAX
#define PSK_VARIABLE  "LINNET_DEVICE_PSK"

/* One --server, or the --bootstrap, and what was said after it. */
struct account {
    const char *uri;
    const char *binding;
    uint32_t lifetime;
    uint8_t mode; /* enum ln_security_mode: what the next say, and the URI */
    const char *identity;
    const char *psk; /* hex; may be in PSK_VARIABLE instead */
    const char *psk_file;
    const char *cert;
    const char *key;
    const char *ca; /* or */
    const char *server_cert;
    const char *server_name;
    bool no_cid;
    uint8_t access; /* bits of enum ln_access, or ACCESS_UNSAID */
};

/* --set /3/0/17=text */
struct setting {
    struct ln_path path;
    const char *text;
};

struct options {
    const char *endpoint;
    struct account all; /* what was said before the first --server or --bootstrap */
    struct account accounts[ACCOUNTS_MAX];
    size_t account_count;
    struct account bootstrap; /* its `uri` NULL: there is none */
    struct account *present;  /* of which the options speak at this place of the line */
    struct setting settings[SETTINGS_MAX];
    size_t setting_count;
    struct sensor_wish sensors[SENSORS_MAX];
    size_t sensor_count;
    const char *firmware_apply; /* commands; NULL: there is none */
    const char *firmware_verify;
    bool has_place;
    bool has_gpsd;
    struct ln_address gpsd;   /* --location gpsd */
    struct ln_location place; /* --location; its time is set at the start */
    enum ln_version version;
    struct ln_coap_parameters coap;
    uint16_t block_size; /* 0: what fits a datagram */
    uint32_t awake;      /* ms; 0: what CoAP says */
    uint32_t spread;     /* ms; SPREAD_UNSAID */
    bool queue_mode;
    const char *state; /* folder; NULL: nothing is kept */
    bool quiet;
};

/* Says on stderr what is wrong, with the option's name and what to do. */
enum options_result options_read(struct options *options, int argc, char **argv);

#endif
