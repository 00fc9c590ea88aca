/*
 * Objects that the client library brings along. Each is a struct for the values and a table;
 * an app places the structs and lists the tables it wants in ln_client_config.objects:
 *
 *     static struct ln_security security = {
 *         .uri = "coap://192.0.2.1", .mode = LN_SECURITY_NONE, .short_id = 1};
 *     static struct ln_server_account account = {
 *         .short_id = 1, .lifetime = 300, .binding = "U"};
 *     static struct ln_device device = {.manufacturer = "Example", .binding = "U"};
 *     static const struct ln_object_entry objects[] = {
 *         {&ln_security_object, &securities},
 *         {&ln_server_object, &accounts},
 *         {&ln_device_object, &device},
 *     };
 *
 * `securities` and `accounts` are struct ln_instances over arrays of the structs.
 *
 * In a member `absent`, bit n says that the resource in row n of the table is not there. A list
 * without values is not there either, unless a server may write it: then it is there and empty.
 * Objects 0 to 4 are of the version that the registered version of the enabler implies.
 */
#ifndef LN_OBJECTS_H
#define LN_OBJECTS_H

#include <linnet/lwm2m.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Object 0, LwM2M Security. Store: struct ln_instances of struct ln_security. ---- */

enum ln_security_mode {
    LN_SECURITY_PSK = 0,
    LN_SECURITY_RAW_KEY = 1,
    LN_SECURITY_X509 = 2,
    LN_SECURITY_NONE = 3,
};

struct ln_security {
    char uri[256];     /* /0/x/0 "coap://host:port" */
    bool is_bootstrap; /* /0/x/1 */
    uint8_t mode;      /* /0/x/2 */
    uint8_t matching;  /* /0/x/13 plus 1; 0: it is not there, and is as 0, exact */
    uint8_t usage;     /* /0/x/15 plus 1; 0: it is not there, and is as 3, domain-issued */
    struct ln_buffer identity;   /* /0/x/3 */
    struct ln_buffer server_key; /* /0/x/4 */
    struct ln_buffer secret;     /* /0/x/5 */
    uint16_t short_id;           /* /0/x/10 */
    uint32_t hold_off;           /* /0/x/11, seconds */
    uint32_t bootstrap_timeout;  /* /0/x/12, seconds */
    /* Rows 0 to 5 are resources 0 to 5; rows 6, 7, 8 are 10, 11, 12. */
    uint32_t absent;
};
extern const struct ln_object ln_security_object;

/* ---- Object 1, LwM2M Server. Store: struct ln_instances of struct ln_server_account. ---- */

struct ln_server_account {
    uint16_t short_id;        /* /1/x/0 */
    uint32_t lifetime;        /* /1/x/1, seconds; 0: never expires */
    uint32_t min_period;      /* /1/x/2, seconds */
    uint32_t max_period;      /* /1/x/3, seconds */
    uint32_t disable_timeout; /* /1/x/5, seconds; 0 is taken as the default of a day */
    bool store_notifications; /* /1/x/6 */
    char binding[8];          /* /1/x/7 */
    uint16_t alert;           /* /1/x/11, the last alert of its plus 1; 0: there was none */
    uint32_t absent;          /* row n is resource n; the last row is 11 */
};
extern const struct ln_object ln_server_object;
/* The same with resource 9, Bootstrap-Request Trigger: see linnet/client_bootstrap.h. */
extern const struct ln_object ln_bootstrapped_server_object;

/*
 * ---- Object 2, Access Control. Store: struct ln_instances of struct ln_access_control. ----
 *
 * Each guards one instance of another object. It counts where a device has more than one server,
 * lists this object, and has ln_client_guarded_operations: then what no instance guards, no server
 * may touch. Every server may read them, and only the owner write them.
 */

enum { LN_ACCESS_ENTRIES = 8 };

/* Bits of an entry in /2/x/2. */
enum ln_access {
    LN_ACCESS_READ = 1, /* Observe and Write-Attributes too */
    LN_ACCESS_WRITE = 2,
    LN_ACCESS_EXECUTE = 4,
    LN_ACCESS_DELETE = 8,
    LN_ACCESS_CREATE = 16, /* where `instance` is LN_ID_NONE: instances of the object */
};

