/* The steps of a job with one device: on the thread of its shard. */

#include "linnetd/firmware_device.h"

#include "linnetd/daemon.h"
#include "linnetd/encoding.h"
#include "linnetd/payload.h"

#include <linnet/net.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_POLL_MS = 500,
    LONGEST_POLL_MS = 15 * 1000,
    AGAIN_MS = 5 * 1000, /* after what is not the device's fault */
    SOON_MS = 200,       /* it has fetched the last block */
    TLV_HEADER_MAX = 6,
    TLV_LONGEST = 0xFFFFFF,
};

static struct firmware *firmware_of(const struct firmware_device *device)
{
    return device->shard->daemon->firmware;
}

/* ---- What is sent ---- */

size_t firmware_tlv_header(uint32_t size, uint8_t out[6])
{
    enum { RESOURCE = 0xC0, LENGTH_8 = 1 << 3, LENGTH_16 = 2 << 3, LENGTH_24 = 3 << 3 };
    struct ln_writer w = ln_writer(out, TLV_HEADER_MAX);

    if (size > TLV_LONGEST) {
        return 0;
    }
    if (size <= UINT8_MAX) {
        ln_write_u16(&w, (RESOURCE | LENGTH_8) << 8);
        ln_write_u8(&w, (uint8_t)size);
    } else if (size <= UINT16_MAX) {
        ln_write_u16(&w, (RESOURCE | LENGTH_16) << 8);
        ln_write_u16(&w, (uint16_t)size);
    } else {
        ln_write_u16(&w, (RESOURCE | LENGTH_24) << 8);
        ln_write_u24(&w, size);
    }
    return w.written;
}

/* A block of the Package: the header, if there is one, and the image behind it. */
static bool read_package(void *context, uint64_t id, uint32_t offset, void *out, size_t size)
{
    struct firmware *firmware = context;
    struct firmware_device *device = (struct firmware_device *)(uintptr_t)id;
    uint8_t header[TLV_HEADER_MAX];
    size_t length = device->as_tlv ? firmware_tlv_header(device->job->size, header) : 0;
    size_t of_header = offset < length ? length - offset : 0;
    uint8_t *at = out;

    of_header = of_header < size ? of_header : size;
    if (of_header > 0) {
        memcpy(at, &header[offset], of_header);
    }
    uint32_t from = offset + (uint32_t)of_header - (uint32_t)length;
    pthread_mutex_lock(&firmware->lock);
    bool good =
        device->job->image != NULL && firmware_image_read(firmware, device->job->image, from,
                                                          at + of_header, size - of_header);
    if (good && device->step == FIRMWARE_PUSH) {
        firmware->pushed += size - of_header;
        firmware_device_progress(firmware, device, from);
    }
    pthread_mutex_unlock(&firmware->lock);
    return good;
}

static ln_time expires_at(const struct firmware_device *device)
{
    int64_t left = device->job->created_at + FIRMWARE_EXPIRES_MS - ln_clock_wall_ms();

    return ln_time_after(device->shard->now, left > 0 ? left : 0);
}

static uint64_t tag_of(const struct firmware_device *device)
{
    return (uint64_t)(uintptr_t)&device->wait;
}

static ln_err push(struct firmware_device *device, const struct ln_registration_view *view)
{
    struct ln_server_terms terms = {.expires_at = expires_at(device), .queue = true};
    uint8_t header[TLV_HEADER_MAX];
    size_t length = firmware_tlv_header(device->job->size, header);

    /* All devices of version 1.0 know TLV, and those of later ones bytes as they are. */
    if (!device->retried) {
        device->as_tlv = view->version == LN_VERSION_1_0;
    }
    device->as_tlv = device->as_tlv && length > 0;
    struct ln_operation operation = {.kind = LN_OPERATION_WRITE,
                                     .path = ln_path_resource(5, 0, 0),
                                     .accept = LN_FORMAT_NONE,
                                     .format =
                                         device->as_tlv ? LN_FORMAT_TLV : LN_FORMAT_OPAQUE};
    struct ln_server_stream stream = {
        .supplies = true,
        .size = device->job->size + (uint32_t)(device->as_tlv ? length : 0),
        .read = read_package,
        .read_context = firmware_of(device),
        .read_id = (uint64_t)(uintptr_t)device,
        .terms = &terms,
    };
    return ln_server_stream(device->shard->server, device->shard->now, device->endpoint,
                            &operation, &stream, tag_of(device), &device->wait.id);
}

static ln_err operate(struct firmware_device *device, const struct ln_operation *operation,
                      bool waits)
{
    struct ln_server_terms terms = {.expires_at = expires_at(device), .queue = waits};

    return ln_server_operate(device->shard->server, device->shard->now, device->endpoint,
                             operation, &terms, tag_of(device), &device->wait.id);
}

