/* Reads a bootstrap configuration from JSON, member by member. */

#include "linnetd/bootstrap_input.h"

#include "linnetd/credential_seal.h"
#include "linnetd/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTER_MAX = 48, DEFAULT_LIFETIME = 86400 };

/* What the walk over a configuration carries along. */
struct reading {
    struct bootstrap_input *out;
    struct problem_text *problem;
    struct ln_arena arena;
    size_t text_length;
    bool is_pattern;
};

/* An object of the configuration, and the JSON pointer to it. */
struct part {
    json_t *json;
    char at[POINTER_MAX];
};

static bool wrong(struct reading *r, const struct part *part, const char *member,
                  const char *why)
{
    return problem_set(r->problem, PROBLEM_BAD_VALUE, "%s%s%s: %s", part->at,
                       member[0] != '\0' ? "/" : "", member, why);
}

static bool no_memory(struct reading *r)
{
    return problem_set(r->problem, PROBLEM_NO_MEMORY, "no memory for it: try again later");
}

static struct ln_bytes text_of(const json_t *json)
{
    return ln_bytes(json_string_value(json), json_string_length(json));
}

/* ---- Members of an object ---- */

/* An object with but these members. */
static bool is_object(struct reading *r, const struct part *part, const char *const *members)
{
    const char *key;
    json_t *value;

    if (!json_is_object(part->json)) {
        return wrong(r, part, "", "it is an object");
    }
    json_object_foreach(part->json, key, value)
    {
        size_t at = 0;
        while (members[at] != NULL && strcmp(members[at], key) != 0) {
            at++;
        }
        if (members[at] == NULL) {
            return problem_set(r->problem, PROBLEM_UNKNOWN_MEMBER, "%s/%.64s: no such member",
                               part->at, key);
        }
    }
    return true;
}

/* A number from `least` to `most`; `*out` stays where the member is not there. */
static bool number(struct reading *r, const struct part *part, const char *member,
                   const uint64_t bounds[2], uint64_t *out)
{
    const json_t *value = json_object_get(part->json, member);
    char why[80];

    if (value == NULL) {
        return true;
    }
    json_int_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= 0 && (uint64_t)number >= bounds[0] &&
        (uint64_t)number <= bounds[1]) {
        *out = (uint64_t)number;
        return true;
    }
    (void)snprintf(why, sizeof(why), "it is a number from %llu to %llu",
                   (unsigned long long)bounds[0], (unsigned long long)bounds[1]);
    return wrong(r, part, member, why);
}

/* The same for one that must be there. */
static bool needed_number(struct reading *r, const struct part *part, const char *member,
                          const uint64_t bounds[2], uint64_t *out)
{
    return json_object_get(part->json, member) != NULL
               ? number(r, part, member, bounds, out)
               : wrong(r, part, member, "it is missing");
}

/* No bytes at NULL where it is not there. */
static bool text(struct reading *r, const struct part *part, const char *member,
                 struct ln_bytes *out)
{
    const json_t *value = json_object_get(part->json, member);

    *out = ln_bytes(NULL, 0);
    if (value == NULL) {
        return true;
    }
    *out = text_of(value);
    return json_is_string(value) || wrong(r, part, member, "it is a string");
}

static bool boolean(struct reading *r, const struct part *part, const char *member,
                    bool otherwise, bool *out)
{
    const json_t *value = json_object_get(part->json, member);

    *out = value == NULL ? otherwise : json_is_true(value);
    return value == NULL || json_is_boolean(value) ||
           wrong(r, part, member, "it is true or false");
}

/* A list of at most so many; it may be missing. */
static bool list(struct reading *r, const char *member, json_t *json, size_t most, json_t **out)
{
    *out = json_object_get(json, member);
    if (*out == NULL || (json_is_array(*out) && json_array_size(*out) <= most)) {
        return true;
    }
    return problem_set(r->problem, PROBLEM_BAD_VALUE, "/%s: it is a list of %zu at most",
                       member, most);
}

static struct part item_of(const char *member, const json_t *items, size_t at)
{
    struct part part = {.json = json_array_get(items, at)};