struct ln_access_control {
    uint16_t object;                            /* /2/x/0 */
    uint16_t instance;                          /* /2/x/1 */
    LN_LIST_OF(uint8_t, LN_ACCESS_ENTRIES) acl; /* /2/x/2: by short id; 0 is for all others */
    uint16_t owner;  /* /2/x/3: short id; all is its, unless it has an entry */
    uint32_t absent; /* row n is resource n */
};
extern const struct ln_object ln_access_control_object;

/*
 * A new one that guards that instance, of no rights but the owner's; any that guarded it before
 * goes. NULL: there is no room.
 */
struct ln_access_control *ln_access_control_add(struct ln_instances *store, uint16_t object,
                                                uint16_t instance, uint16_t owner);
/* The instance has gone. What a server deletes is taken care of. */
void ln_access_control_remove(struct ln_instances *store, uint16_t object, uint16_t instance);
/* Gives a server just these rights; short id 0: all that have no entry. False: no room. */
LN_MUST_USE bool ln_access_control_grant(struct ln_access_control *control, uint16_t short_id,
                                         uint8_t rights);
/* What that server may do there. NULL: nothing guards it, so nothing. */
uint8_t ln_access_control_rights(const struct ln_access_control *control, uint16_t short_id);
/* The one that guards the instance; NULL if there is none. */
struct ln_access_control *ln_access_control_find(const struct ln_instances *store,
                                                 uint16_t object, uint16_t instance);

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
    LN_LIST_OF(uint8_t, 4) error_codes;   /* /3/0/11: an empty one reads as one 0, no error */
    int64_t clock_offset;                 /* /3/0/13 is the app's clock plus this, in seconds */
    int64_t (*clock)(void *context);      /* seconds since 1970; NULL: /3/0/13 is not there */
    void *clock_context;
    char utc_offset[8];     /* /3/0/14 "+02:00" */
    char timezone[48];      /* /3/0/15 "Europe/Paris" */
    const char *binding;    /* /3/0/16 */
    const char *type;       /* /3/0/17 */
    const char *hardware;   /* /3/0/18 */
    const char *software;   /* /3/0/19 */
    uint8_t battery_status; /* /3/0/20 */
    uint32_t memory_total;  /* /3/0/21, kB */
    LN_LIST_OF(struct ln_objlnk, 2)
    ext_info;        /* /3/0/22: instances with more about the device */
    uint32_t absent; /* row n is resource n: 1u << 9 | 1u << 20 where there is no battery */
};
extern const struct ln_object ln_device_object;
/* Resources 0 to 4, 11 and 16 of it, for a device without battery, clock or room for more. */
extern const struct ln_object ln_basic_device_object;

/*
 * ---- Object 4, Connectivity Monitoring. The store is a struct ln_connectivity. ----
 *
 * The app fills it in, and tells of changes by ln_client_changed().
 */

enum { LN_CONNECTIVITY_MANY = 8, LN_CONNECTIVITY_APNS = 2 };

/* Bearers of /4/0/0 and /4/0/1: those that LwM2M 1.0 names. */
enum ln_bearer {
    LN_BEARER_GSM = 0,
    LN_BEARER_TD_SCDMA = 1,
    LN_BEARER_WCDMA = 2,
    LN_BEARER_CDMA2000 = 3,
    LN_BEARER_WIMAX = 4,
    LN_BEARER_LTE_TDD = 5,
    LN_BEARER_LTE_FDD = 6,
    LN_BEARER_WLAN = 21,
    LN_BEARER_BLUETOOTH = 22,
    LN_BEARER_802_15_4 = 23,
    LN_BEARER_ETHERNET = 41,
    LN_BEARER_DSL = 42,
    LN_BEARER_POWER_LINE = 43,
};

typedef char ln_connectivity_address[46]; /* of IPv4 or IPv6, as text */
typedef char ln_connectivity_apn[64];

