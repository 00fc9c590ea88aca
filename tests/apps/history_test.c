/* The rows of history.db, and the thread that writes them: what is kept, for how long, and what of it
 * a backup brings back. */

#include "linnetd/history_copy.h"
#include "linnetd/history_rows.h"
#include "linnetd/store_schema.h"
#include "ln_test.h"
#include "store_harness.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

int history_tests(void);

enum { SAMPLES = 3 };
#define NOW INT64_C(1764072000000)
#define DAY INT64_C(86400000)

static struct history_rows rows;

static void given_rows(const char *where)
{
    rows = (struct history_rows){.samples = SAMPLES};
    assert_true(history_rows_open(&rows, where, why));
}

static struct history_value told(uint16_t resource, int64_t number, int64_t at)
{
    return (struct history_value){
        .endpoint = BYTES("meter"),
        .source = HISTORY_NOTIFICATION,
        .record = {.path = ln_path_resource(3303, 0, resource),
                   .value = ln_value_integer(number)},
        .at = at,
        .received_ms = NOW,
    };
}

static enum history_put put(struct history_value value)
{
    return history_rows_put(&rows, &value);
}

static int64_t number(const char *sql)
{
    return store_number(rows.db, sql, -1);
}

/* ---- What is kept ---- */

TEST(of_each_resource_the_newest_samples_are_kept_so_many)
{
    given_rows(NULL);
    for (int i = 1; i <= 5; i++) {
        CHECK_EQ(put(told(5700, i, NOW + i)), HISTORY_SAMPLED);
    }
    CHECK_EQ(put(told(5701, 9, NOW)), HISTORY_SAMPLED);
    CHECK_EQ(number("SELECT count(*) FROM samples WHERE series = 1"), SAMPLES);
    CHECK_EQ(number("SELECT min(value) FROM samples WHERE series = 1"), 3);
    CHECK_EQ(number("SELECT count(*) FROM samples WHERE series = 2"), 1);
    CHECK_EQ(number("SELECT value FROM series WHERE id = 1"), 5);
    history_rows_close(&rows);
}

TEST(what_was_read_is_a_last_value_and_no_sample)
{
    struct history_value read = told(5700, 7, NOW);

    given_rows(NULL);
    read.source = HISTORY_READ;
    CHECK_EQ(put(read), HISTORY_KEPT);
    rows.samples = 0;
    CHECK_EQ(put(told(5700, 8, NOW)), HISTORY_KEPT);
    CHECK_EQ(number("SELECT count(*) FROM samples"), 0);
    CHECK_EQ(number("SELECT value FROM series"), 8);
    history_rows_close(&rows);
}

TEST(what_comes_late_is_a_sample_and_not_the_last_value)
{
    given_rows(NULL);
    CHECK_EQ(put(told(5700, 2, NOW)), HISTORY_SAMPLED);
    CHECK_EQ(put(told(5700, 1, NOW - DAY)), HISTORY_SAMPLED);
    CHECK_EQ(number("SELECT count(*) FROM samples"), 2);
    CHECK_EQ(number("SELECT value FROM series"), 2);
    history_rows_close(&rows);
}

TEST(a_value_of_a_clock_that_ran_ahead_gives_way)
{
    given_rows(NULL);
    CHECK_EQ(put(told(5700, 2, NOW + DAY)), HISTORY_SAMPLED);
    CHECK_EQ(put(told(5700, 3, NOW)), HISTORY_SAMPLED);
    CHECK_EQ(number("SELECT value FROM series"), 3);
    history_rows_close(&rows);
}

