/* The Firmware Update object on a machine with files: where an image is kept, checked and applied. */

#include "firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "device.h"
#include "state.h"

static const char image_name[] = "firmware.image";
static const char status_name[] = "firmware.status";

enum { TAG_VERSION = LN_SECTION_OF_APP + 16 };

/* Good until the next call; the folder was made to fit. */
static const char *path_of(const struct firmware *f, const char *name)
{
    static char path[FIRMWARE_PATH + 32];

    snprintf(path, sizeof(path), "%s/%s", f->folder, name);
    return path;
}

/* ---- An image comes ---- */

static uint8_t result_of(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return LN_FIRMWARE_NO_SPACE;
    default:
        return LN_FIRMWARE_NO_MEMORY;
    }
}

static uint8_t complain(const struct firmware *f, const char *what)
{
    int error = errno;

    device_log(f->device, "firmware: %s: %s: %s", f->folder, what, strerror(error));
    return result_of(error);
}

static bool make_folder(struct firmware *f)
{
    const char *where = getenv("TMPDIR");

    if (f->folder[0] != '\0') {
        return true;
    }
    snprintf(f->folder, sizeof(f->folder), "%s/linnet-firmware-XXXXXX",
             where == NULL ? "/tmp" : where);
    f->is_own_folder = mkdtemp(f->folder) != NULL;
    if (!f->is_own_folder) {
        f->folder[0] = '\0';
    }
    return f->is_own_folder;
}

static bool has_room(const struct firmware *f, size_t size)
{
    struct statvfs disk;

    return statvfs(f->folder, &disk) != 0 || size / disk.f_frsize < disk.f_bavail;
}

static void close_image(struct firmware *f)
{
    if (f->file >= 0) {
        close(f->file);
        f->file = -1;
    }
}

static uint8_t begin(void *context, size_t size)
{
    struct firmware *f = context;

    if (!make_folder(f)) {
        return complain(f, "a folder for the image");
    }
    if (!has_room(f, size)) {
        errno = ENOSPC;
        return complain(f, "an image of this size");
    }
    close_image(f);
    f->file = open(path_of(f, image_name),
                   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->file < 0) {
        return complain(f, image_name);
    }
    image_begin(&f->image);
    device_log(f->device, "firmware: an image comes%s",
               f->object.is_pulled ? ", fetched" : ", pushed");
    return LN_FIRMWARE_OK;
}

static uint8_t chunk(void *context, size_t offset, struct ln_bytes bytes)
{
    struct firmware *f = context;
    uint8_t result = image_take(&f->image, f->device->device.model, bytes);

    if (result != LN_FIRMWARE_OK) {
        device_log(f->device, "firmware: the image is not for this device");
        return result;
    }
    while (bytes.len > 0) {
        ssize_t done = pwrite(f->file, bytes.at, bytes.len, (off_t)offset);
        if (done <= 0) {
            return complain(f, image_name);
        }
        offset += (size_t)done;
        bytes = ln_bytes(bytes.at + done, bytes.len - (size_t)done);
    }
    return LN_FIRMWARE_OK;
}

static void name(struct firmware *f)
{
    f->object.name = f->image.name[0] == '\0' ? NULL : f->image.name;
    f->object.version = f->image.version[0] == '\0' ? NULL : f->image.version;
}

static void is_there(struct firmware *f)
{
    name(f);
    device_log(f->device, "firmware: the image is there: %zu bytes in %s", f->object.got,
               path_of(f, image_name));
}

