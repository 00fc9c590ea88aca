/* The attributes that servers have set: each has its own, at each path.
 * spec: CORE-1.1.1 §5.1.2 */

#include "client/data.h"
#include "client/reporting.h"

struct ln_client_attribute_set *ln_client__attribute_set(const struct ln_client *client,
                                                         ln_link link,
                                                         const struct ln_path *path)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    for (size_t i = 0; i < reporting->attribute_count; i++) {
        struct ln_client_attribute_set *set = &reporting->attributes[i];
        if (set->in_use && set->link == link && ln_path_equal(set->path, *path)) {
            return set;
        }
    }
    return NULL;
}

/* /1/x/2 and /1/x/3, where they say something. */
static struct ln_attributes default_periods(const struct ln_client *client, ln_link link)
{
    enum { MIN_ROW = 2, MAX_ROW = 3 };
    const struct ln_server_account *account =
        ln_client__account(client, &client->config->servers[link]);
    struct ln_attributes out = {0};

    if (account != NULL) {
        out.period[LN_ATTRIBUTE_PMIN] = account->min_period;
        out.period[LN_ATTRIBUTE_PMAX] = account->max_period;
        if (account->min_period > 0 && (account->absent >> MIN_ROW & 1) == 0) {
            out.set |= LN_ATTRIBUTE_BIT(PMIN);
        }
        if (account->max_period > 0 && (account->absent >> MAX_ROW & 1) == 0) {
            out.set |= LN_ATTRIBUTE_BIT(PMAX);
        }
    }
    return out;
}

struct ln_attributes ln_client__attributes(const struct ln_client *client, ln_link link,
                                           const struct ln_path *path)
{
    struct ln_attributes out = {0};
    struct ln_attributes last = default_periods(client, link);

    for (uint8_t depth = path->depth; depth > 0; depth--) {
        struct ln_path level = ln_path_up(*path, depth);
        const struct ln_client_attribute_set *set =
            ln_client__attribute_set(client, link, &level);
        if (set != NULL) {
            ln_attributes_inherit(&out, &set->attributes);
        }
    }
    ln_attributes_inherit(&out, &last);
    return out;
}

void ln_client__sweep_attributes(const struct ln_client *client)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    for (size_t i = 0; i < reporting->attribute_count; i++) {
        struct ln_client_attribute_set *set = &reporting->attributes[i];
        set->in_use = set->in_use && ln_client__is_at(client, &set->path);
    }
}

bool ln_client__has_attributes(const struct ln_client__request *r, const struct ln_path *path)
{
    return ln_client__attribute_set(r->client, ln_client__link(r->client, r->server), path) !=
           NULL;
}

void ln_client__add_attributes(const struct ln_client__request *r, struct ln_writer *w,
                               const struct ln_path *path)
{
    ln_link link = ln_client__link(r->client, r->server);
    const struct ln_client_attribute_set *own = ln_client__attribute_set(r->client, link, path);

    if (ln_path_equal(*path, r->operation.path)) {
        struct ln_attributes all = ln_client__attributes(r->client, link, path);
        ln_write_attributes(w, &all);
    } else if (own != NULL) {
        ln_write_attributes(w, &own->attributes);
    }
}
