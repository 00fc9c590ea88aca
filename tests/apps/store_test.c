/* The store: what was committed is there again, whatever happened in between. */

#include "linnetd/store.h"

#include "linnetd/log.h"
#include "linnetd/store_schema.h"
#include "linnetd/store_updates.h"
#include "ln_test.h"
#include "store_harness.h"

#include <linnet/net.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int store_tests(void);

char folder[128];
struct store *store;
char why[STORE_WHY_MAX];

/* ---- Waiting for the store's thread ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;

static void wake(void *context, uint8_t shard)
{
    (void)context;
    (void)shard;
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&woken);
    pthread_mutex_unlock(&lock);
}

void until_committed(uint8_t shard, uint64_t number)
{
    pthread_mutex_lock(&lock);
    while (store_committed(store, shard) < number) {
        pthread_cond_wait(&woken, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void until_read_only(bool read_only)
{
    pthread_mutex_lock(&lock);
    while (store_is_read_only(store) != read_only) {
        pthread_cond_wait(&woken, &lock);
    }
    pthread_mutex_unlock(&lock);
}

/* ---- Opening ---- */

static int remove_one(const char *path, const struct stat *what, int type, struct FTW *walk)
{
    (void)what;
    (void)type;
    (void)walk;
    return remove(path);
}

