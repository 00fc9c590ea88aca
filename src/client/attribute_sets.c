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
        if (set->in_use && set->link == link && set->path.depth == path->depth &&
            ln_path_is_within(path, &set->path)) {
            return set;
        }
    }
    return NULL;
}

/* /1/x/2 and /1/x/3, where they say something and the server has set nothing. */
static void inherit_period(struct ln_attributes *own, enum ln_attribute which, bool is_there,
                           uint32_t period)
{
    if (is_there && period > 0 && (own->set >> which & 1) == 0) {
        own->period[which] = period;
        own->set |= (uint8_t)(1U << which);
    }
}

void ln_client__attributes(const struct ln_client *client, ln_link link,
                           const struct ln_path *path, struct ln_attributes *out)
{
    enum { MIN_ROW = 2, MAX_ROW = 3 };
    const struct ln_server_account *account =
        ln_client__account(client, &client->config->servers[link]);
    struct ln_path level = *path;

    *out = (struct ln_attributes){0};
    for (; level.depth > 0; level.depth--) {
        const struct ln_client_attribute_set *set =
            ln_client__attribute_set(client, link, &level);
        if (set != NULL) {
            ln_attributes_inherit(out, &set->attributes);
        }
    }
    if (account != NULL) {
        inherit_period(out, LN_ATTRIBUTE_PMIN, (account->absent >> MIN_ROW & 1) == 0,
                       account->min_period);
        inherit_period(out, LN_ATTRIBUTE_PMAX, (account->absent >> MAX_ROW & 1) == 0,
                       account->max_period);
    }
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
    return ln_client__attribute_set(r->client, r->server->link, path) != NULL;
}

void ln_client__add_attributes(const struct ln_client__request *r, struct ln_writer *w,
                               const struct ln_path *path)
{
    ln_link link = r->server->link;
    const struct ln_client_attribute_set *own = ln_client__attribute_set(r->client, link, path);

    if (path->depth == r->operation.path.depth) { /* what is asked for, and nothing below it */
        struct ln_attributes all;
        ln_client__attributes(r->client, link, path, &all);
        ln_write_attributes(w, &all);
    } else if (own != NULL) {
        ln_write_attributes(w, &own->attributes);
    }
}