static uint8_t end(void *context)
{
    struct firmware *f = context;
    const char *verify = f->device->options->firmware_verify;
    char file[sizeof(f->folder) + 32];
    uint8_t result = fsync(f->file) == 0 ? image_end(&f->image) : complain(f, image_name);

    close_image(f);
    if (result != LN_FIRMWARE_OK) {
        device_log(f->device, "firmware: the image is %s",
                   result == LN_FIRMWARE_DAMAGED ? "damaged: its SHA-256 is another"
                                                 : "not for this device, or cannot be kept");
        return result;
    }
    snprintf(file, sizeof(file), "%s", path_of(f, image_name));
    if (verify == NULL) {
        is_there(f);
        return LN_FIRMWARE_OK;
    }
    return command_start(&f->verifying, verify, file, path_of(f, status_name))
               ? LN_FIRMWARE_WAIT
               : complain(f, verify);
}

static void abandon(void *context)
{
    struct firmware *f = context;

    command_stop(&f->verifying);
    close_image(f);
    (void)unlink(path_of(f, image_name));
}

/* ---- An image is to be fetched ---- */

/* Those of the object that this device has. */
static const struct {
    const char *scheme;
    uint8_t protocol;
} protocols[] = {
    {"coap", LN_FIRMWARE_COAP},
    {"coaps", LN_FIRMWARE_COAPS},
};

static uint8_t fetch(void *context)
{
    struct firmware *f = context;
    uint8_t result = fetch_start(&f->fetch);

    device_log(f->device, "firmware: %s: %s", f->object.uri,
               result == LN_FIRMWARE_OK        ? "is to be fetched"
               : result == LN_FIRMWARE_BAD_URI ? "is no URI"
                                               : "is of a scheme that is not ours");
    return result;
}

static void list_protocols(struct ln_firmware *object)
{
    for (uint16_t i = 0; i < LN_COUNT(protocols); i++) {
        object->protocols.ids[i] = i;
        object->protocols.values[i] = protocols[i].protocol;
    }
    object->protocols.count = LN_COUNT(protocols);
}

/* ---- Commands ---- */

static void verified(struct firmware *f, int status)
{
    enum { OTHER_KIND = 2 };

    device_log(f->device, "firmware: --firmware-verify ended with status %d", status);
    if (status == 0) {
        is_there(f);
    }
    ln_firmware_checked(&f->object, status == 0            ? LN_FIRMWARE_OK
                                    : status == OTHER_KIND ? LN_FIRMWARE_WRONG_PACKAGE
                                                           : LN_FIRMWARE_DAMAGED);
}

/* The Device object's firmware version is that of the image, from now on. */
static void take_version(struct firmware *f)
{
    if (f->installed[0] != '\0') {
        f->device->device.firmware = f->installed;
        objects_keep_set(f->device);
    }
}

static void applied(struct firmware *f, int status)
{
    struct device *d = f->device;

    device_log(d, "firmware: the update %s (status %d)", status == 0 ? "worked" : "failed",
               status);
    if (status == 0 && f->object.version != NULL) {
        snprintf(f->installed, sizeof(f->installed), "%s", f->object.version);
        take_version(f);
    }
    ln_firmware_applied(&f->object, status == 0);
    (void)unlink(path_of(f, status_name));
    ln_client_changed(&d->client, ln_clock_now(), ln_path_resource(3, 0, 3));
}

void firmware_apply(struct firmware *f)
{
    const char *apply = f->device->options->firmware_apply;
    char file[sizeof(f->folder) + 32];

    if (f->object.state != LN_FIRMWARE_UPDATING || f->applying.process != 0) {
        return;
    }
    snprintf(file, sizeof(file), "%s", path_of(f, image_name));
    if (apply == NULL) {
        device_log(f->device, "firmware: nothing says how to apply it: --firmware-apply does");
        applied(f, -1);
    } else if (!command_start(&f->applying, apply, file, path_of(f, status_name))) {
        (void)complain(f, apply);
        applied(f, -1);
    }
}

/* ---- Over a restart ---- */

