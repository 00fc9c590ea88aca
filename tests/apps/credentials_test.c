/* Credentials: sealed, found by identity, two at once, and there again after a restart. */

#include "linnetd/credentials.h"

#include "linnetd/credential_input.h"
#include "linnetd/credentials_table.h"
#include "linnetd/log.h"
#include "linnetd/store.h"
#include "ln_test.h"

#include <ftw.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int credentials_tests(void);

static char folder[128];
static struct store *store;
static struct credentials *credentials;
static char why[STORE_WHY_MAX];

/* ---- Given ---- */

static int remove_one(const char *path, const struct stat *what, int type, struct FTW *walk)
{
    (void)what;
    (void)type;
    (void)walk;
    return remove(path);
}

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
    return credentials != NULL && store_start(store) &&
           credentials_load(credentials, store, why);
}

static void closed(void)
{
    store_close(store);
    credentials_free(credentials);
    store = NULL;
    credentials = NULL;
}

static void given_a_folder(void)
{
    log_start(LOG_ERROR, false);
    (void)snprintf(folder, sizeof(folder), "/tmp/linnet-credentials-XXXXXX");
    assert_non_null(mkdtemp(folder));
    if (!try_open()) {
        fail_msg("%s", why);
    }
}

static void given_memory(void)
{
    folder[0] = '\0';
    credentials = credentials_new(NULL, why);
    assert_non_null(credentials);
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

/* ---- Changes ---- */

static sem_t kept;

static void change_kept(struct credentials_change *change)
{
    (void)change;
    sem_post(&kept);
}

static enum credentials_end carry_out(struct credentials_change *change)
{
    sem_init(&kept, 0, 0);
    change->credentials = credentials;
    change->done = change_kept;
    credentials_do(change);
    sem_wait(&kept);
    sem_destroy(&kept);
    return change->end;
}

static struct credential_fields psk(const char *endpoint, const char *identity, const char *key)
{
    return (struct credential_fields){
        .endpoint = ln_bytes_of_text(endpoint),
        .mode = ln_bytes_of_text("psk"),
        .identity = ln_bytes_of_text(identity),
        .key = ln_bytes_of_text(key),
    };
}

static enum credentials_end put(struct credential_fields fields)
{
    struct credential_input input;
    struct credential_fault fault;

    if (!credential_input_read(&fields, &input, &fault)) {
        fail_msg("%s: %s", fault.member, fault.why);
    }
    struct credentials_change change = {.inputs = &input, .count = 1};
    return carry_out(&change);
}

static enum credentials_end put_beside(struct credential_fields fields)
{
    fields.previous = ln_bytes_of_text("keep");
    return put(fields);
}

static enum credentials_end delete_slot(const char *endpoint, int slot)
{
    struct credentials_change change = {
        .deletes = true,
        .endpoint = ln_bytes_of_text(endpoint),
        .purposes = {true, true},
        .slots = {slot != 2, slot != 1},
    };

    return carry_out(&change);
}

/* The keys of an identity as text, the newest first: "aa bb". */
static const char *keys_of(const char *identity)
{
    static char text[300];
    struct credential_key keys[CREDENTIAL_SLOTS];
    size_t count =
        credentials_find_psk(credentials, CREDENTIAL_SERVER, ln_bytes_of_text(identity), keys);
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, i > 0 ? " " : "");
        for (size_t k = 0; k < keys[i].len; k++) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%02x", keys[i].at[k]);
        }
    }
    credential_keys_wipe(keys);
    return text;
}

/* ---- Looking up ---- */

TEST(a_key_is_found_by_its_identity_and_by_no_other)
{
    given_memory();
    CHECK_EQ(put(psk("meter", "id-1", "00ff")), CREDENTIALS_DONE);
    assert_string_equal(keys_of("id-1"), "00ff");
    assert_string_equal(keys_of("meter"), "");
    assert_string_equal(keys_of("id-"), "");
}

