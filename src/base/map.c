/*
 * The hash table: open addressing with linear probing, without gravestones.
 *
 * It grows in three steps, each spread over many calls: the next table is cleared before
 * the present one is full, then becomes the table, then takes over the old one's items
 * slot by slot.
 *
 * Where there are many items each look at one waits for memory. So a slot holds, in the bits
 * that are zero in every pointer, three bits of the item's hash: of the items that a search
 * passes on its way it touches one in eight.
 */

#include <linnet/base.h>

#include <assert.h>
#include <string.h>

enum {
    SLOTS_MIN = 16,
    /* Clearing takes from 10/16 to 13/16 of a table, moving must end before the next clearing. */
    CLEAR_EACH_CALL = 16,
    MOVE_EACH_CALL = 8,
};

static size_t slots_in(const struct ln_map_table *table)
{
    return table->slots == NULL ? 0 : table->mask + 1;
}

static uint64_t hash_of(const struct ln_map *map, const void *item)
{
    return map->calls->hash(map->context, item);
}

/* ---- One table ---- */

enum { TAG = 7 };

/* The upper bits: the lower ones say where the item stands. */
static uintptr_t tag_of(uint64_t hash)
{
    return (uintptr_t)(hash >> 61);
}

static void *item_of(const void *slot)
{
    return (void *)((uintptr_t)slot & ~(uintptr_t)TAG);
}

static bool may_be(const void *slot, uintptr_t tag)
{
    return ((uintptr_t)slot & TAG) == tag;
}

static void put(struct ln_map_table *table, uint64_t hash, void *item)
{
    size_t i = (size_t)hash & table->mask;

    while (table->slots[i] != NULL) {
        i = (i + 1) & table->mask;
    }
    table->slots[i] = (void *)((uintptr_t)item | tag_of(hash));
}

/* Closes the gap at `gap` with the items behind it that may stand nearer to their home. */
static void close_gap(const struct ln_map *map, struct ln_map_table *table, size_t gap)
{
    for (size_t i = (gap + 1) & table->mask; table->slots[i] != NULL;
         i = (i + 1) & table->mask) {
        size_t home = (size_t)hash_of(map, item_of(table->slots[i])) & table->mask;
        if (((i - home) & table->mask) >= ((i - gap) & table->mask)) {
            table->slots[gap] = table->slots[i];
            gap = i;
        }
    }
    table->slots[gap] = NULL;
}

static void *find_in(const struct ln_map *map, const struct ln_map_table *table, uint64_t hash,
                     const void *key)
{
    uintptr_t tag = tag_of(hash);

    if (table->slots == NULL) {
        return NULL;
    }
    for (size_t i = (size_t)hash & table->mask; table->slots[i] != NULL;
         i = (i + 1) & table->mask) {
        void *item = item_of(table->slots[i]);
        if (may_be(table->slots[i], tag) && map->calls->is(item, key)) {
            return item;
        }
    }
    return NULL;
}

static bool remove_from(const struct ln_map *map, struct ln_map_table *table, uint64_t hash,
                        const void *item)
{
    if (table->slots == NULL) {
        return false;
    }
    for (size_t i = (size_t)hash & table->mask; table->slots[i] != NULL;
         i = (i + 1) & table->mask) {
        if (item_of(table->slots[i]) == item) {
            close_gap(map, table, i);
            return true;
        }
    }
    return false;
}

static void free_table(struct ln_map *map, struct ln_map_table *table)
{
    if (table->slots != NULL) {
        map->allocator.resize(map->allocator.context, table->slots, 0);
    }
    *table = (struct ln_map_table){0};
}

/* ---- Growing ---- */

/*
 * From the end to the start: nothing stands behind an item that is taken out, so there is no
 * gap to close. Where the last items go on at the start of the table, those come first.
 */
static size_t slot_to_move(const struct ln_map *map)
{
    return (map->move_from - map->moved) & map->old.mask;
}

