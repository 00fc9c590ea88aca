/*
 * The event loop: what is ready is called, the deadline ends the wait, another thread can end
 * it too.
 */

#include "ln_test.h"

#include <linnet/net.h>

#include <unistd.h>

static struct ln_loop *loop;
static int pipes[2];
static int calls;

static void count_call(void *context)
{
    int *count = context;

    (*count)++;
}

static void given_a_loop_that_watches_a_pipe(ln_loop_fn *ready, void *context)
{
    loop = ln_loop_new();
    CHECK(loop != NULL);
    CHECK_EQ(pipe(pipes), 0);
    CHECK_OK(ln_loop_add(loop, pipes[0], ready, context));
    calls = 0;
}

static void close_all(void)
{
    close(pipes[0]);
    close(pipes[1]);
    ln_loop_free(loop);
}

TEST(calls_what_can_be_read)
{
    given_a_loop_that_watches_a_pipe(count_call, &calls);
    CHECK_EQ(write(pipes[1], "x", 1), 1);
    ln_loop_wait(loop, LN_NEVER);
    CHECK_EQ(calls, 1);
    close_all();
}

TEST(ends_the_wait_at_the_deadline)
{
    given_a_loop_that_watches_a_pipe(count_call, &calls);
    ln_time deadline = ln_clock_now() + 5;
    ln_loop_wait(loop, deadline);
    CHECK(ln_clock_now() >= deadline);
    ln_loop_wait(loop, 0);
    CHECK_EQ(calls, 0);
    close_all();
}

TEST(is_woken_once_for_all_wake_ups_before_the_wait)
{
    int woken = 0;

    given_a_loop_that_watches_a_pipe(count_call, &calls);
    ln_loop_on_wake(loop, count_call, &woken);
    ln_loop_wake(loop);
    ln_loop_wake(loop);
    ln_loop_wait(loop, LN_NEVER);
    CHECK_EQ(woken, 1);
    ln_loop_wait(loop, 0);
    CHECK_EQ(woken, 1);
    close_all();
}

static void remove_both(void *context)
{
    int *second = context;

    calls++;
    ln_loop_remove(loop, pipes[0]);
    ln_loop_remove(loop, *second);
}

TEST(does_not_call_what_was_removed_while_it_was_ready)
{
    int second = -1;

    given_a_loop_that_watches_a_pipe(remove_both, &second);
    second = dup(pipes[0]);
    CHECK_OK(ln_loop_add(loop, second, remove_both, &second));
    CHECK_EQ(write(pipes[1], "x", 1), 1);
    ln_loop_wait(loop, LN_NEVER);
    CHECK_EQ(calls, 1);
    ln_loop_wait(loop, 0);
    CHECK_EQ(calls, 1);
    close(second);
    close_all();
}

TEST(draws_different_random_bytes_each_time)
{
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};

    ln_random_system.fill(ln_random_system.context, a, sizeof(a));
    ln_random_system.fill(ln_random_system.context, b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

TEST(draws_from_a_pool_what_was_not_given_out_before_and_forgets_it)
{
    static struct ln_random_pool pool;
    static uint8_t seen[4096][8];
    struct ln_random random = ln_random_of_pool(&pool);

    for (size_t i = 0; i < LN_COUNT(seen); i++) {
        static const uint8_t wiped[8];
        random.fill(random.context, seen[i], sizeof(seen[i]));
        assert_memory_equal(pool.bytes + pool.left, wiped, sizeof(wiped));
        for (size_t j = i < 100 ? 0 : i - 100; j < i; j++) {
            assert_memory_not_equal(seen[i], seen[j], sizeof(seen[i]));
        }
    }
}

TEST(draws_more_than_a_pool_holds)
{
    static struct ln_random_pool pool;
    static uint8_t bytes[3 * sizeof(pool.bytes)];
    struct ln_random random = ln_random_of_pool(&pool);
    size_t zeros = 0;

    random.fill(random.context, bytes, 5);
    random.fill(random.context, bytes, sizeof(bytes));

    for (size_t i = 0; i < sizeof(bytes); i++) {
        zeros += bytes[i] == 0;
    }
    CHECK(zeros < sizeof(bytes) / 16);
}

int loop_tests(void);

int loop_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(calls_what_can_be_read),
        cmocka_unit_test(ends_the_wait_at_the_deadline),
        cmocka_unit_test(is_woken_once_for_all_wake_ups_before_the_wait),
        cmocka_unit_test(does_not_call_what_was_removed_while_it_was_ready),
        cmocka_unit_test(draws_different_random_bytes_each_time),
        cmocka_unit_test(draws_from_a_pool_what_was_not_given_out_before_and_forgets_it),
        cmocka_unit_test(draws_more_than_a_pool_holds),
    };
    return RUN_TESTS(group);
}
