/* The table of routes: adding one is adding a row. */

#include "linnetd/routes.h"

#include "linnetd/router.h"

const struct route routes[] = {
    /* clang-format off */
    {"GET",    "/api/v1/devices",                         ROLE_VIEWER,   handle_devices},
    {"GET",    "/api/v1/devices/{endpoint}",              ROLE_VIEWER,   handle_device_get},
    {"DELETE", "/api/v1/devices/{endpoint}",              ROLE_OPERATOR, handle_device_delete},
    {"GET",    "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_read},
    {"PUT",    "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_write},
    {"PATCH",  "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_update},
    {"POST",   "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_post},
    {"DELETE", "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_delete},
    {"GET",    "/api/v1/devices/{endpoint}/discover/{path}", ROLE_OPERATOR, handle_discover},
    {"GET",    "/api/v1/models",                          ROLE_VIEWER,   handle_models},
    {"GET",    "/api/v1/models/{object}",                 ROLE_VIEWER,   handle_model_get},
    {"GET",    "/api/v1/events",                          ROLE_VIEWER,   handle_events},
    {"GET",    "/api/v1/openapi.json",                    ROLE_VIEWER,   handle_openapi},
    {"GET",    "/api/v1/server",                          ROLE_ADMIN,    handle_server},
    {"GET",    "/metrics",                                ROLE_VIEWER,   handle_metrics},
    {"GET",    "/healthz",                                ROLE_OPEN,     handle_health},
    {"GET",    "/readyz",                                 ROLE_OPEN,     handle_ready},
    /* clang-format on */
};

const size_t route_count = LN_COUNT(routes);
