/* The objects of linnet-device, filled from the options and from this machine. */

#include "device.h"

#include <stdio.h>
#include <string.h>

const struct ln_format *const device_formats[] = {
    &ln_format_senml_cbor, &ln_format_senml_json, &ln_format_tlv,    &ln_format_json,
    &ln_format_cbor,       &ln_format_text,       &ln_format_opaque, NULL,
};

enum {
    DISABLE_S = 86400, /* as object 1 has it */
    SETTING_MAX = 512, /* bytes of an opaque value */
};

static bool init_security(struct device *d, const struct account *from, uint16_t short_id)
{
    size_t i = d->security_store.count++;
    struct ln_security *security = &d->securities[i];

    d->security_ids[i] = (uint16_t)i;
    security->short_id = short_id;
    security->is_bootstrap = short_id == 0;
    snprintf(security->uri, sizeof(security->uri), "%s", from->uri);
    return keys_load(from, security);
}

static bool init_accounts(struct device *d)
{
    const struct options *options = d->options;

    d->security_store = (struct ln_instances){
        .items = d->securities,
        .ids = d->security_ids,
        .item_size = sizeof(d->securities[0]),
        .capacity = SECURITIES_MAX,
    };
    for (size_t i = 0; i < SECURITIES_MAX; i++) {
        keys_place(&d->keys[i], &d->securities[i]);
    }
    for (size_t i = 0; i < options->account_count; i++) {
        const struct account *from = &options->accounts[i];
        struct ln_server_account *account = &d->accounts[i];

        d->account_ids[i] = (uint16_t)i;
        account->short_id = (uint16_t)(i + 1);
        account->lifetime = from->lifetime;
        account->store_notifications = true;
        account->disable_timeout = DISABLE_S;
        snprintf(account->binding, sizeof(account->binding), "%s", from->binding);
        if (!init_security(d, from, account->short_id)) {
            return false;
        }
    }
    if (options->bootstrap.uri != NULL && !init_security(d, &options->bootstrap, 0)) {
        return false;
    }
    d->account_store = (struct ln_instances){
        .items = d->accounts,
        .ids = d->account_ids,
        .item_size = sizeof(d->accounts[0]),
        .capacity = ACCOUNTS_MAX,
        .count = (uint16_t)options->account_count,
    };
    return true;
}

static const struct ln_object_entry *find_object(const struct device *d, uint16_t id)
{
    for (size_t i = 0; i < d->config.object_count; i++) {
        if (d->config.objects[i].object->id == id) {
            return &d->config.objects[i];
        }
    }
    return NULL;
}

static void *find_instance(const struct ln_object_entry *entry, uint16_t id)
{
    uint16_t found = id;
    void *instance = entry->store;

    if (!ln_object_is_single(entry->object)) {
        instance = entry->object->calls->next(entry->store, &found);
    }
    return found == id && (id == 0 || !ln_object_is_single(entry->object)) ? instance : NULL;
}

static enum ln_type type_of_row(const void *row, struct ln_path path)
{
    (void)path; /* there is one only */
    return (enum ln_type)((const struct ln_resource *)row)->type;
}

/* A text that is kept as a pointer is that of the command line; all else as a server would write it. */
static const char *store_text(const struct ln_resource *row, void *instance, const char *text)
{
    uint8_t memory[SETTING_MAX];
    struct ln_arena scratch = ln_arena(memory, sizeof(memory));
    struct ln_types types = {type_of_row, row};
    struct ln_decoder decoder;
    struct ln_record record;

    if (row->place == LN_PLACE_FIELD && row->storage == LN_IN_TEXT) {
        memcpy((char *)instance + row->at.field.offset, &text, sizeof(text));
        return NULL;
    }
    ln_decoder_init(&decoder, &ln_format_text, ln_path_resource(0, 0, row->id),
                    ln_bytes_of_text(text), &types, &scratch);
    if (!ln_decode(&decoder, &record)) {
        return "the value is not of this resource's type";
    }
    switch (ln_resource_store(row, instance, &record.value)) {
    case LN_OK:
        return NULL;
    case LN_ERR_NOT_ALLOWED:
        return "its value comes from elsewhere, and cannot be given";
    default:
        return "the value does not fit";
    }
}

static void make_present(const struct ln_object *object, const struct ln_resource *row,
                         void *instance)
{
    size_t index = (size_t)(row - object->resources);

    if (object->absent != 0 && index < 32) {
        *(uint32_t *)(void *)((char *)instance + object->absent - 1) &= ~(UINT32_C(1) << index);
    }
}

/* A value that servers may write is given at the start only. */
static bool apply(struct device *d, const struct setting *setting, bool at_start)
{
    const struct ln_object_entry *entry = find_object(d, setting->path.id[0]);
    void *instance = entry != NULL ? find_instance(entry, setting->path.id[1]) : NULL;
    const struct ln_resource *row =
        instance != NULL ? ln_object_resource(entry->object, setting->path.id[2]) : NULL;
    const char *why = "this device has no such resource";

    if (row != NULL && !at_start && (row->operations & LN_WRITE) != 0) {
        return true;
    }
    if (row != NULL) {
        why = store_text(row, instance, setting->text);
        make_present(entry->object, row, instance);
    }
    if (why != NULL) {
        fprintf(stderr, "linnet-device: --set /%u/%u/%u: %s\n", setting->path.id[0],
                setting->path.id[1], setting->path.id[2], why);
    }
    return why == NULL;
}

bool objects_init(struct device *d)
{
    if (!init_accounts(d)) {
        return false;
    }
    machine_read(&d->machine, &d->device, ln_clock_now());
    connectivity_read(&d->connectivity);
    machine_signal(&d->device, &d->connectivity);
    d->location = d->options->place;
    d->location.time = d->device.clock(d->device.clock_context);
    if (d->options->has_gpsd) {
        gps_begin(d);
    }
    d->statistics.absent = LN_STATISTICS_SMS;
    d->device.binding = "U";
    ln_test_reset(&d->tests[0]);
    d->test_store = (struct ln_instances){
        .items = d->tests,
        .ids = d->test_ids,
        .item_size = sizeof(d->tests[0]),
        .capacity = TESTS_MAX,
        .count = 1,
    };
    for (size_t i = 0; i < d->options->setting_count; i++) {
        if (!apply(d, &d->options->settings[i], true)) {
            return false;
        }
    }
    access_init(d);
    return true;
}

void objects_keep_set(struct device *d)
{
    for (size_t i = 0; i < d->options->setting_count; i++) {
        (void)apply(d, &d->options->settings[i], false);
    }
}
