/* Object 5, Firmware Update. tests/client/objects_test.c holds this table against the OMA registry.
 * spec: CORE-1.0.2 §E.6 */

#include <linnet/firmware.h>

static void reset(struct ln_firmware *f, enum ln_firmware_state state,
                  enum ln_firmware_result result)
{
    if (f->has_begun) {
        f->calls->abandon(f->context);
    }
    f->has_begun = false;
    f->is_checked = false;
    f->name = NULL;
    f->version = NULL;
    f->got = 0;
    f->state = (uint8_t)state;
    f->result = (uint8_t)result;
}

/* The result is what says why; the code tells who pushes that it may stop. */
static ln_err fail(struct ln_firmware *f, uint8_t result)
{
    reset(f, LN_FIRMWARE_IDLE, (enum ln_firmware_result)result);
    switch (result) {
    case LN_FIRMWARE_NO_SPACE:
        return LN_ERR_TOO_LARGE;
    case LN_FIRMWARE_DAMAGED:
    case LN_FIRMWARE_WRONG_PACKAGE:
        return LN_ERR_BAD_VALUE;
    default:
        return LN_ERR_INTERNAL;
    }
}

static void begin(struct ln_firmware *f, bool is_pulled, size_t size)
{
    reset(f, LN_FIRMWARE_DOWNLOADING, LN_FIRMWARE_OK);
    f->is_pulled = is_pulled;
    f->size = size;
}

static bool is_too_large(const struct ln_firmware *f, size_t bytes)
{
    return f->largest > 0 && (f->size > f->largest || bytes > f->largest - f->got);
}

static uint8_t give(struct ln_firmware *f, struct ln_bytes bytes)
{
    if (is_too_large(f, bytes.len)) {
        return LN_FIRMWARE_NO_SPACE;
    }
    if (!f->has_begun) {
        uint8_t result = f->calls->begin(f->context, f->size);
        if (result != LN_FIRMWARE_OK) {
            return result;
        }
        f->has_begun = true;
    }
    return f->calls->chunk(f->context, f->got, bytes);
}

static ln_err take(struct ln_firmware *f, size_t offset, struct ln_bytes bytes)
{
    if (offset != f->got) {
        return LN_ERR_INCOMPLETE;
    }
    uint8_t result = give(f, bytes);
    if (result == LN_FIRMWARE_OK) {
        f->got += bytes.len;
        return LN_OK;
    }
    return result == LN_FIRMWARE_WAIT ? LN_ERR_BUSY : fail(f, result);
}

static ln_err ended(struct ln_firmware *f, uint8_t result)
{
    if (result != LN_FIRMWARE_OK) {
        return fail(f, result);
    }
    f->state = LN_FIRMWARE_DOWNLOADED;
    return LN_OK;
}

static ln_err end(struct ln_firmware *f)
{
    uint8_t result = f->has_begun ? f->calls->end(f->context) : LN_FIRMWARE_WRONG_PACKAGE;

    if (result == LN_FIRMWARE_WAIT) {
        f->is_checked = true;
        return LN_OK;
    }
    return ended(f, result);
}

void ln_firmware_checked(struct ln_firmware *firmware, enum ln_firmware_result result)
{
    if (firmware->state == LN_FIRMWARE_DOWNLOADING && firmware->is_checked) {
        (void)ended(firmware, (uint8_t)result);
    }
}

/* ---- Pushed: the stream of /5/0/0 ---- */

static bool is_pushed(const struct ln_firmware *f)
{
    return f->state == LN_FIRMWARE_DOWNLOADING && !f->is_pulled;
}

static ln_err push_begin(void *instance, size_t size)
{
    struct ln_firmware *f = instance;

    if (f->state == LN_FIRMWARE_UPDATING) {
        return LN_ERR_NOT_ALLOWED;
    }
    f->uri[0] = '\0';
    begin(f, false, size);
    return LN_OK;
}

/* No bytes, or a single zero: the server takes the image back. */
static bool is_nothing(struct ln_bytes bytes)
{
    return bytes.len == 0 || (bytes.len == 1 && bytes.at[0] == 0);
}

/* Blocks of an image that another one, or a URI, has taken the place of have nowhere to go. */
static ln_err push_chunk(void *instance, size_t offset, struct ln_bytes bytes)
{
    struct ln_firmware *f = instance;

    if (!is_pushed(f)) {
        return LN_ERR_INCOMPLETE;
    }
    if (offset == 0 && is_nothing(bytes)) {
        reset(f, LN_FIRMWARE_IDLE, LN_FIRMWARE_OK);
        return LN_OK;
    }
    return take(f, offset, bytes);
}

static ln_err push_end(void *instance, bool complete)
{
    struct ln_firmware *f = instance;

    if (!is_pushed(f)) {
        return LN_OK; /* taken back, or failed before */
    }
    return complete ? end(f) : fail(f, LN_FIRMWARE_CONNECTION_LOST);
}

/* ---- Pulled ---- */

static ln_err read_uri(void *instance, uint16_t id, struct ln_value *out)
{
    const struct ln_firmware *f = instance;

    (void)id;
    *out = ln_value_string(f->uri);
    return LN_OK;
}

/* spec: CORE-1.0.2 §E.6: the Write succeeds; what is wrong with the URI is a result. */
static void fetch(struct ln_firmware *f)
{
    begin(f, true, 0);
    if (f->uri[0] == '\0') {
        f->state = LN_FIRMWARE_IDLE;
        return;
    }
    uint8_t result =
        f->calls->fetch == NULL ? LN_FIRMWARE_NO_PROTOCOL : f->calls->fetch(f->context);
    if (result != LN_FIRMWARE_OK) {
        (void)fail(f, result);
    }
}

