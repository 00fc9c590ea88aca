/* /firmware/images: uploaded, listed, deleted. */

#include "linnetd/daemon.h"
#include "linnetd/firmware_change.h"
#include "linnetd/octets.h"
#include "linnetd/routes.h"

#include <linnet/net.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 1000, SHA256_TEXT = 2 * FIRMWARE_SHA256 };

/* ---- Shared with the routes of jobs ---- */

void firmware_respond_id(struct request *request, const char *path, uint64_t id)
{
    char text[OPERATION_ID_TEXT];
    struct text_out location = {.at = NULL};

    operation_id_text(id, text);
    text_add(&location, path);
    text_bytes(&location, ln_bytes(text, strlen(text) + 1));
    request->answer.location = location.at;
}

bool firmware_id_of(struct ln_bytes text, uint64_t *id)
{
    return operation_id_of_text(text, id);
}

bool firmware_page(struct request *request, uint64_t *limit, uint64_t *after)
{
    static const char *const names[] = {"limit", "cursor", NULL};
    char text[OPERATION_ID_TEXT];

    *limit = LIMIT_DEFAULT;
    *after = 0;
    if (!request_query_only(request, names) ||
        !request_query_number(request, "limit", 1, LIMIT_MAX, limit)) {
        return false;
    }
    if (!request_query(request, "cursor", text, sizeof(text))) {
        return request->problem == PROBLEM_NONE;
    }
    return operation_id_of_text(ln_bytes_of_text(text), after) ||
           problem(request, PROBLEM_BAD_QUERY, "cursor: it is not one of this server");
}

void firmware_page_end(struct json_out *json, uint64_t next, size_t total)
{
    char text[OPERATION_ID_TEXT];

    out_close(json, ']');
    out_key(json, "next");
    if (next != 0) {
        operation_id_text(next, text);
        out_text(json, text);
    } else {
        out_null(json);
    }
    out_key(json, "total");
    out_unsigned(json, total);
    out_close(json, '}');
}

static void on_stored(struct store_job *job, bool ok)
{
    struct firmware_change *change = (struct firmware_change *)(void *)job;

    change->failed = !ok;
    change->apply(change);
    call_done(&change->request->calls[0]);
}

void firmware_store(struct request *request, struct firmware_change *change,
                    void (*finish)(struct request *))
{
    struct store *store = request->daemon->store;

    change->request = request;
    change->firmware = request->daemon->firmware;
    change->job.done = on_stored;
    if (store == NULL) {
        change->apply(change);
        finish(request);
        return;
    }
    request_wait(request, finish);
    store_write(store, &change->job);
}

/* ---- Upload ---- */

struct upload {
    struct firmware_change change; /* first */
    struct firmware_image *image;
    char path[4200]; /* of what has come so far; "": there is nothing on disk */
    gnutls_hash_hd_t hash;
    char wanted[SHA256_TEXT + 1]; /* "": whatever comes */
};

static void free_upload(void *state)
{
    struct upload *upload = state;

    if (upload->hash != NULL) {
        gnutls_hash_deinit(upload->hash, NULL);
    }
    if (upload->image != NULL) {
        if (upload->image->fd >= 0) {
            close(upload->image->fd);
        }
        free(upload->image);
    }
    if (upload->path[0] != '\0') {
        (void)unlink(upload->path);
    }
}

static bool read_label(struct request *request, const char *name, char *out)
{
    if (!request_query(request, name, out, FIRMWARE_NAME_MAX + 1)) {
        return request->problem == PROBLEM_NONE;
    }
    /* Control characters could drive the terminal of who lists the images. */
    for (const char *at = out; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7F) {
            return problem(request, PROBLEM_BAD_QUERY, "%s: it has control characters", name);
        }
    }
    return true;
}

static bool read_wanted(struct request *request, struct upload *upload)
{
    if (!request_query(request, "sha256", upload->wanted, sizeof(upload->wanted))) {
        return request->problem == PROBLEM_NONE;
    }
    return (strlen(upload->wanted) == SHA256_TEXT &&
            strspn(upload->wanted, "0123456789abcdef") == SHA256_TEXT) ||
           problem(request, PROBLEM_BAD_QUERY, "sha256: it is %d digits 0-9 and a-f",
                   SHA256_TEXT);
}

static bool read_length(struct request *request)
{
    const char *length = request_header(request, "Content-Length");
    uint64_t size;

    if (length != NULL && ln_unsigned_of_text(ln_bytes_of_text(length), &size) &&
        size > FIRMWARE_SIZE_MAX) {
        return problem(request, PROBLEM_TOO_LARGE, "an image may have %d MiB",
                       FIRMWARE_SIZE_MAX >> 20);
    }
    return true;
}

static bool read_parameters(struct request *request, struct upload *upload)
{
    static const char *const names[] = {"name", "version", "sha256", NULL};

    if (!octets_are_named(request, "Content-Type")) {
        return problem(request, PROBLEM_BAD_FORMAT,
                       "an image comes as application/octet-stream: say so in Content-Type");
    }
    return request_query_only(request, names) &&
           read_label(request, "name", upload->image->name) &&
           read_label(request, "version", upload->image->version) &&
           read_wanted(request, upload) && read_length(request);
}

