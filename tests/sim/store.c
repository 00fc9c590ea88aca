/* The simulated store: rows that are committed, changes that are not, datagrams that wait. */

#include "store.h"

#include "orders.h"
#include "promises.h"
#include "trace.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    RETRY = 500,
    TOUCHES_EVERY = SECOND,
    LINKS_MAX = 16,
};

/* What a row of the database has. `view` points into the rest. */
struct row {
    bool is_there; /* else the device has left */
    uint64_t number;
    struct ln_registration_view view;
    uint8_t bytes[256];
    struct ln_object_link links[LINKS_MAX];
};

/* A change on its way, or a time of an Update. */
struct change {
    struct change *next;
    struct device *device;
    uint64_t number;
    bool has_row; /* else it has ended since, or is not of a registration */
    struct row row;
    struct order_change order;
};

struct queue {
    struct change *first;
    struct change **last;
};

struct held {
    struct held *next;
    struct ln_server_out out;
    struct answered answered;
    size_t length;
    uint8_t bytes[];
};

struct sim_store {
    struct world *world;
    struct row *rows; /* one for each device */
    struct promise *promises;
    uint64_t committed;
    struct queue waiting;
    struct queue group; /* being committed */
    struct queue touches;
    struct held *first_held;
    struct held **last_held;
    uint64_t life; /* of the server: what was planned in an earlier one is void */
    bool is_troubled;
    bool fails;
    bool is_read_only;
    bool is_counting; /* it dies with the datagram after `left` more */
    unsigned left;
};

/* ---- Rows ---- */

/* The order in which the parts of a view stand in `bytes`. */
static void parts_of(struct ln_registration_view *view, struct ln_bytes *parts[6])
{
    parts[0] = &view->endpoint;
    parts[1] = &view->location;
    parts[2] = &view->sms;
    parts[3] = &view->extra;
    parts[4] = &view->root;
    parts[5] = &view->formats;
}

static void repoint(struct row *row)
{
    struct ln_bytes *parts[6];
    const uint8_t *at = row->bytes;

    parts_of(&row->view, parts);
    for (size_t i = 0; i < LN_COUNT(parts); i++) {
        parts[i]->at = at;
        at += parts[i]->len;
    }
    row->view.objects = row->links;
}

static void row_of(struct row *row, const struct ln_registration *registration)
{
    struct ln_bytes *parts[6];
    struct ln_writer w = ln_writer(row->bytes, sizeof(row->bytes));

    ln_registration_get(registration, &row->view);
    parts_of(&row->view, parts);
    for (size_t i = 0; i < LN_COUNT(parts); i++) {
        ln_write_bytes(&w, *parts[i]);
    }
    if (w.failed || row->view.object_count > LINKS_MAX) {
        abort(); /* no device of the simulation has that much */
    }
    memcpy(row->links, row->view.objects, row->view.object_count * sizeof(row->links[0]));
    repoint(row);
}

static void row_copy(struct row *to, const struct row *from)
{
    *to = *from;
    repoint(to);
}

/* ---- Queues ---- */

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static struct change *queue_add(struct queue *queue)
{
    struct change *change = calloc(1, sizeof(*change));

    if (change == NULL) {
        abort();
    }
    *queue->last = change;
    queue->last = &change->next;
    return change;
}

static struct change *queue_take(struct queue *queue)
{
    struct change *first = queue->first;

    if (first != NULL) {
        queue->first = first->next;
        queue->last = first->next == NULL ? &queue->first : queue->last;
    }
    return first;
}

static void queue_drop(struct queue *queue)
{
    struct change *change;

    while ((change = queue_take(queue)) != NULL) {
        free(change);
    }
}

/* ---- Datagrams ---- */

static void transmit(struct sim_store *store, const struct ln_server_out *out,
                     struct ln_bytes datagram, const struct answered *answered)
{
    struct world *world = store->world;

    if (store->is_counting && store->left == 0) {
        return; /* it is dead, and does not know yet */
    }
    store->left -= store->is_counting ? 1 : 0;
    promise_given(store->promises, answered);
    network_send(world, &world->server_address, &out->to.remote, datagram);
}

bool store_lets_go(struct sim_store *store, const struct ln_server_out *out,
                   struct ln_bytes datagram)
{
    struct answered answered = promise_of(store->world, &out->to.remote, datagram);

    if (out->depends_on <= store->committed) {
        transmit(store, out, datagram, &answered);
        return true;
    }
    struct held *held = malloc(sizeof(*held) + datagram.len);
    if (held == NULL) {
        abort();
    }
    *held = (struct held){.out = *out, .answered = answered, .length = datagram.len};
    memcpy(held->bytes, datagram.at, datagram.len);
    *store->last_held = held;
    store->last_held = &held->next;
    store->world->tally.held++;
    return false;
}

