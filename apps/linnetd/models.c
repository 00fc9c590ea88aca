/* What is known of objects, by number and by name. */

#include "linnetd/models.h"

#include <linnet/lwm2m.h>

/* clang-format off */
enum {
    NO_OPERATION = 0,
    R = LN_READ, W = LN_WRITE, RW = LN_READ | LN_WRITE, E = LN_EXECUTE,
    SINGLE = 0, MULTIPLE = LN_MANY,
    OPTIONAL = 0, MANDATORY = LN_MANDATORY,
};

#define LN_MODEL_BEGIN(object) static const struct model_resource resources_##object[] = {
#define LN_MODEL_RESOURCE(id, name, operations, many, need, type, unit) \
    { (id), LN_##type, (operations) | (many) | (need), (name), (unit) },
#define LN_MODEL_END(object, major, minor, name, many, need) \
    }; \
    static const struct model model_##object = { \
        (object), (major), (minor), (many) != 0, (need) != 0, (name), resources_##object, \
        LN_COUNT(resources_##object), \
    };

#include "models/0_security.def"
#include "models/1_server.def"
#include "models/2_access_control.def"
#include "models/3_device.def"
#include "models/4_connectivity_monitoring.def"
#include "models/5_firmware_update.def"
#include "models/6_location.def"
#include "models/7_connectivity_statistics.def"
#include "models/3303_temperature.def"
#include "models/3442_test_object.def"

const struct model *const models[] = {
    &model_0, &model_1, &model_2, &model_3, &model_4, &model_5, &model_6, &model_7,
    &model_3303, &model_3442,
};
/* clang-format on */

const size_t model_count = LN_COUNT(models);

const struct model *model_find(uint16_t object)
{
    size_t low = 0;
    size_t high = model_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (models[middle]->id == object) {
            return models[middle];
        }
        if (models[middle]->id < object) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct model_resource *model_resource_find(uint16_t object, uint16_t resource)
{
    const struct model *model = model_find(object);

    for (size_t i = 0; model != NULL && i < model->resource_count; i++) {
        if (model->resources[i].id == resource) {
            return &model->resources[i];
        }
    }
    return NULL;
}

static enum ln_type type_of(const void *context, struct ln_path path)
{
    const struct model_resource *resource;

    (void)context;
    resource = path.depth >= 3 ? model_resource_find(path.id[0], path.id[2]) : NULL;
    return resource != NULL ? (enum ln_type)resource->type : LN_NONE;
}

const struct ln_types model_types = {type_of, NULL};

/* ---- Names ---- */

/* The next letter (in lower case) or digit; -1 at the end. */
static int next_letter(struct ln_reader *in)
{
    while (ln_peek_u8(in) >= 0) {
        int c = ln_read_u8(in);
        if (c >= 'A' && c <= 'Z') {
            return c - 'A' + 'a';
        }
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            return c;
        }
    }
    return -1;
}

static bool same_name(struct ln_bytes a, struct ln_bytes b)
{
    struct ln_reader in_a = ln_reader(a);
    struct ln_reader in_b = ln_reader(b);
    int c;

    do {
        c = next_letter(&in_a);
        if (c != next_letter(&in_b)) {
            return false;
        }
    } while (c >= 0);
    return true;
}

/* The registry writes "LWM2M Security" and "LwM2M Server"; nobody wants to type that. */
static struct ln_bytes without_prefix(const char *name)
{
    struct ln_bytes all = ln_bytes_of_text(name);
    struct ln_bytes prefix = ln_bytes_of_text("LwM2M ");

    if (all.len > prefix.len && same_name(ln_bytes(all.at, prefix.len), prefix)) {
        return ln_bytes(all.at + prefix.len, all.len - prefix.len);
    }
    return all;
}

const struct model *model_named(struct ln_bytes name)
{
    for (size_t i = 0; i < model_count; i++) {
        if (same_name(name, ln_bytes_of_text(models[i]->name)) ||
            same_name(name, without_prefix(models[i]->name))) {
            return models[i];
        }
    }
    return NULL;
}

const struct model_resource *model_resource_named(const struct model *model,
                                                  struct ln_bytes name)
{
    for (size_t i = 0; model != NULL && i < model->resource_count; i++) {
        if (same_name(name, ln_bytes_of_text(model->resources[i].name))) {
            return &model->resources[i];
        }
    }
    return NULL;
}

static bool named_id(struct ln_path before, struct ln_bytes name, uint16_t *id)
{
    if (before.depth == 0) {
        const struct model *model = model_named(name);
        *id = model != NULL ? model->id : LN_ID_NONE;
    } else if (before.depth == 2) {
        const struct model_resource *r = model_resource_named(model_find(before.id[0]), name);
        *id = r != NULL ? r->id : LN_ID_NONE;
    } else {
        return false;
    }
    return *id != LN_ID_NONE;
}

bool model_path(const struct ln_bytes *segments, size_t count, struct ln_path *out,
                size_t *wrong)
{
    *out = ln_path_root();
    for (*wrong = 0; *wrong < count; (*wrong)++) {
        struct ln_bytes segment = segments[*wrong];
        uint16_t id;
        if (*wrong == 4 || (!ln_id_of_text(segment, &id) && !named_id(*out, segment, &id))) {
            return false;
        }
        *out = ln_path_add(*out, id);
    }
    return true;
}
