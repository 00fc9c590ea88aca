/* The handlers of all routes. */
#ifndef LINNETD_ROUTES_H
#define LINNETD_ROUTES_H

#include "linnetd/http.h"

void prepare_firmware_upload(struct request *request);
void handle_firmware_upload(struct request *request);
void handle_firmware_images(struct request *request);
void handle_firmware_image_get(struct request *request);
void handle_firmware_image_delete(struct request *request);
void handle_firmware_job_add(struct request *request);
void handle_firmware_jobs(struct request *request);
void handle_firmware_job_get(struct request *request);
void handle_firmware_job_delete(struct request *request);
void handle_devices(struct request *request);
void handle_device_get(struct request *request);
void handle_device_delete(struct request *request);
void handle_data_read(struct request *request);
void prepare_data_write(struct request *request);
void handle_data_write(struct request *request);
void handle_data_update(struct request *request);
void handle_data_post(struct request *request);
void handle_data_delete(struct request *request);
void handle_discover(struct request *request);
void handle_attributes(struct request *request);
void handle_values(struct request *request);
void handle_history(struct request *request);
void handle_observations(struct request *request);
void handle_observation_get(struct request *request);
void handle_observation_put(struct request *request);
void handle_observation_delete(struct request *request);
void handle_operations(struct request *request);
void handle_operation_get(struct request *request);
void handle_operation_delete(struct request *request);
void handle_credentials(struct request *request);
void handle_credential_get(struct request *request);
void handle_credential_put(struct request *request);
void handle_credential_delete(struct request *request);
void handle_credentials_import(struct request *request);
void handle_bootstraps(struct request *request);
void handle_bootstrap_get(struct request *request);
void handle_bootstrap_put(struct request *request);
void handle_bootstrap_delete(struct request *request);
void handle_bootstrap_sessions(struct request *request);
void handle_bootstrap_import(struct request *request);
void prepare_secret(struct request *request);
void handle_models(struct request *request);
void handle_model_get(struct request *request);
void handle_events(struct request *request);
void handle_tokens(struct request *request);
void handle_token_add(struct request *request);
void handle_token_delete(struct request *request);
void handle_backup(struct request *request);
void handle_openapi(struct request *request);
void handle_server(struct request *request);
void handle_metrics(struct request *request);
void handle_health(struct request *request);
void handle_ready(struct request *request);

#endif
