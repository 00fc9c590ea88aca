/* Reads the state that outlives a restart: first all of it is checked, then all of it is taken. */

#include "client/state.h"

#include "client/data.h"
#include "lwm2m/field.h"

#include <string.h>

/* One pass over the state. */
struct pass {
    const struct ln_client *client;
    const struct ln_client_section *sections;
    size_t section_count;
    enum ln_write_step step; /* LN_CHECK, then LN_STORE */
};

/* ---- The instances of an object ---- */

/* The part of a pass that goes over one object. */
struct filling {
    const struct ln_object *object;
    struct ln_instances *store;
    enum ln_write_step step;
    uint16_t count;                /* instances so far */
    uint16_t id;                   /* of the last one */
    const struct ln_resource *row; /* of the record before */
    struct ln_list_pass list;      /* of that row, if it is a list */
};

static void *place(const struct filling *f)
{
    return (uint8_t *)f->store->items + (f->count - 1U) * (size_t)f->store->item_size;
}

static void *member(const struct filling *f, size_t offset)
{
    return (uint8_t *)place(f) + offset;
}

static void empty_field(const struct filling *f, const struct ln_resource *row)
{
    void *at = member(f, row->at.field.offset);

    if (row->storage == LN_IN_BUFFER) {
        ((struct ln_buffer *)at)->len = 0; /* its memory stays */
    } else {
        memset(at, 0, row->at.field.size);
    }
}

/* What is not kept, as which resources can be executed, stays as it is at that place. */
static void empty_row(const struct filling *f, const struct ln_resource *row)
{
    uint32_t *absent = ln_client__absent(f->object, place(f));

    if (row->place == LN_PLACE_CALL) {
        (void)row->at.calls->write(place(f), 0, NULL, LN_CLEAR);
        return;
    }
    if (absent != NULL) {
        *absent |= ln_client__absent_bit(f->object, row);
    }
    if (row->place == LN_PLACE_LIST) {
        *(uint16_t *)member(f, row->at.list->count) = 0;
    } else {
        empty_field(f, row);
    }
}

static ln_err begin_instance(struct filling *f, uint16_t id)
{
    if (id > LN_ID_MAX || (f->count > 0 && id <= f->id)) {
        return LN_ERR_BAD_PAYLOAD;
    }
    if (f->count == f->store->capacity) {
        return LN_ERR_NO_SPACE;
    }
    f->count++;
    f->id = id;
    f->row = NULL;
    if (f->step == LN_CHECK) {
        return LN_OK;
    }
    f->store->ids[f->count - 1] = id;
    for (size_t i = 0; i < f->object->resource_count; i++) {
        if (ln_client__is_kept(&f->object->resources[i])) {
            empty_row(f, &f->object->resources[i]);
        }
    }
    return LN_OK;
}

static ln_err write_value(struct filling *f, const struct ln_resource *row,
                          const struct ln_record *record)
{
    const struct ln_value *value = &record->value;

    switch (row->place) {
    case LN_PLACE_FIELD:
        return ln_lwm2m__field_store((enum ln_storage)row->storage, row->at.field.size,
                                     member(f, row->at.field.offset), value, f->step);
    case LN_PLACE_LIST:
        return row->at.list->write(&f->list, row, place(f), record->path.id[3], value, f->step);
    default:
        return row->at.calls->write(place(f), record->path.id[3], value, f->step);
    }
}

static ln_err take_record(struct filling *f, struct ln_record *record)
{
    bool none = record->value.type == LN_NONE;
    const struct ln_resource *row;
    ln_err err = LN_OK;

    if (f->count == 0 || record->path.id[1] != f->id) {
        err = begin_instance(f, record->path.id[1]);
    }
    if (err != LN_OK || record->path.depth < 3) {
        return err;
    }
    row = ln_object_resource(f->object, record->path.id[2]);
    if (row == NULL || !ln_client__is_kept(row) ||
        ((row->operations & LN_MANY) != 0) != (none || record->path.depth == 4)) {
        return LN_ERR_BAD_PAYLOAD;
    }
    if (row != f->row) {
        f->row = row;
        f->list = (struct ln_list_pass){.cleared = true};
    }
    if (f->step == LN_STORE && f->object->absent != 0) {
        *ln_client__absent(f->object, place(f)) &= ~ln_client__absent_bit(f->object, row);
    }
    if (none) {
        return LN_OK;
    }
    err = ln_value_convert(&record->value, (enum ln_type)row->type);
    return err != LN_OK ? err : write_value(f, row, record);
}

static ln_err restore_object(const struct pass *pass, uint16_t tag, struct ln_bytes bytes)
{
    const struct ln_object_entry *entry = ln_client__state_object(pass->client, tag);
    struct ln_types types = ln_client__types(pass->client->config);
    struct filling f = {.step = pass->step};
    struct ln_decoder in;
    struct ln_record record;
    ln_err err = LN_OK;

    if (entry == NULL) {
        return LN_ERR_VERSION;
    }
    f.object = entry->object;
    f.store = entry->store;
    ln_decoder_init(&in, &ln_format_tlv, ln_path_object(f.object->id), bytes, &types, NULL);
    while (err == LN_OK && ln_decode(&in, &record)) {
        err = take_record(&f, &record);
    }
    if (err == LN_OK) {
        err = in.err;
    }
    if (pass->step == LN_STORE) {
        f.store->count = f.count;
    }
    return err;
}

/* ---- Attributes ---- */

