/* What the operator asked for, by command line and configuration file. */
#ifndef LINNETD_CONFIG_H
#define LINNETD_CONFIG_H

#include "linnetd/log.h"

#include <linnet/base.h>

enum { SHARDS_MAX = 64 };

struct listener {
    bool off;
    struct ln_address address;
};

/* Without a bound, whoever can send datagrams could fill the memory with registrations. */
#define DEFAULT_MAX_DEVICES UINT64_C(1000000)

struct config {
    struct listener coap;
    struct listener coaps;
    struct listener bootstrap;
    struct listener bootstrap_coaps;
    struct listener http;
    char coaps_cert[1024]; /* "": no certificates, keys alone */
    char coaps_key[1024];
    char coaps_ca[1024];
    char coaps_crl[1024];
    bool http_insecure;
    char http_cert[1024]; /* "": plain HTTP */
    char http_key[1024];
    double http_header_timeout; /* seconds */
    bool nosec_for_known;       /* devices that have credentials may come without security */
    bool memory_only;           /* --data :memory: */
    char models[1024];          /* a folder of object definitions; "": none */
    char
        firmware_url[200]; /* where devices fetch images from; "": what they reach linnetd by */
    char data[4000];
    char check[4000]; /* the folder of --check; "": none */
    bool survives_power_cut;
    uint64_t forget_after;    /* days */
    uint64_t history_samples; /* of each resource; 0: none */
    uint64_t history_days;
    uint64_t shards;          /* while reading, 0: not given */
    uint64_t max_devices;     /* 0: no bound */
    uint64_t max_per_address; /* 0: no bound */
    double ack_timeout;       /* seconds */
    double awake;             /* seconds */
    uint64_t max_retransmit;
    enum log_level log_level;
    bool log_json;
};

enum config_end { CONFIG_RUN, CONFIG_DONE, CONFIG_WRONG };

/*
 * Reads the command line, and the file that --config names, which the command line overrides.
 * CONFIG_DONE: --help or --version has been printed; CONFIG_WRONG: what is wrong has been, on
 * stderr.
 */
enum config_end config_read(struct config *config, int argc, char **argv);

bool config_has_https(const struct config *config);

/* ---- options.c ---- */

struct option {
    const char *name;
    const char *argument; /* NULL: a switch */
    const char *help;     /* NULL: not offered: what it asks for is not built */
    const char *default_text;
    /* NULL: fine; else why not. */
    const char *(*set)(struct config *config, const char *value);
};

extern const struct option options[]; /* ends with a name of NULL */
const struct option *option_find(const char *name, size_t len);
void options_print(void);

#endif
