/* One number for all that a bootstrap may change: for tests that nothing did. */

#include "client/bootstrap.h"

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t sum, struct ln_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        sum = (sum ^ bytes.at[i]) * UINT64_C(1099511628211);
    }
    return sum;
}

static uint64_t mix_value(uint64_t sum, const struct ln_path *path,
                          const struct ln_value *value)
{
    uint8_t head[20];
    struct ln_writer w = ln_writer(head, sizeof(head));
    struct ln_bytes bytes = {NULL, 0};
    uint64_t number = 0;

    switch (value->type) {
    case LN_STRING:
    case LN_OPAQUE:
    case LN_CORELNK:
        bytes = value->as.bytes;
        number = bytes.len;
        break;
    case LN_BOOLEAN:
        number = value->as.boolean;
        break;
    case LN_OBJLNK:
        number = (uint64_t)value->as.link.object << 16 | value->as.link.instance;
        break;
    default:
        number = value->as.unsigned_integer;
        break;
    }
    for (size_t i = 0; i < LN_COUNT(path->id); i++) {
        ln_write_u16(&w, i < path->depth ? path->id[i] : LN_ID_NONE);
    }
    ln_write_u8(&w, (uint8_t)value->type);
    ln_write_u64(&w, number);
    return mix(mix(sum, ln_writer_bytes(&w)), bytes);
}

/* Values that change by themselves, such as a clock, are left out. */
static uint64_t mix_instance(uint64_t sum, const struct ln_object *object, uint16_t instance_id,
                             void *instance)
{
    struct ln_path path = ln_path_instance(object->id, instance_id);
    struct ln_value value = {.type = LN_NONE};

    sum = mix_value(sum, &path, &value);
    for (size_t i = 0; i < object->resource_count; i++) {
        const struct ln_resource *row = &object->resources[i];
        if ((row->operations & (LN_UNTOLD | LN_SAMPLED)) != 0) {
            continue;
        }
        path = ln_path_resource(object->id, instance_id, row->id);
        for (uint16_t id = 0;
             ln_client__next_value(object, row, instance, &id, &value) == LN_OK; id++) {
            struct ln_path at = ln_path_add(path, id);
            sum = mix_value(sum, &at, &value);
        }
    }
    return sum;
}

uint64_t ln_client_bootstrap_digest(const struct ln_client_bootstrap *b)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < b->config->object_count; i++) {
        const struct ln_object_entry *entry =
            ln_client__entry(b->config->client->config, b->config->objects[i].object);
        void *instance;
        for (uint16_t id = 0; (instance = ln_client__next_instance(entry, &id)) != NULL; id++) {
            sum = mix_instance(sum, entry->object, id, instance);
        }
    }
    return sum;
}
