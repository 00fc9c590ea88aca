/* The timer wheel: a level is the highest group of six bits in which due and now differ. */

#include <linnet/base.h>

#include <assert.h>
#include <string.h>

/*
 * What holds at all times, and why the first slot of the first filled level is the next one:
 * a timer of level L agrees with `now` in all groups above L and is ahead of it in group L.
 * (Timers that were overdue when set stand in the current slot of level 0.) A timer that
 * differs above the last level is beyond its horizon and waits in slot 0 of the last level,
 * which nothing else can use, since no time is ahead of another by a group of zero.
 */
enum {
    GROUP_BITS = 6,
    LAST_LEVEL = LN_WHEEL_LEVELS - 1,
    HORIZON_BITS = LN_WHEEL_LEVELS * GROUP_BITS,
};

#define FAR_BIT ((uint64_t)1)

struct place {
    int level;
    int slot;
};

static int group_of(ln_time time, int level)
{
    return (int)(time >> (level * GROUP_BITS)) & (LN_WHEEL_SLOTS - 1);
}

/* This stays the same while a timer waits, though `now` goes on: no need to keep it in the timer. */
static struct place place_of(const struct ln_wheel *wheel, ln_time due)
{
    if (due <= wheel->now) {
        return (struct place){0, group_of(wheel->now, 0)};
    }
    int level = (63 - __builtin_clzll((uint64_t)(due ^ wheel->now))) / GROUP_BITS;
    if (level > LAST_LEVEL) {
        return (struct place){LAST_LEVEL, 0};
    }
    return (struct place){level, group_of(due, level)};
}

static void insert(struct ln_wheel *wheel, struct ln_timer *timer)
{
    struct place p = place_of(wheel, timer->due);
    struct ln_timer **slot = &wheel->slots[p.level][p.slot];
    ln_time *earliest = &wheel->earliest[p.level][p.slot];

    *earliest = *slot == NULL ? timer->due : ln_time_min(*earliest, timer->due);
    timer->next = *slot;
    timer->link = slot;
    if (timer->next != NULL) {
        timer->next->link = &timer->next;
    }
    *slot = timer;
    wheel->filled[p.level] |= (uint64_t)1 << p.slot;
}

static void take_out(struct ln_wheel *wheel, struct ln_timer *timer)
{
    struct place p = place_of(wheel, timer->due);

    *timer->link = timer->next;
    if (timer->next != NULL) {
        timer->next->link = timer->link;
    }
    timer->next = NULL;
    timer->link = NULL;
    if (wheel->slots[p.level][p.slot] == NULL) {
        wheel->filled[p.level] &= ~((uint64_t)1 << p.slot);
    }
}

void ln_wheel_init(struct ln_wheel *wheel, ln_time now)
{
    assert(now >= 0);
    memset(wheel, 0, sizeof(*wheel));
    wheel->now = now;
}

void ln_wheel_set(struct ln_wheel *wheel, struct ln_timer *timer, ln_time due)
{
    ln_wheel_cancel(wheel, timer);
    if (due == LN_NEVER) {
        return;
    }
    timer->due = due;
    insert(wheel, timer);
    wheel->count++;
}

void ln_wheel_cancel(struct ln_wheel *wheel, struct ln_timer *timer)
{
    if (ln_timer_is_set(timer)) {
        take_out(wheel, timer);
        wheel->count--;
    }
}

/* The slot that comes first in time. False if all are empty. */
static bool find_first(const struct ln_wheel *wheel, struct place *out)
{
    for (int level = 0; level < LN_WHEEL_LEVELS; level++) {
        uint64_t filled =
            wheel->filled[level] & (level == LAST_LEVEL ? ~FAR_BIT : ~(uint64_t)0);
        if (filled != 0) {
            *out = (struct place){level, __builtin_ctzll(filled)};
            return true;
        }
    }
    *out = (struct place){LAST_LEVEL, 0};
    return (wheel->filled[LAST_LEVEL] & FAR_BIT) != 0;
}

/* The time from which the slot's timers agree with `now` in one group more. */
static ln_time start_of(const struct ln_wheel *wheel, struct place p)
{
    int shift = p.level * GROUP_BITS;

    if (p.level == LAST_LEVEL && p.slot == 0) {
        return wheel->earliest[LAST_LEVEL][0] >> HORIZON_BITS << HORIZON_BITS;
    }
    ln_time above = wheel->now >> (shift + GROUP_BITS) << GROUP_BITS;
    return (above | p.slot) << shift;
}

/* With `now` at the slot's start, each of its timers goes to a lower level. */
static void spread(struct ln_wheel *wheel, struct place p)
{
    struct ln_timer *timer = wheel->slots[p.level][p.slot];

    wheel->slots[p.level][p.slot] = NULL;
    wheel->filled[p.level] &= ~((uint64_t)1 << p.slot);
    while (timer != NULL) {
        struct ln_timer *next = timer->next;
        insert(wheel, timer);
        timer = next;
    }
}

struct ln_timer *ln_wheel_turn(struct ln_wheel *wheel, ln_time now)
{
    struct place p;

    while (find_first(wheel, &p)) {
        ln_time start = start_of(wheel, p);
        if (start > now) {
            break;
        }
        wheel->now = start;
        if (p.level == 0) {
            struct ln_timer *timer = wheel->slots[0][p.slot];
            ln_wheel_cancel(wheel, timer);
            return timer;
        }
        spread(wheel, p);
    }
    if (now > wheel->now) {
        wheel->now = now;
    }
    return NULL;
}

ln_time ln_wheel_deadline(const struct ln_wheel *wheel)
{
    struct place p;

    return find_first(wheel, &p) ? wheel->earliest[p.level][p.slot] : LN_NEVER;
}
