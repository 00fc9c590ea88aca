/* Whether a configuration holds together: each fault is named by its member. */

#include "check.h"

struct place {
    struct ln_bootstrap_fault *fault;
    const char *list; /* "servers" */
    size_t at;
};

static ln_err wrong(const struct place *place, const char *member, const char *why)
{
    struct ln_writer w = ln_writer(place->fault->member, sizeof(place->fault->member) - 1);

    ln_write_text(&w, place->list);
    ln_write_u8(&w, '[');
    ln_write_unsigned_text(&w, place->at);
    ln_write_u8(&w, ']');
    ln_write_text(&w, member);
    place->fault->member[w.failed ? 0 : w.written] = '\0';
    place->fault->why = why;
    return LN_ERR_BAD_CONFIG;
}

/* ---- URIs ---- */

static const struct {
    const char *start;
    bool secure;
    uint8_t binding;
} schemes[] = {
    {"coap://", false, LN_BINDING_U},
    {"coaps://", true, LN_BINDING_U},
    {"coap+tcp://", false, LN_BINDING_T},
    {"coaps+tcp://", true, LN_BINDING_T},
};

/* The scheme's row; -1: it is none of ours. `rest` is what follows. */
static int scheme_of(struct ln_bytes uri, struct ln_bytes *rest)
{
    for (size_t i = 0; i < LN_COUNT(schemes); i++) {
        struct ln_bytes start = ln_bytes_of_text(schemes[i].start);

        if (ln_bytes_start_with(uri, start)) {
            struct ln_reader in = ln_reader(uri);
            (void)ln_read_bytes(&in, start.len);
            *rest = ln_read_rest(&in);
            return (int)i;
        }
    }
    return -1;
}

static bool is_host(struct ln_bytes host)
{
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.at[i];
        bool is_end_of_host = c == '/' || c == '?' || c == '#' || c == '@' || c == '[';

        if (c <= ' ' || c >= 0x7f || is_end_of_host) {
            return false;
        }
    }
    return host.len > 0;
}

static bool is_port(struct ln_bytes text)
{
    uint64_t port;

    return ln_unsigned_of_text(text, &port) && port > 0 && port <= UINT16_MAX;
}

/* "host", "host:port", "[::1]:port" */
static bool is_authority(struct ln_bytes text)
{
    struct ln_reader in = ln_reader(text);
    bool is_literal = ln_read_if(&in, '[');
    struct ln_bytes host = ln_read_until(&in, is_literal ? ']' : ':');
    bool has_end = in.at > text.at && in.at[-1] == (is_literal ? ']' : ':');

    if (!is_host(host) || (is_literal && !has_end)) {
        return false;
    }
    if (is_literal && ln_reader_left(&in) > 0 && !ln_read_if(&in, ':')) {
        return false;
    }
    bool wants_port = is_literal ? ln_reader_left(&in) > 0 || in.at[-1] == ':' : has_end;
    return !wants_port || is_port(ln_read_rest(&in));
}

static ln_err check_uri(const struct place *place, const struct ln_bootstrap_server *server)
{
    enum { URI_MAX = 255 };
    struct ln_bytes rest;
    int scheme = scheme_of(server->uri, &rest);

    if (scheme < 0) {
        return wrong(place, ".uri",
                     "it begins with coap://, coaps://, coap+tcp:// or coaps+tcp://");
    }
    if (server->uri.len > URI_MAX || !is_authority(rest)) {
        return wrong(place, ".uri",
                     "it is scheme://host or scheme://host:port, 255 bytes at most");
    }
    if (schemes[scheme].secure && server->mode == LN_BOOTSTRAP_NO_SEC) {
        return wrong(place, ".uri", "coaps needs a security mode other than none");
    }
    if (!schemes[scheme].secure && server->mode != LN_BOOTSTRAP_NO_SEC) {
        return wrong(place, ".uri", "with this security mode it begins with coaps");
    }
    if ((server->binding & schemes[scheme].binding) == 0) {
        return wrong(place, ".binding", "it lacks the transport of the URI: U, or T for +tcp");
    }
    return LN_OK;
}

