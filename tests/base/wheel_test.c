/* The timer wheel: alone, and against a plain list of timers that is searched. */

#include "base_tests.h"
#include "ln_test.h"

enum { TIMERS = 300, STEPS = 100 * 1000 };

static struct ln_wheel wheel;
static struct ln_timer timers[TIMERS];

static void given_a_wheel_at(ln_time now)
{
    memset(timers, 0, sizeof(timers));
    ln_wheel_init(&wheel, now);
}

TEST(sleeps_for_ever_when_nothing_is_set)
{
    given_a_wheel_at(1000);

    CHECK_EQ(ln_wheel_deadline(&wheel), LN_NEVER);
    CHECK(ln_wheel_turn(&wheel, 1000000) == NULL);
    CHECK_EQ(ln_wheel_deadline(&wheel), LN_NEVER);
}

TEST(fires_when_due_and_not_before)
{
    static const ln_time waits[] = {1, 63, 64, 65, 4095, 4096, 86400000, (ln_time)1 << 47};

    for (size_t i = 0; i < LN_COUNT(waits); i++) {
        given_a_wheel_at(12345);
        ln_time due = 12345 + waits[i];
        ln_wheel_set(&wheel, &timers[0], due);
        CHECK_EQ(ln_wheel_deadline(&wheel), due);
        CHECK(ln_wheel_turn(&wheel, due - 1) == NULL);
        CHECK_EQ(ln_wheel_deadline(&wheel), due);
        CHECK(ln_timer_is_set(&timers[0]));
        CHECK(ln_wheel_turn(&wheel, due) == &timers[0]);
        CHECK(!ln_timer_is_set(&timers[0]));
        CHECK(ln_wheel_turn(&wheel, due) == NULL);
        CHECK_EQ(wheel.count, 0);
    }
}

TEST(fires_in_the_order_of_time_after_a_long_sleep)
{
    static const ln_time dues[] = {5000000, 70, 4096, 1, 100, 99, 262144, 3};
    ln_time last = 0;

    given_a_wheel_at(0);
    for (size_t i = 0; i < LN_COUNT(dues); i++) {
        ln_wheel_set(&wheel, &timers[i], dues[i]);
    }
    for (size_t i = 0; i < LN_COUNT(dues); i++) {
        struct ln_timer *timer = ln_wheel_turn(&wheel, 10000000);
        CHECK(timer != NULL);
        CHECK(timer->due > last);
        last = timer->due;
    }
    CHECK(ln_wheel_turn(&wheel, 10000000) == NULL);
}

TEST(fires_at_the_next_turn_what_was_due_when_it_was_set)
{
    given_a_wheel_at(1000);

    ln_wheel_set(&wheel, &timers[0], 1000);
    ln_wheel_set(&wheel, &timers[1], 3);
    CHECK_EQ(ln_wheel_deadline(&wheel), 3);
    CHECK(ln_wheel_turn(&wheel, 1000) != NULL);
    CHECK(ln_wheel_turn(&wheel, 1000) != NULL);
    CHECK(ln_wheel_turn(&wheel, 1000) == NULL);
}

TEST(moves_a_timer_that_is_set_again)
{
    given_a_wheel_at(0);

    ln_wheel_set(&wheel, &timers[0], 50);
    ln_wheel_set(&wheel, &timers[0], 5000);
    CHECK_EQ(wheel.count, 1);
    CHECK(ln_wheel_turn(&wheel, 4999) == NULL);
    CHECK(ln_wheel_turn(&wheel, 5000) == &timers[0]);
}

TEST(forgets_a_cancelled_timer)
{
    given_a_wheel_at(0);

    ln_wheel_set(&wheel, &timers[0], 50);
    ln_wheel_set(&wheel, &timers[1], 60);
    ln_wheel_cancel(&wheel, &timers[0]);
    ln_wheel_cancel(&wheel, &timers[0]);
    ln_wheel_set(&wheel, &timers[1], LN_NEVER);
    CHECK(!ln_timer_is_set(&timers[0]));
    CHECK(!ln_timer_is_set(&timers[1]));
    CHECK_EQ(ln_wheel_deadline(&wheel), LN_NEVER);
    CHECK(ln_wheel_turn(&wheel, 1000) == NULL);
}

