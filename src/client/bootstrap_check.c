/* Whether what a bootstrap leaves holds together: looked at when Finish comes.
 * spec: CORE-1.1.1 §6.1.7.3 Bootstrap-Finish, §6.1.6 Bootstrap and Configuration Consistency */

#include "client/bootstrap.h"

#define REASON(name) LN_CLIENT_BOOTSTRAP_##name##_REASON

struct check {
    const struct ln_client_config *config;
    struct ln_path *path;
};

static const struct ln_security *security_of(const struct check *check, uint16_t *id)
{
    return ln_client__next_instance(ln_client__entry(check->config, 0), id);
}

static const struct ln_server_account *account_of(const struct check *check, uint16_t *id)
{
    return ln_client__next_instance(ln_client__entry(check->config, 1), id);
}

static enum ln_client_bootstrap_reason say(const struct check *check, struct ln_path path,
                                           enum ln_client_bootstrap_reason reason)
{
    *check->path = path;
    return reason;
}

/* A mandatory resource that is not there; false: all are. Keys are another matter. */
static bool lacks(const struct ln_object *object, void *instance, uint16_t *id)
{
    const uint32_t *absent = ln_client__absent(object, instance);

    for (size_t i = 0; absent != NULL && i < object->resource_count; i++) {
        const struct ln_resource *row = &object->resources[i];
        bool is_key = row->place == LN_PLACE_FIELD && row->storage == LN_IN_BUFFER;
        if ((row->operations & LN_MANDATORY) != 0 && !is_key &&
            (*absent & ln_client__absent_bit(object, row)) != 0) {
            *id = row->id;
            return true;
        }
    }
    return false;
}

static enum ln_client_bootstrap_reason mandatory_are_there(const struct check *check,
                                                           const struct ln_object_entry *entry)
{
    uint16_t resource;
    void *instance;

    for (uint16_t id = 0; (instance = ln_client__next_instance(entry, &id)) != NULL; id++) {
        if (lacks(entry->object, instance, &resource)) {
            return say(check, ln_path_resource(entry->object->id, id, resource),
                       REASON(MISSING));
        }
    }
    return REASON(NONE);
}

static bool is_good_id(uint16_t short_id)
{
    return short_id > 0 && short_id <= LN_ID_MAX;
}

static bool starts_with(const char *text, const char *start)
{
    return ln_bytes_start_with(ln_bytes_of_text(text), ln_bytes_of_text(start));
}

/* By the mode, what the URI must begin with and which keys there must be. */
static bool keys_fit(const struct ln_security *security)
{
    switch (security->mode) {
    case LN_SECURITY_PSK:
        return security->identity.len > 0 && security->secret.len > 0;
    case LN_SECURITY_RAW_KEY:
    case LN_SECURITY_X509:
        return security->identity.len > 0 && security->server_key.len > 0 &&
               security->secret.len > 0;
    default:
        return security->mode == LN_SECURITY_NONE;
    }
}

static bool uri_fits(const struct ln_security *security)
{
    bool is_plain = security->mode == LN_SECURITY_NONE;

    return starts_with(security->uri, is_plain ? "coap://" : "coaps://") ||
           starts_with(security->uri, is_plain ? "coap+tcp://" : "coaps+tcp://");
}

static bool has_server_object(const struct check *check, uint16_t short_id)
{
    const struct ln_server_account *account;

    for (uint16_t id = 0; (account = account_of(check, &id)) != NULL; id++) {
        if (account->short_id == short_id) {
            return true;
        }
    }
    return false;
}

/* The instance of object 0 for that server, from *id on; false if there is none. */
static bool has_security(const struct check *check, uint16_t short_id, uint16_t *id)
{
    const struct ln_security *security;

    for (; (security = security_of(check, id)) != NULL; (*id)++) {
        if (!security->is_bootstrap && security->short_id == short_id) {
            return true;
        }
    }
    return false;
}

