/* Firmware jobs: what follows from what a device says, and what the store brings back. */

#include "linnetd/daemon.h"
#include "linnetd/firmware_device.h"
#include "linnetd/store_schema.h"

#include "ln_test.h"

#include <stdlib.h>
#include <string.h>

int firmware_tests(void);

enum { SIZE = 5000, MINUTE = 60 * 1000 };

static struct daemon whole;
static struct shard shard;
static struct firmware *firmware;
static struct firmware_device *device;

static struct firmware_image *given_an_image(uint64_t id)
{
    struct firmware_image *image = calloc(1, sizeof(*image));

    *image = (struct firmware_image){.id = id, .size = SIZE, .fd = -1, .name = "meter"};
    memset(image->sha256, 0xAB, sizeof(image->sha256));
    firmware_image_add(firmware, image);
    return image;
}

static struct firmware_job *given_a_job(uint64_t id, bool pulls, bool applies)
{
    struct firmware_job *job = firmware_job_new(2);

    assert_true(firmware_job_put(job, BYTES("one")));
    assert_true(firmware_job_put(job, BYTES("two")));
    job->id = id;
    job->image_id = 1;
    job->image = firmware_image_find(firmware, 1);
    job->size = SIZE;
    job->pulls = pulls;
    job->applies = applies;
    assert_true(firmware_job_add(firmware, job));
    device = job->devices[0];
    return job;
}

static void given_firmware(void)
{
    char why[STORE_WHY_MAX];

    memset(&whole, 0, sizeof(whole));
    memset(&shard, 0, sizeof(shard));
    whole.shard_count = 1;
    whole.shards[0] = &shard;
    shard.daemon = &whole;
    shard.loop = ln_loop_new();
    assert_true(inbox_init(&shard.inbox, shard.loop));
    inbox_close(&shard.inbox); /* nobody would run what is posted */
    assert_true(events_init(&whole.events));
    firmware = firmware_open(&whole, why);
    assert_non_null(firmware);
    whole.firmware = firmware;
    given_an_image(1);
}

static void end(void)
{
    firmware_close(firmware);
    events_fini(&whole.events);
    inbox_fini(&shard.inbox);
    ln_loop_free(shard.loop);
}

static enum firmware_next says(int state, int result, int delivery, ln_time now)
{
    struct firmware_answer answer = {.report = {state, result}, .delivery = delivery};

    return firmware_looked(firmware, device, &answer, now);
}