struct ln_connectivity {
    uint8_t bearer;                                                      /* /4/0/0 */
    LN_LIST_OF(uint8_t, LN_CONNECTIVITY_MANY) bearers;                   /* /4/0/1 */
    int32_t signal_strength;                                             /* /4/0/2, dBm */
    int32_t link_quality;                                                /* /4/0/3 */
    LN_LIST_OF(ln_connectivity_address, LN_CONNECTIVITY_MANY) addresses; /* /4/0/4 */
    LN_LIST_OF(ln_connectivity_address, LN_CONNECTIVITY_MANY) routers;   /* /4/0/5 */
    uint8_t utilization;                                                 /* /4/0/6, percent */
    LN_LIST_OF(ln_connectivity_apn, LN_CONNECTIVITY_APNS) apns;          /* /4/0/7 */
    uint32_t cell;                                                       /* /4/0/8 */
    uint16_t network_code;                                               /* /4/0/9, SMNC */
    uint16_t country_code;                                               /* /4/0/10, SMCC */
    uint32_t absent; /* row n is resource n; LN_CONNECTIVITY_CELLULAR */
};

/* Cell, network code and country code: not there where no bearer is cellular. */
enum { LN_CONNECTIVITY_CELLULAR = 1 << 8 | 1 << 9 | 1 << 10 };

extern const struct ln_object ln_connectivity_object;

/* ---- Object 6, Location. The store is a struct ln_location. ---- */

struct ln_location {
    double latitude;          /* /6/0/0, degrees */
    double longitude;         /* /6/0/1, degrees */
    double altitude;          /* /6/0/2, metres */
    double radius;            /* /6/0/3, metres around it */
    struct ln_bytes velocity; /* /6/0/4, as 3GPP TS 23.032 has it */
    int64_t time;             /* /6/0/5, seconds since 1970: when it was measured */
    double speed;             /* /6/0/6, metres a second */
    uint32_t absent;          /* row n is resource n */
};
extern const struct ln_object ln_location_object;

/*
 * ---- Object 7, Connectivity Statistics. The store is a struct ln_statistics. ----
 *
 *     ln_statistics_received(&statistics, now, datagram.len);
 *     ln_client_recv(&client, now, link, datagram);
 *
 * and likewise ln_statistics_sent() for each datagram that ln_client_send() gives out. They count
 * only between Start and Stop, or Start and the end of the collection period.
 */

struct ln_statistics {
    uint32_t sms_sent;     /* /7/0/0 */
    uint32_t sms_received; /* /7/0/1 */
    uint64_t sent;         /* bytes; /7/0/2 is in kB of 1000 */
    uint64_t received;     /* bytes; /7/0/3 likewise */
    uint32_t largest;      /* /7/0/4, bytes of the largest message sent or received */
    uint32_t messages;     /* sent and received; /7/0/5 is the bytes of one on average */
    uint32_t period;       /* /7/0/8, seconds; 0: until Stop */
    bool collects;
    bool has_begun;  /* `until` is set */
    ln_time until;   /* the end of the period */
    uint32_t absent; /* row n is resource n: LN_STATISTICS_SMS */
};

enum { LN_STATISTICS_SMS = 1 << 0 | 1 << 1 };

extern const struct ln_object ln_statistics_object;

/*
 * Count one message. The period starts with the first that is counted after Start, which is the
 * answer to it.
 */
void ln_statistics_sent(struct ln_statistics *statistics, ln_time now, size_t bytes);
void ln_statistics_received(struct ln_statistics *statistics, ln_time now, size_t bytes);

/*
 * ---- Sensors: objects 3300 and the like, each a struct ln_instances of struct ln_sensor. ----
 *
 *     ln_sensor_measure(&sensor, 21.5);
 *     ln_client_changed(&client, now, ln_path_instance(3303, 0));
 *
 * Which instances there are is the app's choice: servers can neither create nor delete them.
 */

struct ln_sensor {
    double value;         /* /33nn/x/5700, set by ln_sensor_measure() as are the next two */
    double least;         /* /33nn/x/5601, of all that was measured; Execute 5605 starts anew */
    double greatest;      /* /33nn/x/5602 */
    double range_low;     /* /33nn/x/5603, what the sensor can measure */
    double range_high;    /* /33nn/x/5604 */
    const char *units;    /* /33nn/x/5701 "Cel"; NULL: it is not there */
    char application[32]; /* /33nn/x/5750 */
    bool has_measured;
    uint32_t absent; /* LN_SENSOR_RANGE: the range is not known */
};