static ln_err write_uri(struct firmware_device *device, const struct ln_registration_view *view,
                        const char *uri)
{
    struct ln_record record = {.path = ln_path_resource(5, 0, 1),
                               .value = ln_value_string(uri)};
    struct operation_call op = {.kind = LN_OPERATION_WRITE,
                                .path = record.path,
                                .records = &record,
                                .record_count = 1,
                                .attempt = device->retried ? 1 : 0};
    struct ln_operation operation = {
        .kind = op.kind, .path = op.path, .accept = LN_FORMAT_NONE, .format = LN_FORMAT_NONE};
    uint8_t *payload = NULL;

    ln_err err = encoding_write(&op, view, &payload, &operation);
    if (err == LN_OK) {
        err = operate(device, &operation, true);
    }
    free(payload);
    return err;
}

static ln_err tell_uri(struct firmware_device *device, const struct ln_registration_view *view)
{
    char uri[256];

    device->fetched = false;
    if (!firmware_uri(device->shard->daemon, device, view, uri)) {
        firmware_device_end(firmware_of(device), device, FIRMWARE_FAILED, PROBLEM_FIRMWARE_URL,
                            "linnetd does not know an address of its own that this device "
                            "reaches: start it with --firmware-url");
        return LN_OK;
    }
    return write_uri(device, view, uri);
}

static ln_err look(struct firmware_device *device)
{
    struct ln_operation operation = {.kind = LN_OPERATION_READ,
                                     .path = ln_path_instance(5, 0),
                                     .accept = LN_FORMAT_NONE,
                                     .format = LN_FORMAT_NONE};

    return operate(device, &operation, true);
}

/* It must not wait: between its row on disk and its leaving nothing may come. */
static ln_err execute(struct firmware_device *device)
{
    struct ln_operation operation = {.kind = LN_OPERATION_EXECUTE,
                                     .path = ln_path_resource(5, 0, 2),
                                     .accept = LN_FORMAT_NONE,
                                     .format = LN_FORMAT_NONE};

    return operate(device, &operation, false);
}

/* ---- When ---- */

static void look_later(struct firmware_device *device, ln_time ms)
{
    ln_wheel_set(&device->shard->waits, &device->wait.timer,
                 ln_time_after(device->shard->now, ms));
}

static void poll_later(struct firmware_device *device)
{
    ln_time next = device->poll == 0 ? FIRST_POLL_MS : device->poll * 3 / 2;

    device->poll = next < LONGEST_POLL_MS ? next : LONGEST_POLL_MS;
    look_later(device, device->poll);
}

/* Update has not left: the next look waits for the device, and then it is its turn again. */
static void look_before_update(struct firmware_device *device, ln_time ms)
{
    firmware_device_set(firmware_of(device), device, FIRMWARE_FETCH, FIRMWARE_DOWNLOADED);
    look_later(device, ms);
}

static void refused(struct firmware_device *device, ln_err err)
{
    bool is_away = err == LN_ERR_NOT_FOUND || err == LN_ERR_ASLEEP;

    if (device->step == FIRMWARE_EXECUTE && is_away) {
        look_before_update(device, SOON_MS);
    } else if (err == LN_ERR_BUSY || err == LN_ERR_NO_MEMORY) {
        look_later(device, AGAIN_MS);
    } else {
        firmware_device_end(firmware_of(device), device, FIRMWARE_FAILED, PROBLEM_INTERNAL,
                            "what the device is to be asked cannot be: %s", ln_err_text(err));
    }
}

/* Asks the device what its step is about. */
static ln_err ask(struct firmware_device *device)
{
    struct ln_registration_view view = {.version = LN_VERSION_1_0};
    struct ln_registration *registration =
        ln_server_find(device->shard->server, device->endpoint);

    if (registration != NULL) {
        ln_registration_get(registration, &view);
    }
    switch (device->step) {
    case FIRMWARE_RESET:
        return write_uri(device, &view, "");
    case FIRMWARE_PUSH:
        return push(device, &view);
    case FIRMWARE_TELL:
        return tell_uri(device, &view);
    case FIRMWARE_EXECUTE:
        return execute(device);
    default:
        return look(device);
    }
}

static void go(struct firmware_device *device)
{
    if (device->step == FIRMWARE_EXECUTE && !device->is_kept) {
        return; /* the row of it is on its way to the disk */
    }
    ln_err err = ask(device);
    if (firmware_device_is_over(device)) {
        return;
    }
    if (err == LN_OK) {
        device->under_way = true;
        device->job->busy++;
    } else {
        refused(device, err);
    }
}

/* ---- What comes back ---- */