TEST(what_a_device_says_decides_what_is_next)
{
    static const struct {
        enum firmware_step at;
        bool pulls, applies, unknown;
        int state, result, delivery;
        enum firmware_step next;
        enum firmware_state told;
        enum problem_kind problem;
    } table[] = {
        /* clang-format off */
        /* At first: what it takes, and that it is idle. */
        {FIRMWARE_LOOK,  false, true,  false, 0, 0, 2,  FIRMWARE_PUSH,    FIRMWARE_SENDING,     PROBLEM_NONE},
        {FIRMWARE_LOOK,  false, true,  false, 0, 0, -1, FIRMWARE_PUSH,    FIRMWARE_SENDING,     PROBLEM_NONE},
        {FIRMWARE_LOOK,  true,  true,  false, 0, 0, 0,  FIRMWARE_TELL,    FIRMWARE_WAITING,     PROBLEM_NONE},
        {FIRMWARE_LOOK,  false, true,  false, 2, 0, 2,  FIRMWARE_RESET,   FIRMWARE_WAITING,     PROBLEM_NONE},
        {FIRMWARE_LOOK,  false, true,  false, 0, 8, 2,  FIRMWARE_RESET,   FIRMWARE_WAITING,     PROBLEM_NONE},
        {FIRMWARE_LOOK,  false, true,  false, 3, 0, 2,  FIRMWARE_OVER,    FIRMWARE_FAILED,      PROBLEM_FIRMWARE_BUSY},
        {FIRMWARE_LOOK,  false, true,  false, 0, 0, 0,  FIRMWARE_OVER,    FIRMWARE_FAILED,      PROBLEM_FIRMWARE_METHOD},
        {FIRMWARE_LOOK,  true,  true,  false, 0, 0, 1,  FIRMWARE_OVER,    FIRMWARE_FAILED,      PROBLEM_FIRMWARE_METHOD},
        {FIRMWARE_LOOK,  true,  true,  false, -1, 0, 1, FIRMWARE_OVER,    FIRMWARE_FAILED,      PROBLEM_DEVICE_BAD_PAYLOAD},
        /* It has been given or told all. */
        {FIRMWARE_FETCH, true,  true,  false, 1, 0, 2,  FIRMWARE_FETCH,   FIRMWARE_DOWNLOADING, PROBLEM_NONE},
        {FIRMWARE_FETCH, true,  true,  false, 2, 0, 2,  FIRMWARE_EXECUTE, FIRMWARE_DOWNLOADED,  PROBLEM_NONE},
        {FIRMWARE_FETCH, true,  false, false, 2, 0, 2,  FIRMWARE_OVER,    FIRMWARE_DOWNLOADED,  PROBLEM_NONE},
        {FIRMWARE_FETCH, true,  true,  false, 3, 0, 2,  FIRMWARE_APPLY,   FIRMWARE_UPDATING,    PROBLEM_NONE},
        {FIRMWARE_FETCH, true,  true,  false, 0, 1, 2,  FIRMWARE_OVER,    FIRMWARE_DONE,        PROBLEM_NONE},
        {FIRMWARE_FETCH, true,  true,  false, 0, 5, 2,  FIRMWARE_OVER,    FIRMWARE_FAILED,      PROBLEM_FIRMWARE_RESULT},
        {FIRMWARE_FETCH, true,  true,  false, 0, 0, 2,  FIRMWARE_FETCH,   FIRMWARE_WAITING,     PROBLEM_NONE},
        /* Update has been executed. */
        {FIRMWARE_APPLY, false, true,  false, 3, 0, 2,  FIRMWARE_APPLY,   FIRMWARE_WAITING,     PROBLEM_NONE},
        {FIRMWARE_APPLY, false, true,  false, 0, 1, 2,  FIRMWARE_OVER,    FIRMWARE_DONE,        PROBLEM_NONE},
        {FIRMWARE_APPLY, false, true,  true,  0, 1, 2,  FIRMWARE_OVER,    FIRMWARE_DONE,        PROBLEM_NONE},
        {FIRMWARE_APPLY, false, true,  false, 2, 8, 2,  FIRMWARE_OVER,    FIRMWARE_FAILED,      PROBLEM_FIRMWARE_RESULT},
        {FIRMWARE_APPLY, false, true,  false, 2, 0, 2,  FIRMWARE_APPLY,   FIRMWARE_WAITING,     PROBLEM_NONE},
        {FIRMWARE_APPLY, false, true,  false, 2, 11, 2, FIRMWARE_APPLY,   FIRMWARE_WAITING,     PROBLEM_NONE},
        {FIRMWARE_APPLY, false, true,  true,  2, 0, 2,  FIRMWARE_OVER,    FIRMWARE_FAILED,      PROBLEM_OUTCOME_UNKNOWN},
        /* clang-format on */
    };

    for (size_t i = 0; i < LN_COUNT(table); i++) {
        given_firmware();
        given_a_job(7, table[i].pulls, table[i].applies);
        device->step = (uint8_t)table[i].at;
        device->unknown = table[i].unknown;
        enum firmware_next next =
            says(table[i].state, table[i].result, table[i].delivery, 1000);
        CHECK_EQ(device->step, table[i].next);
        CHECK_EQ(device->state, table[i].told);
        CHECK_EQ(device->problem, table[i].problem);
        CHECK_EQ(next == FIRMWARE_ENDED, table[i].next == FIRMWARE_OVER);
        CHECK_EQ(next == FIRMWARE_LATER, table[i].next == table[i].at);
        end();
    }
}

TEST(a_device_that_does_not_begin_has_a_minute)
{
    given_firmware();
    given_a_job(7, true, true);
    device->step = FIRMWARE_FETCH;

    CHECK_EQ(says(0, 0, 2, 1000), FIRMWARE_LATER);
    CHECK_EQ(says(0, 0, 2, MINUTE), FIRMWARE_LATER);
    CHECK_EQ(says(1, 0, 2, MINUTE), FIRMWARE_LATER);
    CHECK_EQ(says(0, 0, 2, 2 * MINUTE), FIRMWARE_LATER);
    CHECK_EQ(says(0, 0, 2, 3 * MINUTE), FIRMWARE_ENDED);
    CHECK_EQ(device->problem, PROBLEM_DEVICE_TIMEOUT);
    end();
}