static bool open_file(struct request *request, struct upload *upload)
{
    struct firmware *firmware = request->daemon->firmware;

    if (firmware->folder[0] == '\0') {
        upload->image->fd = memfd_create("image", MFD_CLOEXEC);
    } else {
        (void)mkdir(firmware->folder, 0700); /* what is wrong with it, open() says */
        (void)snprintf(upload->path, sizeof(upload->path), "%s/upload-%llx", firmware->folder,
                       (unsigned long long)upload->image->id);
        upload->image->fd = open(upload->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    return upload->image->fd >= 0 ||
           problem(request, PROBLEM_READ_ONLY, "the image cannot be kept: %s", strerror(errno));
}

static bool write_all(int fd, struct ln_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.at, bytes.len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            bytes = ln_bytes(bytes.at + n, bytes.len - (size_t)n);
        }
    }
    return true;
}

static size_t take_piece(struct request *request, struct ln_bytes piece)
{
    struct upload *upload = request->state;
    struct firmware_image *image = upload->image;

    if (piece.len > FIRMWARE_SIZE_MAX - image->size) {
        problem(request, PROBLEM_TOO_LARGE, "an image may have %d MiB",
                FIRMWARE_SIZE_MAX >> 20);
    } else if (!write_all(image->fd, piece)) {
        problem(request, PROBLEM_READ_ONLY, "the image cannot be kept: %s", strerror(errno));
    } else if (gnutls_hash(upload->hash, piece.at, piece.len) != 0) {
        problem(request, PROBLEM_INTERNAL, "the checksum cannot be made");
    } else {
        image->size += (uint32_t)piece.len;
    }
    return piece.len;
}

void prepare_firmware_upload(struct request *request)
{
    struct upload *upload = request_state(request, sizeof(*upload), free_upload);

    if (upload == NULL) {
        return;
    }
    upload->image = calloc(1, sizeof(*upload->image));
    if (upload->image == NULL || gnutls_hash_init(&upload->hash, GNUTLS_DIG_SHA256) != 0) {
        problem(request, PROBLEM_NO_MEMORY, "no memory for the image: try again later");
        return;
    }
    upload->image->fd = -1;
    upload->image->id = operation_next_number(request->daemon);
    upload->image->created_at = ln_clock_wall_ms();
    if (read_parameters(request, upload) && open_file(request, upload)) {
        request->take = take_piece;
    }
}