static bool link_of(const struct ln_client *client, uint16_t short_id, ln_link *link)
{
    for (size_t i = 0; i < client->config->server_count && short_id != 0; i++) {
        if (ln_client__state_short_id(client, (ln_link)i) == short_id) {
            *link = (ln_link)i;
            return true;
        }
    }
    return false;
}

static struct ln_path read_path(struct ln_reader *in)
{
    struct ln_path path = {.depth = 0};
    uint8_t depth = ln_read_u8(in);

    if (depth == 0 || depth > LN_COUNT(path.id)) {
        ln_reader_fail(in);
        return path;
    }
    for (size_t i = 0; i < depth; i++) {
        ln_path_append(&path, ln_read_u16(in));
    }
    return path;
}

/* ";pmin=10;gt=5" */
static bool read_text(struct ln_bytes text, struct ln_attributes *out)
{
    struct ln_reader in = ln_reader(text);
    struct ln_attributes all = {0};

    if (!ln_read_if(&in, ';')) {
        return false;
    }
    while (ln_reader_left(&in) > 0) {
        if (ln_attributes_read(ln_read_until(&in, ';'), &all) != LN_OK) {
            return false;
        }
    }
    *out = (struct ln_attributes){0};
    return all.unset == 0 && ln_attributes_change(out, &all) == LN_OK;
}

static ln_err restore_attributes(const struct pass *pass, struct ln_bytes bytes)
{
    const struct ln_client_reporting *reporting = pass->client->config->reporting;
    struct ln_reader in = ln_reader(bytes);
    size_t count = 0;

    while (ln_reader_left(&in) > 0) {
        struct ln_client_attribute_set set = {.in_use = true};
        uint16_t short_id = ln_read_u16(&in);
        set.path = read_path(&in);
        struct ln_bytes text = ln_read_bytes(&in, ln_read_u16(&in));
        if (in.failed || !read_text(text, &set.attributes) ||
            !ln_attributes_fit(&set.attributes, set.path)) {
            return LN_ERR_BAD_PAYLOAD;
        }
        if (reporting == NULL || count == reporting->attribute_count) {
            return LN_ERR_NO_SPACE;
        }
        if (pass->step == LN_STORE && link_of(pass->client, short_id, &set.link)) {
            reporting->attributes[count] = set;
        }
        count++;
    }
    return LN_OK;
}

/* ---- Sections ---- */

static ln_err restore_section(const struct pass *pass, uint16_t tag, struct ln_bytes bytes)
{
    if (tag < LN_SECTION_ATTRIBUTES) {
        return restore_object(pass, tag, bytes);
    }
    if (tag == LN_SECTION_ATTRIBUTES) {
        return restore_attributes(pass, bytes);
    }
    for (size_t i = 0; i < pass->section_count; i++) {
        const struct ln_client_section *section = &pass->sections[i];
        struct ln_reader in = ln_reader(bytes);
        if (section->tag == tag) {
            ln_err err = section->restore(section->context, &in, pass->step);
            bool whole = !in.failed && ln_reader_left(&in) == 0;
            return err == LN_OK && !whole ? LN_ERR_BAD_PAYLOAD : err;
        }
    }
    return LN_ERR_VERSION;
}

/* `in` stands behind the version. */
static ln_err restore_sections(const struct pass *pass, struct ln_reader in)
{
    uint16_t last = 0;
    ln_err err = LN_OK;

    for (;;) {
        uint16_t tag = ln_read_u16(&in);
        if (tag == 0 || err != LN_OK) {
            return err;
        }
        struct ln_bytes bytes = ln_read_bytes(&in, ln_read_u32(&in));
        err = tag > last ? restore_section(pass, tag, bytes) : LN_ERR_BAD_PAYLOAD;
        last = tag;
    }
}

/* Whether the whole is there and undamaged. Moves `in` behind it, and `body` to the sections. */
static ln_err read_frame(struct ln_reader *in, struct ln_reader *body)
{
    const uint8_t *start = in->at;
    uint8_t version;

    if (ln_read_u32(in) != LN_STATE_MARK) {
        return LN_ERR_BAD_PAYLOAD;
    }
    version = ln_read_u8(in);
    if (version > LN_STATE_VERSION) {
        return LN_ERR_VERSION;
    }
    *body = *in;
    while (ln_read_u16(in) != 0) {
        (void)ln_read_bytes(in, ln_read_u32(in));
    }
    struct ln_bytes all = ln_bytes(start, (size_t)(in->at - start));
    bool whole = ln_read_u32(in) == ln_checksum(all) && !in->failed && version > 0;
    return whole ? LN_OK : LN_ERR_BAD_PAYLOAD;
}

static bool is_fresh(const struct ln_client *client)
{
    for (size_t i = 0; i < client->config->server_count; i++) {
        if (client->config->servers[i].in_use) {
            return false;
        }
    }
    return true;
}

ln_err ln_client_restore(struct ln_client *client, const struct ln_client_section *sections,
                         size_t section_count, struct ln_reader *in)
{
    struct pass pass = {client, sections, section_count, LN_CHECK};
    struct ln_reader body;
    ln_err err = is_fresh(client) ? read_frame(in, &body) : LN_ERR_CONFLICT;

    if (err == LN_OK) {
        err = restore_sections(&pass, body);
    }
    if (err == LN_OK) {
        pass.step = LN_STORE;
        err = restore_sections(&pass, body);
    }
    return err;
}