/* What is said to be there must be. */
static ln_err restore(void *context, struct ln_reader *in, enum ln_write_step step)
{
    struct firmware *f = context;
    struct ln_firmware object = f->object;
    ln_err err = ln_firmware_restore(&object, in, LN_STORE);
    bool is_whole =
        object.state < LN_FIRMWARE_DOWNLOADED || access(path_of(f, image_name), R_OK) == 0;

    if (err == LN_OK && step == LN_STORE && is_whole) {
        f->object = object;
    }
    return err;
}

static void save(const void *context, struct ln_writer *w)
{
    const struct firmware *f = context;

    ln_firmware_save(&f->object, w);
}

static void save_version(const void *context, struct ln_writer *w)
{
    ln_write_text(w, context);
}

static ln_err restore_version(void *context, struct ln_reader *in, enum ln_write_step step)
{
    char version[IMAGE_TEXT];
    struct ln_bytes text = ln_read_rest(in);

    if (!ln_utf8_valid(text) || !ln_bytes_to_text(text, version, sizeof(version))) {
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE) {
        memcpy(context, version, sizeof(version));
    }
    return LN_OK;
}

/* Reads its head again. */
static void name_again(struct firmware *f)
{
    uint8_t head[IMAGE_HEAD_MAX];
    int file = open(path_of(f, image_name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t len = file < 0 ? -1 : read(file, head, sizeof(head));

    if (file >= 0) {
        close(file);
    }
    if (len > 0) {
        image_begin(&f->image);
        (void)image_take(&f->image, NULL, ln_bytes(head, (size_t)len));
        name(f);
    }
}

/* ---- Its life ---- */

bool firmware_init(struct firmware *f, struct device *device)
{
    static const struct ln_firmware_calls calls = {begin, chunk, end, abandon, fetch};
    const char *state = device->options->state;

    *f = (struct firmware){
        .device = device,
        .file = -1,
        .object = {.calls = &calls, .context = f, .delivery = LN_FIRMWARE_BOTH},
    };
    list_protocols(&f->object);
    state_add(device, &(const struct ln_client_section){LN_SECTION_FIRMWARE, f, save, restore});
    state_add(device, &(const struct ln_client_section){TAG_VERSION, f->installed, save_version,
                                                        restore_version});
    if (state != NULL &&
        snprintf(f->folder, sizeof(f->folder), "%s", state) >= (int)sizeof(f->folder)) {
        fprintf(stderr, "linnet-device: --state: the name of the folder is too long\n");
        return false;
    }
    return fetch_init(&f->fetch, device, &f->object);
}

void firmware_begin(struct firmware *f)
{
    take_version(f);
    if (f->object.state >= LN_FIRMWARE_DOWNLOADED) {
        name_again(f);
    }
    if (f->object.state == LN_FIRMWARE_UPDATING) { /* and the restart was a part of it */
        applied(f, command_status(path_of(f, status_name)));
    }
    if (ln_firmware_fetches(&f->object)) {
        (void)fetch_start(&f->fetch); /* its URI was found good by the last run */
    }
}

ln_time firmware_deadline(const struct firmware *f)
{
    return fetch_deadline(&f->fetch);
}

void firmware_turn(struct firmware *f)
{
    int status;

    fetch_turn(&f->fetch);
    if (command_ended(&f->verifying, &status)) {
        verified(f, status);
    }
    if (command_ended(&f->applying, &status)) {
        applied(f, status);
    }
    if (f->told_state != f->object.state || f->told_result != f->object.result) {
        f->told_state = f->object.state;
        f->told_result = f->object.result;
        state_touch(f->device);
        ln_client_changed(&f->device->client, ln_clock_now(), ln_path_instance(5, 0));
    }
}

void firmware_fini(struct firmware *f)
{
    fetch_fini(&f->fetch);
    command_stop(&f->verifying);
    close_image(f);
    if (f->is_own_folder || f->device->resets) {
        (void)unlink(path_of(f, image_name));
        (void)unlink(path_of(f, status_name));
    }
    if (f->is_own_folder) {
        (void)rmdir(f->folder);
    }
}
