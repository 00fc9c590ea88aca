/* What happens in a day: bursts of changes, writes and observes, and long silences between. */

#include "sim/notify/day.h"

#include "sim/notify/subject.h"

#include <stdio.h>

enum {
    MINUTE = 60 * 1000,
    HOUR = 60 * MINUTE,
    BURST_LEAST = 40,
    BURST_MOST = 100,
    LOUD = 60, /* notifications in one silence, after which its causes are taken away */
    PATHS = 1 + METERS * (1 + PHASE + 1 + PHASES),
};

struct day {
    struct subject s;
    struct ln_path paths[PATHS]; /* all that may be observed or bear attributes */
    bool has_pmax[SERVERS][PATHS];
};

static const char *const periods[] = {"0", "1", "2", "5", "10", "30", "60"};
static const char *const long_periods[] = {"0", "1", "2", "5", "10", "30", "60", "600", "3600"};
static const char *const highs[] = {"20", "20.1", "22.5", "25", "-1"};
static const char *const lows[] = {"10", "15", "19.9", "-5"};
static const char *const steps[] = {"0", "0.1", "0.3", "1", "2.5", "5"};
static const double edges[] = {20, 22.5, 25, 10, 15, -5, 5, 1, -1, 20.1, 19.9};
static const double strides[] = {0.1, 0.3, 0.5, 1, 2, 2.5, 5};
static const ln_time waits[] = {1, 2, 5, 10, 30, 60};
static const char *const bad_queries[] = {
    "pmin=-1", "pmin=1.5",      "pmax=",   "st=-2",       "gt=x",
    "lt=",     "pmin=1&pmin=2", "speed=9", "lt=30&gt=10", "lt=10&gt=20&st=5",
};

static const char *const misplaced_queries[] = {"gt=20", "pmin=1&lt=5", "st=1"};

#define ONE_OF(dice, list) ((list)[dice_below(dice, LN_COUNT(list))])

static void list_paths(struct day *day)
{
    size_t n = 0;

    day->paths[n++] = ln_path_object(METER_OBJECT);
    for (uint16_t i = 0; i < METERS; i++) {
        day->paths[n++] = ln_path_instance(METER_OBJECT, i);
        for (uint16_t r = LEVEL; r <= PHASE; r++) {
            day->paths[n++] = ln_path_resource(METER_OBJECT, i, r);
        }
        for (uint16_t p = 0; p < PHASES; p++) {
            day->paths[n++] = ln_path_add(ln_path_resource(METER_OBJECT, i, PHASE), p);
        }
    }
}

static bool is_number(struct ln_path path)
{
    return (path.depth == 3 && path.id[2] <= COUNT) || path.depth == 4;
}

/* Whether gt, lt and st may stand there: on one number, or on several for each to inherit. */
static bool takes_thresholds(struct ln_path path)
{
    return is_number(path) || (path.depth == 3 && path.id[2] == PHASE);
}

static bool is_there(struct day *day, struct ln_path path)
{
    return path.depth == 1 || subject_meter(&day->s, path.id[1]) != NULL;
}

/* Never the first one, which lasts the whole day. */
static struct observed *some_observed(struct day *day)
{
    struct observed *o = &day->s.observed[1 + dice_below(&day->s.dice, OBSERVED_MAX - 1)];

    return o->is_live ? o : NULL;
}

/* ---- Values ---- */

static double present(struct day *day, struct ln_path path)
{
    const struct meter *meter = subject_meter(&day->s, path.id[1]);

    if (meter == NULL) {
        return 0;
    }
    switch (path.id[2]) {
    case LEVEL:
        return meter->level;
    case PHASE:
        return meter->phases.values[path.id[3]];
    default:
        return meter->count;
    }
}

/* At an edge, just beside one, or a stride from where it is. */
static double next_number(struct day *day, struct ln_path path)
{
    struct dice *dice = &day->s.dice;
    double stride = ONE_OF(dice, strides) * (dice_chance(dice, 50) ? 1 : -1);

    if (dice_chance(dice, 25)) {
        return ONE_OF(dice, edges);
    }
    if (dice_chance(dice, 30)) {
        return ONE_OF(dice, edges) + stride;
    }
    return present(day, path) + stride;
}

