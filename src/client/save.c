/* Writes the state that outlives a restart. state.h says in which form. */

#include "client/state.h"

#include "client/data.h"

#include <assert.h>

const struct ln_object_entry *ln_client__state_object(const struct ln_client *client,
                                                      uint16_t tag)
{
    static const struct ln_object *const kept[LN_STATE_OBJECTS] = {
        &ln_security_object, &ln_server_object, &ln_access_control_object};
    const struct ln_object_entry *entry =
        ln_client__entry(client->config, (uint16_t)(tag - LN_SECTION_SECURITY));
    bool is_kept = entry != NULL && (entry->object == kept[entry->object->id] ||
                                     entry->object == &ln_bootstrapped_server_object);

    return is_kept ? entry : NULL;
}

/* ---- The instances of an object, with what nobody may read ---- */

/* What ln_records.at means here. */
enum { INSTANCE, ROW, RESOURCE_INSTANCE };

/* What an app has set and its own function would not take back, as a binding of "", is left out. */
static bool can_be_restored(const struct ln_resource *row, void *instance, uint16_t id,
                            const struct ln_value *value)
{
    return row->place != LN_PLACE_CALL ||
           row->at.calls->write(instance, id, value, LN_CHECK) == LN_OK;
}

/* The next value of the row that the walk stands on. */
static bool value_of_row(struct ln_records *self, const struct ln_object *object,
                         void *instance, struct ln_record *out)
{
    const struct ln_resource *row = &object->resources[self->at[ROW]];
    bool many = (row->operations & LN_MANY) != 0;
    bool first = self->at[RESOURCE_INSTANCE] == 0;
    uint16_t id = (uint16_t)self->at[RESOURCE_INSTANCE];

    if (!ln_client__is_kept(row) || self->at[RESOURCE_INSTANCE] > LN_ID_MAX) {
        return false;
    }
    if (ln_client__next_value(object, row, instance, &id, &out->value) == LN_OK &&
        can_be_restored(row, instance, id, &out->value)) {
        self->at[RESOURCE_INSTANCE] = id + 1U;
        ln_path_append(&out->path, row->id);
        if (many) {
            ln_path_append(&out->path, id);
        }
        return true;
    }
    out->value.type = LN_NONE;
    self->at[RESOURCE_INSTANCE] = LN_ID_NONE;
    if (!first || !many || !ln_client__is_there(object, row, instance)) {
        return false;
    }
    ln_path_append(&out->path, row->id); /* a list that is there and empty */
    return true;
}

static bool value_of_instance(struct ln_records *self, const struct ln_object *object,
                              void *instance, struct ln_record *out)
{
    while (self->at[ROW] < object->resource_count) {
        if (value_of_row(self, object, instance, out)) {
            return true;
        }
        self->at[ROW]++;
        self->at[RESOURCE_INSTANCE] = 0;
    }
    return false;
}

static bool next_value(struct ln_records *self, struct ln_record *out)
{
    const struct ln_object_entry *entry = self->context;

    while (self->at[INSTANCE] <= LN_ID_MAX) {
        uint16_t id = (uint16_t)self->at[INSTANCE];
        void *instance = ln_client__next_instance(entry, &id);
        if (instance == NULL) {
            return false;
        }
        self->at[INSTANCE] = id;
        *out = (struct ln_record){.path = ln_path_instance(entry->object->id, id)};
        if (value_of_instance(self, entry->object, instance, out)) {
            return true;
        }
        self->at[INSTANCE]++;
        self->at[ROW] = 0;
    }
    return false;
}

static void write_object(const struct ln_object_entry *entry, struct ln_writer *w)
{
    const struct ln_records records = {.next = next_value, .context = (void *)(uintptr_t)entry};

    if (ln_encode(&ln_format_tlv, w, ln_path_object(entry->object->id), records) != LN_OK) {
        ln_writer_fail(w);
    }
}

/* ---- Attributes ---- */

