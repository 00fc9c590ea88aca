/* The arena and the pool. */

#include "base_tests.h"
#include "ln_test.h"

static _Alignas(max_align_t) uint8_t memory[1024];

TEST(an_arena_hands_out_aligned_pieces_until_it_is_full)
{
    struct ln_arena arena = ln_arena(memory + 1, 200);
    uint8_t *end = memory + 1;
    size_t pieces = 0;

    for (uint8_t *piece; (piece = ln_arena_take(&arena, 5)) != NULL; pieces++) {
        CHECK_EQ((uintptr_t)piece % _Alignof(max_align_t), 0);
        CHECK(piece >= end);
        end = piece + 5;
        CHECK(end <= memory + 201);
    }
    CHECK(pieces >= 200 / 16 - 1);
    ln_arena_reset(&arena);
    CHECK(ln_arena_take(&arena, 5) != NULL);
}

TEST(an_arena_refuses_what_does_not_fit)
{
    struct ln_arena arena = ln_arena(memory, 100);

    CHECK(ln_arena_take(&arena, 101) == NULL);
    CHECK(ln_arena_take(&arena, SIZE_MAX) == NULL);
    CHECK(ln_arena_take(&arena, 100) != NULL);
    CHECK(ln_arena_take(&arena, 1) == NULL);
    arena = ln_arena(memory + 1, _Alignof(max_align_t)); /* all but one byte go for padding */
    CHECK(ln_arena_take(&arena, 2) == NULL);
    CHECK(ln_arena_take(&arena, 1) != NULL);
    arena = ln_arena(NULL, 0);
    CHECK(ln_arena_take(&arena, 1) == NULL);
}

TEST(a_pool_hands_out_each_item_once_and_cleared)
{
    struct ln_pool pool;
    void *items[8];

    memset(memory, 0xAA, sizeof(memory));
    ln_pool_init(&pool, memory, 24, LN_COUNT(items));
    for (size_t i = 0; i < LN_COUNT(items); i++) {
        static const uint8_t zeros[24];
        items[i] = ln_pool_take(&pool);
        CHECK(items[i] != NULL);
        assert_memory_equal(items[i], zeros, sizeof(zeros));
        memset(items[i], (int)i, 24);
    }
    for (size_t i = 0; i < LN_COUNT(items); i++) {
        CHECK_EQ(((uint8_t *)items[i])[0], i);
        CHECK_EQ(((uint8_t *)items[i])[23], i);
    }
    CHECK(ln_pool_take(&pool) == NULL);
    CHECK_EQ(pool.used, 8);
    CHECK_EQ(memory[8 * 24], 0xAA);
}

TEST(a_pool_takes_items_back)
{
    struct ln_pool pool;

    ln_pool_init(&pool, memory, sizeof(void *), 2);
    void *a = ln_pool_take(&pool);
    void *b = ln_pool_take(&pool);
    CHECK(ln_pool_take(&pool) == NULL);
    ln_pool_give(&pool, a);
    CHECK_EQ(pool.used, 1);
    CHECK(ln_pool_take(&pool) == a);
    CHECK(ln_pool_take(&pool) == NULL);
    ln_pool_give(&pool, b);
    ln_pool_give(&pool, a);
    CHECK_EQ(pool.used, 0);
}

int memory_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_hands_out_aligned_pieces_until_it_is_full),
        cmocka_unit_test(an_arena_refuses_what_does_not_fit),
        cmocka_unit_test(a_pool_hands_out_each_item_once_and_cleared),
        cmocka_unit_test(a_pool_takes_items_back),
    };

    return RUN_TESTS(tests);
}
