/* Images, jobs and their events as JSON. */

#include "linnetd/firmware.h"

#include <stdio.h>

static void id_member(struct json_out *json, const char *name, uint64_t id)
{
    char text[OPERATION_ID_TEXT];

    operation_id_text(id, text);
    out_key(json, name);
    out_text(json, text);
}

static void text_or_null(struct json_out *json, const char *name, const char *text)
{
    out_key(json, name);
    if (text != NULL && text[0] != '\0') {
        out_text(json, text);
    } else {
        out_null(json);
    }
}

static void number_member(struct json_out *json, const char *name, uint64_t number)
{
    out_key(json, name);
    out_unsigned(json, number);
}

void firmware_image_json(struct json_out *json, const struct firmware_image *image)
{
    char text[2 * FIRMWARE_SHA256 + 1];

    for (size_t i = 0; i < FIRMWARE_SHA256; i++) {
        (void)snprintf(&text[2 * i], 3, "%02x", image->sha256[i]);
    }
    out_open(json, '{');
    id_member(json, "id", image->id);
    text_or_null(json, "name", image->name);
    text_or_null(json, "version", image->version);
    number_member(json, "size", image->size);
    out_key(json, "sha256");
    out_text(json, text);
    out_key(json, "created_at");
    out_time_ms(json, image->created_at);
    out_key(json, "in_use");
    out_boolean(json, image->uses > 0);
    out_close(json, '}');
}

static void problem_member(struct json_out *json, enum problem_kind problem, const char *why)
{
    out_key(json, "error");
    if (problem == PROBLEM_NONE) {
        out_null(json);
        return;
    }
    out_open(json, '{');
    out_key(json, "type");
    out_text(json, problem_type(problem));
    out_key(json, "title");
    out_text(json, problem_title(problem));
    if (why != NULL && why[0] != '\0') {
        out_key(json, "detail");
        out_text(json, why);
    }
    out_close(json, '}');
}

static void result_member(struct json_out *json, int result)
{
    out_key(json, "result");
    if (result < 0) {
        out_null(json);
        return;
    }
    out_open(json, '{');
    number_member(json, "code", (uint64_t)result);
    text_or_null(json, "text", firmware_result_text(result));
    out_close(json, '}');
}

static void device_json(struct json_out *json, const struct firmware_device *device)
{
    out_open(json, '{');
    out_key(json, "endpoint");
    out_string(json, device->endpoint);
    out_key(json, "state");
    out_text(json, firmware_state_name((enum firmware_state)device->state));
    number_member(json, "bytes", device->bytes);
    text_or_null(json, "device_state", firmware_report_state_text(device->report.state));
    result_member(json, device->report.result);
    problem_member(json, device->problem, device->why);
    out_key(json, "updated_at");
    out_time_ms(json, device->updated_at);
    out_close(json, '}');
}

static void counts_member(struct json_out *json, const struct firmware_job *job)
{
    size_t counts[FIRMWARE_STATE_COUNT] = {0};

    for (size_t i = 0; i < job->count; i++) {
        counts[job->devices[i]->state]++;
    }
    out_key(json, "counts");
    out_open(json, '{');
    for (size_t i = 0; i < FIRMWARE_STATE_COUNT; i++) {
        number_member(json, firmware_state_name((enum firmware_state)i), counts[i]);
    }
    out_close(json, '}');
}

void firmware_job_json(struct json_out *json, const struct firmware_job *job, bool with_devices)
{
    out_open(json, '{');
    id_member(json, "id", job->id);
    id_member(json, "image", job->image_id);
    number_member(json, "size", job->size);
    out_key(json, "method");
    out_text(json, job->pulls ? "pull" : "push");
    out_key(json, "apply");
    out_boolean(json, job->applies);
    out_key(json, "created_at");
    out_time_ms(json, job->created_at);
    out_key(json, "over");
    out_boolean(json, job->left == 0);
    counts_member(json, job);
    if (with_devices) {
        out_key(json, "devices");
        out_open(json, '[');
        for (size_t i = 0; i < job->count; i++) {
            device_json(json, job->devices[i]);
        }
        out_close(json, ']');
    }
    out_close(json, '}');
}

void firmware_event_json(struct json_out *json, const struct event_firmware *event)
{
    out_open(json, '{');
    id_member(json, "job", event->job);
    out_key(json, "state");
    out_text(json, firmware_state_name((enum firmware_state)event->state));
    number_member(json, "bytes", event->bytes);
    number_member(json, "size", event->size);
    problem_member(json, event->problem, NULL);
    out_close(json, '}');
}
