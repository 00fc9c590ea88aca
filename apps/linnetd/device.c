/* A registration as the API shows it. */

#include "linnetd/device.h"

#include "linnetd/credentials.h"
#include "linnetd/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const device_state_names[] = {"online", "sleeping", "unreachable", "gone", NULL};

enum device_state device_state(const struct ln_registration_view *view)
{
    switch (view->presence) {
    case LN_SLEEPING:
        return DEVICE_SLEEPING;
    case LN_UNREACHABLE:
        return DEVICE_UNREACHABLE;
    default:
        return DEVICE_ONLINE;
    }
}

/* ---- Copying ---- */

static struct ln_bytes copy_bytes(uint8_t **at, struct ln_bytes bytes)
{
    struct ln_bytes copy = {*at, bytes.len};

    if (bytes.len > 0) {
        memcpy(*at, bytes.at, bytes.len);
    }
    *at += bytes.len;
    return copy;
}

struct device *device_copy(const struct ln_registration *registration, int64_t wall_offset)
{
    struct ln_registration_view view;

    ln_registration_get(registration, &view);
    return device_copy_view(&view, wall_offset);
}

struct device *device_copy_view(const struct ln_registration_view *view, int64_t wall_offset)
{
    size_t links = view->object_count * sizeof(*view->objects);
    size_t texts = view->endpoint.len + view->location.len + view->sms.len + view->extra.len +
                   view->identity.len;
    struct device *device = malloc(sizeof(*device) + links + texts);
    if (device == NULL) {
        return NULL;
    }
    struct ln_object_link *objects = (struct ln_object_link *)(device + 1);
    uint8_t *at = (uint8_t *)objects + links;
    if (links > 0) {
        memcpy(objects, view->objects, links);
    }
    *device = (struct device){.view = *view, .wall_offset = wall_offset};
    device->view.objects = objects;
    device->view.endpoint = copy_bytes(&at, view->endpoint);
    device->view.location = copy_bytes(&at, view->location);
    device->view.sms = copy_bytes(&at, view->sms);
    device->view.extra = copy_bytes(&at, view->extra);
    device->view.identity = copy_bytes(&at, view->identity);
    device->view.root = ln_bytes(NULL, 0);
    device->view.formats = ln_bytes(NULL, 0);
    return device;
}

/* ---- Objects ---- */

bool device_has_object(const struct ln_registration_view *view, int64_t object)
{
    for (size_t i = 0; i < view->object_count; i++) {
        if (view->objects[i].object == object) {
            return true;
        }
    }
    return false;
}

static int compare_links(const void *a, const void *b)
{
    const struct ln_object_link *x = a;
    const struct ln_object_link *y = b;

    if (x->object != y->object) {
        return x->object < y->object ? -1 : 1;
    }
    return (x->instance > y->instance) - (x->instance < y->instance);
}

static void version_json(struct json_out *json, const struct ln_object_link *links,
                         size_t count, enum ln_version version)
{
    uint8_t major = 0;
    uint8_t minor = 0;
    char text[8];

    ln_object_default_version(links[0].object, version, &major, &minor);
    for (size_t i = 0; i < count; i++) {
        if (links[i].version_major != 0 || links[i].version_minor != 0) {
            major = links[i].version_major;
            minor = links[i].version_minor;
        }
    }
    (void)snprintf(text, sizeof(text), "%u.%u", major, minor);
    out_text(json, text);
}

/* All links of one object. */
static void object_json(struct json_out *json, const struct ln_object_link *links, size_t count,
                        enum ln_version version)
{
    const struct model *model = model_find(links[0].object);

    out_open(json, '{');
    out_key(json, "id");
    out_unsigned(json, links[0].object);
    out_key(json, "version");
    version_json(json, links, count, version);
    out_key(json, "name");
    if (model != NULL) {
        out_text(json, model->name);
    } else {
        out_null(json);
    }
    out_key(json, "instances");
    out_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        bool again = i > 0 && links[i].instance == links[i - 1].instance;
        if (links[i].instance != LN_ID_NONE && !again) {
            out_unsigned(json, links[i].instance);
        }
    }
    out_close(json, ']');
    out_close(json, '}');
}

