/* Firmware as a whole: opened, started, given out, closed. */

#include "linnetd/firmware.h"

#include "linnetd/daemon.h"
#include "linnetd/firmware_device.h"
#include "linnetd/heap.h"

#include <linnet/net.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "fw/";

/* ---- Maps ---- */

static uint64_t endpoint_hash(const void *context, const void *item)
{
    const struct firmware_device *device = item;

    return ln_hash(context, device->endpoint);
}

static bool endpoint_is(const void *item, const void *key)
{
    return ln_bytes_equal(((const struct firmware_device *)item)->endpoint,
                          *(const struct ln_bytes *)key);
}

/* Tokens are random: they are their own hash. */
static uint64_t token_hash(const void *context, const void *item)
{
    (void)context;
    return ((const struct firmware_device *)item)->token;
}

static bool token_is(const void *item, const void *key)
{
    return ((const struct firmware_device *)item)->token == *(const uint64_t *)key;
}

static const struct ln_map_calls by_endpoint = {endpoint_hash, endpoint_is};
static const struct ln_map_calls by_token = {token_hash, token_is};

/* ---- The download service ---- */

static bool token_of_path(struct ln_bytes path, uint64_t *token)
{
    size_t start = sizeof(prefix) - 1;

    *token = 0;
    if (path.len != start + 16 || memcmp(path.at, prefix, start) != 0) {
        return false;
    }
    for (size_t i = start; i < path.len; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, path.at[i], 16);
        if (digit == NULL) {
            return false;
        }
        *token = *token << 4 | (uint64_t)(digit - digits);
    }
    return true;
}

static bool find(void *context, const struct ln_peer *peer, struct ln_bytes path,
                 struct ln_server_file *out)
{
    struct firmware *firmware = context;
    uint64_t token;

    (void)peer;
    if (!token_of_path(path, &token)) {
        return false;
    }
    pthread_mutex_lock(&firmware->lock);
    const struct firmware_device *device = firmware_device_of_token(firmware, token);
    bool found = device != NULL && device->job->pulls && device->job->image != NULL;
    if (found) {
        struct ln_reader in = ln_reader(ln_bytes(device->job->image->sha256, FIRMWARE_SHA256));
        *out = (struct ln_server_file){
            .id = token, .size = device->job->size, .etag = ln_read_u64(&in)};
    }
    pthread_mutex_unlock(&firmware->lock);
    return found;
}

/* A block that is asked for again moves nothing on. */
static void note_fetched(struct firmware *firmware, struct firmware_device *device,
                         uint32_t end, size_t size)
{
    firmware->pulled += size;
    if (end > device->bytes) {
        firmware_device_progress(firmware, device, end);
    }
    if (end == device->job->size && !device->fetched) {
        device->fetched = true;
        firmware_device_post(firmware, device);
    }
}

static bool read_file(void *context, uint64_t id, uint32_t offset, void *out, size_t size)
{
    struct firmware *firmware = context;

    pthread_mutex_lock(&firmware->lock);
    struct firmware_device *device = firmware_device_of_token(firmware, id);
    bool good = device != NULL && device->job->image != NULL &&
                firmware_image_read(firmware, device->job->image, offset, out, size);
    if (good) {
        note_fetched(firmware, device, offset + (uint32_t)size, size);
    }
    pthread_mutex_unlock(&firmware->lock);
    return good;
}

struct ln_server_files firmware_files(struct firmware *firmware)
{
    return (struct ln_server_files){.find = find, .read = read_file, .context = firmware};
}

struct firmware_counters firmware_counters(struct firmware *firmware)
{
    pthread_mutex_lock(&firmware->lock);
    struct firmware_counters c = {.images = firmware->image_count,
                                  .jobs = firmware->job_count,
                                  .devices = firmware->by_token.count,
                                  .pushed = firmware->pushed,
                                  .pulled = firmware->pulled};
    memcpy(c.ended, firmware->ended, sizeof(c.ended));
    pthread_mutex_unlock(&firmware->lock);
    return c;
}

bool firmware_uri(const struct daemon *daemon, const struct firmware_device *device,
                  const struct ln_registration_view *view, char out[256])
{
    bool secure = view->peer.session != 0;
    static const uint8_t nowhere[sizeof(view->peer.local.ip)];
    struct ln_address local = view->peer.local;
    struct ln_writer w = ln_writer(out, 256);
    char token[17];

    (void)snprintf(token, sizeof(token), "%016llx", (unsigned long long)device->token);
    local.port = secure ? daemon->coaps.port : daemon->coap.port;
    local.scope = 0;
    if (daemon->config.firmware_url[0] != '\0') {
        ln_write_text(&w, daemon->config.firmware_url);
    } else if (memcmp(local.ip, nowhere, sizeof(nowhere)) == 0 || local.port == 0) {
        return false;
    } else {
        ln_write_text(&w, secure ? "coaps://" : "coap://");
        ln_write_address(&w, &local);
    }
    ln_write_text(&w, "/");
    ln_write_text(&w, prefix);
    ln_write_text(&w, token);
    ln_write_u8(&w, '\0');
    return !w.failed;
}

