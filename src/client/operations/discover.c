/* Discover: the links at a path and below.
 * spec: CORE-1.1.1 §6.3.3; 1.0.2 §5.4.2 lists no instances. */

#include "client/data.h"
#include "client/link_list.h"
#include "client/reporting.h"

/* 1.0.2 §5.4.2: an instance has a link where it has attributes. */
static bool has_link(const struct ln_client__links *list, const struct ln_path *path)
{
    const struct ln_client_reporting *reporting = list->config->reporting;

    return ln_client__version_with(list->server) > LN_VERSION_1_0 ||
           (reporting != NULL && reporting->calls->has_own(list->asked, path));
}

static void discover_resource(const struct ln_client__links *list,
                              const struct ln_object *object, const struct ln_resource *row,
                              void *instance, const struct ln_path *path, bool is_target)
{
    bool with_instances = is_target && ln_client__version_with(list->server) > LN_VERSION_1_0;
    struct ln_value value;
    uint32_t count = 0;

    ln_client__add_link(list, path);
    if ((row->operations & LN_MANY) == 0) {
        return;
    }
    for (uint16_t id = 0; ln_client__next_value(object, row, instance, &id, &value) == LN_OK;
         id++) {
        count++;
    }
    ln_write_text(list->w, ";dim=");
    ln_write_unsigned_text(list->w, count);
    for (uint16_t id = 0;
         with_instances && ln_client__next_value(object, row, instance, &id, &value) == LN_OK;
         id++) {
        struct ln_path of_instance = ln_path_add(*path, id);
        ln_client__add_link(list, &of_instance);
    }
}

static void discover_resources(const struct ln_client__links *list,
                               const struct ln_object *object, void *instance,
                               const struct ln_path *path)
{
    for (size_t i = 0; i < object->resource_count; i++) {
        const struct ln_resource *row = &object->resources[i];
        if (ln_client__is_there(object, row, instance)) {
            struct ln_path of_row = ln_path_add(*path, row->id);
            discover_resource(list, object, row, instance, &of_row, false);
        }
    }
}

static void discover_object(const struct ln_client__links *list,
                            const struct ln_object_entry *entry)
{
    void *instance;

    ln_client__add_object(list, entry->object);
    for (uint16_t id = 0; (instance = ln_client__next_instance(entry, &id)) != NULL; id++) {
        struct ln_path path = ln_path_instance(entry->object->id, id);
        if (has_link(list, &path)) {
            ln_client__add_link(list, &path);
        }
        discover_resources(list, entry->object, instance, &path);
    }
}

static ln_err write_links(struct ln_client__request *r, struct ln_writer *w)
{
    const struct ln_client__links list = {w, r->client->config, r->server, r};
    const struct ln_path *path = &r->operation.path;

    if (path->depth == 1) {
        discover_object(&list, r->entry);
    } else if (path->depth == 2) {
        ln_client__add_link(&list, path);
        discover_resources(&list, r->entry->object, r->instance, path);
    } else {
        discover_resource(&list, r->entry->object, r->row, r->instance, path, true);
    }
    return LN_OK;
}

static ln_err discover(struct ln_client__request *r)
{
    return ln_client__answer_body(r, LN_FORMAT_LINK, write_links);
}

const struct ln_client_operation ln_client_discover = {
    .kinds = LN_KIND(DISCOVER),
    .perform = discover,
    .serve = ln_client__serve,
};