/* ---- Servers ---- */

static ln_err check_psk(const struct place *place, const struct ln_bootstrap_server *server)
{
    enum { IDENTITY_MAX = 128, KEY_MAX = 64 };

    if (server->identity.len == 0 || server->identity.len > IDENTITY_MAX) {
        return wrong(place, ".security.identity", "it has 1 to 128 bytes");
    }
    if (server->key.len == 0 || server->key.len > KEY_MAX) {
        return wrong(place, ".security.key", "it has 1 to 64 bytes, 16 random ones or more");
    }
    if (server->server_key.len > 0) {
        return wrong(place, ".security.server_public_key", "with PSK there is none");
    }
    return LN_OK;
}

static ln_err check_keys(const struct place *place, const struct ln_bootstrap_server *server)
{
    bool is_rpk = server->mode == LN_BOOTSTRAP_RPK;

    if (server->identity.len == 0) {
        return is_rpk ? wrong(place, ".security.identity", "the device's public key is missing")
                      : wrong(place, ".security.certificate",
                              "the device's certificate is missing");
    }
    if (server->key.len == 0) {
        return wrong(place, ".security.private_key", "the device's private key is missing");
    }
    if (server->server_key.len == 0) {
        return wrong(place, ".security.server_public_key",
                     "what the server is known by is missing");
    }
    return LN_OK;
}

static ln_err check_security(const struct place *place,
                             const struct ln_bootstrap_server *server)
{
    switch (server->mode) {
    case LN_BOOTSTRAP_PSK:
        return check_psk(place, server);
    case LN_BOOTSTRAP_RPK:
    case LN_BOOTSTRAP_X509:
        return check_keys(place, server);
    case LN_BOOTSTRAP_NO_SEC:
        if (server->identity.len > 0 || server->key.len > 0 || server->server_key.len > 0) {
            return wrong(place, ".security", "without security there are no keys");
        }
        return LN_OK;
    default:
        return wrong(place, ".security.mode", "it is none, psk, rpk or x509");
    }
}

static bool is_short_id(uint16_t id)
{
    return id != 0 && id != LN_ID_NONE;
}

static ln_err check_numbers(const struct place *place, const struct ln_bootstrap_server *server)
{
    bool has_both = server->has_default_pmin && server->has_default_pmax;

    if (!is_short_id(server->short_id)) {
        return wrong(place, ".short_id", "it is 1 to 65534");
    }
    if (has_both && server->default_pmax < server->default_pmin) {
        return wrong(place, ".default_pmax", "it is below default_pmin");
    }
    return LN_OK;
}

static ln_err check_server(const struct ln_bootstrap_configuration *c, size_t at,
                           struct ln_bootstrap_fault *fault)
{
    const struct place place = {fault, "servers", at};
    const struct ln_bootstrap_server *server = &c->servers[at];
    ln_err err = check_numbers(&place, server);

    for (size_t i = 0; err == LN_OK && i < at; i++) {
        if (c->servers[i].short_id == server->short_id) {
            return wrong(&place, ".short_id", "another server has it already");
        }
    }
    if (err == LN_OK) {
        err = check_security(&place, server);
    }
    return err == LN_OK ? check_uri(&place, server) : err;
}

/* ---- Access, deletes, writes ---- */

static bool has_server(const struct ln_bootstrap_configuration *c, uint16_t short_id)
{
    for (size_t i = 0; i < c->server_count; i++) {
        if (c->servers[i].short_id == short_id) {
            return true;
        }
    }
    return false;
}

static ln_err check_rights(const struct ln_bootstrap_configuration *c,
                           const struct place *place, const struct ln_bootstrap_access *access)
{
    enum { ALL_RIGHTS = 31 };

    for (size_t i = 0; i < access->right_count; i++) {
        const struct ln_bootstrap_right *right = &access->rights[i];

        if (i > 0 && access->rights[i - 1].short_id >= right->short_id) {
            return wrong(place, ".acl", "a short id stands there twice or out of order");
        }
        if (right->short_id != 0 && !has_server(c, right->short_id)) {
            return wrong(place, ".acl", "it names a server that is not among `servers`");
        }
        if (right->rights > ALL_RIGHTS) {
            return wrong(place, ".acl", "rights are 0 to 31");
        }
    }
    return LN_OK;
}