static void start_moving(struct ln_map *map)
{
    size_t end = 0;

    map->old = map->table;
    while (map->old.slots != NULL && map->old.slots[end] != NULL) {
        end++;
    }
    map->moved = 0;
    map->move_from = (end - 1) & map->old.mask;
}

static void move_some(struct ln_map *map)
{
    for (int i = 0; i < MOVE_EACH_CALL && map->old.slots != NULL; i++) {
        void **slot = &map->old.slots[slot_to_move(map)];
        if (*slot != NULL) {
            void *item = item_of(*slot);
            *slot = NULL;
            put(&map->table, hash_of(map, item), item);
        }
        if (map->moved++ == map->old.mask) {
            free_table(map, &map->old);
        }
    }
}

static ln_err make_next(struct ln_map *map)
{
    size_t count = map->table.slots == NULL ? SLOTS_MIN : 2 * slots_in(&map->table);

    if (map->next.slots != NULL) {
        return LN_OK;
    }
    if (count > SIZE_MAX / sizeof(void *)) {
        return LN_ERR_NO_MEMORY;
    }
    map->next.slots =
        map->allocator.resize(map->allocator.context, NULL, count * sizeof(void *));
    if (map->next.slots == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    map->next.mask = count - 1;
    map->cleared = 0;
    return LN_OK;
}

static void clear_some(struct ln_map *map, size_t some)
{
    size_t left = slots_in(&map->next) - map->cleared;

    some = some < left ? some : left;
    if (some > 0) {
        memset(map->next.slots + map->cleared, 0, some * sizeof(void *));
        map->cleared += some;
    }
}

static ln_err make_room(struct ln_map *map)
{
    size_t slots = slots_in(&map->table);

    /* No memory for the next table yet is no error yet. */
    if (map->count >= slots / 16 * 10 && map->old.slots == NULL && make_next(map) == LN_OK) {
        clear_some(map, CLEAR_EACH_CALL);
    }
    if (map->count < slots / 16 * 13) {
        return LN_OK;
    }
    if (map->next.slots == NULL) {
        return LN_ERR_NO_MEMORY;
    }
    clear_some(map, SIZE_MAX);
    start_moving(map);
    map->table = map->next;
    map->next = (struct ln_map_table){0};
    return LN_OK;
}

/* ---- The map ---- */

void ln_map_init(struct ln_map *map, const struct ln_map_calls *calls, const void *context,
                 const struct ln_allocator *allocator)
{
    *map = (struct ln_map){.calls = calls, .context = context, .allocator = *allocator};
}

void ln_map_fini(struct ln_map *map)
{
    free_table(map, &map->table);
    free_table(map, &map->old);
    free_table(map, &map->next);
    map->count = 0;
}

void *ln_map_find(const struct ln_map *map, uint64_t hash, const void *key)
{
    void *item = find_in(map, &map->table, hash, key);

    return item != NULL ? item : find_in(map, &map->old, hash, key);
}

ln_err ln_map_add(struct ln_map *map, void *item)
{
    assert(((uintptr_t)item & TAG) == 0);
    move_some(map);
    ln_err err = make_room(map);
    if (err != LN_OK) {
        return err;
    }
    put(&map->table, hash_of(map, item), item);
    map->count++;
    return LN_OK;
}

void ln_map_remove(struct ln_map *map, void *item)
{
    uint64_t hash = hash_of(map, item);
    bool removed =
        remove_from(map, &map->table, hash, item) || remove_from(map, &map->old, hash, item);

    assert(removed);
    if (removed) {
        map->count--;
    }
    move_some(map);
}

void *ln_map_next(const struct ln_map *map, size_t *at)
{
    size_t slots = slots_in(&map->table);
    size_t all = slots + slots_in(&map->old);

    while (*at < all) {
        size_t i = (*at)++;
        void *item = i < slots ? map->table.slots[i] : map->old.slots[i - slots];
        if (item != NULL) {
            return item_of(item);
        }
    }
    return NULL;
}
