/* Bootstrap configurations: which one fits, sealed, and there again after a restart. */

#include "linnetd/bootstrap_list.h"

#include "linnetd/log.h"
#include "ln_test.h"

#include <ftw.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int bootstrap_list_tests(void);

static char folder[128];
static struct store *store;
static struct credentials *credentials;
static struct bootstrap_list *list;
static char why[STORE_WHY_MAX];

/* ---- Given ---- */

static void wake(void *context, uint8_t shard)
{
    (void)context;
    (void)shard;
}

static bool try_open(void)
{
    struct store_config config = {
        .folder = folder, .survives_power_cut = true, .shards = 1, .wake = wake};

    store = store_open(&config, why);
    assert_non_null(store);
    credentials = credentials_new(folder, why);
    list = bootstrap_list_new(credentials);
    assert_non_null(list);
    return store_start(store) && credentials_load(credentials, store, why) &&
           bootstrap_list_load(list, store, why);
}

static void closed(void)
{
    store_close(store);
    bootstrap_list_free(list);
    credentials_free(credentials);
    store = NULL;
    list = NULL;
    credentials = NULL;
}

static void given_a_folder(void)
{
    log_start(LOG_ERROR, false);
    (void)snprintf(folder, sizeof(folder), "/tmp/linnet-bootstrap-XXXXXX");
    assert_non_null(mkdtemp(folder));
    if (!try_open()) {
        fail_msg("%s", why);
    }
}

static void given_memory(void)
{
    folder[0] = '\0';
    credentials = credentials_new(NULL, why);
    list = bootstrap_list_new(credentials);
    assert_non_null(list);
}

static int remove_one(const char *path, const struct stat *what, int type, struct FTW *walk)
{
    (void)what;
    (void)type;
    (void)walk;
    return remove(path);
}