enum { LN_SENSOR_RANGE = 1 << 2 | 1 << 3 };

extern const struct ln_object ln_generic_sensor_object; /* 3300 */
extern const struct ln_object ln_illuminance_object;    /* 3301 */
extern const struct ln_object ln_temperature_object;    /* 3303 */
extern const struct ln_object ln_humidity_object;       /* 3304 */
extern const struct ln_object ln_barometer_object;      /* 3315 */
extern const struct ln_object ln_voltage_object;        /* 3316 */
extern const struct ln_object ln_current_object;        /* 3317 */
extern const struct ln_object ln_frequency_object;      /* 3318 */
extern const struct ln_object ln_depth_object;          /* 3319 */
extern const struct ln_object ln_percentage_object;     /* 3320 */
extern const struct ln_object ln_altitude_object;       /* 3321 */
extern const struct ln_object ln_load_object;           /* 3322 */
extern const struct ln_object ln_pressure_object;       /* 3323 */
extern const struct ln_object ln_loudness_object;       /* 3324 */
extern const struct ln_object ln_concentration_object;  /* 3325 */
extern const struct ln_object ln_acidity_object;        /* 3326 */
extern const struct ln_object ln_conductivity_object;   /* 3327 */
extern const struct ln_object ln_power_object;          /* 3328 */
extern const struct ln_object ln_distance_object;       /* 3330 */
extern const struct ln_object ln_rate_object;           /* 3346 */

/* Takes a measured value, and moves the least or the greatest where it is beyond. */
void ln_sensor_measure(struct ln_sensor *sensor, double value);

/*
 * ---- Object 3442, the LwM2M test object: every type. The store is a struct ln_instances of
 * struct ln_test_values. ----
 *
 * "Send data" (5) is answered 5.01: the client cannot Send yet.
 */

enum { LN_TEST_MANY = 10, LN_TEST_TEXT = 64, LN_TEST_OPAQUE = 64 };

typedef char ln_test_text[LN_TEST_TEXT];

struct ln_test_opaque {
    uint8_t len;
    uint8_t bytes[LN_TEST_OPAQUE];
};

struct ln_test_values {
    LN_LIST_OF(ln_test_text, LN_TEST_MANY) arguments; /* /3442/x/4: of the last Execute of 3 */
    LN_LIST_OF(ln_test_text, LN_TEST_MANY) to_send;   /* /3442/x/6 */
    char text[LN_TEST_TEXT];                          /* /3442/x/110 */
    int64_t integer;                                  /* /3442/x/120 */
    uint64_t unsigned_integer;                        /* /3442/x/125 */
    double number;                                    /* /3442/x/130 */
    bool boolean;                                     /* /3442/x/140 */
    struct ln_test_opaque opaque;                     /* /3442/x/150 */
    int64_t time;                                     /* /3442/x/160 */
    struct ln_objlnk link;                            /* /3442/x/170 */
    char corelnk[LN_TEST_TEXT];                       /* /3442/x/180 */
    LN_LIST_OF(ln_test_text, LN_TEST_MANY)
    texts; /* /3442/x/1110 to 1180: several of the same */
    LN_LIST_OF(int64_t, LN_TEST_MANY) integers;
    LN_LIST_OF(uint64_t, LN_TEST_MANY) unsigned_integers;
    LN_LIST_OF(double, LN_TEST_MANY) numbers;
    LN_LIST_OF(bool, LN_TEST_MANY) booleans;
    LN_LIST_OF(struct ln_test_opaque, LN_TEST_MANY) opaques;
    LN_LIST_OF(int64_t, LN_TEST_MANY) times;
    LN_LIST_OF(struct ln_objlnk, LN_TEST_MANY) links;
    LN_LIST_OF(ln_test_text, LN_TEST_MANY) corelnks;
    uint32_t seed; /* of "Randomize values" (1) */
};
extern const struct ln_object ln_test_object;

/* Sets the initial values that the object's definition names. */
void ln_test_reset(struct ln_test_values *values);

#ifdef __cplusplus
}
#endif

#endif
