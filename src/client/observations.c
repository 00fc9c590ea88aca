/* What is observed: whether it has changed, and when that is to be told.
 * spec: CORE-1.1.1 §5.1.2, §6.4; RFC 7641 */

#include "client/data.h"
#include "client/reporting.h"

/* ---- What is at a path ---- */

bool ln_client__is_at(const struct ln_client *client, const struct ln_path *path)
{
    struct ln_client__request r = {.client = (struct ln_client *)(uintptr_t)client,
                                   .operation.path = *path};

    return ln_client__find_target(&r) == LN_OK && ln_client__has_instance(&r);
}

static const struct ln_resource *row_of(const struct ln_client *client,
                                        const struct ln_path *path)
{
    const struct ln_object_entry *entry = ln_client__entry(client->config, path->id[0]);

    return entry == NULL ? NULL : ln_object_resource(entry->object, path->id[2]);
}

static uint32_t checksum_of_value(const struct ln_value *value)
{
    uint64_t bits = value->as.unsigned_integer; /* of a float too: all 64 */

    switch (value->type) {
    case LN_NONE:
        return 0;
    case LN_STRING:
    case LN_OPAQUE:
    case LN_CORELNK:
        return ln_checksum(value->as.bytes);
    case LN_BOOLEAN:
        return value->as.boolean;
    case LN_OBJLNK:
        return (uint32_t)value->as.link.object << 16 | value->as.link.instance;
    default:
        return ln_checksum(ln_bytes(&bits, sizeof(bits)));
    }
}

static bool is_number(const struct ln_value *value)
{
    return value->type == LN_INTEGER || value->type == LN_UNSIGNED || value->type == LN_FLOAT ||
           value->type == LN_TIME;
}

struct sight {
    uint32_t checksum;     /* changes with all that is there, but for what runs by itself */
    struct ln_value value; /* the number at the path; LN_NONE where there is no single one */
};

static struct sight sight_of(const struct ln_client *client, const struct ln_path *path)
{
    struct ln_client__scope scope = {client->config, *path};
    struct ln_records records = ln_client__records(&scope);
    struct sight sight = {.checksum = LN_CHECKSUM_OF_NOTHING, .value.type = LN_NONE};
    struct ln_record record;

    while (records.next(&records, &record)) {
        const struct ln_resource *row = row_of(client, &record.path);
        if (is_number(&record.value) && record.path.depth == path->depth) {
            sight.value = record.value;
        }
        if (record.path.depth > 2 && (row->operations & LN_UNTOLD) != 0) {
            continue;
        }
        for (uint8_t i = 1; i < record.path.depth; i++) {
            sight.checksum = ln_checksum_add(sight.checksum, record.path.id[i]);
        }
        sight.checksum = ln_checksum_add(sight.checksum, checksum_of_value(&record.value));
    }
    return sight;
}

/* ---- Whether it has changed enough ---- */

static bool as_number(const struct ln_client *client, const struct ln_value *value,
                      struct ln_number *out)
{
    ln_number_of_double_fn *floats = client->config->reporting->floats;
    uint8_t text[LN_INTEGER_TEXT_MAX];
    struct ln_writer w = ln_writer(text, sizeof(text));

    if (value->type == LN_FLOAT) {
        return floats != NULL && floats(value->as.number, out);
    }
    if (value->type == LN_UNSIGNED) {
        ln_write_unsigned_text(&w, value->as.unsigned_integer);
    } else {
        ln_write_integer_text(&w, value->as.integer);
    }
    return ln_number_of_text(ln_writer_bytes(&w), out);
}

static bool crosses(const struct ln_number *before, const struct ln_number *now,
                    const struct ln_number *bound)
{
    int was = ln_number_compare(before, bound);
    int is = ln_number_compare(now, bound);

    return (was <= 0 && is > 0) || (was >= 0 && is < 0);
}

static bool meets(const struct ln_attributes *attributes, const struct ln_number *before,
                  const struct ln_number *now)
{
    struct ln_number distance = ln_number_distance(before, now);

    for (unsigned i = 0; i < LN_COUNT(attributes->bound); i++) {
        const struct ln_number *bound = &attributes->bound[i];
        if ((attributes->set >> (LN_ATTRIBUTE_GT + i) & 1) == 0) {
            continue;
        }
        if (LN_ATTRIBUTE_GT + i == LN_ATTRIBUTE_ST ? ln_number_compare(&distance, bound) >= 0
                                                   : crosses(before, now, bound)) {
            return true;
        }
    }
    return false;
}

/* Bounds are for single numbers; of anything else each change counts. */
static bool has_news(const struct ln_client *client, const struct ln_client_observation *o)
{
    enum { BOUNDS = LN_ATTRIBUTE_BIT(GT) | LN_ATTRIBUTE_BIT(LT) | LN_ATTRIBUTE_BIT(ST) };
    struct sight sight = sight_of(client, &o->path);
    struct ln_attributes attributes;
    struct ln_number before;
    struct ln_number now;

    if (sight.checksum == o->checksum) {
        return false;
    }
    ln_client__attributes(client, o->link, &o->path, &attributes);
    if ((attributes.set & BOUNDS) == 0 || o->value.type == LN_NONE ||
        sight.value.type == LN_NONE) {
        return true;
    }
    return as_number(client, &o->value, &before) && as_number(client, &sight.value, &now) &&
           meets(&attributes, &before, &now);
}