TEST(what_is_too_long_is_no_sample_or_refused)
{
    static uint8_t bytes[HISTORY_VALUE_MAX + 1];
    struct history_value value = told(5700, 0, NOW);

    given_rows(NULL);
    value.record.value = ln_value_opaque(ln_bytes(bytes, HISTORY_SAMPLE_MAX));
    CHECK_EQ(put(value), HISTORY_SAMPLED);
    value.record.value = ln_value_opaque(ln_bytes(bytes, HISTORY_SAMPLE_MAX + 1));
    CHECK_EQ(put(value), HISTORY_KEPT);
    value.record.value = ln_value_opaque(ln_bytes(bytes, HISTORY_VALUE_MAX + 1));
    CHECK_EQ(put(value), HISTORY_REFUSED);
    CHECK_EQ(number("SELECT length(value) FROM series"), HISTORY_SAMPLE_MAX + 1);
    history_rows_close(&rows);
}

TEST(an_endpoint_has_so_many_resources_and_no_more)
{
    given_rows(NULL);
    assert_true(history_begin(&rows));
    for (uint16_t i = 0; i < HISTORY_RESOURCES_MAX; i++) {
        CHECK_EQ(put(told(i, i, NOW)), HISTORY_SAMPLED);
    }
    CHECK_EQ(put(told(HISTORY_RESOURCES_MAX, 1, NOW)), HISTORY_REFUSED);
    CHECK_EQ(put(told(0, 1, NOW)), HISTORY_SAMPLED);
    struct history_value other = told(HISTORY_RESOURCES_MAX, 1, NOW);
    other.endpoint = BYTES("another");
    CHECK_EQ(put(other), HISTORY_SAMPLED);
    assert_true(history_commit(&rows));
    history_rows_close(&rows);
}

TEST(values_of_each_type_come_back)
{
    const struct ln_value values[] = {
        ln_value_string("calm"),       ln_value_integer(INT64_MIN),
        ln_value_unsigned(UINT64_MAX), ln_value_float(20.5),
        ln_value_boolean(true),        ln_value_opaque(BYTES("\x00\xff")),
        ln_value_time(1764072000),     ln_value_objlnk(3, 1),
    };
    static const char *const expected[] = {
        "\"calm\"",
        "\"-9223372036854775808\"",
        "\"18446744073709551615\"",
        "20.5",
        "true",
        "\"AP8=\"",
        "\"2025-11-25T12:00:00Z\"",
        "\"3:1\"",
    };
    struct history_query query = {
        .endpoint = BYTES("meter"), .path = ln_path_object(3303), .limit = 100};
    struct text_out out = {.at = NULL};
    const char *at;

    given_rows(NULL);
    for (uint16_t i = 0; i < LN_COUNT(values); i++) {
        struct history_value value = told(i, 0, NOW);
        value.record.value = values[i];
        CHECK_EQ(put(value), HISTORY_SAMPLED);
    }
    assert_true(history_values_json(rows.db, &query, &out));
    text_bytes(&out, ln_bytes("", 1));
    at = out.at;
    for (size_t i = 0; i < LN_COUNT(expected); i++) {
        char member[64];
        (void)snprintf(member, sizeof(member), "\"value\":%s,", expected[i]);
        at = strstr(at, member);
        assert_non_null(at);
    }
    text_free(&out);
    history_rows_close(&rows);
}

/* ---- Ageing ---- */

TEST(what_is_older_goes_a_few_resources_at_a_time)
{
    given_rows(NULL);
    for (uint16_t i = 0; i < 100; i++) {
        CHECK_EQ(put(told(i, 1, NOW - 2 * DAY)), HISTORY_SAMPLED);
        CHECK_EQ(put(told(i, 2, i < 90 ? NOW - 2 * DAY : NOW)), HISTORY_SAMPLED);
    }
    assert_true(history_rows_age(&rows, NOW - DAY));
    CHECK_EQ(number("SELECT count(*) FROM series"), 100 - 64);
    assert_false(history_rows_age(&rows, NOW - DAY));
    CHECK_EQ(number("SELECT count(*) FROM series"), 10);
    CHECK_EQ(number("SELECT count(*) FROM samples"), 10);
    CHECK_EQ(number("SELECT min(value) FROM samples"), 2);
    assert_false(history_rows_age(&rows, NOW - DAY));
    history_rows_close(&rows);
}

