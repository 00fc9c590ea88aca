/* The operations of a shard that have an id. */

#include "linnetd/operation_list.h"

#include "linnetd/heap.h"

#include <linnet/net.h>

#include <stdlib.h>
#include <string.h>

/* ---- Maps ---- */

/* Numbers are our own: nobody chooses collisions. */
static uint64_t hash_number(uint64_t number)
{
    return number * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t number_hash(const void *context, const void *item)
{
    (void)context;
    return hash_number(((const struct listed *)item)->op.number);
}

static bool number_is(const void *item, const void *key)
{
    return ((const struct listed *)item)->op.number == *(const uint64_t *)key;
}

static uint64_t name_hash(const void *context, const void *item)
{
    return ln_hash(context, ((const struct listed_endpoint *)item)->name);
}

static bool name_is(const void *item, const void *key)
{
    return ln_bytes_equal(((const struct listed_endpoint *)item)->name,
                          *(const struct ln_bytes *)key);
}

static const struct ln_map_calls number_calls = {number_hash, number_is};
static const struct ln_map_calls name_calls = {name_hash, name_is};

void operation_list_init(struct operation_list *list)
{

    *list = (struct operation_list){.over_count = 0};
    ln_random_system.fill(ln_random_system.context, list->seed, sizeof(list->seed));
    ln_map_init(&list->by_id, &number_calls, NULL, &heap_allocator);
    ln_map_init(&list->endpoints, &name_calls, list->seed, &heap_allocator);
}

static void free_listed(struct listed *listed)
{
    free(listed->op.payload);
    free(listed);
}

void operation_list_fini(struct operation_list *list)
{
    struct listed *listed;
    struct listed_endpoint *endpoint;
    size_t at = 0;

    while (list->by_id.calls != NULL && (listed = ln_map_next(&list->by_id, &at)) != NULL) {
        free_listed(listed);
    }
    at = 0;
    while (list->endpoints.calls != NULL &&
           (endpoint = ln_map_next(&list->endpoints, &at)) != NULL) {
        free(endpoint);
    }
    if (list->by_id.calls != NULL) {
        ln_map_fini(&list->by_id);
        ln_map_fini(&list->endpoints);
    }
}

size_t operation_list_waiting(const struct operation_list *list)
{
    return list->by_id.count - list->over_count;
}

/* ---- Endpoints ---- */

static struct listed_endpoint *find_endpoint(const struct operation_list *list,
                                             struct ln_bytes name)
{
    return ln_map_find(&list->endpoints, ln_hash(list->seed, name), &name);
}

static struct listed_endpoint *take_endpoint(struct operation_list *list, struct ln_bytes name)
{
    struct listed_endpoint *endpoint = find_endpoint(list, name);

    if (endpoint != NULL) {
        return endpoint;
    }
    endpoint = calloc(1, sizeof(*endpoint) + name.len);
    if (endpoint == NULL) {
        return NULL;
    }
    memcpy(endpoint + 1, name.at, name.len);
    endpoint->name = ln_bytes(endpoint + 1, name.len);
    if (ln_map_add(&list->endpoints, endpoint) != LN_OK) {
        free(endpoint);
        return NULL;
    }
    return endpoint;
}

static void drop_endpoint(struct operation_list *list, struct listed_endpoint *endpoint)
{
    if (endpoint != NULL && endpoint->first == NULL) {
        ln_map_remove(&list->endpoints, endpoint);
        free(endpoint);
    }
}

struct listed *operation_list_first(const struct operation_list *list, struct ln_bytes endpoint)
{
    const struct listed_endpoint *of = find_endpoint(list, endpoint);

    return of == NULL ? NULL : of->first;
}

/* ---- In and out ---- */

struct listed *operation_list_add(struct operation_list *list, struct ln_bytes endpoint,
                                  const struct operation_call *op)
{
    struct listed *listed = calloc(1, sizeof(*listed));
    struct listed_endpoint *of = listed == NULL ? NULL : take_endpoint(list, endpoint);

    if (of != NULL) {
        listed->op = *op;
        if (ln_map_add(&list->by_id, listed) == LN_OK) {
            listed->of = of;
            listed->before = of->last;
            *(of->last == NULL ? &of->first : &of->last->next) = listed;
            of->last = listed;
            return listed;
        }
    }
    drop_endpoint(list, of);
    free(listed);
    return NULL;
}

struct listed *operation_list_find(const struct operation_list *list, uint64_t number)
{
    return ln_map_find(&list->by_id, hash_number(number), &number);
}

static bool is_over(const struct operation_list *list, const struct listed *listed)
{
    return list->over_first == listed || listed->over_before != NULL;
}

static void take_from_over(struct operation_list *list, struct listed *listed)
{
    *(listed->over_before == NULL ? &list->over_first : &listed->over_before->over_next) =
        listed->over_next;
    *(listed->over_next == NULL ? &list->over_last : &listed->over_next->over_before) =
        listed->over_before;
    list->over_count--;
    list->over_bytes -= listed->op.payload_len;
}

void operation_list_remove(struct operation_list *list, struct listed *listed)
{
    struct listed_endpoint *of = listed->of;

    if (is_over(list, listed)) {
        take_from_over(list, listed);
    }
    *(listed->before == NULL ? &of->first : &listed->before->next) = listed->next;
    *(listed->next == NULL ? &of->last : &listed->next->before) = listed->before;
    ln_map_remove(&list->by_id, listed);
    drop_endpoint(list, of);
    free_listed(listed);
}

void operation_list_keep(struct operation_list *list, struct listed *listed)
{
    listed->over_before = list->over_last;
    *(list->over_last == NULL ? &list->over_first : &list->over_last->over_next) = listed;
    list->over_last = listed;
    list->over_count++;
    list->over_bytes += listed->op.payload_len;
}

struct listed *operation_list_surplus(const struct operation_list *list, unsigned shards)
{
    bool many = list->over_count > OPERATIONS_OVER_MAX / shards;
    bool large = list->over_bytes > OPERATIONS_OVER_BYTES / shards;

    return many || large ? list->over_first : NULL;
}