/* Mostly one that is observed as just this value. */
static struct ln_path some_value(struct day *day)
{
    struct dice *dice = &day->s.dice;
    const struct observed *o = some_observed(day);

    if (o != NULL && is_number(o->path) && dice_chance(dice, 80)) {
        return o->path;
    }
    uint16_t meter = (uint16_t)dice_below(dice, METERS);
    uint16_t resource = dice_chance(dice, 50) ? LEVEL : (uint16_t)dice_below(dice, PHASE + 1);
    struct ln_path path = ln_path_resource(METER_OBJECT, meter, resource);

    return resource == PHASE ? ln_path_add(path, (uint16_t)dice_below(dice, PHASES)) : path;
}

static void change(struct day *day)
{
    struct ln_path path = some_value(day);
    double number = next_number(day, path);

    if (dice_chance(&day->s.dice, 15)) {
        subject_write(&day->s, (uint8_t)dice_below(&day->s.dice, SERVERS), path, number);
    } else {
        subject_set(&day->s, path, number);
    }
}

/* ---- Attributes ---- */

static void add_attribute(struct dice *dice, struct ln_writer *w, const char *name,
                          const char *value)
{
    if (!dice_chance(dice, 45)) {
        return;
    }
    if (w->written > 0) {
        ln_write_text(w, "&");
    }
    ln_write_text(w, name);
    if (!dice_chance(dice, 30)) {
        ln_write_text(w, "=");
        ln_write_text(w, value);
    }
}

/* Mostly one number, where all attributes may stand. */
static size_t some_place(struct day *day)
{
    size_t place = 0;

    for (int tries = 0; tries < 3; tries++) {
        place = dice_below(&day->s.dice, PATHS);
        if (takes_thresholds(day->paths[place]) && is_there(day, day->paths[place])) {
            break;
        }
    }
    return place;
}

static void attributes(struct day *day)
{
    struct dice *dice = &day->s.dice;
    size_t place = some_place(day);
    uint8_t server = (uint8_t)dice_below(dice, SERVERS);
    struct ln_path path = day->paths[place];
    char query[128];
    struct ln_writer w = ln_writer(query, sizeof(query) - 1);

    if (dice_chance(dice, 5) && takes_thresholds(path) && is_there(day, path)) {
        subject_attributes(&day->s, server, path, ONE_OF(dice, bad_queries));
        return;
    }
    if (dice_chance(dice, 5) && !takes_thresholds(path) && is_there(day, path)) {
        subject_attributes(&day->s, server, path, ONE_OF(dice, misplaced_queries));
        return;
    }
    add_attribute(dice, &w, "pmin", ONE_OF(dice, periods));
    add_attribute(dice, &w, "pmax", ONE_OF(dice, long_periods));
    if (takes_thresholds(path)) {
        add_attribute(dice, &w, "gt", ONE_OF(dice, highs));
        add_attribute(dice, &w, "lt", ONE_OF(dice, lows));
        add_attribute(dice, &w, "st", ONE_OF(dice, steps));
    }
    query[w.written] = '\0';
    if (query[0] != '\0') {
        subject_attributes(&day->s, server, path, query);
        day->has_pmax[server][place] = true;
    }
}

/* Not of resource instances: no Discover has them as its target. */
static void discover(struct day *day)
{
    struct ln_path path = ONE_OF(&day->s.dice, day->paths);

    subject_discover(&day->s, (uint8_t)dice_below(&day->s.dice, SERVERS), ln_path_up(path, 3));
}

static void defaults(struct day *day)
{
    struct dice *dice = &day->s.dice;
    static const uint32_t pmins[] = {0, 0, 1, 5};
    static const uint32_t pmaxs[] = {0, 0, 0, 60, 600};

    subject_defaults(&day->s, (uint8_t)dice_below(dice, SERVERS), ONE_OF(dice, pmins),
                     ONE_OF(dice, pmaxs));
}

