/* Serving the bootstrap server: Write, Delete, Discover, Read and Finish, on the copies.
 * spec: CORE-1.1.1 §6.1.7, TRANSPORT-1.1.1 §6.4.1 */

#include "client/blocks.h"
#include "client/bootstrap.h"
#include "client/link_list.h"

/* ---- Which operation it is ---- */

static void serve(struct ln_client *client, struct ln_client_server *server, ln_time now,
                  const struct ln_coap_message *message);

static bool is_finish(const struct ln_coap_message *m)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(m);

    return m->code == LN_COAP_POST && ln_coap_option_find(&at, LN_COAP_URI_PATH) &&
           ln_bytes_are(at.value, "bs") && !ln_coap_option_find(&at, LN_COAP_URI_PATH);
}

static ln_err read_path(const struct ln_coap_message *m, struct ln_path *out)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(m);
    uint16_t id;

    *out = ln_path_root();
    while (ln_coap_option_find(&at, LN_COAP_URI_PATH)) {
        if (at.value.len == 0 && out->depth == 0) {
            continue; /* "/" as an empty segment */
        }
        if (out->depth == LN_COUNT(out->id) || !ln_id_of_text(at.value, &id)) {
            return LN_ERR_BAD_REQUEST;
        }
        ln_path_append(out, id);
    }
    return LN_OK;
}

static ln_err read_kind(struct ln_client__request *r)
{
    struct ln_operation *operation = &r->operation;
    uint8_t depth = operation->path.depth;

    switch (r->message->code) {
    case LN_COAP_GET:
        operation->kind =
            operation->accept == LN_FORMAT_LINK ? LN_OPERATION_DISCOVER : LN_OPERATION_READ;
        return LN_OK;
    case LN_COAP_PUT:
        operation->kind = LN_OPERATION_WRITE;
        return depth >= 1 && depth <= 3 && operation->format != LN_FORMAT_NONE
                   ? LN_OK
                   : LN_ERR_BAD_REQUEST;
    case LN_COAP_DELETE:
        operation->kind = LN_OPERATION_DELETE;
        return depth <= 2 ? LN_OK : LN_ERR_BAD_REQUEST;
    default:
        return LN_ERR_NOT_ALLOWED;
    }
}

/* ---- Write ---- */

static ln_err write_values(struct ln_client__request *r)
{
    ln_err err = ln_client__bootstrap_store(r);

    if (err == LN_OK) {
        ln_client__answer(r, LN_COAP_2_04);
    }
    return err;
}

static const struct ln_client_operation bootstrap_write = {
    .kinds = LN_KIND(WRITE),
    .perform = write_values,
    .serve = serve,
};

/* ---- Delete ---- */

static ln_err remove_one(struct ln_client_bootstrap *b,
                         const struct ln_client_bootstrap_object *how,
                         const struct ln_object_entry *entry, uint16_t id)
{
    ln_err err = ln_client__touch(b, how);

    if (err != LN_OK) {
        return err;
    }
    if (how->copy != NULL) {
        return ln_instances_calls.remove(entry->store, id);
    }
    return entry->object->calls->remove == NULL
               ? LN_OK
               : entry->object->calls->remove(entry->store, id);
}

/* The account that leads here stays. */
static bool is_spared(const struct ln_object_entry *entry, uint16_t id)
{
    const struct ln_security *security = ln_client__instance(entry, id);

    return entry->object->id == 0 && security != NULL && security->is_bootstrap;
}

static ln_err remove_all(struct ln_client_bootstrap *b, const struct ln_object_entry *entry)
{
    const struct ln_client_bootstrap_object *how =
        ln_client__bootstrap_object(b, entry->object->id);

    if (how == NULL || ln_object_is_single(entry->object)) {
        return LN_OK;
    }
    for (uint16_t id = 0; ln_client__next_instance(entry, &id) != NULL; id++) {
        ln_err err = is_spared(entry, id) ? LN_OK : remove_one(b, how, entry, id);
        if (err != LN_OK) {
            return err;
        }
    }
    return LN_OK;
}

/* What is not there need not go; what may not go is said where it is named itself. */
static ln_err remove_instance(struct ln_client_bootstrap *b,
                              const struct ln_object_entry *entry, uint16_t id)
{
    const struct ln_client_bootstrap_object *how =
        ln_client__bootstrap_object(b, entry->object->id);

    if (ln_client__instance(entry, id) == NULL) {
        return LN_OK;
    }
    if (how == NULL || ln_object_is_single(entry->object) || is_spared(entry, id)) {
        return LN_ERR_BAD_REQUEST;
    }
    return remove_one(b, how, entry, id);
}