    (void)snprintf(part.at, sizeof(part.at), "/%s/%zu", member, at);
    return part;
}

static struct part member_of(const struct part *part, const char *member)
{
    struct part inner = {.json = json_object_get(part->json, member)};

    (void)snprintf(inner.at, sizeof(inner.at), "%.20s/%.20s", part->at, member);
    return inner;
}

/* ---- Security ---- */

static bool hex(struct reading *r, const struct part *part, const char *member,
                struct ln_bytes *out)
{
    struct ln_bytes in;
    size_t length = 0;

    if (!text(r, part, member, &in)) {
        return false;
    }
    uint8_t *bytes = ln_arena_take(&r->arena, in.len / 2 + 1);
    if (bytes == NULL) {
        return no_memory(r);
    }
    if (!seal_read_hex(in, bytes, in.len / 2 + 1, &length)) {
        return wrong(r, part, member, "it is 1 to 64 bytes in hex, 16 random ones or more");
    }
    *out = ln_bytes(bytes, length);
    return true;
}

static bool base64(struct reading *r, const struct part *part, const char *member,
                   struct ln_bytes *out)
{
    struct ln_bytes in;

    if (!text(r, part, member, &in)) {
        return false;
    }
    uint8_t *bytes = ln_arena_take(&r->arena, in.len + 1);
    if (bytes == NULL) {
        return no_memory(r);
    }
    struct ln_writer w = ln_writer(bytes, in.len + 1);
    if (!ln_base64_decode(&w, in, false) || w.failed) {
        return wrong(r, part, member, "it is base64 of DER");
    }
    *out = ln_writer_bytes(&w);
    return true;
}

/* Refuses members that belong to another mode. */
static bool has_none_of(struct reading *r, const struct part *part, const char *const *members,
                        const char *why)
{
    for (; *members != NULL; members++) {
        if (json_object_get(part->json, *members) != NULL) {
            return wrong(r, part, *members, why);
        }
    }
    return true;
}

/* Key and identity are there once a device asks; until then something else stands for them. */
static bool read_generated(struct reading *r, const struct part *part,
                           struct ln_bootstrap_server *server)
{
    static const uint8_t placeholder[BOOTSTRAP_KEY_BYTES];
    struct bootstrap_input *out = r->out;

    if (json_object_get(part->json, "key") != NULL) {
        return wrong(r, part, "key", "it is made: leave out either this or `generate`");
    }
    if (out->generated != NULL) {
        return wrong(
            r, part, "generate",
            "a key can be made for one server only, which is this linnetd: give the keys "
            "of others");
    }
    out->has_identity = server->identity.at != NULL;
    if (out->has_identity && r->is_pattern) {
        return wrong(
            r, part, "identity",
            "the devices of a pattern need an identity each: leave it out, it is made");
    }
    out->generated = server;
    server->key = ln_bytes(placeholder, sizeof(placeholder));
    if (!out->has_identity) {
        server->identity = server->key;
    }
    return true;
}

static bool read_psk(struct reading *r, const struct part *part,
                     struct ln_bootstrap_server *server)
{
    static const char *const others[] = {"certificate", "private_key", "server_public_key",
                                         NULL};
    bool generate;

    server->mode = LN_BOOTSTRAP_PSK;
    if (!has_none_of(r, part, others, "it belongs to mode x509") ||
        !text(r, part, "identity", &server->identity) ||
        !boolean(r, part, "generate", false, &generate)) {
        return false;
    }
    return generate ? read_generated(r, part, server) : hex(r, part, "key", &server->key);
}

static bool read_x509(struct reading *r, const struct part *part,
                      struct ln_bootstrap_server *server)
{
    static const char *const others[] = {"identity", "key", NULL};

    server->mode = LN_BOOTSTRAP_X509;
    if (json_object_get(part->json, "generate") != NULL) {
        return wrong(r, part, "generate",
                     "only pre-shared keys are made: certificates come from your authority");
    }
    return has_none_of(r, part, others, "it belongs to mode psk") &&
           base64(r, part, "certificate", &server->identity) &&
           base64(r, part, "private_key", &server->key) &&
           base64(r, part, "server_public_key", &server->server_key);
}

