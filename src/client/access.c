/* Access control: operations that look first whether the server may, and object 2 kept with what
 * it guards. spec: CORE-1.1.1 §7.3 Authorization */

#include "client/data.h"
#include "client/requests.h"

/* ---- Whether it may ---- */

/* A single server may do everything, and so may all where there is no object 2. NULL: they may. */
static struct ln_instances *controls(const struct ln_client__request *r)
{
    const struct ln_object_entry *entry = ln_client__entry(r->client->config, 2);
    const struct ln_object_entry *accounts = ln_client__entry(r->client->config, 1);
    uint16_t id = 0;

    if (entry == NULL || ln_client__next_instance(accounts, &id) == NULL) {
        return NULL;
    }
    id++;
    return ln_client__next_instance(accounts, &id) == NULL ? NULL : entry->store;
}

static uint8_t rights(const struct ln_client__request *r, const struct ln_instances *store,
                      uint16_t object, uint16_t instance)
{
    return ln_access_control_rights(ln_access_control_find(store, object, instance),
                                    r->server->short_id);
}

/* What object 2 says everybody may know. */
static bool may_read(const struct ln_client__request *r, const struct ln_instances *store,
                     uint16_t object, uint16_t instance)
{
    return object == 2 || (rights(r, store, object, instance) & LN_ACCESS_READ) != 0;
}

/* An object without instances hides none. */
static bool may_read_any(const struct ln_client__request *r, const struct ln_instances *store)
{
    uint16_t id = 0;
    bool any = ln_client__next_instance(r->entry, &id) != NULL;

    for (; ln_client__next_instance(r->entry, &id) != NULL; id++) {
        if (may_read(r, store, r->entry->object->id, id)) {
            return true;
        }
    }
    return !any;
}

static bool owns(const struct ln_client__request *r)
{
    const struct ln_access_control *control = r->instance;

    return control->owner == r->server->short_id;
}

/* The right that an operation on an instance, or on what is in it, needs. */
static uint8_t right_for(enum ln_operation_kind kind)
{
    switch (kind) {
    case LN_OPERATION_WRITE:
    case LN_OPERATION_WRITE_PARTIAL:
        return LN_ACCESS_WRITE;
    case LN_OPERATION_EXECUTE:
        return LN_ACCESS_EXECUTE;
    case LN_OPERATION_DELETE:
        return LN_ACCESS_DELETE;
    default: /* Read and Write-Attributes */
        return LN_ACCESS_READ;
    }
}

static bool may_on_object(const struct ln_client__request *r, const struct ln_instances *store)
{
    uint16_t object = r->operation.path.id[0];

    switch (r->operation.kind) {
    case LN_OPERATION_READ:
        return may_read_any(r, store);
    case LN_OPERATION_CREATE:
        return object == 2 || (rights(r, store, object, LN_ID_NONE) & LN_ACCESS_CREATE) != 0;
    default:
        return true; /* Write-Attributes; what else there is cannot be done to an object */
    }
}

static bool may(const struct ln_client__request *r)
{
    const struct ln_path *path = &r->operation.path;
    const struct ln_instances *store = controls(r);
    uint8_t right = right_for(r->operation.kind);

    if (store == NULL || r->operation.kind == LN_OPERATION_DISCOVER) {
        return true;
    }
    if (path->depth == 1) {
        return may_on_object(r, store);
    }
    if (path->id[0] == 2) { /* Execute and Delete are not of it: 4.05 */
        return right != LN_ACCESS_WRITE || owns(r);
    }
    return (rights(r, store, path->id[0], path->id[1]) & right) != 0;
}

/* What leads nowhere, or cannot be read, is refused as ever. */
static void serve(struct ln_client *client, struct ln_client_server *server, ln_time now,
                  const struct ln_coap_message *message)
{
    struct ln_client__request r = {
        .client = client, .server = server, .message = message, .now = now};

    if (ln_coap_options(message, &r.options) == LN_OK &&
        ln_operation_read(message, &r.options, &r.operation) == LN_OK &&
        r.operation.path.depth > 0 && ln_client__find_target(&r) == LN_OK && !may(&r)) {
        r.block1 = r.options.block1;
        ln_client__refuse(&r, LN_ERR_UNAUTHORIZED);
        return;
    }
    ln_client__serve(client, server, now, message);
}

/* ---- Read: what of an object the server may read ---- */

struct readable {
    struct ln_client__scope scope; /* first: it is what the records take for theirs */
    const struct ln_client__request *request;
    const struct ln_instances *store;
};

static bool next_readable(struct ln_records *self, struct ln_record *out)
{
    const struct readable *readable = self->context;
    struct ln_records all = ln_client__records(&readable->scope);

    while (all.next(self, out)) {
        if (may_read(readable->request, readable->store, out->path.id[0], out->path.id[1])) {
            return true;
        }
    }
    return false;
}

static ln_err write_readable(struct ln_client__request *r, struct ln_writer *w)
{
    const struct readable readable = {{r->client->config, r->operation.path}, r, controls(r)};
    const struct ln_format *format =
        ln_format_find(r->client->config->formats, r->operation.accept);
    const struct ln_records records = {.next = next_readable,
                                       .context = (void *)(uintptr_t)&readable};

    return ln_encode(format, w, r->operation.path, records);
}

/* Notifications come this way too: the right may have gone since the Observe. */
static ln_err read_values(struct ln_client__request *r)
{
    if (!may(r)) {
        return LN_ERR_UNAUTHORIZED;
    }
    if (r->operation.path.depth == 1 && controls(r) != NULL) {
        return ln_client__read(r, write_readable);
    }
    return ln_client_read.perform(r);
}

/* ---- Create and Delete: object 2 follows ---- */

static ln_err create(struct ln_client__request *r)
{
    struct ln_instances *store = controls(r);
    ln_err err;

    if (store != NULL && store->count == store->capacity) {
        return LN_ERR_NO_SPACE;
    }
    err = ln_client_create.perform(r);
    if (err == LN_OK && store != NULL) {
        (void)ln_access_control_add(store, r->operation.path.id[0], r->instance_id,
                                    r->server->short_id);
    }
    return err;
}

static ln_err remove_instance(struct ln_client__request *r)
{
    const struct ln_object_entry *entry = ln_client__entry(r->client->config, 2);
    ln_err err = ln_client_delete.perform(r);

    if (err == LN_OK && entry != NULL) {
        ln_access_control_remove(entry->store, r->operation.path.id[0], r->instance_id);
    }
    return err;
}

static const struct ln_client_operation guarded_read = {
    .kinds = LN_KIND(READ),
    .perform = read_values,
    .serve = serve,
};
static const struct ln_client_operation guarded_create = {
    .kinds = LN_KIND(CREATE),
    .perform = create,
    .serve = serve,
};
static const struct ln_client_operation guarded_delete = {
    .kinds = LN_KIND(DELETE),
    .perform = remove_instance,
    .serve = serve,
};

/* The first row's `serve` is that of all. */
const struct ln_client_operation *const ln_client_guarded_operations[] = {
    &guarded_read,
    &ln_client_discover,
    &ln_client_write,
    &ln_client_execute,
    &guarded_create,
    &guarded_delete,
    &ln_client_write_attributes,
    NULL,
};
