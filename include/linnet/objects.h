/*
 * Objects that the client library brings along. Each is a struct for the values and a table;
 * an app places the structs and lists the tables it wants in ln_client_config.objects:
 *
 *     static struct ln_security security = {.uri = "coap://192.0.2.1", .mode = LN_SECURITY_NONE, .short_id = 1};
 *     static struct ln_server_account account = {.short_id = 1, .lifetime = 300, .binding = "U"};
 *     static struct ln_device device = {.manufacturer = "Example", .binding = "U"};
 *     static const struct ln_object_entry objects[] = {
 *         {&ln_security_object, &securities}, {&ln_server_object, &accounts}, {&ln_device_object, &device},
 *     };
 *
 * `securities` and `accounts` are struct ln_instances over arrays of the structs.
 */
#ifndef LN_OBJECTS_H
#define LN_OBJECTS_H

#include <linnet/lwm2m.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Object 0, LwM2M Security. The store is a struct ln_instances of struct ln_security. ---- */

enum ln_security_mode {
    LN_SECURITY_PSK = 0,
    LN_SECURITY_RAW_KEY = 1,
    LN_SECURITY_X509 = 2,
    LN_SECURITY_NONE = 3,
};

struct ln_security {
    char uri[256];               /* /0/x/0 "coap://host:port" */
    bool is_bootstrap;           /* /0/x/1 */
    uint8_t mode;                /* /0/x/2 */
    struct ln_buffer identity;   /* /0/x/3 */
    struct ln_buffer server_key; /* /0/x/4 */
    struct ln_buffer secret;     /* /0/x/5 */
    uint16_t short_id;           /* /0/x/10 */
    uint32_t hold_off;           /* /0/x/11, seconds */
    uint32_t bootstrap_timeout;  /* /0/x/12, seconds */
    uint32_t absent;
};
extern const struct ln_object ln_security_object;

/* ---- Object 1, LwM2M Server. The store is a struct ln_instances of struct ln_server_account. ---- */

struct ln_server_account {
    uint16_t short_id;        /* /1/x/0 */
    uint32_t lifetime;        /* /1/x/1, seconds; 0: never expires */
    uint32_t min_period;      /* /1/x/2, seconds */
    uint32_t max_period;      /* /1/x/3, seconds */
    uint32_t disable_timeout; /* /1/x/5, seconds; 0 is taken as the default of a day */
    bool store_notifications; /* /1/x/6 */
    char binding[8];          /* /1/x/7 */
    uint32_t absent;
};
extern const struct ln_object ln_server_object;

/* ---- Object 3, Device. The store is a struct ln_device. ---- */

/* Texts may be NULL: the resource is then not there. So are the lists while they are empty. */
struct ln_device {
    const char *manufacturer;             /* /3/0/0 */
    const char *model;                    /* /3/0/1 */
    const char *serial;                   /* /3/0/2 */
    const char *firmware;                 /* /3/0/3 */
    LN_LIST_OF(uint8_t, 4) power_sources; /* /3/0/6 */
    LN_LIST_OF(int32_t, 4) voltages;      /* /3/0/7, mV */
    LN_LIST_OF(int32_t, 4) currents;      /* /3/0/8, mA */
    uint8_t battery_percent;              /* /3/0/9 */
    uint32_t memory_free;                 /* /3/0/10, kB */
    LN_LIST_OF(uint8_t, 4) error_codes;   /* /3/0/11: must hold one; {0} means no error */
    int64_t clock_offset;                 /* /3/0/13 is the app's clock plus this, in seconds */
    int64_t (*clock)(void *context);      /* seconds since 1970; NULL: /3/0/13 is not there */
    void *clock_context;
    char utc_offset[8];                   /* /3/0/14 "+02:00" */
    char timezone[48];                    /* /3/0/15 "Europe/Paris" */
    const char *binding;                  /* /3/0/16 */
    const char *type;                     /* /3/0/17 */
    const char *hardware;                 /* /3/0/18 */
    const char *software;                 /* /3/0/19 */
    uint8_t battery_status;               /* /3/0/20 */
    uint32_t memory_total;                /* /3/0/21, kB */
    uint32_t absent;                      /* bits by row: battery and memory, where the device has none */
};
extern const struct ln_object ln_device_object;

/* ---- Object 3442, the LwM2M test object: every type. The store is a struct ln_instances. ---- */

enum { LN_TEST_MANY = 8, LN_TEST_TEXT = 64, LN_TEST_OPAQUE = 64 };

struct ln_test_object {
    LN_LIST_OF(char, 1) unused_; /* placeholder: see src/client/objects/test.c */
};
extern const struct ln_object ln_test_object_table;

#ifdef __cplusplus
}
#endif

#endif