static void objects_json(struct json_out *json, const struct device *device)
{
    /* The copy is ours, in memory that is not const. */
    struct ln_object_link *links = (struct ln_object_link *)(uintptr_t)device->view.objects;
    size_t count = device->view.object_count;

    qsort(links, count, sizeof(*links), compare_links);
    out_open(json, '[');
    for (size_t start = 0; start < count;) {
        size_t end = start + 1;
        while (end < count && links[end].object == links[start].object) {
            end++;
        }
        object_json(json, links + start, end - start, device->view.version);
        start = end;
    }
    out_close(json, ']');
}

/* ---- The rest ---- */

static void writer_json(struct json_out *json, const struct ln_writer *w)
{
    out_string(json, ln_writer_bytes(w));
}

static void address_json(struct json_out *json, const struct ln_address *address)
{
    uint8_t text[LN_ADDRESS_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_address(&w, address);
    writer_json(json, &w);
}

static void binding_json(struct json_out *json, const struct ln_registration_view *view)
{
    uint8_t text[LN_BINDING_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    ln_write_binding(&w, view->binding, view->version);
    writer_json(json, &w);
}

static void optional_json(struct json_out *json, struct ln_bytes text)
{
    if (text.len > 0) {
        out_string(json, text);
    } else {
        out_null(json);
    }
}

/* The parameters of the Register that are not LwM2M's own: "et=x&foo". */
static void attributes_json(struct json_out *json, struct ln_bytes extra)
{
    struct ln_reader in = ln_reader(extra);

    out_open(json, '{');
    while (ln_reader_left(&in) > 0) {
        struct ln_reader item = ln_reader(ln_read_until(&in, '&'));
        out_key_bytes(json, ln_read_until(&item, '='));
        out_string(json, ln_read_rest(&item));
    }
    out_close(json, '}');
}

static void time_json(struct json_out *json, const struct device *device, const char *key,
                      ln_time time)
{
    out_key(json, key);
    if (time == LN_NEVER) {
        out_null(json);
    } else {
        out_time_ms(json, device->wall_offset + time);
    }
}

static void times_json(struct json_out *json, const struct device *device)
{
    time_json(json, device, "registered_at", device->view.registered_at);
    time_json(json, device, "updated_at", device->view.updated_at);
    time_json(json, device, "last_seen", device->view.seen_at);
    time_json(json, device, "expires_at", device->is_gone ? LN_NEVER : device->view.expires_at);
}

const char *device_security_name(uint8_t proof_mode)
{
    return proof_mode == 0 || proof_mode > CREDENTIAL_MODES
               ? "none"
               : credential_mode_names[proof_mode - 1];
}

void device_security_json(struct json_out *json, uint8_t proof_mode, struct ln_bytes identity)
{
    out_key(json, "security");
    out_open(json, '{');
    out_key(json, "mode");
    out_text(json, device_security_name(proof_mode));
    out_key(json, "identity");
    optional_json(json, identity);
    out_close(json, '}');
}

static void left_json(struct json_out *json, const struct device *device)
{
    out_key(json, "left");
    out_open(json, '{');
    out_key(json, "at");
    out_time_ms(json, device->left_at);
    out_key(json, "expired");
    out_boolean(json, device->expired);
    out_close(json, '}');
}

void device_json(struct json_out *json, const struct device *device)
{
    const struct ln_registration_view *view = &device->view;

    out_open(json, '{');
    out_key(json, "endpoint");
    out_string(json, view->endpoint);
    out_key(json, "registration");
    out_string(json, view->location);
    out_key(json, "version");
    out_text(json, ln_version_text(view->version));
    out_key(json, "lifetime");
    out_unsigned(json, view->lifetime);
    out_key(json, "binding");
    binding_json(json, view);
    out_key(json, "queue_mode");
    out_boolean(json, (view->binding & LN_BINDING_Q) != 0);
    out_key(json, "sms");
    optional_json(json, view->sms);
    out_key(json, "address");
    address_json(json, &view->peer.remote);
    device_security_json(json, view->proof_mode, view->identity);
    times_json(json, device);
    out_key(json, "state");
    out_text(json, device_state_names[device->is_gone ? DEVICE_GONE : device_state(view)]);
    if (device->is_gone) {
        left_json(json, device);
    }
    out_key(json, "objects");
    objects_json(json, device);
    out_key(json, "attributes");
    attributes_json(json, view->extra);
    out_close(json, '}');
}