/* spec: CORE-1.1.1 §6.1.7.5 Bootstrap-Delete: not the bootstrap account, nor the Device object. */
static ln_err delete_instances(struct ln_client__request *r)
{
    struct ln_client_bootstrap *b = ln_client__bootstrap_of(r->client);
    const struct ln_client_config *config = r->client->config;
    const struct ln_path *path = &r->operation.path;
    ln_err err = LN_OK;

    for (size_t i = 0; err == LN_OK && i < config->object_count; i++) {
        const struct ln_object_entry *entry = &config->objects[i];
        if (path->depth > 0 && entry->object->id != path->id[0]) {
            continue;
        }
        err = path->depth == 2 ? remove_instance(b, entry, path->id[1]) : remove_all(b, entry);
    }
    if (err == LN_OK) {
        ln_client__answer(r, LN_COAP_2_02);
    }
    return err;
}

static const struct ln_client_operation bootstrap_delete = {
    .kinds = LN_KIND(DELETE),
    .perform = delete_instances,
    .serve = serve,
};

/* ---- Discover ---- */

static void add_short_id(struct ln_writer *w, uint16_t short_id)
{
    ln_write_text(w, ";ssid=");
    ln_write_unsigned_text(w, short_id);
}

/* spec: CORE-1.1.1 §6.1.7.4 Bootstrap-Discover: which server an account is for, and where it is. */
static void describe(const struct ln_client__links *list, uint16_t object, void *instance)
{
    const struct ln_security *security = instance;
    const struct ln_server_account *account = instance;

    if (object == 1) {
        add_short_id(list->w, account->short_id);
    }
    if (object != 0) {
        return;
    }
    if (!security->is_bootstrap) {
        add_short_id(list->w, security->short_id);
    }
    if (ln_client__version_with(list->server) > LN_VERSION_1_0) {
        ln_write_text(list->w, ";uri=\"");
        ln_write_text(list->w, security->uri);
        ln_write_u8(list->w, '"');
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
        describe(list, entry->object->id, instance);
        id++;
        instance = ln_client__next_instance(entry, &id);
    }
}

static ln_err write_links(struct ln_client__request *r, struct ln_writer *w)
{
    const struct ln_client_config *config = r->client->config;
    const struct ln_client__links list = {w, config, r->server, NULL};
    const struct ln_path *path = &r->operation.path;
    enum ln_version version = ln_client__version(r);
    bool is_old = version == LN_VERSION_1_0;

    ln_write_text(w, is_old ? "lwm2m=\"" : "</>;lwm2m=");
    ln_write_text(w, ln_version_text(version));
    ln_write_text(w, is_old ? "\"" : "");
    for (size_t i = 0; i < config->object_count; i++) {
        if (path->depth == 0 || config->objects[i].object->id == path->id[0]) {
            list_object(&list, &config->objects[i]);
        }
    }
    return LN_OK;
}

static ln_err discover(struct ln_client__request *r)
{
    if (r->operation.path.depth > 1) {
        return LN_ERR_BAD_REQUEST;
    }
    return r->operation.path.depth == 1 && r->entry == NULL
               ? LN_ERR_NOT_FOUND
               : ln_client__answer_body(r, LN_FORMAT_LINK, write_links);
}

static const struct ln_client_operation bootstrap_discover = {
    .kinds = LN_KIND(DISCOVER),
    .perform = discover,
    .serve = serve,
};

/* ---- Read ---- */

static ln_err write_records(struct ln_client__request *r, struct ln_writer *w)
{
    struct ln_client__scope scope = {r->client->config, r->operation.path};

    return ln_encode(ln_format_find(r->client->config->formats, r->operation.accept), w,
                     scope.path, ln_client__records(&scope));
}

/* Without Accept: the first that can hold an object. */
static uint16_t preferred_format(const struct ln_format *const *formats)
{
    while (*formats != NULL && (*formats)->one_value) {
        formats++;
    }
    return *formats == NULL ? LN_FORMAT_NONE : (*formats)->id;
}

/* spec: CORE-1.1.1 §6.1.7.7 Bootstrap-Read: of accounts and access control only, and of all of an
 * instance. */
