/* Changes on their way to the database, and the rows that they become. */

#include "linnetd/store_rows.h"

#include "linnetd/log.h"
#include "linnetd/store_observations.h"
#include "linnetd/store_operations.h"
#include "linnetd/store_updates.h"

#include <stdlib.h>
#include <string.h>

/* ---- Batches ---- */

enum { FIRST_SIZE = 64 * 1024, ADDRESS_BYTES = 22, LINK_BYTES = 6, ALIGNMENT = 16, PARTS = 7 };

/* A place for so many bytes more. */
static uint8_t *extend(struct store_bytes *bytes, size_t more)
{
    size_t size = bytes->size == 0 ? FIRST_SIZE : bytes->size;

    while (size < bytes->length + more) {
        size *= 2;
    }
    if (size != bytes->size) {
        bytes->at = realloc(bytes->at, size);
        bytes->size = size;
    }
    if (bytes->at == NULL) {
        log_line(LOG_ERROR, "no memory for changes that must be kept: ends as if killed");
        abort();
    }
    uint8_t *place = bytes->at + bytes->length;
    bytes->length += more;
    return place;
}

void store_bytes_append(struct store_bytes *bytes, const struct store_bytes *more)
{
    if (more->length > 0) {
        memcpy(extend(bytes, more->length), more->at, more->length);
    }
}

void store_bytes_fini(struct store_bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct store_bytes){.at = NULL};
}

/* What of a view has bytes, in the order in which they stand behind a record. */
static void each_of(struct ln_registration_view *view, struct ln_bytes *parts[PARTS])
{
    parts[0] = &view->endpoint;
    parts[1] = &view->location;
    parts[2] = &view->sms;
    parts[3] = &view->extra;
    parts[4] = &view->root;
    parts[5] = &view->formats;
    parts[6] = &view->identity;
}

static size_t bytes_of(struct ln_bytes *const *parts, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        bytes += parts[i]->len;
    }
    return bytes;
}

static void put_parts(uint8_t *at, struct ln_bytes *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i]->len > 0) {
            memcpy(at, parts[i]->at, parts[i]->len);
            at += parts[i]->len;
        }
    }
}

/* Where the bytes of a record have come to lie. */
static void find_parts(const uint8_t *at, struct ln_bytes *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        parts[i]->at = at;
        at += parts[i]->len;
    }
}

/* The record, what has one size behind it, and then all that has not. */
static void put_record(struct store_batch *batch, struct store_record *record,
                       struct ln_bytes fixed, struct ln_bytes *const *parts, size_t count)
{
    size_t size = sizeof(*record) + fixed.len + bytes_of(parts, count);

    record->size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uint8_t *at = extend(&batch->changes, record->size);
    memcpy(at, record, sizeof(*record));
    at += sizeof(*record);
    if (fixed.len > 0) {
        memcpy(at, fixed.at, fixed.len);
    }
    put_parts(at + fixed.len, parts, count);
}

static void put_operation(struct store_batch *batch, struct store_record *record)
{
    struct store_operation operation = *record->change.operation;
    struct ln_bytes *parts[STORE_OPERATION_PARTS];

    store_operation_parts(&operation, parts);
    put_record(batch, record, ln_bytes(&operation, sizeof(operation)), parts, LN_COUNT(parts));
}

static void put_observation(struct store_batch *batch, struct store_record *record)
{
    struct ln_observation_view observation = *record->change.observation;
    struct ln_bytes *parts[STORE_OBSERVATION_PARTS];

    store_observation_parts(&observation, parts);
    put_record(batch, record, ln_bytes(&observation, sizeof(observation)), parts,
               LN_COUNT(parts));
}

static void put_view(struct store_batch *batch, struct store_record *record)
{
    struct ln_bytes *parts[PARTS];

    if (record->change.view != NULL) {
        record->view = *record->change.view;
    }
    each_of(&record->view, parts);
    struct ln_bytes links = ln_bytes(record->view.objects,
                                     record->view.object_count * sizeof(struct ln_object_link));
    put_record(batch, record, links, parts, PARTS);
}