TEST(what_is_over_leaves_the_device_and_the_image_to_others)
{
    given_firmware();
    struct firmware_job *job = given_a_job(7, true, true);
    CHECK_EQ(firmware_image_find(firmware, 1)->uses, 2);
    assert_ptr_equal(firmware_device_of_endpoint(firmware, BYTES("one")), device);
    assert_ptr_equal(firmware_device_of_token(firmware, device->token), device);

    firmware_device_end(firmware, device, FIRMWARE_CANCELLED, PROBLEM_CANCELLED, "by hand");

    assert_null(firmware_device_of_endpoint(firmware, BYTES("one")));
    assert_null(firmware_device_of_token(firmware, device->token));
    CHECK_EQ(firmware_image_find(firmware, 1)->uses, 1);
    CHECK_EQ(job->left, 1);
    CHECK_EQ(firmware_counters(firmware).ended[FIRMWARE_CANCELLED], 1);
    CHECK_EQ(firmware_counters(firmware).devices, 1);
    assert_string_equal(device->why, "by hand");
    end();
}

TEST(only_the_path_of_a_pull_that_goes_on_is_a_file)
{
    given_firmware();
    struct ln_server_files files = firmware_files(firmware);
    struct ln_server_file file;
    char path[32];
    struct firmware_job *job = given_a_job(7, true, true);

    (void)snprintf(path, sizeof(path), "fw/%016llx", (unsigned long long)device->token);
    assert_true(files.find(files.context, NULL, ln_bytes_of_text(path), &file));
    CHECK_EQ(file.size, SIZE);
    assert_false(files.find(files.context, NULL, BYTES("fw/0000000000000000"), &file));
    assert_false(files.find(files.context, NULL, BYTES("fw/XYZ4567890123456"), &file));
    assert_false(files.find(files.context, NULL, BYTES("rd"), &file));
    job->pulls = false;
    assert_false(files.find(files.context, NULL, ln_bytes_of_text(path), &file));
    end();
}

TEST(the_header_of_a_package_has_the_length_that_the_image_needs)
{
    uint8_t header[6];

    CHECK_EQ(firmware_tlv_header(7, header), 3);
    assert_memory_equal(header, "\xC8\x00\x07", 3);
    CHECK_EQ(firmware_tlv_header(256, header), 4);
    assert_memory_equal(header, "\xD0\x00\x01\x00", 4);
    CHECK_EQ(firmware_tlv_header(0x10000, header), 5);
    assert_memory_equal(header, "\xD8\x00\x01\x00\x00", 5);
    CHECK_EQ(firmware_tlv_header(0xFFFFFF, header), 5);
    CHECK_EQ(firmware_tlv_header(0x1000000, header), 0);
}

/* ---- Kept ---- */

static sqlite3 *given_a_database(void)
{
    char why[STORE_WHY_MAX];
    sqlite3 *db;

    CHECK_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_true(store_schema_update(db, "test", why));
    return db;
}

static void when_it_starts_anew(sqlite3 *db)
{
    end();
    given_firmware();
    firmware_image_remove(firmware, firmware_image_find(firmware, 1));
    assert_true(firmware_rows_read(firmware, db));
}

TEST(images_and_jobs_come_back_as_they_were)
{
    sqlite3 *db = given_a_database();
    given_firmware();
    struct firmware_job *job = given_a_job(7, true, true);
    assert_true(firmware_row_image(db, firmware_image_find(firmware, 1)));
    assert_true(firmware_row_job(db, job));
    uint64_t token = device->token;
    device->step = FIRMWARE_APPLY;
    device->state = FIRMWARE_UPDATING;
    device->unknown = true;
    device->bytes = SIZE;
    device->report = (struct firmware_report){3, 0};
    assert_true(firmware_row_device(db, device));

    when_it_starts_anew(db);

    const struct firmware_image *image = firmware_image_find(firmware, 1);
    assert_string_equal(image->name, "meter");
    CHECK_EQ(image->sha256[31], 0xAB);
    CHECK_EQ(image->uses, 2);
    const struct firmware_device *again = firmware_device_of_token(firmware, token);
    CHECK_TEXT(again->endpoint, "one");
    CHECK_EQ(again->step, FIRMWARE_APPLY);
    CHECK_EQ(again->state, FIRMWARE_UPDATING);
    assert_true(again->unknown);
    CHECK_EQ(again->bytes, SIZE);
    CHECK_EQ(again->report.state, 3);
    assert_true(again->job->pulls && again->job->applies);
    end();
    sqlite3_close(db);
}