static bool read_none(struct reading *r, const struct part *part,
                      struct ln_bootstrap_server *server)
{
    static const char *const others[] = {
        "identity", "key", "certificate", "private_key", "generate", "server_public_key", NULL};

    server->mode = LN_BOOTSTRAP_NO_SEC;
    return has_none_of(r, part, others, "without security there are no keys");
}

static bool read_security(struct reading *r, const struct part *server_part,
                          struct ln_bootstrap_server *server)
{
    static const char *const members[] = {
        "mode",        "identity",          "key", "generate", "certificate",
        "private_key", "server_public_key", NULL};
    struct part part = member_of(server_part, "security");
    struct ln_bytes mode;

    if (part.json == NULL) {
        server->mode = LN_BOOTSTRAP_NO_SEC;
        return true;
    }
    if (!is_object(r, &part, members) || !text(r, &part, "mode", &mode)) {
        return false;
    }
    if (ln_bytes_are(mode, "none")) {
        return read_none(r, &part, server);
    }
    if (ln_bytes_are(mode, "psk")) {
        return read_psk(r, &part, server);
    }
    if (ln_bytes_are(mode, "x509")) {
        return read_x509(r, &part, server);
    }
    if (ln_bytes_are(mode, "rpk") || ln_bytes_are(mode, "oscore")) {
        return wrong(r, &part, "mode",
                     "it is not built in this version: none, psk and x509 are");
    }
    return wrong(r, &part, "mode", "it is none, psk or x509");
}

/* ---- Servers ---- */

static bool read_binding(struct reading *r, const struct part *part,
                         struct ln_bootstrap_server *server)
{
    struct ln_bytes binding;
    struct ln_bytes plain = ln_bytes_of_text("coap+tcp://");
    struct ln_bytes secure = ln_bytes_of_text("coaps+tcp://");

    if (!text(r, part, "binding", &binding)) {
        return false;
    }
    if (binding.at == NULL) {
        bool tcp =
            ln_bytes_start_with(server->uri, plain) || ln_bytes_start_with(server->uri, secure);
        server->binding = tcp ? LN_BINDING_T : LN_BINDING_U;
        return true;
    }
    return ln_binding_of_text(binding, LN_VERSION_1_0, &server->binding) == LN_OK ||
           ln_binding_of_text(binding, LN_VERSION_1_1, &server->binding) == LN_OK ||
           wrong(r, part, "binding", "it is U, T, UQ and the like");
}

static bool read_periods(struct reading *r, const struct part *part,
                         struct ln_bootstrap_server *server)
{
    static const uint64_t seconds[] = {0, UINT32_MAX};
    uint64_t pmin = 0;
    uint64_t pmax = 0;
    uint64_t timeout = 0;
    bool stores;

    if (!number(r, part, "default_pmin", seconds, &pmin) ||
        !number(r, part, "default_pmax", seconds, &pmax) ||
        !number(r, part, "disable_timeout", seconds, &timeout) ||
        !boolean(r, part, "store_notifications", true, &stores)) {
        return false;
    }
    server->has_default_pmin = json_object_get(part->json, "default_pmin") != NULL;
    server->has_default_pmax = json_object_get(part->json, "default_pmax") != NULL;
    server->has_disable_timeout = json_object_get(part->json, "disable_timeout") != NULL;
    server->default_pmin = (uint32_t)pmin;
    server->default_pmax = (uint32_t)pmax;
    server->disable_timeout = (uint32_t)timeout;
    server->drops_notifications = !stores;
    return true;
}

static bool read_server(struct reading *r, const struct part *part,
                        struct ln_bootstrap_server *server)
{
    static const char *const members[] = {"short_id",        "uri",
                                          "lifetime",        "binding",
                                          "default_pmin",    "default_pmax",
                                          "disable_timeout", "store_notifications",
                                          "security",        NULL};
    static const uint64_t ids[] = {1, UINT16_MAX - 1};
    static const uint64_t seconds[] = {0, INT32_MAX};
    uint64_t short_id = 0;
    uint64_t lifetime = DEFAULT_LIFETIME;