static ln_err check_access(const struct ln_bootstrap_configuration *c, size_t at,
                           struct ln_bootstrap_fault *fault)
{
    const struct place place = {fault, "access", at};
    const struct ln_bootstrap_access *access = &c->access[at];

    if (!is_short_id(access->object)) {
        return wrong(&place, ".object", "it is 1 to 65534");
    }
    if (access->owner != LN_ID_NONE && !has_server(c, access->owner)) {
        return wrong(&place, ".owner", "it is a server that is not among `servers`");
    }
    for (size_t i = 0; i < at; i++) {
        if (c->access[i].object == access->object &&
            c->access[i].instance == access->instance) {
            return wrong(&place, ".instance", "the same one has an entry already");
        }
    }
    return check_rights(c, &place, access);
}

static ln_err check_write(const struct ln_bootstrap_configuration *c, size_t at,
                          struct ln_bootstrap_fault *fault)
{
    const struct place place = {fault, "write", at};
    const struct ln_bootstrap_write *write = &c->writes[at];

    if (write->path.depth < 1 || write->path.depth > 3) {
        return wrong(&place, ".path", "it is an object, an instance or a resource");
    }
    if (write->path.id[0] <= 2) {
        return wrong(&place, ".path", "objects 0, 1 and 2 are made of `servers` and `access`");
    }
    for (size_t i = 0; i < write->record_count; i++) {
        const struct ln_record *records = write->records;
        bool ascends = i == 0 || ln_path_compare(records[i - 1].path, records[i].path) < 0;

        if (!ascends || !ln_path_is_within(&records[i].path, &write->path)) {
            return wrong(&place, ".value", "values ascend by path, all within it, each once");
        }
    }
    return LN_OK;
}

static ln_err check_delete(const struct ln_bootstrap_configuration *c, size_t at,
                           struct ln_bootstrap_fault *fault)
{
    const struct place place = {fault, "delete", at};

    return c->deletes[at].depth <= 2 ? LN_OK
                                     : wrong(&place, "", "it is /, an object or an instance");
}

ln_err ln_bootstrap__spare_account(const struct ln_bootstrap_configuration *c, uint16_t account,
                                   struct ln_bootstrap_fault *fault)
{
    struct ln_path path = ln_path_instance(0, account);

    for (size_t i = 0; i < c->delete_count; i++) {
        const struct place place = {fault, "delete", i};

        if (account != LN_ID_NONE && ln_path_equal(c->deletes[i], path)) {
            return wrong(&place, "", "this is the device's bootstrap account");
        }
    }
    return LN_OK;
}

/* ---- All of it ---- */

typedef ln_err check_fn(const struct ln_bootstrap_configuration *c, size_t at,
                        struct ln_bootstrap_fault *fault);

static ln_err check_all(const struct ln_bootstrap_configuration *c, size_t count,
                        check_fn *check, struct ln_bootstrap_fault *fault)
{
    ln_err err = LN_OK;

    for (size_t i = 0; err == LN_OK && i < count; i++) {
        err = check(c, i, fault);
    }
    return err;
}

ln_err ln_bootstrap_check(const struct ln_bootstrap_configuration *c,
                          struct ln_bootstrap_fault *fault)
{
    const struct place servers = {fault, "servers", 0};
    ln_err err = LN_OK;

    *fault = (struct ln_bootstrap_fault){.why = ""};
    if (c->server_count == 0) {
        return wrong(&servers, "", "a device needs one server at least");
    }
    err = check_all(c, c->server_count, check_server, fault);
    if (err == LN_OK) {
        err = check_all(c, c->access_count, check_access, fault);
    }
    if (err == LN_OK) {
        err = check_all(c, c->delete_count, check_delete, fault);
    }
    return err == LN_OK ? check_all(c, c->write_count, check_write, fault) : err;
}
