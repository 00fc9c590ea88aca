/* The table of routes: adding one is adding a row. */

#include "linnetd/routes.h"

#include "linnetd/router.h"

const struct route routes[] = {
    /* clang-format off */
    {"GET",    "/api/v1/devices",                         ROLE_VIEWER,   handle_devices, NULL},
    {"GET",    "/api/v1/devices/{endpoint}",              ROLE_VIEWER,   handle_device_get, NULL},
    {"DELETE", "/api/v1/devices/{endpoint}",              ROLE_OPERATOR, handle_device_delete, NULL},
    {"GET",    "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_read, NULL},
    {"PUT",    "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_write, prepare_data_write},
    {"PATCH",  "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_update, NULL},
    {"POST",   "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_post, NULL},
    {"DELETE", "/api/v1/devices/{endpoint}/data/{path}",  ROLE_OPERATOR, handle_data_delete, NULL},
    {"GET",    "/api/v1/devices/{endpoint}/discover/{path}", ROLE_OPERATOR, handle_discover, NULL},
    {"PUT",    "/api/v1/devices/{endpoint}/attributes/{path}", ROLE_OPERATOR, handle_attributes, NULL},
    {"GET",    "/api/v1/devices/{endpoint}/values",       ROLE_VIEWER,   handle_values, NULL},
    {"GET",    "/api/v1/devices/{endpoint}/history/{path}", ROLE_VIEWER, handle_history, NULL},
    {"GET",    "/api/v1/devices/{endpoint}/observations", ROLE_VIEWER,   handle_observations, NULL},
    {"GET",    "/api/v1/devices/{endpoint}/observations/{path}", ROLE_VIEWER, handle_observation_get, NULL},
    {"PUT",    "/api/v1/devices/{endpoint}/observations/{path}", ROLE_OPERATOR, handle_observation_put, NULL},
    {"DELETE", "/api/v1/devices/{endpoint}/observations/{path}", ROLE_OPERATOR, handle_observation_delete, NULL},
    {"GET",    "/api/v1/devices/{endpoint}/operations",   ROLE_VIEWER,   handle_operations, NULL},
    {"GET",    "/api/v1/operations/{id}",                 ROLE_VIEWER,   handle_operation_get, NULL},
    {"DELETE", "/api/v1/operations/{id}",                 ROLE_OPERATOR, handle_operation_delete, NULL},
    {"GET",    "/api/v1/credentials",                     ROLE_ADMIN,    handle_credentials, NULL},
    {"GET",    "/api/v1/credentials/{endpoint}",          ROLE_ADMIN,    handle_credential_get, NULL},
    {"PUT",    "/api/v1/credentials/{endpoint}",          ROLE_ADMIN,    handle_credential_put, prepare_secret},
    {"DELETE", "/api/v1/credentials/{endpoint}",          ROLE_ADMIN,    handle_credential_delete, NULL},
    {"POST",   "/api/v1/credentials/import",              ROLE_ADMIN,    handle_credentials_import, prepare_secret},
    {"GET",    "/api/v1/bootstrap",                       ROLE_ADMIN,    handle_bootstraps, NULL},
    {"POST",   "/api/v1/bootstrap/import",                ROLE_ADMIN,    handle_bootstrap_import, prepare_secret},
    {"GET",    "/api/v1/bootstrap/{endpoint}",            ROLE_ADMIN,    handle_bootstrap_get, NULL},
    {"PUT",    "/api/v1/bootstrap/{endpoint}",            ROLE_ADMIN,    handle_bootstrap_put, prepare_secret},
    {"DELETE", "/api/v1/bootstrap/{endpoint}",            ROLE_ADMIN,    handle_bootstrap_delete, NULL},
    {"GET",    "/api/v1/bootstrap/{endpoint}/sessions",   ROLE_ADMIN,    handle_bootstrap_sessions, NULL},
    {"GET",    "/api/v1/models",                          ROLE_VIEWER,   handle_models, NULL},
    {"GET",    "/api/v1/models/{object}",                 ROLE_VIEWER,   handle_model_get, NULL},
    {"POST",   "/api/v1/firmware/images",                 ROLE_OPERATOR, handle_firmware_upload, prepare_firmware_upload},
    {"GET",    "/api/v1/firmware/images",                 ROLE_VIEWER,   handle_firmware_images, NULL},
    {"GET",    "/api/v1/firmware/images/{id}",            ROLE_VIEWER,   handle_firmware_image_get, NULL},
    {"DELETE", "/api/v1/firmware/images/{id}",            ROLE_OPERATOR, handle_firmware_image_delete, NULL},
    {"POST",   "/api/v1/firmware/jobs",                   ROLE_OPERATOR, handle_firmware_job_add, NULL},
    {"GET",    "/api/v1/firmware/jobs",                   ROLE_VIEWER,   handle_firmware_jobs, NULL},
    {"GET",    "/api/v1/firmware/jobs/{id}",              ROLE_VIEWER,   handle_firmware_job_get, NULL},
    {"DELETE", "/api/v1/firmware/jobs/{id}",              ROLE_OPERATOR, handle_firmware_job_delete, NULL},
    {"GET",    "/api/v1/events",                          ROLE_VIEWER,   handle_events, NULL},
    {"GET",    "/api/v1/tokens",                          ROLE_ADMIN,    handle_tokens, NULL},
    {"POST",   "/api/v1/tokens",                          ROLE_ADMIN,    handle_token_add, NULL},
    {"DELETE", "/api/v1/tokens/{id}",                     ROLE_ADMIN,    handle_token_delete, NULL},
    {"GET",    "/api/v1/backup",                          ROLE_ADMIN,    handle_backup, NULL},
    {"GET",    "/api/v1/openapi.json",                    ROLE_VIEWER,   handle_openapi, NULL},
    {"GET",    "/api/v1/server",                          ROLE_ADMIN,    handle_server, NULL},
    {"GET",    "/metrics",                                ROLE_VIEWER,   handle_metrics, NULL},
    {"GET",    "/healthz",                                ROLE_OPEN,     handle_health, NULL},
    {"GET",    "/readyz",                                 ROLE_OPEN,     handle_ready, NULL},
    /* clang-format on */
};

const size_t route_count = LN_COUNT(routes);