static ln_err read_values(struct ln_client__request *r)
{
    const struct ln_client_config *config = r->client->config;
    const struct ln_path *path = &r->operation.path;

    if (ln_client__version(r) == LN_VERSION_1_0 || path->depth == 0 || path->depth > 2) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (r->entry == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    if (path->id[0] != 1 && path->id[0] != 2) {
        return LN_ERR_NOT_ALLOWED;
    }
    if (path->depth == 2 && ln_client__instance(r->entry, path->id[1]) == NULL) {
        return LN_ERR_NOT_FOUND;
    }
    if (r->operation.accept == LN_FORMAT_NONE) {
        r->operation.accept = preferred_format(config->formats);
    }
    const struct ln_format *format = ln_format_find(config->formats, r->operation.accept);
    return format == NULL || format->one_value
               ? LN_ERR_NOT_ACCEPTABLE
               : ln_client__answer_body(r, format->id, write_records);
}

static const struct ln_client_operation bootstrap_read = {
    .kinds = LN_KIND(READ),
    .perform = read_values,
    .serve = serve,
};

const struct ln_client_operation *const ln_client__bootstrap_operations[] = {
    &bootstrap_write, &bootstrap_delete, &bootstrap_discover, &bootstrap_read, NULL};

/* ---- Serving ---- */

static ln_err carry_out(struct ln_client__request *r)
{
    const struct ln_client_bootstrap *b = ln_client__bootstrap_of(r->client);
    const struct ln_client_blocks *blocks = r->client->config->blocks;
    bool served = false;
    ln_err err = read_path(r->message, &r->operation.path);

    if (err == LN_OK) {
        err = read_kind(r);
    }
    if (err != LN_OK) {
        return err;
    }
    r->entry = r->operation.path.depth == 0
                   ? NULL
                   : ln_client__entry(r->client->config, r->operation.path.id[0]);
    if (r->operation.kind == LN_OPERATION_WRITE &&
        (r->entry == NULL || ln_client__bootstrap_object(b, r->operation.path.id[0]) == NULL)) {
        return LN_ERR_BAD_REQUEST;
    }
    err = blocks == NULL ? LN_OK : blocks->calls->serve(r, &served);
    if (err != LN_OK || served) {
        return err;
    }
    if (r->options.block1.more || r->options.block1.number > 0) {
        return LN_ERR_TOO_LARGE;
    }
    return ln_client__perform(r);
}

/* The operations' tables have no other codes for what an object does not want. */
static ln_err error_for(const struct ln_client__request *r, ln_err err)
{
    bool changes =
        r->operation.kind == LN_OPERATION_WRITE || r->operation.kind == LN_OPERATION_DELETE;
    bool is_plain = err == LN_ERR_NOT_ALLOWED || err == LN_ERR_NOT_FOUND;

    return changes && is_plain ? LN_ERR_BAD_REQUEST : err;
}

static void refuse(struct ln_client__request *r, ln_err err)
{
    struct ln_client_bootstrap *b = ln_client__bootstrap_of(r->client);

    b->stats.refused++;
    b->refused_path = r->operation.path;
    b->refused_code = ln_coap_code_of(err);
    ln_client__refuse(r, err);
}

static void serve(struct ln_client *client, struct ln_client_server *server, ln_time now,
                  const struct ln_coap_message *message)
{
    struct ln_client_bootstrap *b = ln_client__bootstrap_of(client);
    struct ln_client__request r = {
        .client = client, .server = server, .message = message, .now = now};
    ln_err err = ln_coap_options(message, &r.options);
    bool finishes = is_finish(message);

    server->answer_len = 0;
    if (err != LN_OK && message->type != LN_COAP_CON) {
        return;
    }
    r.operation.accept = r.options.accept;
    r.operation.format = r.options.content_format;
    r.operation.payload = message->payload;
    r.block1 = err == LN_OK ? r.options.block1 : r.block1;
    if (err == LN_OK && ((finishes && b->state != LN_CLIENT_BOOTSTRAP_SERVING) ||
                         !ln_client__bootstrap_may_begin(b, now))) {
        b->stats.unasked++;
        ln_client__refuse(&r, LN_ERR_UNAUTHORIZED);
        return;
    }
    if (err == LN_OK && finishes) {
        err = ln_client__bootstrap_finish(b, now);
        if (err == LN_OK) {
            ln_client__answer(&r, LN_COAP_2_04);
        }
    } else if (err == LN_OK) {
        err = carry_out(&r);
    }
    if (err != LN_OK) {
        refuse(&r, error_for(&r, err));
    }
    ln_client__bootstrap_heard(b, now);
}