TEST(an_identity_tells_its_endpoint)
{
    uint8_t endpoint[CREDENTIAL_ENDPOINT_MAX];

    given_memory();
    CHECK_EQ(put(psk("meter", "id-1", "00ff")), CREDENTIALS_DONE);
    size_t len = credentials_endpoint_of_identity(credentials, CREDENTIAL_SERVER,
                                                  CREDENTIAL_PSK, BYTES("id-1"), endpoint);
    CHECK_TEXT(ln_bytes(endpoint, len), "meter");
    CHECK_EQ(credentials_endpoint_of_identity(credentials, CREDENTIAL_BOOTSTRAP, CREDENTIAL_PSK,
                                              BYTES("id-1"), endpoint),
             0);
    CHECK_EQ(credentials_endpoint_of_identity(credentials, CREDENTIAL_SERVER, CREDENTIAL_X509,
                                              BYTES("id-1"), endpoint),
             0);
    CHECK(credentials_has(credentials, CREDENTIAL_SERVER, BYTES("meter")));
    CHECK(!credentials_has(credentials, CREDENTIAL_BOOTSTRAP, BYTES("meter")));
}

TEST(two_keys_are_valid_at_once_and_the_older_one_goes)
{
    given_memory();
    CHECK_EQ(put(psk("meter", "id", "01")), CREDENTIALS_DONE);
    CHECK_EQ(put_beside(psk("meter", "id-2", "02")), CREDENTIALS_DONE);
    assert_string_equal(keys_of("id"), "01");
    assert_string_equal(keys_of("id-2"), "02");
    CHECK_EQ(put_beside(psk("meter", "other", "03")), CREDENTIALS_DONE);
    assert_string_equal(keys_of("id"), "");
    assert_string_equal(keys_of("id-2"), "02");
    assert_string_equal(keys_of("other"), "03");
    CHECK_EQ(put(psk("meter", "id", "04")), CREDENTIALS_DONE);
    assert_string_equal(keys_of("id"), "04");
    assert_string_equal(keys_of("other"), "");
    CHECK_EQ(credentials_count(credentials), 1);
}

TEST(an_identity_has_one_key_at_a_time)
{
    given_memory();
    CHECK_EQ(put(psk("meter", "id", "01")), CREDENTIALS_DONE);
    CHECK_EQ(put_beside(psk("meter", "id", "02")), CREDENTIALS_SAME);
    assert_string_equal(keys_of("id"), "01");
    CHECK_EQ(put(psk("meter", "id", "02")), CREDENTIALS_DONE);
    assert_string_equal(keys_of("id"), "02");
    CHECK_EQ(credentials_count(credentials), 1);
}

TEST(one_of_two_can_be_taken_away)
{
    given_memory();
    CHECK_EQ(put(psk("meter", "id", "01")), CREDENTIALS_DONE);
    CHECK_EQ(put_beside(psk("meter", "id-2", "02")), CREDENTIALS_DONE);
    CHECK_EQ(delete_slot("meter", 1), CREDENTIALS_DONE);
    assert_string_equal(keys_of("id"), "");
    assert_string_equal(keys_of("id-2"), "02");
    CHECK_EQ(delete_slot("meter", 1), CREDENTIALS_NONE);
    CHECK_EQ(delete_slot("meter", 0), CREDENTIALS_DONE);
    assert_string_equal(keys_of("id-2"), "");
    CHECK(!credentials_has(credentials, CREDENTIAL_SERVER, BYTES("meter")));
    CHECK_EQ(delete_slot("meter", 0), CREDENTIALS_NONE);
}

TEST(an_identity_belongs_to_one_endpoint)
{
    given_memory();
    CHECK_EQ(put(psk("a", "id", "01")), CREDENTIALS_DONE);
    CHECK_EQ(put(psk("b", "id", "02")), CREDENTIALS_TAKEN);
    assert_string_equal(keys_of("id"), "01");
    CHECK_EQ(credentials_count(credentials), 1);
    CHECK_EQ(delete_slot("a", 0), CREDENTIALS_DONE);
    CHECK_EQ(put(psk("b", "id", "02")), CREDENTIALS_DONE);
}

/* ---- Telling ---- */

static char told[64];

static void tell(void *context, enum credential_for purpose, struct ln_bytes endpoint,
                 bool revoked)
{
    (void)context;
    (void)snprintf(told, sizeof(told), "%s %.*s%s", credential_for_names[purpose],
                   (int)endpoint.len, (const char *)endpoint.at, revoked ? " revoked" : "");
}

