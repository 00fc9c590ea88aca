/* The hash table: alone, and against a plain array. */

#include "base_tests.h"
#include "ln_test.h"

#include <stdlib.h>

enum { ITEMS = 5000, STEPS = 200 * 1000 };

struct item {
    _Alignas(8) uint32_t key; /* as all that is allocated */
    bool in;
};

static struct item items[ITEMS];
static struct ln_map map;
static size_t looks; /* at items, by searches */

/* ---- An allocator that counts, and fails on demand ---- */

static size_t blocks;
static bool out_of_memory;

static void *resize(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == 0) {
        blocks--;
        free(memory);
        return NULL;
    }
    if (out_of_memory) {
        return NULL;
    }
    blocks++;
    return malloc(size);
}

static const struct ln_allocator allocator = {resize, NULL};

/* ---- Keys: spread well, or all on few homes at the table's end ---- */

static uint64_t spread(uint32_t key)
{
    uint64_t v = key * 0x9E3779B97F4A7C15;

    return v >> 20 | v << 44;
}

static uint64_t crowd(uint32_t key)
{
    return UINT64_MAX - key % 8;
}

/* Evenly, but by no pattern: some homes are crowded. */
static uint64_t scatter(uint32_t key)
{
    uint64_t v = (key + 1) * 0x9E3779B97F4A7C15;

    v = (v ^ v >> 30) * 0xBF58476D1CE4E5B9;
    v = (v ^ v >> 27) * 0x94D049BB133111EB;
    return v ^ v >> 31;
}

static uint64_t (*hash_key)(uint32_t key);

static uint64_t hash_item(const void *context, const void *item)
{
    const struct item *it = item;

    CHECK(context == items);
    return hash_key(it->key);
}

static bool is(const void *item, const void *key)
{
    const struct item *it = item;

    looks++;
    return it->key == *(const uint32_t *)key;
}

static const struct ln_map_calls calls = {hash_item, is};

static void given_an_empty_map(uint64_t (*hash)(uint32_t))
{
    blocks = 0;
    out_of_memory = false;
    hash_key = hash;
    for (uint32_t i = 0; i < ITEMS; i++) {
        items[i] = (struct item){.key = i * 7};
    }
    ln_map_init(&map, &calls, items, &allocator);
}

static void *find(uint32_t key)
{
    return ln_map_find(&map, hash_key(key), &key);
}

static void add(struct item *item)
{
    CHECK_OK(ln_map_add(&map, item));
    item->in = true;
}

static void take(struct item *item)
{
    ln_map_remove(&map, item);
    item->in = false;
}

static void check_all(size_t items_used)
{
    for (size_t i = 0; i < items_used; i++) {
        CHECK(find(items[i].key) == (items[i].in ? &items[i] : NULL));
    }
}

TEST(finds_nothing_in_an_empty_map)
{
    size_t at = 0;

    given_an_empty_map(spread);
    CHECK(find(0) == NULL);
    CHECK(ln_map_next(&map, &at) == NULL);
    CHECK_EQ(blocks, 0);
    ln_map_fini(&map);
}

TEST(finds_every_item_after_each_step_of_growing)
{
    given_an_empty_map(spread);
    for (size_t i = 0; i < 700; i++) {
        add(&items[i]);
        check_all(700);
    }
    CHECK_EQ(map.count, 700);
    CHECK(find(3) == NULL);
    ln_map_fini(&map);
    ln_map_fini(&map);
    CHECK_EQ(blocks, 0);
}

TEST(closes_the_gap_that_a_removed_item_leaves)
{
    given_an_empty_map(crowd);
    for (size_t i = 0; i < 200; i++) {
        add(&items[i]);
    }
    for (size_t i = 0; i < 200; i += 3) {
        take(&items[i]);
        check_all(200);
    }
    ln_map_fini(&map);
    CHECK_EQ(blocks, 0);
}

TEST(walks_every_item_once_even_while_it_moves)
{
    given_an_empty_map(spread);
    for (size_t i = 0; i < 300; i++) {
        add(&items[i]);
        size_t at = 0;
        size_t seen = 0;
        for (struct item *item; (item = ln_map_next(&map, &at)) != NULL; seen++) {
            CHECK(item->in);
            item->in = false;
        }
        CHECK_EQ(seen, i + 1);
        for (size_t j = 0; j <= i; j++) {
            items[j].in = true;
        }
    }
    ln_map_fini(&map);
}

/* Where there are many, to look at one is to wait for memory. */
TEST(a_search_looks_at_few_items_that_it_does_not_seek)
{
    enum { NEARLY_FULL = 4096 / 16 * 13 };

    given_an_empty_map(scatter);
    for (size_t i = 0; i < NEARLY_FULL; i++) {
        add(&items[i]);
    }

    looks = 0;
    check_all(NEARLY_FULL);

    CHECK(looks < NEARLY_FULL + NEARLY_FULL / 2);
    ln_map_fini(&map);
}

TEST(is_as_before_when_the_allocator_fails)
{
    size_t added = 0;

    given_an_empty_map(spread);
    out_of_memory = true;
    CHECK_ERR(ln_map_add(&map, &items[0]), LN_ERR_NO_MEMORY);
    CHECK(find(items[0].key) == NULL);
    out_of_memory = false;
    add(&items[added++]);
    out_of_memory = true;
    while (ln_map_add(&map, &items[added]) == LN_OK) {
        items[added++].in = true;
    }
    CHECK(added >= 10);
    check_all(100);
    CHECK_EQ(map.count, added);
    out_of_memory = false;
    for (; added < 100; added++) {
        add(&items[added]);
    }
    check_all(100);
    ln_map_fini(&map);
    CHECK_EQ(blocks, 0);
}

/* Times of growth and of shrinking follow one another, so that it also moves when half empty. */
TEST(agrees_with_an_array_whatever_is_added_and_removed)
{
    uint32_t seed = 1;
    size_t count = 0;

    given_an_empty_map(spread);
    for (int step = 0; step < STEPS; step++) {
        seed = seed * 1664525 + 1013904223;
        struct item *item = &items[(seed >> 8) % ITEMS];
        bool grows = step / 20000 % 2 == 0;
        if (!item->in && (grows || seed >> 30 == 0)) {
            add(item);
            count++;
        } else if (item->in && (!grows || seed >> 30 == 0)) {
            take(item);
            count--;
        }
        CHECK_EQ(map.count, count);
        CHECK(find(item->key) == (item->in ? item : NULL));
        if (step % 1000 == 0) {
            check_all(ITEMS);
        }
    }
    ln_map_fini(&map);
    CHECK_EQ(blocks, 0);
}

int map_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nothing_in_an_empty_map),
        cmocka_unit_test(finds_every_item_after_each_step_of_growing),
        cmocka_unit_test(closes_the_gap_that_a_removed_item_leaves),
        cmocka_unit_test(walks_every_item_once_even_while_it_moves),
        cmocka_unit_test(a_search_looks_at_few_items_that_it_does_not_seek),
        cmocka_unit_test(is_as_before_when_the_allocator_fails),
        cmocka_unit_test(agrees_with_an_array_whatever_is_added_and_removed),
    };

    return RUN_TESTS(tests);
}