/* On the store's thread: the bytes first, so that a row always has them. */
static bool run_upload(struct store_job *job, struct sqlite3 *db)
{
    struct upload *upload = (struct upload *)(void *)job;
    struct firmware *firmware = upload->change.firmware;
    char path[4200];

    firmware_image_path(firmware, upload->image->id, path);
    int folder = open(firmware->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = folder >= 0 && fsync(upload->image->fd) == 0 &&
                rename(upload->path, path) == 0 && fsync(folder) == 0;
    if (good) {
        (void)snprintf(upload->path, sizeof(upload->path), "%s", path);
    }
    if (folder >= 0) {
        close(folder);
    }
    return good && firmware_row_image(db, upload->image);
}

/* From now on it is the table's. */
static void apply_upload(struct firmware_change *change)
{
    struct upload *upload = (struct upload *)change;
    struct firmware *firmware = change->firmware;

    if (change->failed) {
        return;
    }
    pthread_mutex_lock(&firmware->lock);
    if (firmware->image_count >= FIRMWARE_IMAGES_MAX) {
        change->refused = true;
    } else {
        firmware_image_add(firmware, upload->image);
        firmware_image_rest(firmware, upload->image);
        change->id = upload->image->id;
        upload->image = NULL;
        upload->path[0] = '\0';
    }
    pthread_mutex_unlock(&firmware->lock);
}

static void respond_image(struct request *request, unsigned status, uint64_t id)
{
    struct firmware *firmware = request->daemon->firmware;

    pthread_mutex_lock(&firmware->lock);
    const struct firmware_image *image = firmware_image_find(firmware, id);
    if (image != NULL) {
        struct json_out json = {.out = respond_json(request, status)};
        firmware_image_json(&json, image);
    } else {
        problem(request, PROBLEM_UNKNOWN_IMAGE, "GET /api/v1/firmware/images lists them");
    }
    pthread_mutex_unlock(&firmware->lock);
}

static void finish_upload(struct request *request)
{
    struct upload *upload = request->state;

    if (upload->change.failed) {
        problem(request, PROBLEM_READ_ONLY, "the disk takes nothing: see the log of linnetd");
    } else if (upload->change.refused) {
        problem(request, PROBLEM_TOO_MANY_IMAGES, "there may be %d: delete one",
                FIRMWARE_IMAGES_MAX);
    } else {
        respond_image(request, 201, upload->change.id);
        firmware_respond_id(request, "/api/v1/firmware/images/", upload->change.id);
    }
}

static bool has_wanted_bytes(struct request *request, const struct upload *upload)
{
    char text[SHA256_TEXT + 1];

    for (size_t i = 0; i < FIRMWARE_SHA256; i++) {
        (void)snprintf(&text[2 * i], 3, "%02x", upload->image->sha256[i]);
    }
    return upload->wanted[0] == '\0' || strcmp(text, upload->wanted) == 0 ||
           problem(request, PROBLEM_BAD_VALUE, "the SHA-256 of what came is %s: send it again",
                   text);
}

static bool has_room_for_image(struct request *request)
{
    struct firmware *firmware = request->daemon->firmware;

    pthread_mutex_lock(&firmware->lock);
    bool full = firmware->image_count >= FIRMWARE_IMAGES_MAX;
    pthread_mutex_unlock(&firmware->lock);
    return !full || problem(request, PROBLEM_TOO_MANY_IMAGES, "there may be %d: delete one",
                            FIRMWARE_IMAGES_MAX);
}

void handle_firmware_upload(struct request *request)
{
    struct upload *upload = request->state;

    if (upload->image->size == 0) {
        problem(request, PROBLEM_BAD_VALUE, "the body is the image, and there is none");
        return;
    }
    gnutls_hash_deinit(upload->hash, upload->image->sha256);
    upload->hash = NULL;
    if (has_wanted_bytes(request, upload) && has_room_for_image(request)) {
        upload->change.job.run = run_upload;
        upload->change.apply = apply_upload;
        firmware_store(request, &upload->change, finish_upload);
    }
}

/* ---- Read ---- */

void handle_firmware_images(struct request *request)
{
    struct firmware *firmware = request->daemon->firmware;
    uint64_t limit;
    uint64_t after;

    if (!firmware_page(request, &limit, &after)) {
        return;
    }
    struct json_out json = {.out = respond_json(request, 200)};
    out_open(&json, '{');
    out_key(&json, "items");
    out_open(&json, '[');
    pthread_mutex_lock(&firmware->lock);
    const struct firmware_image *image = firmware->images;
    uint64_t last = 0;
    for (; image != NULL && limit > 0; image = image->next) {
        if (image->id > after) {
            firmware_image_json(&json, image);
            last = image->id;
            limit--;
        }
    }
    firmware_page_end(&json, image != NULL ? last : 0, firmware->image_count);
    pthread_mutex_unlock(&firmware->lock);
}

static bool read_id(struct request *request, uint64_t *id)
{
    if (!request_query_only(request, (const char *const[]){NULL})) {
        return false;
    }
    return firmware_id_of(request->segments[request->segment_count - 1], id) ||
           problem(request, PROBLEM_UNKNOWN_IMAGE, "GET /api/v1/firmware/images lists them");
}

void handle_firmware_image_get(struct request *request)
{
    uint64_t id;

    if (read_id(request, &id)) {
        respond_image(request, 200, id);
    }
}

/* ---- Delete ---- */

static bool run_delete(struct store_job *job, struct sqlite3 *db)
{
    return firmware_row_image_delete(db, ((struct firmware_change *)(void *)job)->id);
}

static void apply_delete(struct firmware_change *change)
{
    struct firmware *firmware = change->firmware;
    char path[4200];

    pthread_mutex_lock(&firmware->lock);
    struct firmware_image *image = firmware_image_find(firmware, change->id);
    if (image != NULL && change->failed) {
        image->leaves = false;
    } else if (image != NULL) {
        firmware_image_remove(firmware, image);
        if (firmware->folder[0] != '\0') {
            firmware_image_path(firmware, change->id, path);
            (void)unlink(path);
        }
    }
    pthread_mutex_unlock(&firmware->lock);
}

static void finish_delete(struct request *request)
{
    const struct firmware_change *change = request->state;

    if (change->failed) {
        problem(request, PROBLEM_READ_ONLY, "the disk takes nothing: see the log of linnetd");
    } else {
        respond_empty(request);
    }
}

/* No job takes it from now on. */
static bool begin_delete(struct request *request, uint64_t id)
{
    struct firmware *firmware = request->daemon->firmware;
    bool good = false;

    pthread_mutex_lock(&firmware->lock);
    struct firmware_image *image = firmware_image_find(firmware, id);
    if (image == NULL || image->leaves) {
        problem(request, PROBLEM_UNKNOWN_IMAGE, "GET /api/v1/firmware/images lists them");
    } else if (image->uses > 0) {
        problem(request, PROBLEM_IMAGE_IN_USE,
                "%u devices are to get it: cancel the jobs first, or wait for them",
                image->uses);
    } else {
        good = image->leaves = true;
    }
    pthread_mutex_unlock(&firmware->lock);
    return good;
}

void handle_firmware_image_delete(struct request *request)
{
    uint64_t id;

    if (!read_id(request, &id)) {
        return;
    }
    struct firmware_change *change = request_state(request, sizeof(*change), NULL);
    if (change != NULL && begin_delete(request, id)) {
        change->id = id;
        change->job.run = run_delete;
        change->apply = apply_delete;
        firmware_store(request, change, finish_delete);
    }
}