/* Nothing notifies by time alone any more. */
static void calm(struct day *day)
{
    for (uint8_t server = 0; server < SERVERS; server++) {
        subject_defaults(&day->s, server, 0, 0);
        for (size_t i = 0; i < PATHS; i++) {
            if (day->has_pmax[server][i] && is_there(day, day->paths[i])) {
                subject_attributes(&day->s, server, day->paths[i], "pmax");
            }
            day->has_pmax[server][i] = false;
        }
    }
}

/* ---- Observations ---- */

static void observe(struct day *day)
{
    struct dice *dice = &day->s.dice;
    struct observed *again = some_observed(day);

    if (again != NULL && dice_chance(dice, 40)) {
        subject_observe(&day->s, again->server, again->path, again->token);
    } else {
        subject_observe(&day->s, (uint8_t)dice_below(dice, SERVERS),
                        day->paths[some_place(day)], 0);
    }
}

static void cancel(struct day *day)
{
    struct observed *o = some_observed(day);

    if (o == NULL) {
        return;
    }
    if (dice_chance(&day->s.dice, 50)) {
        o->resets = true;
    } else {
        subject_cancel(&day->s, o);
    }
}

static void come_or_go(struct day *day)
{
    struct dice *dice = &day->s.dice;
    uint16_t id = (uint16_t)dice_below(dice, METERS);

    if (subject_meter(&day->s, id) == NULL) {
        subject_create(&day->s, id);
    } else if (dice_chance(dice, 50)) {
        subject_delete(&day->s, id);
    } else {
        subject_remove(&day->s, (uint8_t)dice_below(dice, SERVERS), id);
    }
}

/* ---- The day ---- */

static const struct {
    unsigned percent;
    void (*act)(struct day *day);
} acts[] = {
    {58, change},    {16, attributes}, {14, observe}, {4, cancel},
    {3, come_or_go}, {3, defaults},    {2, discover},
};

static void act(struct day *day)
{
    unsigned roll = dice_below(&day->s.dice, 100);

    for (size_t i = 0; i < LN_COUNT(acts); i++) {
        if (roll < acts[i].percent) {
            acts[i].act(day);
            return;
        }
        roll -= acts[i].percent;
    }
}

/* Often at, just before or just after what a period of some observation ends at. */
static ln_time next_moment(struct day *day)
{
    struct dice *dice = &day->s.dice;
    struct observed *o = some_observed(day);

    if (o != NULL && dice_chance(dice, 70)) {
        ln_time at = o->notified_at + ONE_OF(dice, waits) * 1000 + dice_between(dice, 0, 2) - 1;
        if (at >= day->s.now) {
            return at;
        }
    }
    if (dice_chance(dice, 20)) {
        return day->s.now; /* two things in one moment */
    }
    return day->s.now + dice_between(dice, 0, dice_chance(dice, 15) ? 120000 : 3000);
}

static void burst(struct day *day)
{
    ln_time left = dice_between(&day->s.dice, BURST_LEAST, BURST_MOST);

    for (; left > 0; left--) {
        (void)subject_run(&day->s, next_moment(day), LOUD * 10);
        act(day);
    }
}

void day_run(uint64_t seed, unsigned hours)
{
    static struct day day;
    ln_time end = (ln_time)hours * HOUR;

    day = (struct day){0};
    list_paths(&day);
    subject_start(&day.s, seed);
    subject_create(&day.s, 0);
    subject_observe(&day.s, 0, ln_path_object(METER_OBJECT), 0);
    while (day.s.now < end) {
        burst(&day);
        ln_time morning = day.s.now + dice_between(&day.s.dice, 0, 4 * HOUR);
        while (!subject_run(&day.s, morning, LOUD)) {
            calm(&day);
        }
    }
    /* One more change: a day after the first Observe it has to be confirmed. */
    (void)subject_run(&day.s, day.s.now + MINUTE, LOUD);
    subject_create(&day.s, 0);
    subject_set(&day.s, ln_path_resource(METER_OBJECT, 0, LEVEL), -100);
    (void)subject_run(&day.s, day.s.now + 2 * MINUTE, LOUD);
    subject_end(&day.s);
}