static void release(struct sim_store *store)
{
    struct held *held;

    while ((held = store->first_held) != NULL && held->out.depends_on <= store->committed) {
        store->first_held = held->next;
        store->last_held = held->next == NULL ? &store->first_held : store->last_held;
        transmit(store, &held->out, ln_bytes(held->bytes, held->length), &held->answered);
        free(held);
    }
}

static void drop_held(struct sim_store *store)
{
    struct held *held;

    while ((held = store->first_held) != NULL) {
        store->first_held = held->next;
        free(held);
    }
    store->last_held = &store->first_held;
}

/* ---- Changes ---- */

static struct device *device_of(struct world *world, struct ln_bytes endpoint)
{
    for (size_t i = 0; i < world->device_count; i++) {
        if (ln_bytes_are(endpoint, world->devices[i].endpoint)) {
            return &world->devices[i];
        }
    }
    abort();
}

void store_event(struct sim_store *store, const struct ln_server_event *event)
{
    bool present = event->kind == LN_SERVER_REGISTERED || event->kind == LN_SERVER_UPDATED;
    bool touches = event->change == 0;

    if (touches && (event->kind != LN_SERVER_UPDATED || event->registration == NULL)) {
        return;
    }
    struct change *change = queue_add(touches ? &store->touches : &store->waiting);
    change->device = device_of(store->world, event->endpoint);
    change->number = touches ? event->replaces : event->change;
    change->has_row = event->registration != NULL && event->kind < LN_SERVER_REPLACED;
    orders_note(store->world, change->device, event, &change->order);
    if (change->has_row) {
        change->device->change = change->number;
        change->row.is_there = present;
        change->row.number = change->number;
        row_of(&change->row, event->registration);
    }
}

static void apply(struct sim_store *store, struct queue *queue)
{
    struct change *change;

    while ((change = queue_take(queue)) != NULL) {
        struct row *row = &store->rows[change->device->index];
        if (change->has_row) {
            row_copy(row, &change->row);
        }
        if (change->order.is_one) {
            orders_keep(store->world, change->device, &change->order);
        }
        store->committed = change->number;
        free(change);
    }
}

/* Time and address go to the row that they are of, if that is still what counts. */
static void apply_touches(struct sim_store *store, size_t most)
{
    struct change *change;

    for (; most > 0 && (change = queue_take(&store->touches)) != NULL; most--) {
        struct row *row = &store->rows[change->device->index];
        if (row->is_there && row->number == change->number) {
            row->view.peer.remote = change->row.view.peer.remote;
            row->view.updated_at = change->row.view.updated_at;
            row->view.seen_at = change->row.view.seen_at;
        }
        free(change);
    }
}

/* ---- Commits ---- */

static void set_read_only(struct sim_store *store, bool read_only)
{
    if (store->is_read_only != read_only) {
        store->is_read_only = read_only;
        store->world->tally.read_only += read_only ? 1 : 0;
        trace_text(store->world, "the store is %s", read_only ? "read-only" : "well again");
        ln_server_set_read_only(store->world->server, read_only);
    }
}

static void commit_ends(struct world *world, void *subject, uint64_t life)
{
    struct sim_store *store = subject;

    if (life != store->life) {
        return;
    }
    if (store->fails) {
        set_read_only(store, true);
        agenda_add(&world->agenda, world->now + RETRY, commit_ends, store, store->life);
        return;
    }
    apply(store, &store->group);
    world->tally.commits++;
    set_read_only(store, false);
    ln_server_committed(world->server, store->committed);
    release(store);
    world_pump_server(world);
}

static ln_time commit_takes(struct sim_store *store)
{
    struct dice *dice = &store->world->dice;

    if (!store->is_troubled) {
        return 1;
    }
    return dice_chance(dice, 5) ? dice_between(dice, SECOND, MINUTE)
                                : dice_between(dice, 1, 2 * SECOND);
}

static void die(struct sim_store *store);

static void cut_inside(struct world *world, void *subject, uint64_t life)
{
    struct sim_store *store = subject;

    (void)world;
    if (life == store->life && store->group.first != NULL) {
        die(store);
    }
}

void store_turn(struct sim_store *store)
{
    struct world *world = store->world;

    if (store->is_counting && store->left == 0) {
        die(store);
        return;
    }
    if (store->group.first != NULL || store->waiting.first == NULL) {
        return;
    }
    store->group.first = store->waiting.first;
    store->group.last = store->waiting.last;
    queue_init(&store->waiting);
    ln_time takes = commit_takes(store);
    agenda_add(&world->agenda, world->now + takes, commit_ends, store, store->life);
    if (store->is_troubled && dice_chance(&world->dice, 10)) {
        agenda_add(&world->agenda, world->now + dice_between(&world->dice, 0, takes),
                   cut_inside, store, store->life);
    }
}

static void touches_are_written(struct world *world, void *subject, uint64_t detail)
{
    struct sim_store *store = subject;

    (void)detail;
    apply_touches(store, SIZE_MAX);
    agenda_add(&world->agenda, world->now + TOUCHES_EVERY, touches_are_written, store, 0);
}

/* ---- The end of a server, and the next one ---- */

