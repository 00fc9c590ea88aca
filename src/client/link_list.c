/* Lists of links: the object list of a registration, and the answer to a Discover. */

#include "client/link_list.h"

#include "client/data.h"

struct list {
    struct ln_writer *w;
    const struct ln_client_config *config;
    enum ln_version version; /* of the enabler */
};

bool ln_client__object_is_visible(uint16_t object)
{
    return object != 0 && object != 21 && object != 23;
}

static void add_link(const struct list *list, struct ln_path path)
{
    ln_write_text(list->w, list->w->written == 0 ? "<" : ",<");
    ln_write_path(list->w, path);
    ln_write_u8(list->w, '>');
}

/* 0.0 in a table stands for the version that the enabler implies. spec: CORE-1.1.1 §7.2.2 */
static bool must_say_version(const struct list *list, const struct ln_object *object)
{
    uint8_t major;
    uint8_t minor;

    ln_object_default_version(object->id, list->version, &major, &minor);
    return (object->version_major != 0 || object->version_minor != 0) &&
           (object->version_major != major || object->version_minor != minor);
}

static void add_version(const struct list *list, const struct ln_object *object)
{
    const char *quote = list->version == LN_VERSION_1_0 ? "\"" : "";

    ln_write_text(list->w, ";ver=");
    ln_write_text(list->w, quote);
    ln_write_unsigned_text(list->w, object->version_major);
    ln_write_u8(list->w, '.');
    ln_write_unsigned_text(list->w, object->version_minor);
    ln_write_text(list->w, quote);
}

static void add_object(const struct list *list, const struct ln_object *object)
{
    add_link(list, ln_path_object(object->id));
    if (must_say_version(list, object)) {
        add_version(list, object);
    }
}

static void list_object(const struct list *list, const struct ln_object_entry *entry)
{
    uint16_t id = 0;
    void *instance = ln_client__next_instance(entry, &id);

    if (instance == NULL || must_say_version(list, entry->object)) {
        add_object(list, entry->object);
    }
    while (instance != NULL) {
        add_link(list, ln_path_instance(entry->object->id, id));
        id++;
        instance = ln_client__next_instance(entry, &id);
    }
}

void ln_client__write_object_list(struct ln_writer *w, const struct ln_client_config *config,
                                  enum ln_version version)
{
    const struct list list = {w, config, version};

    for (size_t i = 0; i < config->object_count; i++) {
        if (ln_client__object_is_visible(config->objects[i].object->id)) {
            list_object(&list, &config->objects[i]);
        }
    }
}

/* FNV-1a over ids instead of bytes. */
static uint32_t mix(uint32_t sum, uint16_t id)
{
    return (sum ^ id) * UINT32_C(16777619);
}

uint32_t ln_client__object_list_checksum(const struct ln_client_config *config)
{
    uint32_t sum = UINT32_C(2166136261);

    for (size_t i = 0; i < config->object_count; i++) {
        const struct ln_object_entry *entry = &config->objects[i];
        if (!ln_client__object_is_visible(entry->object->id)) {
            continue;
        }
        sum = mix(sum, LN_ID_NONE);
        for (uint16_t id = 0; ln_client__next_instance(entry, &id) != NULL; id++) {
            sum = mix(sum, id);
        }
    }
    return sum;
}

/* ---- Discover: spec CORE-1.1.1 §6.3.3; 1.0.2 §5.4.2 lists no instances ---- */

static void discover_resource(const struct list *list, const struct ln_object *object,
                              const struct ln_resource *row, void *instance,
                              struct ln_path path, bool with_instances)
{
    bool many = (row->operations & LN_MANY) != 0;
    struct ln_value value;
    uint32_t count = 0;

    add_link(list, path);
    for (uint16_t id = 0;
         many && ln_client__next_value(object, row, instance, &id, &value) == LN_OK; id++) {
        count++;
    }
    if (!many) {
        return;
    }
    ln_write_text(list->w, ";dim=");
    ln_write_unsigned_text(list->w, count);
    for (uint16_t id = 0;
         with_instances && ln_client__next_value(object, row, instance, &id, &value) == LN_OK;
         id++) {
        add_link(list, ln_path_add(path, id));
    }
}

static void discover_resources(const struct list *list, const struct ln_object *object,
                               void *instance, struct ln_path path)
{
    for (size_t i = 0; i < object->resource_count; i++) {
        const struct ln_resource *row = &object->resources[i];
        if (ln_client__is_there(object, row, instance)) {
            discover_resource(list, object, row, instance, ln_path_add(path, row->id), false);
        }
    }
}

static void discover_object(const struct list *list, const struct ln_object_entry *entry)
{
    void *instance;

    add_object(list, entry->object);
    for (uint16_t id = 0; (instance = ln_client__next_instance(entry, &id)) != NULL; id++) {
        struct ln_path path = ln_path_instance(entry->object->id, id);
        if (list->version > LN_VERSION_1_0) {
            add_link(list, path);
        }
        discover_resources(list, entry->object, instance, path);
    }
}

void ln_client__write_discover(struct ln_writer *w, const struct ln_client_config *config,
                               enum ln_version version, struct ln_path path)
{
    const struct list list = {w, config, version};
    const struct ln_object_entry *entry = ln_client__entry(config, path.id[0]);

    if (path.depth == 1) {
        discover_object(&list, entry);
        return;
    }
    void *instance = ln_client__instance(entry, path.id[1]);
    if (path.depth == 2) {
        add_link(&list, path);
        discover_resources(&list, entry->object, instance, path);
        return;
    }
    discover_resource(&list, entry->object, ln_object_resource(entry->object, path.id[2]),
                      instance, path, version > LN_VERSION_1_0);
}
