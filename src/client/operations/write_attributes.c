/* Write-Attributes: when a server wishes to be notified. spec: CORE-1.1.1 §6.3.4 */

#include "client/reporting.h"

static ln_err read_change(const struct ln_client__request *r, struct ln_attributes *change)
{
    struct ln_coap_option_cursor at = ln_coap_option_first(r->message);
    ln_err err = LN_OK;

    *change = (struct ln_attributes){0};
    while (err == LN_OK && ln_coap_option_find(&at, LN_COAP_URI_QUERY)) {
        err = ln_attributes_read(at.value, change);
    }
    return err;
}

/* Bounds want a number. */
static ln_err check_bounds(const struct ln_client__request *r,
                           const struct ln_attributes *change)
{
    if (!ln_attributes_fit(change, r->operation.path)) {
        return LN_ERR_BAD_REQUEST;
    }
    if (change->set >> LN_ATTRIBUTE_GT == 0) {
        return LN_OK;
    }
    switch (r->row->type) {
    case LN_INTEGER:
    case LN_UNSIGNED:
    case LN_TIME:
        return LN_OK;
    case LN_FLOAT:
        return r->client->config->reporting->floats == NULL ? LN_ERR_NOT_IMPLEMENTED : LN_OK;
    default:
        return LN_ERR_BAD_REQUEST;
    }
}

static struct ln_client_attribute_set *find_free(const struct ln_client_reporting *reporting)
{
    for (size_t i = 0; i < reporting->attribute_count; i++) {
        if (!reporting->attributes[i].in_use) {
            return &reporting->attributes[i];
        }
    }
    return NULL;
}

static ln_err change_set(const struct ln_client__request *r, const struct ln_attributes *change)
{
    struct ln_client_attribute_set *set =
        ln_client__attribute_set(r->client, r->server->link, &r->operation.path);

    if (set == NULL) {
        set = find_free(r->client->config->reporting);
        if (set == NULL) {
            return change->set == 0 ? LN_OK : LN_ERR_BUSY;
        }
        *set = (struct ln_client_attribute_set){.link = r->server->link,
                                                .path = r->operation.path};
    }
    ln_err err = ln_attributes_change(&set->attributes, change);
    set->in_use = set->attributes.set != 0;
    return err;
}

static ln_err write_attributes(struct ln_client__request *r)
{
    struct ln_attributes change;

    if (r->client->config->reporting == NULL) {
        return LN_ERR_NOT_IMPLEMENTED;
    }
    if (!ln_client__has_instance(r)) {
        return LN_ERR_NOT_FOUND;
    }
    ln_err err = read_change(r, &change);
    if (err == LN_OK) {
        err = check_bounds(r, &change);
    }
    if (err == LN_OK) {
        err = change_set(r, &change);
    }
    if (err == LN_OK) {
        ln_client__answer(r, LN_COAP_2_04);
    }
    return err;
}

const struct ln_client_operation ln_client_write_attributes = {
    .kinds = LN_KIND(WRITE_ATTRIBUTES),
    .perform = write_attributes,
    .serve = ln_client__serve,
};