void store_batch_put(struct store_batch *batch, const struct store_change *change)
{
    struct store_record record = {.change = *change};

    if (change->operation != NULL) {
        put_operation(batch, &record);
    } else if (change->observation != NULL) {
        put_observation(batch, &record);
    } else {
        put_view(batch, &record);
    }
}

void store_batch_touch(struct store_batch *batch, uint64_t number, int64_t at,
                       const struct ln_address *address)
{
    uint8_t bytes[UPDATE_ENTRY_MAX];
    struct update_entry entry = {.number = number, .at = at, .has_address = address != NULL};

    if (address != NULL) {
        entry.address = *address;
    }
    size_t length = update_entry_write(bytes, &entry);
    memcpy(extend(&batch->touches, length), bytes, length);
    batch->touched++;
}

void store_batch_fini(struct store_batch *batch)
{
    store_bytes_fini(&batch->changes);
    store_bytes_fini(&batch->touches);
    batch->touched = 0;
}

static void find_operation(struct store_record *record)
{
    struct store_operation *operation = (struct store_operation *)(record + 1);
    struct ln_bytes *parts[STORE_OPERATION_PARTS];

    store_operation_parts(operation, parts);
    find_parts((const uint8_t *)(operation + 1), parts, LN_COUNT(parts));
    record->change.operation = operation;
}

static void find_observation(struct store_record *record)
{
    struct ln_observation_view *observation = (struct ln_observation_view *)(record + 1);
    struct ln_bytes *parts[STORE_OBSERVATION_PARTS];

    store_observation_parts(observation, parts);
    find_parts((const uint8_t *)(observation + 1), parts, LN_COUNT(parts));
    record->change.observation = observation;
}

static void find_view(struct store_record *record)
{
    struct ln_bytes *parts[PARTS];

    record->view.objects = (const struct ln_object_link *)(record + 1);
    each_of(&record->view, parts);
    find_parts((const uint8_t *)(record->view.objects + record->view.object_count), parts,
               PARTS);
    record->change.view = &record->view;
}

struct store_record *store_record_next(const struct store_bytes *changes, size_t *offset)
{
    if (*offset >= changes->length) {
        return NULL;
    }
    struct store_record *record = (struct store_record *)(void *)(changes->at + *offset);
    if (record->change.operation != NULL) {
        find_operation(record);
    } else if (record->change.observation != NULL) {
        find_observation(record);
    } else {
        find_view(record);
    }
    *offset += record->size;
    return record;
}

/* ---- Rows ---- */

static void bind_bytes(sqlite3_stmt *statement, int at, struct ln_bytes bytes)
{
    if (bytes.len == 0) {
        sqlite3_bind_null(statement, at);
    } else {
        sqlite3_bind_blob(statement, at, bytes.at, (int)bytes.len, SQLITE_STATIC);
    }
}

/* IP address, port, scope: 22 bytes, and 18 where there is no scope. */
void store_bind_address(sqlite3_stmt *statement, int at, const struct ln_address *address)
{
    uint8_t bytes[ADDRESS_BYTES];
    struct ln_writer w = ln_writer(bytes, sizeof(bytes));

    ln_write_bytes(&w, ln_bytes(address->ip, sizeof(address->ip)));
    ln_write_u16(&w, address->port);
    if (address->scope != 0) {
        ln_write_u32(&w, address->scope);
    }
    sqlite3_bind_blob(statement, at, bytes, (int)w.written, SQLITE_TRANSIENT);
}

/* Object, instance and version of each. */
static void bind_links(sqlite3_stmt *statement, int at, const struct ln_registration_view *view)
{
    enum { FEW = 64 };
    uint8_t few[FEW * LINK_BYTES];
    size_t size = view->object_count * LINK_BYTES;
    uint8_t *bytes = view->object_count <= FEW ? few : malloc(size);
    struct ln_writer w = ln_writer(bytes, size);

    for (size_t i = 0; bytes != NULL && i < view->object_count; i++) {
        ln_write_u16(&w, view->objects[i].object);
        ln_write_u16(&w, view->objects[i].instance);
        ln_write_u8(&w, view->objects[i].version_major);
        ln_write_u8(&w, view->objects[i].version_minor);
    }
    /* Without memory the row has none, and the commit fails on it. */
    sqlite3_bind_blob(statement, at, bytes, (int)w.written, SQLITE_TRANSIENT);
    if (bytes != few) {
        free(bytes);
    }
}

