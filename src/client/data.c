/* What the objects of the device hold: finding it, reading it, walking through it. */

#include "client/data.h"

#include "lwm2m/field.h"

const struct ln_object_entry *ln_client__entry(const struct ln_client_config *config,
                                               uint16_t object)
{
    for (size_t i = 0; i < config->object_count; i++) {
        if (config->objects[i].object->id == object) {
            return &config->objects[i];
        }
    }
    return NULL;
}

void *ln_client__next_instance(const struct ln_object_entry *entry, uint16_t *id)
{
    if (ln_object_is_single(entry->object)) {
        return *id == 0 ? entry->store : NULL;
    }
    return entry->object->calls->next(entry->store, id);
}

void *ln_client__instance(const struct ln_object_entry *entry, uint16_t id)
{
    uint16_t found = id;
    void *instance = ln_client__next_instance(entry, &found);

    return found == id ? instance : NULL;
}

/* ---- One resource ---- */

static void *member(void *instance, size_t offset)
{
    return (char *)instance + offset;
}

uint32_t *ln_client__absent(const struct ln_object *object, void *instance)
{
    return object->absent == 0 ? NULL : member(instance, object->absent - 1U);
}

uint32_t ln_client__absent_bit(const struct ln_object *object, const struct ln_resource *row)
{
    size_t index = (size_t)(row - object->resources);

    return index < 32 ? UINT32_C(1) << index : 0;
}

static bool is_absent(const struct ln_object *object, const struct ln_resource *row,
                      void *instance)
{
    const uint32_t *absent = ln_client__absent(object, instance);

    return absent != NULL && (*absent & ln_client__absent_bit(object, row)) != 0;
}

static ln_err next_of_list(const struct ln_resource *row, void *instance, uint16_t *id,
                           struct ln_value *out)
{
    const struct ln_list_layout *list = row->at.list;
    uint16_t count = *(const uint16_t *)member(instance, list->count);
    const uint16_t *ids = member(instance, list->ids);

    for (size_t i = 0; i < count; i++) {
        if (ids[i] >= *id) {
            *id = ids[i];
            return ln_lwm2m__field_load((enum ln_storage)row->storage, list->value_size,
                                        member(instance, list->values + i * list->value_size),
                                        (enum ln_type)row->type, out);
        }
    }
    return LN_ERR_NOT_FOUND;
}

static ln_err next_of_calls(const struct ln_resource *row, void *instance, uint16_t *id,
                            struct ln_value *out)
{
    const struct ln_resource_calls *calls = row->at.calls;

    if (calls->read == NULL || (calls->next != NULL && !calls->next(instance, id))) {
        return LN_ERR_NOT_FOUND;
    }
    ln_err err = calls->read(instance, *id, out);
    return err != LN_OK ? err : ln_value_convert(out, (enum ln_type)row->type);
}

ln_err ln_client__next_value(const struct ln_object *object, const struct ln_resource *row,
                             void *instance, uint16_t *id, struct ln_value *out)
{
    bool many = (row->operations & LN_MANY) != 0;

    if ((!many && *id > 0) || is_absent(object, row, instance)) {
        return LN_ERR_NOT_FOUND;
    }
    switch (row->place) {
    case LN_PLACE_FIELD:
        return ln_lwm2m__field_load((enum ln_storage)row->storage, row->at.field.size,
                                    member(instance, row->at.field.offset),
                                    (enum ln_type)row->type, out);
    case LN_PLACE_LIST:
        return next_of_list(row, instance, id, out);
    case LN_PLACE_CALL:
        return next_of_calls(row, instance, id, out);
    default:
        return LN_ERR_NOT_FOUND;
    }
}

bool ln_client__is_there(const struct ln_object *object, const struct ln_resource *row,
                         void *instance)
{
    struct ln_value value;
    uint16_t id = 0;

    if (is_absent(object, row, instance)) {
        return false;
    }
    if ((row->operations & LN_READ) == 0 ||
        (row->operations & (LN_MANY | LN_WRITE)) == (LN_MANY | LN_WRITE)) {
        return true;
    }
    return ln_client__next_value(object, row, instance, &id, &value) == LN_OK;
}

/* ---- All that is at a path and below ---- */

/* What ln_records.at means here. */
enum { OBJECT, INSTANCE, ROW, RESOURCE_INSTANCE };

