/* Reads the query of a Register or Update: ep, lt, lwm2m, b, sms and Q. */

#include <linnet/limits.h>
#include <linnet/lwm2m.h>

enum parameter { EP, LWM2M, LT, B, SMS, Q, PARAMETERS };

static const char *const names[PARAMETERS] = {"ep", "lwm2m", "lt", "b", "sms", "Q"};

struct item {
    struct ln_bytes name;
    struct ln_bytes value;
    bool has_value;
};

struct given {
    struct ln_bytes value[PARAMETERS];
    bool is[PARAMETERS];
};

static struct item split(struct ln_bytes text)
{
    struct ln_reader in = ln_reader(text);
    struct item item = {.name = ln_read_until(&in, '=')};

    item.has_value = item.name.len < text.len;
    item.value = ln_read_rest(&in);
    return item;
}

/* PARAMETERS where it is none of ours. */
static enum parameter parameter_of(const struct item *item)
{
    int p = 0;

    while (p < PARAMETERS && !ln_bytes_are(item->name, names[p])) {
        p++;
    }
    /* A draft of 1.1 had it in lower case, and devices of that time still send it. */
    if (p == PARAMETERS && ln_bytes_are(item->name, "q") && !item->has_value) {
        p = Q;
    }
    return (enum parameter)p;
}

bool ln_registration_parameter_known(struct ln_bytes text)
{
    struct item item = split(text);

    return parameter_of(&item) != PARAMETERS;
}

static ln_err collect_one(struct ln_bytes text, struct given *given, uint8_t *extra_count)
{
    struct item item = split(text);
    enum parameter p = parameter_of(&item);

    if (!ln_utf8_valid(text)) {
        return LN_ERR_BAD_REQUEST;
    }
    if (p == PARAMETERS) {
        *extra_count = *extra_count < UINT8_MAX ? (uint8_t)(*extra_count + 1) : UINT8_MAX;
        return LN_OK;
    }
    bool well_formed = p == Q ? !item.has_value : item.value.len > 0;
    if (given->is[p] || !well_formed) {
        return LN_ERR_BAD_REQUEST;
    }
    given->is[p] = true;
    given->value[p] = item.value;
    return LN_OK;
}

static ln_err collect(const struct ln_coap_message *m, struct given *given,
                      uint8_t *extra_count)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(m);

    while (ln_coap_option_find(&at, LN_COAP_URI_QUERY)) {
        ln_err err = collect_one(at.value, given, extra_count);
        if (err != LN_OK) {
            return err;
        }
    }
    return LN_OK;
}

/* spec: CORE-1.1.1 §6.2.1 Register: versions that are not ours are answered with 4.12. */
static ln_err read_version(const struct given *given, struct ln_registration_query *out)
{
    enum ln_version version = LN_VERSION_1_0;

    if (given->is[LWM2M] && !ln_version_of_text(given->value[LWM2M], &version)) {
        return LN_ERR_BAD_REQUEST;
    }
    if (version != LN_VERSION_1_0 && version != LN_VERSION_1_1) {
        return LN_ERR_VERSION;
    }
    out->version = version;
    out->has_version = given->is[LWM2M];
    return LN_OK;
}

static ln_err read_register(const struct given *given, struct ln_registration_query *out)
{
    ln_err err = read_version(given, out);

    if (err != LN_OK) {
        return err;
    }
    if (given->value[EP].len > LN_LIMIT_ENDPOINT) {
        return LN_ERR_BAD_REQUEST;
    }
    out->has_endpoint = given->is[EP];
    out->endpoint = given->value[EP];
    out->lifetime = LN_LIFETIME_DEFAULT;
    out->binding = LN_BINDING_U;
    return LN_OK;
}

static ln_err read_lifetime(const struct given *given, struct ln_registration_query *out)
{
    uint64_t lifetime;

    if (!given->is[LT]) {
        return LN_OK;
    }
    if (!ln_unsigned_of_text(given->value[LT], &lifetime) || lifetime > UINT32_MAX) {
        return LN_ERR_BAD_REQUEST;
    }
    out->has_lifetime = true;
    out->lifetime = (uint32_t)lifetime;
    return LN_OK;
}

static ln_err read_binding(const struct given *given, struct ln_registration_query *out)
{
    out->has_binding = given->is[B];
    out->has_queue = given->is[Q];
    if (given->is[B]) {
        ln_err err = ln_binding_of_text(given->value[B], out->version, &out->binding);
        if (err != LN_OK) {
            return err;
        }
    }
    if (given->is[Q]) {
        /* 1.0 says it in b=: a device that says it here would be taken for one always awake. */
        if (out->version == LN_VERSION_1_0) {
            return LN_ERR_BAD_REQUEST;
        }
        out->binding |= LN_BINDING_Q;
    }
    return LN_OK;
}

static ln_err read_sms(const struct given *given, struct ln_registration_query *out)
{
    struct ln_bytes sms = given->value[SMS];

    if (sms.len > LN_LIMIT_SMS) {
        return LN_ERR_BAD_REQUEST;
    }
    for (size_t i = 0; i < sms.len; i++) {
        if (sms.at[i] < '0' || sms.at[i] > '9') {
            return LN_ERR_BAD_REQUEST;
        }
    }
    out->has_sms = given->is[SMS];
    out->sms = sms;
    return LN_OK;
}

static ln_err read_all(const struct given *given, struct ln_registration_query *out)
{
    if (out->version == LN_VERSION_NONE) {
        ln_err err = read_register(given, out);
        if (err != LN_OK) {
            return err;
        }
    } else if (given->is[EP] || given->is[LWM2M]) {
        return LN_ERR_BAD_REQUEST; /* an Update cannot change who it is about */
    }
    ln_err err = read_lifetime(given, out);
    if (err == LN_OK) {
        err = read_binding(given, out);
    }
    return err == LN_OK ? read_sms(given, out) : err;
}

ln_err ln_registration_query_read(const struct ln_coap_message *m, enum ln_version registered,
                                  struct ln_registration_query *out)
{
    struct given given = {0};

    *out = (struct ln_registration_query){.version = registered};
    ln_err err = collect(m, &given, &out->extra_count);
    return err == LN_OK ? read_all(&given, out) : err;
}