    if (!is_object(r, part, members) || !needed_number(r, part, "short_id", ids, &short_id) ||
        !text(r, part, "uri", &server->uri) ||
        !number(r, part, "lifetime", seconds, &lifetime)) {
        return false;
    }
    if (server->uri.at == NULL) {
        return wrong(r, part, "uri", "it is missing");
    }
    server->short_id = (uint16_t)short_id;
    server->lifetime = (uint32_t)lifetime;
    return read_binding(r, part, server) && read_periods(r, part, server) &&
           read_security(r, part, server);
}

static bool read_servers(struct reading *r, json_t *json)
{
    struct ln_bootstrap_configuration *c = &r->out->configuration;
    json_t *items;

    if (!list(r, "servers", json, BOOTSTRAP_SERVERS_MAX, &items)) {
        return false;
    }
    c->server_count = json_array_size(items);
    if (c->server_count == 0) {
        return problem_set(r->problem, PROBLEM_BAD_VALUE,
                           "/servers: a device needs one server at least");
    }
    struct ln_bootstrap_server *servers =
        ln_arena_take(&r->arena, c->server_count * sizeof(*servers));
    if (servers == NULL) {
        return no_memory(r);
    }
    c->servers = servers;
    memset(servers, 0, c->server_count * sizeof(*servers));
    for (size_t i = 0; i < c->server_count; i++) {
        struct part part = item_of("servers", items, i);
        if (!read_server(r, &part, &servers[i])) {
            return false;
        }
    }
    return true;
}

/* ---- Access, deletes, writes ---- */

static int compare_rights(const void *a, const void *b)
{
    const struct ln_bootstrap_right *one = a;
    const struct ln_bootstrap_right *other = b;

    return (int)one->short_id - (int)other->short_id;
}

/* {"101":15,"0":1} */
static bool read_rights(struct reading *r, const struct part *access_part,
                        struct ln_bootstrap_access *access)
{
    static const uint64_t bounds[] = {0, 31};
    struct part part = member_of(access_part, "acl");
    const char *key;
    json_t *value;
    uint64_t id;
    uint64_t rights = 0;

    if (part.json == NULL) {
        return true;
    }
    if (!json_is_object(part.json) || json_object_size(part.json) > BOOTSTRAP_RIGHTS_MAX) {
        return wrong(r, &part, "",
                     "it is an object of 16 short ids at most, such as {\"101\":15}");
    }
    struct ln_bootstrap_right *all =
        ln_arena_take(&r->arena, BOOTSTRAP_RIGHTS_MAX * sizeof(*all));
    if (all == NULL) {
        return no_memory(r);
    }
    json_object_foreach(part.json, key, value)
    {
        if (!ln_unsigned_of_text(ln_bytes_of_text(key), &id) || id >= UINT16_MAX) {
            return wrong(r, &part, "", "its names are short ids, or 0 for all other servers");
        }
        if (!number(r, &part, key, bounds, &rights)) {
            return false;
        }
        all[access->right_count++] = (struct ln_bootstrap_right){(uint16_t)id, (uint8_t)rights};
    }
    qsort(all, access->right_count, sizeof(*all), compare_rights);
    access->rights = all;
    return true;
}

static bool read_access_item(struct reading *r, const struct part *part,
                             struct ln_bootstrap_access *access)
{
    static const char *const members[] = {"object", "instance", "owner", "acl", NULL};
    static const uint64_t ids[] = {0, UINT16_MAX};
    uint64_t object = 0;
    uint64_t instance = LN_ID_NONE;
    uint64_t owner = 0;

    if (!is_object(r, part, members) || !needed_number(r, part, "object", ids, &object) ||
        !number(r, part, "instance", ids, &instance) ||
        !needed_number(r, part, "owner", ids, &owner)) {
        return false;
    }
    *access = (struct ln_bootstrap_access){
        .object = (uint16_t)object, .instance = (uint16_t)instance, .owner = (uint16_t)owner};
    return read_rights(r, part, access);
}