static int over(void **state)
{
    (void)state;
    closed();
    if (folder[0] != '\0') {
        (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    return 0;
}

/* On the database, while no store is open. */
static void run_sql(const char *sql)
{
    char name[256];
    sqlite3 *db;

    (void)snprintf(name, sizeof(name), "%s/linnet.db", folder);
    CHECK_EQ(sqlite3_open(name, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
}

/* ---- Changes ---- */

static sem_t kept;

static void change_kept(struct bootstrap_change *change)
{
    (void)change;
    sem_post(&kept);
}

static enum bootstrap_end carry_out(struct bootstrap_change *change)
{
    sem_init(&kept, 0, 0);
    change->list = list;
    change->done = change_kept;
    bootstrap_do(change);
    sem_wait(&kept);
    sem_destroy(&kept);
    return change->end;
}

static enum bootstrap_end put(const char *name, const char *json)
{
    struct bootstrap_put one = {ln_bytes_of_text(name), ln_bytes_of_text(json)};
    struct bootstrap_change change = {.puts = &one, .count = 1};

    return carry_out(&change);
}

static enum bootstrap_end drop(const char *name)
{
    struct bootstrap_change change = {.deletes = ln_bytes_of_text(name)};

    return carry_out(&change);
}

/* ---- Then ---- */

static void check_gets(const char *endpoint, const char *json)
{
    struct bootstrap_text text;

    CHECK_EQ(bootstrap_find(list, ln_bytes_of_text(endpoint), &text), BOOTSTRAP_FOUND);
    CHECK_TEXT(ln_bytes(text.json, text.length), json);
    bootstrap_text_free(&text);
}

static void check_gets_nothing(const char *endpoint)
{
    struct bootstrap_text text;

    CHECK_EQ(bootstrap_find(list, ln_bytes_of_text(endpoint), &text), BOOTSTRAP_NONE);
}

static bool fits(const char *pattern, const char *endpoint)
{
    return bootstrap_name_fits(ln_bytes_of_text(pattern), ln_bytes_of_text(endpoint));
}

TEST(a_star_stands_for_any_text)
{
    CHECK(fits("*", "") && fits("*", "x") && fits("a*", "a") && fits("a*c", "abc"));
    CHECK(fits("*b*", "abc") && fits("a*b*c", "aXbYbZc") && fits("**", "x"));
    CHECK(!fits("a*", "ba") && !fits("a*c", "ab") && !fits("*b", "abc") && !fits("", "x"));
    CHECK(!fits("a*b*c", "acb") && fits("a", "a") && !fits("a", "aa"));
}

TEST(the_own_name_wins_then_the_most_exact_pattern)
{
    folder[0] = '\0';
    given_memory();
    CHECK_EQ(put("*", "any"), BOOTSTRAP_KEPT);
    CHECK_EQ(put("m-*", "meter"), BOOTSTRAP_KEPT);
    CHECK_EQ(put("m-*-b", "b"), BOOTSTRAP_KEPT);
    CHECK_EQ(put("m-1-b", "own"), BOOTSTRAP_KEPT);

    check_gets("x", "any");
    check_gets("m-1", "meter");
    check_gets("m-2-b", "b");
    check_gets("m-1-b", "own");
    CHECK_EQ(drop("m-1-b"), BOOTSTRAP_KEPT);
    check_gets("m-1-b", "b");
    CHECK_EQ(drop("m-*-b"), BOOTSTRAP_KEPT);
    check_gets("m-1-b", "meter");
}

TEST(configurations_are_there_again_after_a_restart)
{
    given_a_folder();
    CHECK_EQ(put("a", "first"), BOOTSTRAP_KEPT);
    CHECK_EQ(put("a", "second"), BOOTSTRAP_KEPT);
    CHECK_EQ(put("m-*", "meter"), BOOTSTRAP_KEPT);
    CHECK_EQ(put("gone", "x"), BOOTSTRAP_KEPT);
    CHECK_EQ(drop("gone"), BOOTSTRAP_KEPT);
    closed();

    CHECK(try_open());
    CHECK_EQ(bootstrap_list_count(list), 2);
    check_gets("a", "second");
    check_gets("m-7", "meter");
    check_gets_nothing("gone");
}

TEST(what_is_not_there_cannot_be_deleted)
{
    given_memory();

    CHECK_EQ(drop("nobody"), BOOTSTRAP_ABSENT);
}

TEST(all_of_a_change_or_nothing)
{
    static struct bootstrap_put puts[BOOTSTRAP_PATTERNS_MAX + 1];
    static char names[BOOTSTRAP_PATTERNS_MAX + 1][16];
    struct bootstrap_change change = {.puts = puts, .count = LN_COUNT(puts)};

    given_memory();
    for (size_t i = 0; i < LN_COUNT(puts); i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%zu-*", i);
        puts[i] = (struct bootstrap_put){ln_bytes_of_text(names[i]), BYTES("x")};
    }
    CHECK_EQ(carry_out(&change), BOOTSTRAP_FULL);
    CHECK_EQ(bootstrap_list_count(list), 0);
    change.count--;
    CHECK_EQ(carry_out(&change), BOOTSTRAP_KEPT);
    CHECK_EQ(bootstrap_list_count(list), BOOTSTRAP_PATTERNS_MAX);
    CHECK_EQ(put("1001-*", "x"), BOOTSTRAP_FULL);
    CHECK_EQ(put("0-*", "y"), BOOTSTRAP_KEPT);
    check_gets("0-x", "y");
}

TEST(a_page_is_in_order_and_begins_behind_the_last)
{
    struct bootstrap_page page = {.after.at = NULL};
    struct bootstrap_name names[3];

    given_memory();
    CHECK_EQ(put("c", "x"), BOOTSTRAP_KEPT);
    CHECK_EQ(put("a", "x"), BOOTSTRAP_KEPT);
    CHECK_EQ(put("b", "x"), BOOTSTRAP_KEPT);

    CHECK_EQ(bootstrap_list_page(list, &page, names, 2), 2);
    CHECK_TEXT(ln_bytes(names[1].at, names[1].len), "b");
    page.after = BYTES("b");
    CHECK_EQ(bootstrap_list_page(list, &page, names, 2), 1);
    CHECK_TEXT(ln_bytes(names[0].at, names[0].len), "c");
    page.after = BYTES("");
    page.prefix = BYTES("b");
    CHECK_EQ(bootstrap_list_page(list, &page, names, 3), 1);
}

TEST(nobody_can_give_one_endpoint_what_is_anothers)
{
    struct bootstrap_text text;

    given_a_folder();
    CHECK_EQ(put("admin", "secret"), BOOTSTRAP_KEPT);
    CHECK_EQ(put("b", "x"), BOOTSTRAP_KEPT);
    closed();
    run_sql("UPDATE bootstraps SET configuration=(SELECT configuration FROM bootstraps WHERE "
            "endpoint=CAST('admin' AS BLOB)) WHERE endpoint=CAST('b' AS BLOB)");

    bool opened = try_open();
    CHECK(!opened || bootstrap_find(list, BYTES("b"), &text) == BOOTSTRAP_UNREADABLE);
}

TEST(another_master_key_is_told_at_the_start)
{
    char name[256];

    given_a_folder();
    CHECK_EQ(put("a", "x"), BOOTSTRAP_KEPT);
    closed();
    (void)snprintf(name, sizeof(name), "%s/key", folder);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    for (int i = 0; i < SEAL_KEY; i++) {
        (void)fputs("07", file);
    }
    (void)fclose(file);

    CHECK(!try_open());
    assert_non_null(strstr(why, "master key"));
}

TEST(a_damaged_row_is_told_at_the_start)
{
    given_a_folder();
    CHECK_EQ(put("a", "x"), BOOTSTRAP_KEPT);
    closed();
    run_sql("UPDATE bootstraps SET configuration=x'00'");

    CHECK(!try_open());
    assert_non_null(strstr(why, "damaged"));
}

TEST(the_folder_tells_no_configuration)
{
    char name[256];
    char bytes[65536];

    given_a_folder();
    CHECK_EQ(put("a", "the secret of the configuration"), BOOTSTRAP_KEPT);
    closed();
    (void)snprintf(name, sizeof(name), "%s/linnet.db", folder);
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    size_t length;
    while ((length = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        assert_null(memmem(bytes, length, "the secret", 10));
    }
    (void)fclose(file);
    CHECK(try_open());
}

int bootstrap_list_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_stands_for_any_text),
        cmocka_unit_test_teardown(the_own_name_wins_then_the_most_exact_pattern, over),
        cmocka_unit_test_teardown(configurations_are_there_again_after_a_restart, over),
        cmocka_unit_test_teardown(what_is_not_there_cannot_be_deleted, over),
        cmocka_unit_test_teardown(all_of_a_change_or_nothing, over),
        cmocka_unit_test_teardown(a_page_is_in_order_and_begins_behind_the_last, over),
        cmocka_unit_test_teardown(nobody_can_give_one_endpoint_what_is_anothers, over),
        cmocka_unit_test_teardown(another_master_key_is_told_at_the_start, over),
        cmocka_unit_test_teardown(a_damaged_row_is_told_at_the_start, over),
        cmocka_unit_test_teardown(the_folder_tells_no_configuration, over),
    };

    return RUN_TESTS(tests);
}