static bool has_security(const struct ln_client *client, uint16_t short_id)
{
    const struct ln_object_entry *entry = ln_client__entry(client->config, 0);
    const struct ln_security *security;

    for (uint16_t id = 0; (security = ln_client__next_instance(entry, &id)) != NULL; id++) {
        if (!security->is_bootstrap && security->short_id == short_id) {
            return true;
        }
    }
    return false;
}

/* ln_client_start() gives links in the order of object 1's instances. */
uint16_t ln_client__state_short_id(const struct ln_client *client, ln_link link)
{
    const struct ln_object_entry *entry = ln_client__entry(client->config, 1);
    const struct ln_server_account *account;
    size_t found = 0;

    if (client->config->servers[link].in_use) {
        return client->config->servers[link].short_id;
    }
    for (uint16_t id = 0; (account = ln_client__next_instance(entry, &id)) != NULL; id++) {
        if (has_security(client, account->short_id) && found++ == link) {
            return account->short_id;
        }
    }
    return 0;
}

static void write_set(uint16_t short_id, const struct ln_client_attribute_set *set,
                      struct ln_writer *w)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);

    ln_write_attributes(&count, &set->attributes);
    ln_write_u16(w, short_id);
    ln_write_u8(w, set->path.depth);
    for (size_t i = 0; i < set->path.depth; i++) {
        ln_write_u16(w, set->path.id[i]);
    }
    ln_write_u16(w, (uint16_t)count.written);
    ln_write_attributes(w, &set->attributes);
}

static void write_attributes(const struct ln_client *client, struct ln_writer *w)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    for (size_t i = 0; reporting != NULL && i < reporting->attribute_count; i++) {
        const struct ln_client_attribute_set *set = &reporting->attributes[i];
        uint16_t short_id = set->in_use ? ln_client__state_short_id(client, set->link) : 0;
        if (short_id != 0) {
            write_set(short_id, set, w);
        }
    }
}

/* ---- Sections ---- */

struct saving {
    const struct ln_client *client;
    const struct ln_client_section *section; /* of the app; NULL: of the client */
    uint16_t tag;
};

static void write_body(const struct saving *saving, struct ln_writer *w)
{
    if (saving->section != NULL) {
        saving->section->save(saving->section->context, w);
    } else if (saving->tag == LN_SECTION_ATTRIBUTES) {
        write_attributes(saving->client, w);
    } else {
        write_object(ln_client__state_object(saving->client, saving->tag), w);
    }
}

static void write_section(const struct saving *saving, struct ln_writer *w)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);

    write_body(saving, &count);
    if (count.failed) {
        ln_writer_fail(w);
        return;
    }
    ln_write_u16(w, saving->tag);
    ln_write_u32(w, (uint32_t)count.written);
    size_t start = w->written;
    write_body(saving, w);
    assert(w->failed || w->written - start == count.written);
    (void)start;
}

void ln_client_save(const struct ln_client *client, const struct ln_client_section *sections,
                    size_t section_count, struct ln_writer *w)
{
    size_t start = ln_writer_bytes(w).len;
    struct ln_reader all;

    ln_write_u32(w, LN_STATE_MARK);
    ln_write_u8(w, LN_STATE_VERSION);
    for (uint16_t tag = LN_SECTION_SECURITY; tag <= LN_SECTION_ATTRIBUTES; tag++) {
        if (tag == LN_SECTION_ATTRIBUTES || ln_client__state_object(client, tag) != NULL) {
            write_section(&(struct saving){.client = client, .tag = tag}, w);
        }
    }
    for (size_t i = 0; i < section_count; i++) {
        assert(sections[i].tag > (i == 0 ? LN_SECTION_ATTRIBUTES : sections[i - 1].tag));
        write_section(&(struct saving){client, &sections[i], sections[i].tag}, w);
    }
    ln_write_u16(w, 0);
    all = ln_reader(ln_writer_bytes(w));
    (void)ln_read_bytes(&all, start);
    ln_write_u32(w, ln_checksum(ln_read_rest(&all)));
}