static bool read_access(struct reading *r, json_t *json)
{
    struct ln_bootstrap_configuration *c = &r->out->configuration;
    json_t *items;

    if (!list(r, "access", json, BOOTSTRAP_ACCESS_MAX, &items)) {
        return false;
    }
    c->access_count = json_array_size(items);
    struct ln_bootstrap_access *all =
        ln_arena_take(&r->arena, BOOTSTRAP_ACCESS_MAX * sizeof(*all));
    if (all == NULL) {
        return no_memory(r);
    }
    c->access = all;
    for (size_t i = 0; i < c->access_count; i++) {
        struct part part = item_of("access", items, i);
        if (!read_access_item(r, &part, &all[i])) {
            return false;
        }
    }
    return true;
}

/* Without `delete` the device's servers are those of the configuration afterwards, and no others. */
static bool default_deletes(struct reading *r, struct ln_path *all)
{
    struct ln_bootstrap_configuration *c = &r->out->configuration;

    all[c->delete_count++] = ln_path_object(0);
    all[c->delete_count++] = ln_path_object(1);
    if (c->access_count > 0) {
        all[c->delete_count++] = ln_path_object(2);
    }
    return true;
}

static bool read_deletes(struct reading *r, json_t *json)
{
    struct ln_bootstrap_configuration *c = &r->out->configuration;
    json_t *items;

    if (!list(r, "delete", json, BOOTSTRAP_DELETES_MAX, &items)) {
        return false;
    }
    struct ln_path *all = ln_arena_take(&r->arena, BOOTSTRAP_DELETES_MAX * sizeof(*all));
    if (all == NULL) {
        return no_memory(r);
    }
    c->deletes = all;
    if (items == NULL) {
        return default_deletes(r, all);
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct part part = item_of("delete", items, i);
        if (!json_is_string(part.json) || !ln_path_of_text(text_of(part.json), &all[i])) {
            return wrong(r, &part, "", "it is /, an object or an instance, such as \"/1\"");
        }
        c->delete_count++;
    }
    return true;
}

static bool read_write(struct reading *r, const struct part *part,
                       struct ln_bootstrap_write *write, struct values *values)
{
    enum { OSCORE = 21 };
    static const char *const members[] = {"path", "value", "values", "type", NULL};
    struct problem_text inner;
    struct ln_bytes path;

    if (!is_object(r, part, members) || !text(r, part, "path", &path)) {
        return false;
    }
    if (!ln_path_of_text(path, &write->path) || write->path.depth < 2 ||
        write->path.depth > 3) {
        return wrong(r, part, "path", "it is an instance or a resource, such as \"/3/0/15\"");
    }
    if (write->path.id[0] == OSCORE) {
        return wrong(r, part, "path", "OSCORE is not built in this version");
    }
    if (!values_parse(part->json, r->text_length, write->path, values, &inner)) {
        return problem_set(r->problem, inner.kind, "%s: %s", part->at, inner.detail);
    }
    write->records = values->records;
    write->record_count = values->count;
    return true;
}

static bool read_writes(struct reading *r, json_t *json)
{
    struct ln_bootstrap_configuration *c = &r->out->configuration;
    json_t *items;

    if (!list(r, "write", json, BOOTSTRAP_WRITES_MAX, &items)) {
        return false;
    }
    size_t count = json_array_size(items);
    struct ln_bootstrap_write *writes =
        ln_arena_take(&r->arena, BOOTSTRAP_WRITES_MAX * sizeof(*writes));
    r->out->values = calloc(count + 1, sizeof(*r->out->values));
    if (writes == NULL || r->out->values == NULL) {
        return no_memory(r);
    }
    memset(writes, 0, count * sizeof(*writes));
    c->writes = writes;
    for (size_t i = 0; i < count; i++) {
        struct part part = item_of("write", items, i);
        c->write_count++;
        if (!read_write(r, &part, &writes[i], &r->out->values[i])) {
            return false;
        }
    }
    return true;
}