static bool number_of(const struct ln_record *record, int *out)
{
    struct ln_value value = record->value;
    bool good = ln_value_convert(&value, LN_INTEGER) == LN_OK && value.as.integer >= 0 &&
                value.as.integer <= UINT8_MAX;

    if (good) {
        *out = (int)value.as.integer;
    }
    return good;
}

bool firmware_answer_read(const struct ln_server_event *event, struct firmware_answer *out)
{
    struct payload payload;
    struct ln_record record;
    bool good = true;

    *out = (struct firmware_answer){.report = {-1, -1}, .delivery = -1};
    if (!payload_open(&payload, event->format, event->operation.path, event->payload)) {
        return false;
    }
    while (good && payload_next(&payload, &record)) {
        if (record.path.depth == 3 && record.path.id[2] == 3) {
            good = number_of(&record, &out->report.state);
        } else if (record.path.depth == 3 && record.path.id[2] == 5) {
            good = number_of(&record, &out->report.result);
        } else if (record.path.depth == 3 && record.path.id[2] == 9) {
            good = number_of(&record, &out->delivery);
        }
    }
    good = good && payload.decoder.err == LN_OK;
    payload_close(&payload);
    return good;
}

static void fail_by_code(struct firmware_device *device, const char *to, uint8_t code)
{
    firmware_device_end(firmware_of(device), device, FIRMWARE_FAILED,
                        code == LN_COAP_4_04 && device->step == FIRMWARE_LOOK
                            ? PROBLEM_NO_FIRMWARE
                            : PROBLEM_DEVICE_ERROR,
                        "the device answered %u.%02u to %s", code >> 5, code & 31u, to);
}

static void next(struct firmware_device *device, enum firmware_step step,
                 enum firmware_state state)
{
    device->retried = false;
    device->poll = 0;
    device->idle_since = 0;
    firmware_device_set(firmware_of(device), device, step, state);
    go(device);
}

static void on_looked(struct firmware_device *device, const struct ln_server_event *event)
{
    struct firmware_answer answer;

    if (ln_coap_code_class(event->code) != 2) {
        fail_by_code(device, "a Read of /5/0", event->code);
        return;
    }
    if (!firmware_answer_read(event, &answer)) {
        firmware_device_end(firmware_of(device), device, FIRMWARE_FAILED,
                            PROBLEM_DEVICE_BAD_PAYLOAD,
                            "the answer to a Read of /5/0 cannot be read");
        return;
    }
    switch (firmware_looked(firmware_of(device), device, &answer, device->shard->now)) {
    case FIRMWARE_GO:
        device->retried = false;
        go(device);
        break;
    case FIRMWARE_LATER:
        poll_later(device);
        break;
    case FIRMWARE_ENDED:
        break;
    }
}

/* A device may refuse the format that we chose. True: it is asked in another. */
static bool tries_again(struct firmware_device *device, uint8_t code)
{
    if (code != LN_COAP_4_15 || device->retried) {
        return false;
    }
    device->retried = true;
    device->as_tlv = !device->as_tlv;
    go(device);
    return true;
}

static void on_written(struct firmware_device *device, uint8_t code)
{
    bool good = ln_coap_code_class(code) == 2;

    if (!good && tries_again(device, code)) {
        return;
    }
    if (device->step == FIRMWARE_PUSH) {
        device->refused = good ? 0 : code; /* its Update Result may say why */
        next(device, FIRMWARE_FETCH, FIRMWARE_SENDING);
    } else if (device->step == FIRMWARE_TELL && good) {
        next(device, FIRMWARE_FETCH, FIRMWARE_DOWNLOADING);
    } else if (device->step == FIRMWARE_RESET && (good || device->report.state == 0)) {
        bool pulls = device->job->pulls;
        next(device, pulls ? FIRMWARE_TELL : FIRMWARE_PUSH,
             pulls ? FIRMWARE_WAITING : FIRMWARE_SENDING);
    } else {
        fail_by_code(device, "a Write of /5/0/1", code);
    }
}

static void on_executed(struct firmware_device *device, uint8_t code)
{
    if (ln_coap_code_class(code) == 2) {
        next(device, FIRMWARE_APPLY, FIRMWARE_UPDATING);
    } else {
        fail_by_code(device, "an Execute of /5/0/2", code);
    }
}

static void on_answer(struct firmware_device *device, const struct ln_server_event *event)
{
    switch (device->step) {
    case FIRMWARE_RESET:
    case FIRMWARE_PUSH:
    case FIRMWARE_TELL:
        on_written(device, event->code);
        break;
    case FIRMWARE_EXECUTE:
        on_executed(device, event->code);
        break;
    default:
        on_looked(device, event);
        break;
    }
}

