/* A configuration becomes a script: deletes, objects 0, 1 and 2, what else is written, Finish. */

#include "check.h"

enum {
    FIRST_UNKNOWN_ID = 10, /* where the bootstrap account's instance is not known */
    SERVER_RECORDS = 7,    /* at most, of object 0 and of object 1 */
    BINDING_TEXT = 8,
};

/* Records are added one by one; the arena had room for all of them. */
struct list {
    struct ln_record *records;
    size_t count;
};

static void add(struct list *list, struct ln_path instance, uint16_t resource,
                struct ln_value value)
{
    list->records[list->count++] =
        (struct ln_record){.path = ln_path_add(instance, resource), .value = value};
}

static struct ln_value text(struct ln_bytes bytes)
{
    struct ln_value value = ln_value_opaque(bytes);

    value.type = LN_STRING;
    return value;
}

/* ---- The objects ---- */

/* spec: CORE-1.1.1 Appendix E.1 LwM2M Object: LwM2M Security */
static void add_security(struct list *list, const struct ln_bootstrap_server *server,
                         uint16_t instance)
{
    struct ln_path path = ln_path_instance(0, instance);

    add(list, path, 0, text(server->uri));
    add(list, path, 1, ln_value_boolean(false));
    add(list, path, 2, ln_value_integer((int64_t)server->mode));
    add(list, path, 3, ln_value_opaque(server->identity));
    add(list, path, 4, ln_value_opaque(server->server_key));
    add(list, path, 5, ln_value_opaque(server->key));
    add(list, path, 10, ln_value_integer(server->short_id));
}

/* spec: CORE-1.1.1 Appendix E.2 LwM2M Object: LwM2M Server */
static void add_server(struct list *list, const struct ln_bootstrap_server *server,
                       uint16_t instance, struct ln_bytes binding)
{
    struct ln_path path = ln_path_instance(1, instance);

    add(list, path, 0, ln_value_integer(server->short_id));
    add(list, path, 1, ln_value_integer(server->lifetime));
    if (server->has_default_pmin) {
        add(list, path, 2, ln_value_integer(server->default_pmin));
    }
    if (server->has_default_pmax) {
        add(list, path, 3, ln_value_integer(server->default_pmax));
    }
    if (server->has_disable_timeout) {
        add(list, path, 5, ln_value_integer(server->disable_timeout));
    }
    add(list, path, 6, ln_value_boolean(!server->drops_notifications));
    add(list, path, 7, text(binding));
}

/* spec: CORE-1.1.1 Appendix E.3 LwM2M Object: LwM2M Access Control */
static void add_access(struct list *list, const struct ln_bootstrap_access *access,
                       uint16_t instance)
{
    struct ln_path path = ln_path_instance(2, instance);

    add(list, path, 0, ln_value_integer(access->object));
    add(list, path, 1, ln_value_integer(access->instance));
    for (size_t i = 0; i < access->right_count; i++) {
        add(list, ln_path_add(path, 2), access->rights[i].short_id,
            ln_value_integer(access->rights[i].rights));
    }
    add(list, path, 3, ln_value_integer(access->owner));
}

/* ---- Room for them ---- */

static struct ln_record *take_records(struct ln_arena *arena, size_t count)
{
    return ln_arena_take(arena, count * sizeof(struct ln_record));
}

static ln_err make_security(const struct ln_bootstrap_configuration *c, uint16_t account,
                            struct ln_arena *arena, struct list *list)
{
    uint16_t instance = account == LN_ID_NONE ? FIRST_UNKNOWN_ID : 0;

    list->records = take_records(arena, c->server_count * SERVER_RECORDS);
    for (size_t i = 0; list->records != NULL && i < c->server_count; i++) {
        instance = (uint16_t)(instance == account ? instance + 1 : instance);
        add_security(list, &c->servers[i], instance++);
    }
    return list->records == NULL ? LN_ERR_NO_SPACE : LN_OK;
}

static ln_err make_servers(const struct ln_bootstrap_configuration *c, struct ln_arena *arena,
                           struct list *list)
{
    uint8_t *bindings = ln_arena_take(arena, c->server_count * BINDING_TEXT);

    list->records = take_records(arena, c->server_count * SERVER_RECORDS);
    if (bindings == NULL || list->records == NULL) {
        return LN_ERR_NO_SPACE;
    }
    for (size_t i = 0; i < c->server_count; i++) {
        struct ln_writer w = ln_writer(&bindings[i * BINDING_TEXT], BINDING_TEXT);
        /* In 1.0 the Q of queue mode stands here; later it is only where it was asked for. */
        ln_write_binding(&w, c->servers[i].binding, LN_VERSION_1_0);
        add_server(list, &c->servers[i], (uint16_t)i, ln_writer_bytes(&w));
    }
    return LN_OK;
}