/* ---- Opened ---- */

/* One thread may come by here again: the engine reads a block while a device's step holds it. */
static void init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

/* What an upload left that did not come to its end, or an image that was deleted. */
static void sweep_folder(struct firmware *firmware)
{
    DIR *folder = opendir(firmware->folder);
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        uint64_t id;
        char path[4096 + 300];
        bool is_ours = operation_id_of_text(ln_bytes_of_text(entry->d_name), &id) &&
                       firmware_image_find(firmware, id) != NULL;
        if (!is_ours && entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "%s/%s", firmware->folder, entry->d_name);
            (void)unlink(path);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

/* A backup of the database has no images: they are missed when they are wanted, and told now. */
static void look_for_files(struct firmware *firmware)
{
    for (const struct firmware_image *image = firmware->images; image != NULL;
         image = image->next) {
        char path[4200];
        struct stat file;
        firmware_image_path(firmware, image->id, path);
        if (stat(path, &file) != 0 || file.st_size != (off_t)image->size) {
            log_line(LOG_ERROR, "%s: the firmware image is not there, or cut: upload it again",
                     path);
        }
    }
}

static bool read_store(struct firmware *firmware, char why[STORE_WHY_MAX])
{
    struct daemon *daemon = firmware->daemon;

    if (daemon->store == NULL) {
        return true;
    }
    (void)snprintf(firmware->folder, sizeof(firmware->folder), "%s/images",
                   daemon->config.data);
    if (!firmware_rows_read(firmware, store_database(daemon->store))) {
        (void)snprintf(
            why, STORE_WHY_MAX,
            "%.300s: the tables of firmware cannot be read: put a backup of linnet.db "
            "in its place",
            daemon->config.data);
        return false;
    }
    sweep_folder(firmware);
    look_for_files(firmware);
    return true;
}

struct firmware *firmware_open(struct daemon *daemon, char why[STORE_WHY_MAX])
{
    struct firmware *firmware = calloc(1, sizeof(*firmware));

    if (firmware == NULL) {
        (void)snprintf(why, STORE_WHY_MAX, "no memory");
        return NULL;
    }
    firmware->daemon = daemon;
    init_lock(&firmware->lock);
    ln_random_system.fill(ln_random_system.context, firmware->seed, sizeof(firmware->seed));
    ln_map_init(&firmware->by_endpoint, &by_endpoint, firmware->seed, &heap_allocator);
    ln_map_init(&firmware->by_token, &by_token, NULL, &heap_allocator);
    if (!read_store(firmware, why)) {
        firmware_close(firmware);
        return NULL;
    }
    return firmware;
}

/* Whether Update has left before the end, nobody knows: what the device says decides. */
static void go_on(struct firmware *firmware, struct firmware_device *device)
{
    switch (device->step) {
    case FIRMWARE_OVER:
        return;
    case FIRMWARE_EXECUTE:
        device->unknown = true;
        device->step = FIRMWARE_APPLY;
        device->state = FIRMWARE_UPDATING;
        break;
    case FIRMWARE_FETCH:
    case FIRMWARE_APPLY:
        break;
    default:
        device->step = FIRMWARE_LOOK;
        device->state = FIRMWARE_WAITING;
        device->bytes = 0;
        break;
    }
    firmware_device_post(firmware, device);
}

void firmware_start(struct firmware *firmware)
{
    pthread_mutex_lock(&firmware->lock);
    for (struct firmware_job *job = firmware->jobs; job != NULL; job = job->next) {
        for (size_t i = 0; i < job->count; i++) {
            go_on(firmware, job->devices[i]);
        }
    }
    pthread_mutex_unlock(&firmware->lock);
}

void firmware_close(struct firmware *firmware)
{
    if (firmware == NULL) {
        return;
    }
    while (firmware->jobs != NULL) {
        struct firmware_job *job = firmware->jobs;
        firmware->jobs = job->next;
        firmware_job_free(job);
    }
    while (firmware->images != NULL) {
        firmware_image_remove(firmware, firmware->images);
    }
    ln_map_fini(&firmware->by_endpoint);
    ln_map_fini(&firmware->by_token);
    pthread_mutex_destroy(&firmware->lock);
    free(firmware);
}