TEST(who_holds_sessions_is_told_of_changes)
{
    given_memory();
    credentials_watch(credentials, tell, NULL);
    CHECK_EQ(put(psk("meter", "id", "01")), CREDENTIALS_DONE);
    assert_string_equal(told, "server meter");
    CHECK_EQ(put_beside(psk("meter", "id-2", "02")), CREDENTIALS_DONE);
    assert_string_equal(told, "server meter");
    CHECK_EQ(put(psk("meter", "id", "03")), CREDENTIALS_DONE);
    assert_string_equal(told, "server meter revoked");
    told[0] = '\0';
    CHECK_EQ(put(psk("other", "id", "03")), CREDENTIALS_TAKEN);
    assert_string_equal(told, "");
    CHECK_EQ(delete_slot("meter", 0), CREDENTIALS_DONE);
    assert_string_equal(told, "server meter revoked");
}

/* ---- Kept ---- */

TEST(a_key_is_there_again_after_a_restart)
{
    given_a_folder();
    CHECK_EQ(put(psk("meter", "id", "00112233")), CREDENTIALS_DONE);
    CHECK_EQ(put_beside(psk("meter", "id-2", "44")), CREDENTIALS_DONE);
    closed();
    CHECK(try_open());
    assert_string_equal(keys_of("id"), "00112233");
    assert_string_equal(keys_of("id-2"), "44");
    CHECK_EQ(credentials_count(credentials), 2);
}

TEST(the_key_file_is_made_at_first_need_for_its_owner_alone)
{
    char name[256];
    struct stat is;

    given_a_folder();
    (void)snprintf(name, sizeof(name), "%s/key", folder);
    CHECK(stat(name, &is) != 0);
    CHECK_EQ(put(psk("meter", "id", "01")), CREDENTIALS_DONE);
    CHECK_EQ(stat(name, &is), 0);
    CHECK_EQ(is.st_mode & 0777, 0600);
    closed();
    CHECK_EQ(chmod(name, 0640), 0);
    CHECK(!try_open());
    assert_non_null(strstr(why, "chmod 600"));
}

TEST(a_wrong_or_missing_master_key_ends_the_start_and_makes_no_new_one)
{
    char name[256];

    given_a_folder();
    (void)snprintf(name, sizeof(name), "%s/key", folder);
    CHECK_EQ(put(psk("meter", "id", "01")), CREDENTIALS_DONE);
    closed();
    CHECK_EQ(unlink(name), 0);
    CHECK(!try_open());
    assert_non_null(strstr(why, "master key is not here"));
    CHECK(access(name, F_OK) != 0);
    closed();
    CHECK_EQ(setenv("LINNET_KEY",
                    "0000000000000000000000000000000000000000000000000000000000000000", 1),
             0);
    CHECK(!try_open());
    assert_non_null(strstr(why, "another master key"));
    assert_null(getenv("LINNET_KEY"));
}