/* Update got no answer: it must not leave twice, so what the device says next decides. */
static void on_execute_lost(struct firmware_device *device, const struct ln_server_event *event)
{
    if (event->sent) {
        device->unknown = true;
        next(device, FIRMWARE_APPLY, FIRMWARE_UPDATING);
    } else {
        next(device, FIRMWARE_FETCH, FIRMWARE_DOWNLOADED);
    }
}

static void on_no_answer(struct firmware_device *device, const struct ln_server_event *event)
{
    struct firmware *firmware = firmware_of(device);

    switch (event->outcome) {
    case LN_OUTCOME_CLOSED: /* the next start goes on */
    case LN_OUTCOME_CANCELLED:
        break;
    case LN_OUTCOME_EXPIRED:
        firmware_device_end(firmware, device, FIRMWARE_FAILED, PROBLEM_EXPIRED,
                            "the device was not heard for seven days");
        break;
    case LN_OUTCOME_INCOMPLETE:
        firmware_device_end(firmware, device, FIRMWARE_FAILED, PROBLEM_IMAGE_MISSING,
                            "the image cannot be read, or the device lost it again and again");
        break;
    case LN_OUTCOME_RESET:
        firmware_device_end(firmware, device, FIRMWARE_FAILED, PROBLEM_DEVICE_RESET,
                            "the device answered with a Reset");
        break;
    case LN_OUTCOME_UNDECODABLE:
    case LN_OUTCOME_TOO_LARGE:
        firmware_device_end(firmware, device, FIRMWARE_FAILED, PROBLEM_DEVICE_BAD_PAYLOAD,
                            "the answer breaks a rule of CoAP, or is too long");
        break;
    default:
        if (device->step == FIRMWARE_EXECUTE) {
            on_execute_lost(device, event);
        } else {
            look_later(device, AGAIN_MS);
        }
        break;
    }
}

static void on_event(struct shard *shard, struct wait *wait,
                     const struct ln_server_event *event)
{
    struct firmware_device *device = (struct firmware_device *)wait;
    struct firmware *firmware = shard->daemon->firmware;

    if (event->kind != LN_SERVER_RESULT) {
        return;
    }
    pthread_mutex_lock(&firmware->lock);
    device->under_way = false;
    if (firmware_device_is_over(device)) {
        ; /* cancelled */
    } else if (event->outcome == LN_OUTCOME_ANSWERED) {
        on_answer(device, event);
    } else {
        on_no_answer(device, event);
    }
    firmware_job_release(firmware, device->job);
    pthread_mutex_unlock(&firmware->lock);
}

static void on_turn(struct shard *shard, struct wait *wait)
{
    struct firmware_device *device = (struct firmware_device *)wait;
    struct firmware *firmware = shard->daemon->firmware;

    pthread_mutex_lock(&firmware->lock);
    if (!firmware_device_is_over(device) && !device->under_way) {
        go(device);
    }
    pthread_mutex_unlock(&firmware->lock);
}

static const struct wait_kind wait_kind = {on_event, on_turn};

/* ---- Another thread has something for it ---- */

static void run_locked(struct shard *shard, struct firmware_device *device)
{
    device->wait.kind = &wait_kind;
    if (firmware_device_is_over(device)) {
        ln_wheel_cancel(&shard->waits, &device->wait.timer);
        if (device->under_way) {
            (void)ln_server_cancel(shard->server, shard->now, device->wait.id);
        }
    } else if (device->under_way || (device->step == FIRMWARE_EXECUTE && device->keeping)) {
        return; /* what it waits for comes by itself */
    } else if (device->step == FIRMWARE_FETCH && device->fetched) {
        look_later(device, SOON_MS);
    } else if (device->step == FIRMWARE_EXECUTE && !device->is_kept) {
        look_before_update(device, AGAIN_MS); /* the disk took nothing */
    } else {
        ln_wheel_cancel(&shard->waits, &device->wait.timer);
        go(device);
    }
}

static void run(struct shard *shard, struct call *call)
{
    struct firmware_device *device =
        (struct firmware_device *)(void *)((char *)call -
                                           offsetof(struct firmware_device, call));
    struct firmware *firmware = shard->daemon->firmware;

    pthread_mutex_lock(&firmware->lock);
    device->posted = false;
    if (!atomic_load(&shard->stop)) {
        run_locked(shard, device);
    }
    firmware_job_release(firmware, device->job);
    pthread_mutex_unlock(&firmware->lock);
}

void firmware_device_post(struct firmware *firmware, struct firmware_device *device)
{
    if (device->posted) {
        return;
    }
    device->shard =
        firmware->daemon->shards[daemon_shard_of(firmware->daemon, device->endpoint)];
    device->call = (struct call){.run = run};
    device->posted = inbox_put_call(&device->shard->inbox, &device->call);
    device->job->busy += device->posted;
}