/* ---- When it is to be told ---- */

/* A period that is not set is 0. */
static void plan(const struct ln_client *client, struct ln_client_observation *o)
{
    struct ln_attributes attributes;

    ln_client__attributes(client, o->link, &o->path, &attributes);
    uint32_t pmin = attributes.period[LN_ATTRIBUTE_PMIN];
    uint32_t pmax = attributes.period[LN_ATTRIBUTE_PMAX];
    o->due = LN_NEVER;
    if (o->is_gone) {
        o->due = 0;
        return;
    }
    if (o->is_due) {
        o->due = ln_time_after(o->notified, (int64_t)1000 * pmin);
        return;
    }
    if (pmax > 0 && pmax >= pmin) {
        o->due = ln_time_after(o->notified, (int64_t)1000 * pmax);
    }
    if (o->is_sampled) {
        const struct ln_client_sampling_calls *sampling = client->config->reporting->sampling;
        o->due = ln_time_min(o->due, sampling->next(client, o, pmin));
    }
}

void ln_client__look(const struct ln_client *client, struct ln_client_observation *o,
                     ln_time now)
{
    o->sampled = now;
    o->is_gone = o->is_gone || !ln_client__is_at(client, &o->path);
    o->is_due = o->is_due || (!o->is_gone && has_news(client, o));
    plan(client, o);
}

/* A sample is taken at its time; if it brings nothing, `due` moves on. */
bool ln_client__is_to_notify(const struct ln_client *client, struct ln_client_observation *o,
                             ln_time now)
{
    if (now >= o->due && o->is_sampled) {
        ln_client__look(client, o, now);
    }
    return now >= o->due;
}

void ln_client__noted(const struct ln_client *client, struct ln_client_observation *o,
                      ln_time now)
{
    struct sight sight = sight_of(client, &o->path);

    o->is_due = false;
    o->checksum = sight.checksum;
    o->value = sight.value;
    o->notified = now;
    o->sampled = now;
    plan(client, o);
}

/* ---- Beginning and end ---- */

struct ln_client_observation *ln_client__next_observation(const struct ln_client *client,
                                                          const struct ln_client_server *server,
                                                          struct ln_client_observation *o)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    for (o = o == NULL ? reporting->observations : o + 1;
         o != NULL && o != &reporting->observations[reporting->observation_count]; o++) {
        if (o->in_use && o->link == server->link) {
            return o;
        }
    }
    return NULL;
}

static struct ln_client_observation *find(const struct ln_client__request *r)
{
    struct ln_client_observation *o = NULL;

    do {
        o = ln_client__next_observation(r->client, r->server, o);
    } while (o != NULL && !ln_coap_token_equal(&o->token, &r->message->token));
    return o;
}

static struct ln_client_observation *find_free(const struct ln_client_reporting *reporting)
{
    for (size_t i = 0; i < reporting->observation_count; i++) {
        if (!reporting->observations[i].in_use) {
            return &reporting->observations[i];
        }
    }
    return NULL;
}

void ln_client__end_observation(struct ln_client *client, struct ln_client_observation *o)
{
    const struct ln_client_reporting *reporting = client->config->reporting;

    if (ln_client__is_under_way(client, o)) {
        reporting->notifiers[o->link].exchange.state = LN_COAP_IDLE;
    }
    if (reporting->storing != NULL) {
        reporting->storing->drop(client, o);
    }
    o->in_use = false;
}

static void forget(struct ln_client__request *r)
{
    struct ln_client_observation *o = find(r);

    if (o != NULL) {
        ln_client__end_observation(r->client, o);
    }
}

/*
 * RFC 7641 §4.1: the same token again replaces the entry, another adds one; where there is no room
 * the request is a GET like any other. The rest of a long answer is fetched without a change.
 */
static void observe(struct ln_client__request *r, uint16_t format)
{
    enum { REGISTER = 0, DEREGISTER = 1 };

    if (!r->options.has_observe || r->options.block2.number > 0 ||
        r->options.observe > DEREGISTER) {
        return;
    }
    forget(r);
    if (r->options.observe == DEREGISTER) {
        return;
    }
    const struct ln_client_sampling_calls *sampling = r->client->config->reporting->sampling;
    struct ln_client_observation *o = find_free(r->client->config->reporting);
    if (o == NULL) {
        r->client->stats.not_observed++;
        return;
    }
    *o = (struct ln_client_observation){
        .in_use = true,
        .is_sampled = sampling != NULL && sampling->has_rows(r),
        .link = r->server->link,
        .block = r->options.block2,
        .format = format,
        .path = r->operation.path,
        .token = r->message->token,
        .confirmed = r->now,
    };
    ln_client__noted(r->client, o, r->now);
    r->observes = true;
    r->sequence = ln_client__next_sequence(r->client);
}

ln_err ln_client__answer_observe(struct ln_client__request *r, uint16_t format,
                                 ln_client__body_fn *write)
{
    observe(r, format);
    ln_err err = ln_client__answer_body(r, format, write);
    if (err != LN_OK && r->options.has_observe) {
        forget(r);
    }
    return err;
}