static void restore(struct sim_store *store, struct device *d)
{
    struct world *world = store->world;
    const struct row *row = &store->rows[d->index];
    struct ln_registration_view view = row->view;

    d->is_registered = row->is_there;
    d->change = row->number;
    if (!row->is_there) {
        return;
    }
    view.change = row->number;
    view.expires_at = view.lifetime == 0
                          ? LN_NEVER
                          : ln_time_after(world->now, (int64_t)view.lifetime * 1000);
    d->expires = view.expires_at;
    world->tally.restored++;
    ln_err err = ln_server_restore(world->server, world->now, &view);
    if (err != LN_OK) {
        world_fail(world, "%s: is not restored: %s", d->endpoint, ln_err_text(err));
    }
}

static void server_returns(struct world *world, void *subject, uint64_t detail)
{
    struct sim_store *store = subject;

    (void)detail;
    trace_text(world, "the server starts");
    if (!world_server_start(world)) {
        abort();
    }
    for (size_t i = 0; i < world->device_count; i++) {
        restore(store, &world->devices[i]);
        orders_restore(world, &world->devices[i]);
        promise_must_hold(world, &store->promises[i], &world->devices[i],
                          store->rows[i].number);
    }
    world_pump_server(world);
}

/* A commit that is under way comes about whole, or not at all. */
static void die(struct sim_store *store)
{
    struct world *world = store->world;
    bool commits = store->group.first != NULL && !store->fails;

    trace_text(world, "the server dies%s", store->group.first != NULL ? " in a commit" : "");
    world->tally.cuts++;
    world->tally.cuts_inside += store->group.first != NULL ? 1 : 0;
    if (commits && dice_chance(&world->dice, 50)) {
        apply(store, &store->group);
    }
    apply_touches(store, dice_below(&world->dice, 4));
    queue_drop(&store->group);
    queue_drop(&store->waiting);
    queue_drop(&store->touches);
    drop_held(store);
    orders_cut(world);
    store->life++;
    store->is_read_only = false;
    store->is_counting = false;
    world_server_dies(world);
    agenda_add(&world->agenda, world->now + dice_between(&world->dice, 50, 2 * MINUTE),
               server_returns, store, 0);
}

/* ---- Trouble ---- */

static void cut_comes(struct world *world, void *subject, uint64_t detail)
{
    struct sim_store *store = subject;

    (void)detail;
    if (!store->is_troubled) {
        return;
    }
    agenda_add(&world->agenda, world->now + dice_between(&world->dice, SECOND, 90 * MINUTE),
               cut_comes, store, 0);
    if (world->server == NULL || store->is_counting) {
        return;
    }
    if (dice_chance(&world->dice, 50)) {
        die(store);
    } else {
        store->is_counting = true; /* between two datagrams of one turn, or before the first */
        store->left = dice_below(&world->dice, 4) + 1;
    }
}

static void failure_turns(struct world *world, void *subject, uint64_t detail)
{
    struct sim_store *store = subject;

    (void)detail;
    if (!store->is_troubled) {
        return;
    }
    store->fails = !store->fails;
    ln_time until = store->fails ? dice_between(&world->dice, 1, 10 * MINUTE)
                                 : dice_between(&world->dice, MINUTE, 120 * MINUTE);
    agenda_add(&world->agenda, world->now + until, failure_turns, store, 0);
}

void store_trouble(struct sim_store *store)
{
    struct world *world = store->world;

    store->is_troubled = true;
    agenda_add(&world->agenda, world->now + dice_between(&world->dice, SECOND, 90 * MINUTE),
               cut_comes, store, 0);
    agenda_add(&world->agenda, world->now + dice_between(&world->dice, SECOND, 120 * MINUTE),
               failure_turns, store, 0);
}

void store_calm(struct sim_store *store)
{
    store->is_troubled = false;
    store->fails = false;
    store->is_counting = false;
}

/* ---- Beginning and end ---- */

struct sim_store *store_new(struct world *world)
{
    struct sim_store *store = calloc(1, sizeof(*store));

    if (store == NULL) {
        return NULL;
    }
    store->world = world;
    store->rows = calloc(world->device_count, sizeof(store->rows[0]));
    store->promises = calloc(world->device_count, sizeof(store->promises[0]));
    queue_init(&store->waiting);
    queue_init(&store->group);
    queue_init(&store->touches);
    store->last_held = &store->first_held;
    if (store->rows == NULL || store->promises == NULL) {
        store_free(store);
        return NULL;
    }
    agenda_add(&world->agenda, TOUCHES_EVERY, touches_are_written, store, 0);
    return store;
}

void store_free(struct sim_store *store)
{
    if (store == NULL) {
        return;
    }
    queue_drop(&store->waiting);
    queue_drop(&store->group);
    queue_drop(&store->touches);
    drop_held(store);
    free(store->rows);
    free(store->promises);
    free(store);
}

uint64_t store_last_change(const struct sim_store *store)
{
    return store->committed;
}