static enum ln_client_bootstrap_reason
check_security(const struct check *check, const struct ln_security *security, uint16_t id)
{
    if (!uri_fits(security)) {
        return say(check, ln_path_resource(0, id, 0), REASON(BAD_URI));
    }
    if (!keys_fit(security)) {
        return say(check, ln_path_resource(0, id, 2), REASON(BAD_SECURITY));
    }
    if (security->is_bootstrap) {
        return REASON(NONE);
    }
    if (!is_good_id(security->short_id)) {
        return say(check, ln_path_resource(0, id, 10), REASON(BAD_SHORT_ID));
    }
    uint16_t other = (uint16_t)(id + 1);
    if (has_security(check, security->short_id, &other)) {
        return say(check, ln_path_resource(0, other, 10), REASON(SHORT_ID_TWICE));
    }
    return has_server_object(check, security->short_id)
               ? REASON(NONE)
               : say(check, ln_path_instance(0, id), REASON(NO_SERVER_OBJECT));
}

static enum ln_client_bootstrap_reason check_securities(const struct check *check)
{
    const struct ln_security *security;
    enum ln_client_bootstrap_reason reason = REASON(NONE);
    bool has_bootstrap = false;

    for (uint16_t id = 0;
         reason == REASON(NONE) && (security = security_of(check, &id)) != NULL; id++) {
        if (has_bootstrap && security->is_bootstrap) {
            return say(check, ln_path_resource(0, id, 1), REASON(TWO_BOOTSTRAP_ACCOUNTS));
        }
        has_bootstrap |= security->is_bootstrap;
        reason = check_security(check, security, id);
    }
    return reason;
}

static enum ln_client_bootstrap_reason check_accounts(const struct check *check)
{
    const struct ln_server_account *account;
    const struct ln_server_account *next;
    bool any = false;

    for (uint16_t id = 0; (account = account_of(check, &id)) != NULL; id++) {
        uint16_t security = 0;
        any = true;
        if (!is_good_id(account->short_id)) {
            return say(check, ln_path_resource(1, id, 0), REASON(BAD_SHORT_ID));
        }
        if (!has_security(check, account->short_id, &security)) {
            return say(check, ln_path_instance(1, id), REASON(NO_SECURITY));
        }
        for (uint16_t other = (uint16_t)(id + 1); (next = account_of(check, &other)) != NULL;
             other++) {
            if (next->short_id == account->short_id) {
                return say(check, ln_path_resource(1, other, 0), REASON(SHORT_ID_TWICE));
            }
        }
    }
    return any ? REASON(NONE) : say(check, ln_path_object(1), REASON(NO_SERVER));
}

enum ln_client_bootstrap_reason
ln_client__bootstrap_check(const struct ln_client_config *config, struct ln_path *path)
{
    const struct check check = {config, path};
    enum ln_client_bootstrap_reason reason = REASON(NONE);

    *path = ln_path_root();
    for (size_t i = 0; reason == REASON(NONE) && i < config->object_count; i++) {
        uint16_t object = config->objects[i].object->id;
        if (object <= 2) {
            reason = mandatory_are_there(&check, &config->objects[i]);
        }
    }
    if (reason == REASON(NONE)) {
        reason = check_securities(&check);
    }
    return reason == REASON(NONE) ? check_accounts(&check) : reason;
}

/* ---- What there is of accounts ---- */

struct ln_security *ln_client__bootstrap_account(const struct ln_client_config *config,
                                                 uint16_t *id)
{
    const struct ln_object_entry *entry = ln_client__entry(config, 0);
    struct ln_security *security;

    for (*id = 0; (security = ln_client__next_instance(entry, id)) != NULL; (*id)++) {
        if (security->is_bootstrap) {
            return security;
        }
    }
    return NULL;
}

bool ln_client__has_server_account(const struct ln_client_config *config)
{
    struct ln_path path;
    const struct check check = {config, &path};
    const struct ln_server_account *account;

    for (uint16_t id = 0; (account = account_of(&check, &id)) != NULL; id++) {
        uint16_t security = 0;
        if (has_security(&check, account->short_id, &security)) {
            return true;
        }
    }
    return false;
}