void store_bind_view(sqlite3_stmt *statement, int first,
                     const struct ln_registration_view *view)
{
    bind_bytes(statement, first++, view->endpoint);
    bind_bytes(statement, first++, view->location);
    store_bind_address(statement, first++, &view->peer.remote);
    store_bind_address(statement, first++, &view->peer.local);
    sqlite3_bind_int(statement, first++, (int)view->version);
    sqlite3_bind_int64(statement, first++, view->lifetime);
    sqlite3_bind_int(statement, first++, view->binding);
    sqlite3_bind_int64(statement, first++, view->registered_at);
    sqlite3_bind_int64(statement, first++, view->updated_at);
    sqlite3_bind_int64(statement, first++, view->seen_at);
    bind_bytes(statement, first++, view->sms);
    bind_bytes(statement, first++, view->extra);
    bind_bytes(statement, first++, view->root);
    bind_bytes(statement, first++, view->formats);
    bind_links(statement, first++, view);
    sqlite3_bind_int64(statement, first++, (int64_t)view->peer.session);
    sqlite3_bind_int(statement, first++, view->proof_mode);
    bind_bytes(statement, first, view->identity);
}

static struct ln_bytes read_bytes(sqlite3_stmt *statement, int at)
{
    const void *bytes = sqlite3_column_blob(statement, at);

    return ln_bytes(bytes, (size_t)sqlite3_column_bytes(statement, at));
}

static bool read_address(sqlite3_stmt *statement, int at, struct ln_address *address)
{
    struct ln_reader in = ln_reader(read_bytes(statement, at));
    struct ln_bytes ip = ln_read_bytes(&in, sizeof(address->ip));

    if (in.failed) {
        return false;
    }
    memcpy(address->ip, ip.at, ip.len);
    address->port = ln_read_u16(&in);
    address->scope = ln_reader_left(&in) > 0 ? ln_read_u32(&in) : 0;
    return !in.failed && ln_reader_left(&in) == 0;
}

static bool read_links(sqlite3_stmt *statement, int at, struct ln_object_link *links,
                       struct ln_registration_view *view)
{
    struct ln_reader in = ln_reader(read_bytes(statement, at));

    view->objects = links;
    view->object_count = ln_reader_left(&in) / LINK_BYTES;
    if (view->object_count > LN_LIMIT_OBJECT_LINKS) {
        return false;
    }
    for (size_t i = 0; i < view->object_count; i++) {
        links[i].object = ln_read_u16(&in);
        links[i].instance = ln_read_u16(&in);
        links[i].version_major = ln_read_u8(&in);
        links[i].version_minor = ln_read_u8(&in);
    }
    return ln_reader_left(&in) == 0;
}

bool store_read_view(sqlite3_stmt *statement, int first,
                     struct ln_object_link links[LN_LIMIT_OBJECT_LINKS],
                     struct ln_registration_view *view)
{
    *view = (struct ln_registration_view){
        .endpoint = read_bytes(statement, first),
        .location = read_bytes(statement, first + 1),
        .version = (enum ln_version)sqlite3_column_int(statement, first + 4),
        .lifetime = (uint32_t)sqlite3_column_int64(statement, first + 5),
        .binding = (uint8_t)sqlite3_column_int(statement, first + 6),
        .registered_at = sqlite3_column_int64(statement, first + 7),
        .updated_at = sqlite3_column_int64(statement, first + 8),
        .seen_at = sqlite3_column_int64(statement, first + 9),
        .sms = read_bytes(statement, first + 10),
        .extra = read_bytes(statement, first + 11),
        .root = read_bytes(statement, first + 12),
        .formats = read_bytes(statement, first + 13),
        .peer.session = (uint64_t)sqlite3_column_int64(statement, first + 15),
        .proof_mode = (uint8_t)sqlite3_column_int(statement, first + 16),
        .identity = read_bytes(statement, first + 17),
    };
    return read_address(statement, first + 2, &view->peer.remote) &&
           read_address(statement, first + 3, &view->peer.local) &&
           read_links(statement, first + 14, links, view);
}