static ln_err make_access(const struct ln_bootstrap_configuration *c, struct ln_arena *arena,
                          struct list *list)
{
    size_t count = 0;

    for (size_t i = 0; i < c->access_count; i++) {
        count += 3 + c->access[i].right_count;
    }
    list->records = take_records(arena, count);
    for (size_t i = 0; list->records != NULL && i < c->access_count; i++) {
        add_access(list, &c->access[i], (uint16_t)i);
    }
    return list->records == NULL ? LN_ERR_NO_SPACE : LN_OK;
}

/* ---- The script ---- */

struct steps {
    struct ln_bootstrap_step *at;
    size_t count;
};

static void add_step(struct steps *steps, enum ln_bootstrap_step_kind kind, struct ln_path path,
                     const struct ln_record *records, size_t count)
{
    steps->at[steps->count++] = (struct ln_bootstrap_step){
        .kind = kind, .path = path, .records = records, .record_count = count};
}

static void add_list(struct steps *steps, uint16_t object, const struct list *list)
{
    if (list->count > 0) {
        add_step(steps, LN_BOOTSTRAP_WRITE, ln_path_object(object), list->records, list->count);
    }
}

static void add_steps(const struct ln_bootstrap_configuration *c, const struct list objects[3],
                      struct steps *steps)
{
    for (size_t i = 0; i < c->delete_count; i++) {
        add_step(steps, LN_BOOTSTRAP_DELETE, c->deletes[i], NULL, 0);
    }
    for (uint16_t object = 0; object < 3; object++) {
        add_list(steps, object, &objects[object]);
    }
    for (size_t i = 0; i < c->write_count; i++) {
        add_step(steps, LN_BOOTSTRAP_WRITE, c->writes[i].path, c->writes[i].records,
                 c->writes[i].record_count);
    }
    add_step(steps, LN_BOOTSTRAP_FINISH, ln_path_root(), NULL, 0);
}

ln_err ln_bootstrap_script_build(const struct ln_bootstrap_configuration *c, uint16_t account,
                                 struct ln_arena *arena, struct ln_bootstrap_script *out,
                                 struct ln_bootstrap_fault *fault)
{
    struct list objects[3] = {{0}};
    struct steps steps = {0};
    ln_err err = ln_bootstrap_check(c, fault);

    if (err == LN_OK) {
        err = ln_bootstrap__spare_account(c, account, fault);
    }
    if (err == LN_OK) {
        err = make_security(c, account, arena, &objects[0]);
    }
    if (err == LN_OK) {
        err = make_servers(c, arena, &objects[1]);
    }
    if (err == LN_OK) {
        err = make_access(c, arena, &objects[2]);
    }
    if (err != LN_OK) {
        return err;
    }
    steps.at = ln_arena_take(arena, (c->delete_count + c->write_count + 4) * sizeof(*steps.at));
    if (steps.at == NULL) {
        return LN_ERR_NO_SPACE;
    }
    add_steps(c, objects, &steps);
    *out = (struct ln_bootstrap_script){c->format, steps.at, steps.count};
    return LN_OK;
}

/* ---- The bootstrap account, in what a Discover tells ---- */

/* LwM2M 1.0 begins with lwm2m="1.0", which is no link. */
static void skip_version(struct ln_reader *in)
{
    if (ln_peek_u8(in) == 'l') {
        (void)ln_read_until(in, ',');
    }
}

ln_err ln_bootstrap_account(struct ln_bytes discovered, uint16_t *instance)
{
    struct ln_reader in = ln_reader(discovered);
    struct ln_link_attribute attribute;
    struct ln_link_format link;
    struct ln_path path;
    size_t found = 0;

    *instance = LN_ID_NONE;
    skip_version(&in);
    while (ln_link_next(&in, &link)) {
        bool is_account = ln_path_of_text(link.target, &path) && path.depth == 2 &&
                          path.id[0] == 0 && !ln_link_attribute(&link, "ssid", &attribute);
        if (is_account) {
            *instance = found == 0 ? path.id[1] : LN_ID_NONE;
            found++;
        }
    }
    return in.failed ? LN_ERR_BAD_PAYLOAD : LN_OK;
}