static bool within(const struct ln_path *scope, unsigned level, uint16_t id)
{
    return scope->depth <= level || scope->id[level] == id;
}

/* The next value of the row that the walk stands on. */
static bool value_of_row(struct ln_records *self, const struct ln_path *scope,
                         const struct ln_object *object, void *instance, struct ln_record *out)
{
    const struct ln_resource *row = &object->resources[self->at[ROW]];
    bool many = (row->operations & LN_MANY) != 0;
    bool first = self->at[RESOURCE_INSTANCE] == 0;
    uint16_t id = (uint16_t)self->at[RESOURCE_INSTANCE];

    if ((row->operations & LN_READ) == 0 || !within(scope, 2, row->id) ||
        self->at[RESOURCE_INSTANCE] > LN_ID_MAX) {
        return false;
    }
    if (scope->depth == 4 && first) {
        id = scope->id[3];
    }
    if (ln_client__next_value(object, row, instance, &id, &out->value) == LN_OK) {
        self->at[RESOURCE_INSTANCE] = id + 1U;
        if (!within(scope, 3, id)) {
            return false;
        }
        ln_path_append(&out->path, row->id);
        if (many) {
            ln_path_append(&out->path, id);
        }
        return true;
    }
    out->value.type = LN_NONE;
    self->at[RESOURCE_INSTANCE] = LN_ID_NONE;
    if (!first || !many || scope->depth == 4 || !ln_client__is_there(object, row, instance)) {
        return false;
    }
    ln_path_append(&out->path, row->id); /* a list that is there and empty */
    return true;
}

static bool value_of_instance(struct ln_records *self, const struct ln_path *scope,
                              const struct ln_object *object, void *instance,
                              struct ln_record *out)
{
    while (self->at[ROW] < object->resource_count) {
        if (value_of_row(self, scope, object, instance, out)) {
            return true;
        }
        self->at[ROW]++;
        self->at[RESOURCE_INSTANCE] = 0;
    }
    return false;
}

/* The instance that the walk stands on, or the next one; NULL if the object has no more. */
static void *instance_of(struct ln_records *self, const struct ln_path *scope,
                         const struct ln_object_entry *entry)
{
    uint16_t id = (uint16_t)self->at[INSTANCE];
    uint32_t before = self->at[INSTANCE];
    void *instance;

    if (!within(scope, 0, entry->object->id) || before > LN_ID_MAX) {
        return NULL;
    }
    if (scope->depth >= 2 && before < scope->id[1]) {
        id = scope->id[1];
    }
    instance = ln_client__next_instance(entry, &id);
    self->at[INSTANCE] = id;
    return instance != NULL && within(scope, 1, id) ? instance : NULL;
}

static bool next_record(struct ln_records *self, struct ln_record *out)
{
    const struct ln_client__scope *scope = self->context;

    *out = (struct ln_record){0};
    while (self->at[OBJECT] < scope->config->object_count) {
        const struct ln_object_entry *entry = &scope->config->objects[self->at[OBJECT]];
        void *instance = instance_of(self, &scope->path, entry);

        if (instance == NULL) {
            self->at[OBJECT]++;
            self->at[INSTANCE] = 0;
            continue;
        }
        bool first = self->at[ROW] == 0 && self->at[RESOURCE_INSTANCE] == 0;
        out->path = ln_path_instance(entry->object->id, (uint16_t)self->at[INSTANCE]);
        if (value_of_instance(self, &scope->path, entry->object, instance, out)) {
            return true;
        }
        self->at[INSTANCE]++;
        self->at[ROW] = 0;
        if (first && scope->path.depth <= 2) {
            return true; /* an instance with nothing to read in it */
        }
    }
    return false;
}

struct ln_records ln_client__records(const struct ln_client__scope *scope)
{
    return (struct ln_records){.next = next_record, .context = (void *)(uintptr_t)scope};
}

static enum ln_type type_of(const void *context, struct ln_path path)
{
    const struct ln_object_entry *entry = ln_client__entry(context, path.id[0]);
    const struct ln_resource *row =
        entry == NULL ? NULL : ln_object_resource(entry->object, path.id[2]);

    return row == NULL ? LN_NONE : (enum ln_type)row->type;
}

struct ln_types ln_client__types(const struct ln_client_config *config)
{
    return (struct ln_types){.of = type_of, .context = config};
}
