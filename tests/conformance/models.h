/* The objects that the ETS's configurations name: tables of those that the library does not bring
 * along, and values of all. */
#ifndef LN_CONFORMANCE_MODELS_H
#define LN_CONFORMANCE_MODELS_H

#include <linnet/objects.h>

enum { MODEL_INSTANCES = 4, MODEL_VALUES = 4, MODEL_TEXT = 32 };

typedef char model_text[MODEL_TEXT];

/* 10, Cellular Connectivity: single; 1.1 has two more resources. */
struct cellular {
    int32_t psm_timer, active_timer, rate_control;
    uint8_t supported_modes, active_modes;
    uint8_t wb_memory[8], nb_memory[8];
    struct ln_buffer wb, nb;
    LN_LIST_OF(struct ln_objlnk, MODEL_VALUES) profiles;
};

/* 11, APN Connection Profile. */
struct apn {
    model_text name;
    int32_t authentication;
    bool enabled;
};

/* 16, Portfolio. */
struct portfolio {
    LN_LIST_OF(model_text, MODEL_VALUES) identity;
    int32_t status;
};

/* 19, BinaryAppDataContainer. */
struct container {
    uint8_t memory[MODEL_VALUES][MODEL_TEXT];
    LN_LIST_OF(struct ln_buffer, MODEL_VALUES) data;
};

/* 20, Event Log. */
struct event_log {
    int32_t class, status;
    struct ln_bytes data;
};

struct models {
    struct ln_connectivity connectivity;
    struct ln_location location;
    struct ln_statistics statistics;
    struct cellular cellular;
    struct apn apns[MODEL_INSTANCES];
    struct portfolio portfolios[MODEL_INSTANCES];
    struct container containers[MODEL_INSTANCES];
    struct event_log event_logs[1];
    uint16_t event_log_ids[1];
    struct ln_instances event_log_store;
    uint16_t apn_ids[MODEL_INSTANCES];
    uint16_t portfolio_ids[MODEL_INSTANCES];
    uint16_t container_ids[MODEL_INSTANCES];
    struct ln_instances apn_store;
    struct ln_instances portfolio_store;
    struct ln_instances container_store;
};

extern const struct ln_object cellular_object;
extern const struct ln_object cellular_object_1_1;
extern const struct ln_object apn_object;
extern const struct ln_object portfolio_object;
extern const struct ln_object container_object;
extern const struct ln_object event_log_object;

/* The values that configurations C.5, C.7, C.9 to C.12, C.15 and C.16 start with. */
void models_init(struct models *models);

#endif