TEST(a_cancelled_job_comes_back_over_but_for_what_was_told_to_update)
{
    sqlite3 *db = given_a_database();
    given_firmware();
    struct firmware_job *job = given_a_job(7, false, true);
    assert_true(firmware_row_image(db, firmware_image_find(firmware, 1)));
    assert_true(firmware_row_job(db, job));
    device->step = FIRMWARE_APPLY;
    assert_true(firmware_row_device(db, device));

    assert_true(firmware_row_job_cancel(db, 7));
    when_it_starts_anew(db);

    job = firmware_job_find(firmware, 7);
    CHECK_EQ(job->left, 1);
    CHECK_EQ(job->devices[0]->step, FIRMWARE_APPLY);
    CHECK_EQ(job->devices[1]->state, FIRMWARE_CANCELLED);
    CHECK_EQ(job->devices[1]->problem, PROBLEM_CANCELLED);
    end();
    sqlite3_close(db);
}

TEST(a_late_row_of_a_job_that_was_removed_is_not_kept)
{
    sqlite3 *db = given_a_database();
    given_firmware();
    struct firmware_job *job = given_a_job(7, false, true);
    assert_true(firmware_row_job(db, job));
    assert_true(firmware_row_job_delete(db, 7));

    assert_true(firmware_row_device(db, device));

    CHECK_EQ(store_number(db, "SELECT count(*) FROM firmware_devices", -1), 0);
    end();
    sqlite3_close(db);
}

TEST(rows_that_no_job_can_have_are_refused)
{
    static const char *const wrongs[] = {
        "UPDATE firmware_devices SET step=99",
        "UPDATE firmware_devices SET state=-1",
        "UPDATE firmware_devices SET endpoint=X''",
        "UPDATE firmware_jobs SET count=1",
        "DELETE FROM firmware_images",
        "UPDATE firmware_images SET sha256=X'00'",
    };

    for (size_t i = 0; i < LN_COUNT(wrongs); i++) {
        sqlite3 *db = given_a_database();
        given_firmware();
        struct firmware_job *job = given_a_job(7, false, true);
        job->count = strstr(wrongs[i], "X''") != NULL ? 1 : 2; /* both would be the same */
        assert_true(firmware_row_image(db, firmware_image_find(firmware, 1)));
        assert_true(firmware_row_job(db, job));
        job->count = 2;
        assert_true(store_run(db, wrongs[i]));
        end();
        given_firmware();
        firmware_image_remove(firmware, firmware_image_find(firmware, 1));
        assert_false(firmware_rows_read(firmware, db));
        end();
        sqlite3_close(db);
    }
}

int firmware_tests(void)
{
    static const struct CMUnitTest firmware_group[] = {
        cmocka_unit_test(what_a_device_says_decides_what_is_next),
        cmocka_unit_test(a_device_that_does_not_begin_has_a_minute),
        cmocka_unit_test(what_is_over_leaves_the_device_and_the_image_to_others),
        cmocka_unit_test(only_the_path_of_a_pull_that_goes_on_is_a_file),
        cmocka_unit_test(the_header_of_a_package_has_the_length_that_the_image_needs),
        cmocka_unit_test(images_and_jobs_come_back_as_they_were),
        cmocka_unit_test(a_cancelled_job_comes_back_over_but_for_what_was_told_to_update),
        cmocka_unit_test(a_late_row_of_a_job_that_was_removed_is_not_kept),
        cmocka_unit_test(rows_that_no_job_can_have_are_refused),
    };

    return RUN_TESTS(firmware_group);
}