void remove_folder(void)
{
    (void)chmod(folder, 0700);
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void given_a_folder(void)
{
    log_start(LOG_ERROR, false);
    (void)snprintf(folder, sizeof(folder), "/tmp/linnet-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static struct store *try_open(void)
{
    struct store_config config = {
        .folder = folder,
        .survives_power_cut = true,
        .shards = 2,
        .forget_after_ms = INT64_C(1000) * 3600 * 24,
        .wake = wake,
    };

    store = store_open(&config, why);
    return store;
}

void given_an_open_store(void)
{
    if (try_open() == NULL) {
        fail_msg("%s", why);
    }
}

/* ---- What comes back ---- */

static const struct ln_object_link links[] = {{1, 0, 0, 0}, {3, 0, 1, 2}};

enum { MOST = 2000 };

static struct {
    char endpoint[MOST][32];
    struct ln_registration_view view[MOST];
    size_t count;
    size_t older;
} back;

static enum store_taken take(void *context, const struct ln_registration_view *view)
{
    (void)context;
    CHECK_TEXT(view->root, "/lwm2m");
    CHECK_TEXT(view->formats, "110");
    CHECK_EQ(view->object_count, LN_COUNT(links));
    assert_memory_equal(view->objects, links, sizeof(links));
    for (size_t i = 0; i < back.count; i++) {
        if (ln_bytes_are(view->endpoint, back.endpoint[i])) {
            back.older++;
            return STORE_OLDER;
        }
    }
    (void)ln_bytes_to_text(view->endpoint, back.endpoint[back.count], sizeof(back.endpoint[0]));
    back.view[back.count++] = *view;
    return STORE_TAKEN;
}

void given_a_running_store(void)
{
    given_an_open_store();
    back.count = 0;
    back.older = 0;
    if (!store_restore(store, take, NULL, why)) {
        fail_msg("%s", why);
    }
    assert_true(store_start(store));
}

void closed(void)
{
    store_close(store);
    store = NULL;
}

void killed_after(void (*what)(void))
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        what();
        (void)kill(getpid(), SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static const struct ln_registration_view *view_of(const char *endpoint)
{
    for (size_t i = 0; i < back.count; i++) {
        if (strcmp(back.endpoint[i], endpoint) == 0) {
            return &back.view[i];
        }
    }
    return NULL;
}

static uint32_t lifetime_of(const char *endpoint)
{
    const struct ln_registration_view *view = view_of(endpoint);

    assert_non_null(view);
    return view->lifetime;
}

/* ---- Changes ---- */

struct store_batch batch;
static int64_t left_at; /* 0: now */

static struct ln_registration_view view_with(const char *endpoint, uint32_t lifetime)
{
    return (struct ln_registration_view){
        .endpoint = ln_bytes_of_text(endpoint),
        .location = BYTES("AKurnqusrqc"),
        .sms = BYTES("+49123"),
        .extra = BYTES("et=x"),
        .root = BYTES("/lwm2m"),
        .formats = BYTES("110"),
        .objects = links,
        .object_count = LN_COUNT(links),
        .peer = {.remote = ln_address_ipv4(10, 0, 0, 1, 5683),
                 .local = ln_address_ipv4(192, 0, 2, 1, 5683)},
        .version = LN_VERSION_1_1,
        .lifetime = lifetime,
        .binding = LN_BINDING_U,
        .registered_at = 1700000000000,
        .updated_at = 1700000001000,
        .seen_at = 1700000002000,
    };
}

static void put(enum store_kind kind, uint64_t number, uint64_t replaces, const char *endpoint,
                uint32_t lifetime)
{
    struct ln_registration_view view = view_with(endpoint, lifetime);
    struct store_change change = {
        .kind = kind,
        .number = number,
        .replaces = replaces,
        .left_at = left_at != 0 ? left_at : ln_clock_wall_ms(),
        .view = kind == STORE_SWEPT ? NULL : &view,
    };

    store_batch_put(&batch, &change);
}

void submit(uint8_t shard)
{
    store_submit(store, shard, &batch);
    store_batch_fini(&batch);
}

static void touch(uint64_t number, int64_t at, uint8_t host)
{
    struct ln_address moved = ln_address_ipv4(10, 0, 0, host, 5683);

    store_batch_touch(&batch, number, at, host != 0 ? &moved : NULL);
}

/* ---- Rows ---- */

TEST(what_was_committed_is_there_after_a_restart_as_it_was)
{
    given_a_folder();
    given_a_running_store();
    put(STORE_PRESENT, 1, 0, "urn:dev:1", 300);
    submit(0);
    until_committed(0, 1);
    closed();

    given_a_running_store();
    CHECK_EQ(back.count, 1);
    const struct ln_registration_view *view = view_of("urn:dev:1");
    assert_non_null(view);
    CHECK_EQ(view->change, 1);
    CHECK_EQ(view->lifetime, 300);
    CHECK_EQ(view->object_count, LN_COUNT(links));
    CHECK_EQ(view->version, LN_VERSION_1_1);
    CHECK_EQ(view->binding, LN_BINDING_U);
    CHECK_EQ(view->registered_at, 1700000000000);
    CHECK_EQ(view->updated_at, 1700000001000);
    CHECK_EQ(view->seen_at, 1700000002000);
    struct ln_address remote = ln_address_ipv4(10, 0, 0, 1, 5683);
    assert_true(ln_address_equal(&view->peer.remote, &remote));
    CHECK_EQ(store_last_change(store), 1);
    assert_true(store_was_clean(store));
    CHECK_EQ(strlen(store_identity(store)), 32);
    closed();
    remove_folder();
}

static void change_and_die(void)
{
    given_a_running_store();
    put(STORE_PRESENT, 2, 0, "a", 100);
    put(STORE_PRESENT, 4, 0, "b", 100);
    submit(0);
    put(STORE_PRESENT, 3, 0, "c", 100);
    submit(1);
    until_committed(0, 4);
    until_committed(1, 3);
    put(STORE_PRESENT, 6, 2, "a", 200);
    put(STORE_LEFT, 8, 4, "b", 100);
    put(STORE_PRESENT, 10, 6, "a", 300);
    submit(0);
    until_committed(0, 10);
}

TEST(after_a_kill_the_newest_row_counts_and_who_left_stays_away)
{
    given_a_folder();
    killed_after(change_and_die);

    given_a_running_store();
    assert_false(store_was_clean(store));
    CHECK_EQ(back.count, 2);
    CHECK_EQ(lifetime_of("a"), 300);
    CHECK_EQ(lifetime_of("c"), 100);
    CHECK_EQ(store_last_change(store), 10);
    closed();
    remove_folder();
}

static int64_t count_of(const char *sql)
{
    sqlite3 *db;

    assert_true(store_db_open(folder, SQLITE_OPEN_READONLY, &db, why));
    int64_t count = store_number(db, sql, -1);
    sqlite3_close(db);
    return count;
}

TEST(rows_that_do_not_count_any_more_are_swept_away_at_the_end_at_the_latest)
{
    given_a_folder();
    killed_after(change_and_die);
    given_a_running_store();
    closed();

    CHECK_EQ(count_of("SELECT count(*) FROM registrations"), 2);
    CHECK_EQ(count_of("SELECT count(*) FROM gone"), 1);
    given_a_running_store();
    CHECK_EQ(back.count, 2);
    CHECK_EQ(back.older, 0);
    CHECK_EQ(store_last_change(store), 10);
    closed();
    remove_folder();
}

TEST(who_comes_back_is_not_gone_any_more)
{
    given_a_folder();
    given_a_running_store();
    put(STORE_PRESENT, 1, 0, "a", 100);
    put(STORE_LEFT, 2, 1, "a", 100);
    submit(0);
    until_committed(0, 2);
    CHECK_EQ(count_of("SELECT count(*) FROM gone"), 1);
    put(STORE_PRESENT, 3, 0, "a", 100);
    submit(0);
    until_committed(0, 3);
    CHECK_EQ(count_of("SELECT count(*) FROM gone"), 0);
    closed();
    given_a_running_store();
    CHECK_EQ(back.count, 1);
    closed();
    remove_folder();
}

TEST(what_ended_before_it_was_told_leaves_nothing_behind)
{
    given_a_folder();
    given_a_running_store();
    put(STORE_PRESENT, 1, 0, "a", 100);
    submit(0);
    until_committed(0, 1);
    put(STORE_SWEPT, 2, 1, "a", 100);
    put(STORE_LEFT, 3, 2, "a", 100);
    submit(0);
    until_committed(0, 3);
    closed();
    given_a_running_store();
    CHECK_EQ(back.count, 0);
    closed();
    remove_folder();
}

TEST(who_left_long_ago_is_forgotten)
{
    given_a_folder();
    given_a_running_store();
    put(STORE_PRESENT, 1, 0, "a", 100);
    put(STORE_PRESENT, 2, 0, "b", 100);
    put(STORE_LEFT, 3, 1, "a", 100);
    left_at = ln_clock_wall_ms() - INT64_C(1000) * 3600 * 25;
    put(STORE_LEFT, 4, 2, "b", 100);
    left_at = 0;
    submit(0);
    until_committed(0, 4);
    closed();

    CHECK_EQ(count_of("SELECT count(*) FROM gone"), 1);
    CHECK_EQ(count_of("SELECT count(*) FROM gone WHERE endpoint = CAST('a' AS BLOB)"), 1);
    remove_folder();
}

/* ---- Updates of time and address ---- */

static void touch_and_die(void)
{
    given_a_running_store();
    put(STORE_PRESENT, 1, 0, "a", 100);
    put(STORE_PRESENT, 2, 0, "b", 100);
    submit(0);
    until_committed(0, 2);
    touch(1, 1700000100000, 0);
    touch(2, 1700000100000, 7);
    touch(2, 1700000200000, 0);
    submit(0);
    closed();
}

TEST(times_and_addresses_of_updates_are_there_again)
{
    given_a_folder();
    killed_after(touch_and_die);

    for (int i = 0; i < 3; i++) { /* merged by the next starts, nothing changes */
        given_a_running_store();
        CHECK_EQ(view_of("a")->updated_at, 1700000100000);
        CHECK_EQ(view_of("b")->updated_at, 1700000200000);
        struct ln_address moved = ln_address_ipv4(10, 0, 0, 7, 5683);
        assert_true(ln_address_equal(&view_of("b")->peer.remote, &moved));
        closed();
    }
    remove_folder();
}

TEST(an_entry_that_was_cut_ends_the_log_and_no_more)
{
    char name[256];
    given_a_folder();
    killed_after(touch_and_die);
    (void)snprintf(name, sizeof(name), "%s/updates.log", folder);
    struct stat file;
    assert_int_equal(stat(name, &file), 0);
    assert_int_equal(truncate(name, file.st_size - 1), 0);

    given_a_running_store();
    CHECK_EQ(view_of("a")->updated_at, 1700000100000);
    CHECK_EQ(view_of("b")->updated_at, 1700000100000);
    touch(2, 1700000300000, 0);
    submit(0);
    closed();
    given_a_running_store();
    CHECK_EQ(view_of("b")->updated_at, 1700000300000);
    closed();
    remove_folder();
}

/* ---- What can go wrong ---- */

static void write_file(const char *name, const void *bytes, size_t length)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    CHECK_EQ(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void then_it_refuses(const char *text)
{
    assert_null(try_open());
    if (strstr(why, text) == NULL || strstr(why, folder) == NULL) {
        fail_msg("says \"%s\" and not \"%s\"", why, text);
    }
}

TEST(a_second_daemon_on_a_folder_is_refused_and_told_the_first)
{
    char pid[32];
    given_a_folder();
    given_a_running_store();
    struct store *first = store;

    then_it_refuses("another linnetd");
    (void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    assert_non_null(strstr(why, pid));
    store = first;
    closed();
    given_a_running_store();
    closed();
    remove_folder();
}

TEST(a_file_that_is_no_database_is_refused_and_stays)
{
    struct stat file;
    char name[256];
    char text[5000];
    memset(text, 'x', sizeof(text));
    given_a_folder();
    write_file("linnet.db", text, sizeof(text));

    then_it_refuses("no database");
    (void)snprintf(name, sizeof(name), "%s/linnet.db", folder);
    assert_int_equal(stat(name, &file), 0);
    CHECK_EQ(file.st_size, sizeof(text));
    remove_folder();
}

void run_sql(const char *sql)
{
    sqlite3 *db;

    assert_true(store_db_open(folder, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, why));
    assert_true(store_run(db, sql));
    sqlite3_close(db);
}

TEST(a_database_of_another_program_is_refused)
{
    given_a_folder();
    run_sql("CREATE TABLE notes (text)");

    then_it_refuses("another program");
    CHECK_EQ(count_of("SELECT count(*) FROM sqlite_schema"), 1);
    remove_folder();
}

TEST(a_database_of_a_newer_version_is_refused)
{
    given_a_folder();
    given_a_running_store();
    closed();
    run_sql("PRAGMA user_version=99");

    then_it_refuses("version 99");
    CHECK_EQ(count_of("PRAGMA user_version"), 99);
    remove_folder();
}

TEST(a_database_cut_in_half_is_refused)
{
    char name[256];
    struct stat file;
    given_a_folder();
    given_a_running_store();
    for (uint64_t i = 1; i <= 500; i++) {
        char endpoint[16];
        (void)snprintf(endpoint, sizeof(endpoint), "device-%llu", (unsigned long long)i);
        put(STORE_PRESENT, i, 0, endpoint, 100);
    }
    submit(0);
    until_committed(0, 500);
    closed();
    (void)snprintf(name, sizeof(name), "%s/linnet.db", folder);
    assert_int_equal(stat(name, &file), 0);
    assert_int_equal(truncate(name, file.st_size / 2), 0);

    then_it_refuses("damaged");
    assert_int_equal(stat(name, &file), 0);
    remove_folder();
}

TEST(a_row_that_is_no_registration_ends_the_start_and_is_named)
{
    given_a_folder();
    given_a_running_store();
    put(STORE_PRESENT, 17, 0, "a", 100);
    submit(0);
    until_committed(0, 17);
    closed();
    run_sql("UPDATE registrations SET remote = x'00'");

    given_an_open_store();
    assert_false(store_restore(store, take, NULL, why));
    assert_non_null(strstr(why, "row 17"));
    closed();
    remove_folder();
}

TEST(a_folder_that_cannot_be_made_or_is_a_file_is_refused)
{
    given_a_folder();
    char made[100];
    (void)snprintf(made, sizeof(made), "%.99s", folder);
    write_file("file", "x", 1);
    (void)snprintf(folder, sizeof(folder), "%s/file", made);
    then_it_refuses("--data is a folder");
    (void)snprintf(folder, sizeof(folder), "%s/no/such", made);
    then_it_refuses("cannot be made");
    (void)snprintf(folder, sizeof(folder), "%s", made);
    remove_folder();
}

/* ---- Failing and going on ---- */

/* The database may not grow: what a full disk does. */
static bool limit_pages(struct store_job *job, sqlite3 *db)
{
    (void)job;
    return store_run(db, "PRAGMA max_page_count=1");
}

static bool free_pages(struct store_job *job, sqlite3 *db)
{
    (void)job;
    return store_run(db, "PRAGMA max_page_count=1000000");
}

static bool refuse(struct store_job *job, sqlite3 *db)
{
    (void)job;
    assert_true(store_run(db, "INSERT INTO meta VALUES ('refused', 1)"));
    return false;
}

static atomic_int jobs_done;
static atomic_bool job_was_good;

static void job_done(struct store_job *job, bool ok)
{
    (void)job;
    atomic_store(&job_was_good, ok);
    atomic_fetch_add(&jobs_done, 1);
    wake(NULL, 0);
}

static bool do_write(bool (*run)(struct store_job *, sqlite3 *))
{
    struct store_job job = {.run = run, .done = job_done};
    int before = atomic_load(&jobs_done);

    store_write(store, &job);
    pthread_mutex_lock(&lock);
    while (atomic_load(&jobs_done) == before) {
        pthread_cond_wait(&woken, &lock);
    }
    pthread_mutex_unlock(&lock);
    return atomic_load(&job_was_good);
}

TEST(a_full_disk_commits_nothing_and_is_over_once_there_is_room)
{
    given_a_folder();
    given_a_running_store();
    assert_true(do_write(limit_pages));
    for (uint64_t i = 1; i <= 1000; i++) {
        char endpoint[16];
        (void)snprintf(endpoint, sizeof(endpoint), "device-%llu", (unsigned long long)i);
        put(STORE_PRESENT, i, 0, endpoint, 100);
    }
    submit(0);
    until_read_only(true);
    CHECK_EQ(store_committed(store, 0), 0);
    CHECK_EQ(count_of("SELECT count(*) FROM registrations"), 0);

    assert_true(do_write(free_pages));
    until_committed(0, 1000);
    until_read_only(false);
    closed();
    given_a_running_store();
    CHECK_EQ(back.count, 1000);
    closed();
    remove_folder();
}

TEST(a_job_that_fails_changes_nothing)
{
    given_a_folder();
    given_a_running_store();

    assert_false(do_write(refuse));
    CHECK_EQ(count_of("SELECT count(*) FROM meta WHERE key='refused'"), 0);
    closed();
    remove_folder();
}

/* ---- Observations ---- */

static struct {
    struct ln_observation_view view;
    char endpoint[32];
    char attributes[32];
    size_t count;
} observed;

static bool take_observation(void *context, const struct ln_observation_view *view)
{
    (void)context;
    observed.count++;
    observed.view = *view;
    (void)ln_bytes_to_text(view->endpoint, observed.endpoint, sizeof(observed.endpoint));
    (void)ln_bytes_to_text(view->attributes, observed.attributes, sizeof(observed.attributes));
    return true;
}

static void observe(enum store_kind kind, uint64_t number, struct ln_path path,
                    const char *attributes)
{
    struct ln_observation_view view = {
        .endpoint = BYTES("urn:dev:1"),
        .path = path,
        .format = 110,
        .attributes = ln_bytes_of_text(attributes),
        .token = UINT64_C(0x0080000000000001),
    };
    struct store_change change = {.kind = kind, .number = number, .observation = &view};

    store_batch_put(&batch, &change);
}

static void restored_observations(void)
{
    observed.count = 0;
    assert_true(store_restore_observations(store, take_observation, NULL, why));
}

TEST(a_declared_observation_comes_back_with_its_token_and_an_ended_one_does_not)
{
    given_a_folder();
    given_a_running_store();
    observe(STORE_OBSERVED, 1, ln_path_resource(3303, 0, 5700), "pmin=1");
    put(STORE_PRESENT, 3, 0, "urn:dev:1", 300);
    observe(STORE_OBSERVED, 5, ln_path_resource(3303, 0, 5700), "pmin=2&gt");
    observe(STORE_OBSERVED, 7, ln_path_object(3), "");
    observe(STORE_UNOBSERVED, 9, ln_path_object(3), "");
    submit(0);
    until_committed(0, 9);
    closed();

    given_an_open_store();
    restored_observations();
    CHECK_EQ(observed.count, 1);
    assert_true(ln_path_equal(observed.view.path, ln_path_resource(3303, 0, 5700)));
    CHECK_EQ(observed.view.token, UINT64_C(0x0080000000000001));
    CHECK_EQ(observed.view.format, 110);
    assert_string_equal(observed.endpoint, "urn:dev:1");
    assert_string_equal(observed.attributes, "pmin=2&gt");
    closed();
    remove_folder();
}

TEST(a_row_that_is_no_observation_ends_the_start)
{
    given_a_folder();
    given_an_open_store();
    assert_int_equal(sqlite3_exec(store_database(store),
                                  "INSERT INTO observations VALUES (x'61', x'03', 1, 0, NULL)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_false(store_restore_observations(store, take_observation, NULL, why));
    assert_non_null(strstr(why, "a row of observations cannot be taken"));
    closed();
    remove_folder();
}

int store_tests(void)
{
    const struct CMUnitTest store_group[] = {
        cmocka_unit_test(what_was_committed_is_there_after_a_restart_as_it_was),
        cmocka_unit_test(after_a_kill_the_newest_row_counts_and_who_left_stays_away),
        cmocka_unit_test(
            rows_that_do_not_count_any_more_are_swept_away_at_the_end_at_the_latest),
        cmocka_unit_test(who_comes_back_is_not_gone_any_more),
        cmocka_unit_test(who_left_long_ago_is_forgotten),
        cmocka_unit_test(what_ended_before_it_was_told_leaves_nothing_behind),
        cmocka_unit_test(times_and_addresses_of_updates_are_there_again),
        cmocka_unit_test(an_entry_that_was_cut_ends_the_log_and_no_more),
        cmocka_unit_test(a_second_daemon_on_a_folder_is_refused_and_told_the_first),
        cmocka_unit_test(a_file_that_is_no_database_is_refused_and_stays),
        cmocka_unit_test(a_database_of_another_program_is_refused),
        cmocka_unit_test(a_database_of_a_newer_version_is_refused),
        cmocka_unit_test(a_database_cut_in_half_is_refused),
        cmocka_unit_test(a_row_that_is_no_registration_ends_the_start_and_is_named),
        cmocka_unit_test(a_folder_that_cannot_be_made_or_is_a_file_is_refused),
        cmocka_unit_test(a_full_disk_commits_nothing_and_is_over_once_there_is_room),
        cmocka_unit_test(a_job_that_fails_changes_nothing),
        cmocka_unit_test(
            a_declared_observation_comes_back_with_its_token_and_an_ended_one_does_not),
        cmocka_unit_test(a_row_that_is_no_observation_ends_the_start),
    };

    return RUN_TESTS(store_group);
}
