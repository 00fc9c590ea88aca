/* What is known of objects, by number and by name. */

#include "linnetd/models.h"

#include <linnet/lwm2m.h>

#include <stdlib.h>

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
        LN_COUNT(resources_##object), NULL, \
    };

#include "models/all.def"

#define LN_MODEL_OBJECT(object) &model_##object,

static const struct model *const built_in[] = {
#include "models/list.def"
};
/* clang-format on */

/* Written before the first thread starts, read only from then on. */
static const struct model *const *known = built_in;
static size_t known_count = LN_COUNT(built_in);
static const struct model **merged; /* once one was added: what `known` is */

const struct model *model_at(size_t index)
{
    return known[index];
}

size_t model_count(void)
{
    return known_count;
}

/* Where the model of that id is, or would be. */
static size_t place_of(uint16_t object)
{
    size_t low = 0;
    size_t high = known_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (known[middle]->id < object) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct model *model_find(uint16_t object)
{
    size_t place = place_of(object);

    return place < known_count && known[place]->id == object ? known[place] : NULL;
}

bool model_add(const struct model *model)
{
    size_t place = place_of(model->id);
    size_t replaced = model_find(model->id) != NULL ? 1 : 0;
    const struct model **all = calloc(known_count + 1, sizeof(*all));

    if (all == NULL) {
        return false;
    }
    for (size_t i = 0; i < place; i++) {
        all[i] = known[i];
    }
    all[place] = model;
    for (size_t i = place + replaced; i < known_count; i++) {
        all[i + 1 - replaced] = known[i];
    }
    free(merged);
    merged = all;
    known = all;
    known_count += 1 - replaced;
    return true;
}

void models_reset(void)
{
    free(merged);
    merged = NULL;
    known = built_in;
    known_count = LN_COUNT(built_in);
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
    for (size_t i = 0; i < known_count; i++) {
        if (same_name(name, ln_bytes_of_text(known[i]->name)) ||
            same_name(name, without_prefix(known[i]->name))) {
            return known[i];
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