/* A number that was given anew would bring another resource's samples with it. */
TEST(a_resource_keeps_its_number_while_samples_of_it_are_left)
{
    given_rows(NULL);
    CHECK_EQ(put(told(5700, 1, NOW)), HISTORY_SAMPLED);
    CHECK_EQ(put(told(5700, 2, NOW + 10 * DAY)), HISTORY_SAMPLED); /* a clock ran ahead */
    CHECK_EQ(put(told(5700, 2, NOW)), HISTORY_SAMPLED);
    assert_false(history_rows_age(&rows, NOW + DAY));
    CHECK_EQ(put(told(5701, 3, NOW + DAY)), HISTORY_SAMPLED);
    CHECK_EQ(number("SELECT count(*) FROM samples WHERE series ="
                    " (SELECT id FROM series WHERE value = 3)"),
             1);
    assert_false(history_rows_age(&rows, NOW + 11 * DAY));
    CHECK_EQ(number("SELECT count(*) FROM series"), 0);
    CHECK_EQ(number("SELECT count(*) FROM samples"), 0);
    history_rows_close(&rows);
}

/* ---- In a backup ---- */

static const char *in_folder(const char *file)
{
    static char name[2][256];
    static int turn;

    turn = !turn;
    (void)snprintf(name[turn], sizeof(name[turn]), "%s/%s", folder, file);
    return name[turn];
}

/* As a backup makes it; then as its user puts it into a new folder. */
static void given_only_a_copy(void)
{
    sqlite3 *copy;

    CHECK_EQ(sqlite3_open(in_folder("copy"), &copy), SQLITE_OK);
    assert_true(history_copy_out(copy, folder));
    sqlite3_close(copy);
    history_rows_close(&rows);
    CHECK_EQ(unlink(in_folder("history.db")), 0);
    CHECK_EQ(rename(in_folder("copy"), in_folder("linnet.db")), 0);
}

TEST(a_backup_brings_values_and_samples_back_once)
{
    given_a_folder();
    given_rows(folder);
    CHECK_EQ(put(told(5700, 1, NOW)), HISTORY_SAMPLED);
    CHECK_EQ(put(told(5700, 2, NOW + 1)), HISTORY_SAMPLED);
    given_only_a_copy();

    for (int start = 1; start <= 2; start++) {
        struct history_check check;
        given_rows(folder);
        CHECK_EQ(number("SELECT count(*) FROM samples"), 1 + start);
        assert_true(history_copy_check(rows.db, false, &check));
        CHECK_EQ(check.bad, 0);
        CHECK_EQ(put(told(5700, 3, NOW + 2)), HISTORY_SAMPLED);
        CHECK_EQ(number("SELECT value FROM series"), 3);
        history_rows_close(&rows);
    }
    sqlite3 *db;
    assert_true(store_db_open(folder, SQLITE_OPEN_READONLY, &db, why));
    CHECK_EQ(store_number(db, "SELECT count(*) FROM sqlite_schema", -1), 0);
    sqlite3_close(db);
    remove_folder();
}

TEST(rows_that_are_none_are_found)
{
    struct history_check check;

    given_rows(NULL);
    CHECK_EQ(put(told(5700, 1, NOW)), HISTORY_SAMPLED);
    assert_true(
        store_run(rows.db, "UPDATE samples SET type = 77; UPDATE series SET path = x'00'"));
    assert_true(history_copy_check(rows.db, false, &check));
    CHECK_EQ(check.bad, 2);
    assert_false(history_copy_check(rows.db, true, &check));
    history_rows_close(&rows);
}

/* ---- The thread ---- */

enum { EACH = 300, PUTTERS = 2 };

static struct history *history;

