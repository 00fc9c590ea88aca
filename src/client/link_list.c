/* The object list of a registration: a link for each instance that servers see. */

#include "client/link_list.h"

#include "client/client.h"
#include "client/data.h"
#include "client/reporting.h"

bool ln_client__object_is_visible(uint16_t object)
{
    return object != 0 && object != 21 && object != 23;
}

void ln_client__add_link(const struct ln_client__links *list, const struct ln_path *path)
{
    ln_write_text(list->w, list->w->written == 0 ? "<" : ",<");
    ln_write_path(list->w, *path);
    ln_write_u8(list->w, '>');
    if (list->asked != NULL && list->config->reporting != NULL) {
        list->config->reporting->calls->add_to_link(list->asked, list->w, path);
    }
}

/* 0.0 in a table stands for the version that the enabler implies. spec: CORE-1.1.1 §7.2.2 */
bool ln_client__must_say_version(const struct ln_client__links *list,
                                 const struct ln_object *object)
{
    uint8_t major;
    uint8_t minor;

    ln_client__default_version(list->server, object->id, &major, &minor);
    return (object->version_major != 0 || object->version_minor != 0) &&
           (object->version_major != major || object->version_minor != minor);
}

static void add_version(const struct ln_client__links *list, const struct ln_object *object)
{
    const char *quote = ln_client__version_with(list->server) == LN_VERSION_1_0 ? "\"" : "";

    ln_write_text(list->w, ";ver=");
    ln_write_text(list->w, quote);
    ln_write_unsigned_text(list->w, object->version_major);
    ln_write_u8(list->w, '.');
    ln_write_unsigned_text(list->w, object->version_minor);
    ln_write_text(list->w, quote);
}

void ln_client__add_object(const struct ln_client__links *list, const struct ln_object *object)
{
    struct ln_path path = ln_path_object(object->id);

    ln_client__add_link(list, &path);
    if (ln_client__must_say_version(list, object)) {
        add_version(list, object);
    }
}

static void list_object(const struct ln_client__links *list,
                        const struct ln_object_entry *entry)
{
    uint16_t id = 0;
    void *instance = ln_client__next_instance(entry, &id);

    if (instance == NULL || ln_client__must_say_version(list, entry->object)) {
        ln_client__add_object(list, entry->object);
    }
    while (instance != NULL) {
        struct ln_path path = ln_path_instance(entry->object->id, id);
        ln_client__add_link(list, &path);
        id++;
        instance = ln_client__next_instance(entry, &id);
    }
}

void ln_client__write_object_list(struct ln_writer *w, const struct ln_client_config *config,
                                  const struct ln_client_server *server)
{
    const struct ln_client__links list = {w, config, server, NULL};

    for (size_t i = 0; i < config->object_count; i++) {
        if (ln_client__object_is_visible(config->objects[i].object->id)) {
            list_object(&list, &config->objects[i]);
        }
    }
}

uint32_t ln_client__object_list_checksum(const struct ln_client_config *config)
{
    uint32_t sum = LN_CHECKSUM_OF_NOTHING;

    for (size_t i = 0; i < config->object_count; i++) {
        const struct ln_object_entry *entry = &config->objects[i];
        if (!ln_client__object_is_visible(entry->object->id)) {
            continue;
        }
        sum = ln_checksum_add(sum, LN_ID_NONE);
        for (uint16_t id = 0; ln_client__next_instance(entry, &id) != NULL; id++) {
            sum = ln_checksum_add(sum, id);
        }
    }
    return sum;
}