TEST(keeps_timers_beyond_the_last_level)
{
    ln_time era = (ln_time)1 << 48;

    given_a_wheel_at(era - 10);
    ln_wheel_set(&wheel, &timers[0], era);
    ln_wheel_set(&wheel, &timers[1], era + 5);
    ln_wheel_set(&wheel, &timers[2], 1000 * era + 7);
    ln_wheel_set(&wheel, &timers[3], era - 1);
    ln_wheel_set(&wheel, &timers[4], LN_NEVER - 1);
    CHECK_EQ(ln_wheel_deadline(&wheel), era - 1);
    CHECK(ln_wheel_turn(&wheel, era + 3) == &timers[3]);
    CHECK(ln_wheel_turn(&wheel, era + 3) == &timers[0]);
    CHECK(ln_wheel_turn(&wheel, era + 3) == NULL);
    CHECK_EQ(ln_wheel_deadline(&wheel), era + 5);
    CHECK(ln_wheel_turn(&wheel, era + 5) == &timers[1]);
    CHECK_EQ(ln_wheel_deadline(&wheel), 1000 * era + 7);
    CHECK(ln_wheel_turn(&wheel, 1000 * era + 6) == NULL);
    CHECK(ln_wheel_turn(&wheel, 1000 * era + 7) == &timers[2]);
    CHECK(ln_wheel_turn(&wheel, LN_NEVER - 2) == NULL);
    CHECK(ln_wheel_turn(&wheel, LN_NEVER - 1) == &timers[4]);
}

/* ---- Against a model: each timer's due time, LN_NEVER if not set ---- */

static ln_time model[TIMERS];
static uint64_t bits; /* of the random numbers */

static uint64_t random_bits(void)
{
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    return bits;
}

/* Short and long waits alike: uniform in the exponent. */
static ln_time random_wait(void)
{
    return (ln_time)(random_bits() >> (14 + random_bits() % 50));
}

static ln_time model_deadline(void)
{
    ln_time due = LN_NEVER;

    for (size_t i = 0; i < TIMERS; i++) {
        due = ln_time_min(due, model[i]);
    }
    return due;
}

/* All that is due comes out, in the order of time, and nothing else. */
static void turn_both(ln_time now)
{
    ln_time before = wheel.now;
    ln_time last = 0;

    for (struct ln_timer *timer; (timer = ln_wheel_turn(&wheel, now)) != NULL;) {
        ln_time due = model[timer - timers];
        CHECK_EQ(timer->due, due);
        CHECK(due <= now);
        CHECK(due >= last || due <= before);
        last = due;
        model[timer - timers] = LN_NEVER;
    }
    CHECK(model_deadline() > now);
}

static void walk_against_the_model(bool with_cancels)
{
    ln_time now = 1000000;

    given_a_wheel_at(now);
    for (size_t i = 0; i < TIMERS; i++) {
        model[i] = LN_NEVER;
    }
    bits = 88172645463325252;
    for (int step = 0; step < STEPS; step++) {
        size_t i = random_bits() % TIMERS;
        unsigned what = random_bits() % 8;
        if (what == 0 && with_cancels) {
            ln_wheel_cancel(&wheel, &timers[i]);
            model[i] = LN_NEVER;
        } else if (what < 5 && (with_cancels || model[i] == LN_NEVER)) {
            model[i] = now + random_wait() - (what == 1 ? 100 : 0);
            ln_wheel_set(&wheel, &timers[i], model[i]);
        } else if (what >= 5) {
            now += random_wait() >> (random_bits() % 20);
            turn_both(now);
        }
        CHECK(ln_wheel_deadline(&wheel) <= model_deadline());
        CHECK(with_cancels || ln_wheel_deadline(&wheel) == model_deadline());
    }
}

TEST(tells_the_exact_deadline_while_no_timer_is_moved)
{
    walk_against_the_model(false);
}

TEST(is_never_late_whatever_is_set_moved_and_cancelled)
{
    walk_against_the_model(true);
}

int wheel_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleeps_for_ever_when_nothing_is_set),
        cmocka_unit_test(fires_when_due_and_not_before),
        cmocka_unit_test(fires_in_the_order_of_time_after_a_long_sleep),
        cmocka_unit_test(fires_at_the_next_turn_what_was_due_when_it_was_set),
        cmocka_unit_test(moves_a_timer_that_is_set_again),
        cmocka_unit_test(forgets_a_cancelled_timer),
        cmocka_unit_test(keeps_timers_beyond_the_last_level),
        cmocka_unit_test(tells_the_exact_deadline_while_no_timer_is_moved),
        cmocka_unit_test(is_never_late_whatever_is_set_moved_and_cancelled),
    };

    return RUN_TESTS(tests);
}
