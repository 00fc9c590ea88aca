/*
 * What is known of objects: names, types, operations. The tables are in models/, one file for
 * each object.
 */
#ifndef LINNETD_MODELS_H
#define LINNETD_MODELS_H

#include <linnet/codec.h>

struct model_resource {
    uint16_t id;
    uint8_t type;       /* enum ln_type */
    uint8_t operations; /* LN_READ | LN_WRITE | LN_EXECUTE | LN_MANY | LN_MANDATORY */
    const char *name;
    const char *unit; /* "" where it has none */
};

struct model {
    uint16_t id;
    uint8_t version_major;
    uint8_t version_minor;
    bool multiple;
    bool mandatory;
    const char *name;
    const struct model_resource *resources; /* ascending by id */
    size_t resource_count;
    const char *source; /* the file that it was read from; NULL: built in */
};

/*
 * All of them, ascending by id: the built-in ones and those that were added. Models are added before
 * the first thread starts, and stay until the end.
 */
const struct model *model_at(size_t index);
size_t model_count(void);

/* Adds one, in place of another of that id. False: no memory. `model` must outlive the others. */
LN_MUST_USE bool model_add(const struct model *model);
/* Back to the built-in ones. */
void models_reset(void);

/* NULL: not known. */
const struct model *model_find(uint16_t object);
const struct model_resource *model_resource_find(uint16_t object, uint16_t resource);

/*
 * By name as people write it in a path: "firmware-update" is "Firmware Update", "server" is
 * "LwM2M Server". Case and all but letters and digits do not count.
 */
const struct model *model_named(struct ln_bytes name);
const struct model_resource *model_resource_named(const struct model *model,
                                                  struct ln_bytes name);

/* For decoders: the type of the resource at a path, LN_NONE where it is not known. */
extern const struct ln_types model_types;

/*
 * A path of up to four segments, each a number or, for objects and resources, a name:
 * "device/0/manufacturer". `segments` are decoded. On failure says which segment is wrong.
 */
LN_MUST_USE bool model_path(const struct ln_bytes *segments, size_t count, struct ln_path *out,
                            size_t *wrong);

#endif