static ln_err write_uri(void *instance, uint16_t id, const struct ln_value *value,
                        enum ln_write_step step)
{
    struct ln_firmware *f = instance;

    (void)id;
    if (f->state == LN_FIRMWARE_UPDATING) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (value == NULL || value->as.bytes.len >= sizeof(f->uri)) {
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE) {
        (void)ln_bytes_to_text(value->as.bytes, f->uri, sizeof(f->uri));
        fetch(f);
    }
    return LN_OK;
}

ln_err ln_firmware_begin(struct ln_firmware *firmware, size_t size)
{
    if (!ln_firmware_fetches(firmware)) {
        return LN_ERR_NOT_ALLOWED;
    }
    begin(firmware, true, size);
    return LN_OK;
}

ln_err ln_firmware_chunk(struct ln_firmware *firmware, size_t offset, struct ln_bytes bytes)
{
    return ln_firmware_fetches(firmware) ? take(firmware, offset, bytes) : LN_ERR_NOT_ALLOWED;
}

ln_err ln_firmware_end(struct ln_firmware *firmware)
{
    return ln_firmware_fetches(firmware) ? end(firmware) : LN_ERR_NOT_ALLOWED;
}

void ln_firmware_fail(struct ln_firmware *firmware, enum ln_firmware_result result)
{
    if (ln_firmware_fetches(firmware)) {
        (void)fail(firmware, (uint8_t)result);
    }
}

/* ---- The update ---- */

static ln_err update(void *instance, struct ln_bytes arguments)
{
    struct ln_firmware *f = instance;

    (void)arguments; /* the object defines none */
    if (f->state != LN_FIRMWARE_DOWNLOADED) {
        return LN_ERR_NOT_ALLOWED;
    }
    f->state = LN_FIRMWARE_UPDATING;
    f->result = LN_FIRMWARE_OK;
    return LN_OK;
}

void ln_firmware_applied(struct ln_firmware *firmware, bool worked)
{
    if (firmware->state != LN_FIRMWARE_UPDATING) {
        return;
    }
    if (worked) {
        firmware->uri[0] = '\0';
        reset(firmware, LN_FIRMWARE_IDLE, LN_FIRMWARE_UPDATED);
    } else {
        firmware->state = LN_FIRMWARE_DOWNLOADED;
        firmware->result = LN_FIRMWARE_UPDATE_FAILED;
    }
}

/* ---- Over a restart ---- */

enum { SAVED_VERSION = 1 };

void ln_firmware_save(const void *firmware, struct ln_writer *w)
{
    const struct ln_firmware *f = firmware;
    bool is_lost = is_pushed(f);

    ln_write_u8(w, SAVED_VERSION);
    ln_write_u8(w, is_lost ? LN_FIRMWARE_IDLE : f->state);
    ln_write_u8(w, is_lost ? LN_FIRMWARE_CONNECTION_LOST : f->result);
    ln_write_u8(w, f->is_pulled);
    ln_write_text(w, f->uri);
}

ln_err ln_firmware_restore(void *firmware, struct ln_reader *in, enum ln_write_step step)
{
    struct ln_firmware *f = firmware;
    uint8_t version = ln_read_u8(in);
    uint8_t state = ln_read_u8(in);
    uint8_t result = ln_read_u8(in);
    uint8_t is_pulled = ln_read_u8(in);
    struct ln_bytes uri = ln_read_rest(in);

    if (in->failed || version != SAVED_VERSION || state > LN_FIRMWARE_UPDATING ||
        result > LN_FIRMWARE_NO_PROTOCOL || is_pulled > 1 ||
        (state == LN_FIRMWARE_DOWNLOADING && (is_pulled == 0 || uri.len == 0)) ||
        uri.len >= sizeof(f->uri) || !ln_utf8_valid(uri)) {
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE) {
        (void)ln_bytes_to_text(uri, f->uri, sizeof(f->uri));
        f->state = state;
        f->result = result;
        f->is_pulled = is_pulled == 1;
        f->has_begun = state >= LN_FIRMWARE_DOWNLOADED;
    }
    return LN_OK;
}

#define FIELD(member) LN_FIELD(struct ln_firmware, member)
#define LIST(member)  LN_LIST_TO_READ(struct ln_firmware, member)

static const struct ln_resource resources[] = {
    /* clang-format off */
    { 0, LN_OPAQUE,  LN_WRITE | LN_MANDATORY,           LN_STREAM(push_begin, push_chunk, push_end) },
    { 1, LN_STRING,  LN_READ | LN_WRITE | LN_MANDATORY, LN_CALL(read_uri, write_uri) },
    { 2, LN_NONE,    LN_EXECUTE | LN_MANDATORY,         LN_EXECUTE_BY(update) },
    { 3, LN_INTEGER, LN_READ | LN_MANDATORY,            FIELD(state) },
    { 5, LN_INTEGER, LN_READ | LN_MANDATORY,            FIELD(result) },
    { 6, LN_STRING,  LN_READ,                           FIELD(name) },
    { 7, LN_STRING,  LN_READ,                           FIELD(version) },
    { 8, LN_INTEGER, LN_READ | LN_MANY,                 LIST(protocols) },
    { 9, LN_INTEGER, LN_READ | LN_MANDATORY,            FIELD(delivery) },
    /* clang-format on */
};

const struct ln_object ln_firmware_object = {
    .id = 5,
    .version_major = 1,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
};