static void *put_many(void *endpoint)
{
    for (int i = 0; i < EACH; i++) {
        history_put(history, HISTORY_NOTIFICATION, ln_bytes_of_text(endpoint),
                    ln_path_resource(3303, 0, 5700), LN_FORMAT_TEXT, BYTES("20.5"), NOW + i);
    }
    return NULL;
}

static struct {
    struct store_job job;
    pthread_mutex_t lock;
    pthread_cond_t over;
    int64_t samples;
    bool done;
} asked = {.lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};

static bool count_samples(struct store_job *job, sqlite3 *db)
{
    (void)job;
    asked.samples = store_number(db, "SELECT count(*) FROM samples", -1);
    return true;
}

static void tell_over(struct store_job *job, bool ok)
{
    (void)job;
    assert_true(ok);
    pthread_mutex_lock(&asked.lock);
    asked.done = true;
    pthread_cond_signal(&asked.over);
    pthread_mutex_unlock(&asked.lock);
}

TEST(what_was_put_by_several_threads_is_there_for_who_asks_afterwards)
{
    const struct history_config config = {.samples = EACH, .keep_ms = 10000 * DAY};
    static char *const endpoints[PUTTERS] = {"one", "two"};
    pthread_t threads[PUTTERS];

    history = history_open(&config, why);
    assert_non_null(history);
    for (size_t i = 0; i < PUTTERS; i++) {
        CHECK_EQ(pthread_create(&threads[i], NULL, put_many, endpoints[i]), 0);
    }
    for (size_t i = 0; i < PUTTERS; i++) {
        (void)history_counters(history);
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    }
    asked.job = (struct store_job){.run = count_samples, .done = tell_over};
    history_read(history, &asked.job);
    pthread_mutex_lock(&asked.lock);
    while (!asked.done) {
        pthread_cond_wait(&asked.over, &asked.lock);
    }
    pthread_mutex_unlock(&asked.lock);
    CHECK_EQ(asked.samples, PUTTERS * EACH);
    struct history_counters counters = history_counters(history);
    CHECK_EQ(counters.samples, PUTTERS * EACH);
    CHECK_EQ(counters.dropped + counters.undecodable + counters.refused, 0);
    history_close(history);
}

TEST(what_waits_is_bounded_and_counted)
{
    const struct history_config config = {.samples = 1, .keep_ms = 10000 * DAY};
    static uint8_t large[HISTORY_WAITING_MAX];

    history = history_open(&config, why);
    assert_non_null(history);
    history_put(history, HISTORY_READ, BYTES("one"), ln_path_resource(3303, 0, 5700),
                LN_FORMAT_OPAQUE, ln_bytes(large, sizeof(large)), NOW);
    CHECK_EQ(history_counters(history).dropped, 1);
    history_close(history);
}

int history_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(of_each_resource_the_newest_samples_are_kept_so_many),
        cmocka_unit_test(what_was_read_is_a_last_value_and_no_sample),
        cmocka_unit_test(what_comes_late_is_a_sample_and_not_the_last_value),
        cmocka_unit_test(a_value_of_a_clock_that_ran_ahead_gives_way),
        cmocka_unit_test(what_is_too_long_is_no_sample_or_refused),
        cmocka_unit_test(an_endpoint_has_so_many_resources_and_no_more),
        cmocka_unit_test(values_of_each_type_come_back),
        cmocka_unit_test(what_is_older_goes_a_few_resources_at_a_time),
        cmocka_unit_test(a_resource_keeps_its_number_while_samples_of_it_are_left),
        cmocka_unit_test(a_backup_brings_values_and_samples_back_once),
        cmocka_unit_test(rows_that_are_none_are_found),
        cmocka_unit_test(what_was_put_by_several_threads_is_there_for_who_asks_afterwards),
        cmocka_unit_test(what_waits_is_bounded_and_counted),
    };
    return RUN_TESTS(group);
}