static bool read_format(struct reading *r, json_t *json)
{
    struct part whole = {.json = json};
    struct ln_bytes name;

    r->out->configuration.format = LN_FORMAT_NONE;
    if (!text(r, &whole, "format", &name)) {
        return false;
    }
    if (name.at == NULL) {
        return true;
    }
    const struct ln_format *format =
        ln_format_named(formats, json_string_value(json_object_get(json, "format")));
    if (format == NULL || format->one_value) {
        return wrong(r, &whole, "format", "it is tlv, json, senml-json or senml-cbor");
    }
    r->out->configuration.format = format->id;
    return true;
}

/* ---- All of it ---- */

/* "servers[1].security.key" is "/servers/1/security/key". */
static bool tell_fault(struct reading *r, const struct ln_bootstrap_fault *fault)
{
    char pointer[sizeof(fault->member) + 1];
    size_t length = 0;

    pointer[length++] = '/';
    for (const char *c = fault->member; *c != '\0' && length < sizeof(pointer) - 1; c++) {
        if (*c != ']') {
            pointer[length++] = *c == '[' || *c == '.' ? '/' : *c;
        }
    }
    pointer[length] = '\0';
    return problem_set(r->problem, PROBLEM_BAD_VALUE, "%s: %s", pointer, fault->why);
}

static bool read_all(struct reading *r, json_t *json)
{
    static const char *const members[] = {"servers", "access", "delete",
                                          "write",   "format", NULL};
    struct part whole = {.json = json};
    struct ln_bootstrap_fault fault;

    if (!is_object(r, &whole, members) || !read_servers(r, json) || !read_access(r, json) ||
        !read_deletes(r, json) || !read_writes(r, json) || !read_format(r, json)) {
        return false;
    }
    return ln_bootstrap_check(&r->out->configuration, &fault) == LN_OK || tell_fault(r, &fault);
}

/* All lists at their longest, and what is decoded of the text. */
static size_t memory_for(size_t text_length)
{
    return 2 * text_length + BOOTSTRAP_SERVERS_MAX * sizeof(struct ln_bootstrap_server) +
           BOOTSTRAP_ACCESS_MAX *
               (sizeof(struct ln_bootstrap_access) +
                (BOOTSTRAP_RIGHTS_MAX + 4) * sizeof(struct ln_bootstrap_right)) +
           BOOTSTRAP_DELETES_MAX * sizeof(struct ln_path) +
           BOOTSTRAP_WRITES_MAX * sizeof(struct ln_bootstrap_write) + 4096;
}

bool bootstrap_input_read(json_t *json, size_t text_length, bool is_pattern,
                          struct bootstrap_input *out, struct problem_text *problem)
{
    struct reading reading = {
        .out = out, .problem = problem, .text_length = text_length, .is_pattern = is_pattern};

    *out = (struct bootstrap_input){.size = memory_for(text_length)};
    if (text_length > BOOTSTRAP_TEXT_MAX) {
        return problem_set(problem, PROBLEM_TOO_LARGE, "a configuration has %d bytes at most",
                           BOOTSTRAP_TEXT_MAX);
    }
    out->memory = malloc(out->size);
    if (out->memory == NULL) {
        return no_memory(&reading);
    }
    reading.arena = ln_arena(out->memory, out->size);
    if (!read_all(&reading, json)) {
        bootstrap_input_free(out);
        return false;
    }
    return true;
}

void bootstrap_input_free(struct bootstrap_input *input)
{
    for (size_t i = 0; input->values != NULL && i < input->configuration.write_count; i++) {
        values_free(&input->values[i]);
    }
    free(input->values);
    if (input->memory != NULL) {
        seal_wipe(input->memory, input->size);
        free(input->memory);
    }
    *input = (struct bootstrap_input){.memory = NULL};
}

json_t *bootstrap_input_shown(json_t *json)
{
    json_t *shown = json_deep_copy(json);
    json_t *server;
    size_t i;

    json_array_foreach(json_object_get(shown, "servers"), i, server)
    {
        json_t *security = json_object_get(server, "security");
        (void)json_object_del(security, "key");
        (void)json_object_del(security, "private_key");
    }
    return shown;
}
