/* Object 2, made at the start from the accounts of the command line. */

#include "access.h"

#include <string.h>

#include "device.h"

enum {
    INSTANCE_RIGHTS = LN_ACCESS_READ | LN_ACCESS_WRITE | LN_ACCESS_EXECUTE | LN_ACCESS_DELETE
};

const char *access_read(const char *word, uint8_t *out)
{
    static const char letters[] = "RWEDC"; /* in the order of enum ln_access's bits */

    *out = 0;
    for (const char *at = strcmp(word, "-") == 0 ? "" : word; *at != '\0'; at++) {
        const char *found = strchr(letters, *at);
        if (found == NULL) {
            break;
        }
        *out |= (uint8_t)(1U << (found - letters));
        if (at[1] == '\0') {
            return NULL;
        }
    }
    return strcmp(word, "-") == 0
               ? NULL
               : "it is letters of RWEDC (Read, Write, Execute, Delete, Create), or -";
}

/* The rights of the accounts, but for the owner's own: those follow from its being the owner. */
static void grant_all(struct device *d, struct ln_access_control *control, uint8_t mask)
{
    for (size_t i = 0; i < d->options->account_count; i++) {
        const struct account *account = &d->options->accounts[i];
        uint16_t short_id = d->accounts[i].short_id;
        uint8_t rights = account->access;

        if (rights == ACCESS_UNSAID) {
            rights = i == 0 ? LN_ACCESS_CREATE | INSTANCE_RIGHTS : LN_ACCESS_READ;
        }
        if (short_id != control->owner || account->access != ACCESS_UNSAID) {
            (void)!ln_access_control_grant(control, short_id, rights & mask);
        }
    }
}

static void guard(struct device *d, uint16_t object, uint16_t instance)
{
    const struct ln_server_account *account = object == 1 ? &d->accounts[instance] : NULL;
    struct ln_access_control *control =
        ln_access_control_add(&d->access_store, object, instance,
                              account != NULL ? account->short_id : d->accounts[0].short_id);

    if (control != NULL && account == NULL) {
        grant_all(d, control, INSTANCE_RIGHTS);
    }
}

/* Who may create: the entry of the object itself, which no server owns. */
static void guard_object(struct device *d, uint16_t object)
{
    struct ln_access_control *control =
        ln_access_control_add(&d->access_store, object, LN_ID_NONE, LN_ID_NONE);

    if (control != NULL) {
        grant_all(d, control, LN_ACCESS_CREATE);
    }
}

static void guard_all(struct device *d, const struct ln_object_entry *entry)
{
    const struct ln_object *object = entry->object;
    uint16_t id = 0;

    if (object->id == 0 || object->id == 2) {
        return; /* no server sees the one; the other guards itself */
    }
    if (ln_object_is_single(object)) {
        guard(d, object->id, 0);
        return;
    }
    for (; object->calls->next(entry->store, &id) != NULL; id++) {
        guard(d, object->id, id);
    }
    if (object->id != 1 && object->calls->create != NULL) {
        guard_object(d, object->id);
    }
}

void access_init(struct device *d)
{
    d->access_store = (struct ln_instances){
        .items = d->access_controls,
        .ids = d->access_ids,
        .item_size = sizeof(d->access_controls[0]),
        .capacity = ACCESS_CONTROLS_MAX,
    };
    for (size_t i = 0; i < d->config.object_count && d->options->account_count > 1; i++) {
        guard_all(d, &d->config.objects[i]);
    }
}
