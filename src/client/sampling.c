/* Values that cannot tell of a change (LN_SAMPLED): when to look at them. */

#include "client/reporting.h"

enum { SAMPLE_PERIOD = 10 * 1000 };

static bool has_rows(const struct ln_client__request *r)
{
    const struct ln_object *object = r->entry->object;

    if (r->row != NULL) {
        return (r->row->operations & LN_SAMPLED) != 0;
    }
    for (size_t i = 0; i < object->resource_count; i++) {
        if ((object->resources[i].operations & LN_SAMPLED) != 0) {
            return true;
        }
    }
    return false;
}

/* Each period, and when pmin is over. */
static ln_time next(const struct ln_client *client, const struct ln_client_observation *o,
                    uint32_t pmin)
{
    uint32_t period = client->config->reporting->sample_period;
    ln_time regular = ln_time_after(o->sampled, period == 0 ? SAMPLE_PERIOD : period);
    ln_time earliest = ln_time_after(o->notified, (int64_t)1000 * pmin);

    return o->sampled < earliest ? ln_time_min(regular, earliest) : regular;
}

const struct ln_client_sampling_calls ln_client_sampling_calls = {.has_rows = has_rows,
                                                                  .next = next};