TEST(a_master_key_from_the_environment_is_hex_or_base64_of_32_bytes)
{
    given_memory();
    closed();
    CHECK_EQ(setenv("LINNET_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 1), 0);
    given_memory();
    closed();
    CHECK_EQ(setenv("LINNET_KEY", "00", 1), 0);
    assert_null(credentials_new(NULL, why));
    assert_non_null(strstr(why, "LINNET_KEY: a master key is 32 bytes"));
}

static void run_sql(const char *sql)
{
    char name[256];
    sqlite3 *db;

    (void)snprintf(name, sizeof(name), "%s/linnet.db", folder);
    CHECK_EQ(sqlite3_open(name, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

TEST(a_row_that_somebody_moved_to_another_endpoint_does_not_open)
{
    given_a_folder();
    CHECK_EQ(put(psk("victim", "id-v", "01")), CREDENTIALS_DONE);
    CHECK_EQ(put(psk("thief", "id-t", "02")), CREDENTIALS_DONE);
    closed();
    run_sql("UPDATE credentials SET secret=(SELECT secret FROM credentials WHERE"
            " endpoint=CAST('thief' AS BLOB)) WHERE endpoint=CAST('victim' AS BLOB)");
    CHECK(try_open());
    log_start(LOG_ERROR, false);
    assert_string_equal(keys_of("id-v"), "");
    assert_string_equal(keys_of("id-t"), "02");
    CHECK_EQ(credentials_unreadable(credentials), 1);
}

TEST(the_key_stands_nowhere_in_memory_of_the_table)
{
    given_memory();
    CHECK_EQ(put(psk("meter", "id", "0123456789abcdef0123456789abcdef")), CREDENTIALS_DONE);
    struct identity_key key = {CREDENTIAL_SERVER, CREDENTIAL_PSK, BYTES("id")};
    const struct credential_row *row = credentials_row(credentials, &key);
    struct ln_bytes sealed = credential_row_sealed(row);

    CHECK_EQ(sealed.len, 16 + SEAL_MORE);
    assert_null(memmem(sealed.at, sealed.len, "\x01\x23\x45\x67", 4));
}

/* ---- What is taken ---- */

static const struct {
    const char *mode, *identity, *subject, *key, *public_key, *previous, *member;
} refused[] = {
    /* clang-format off */
    {NULL,   NULL, NULL, "00", NULL, NULL, "mode"},
    {"none", NULL, NULL, "00", NULL, NULL, "mode"},
    {"psk",  NULL, NULL, NULL, NULL, NULL, "key"},
    {"psk",  NULL, NULL, "",   NULL, NULL, "key"},
    {"psk",  NULL, NULL, "0",  NULL, NULL, "key"},
    {"psk",  NULL, NULL, "0g", NULL, NULL, "key"},
    {"psk",  "",   NULL, "00", NULL, NULL, "identity"},
    {"psk",  "\xff", NULL, "00", NULL, NULL, "identity"},
    {"psk",  NULL, "x",  "00", NULL, NULL, "subject"},
    {"psk",  NULL, NULL, "00", "AA", NULL, "public_key"},
    {"psk",  NULL, NULL, "00", NULL, "x",  "previous"},
    {"x509", NULL, "",   NULL, NULL, NULL, "subject"},
    {"x509", "x",  NULL, NULL, NULL, NULL, "identity"},
    {"x509", NULL, NULL, "00", NULL, NULL, "key"},
    {"rpk",  NULL, NULL, NULL, NULL, NULL, "public_key"},
    {"rpk",  NULL, NULL, NULL, "%%", NULL, "public_key"},
    {"rpk",  NULL, NULL, NULL, "AAAA", NULL, "public_key"},
    {"rpk",  NULL, NULL, "00", NULL, NULL, "key"},
    /* clang-format on */
};

static struct ln_bytes optional(const char *text)
{
    return text != NULL ? ln_bytes_of_text(text) : ln_bytes(NULL, 0);
}

TEST(what_is_wrong_with_a_credential_is_said_by_its_member)
{
    struct credential_input input;
    struct credential_fault fault;

    for (size_t i = 0; i < LN_COUNT(refused); i++) {
        struct credential_fields fields = {
            .endpoint = BYTES("meter"),
            .mode = optional(refused[i].mode),
            .identity = optional(refused[i].identity),
            .subject = optional(refused[i].subject),
            .key = optional(refused[i].key),
            .public_key = optional(refused[i].public_key),
            .previous = optional(refused[i].previous),
        };
        CHECK(!credential_input_read(&fields, &input, &fault));
        assert_string_equal(fault.member, refused[i].member);
    }
}

TEST(keys_have_64_bytes_and_identities_128_at_most)
{
    char key[131] = "";
    char identity[130] = "";
    struct credential_input input;
    struct credential_fault fault;

    memset(key, 'a', 130);
    memset(identity, 'i', 129);
    struct credential_fields fields = psk("meter", "id", key);
    CHECK(!credential_input_read(&fields, &input, &fault));
    fields.key.len = 128;
    CHECK(credential_input_read(&fields, &input, &fault));
    CHECK_EQ(input.key_len, 64);
    fields.identity = ln_bytes_of_text(identity);
    CHECK(!credential_input_read(&fields, &input, &fault));
    fields.identity.len = 128;
    CHECK(credential_input_read(&fields, &input, &fault));
}

static const struct {
    const char *text;
    size_t line; /* 0: good */
    const char *column;
} files[] = {
    /* clang-format off */
    {"a,server,psk,i,00\n", 0, NULL},
    {"endpoint,for,mode,identity,key\r\na,,psk,,00\r\n\r\nb,bootstrap,x509,\"CN, with comma\"\r\n", 0, NULL},
    {"\"a\"\"b\",,psk,i,00", 0, NULL},
    {"a,,psk,i,00\nb,,psk,i,01\n", 2, "identity"},
    {"a,,psk,i,00\na,,psk,j,01\n", 2, "endpoint"},
    {"a,,psk,i,00\nb,,psk,j,0x\n", 2, "key"},
    {"a,,psk,i,00\nb,nobody,psk,j,00\n", 2, "for"},
    {"a,,psk\n", 1, "key"},
    {"a,,psk,i,00,more\n", 1, NULL},
    {"a,,psk,\"i,00\n", 1, "identity"},
    {",,psk,i,00\n", 1, "endpoint"},
    {"a,,rpk,,AAAA\n", 1, "key"},
    /* clang-format on */
};

TEST(a_file_is_taken_whole_or_its_wrong_line_is_said)
{
    for (size_t i = 0; i < LN_COUNT(files); i++) {
        struct credential_file file;
        struct credential_file_fault fault;
        bool good = credential_file_read(ln_bytes_of_text(files[i].text), &file, &fault);

        CHECK_EQ(good, files[i].line == 0);
        if (!good) {
            CHECK_EQ(fault.line, files[i].line);
            CHECK_EQ(fault.column == NULL, files[i].column == NULL);
            assert_string_equal(fault.column != NULL ? fault.column : "",
                                files[i].column != NULL ? files[i].column : "");
        }
        credential_file_free(&file);
    }
}

static void given_a_file_of(size_t count, struct credential_file *file)
{
    static char text[200 * 1000];
    struct credential_file_fault fault;
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "ep-%04zu,,psk,id-%zu,%064zx\n",
                                i, i, i + 1);
    }
    CHECK(credential_file_read(ln_bytes(text, len), file, &fault));
}

TEST(an_import_is_in_force_whole_or_not_at_all)
{
    struct credential_file file;

    given_a_folder();
    CHECK_EQ(put(psk("other", "id-1500", "01")), CREDENTIALS_DONE);
    given_a_file_of(2000, &file);
    struct credentials_change change = {.inputs = file.inputs, .count = file.count};
    CHECK_EQ(carry_out(&change), CREDENTIALS_TAKEN);
    CHECK_EQ(change.inputs[change.at].line, 1501);
    CHECK_EQ(credentials_count(credentials), 1);
    credential_file_free(&file);
    CHECK_EQ(delete_slot("other", 0), CREDENTIALS_DONE);
    given_a_file_of(2000, &file);
    change = (struct credentials_change){.inputs = file.inputs, .count = file.count};
    CHECK_EQ(carry_out(&change), CREDENTIALS_DONE);
    CHECK_EQ(credentials_count(credentials), 2000);
    credential_file_free(&file);
}

TEST(a_list_goes_page_by_page_in_the_order_of_endpoints)
{
    static struct credential items[300];
    struct credential_file file;
    struct credential_page page = {.purpose = -1};
    size_t seen = 0;

    given_memory();
    given_a_file_of(1000, &file);
    struct credentials_change change = {.inputs = file.inputs, .count = file.count};
    CHECK_EQ(carry_out(&change), CREDENTIALS_DONE);
    credential_file_free(&file);
    CHECK_EQ(put_beside(psk("ep-0299", "second", "01")), CREDENTIALS_DONE);
    for (size_t count = 300; count == 300; seen += count) {
        count = credentials_list(credentials, &page, items, 300);
        for (size_t i = 0; i < count; i++) {
            char expected[32];
            size_t number = seen + i;
            (void)snprintf(expected, sizeof(expected), "ep-%04zu",
                           number > 299 ? number - 1 : number);
            CHECK_TEXT(ln_bytes(items[i].endpoint, items[i].endpoint_len), expected);
        }
        if (count > 0) {
            static struct credential last;
            last = items[count - 1];
            page.after = ln_bytes(last.endpoint, last.endpoint_len);
            page.after_place = credential_place(&last);
        }
    }
    CHECK_EQ(seen, 1001);
}

/* Bootstrap credentials of four endpoints among two thousand: more than are looked at at once. */
TEST(a_list_of_few_among_many_finds_them_all_and_leaves_out_who_left)
{
    static const char *const few[] = {"ep-0003", "ep-0998", "ep-1500", "ep-1999"};
    static struct credential items[8];
    struct credential_page page = {.purpose = CREDENTIAL_BOOTSTRAP};
    struct credential_file file;

    given_memory();
    given_a_file_of(2000, &file);
    struct credentials_change change = {.inputs = file.inputs, .count = file.count};
    CHECK_EQ(carry_out(&change), CREDENTIALS_DONE);
    credential_file_free(&file);
    for (size_t i = 0; i < LN_COUNT(few); i++) {
        struct credential_fields fields = psk(few[i], few[i], "01");
        fields.purpose = ln_bytes_of_text("bootstrap");
        CHECK_EQ(put(fields), CREDENTIALS_DONE);
    }
    CHECK_EQ(credentials_list(credentials, &page, items, 8), LN_COUNT(few));
    CHECK_TEXT(ln_bytes(items[3].endpoint, items[3].endpoint_len), "ep-1999");
    CHECK_EQ(credentials_list(credentials, &page, items, 2), 2);
    page.prefix = ln_bytes_of_text("ep-1");
    CHECK_EQ(credentials_list(credentials, &page, items, 8), 2);
    CHECK_EQ(delete_slot("ep-1500", 0), CREDENTIALS_DONE);
    CHECK_EQ(credentials_list(credentials, &page, items, 8), 1);
}

/* Comes and goes at random, and stands in order all the while. */
TEST(the_order_of_endpoints_holds_whoever_comes_and_goes)
{
    static struct credential items[64];
    struct credential_page page = {.purpose = -1};
    bool there[50] = {false};
    uint32_t dice = 1;

    given_memory();
    for (int i = 0; i < 3000; i++) {
        char name[8];
        dice = dice * 1664525 + 1013904223;
        size_t which = (dice >> 16) % LN_COUNT(there);
        (void)snprintf(name, sizeof(name), "%02zu", which);
        CHECK_EQ(there[which] ? delete_slot(name, 0) : put(psk(name, name, "01")),
                 CREDENTIALS_DONE);
        there[which] = !there[which];
        size_t count = credentials_list(credentials, &page, items, LN_COUNT(items));
        size_t at = 0;
        for (size_t k = 0; k < LN_COUNT(there); k++) {
            (void)snprintf(name, sizeof(name), "%02zu", k);
            if (there[k]) {
                CHECK_TEXT(ln_bytes(items[at].endpoint, items[at].endpoint_len), name);
                at++;
            }
        }
        CHECK_EQ(count, at);
    }
}

int credentials_tests(void)
{
    const struct CMUnitTest tests[] = {
#define STORY(name) cmocka_unit_test_teardown(name, over)
        STORY(a_key_is_found_by_its_identity_and_by_no_other),
        STORY(an_identity_tells_its_endpoint),
        STORY(two_keys_are_valid_at_once_and_the_older_one_goes),
        STORY(an_identity_has_one_key_at_a_time),
        STORY(one_of_two_can_be_taken_away),
        STORY(an_identity_belongs_to_one_endpoint),
        STORY(who_holds_sessions_is_told_of_changes),
        STORY(a_key_is_there_again_after_a_restart),
        STORY(the_key_file_is_made_at_first_need_for_its_owner_alone),
        STORY(a_wrong_or_missing_master_key_ends_the_start_and_makes_no_new_one),
        STORY(a_master_key_from_the_environment_is_hex_or_base64_of_32_bytes),
        STORY(a_row_that_somebody_moved_to_another_endpoint_does_not_open),
        STORY(the_key_stands_nowhere_in_memory_of_the_table),
        cmocka_unit_test(what_is_wrong_with_a_credential_is_said_by_its_member),
        cmocka_unit_test(keys_have_64_bytes_and_identities_128_at_most),
        cmocka_unit_test(a_file_is_taken_whole_or_its_wrong_line_is_said),
        STORY(an_import_is_in_force_whole_or_not_at_all),
        STORY(a_list_goes_page_by_page_in_the_order_of_endpoints),
        STORY(a_list_of_few_among_many_finds_them_all_and_leaves_out_who_left),
        STORY(the_order_of_endpoints_holds_whoever_comes_and_goes),
    };

    return RUN_TESTS(tests);
}
