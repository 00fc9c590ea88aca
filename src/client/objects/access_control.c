/* Object 2, Access Control. tests/client/objects_test.c holds this table against the OMA
 * registry. spec: CORE-1.1.1 §7.1, §7.3 */

#include <linnet/objects.h>

enum { INSTANCE_RIGHTS = 15, ALL_RIGHTS = 31 };

static ln_err write_entry(struct ln_list_pass *pass, const struct ln_resource *row,
                          void *instance, uint16_t id, const struct ln_value *value,
                          enum ln_write_step step)
{
    if (value->as.integer < 0 || value->as.integer > ALL_RIGHTS) {
        return LN_ERR_BAD_VALUE;
    }
    return ln_list_write(pass, row, instance, id, value, step);
}

#define FIELD(member) LN_FIELD(struct ln_access_control, member)
#define ENTRIES       LN_LIST_WITH(struct ln_access_control, acl, write_entry)

static const struct ln_resource resources[] = {
    /* clang-format off */
    { 0, LN_INTEGER, LN_READ | LN_MANDATORY,            FIELD(object) },
    { 1, LN_INTEGER, LN_READ | LN_MANDATORY,            FIELD(instance) },
    { 2, LN_INTEGER, LN_READ | LN_WRITE | LN_MANY,      ENTRIES },
    { 3, LN_INTEGER, LN_READ | LN_WRITE | LN_MANDATORY, FIELD(owner) },
    /* clang-format on */
};

/* They come and go with what they guard, and not by themselves. */
static void *next(void *store, uint16_t *id)
{
    return ln_instances_calls.next(store, id);
}

static const struct ln_object_calls calls = {.next = next};

const struct ln_object ln_access_control_object = {
    .id = 2,
    .resource_count = LN_COUNT(resources),
    .resources = resources,
    .calls = &calls,
    .absent = LN_ABSENT(struct ln_access_control, absent),
};

/* ---- What guards what ---- */

struct ln_access_control *ln_access_control_find(const struct ln_instances *store,
                                                 uint16_t object, uint16_t instance)
{
    struct ln_access_control *all = store->items;

    for (size_t i = 0; i < store->count; i++) {
        if (all[i].object == object && all[i].instance == instance) {
            return &all[i];
        }
    }
    return NULL;
}

void ln_access_control_remove(struct ln_instances *store, uint16_t object, uint16_t instance)
{
    const struct ln_access_control *all = store->items;
    const struct ln_access_control *found;

    while ((found = ln_access_control_find(store, object, instance)) != NULL) {
        (void)ln_instances_calls.remove(store, store->ids[found - all]);
    }
}

struct ln_access_control *ln_access_control_add(struct ln_instances *store, uint16_t object,
                                                uint16_t instance, uint16_t owner)
{
    struct ln_access_control *control;
    uint16_t id = 0;

    ln_access_control_remove(store, object, instance);
    while (id < store->count && store->ids[id] == id) { /* ascending: the lowest free */
        id++;
    }
    control = ln_instances_calls.create(store, id);
    if (control != NULL) {
        control->object = object;
        control->instance = instance;
        control->owner = owner;
    }
    return control;
}

bool ln_access_control_grant(struct ln_access_control *control, uint16_t short_id,
                             uint8_t rights)
{
    const struct ln_value value = ln_value_integer(rights);
    struct ln_list_pass pass = {0};

    return write_entry(&pass, &resources[2], control, short_id, &value, LN_STORE) == LN_OK;
}

static const uint8_t *entry_of(const struct ln_access_control *control, uint16_t short_id)
{
    for (size_t i = 0; i < control->acl.count; i++) {
        if (control->acl.ids[i] == short_id) {
            return &control->acl.values[i];
        }
    }
    return NULL;
}

/* The owner's are all where it has no entry: the one for all others is not for it. */
uint8_t ln_access_control_rights(const struct ln_access_control *control, uint16_t short_id)
{
    const uint8_t *entry = control == NULL ? NULL : entry_of(control, short_id);

    if (control == NULL) {
        return 0;
    }
    if (entry == NULL && control->owner == short_id) {
        return control->instance == LN_ID_NONE ? 0 : INSTANCE_RIGHTS;
    }
    if (entry == NULL) {
        entry = entry_of(control, 0);
    }
    return entry == NULL ? 0 : *entry;
}
