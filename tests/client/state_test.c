/* The state that outlives a restart: two accounts with keys, rights and attributes, and a section of
 * the app's. The servers are 101 and 102. */

#include "reporting_support.h"

enum { CONTROLS = 4, KEY = 32, STATE = 2048 };

static struct ln_access_control controls[CONTROLS];
static uint16_t control_ids[CONTROLS];
static struct ln_instances store;
static struct ln_object_entry objects[6];
static uint8_t keys[ACCOUNTS][3][KEY];
static uint8_t saved[STATE];

/* The app's section: a number, and whether it may be taken. */
static struct {
    uint32_t number;
    bool refuses;
} own;

static void save_own(const void *context, struct ln_writer *w)
{
    (void)context;
    ln_write_u32(w, own.number);
}

static ln_err restore_own(void *context, struct ln_reader *in, enum ln_write_step step)
{
    uint32_t number = ln_read_u32(in);

    (void)context;
    if (own.refuses) {
        return LN_ERR_BAD_VALUE;
    }
    if (step == LN_STORE) {
        own.number = number;
    }
    return LN_OK;
}

static const struct ln_client_section sections[] = {
    {LN_SECTION_OF_APP, NULL, save_own, restore_own}};

static struct ln_bytes save(void)
{
    struct ln_writer w = ln_writer(saved, sizeof(saved));

    ln_client_save(&f.client, sections, LN_COUNT(sections), &w);
    CHECK(!w.failed);
    return ln_writer_bytes(&w);
}

/* From a block of just that size. */
static ln_err restore(struct ln_bytes bytes)
{
    uint8_t *exact = test_malloc(bytes.len + 1);
    struct ln_reader in = ln_reader(ln_bytes(exact, bytes.len));

    memcpy(exact, bytes.at, bytes.len);
    ln_err err = ln_client_restore(&f.client, sections, LN_COUNT(sections), &in);
    CHECK(err != LN_OK || ln_reader_left(&in) == 0);
    test_free(exact);
    return err;
}

static void put_key(struct ln_buffer *buffer, const char *text)
{
    struct ln_writer w = ln_writer(buffer->at, buffer->size);

    ln_write_text(&w, text);
    buffer->len = (uint32_t)w.written;
}

static void given_keys(void)
{
    memset(keys, 0, sizeof(keys));
    for (size_t i = 0; i < ACCOUNTS; i++) {
        f.security[i].identity = (struct ln_buffer){keys[i][0], KEY, 0};
        f.security[i].server_key = (struct ln_buffer){keys[i][1], KEY, 0};
        f.security[i].secret = (struct ln_buffer){keys[i][2], KEY, 0};
    }
}

/* Two servers whose attributes, accounts and rights say something. */
static void given_a_state(void)
{
    given_two_servers();
    given_keys();
    put_key(&f.security[0].identity, "device-1");
    put_key(&f.security[1].secret, "open sesame");
    f.account[1].lifetime = 77;
    f.account[1].min_period = 5;
    f.account[1].absent = 1U << 3;
    strcpy(f.account[1].binding, "UQ");
    store = (struct ln_instances){controls, control_ids, sizeof(controls[0]), CONTROLS, 0};
    CHECK(ln_access_control_grant(ln_access_control_add(&store, 3, 0, 101), 102, 5));
    CHECK(ln_access_control_add(&store, 33002, LN_ID_NONE, 65535) != NULL);
    objects[0] = f.objects[0];
    objects[1] = f.objects[1];
    objects[2] = (struct ln_object_entry){&ln_access_control_object, &store};
    objects[3] = f.objects[2];
    objects[4] = f.objects[3];
    objects[5] = f.objects[4];
    f.config.objects = objects;
    f.config.object_count = LN_COUNT(objects);
    CHECK_EQ(write_attributes("/33002/0/1", "pmin=5&gt=-20.5").code, LN_COAP_2_04);
    f.link = 1;
    CHECK_EQ(write_attributes("/33002", "pmax=60").code, LN_COAP_2_04);
    own.number = 42;
    own.refuses = false;
}

/* As it comes from the factory: one account, nothing else. */
static void given_a_fresh_client(void)
{
    memset(f.security, 0, sizeof(f.security));
    memset(f.account, 0, sizeof(f.account));
    memset(controls, 0, sizeof(controls));
    given_keys();
    strcpy(f.security[0].uri, "coap://192.0.2.9");
    f.security[0].short_id = f.account[0].short_id = 9;
    f.account[0].alert = 7;
    f.account[0].min_period = 11;
    f.securities.count = f.accounts.count = 1;
    store.count = 0;
    own.number = 0;
    CHECK_OK(ln_client_init(&f.client, sizeof(f.client), &f.config));
}

static uint32_t digest(void)
{
    uint32_t sum = ln_checksum(ln_bytes(keys, sizeof(keys)));

    sum = sum * 31 + ln_checksum(ln_bytes(f.security, sizeof(f.security)));
    sum = sum * 31 + ln_checksum(ln_bytes(f.account, sizeof(f.account)));
    sum = sum * 31 + ln_checksum(ln_bytes(controls, sizeof(controls)));
    sum = sum * 31 +
          ln_checksum(ln_bytes(reporting.attributes, SETS * sizeof(*reporting.attributes)));
    return sum * 31 + own.number + store.count * 3U + f.securities.count * 5U +
           f.accounts.count * 7U;
}

static void the_client_registers(void)
{
    struct ln_coap_message m;

    ln_client_start(&f.client, f.now);
    link_goes_up();
    link_goes_up();
    for (size_t i = 0; i < ACCOUNTS; i++) {
        CHECK(client_sends(&m));
        server_answers(&m, LN_COAP_2_01, "rd/5a");
        CHECK(client_tells(LN_CLIENT_REGISTERED));
    }
}

TEST(what_was_saved_is_there_again)
{
    given_a_state();
    struct ln_bytes before = save();
    given_a_fresh_client();
    CHECK_OK(restore(before));

    CHECK_EQ(f.securities.count, 2);
    CHECK_BYTES(ln_bytes(keys[0][0], f.security[0].identity.len), "device-1");
    CHECK_BYTES(ln_bytes(keys[1][2], f.security[1].secret.len), "open sesame");
    assert_string_equal(f.security[0].uri, "coap://192.0.2.1");
    CHECK_EQ(f.accounts.count, 2);
    CHECK_EQ(f.account[1].short_id, 102);
    CHECK_EQ(f.account[1].lifetime, 77);
    assert_string_equal(f.account[1].binding, "UQ");
    CHECK_EQ(ln_access_control_rights(ln_access_control_find(&store, 3, 0), 102), 5);
    CHECK(ln_access_control_find(&store, 33002, LN_ID_NONE) != NULL);
    CHECK_EQ(own.number, 42);
}

TEST(what_was_not_there_is_not_there_again)
{
    given_a_state();
    struct ln_bytes before = save();
    given_a_fresh_client();
    CHECK_OK(restore(before));
    CHECK_EQ(f.account[0].absent, 1U << 2 | 1U << 3);
    CHECK_EQ(f.account[0].min_period, 0);
    CHECK_EQ(f.account[1].absent, 1U << 3);
    CHECK_EQ(f.account[1].min_period, 5);
}

TEST(a_restored_state_is_saved_as_the_same_bytes)
{
    uint8_t first[STATE];

    given_a_state();
    struct ln_bytes before = save();
    memcpy(first, before.at, before.len);
    given_a_fresh_client();
    CHECK_OK(restore(before));
    for (size_t i = 0; i < 2; i++) { /* before the client is started, and after */
        struct ln_bytes again = save();
        CHECK_EQ(again.len, before.len);
        assert_memory_equal(again.at, first, before.len);
        if (i == 0) {
            the_client_registers();
        }
    }
}

TEST(attributes_are_again_those_of_their_server)
{
    given_a_state();
    struct ln_bytes before = save();
    given_a_fresh_client();
    CHECK_OK(restore(before));
    the_client_registers();
    f.link = 0;
    CHECK_TEXT(read_path("/33002/0/1", LN_FORMAT_LINK).payload, "</33002/0/1>;pmin=5;gt=-20.5");
    f.link = 1;
    CHECK_TEXT(read_path("/33002/0/1", LN_FORMAT_LINK).payload, "</33002/0/1>;pmin=5;pmax=60");
}

TEST(a_writer_without_a_window_counts)
{
    struct ln_writer count = ln_writer_window(NULL, 0, 0);
    uint8_t small[40];
    struct ln_writer w = ln_writer(small, sizeof(small));

    given_a_state();
    size_t len = save().len;
    ln_client_save(&f.client, sections, LN_COUNT(sections), &count);
    CHECK(!count.failed);
    CHECK_EQ(count.written, len);
    ln_client_save(&f.client, sections, LN_COUNT(sections), &w);
    CHECK(w.failed);
}

TEST(a_state_may_stand_among_other_bytes)
{
    struct ln_writer w = ln_writer(saved, sizeof(saved));

    given_a_state();
    ln_write_text(&w, "before");
    ln_client_save(&f.client, sections, LN_COUNT(sections), &w);
    ln_write_text(&w, "after");
    given_a_fresh_client();
    struct ln_reader in = ln_reader(ln_writer_bytes(&w));
    (void)ln_read_bytes(&in, 6);
    CHECK_OK(ln_client_restore(&f.client, sections, LN_COUNT(sections), &in));
    CHECK_TEXT(ln_read_rest(&in), "after");
}

/* ---- Refused: the client is as before ---- */

static void check_refused(struct ln_bytes bytes, ln_err expected)
{
    uint32_t before = digest();

    CHECK_ERR(restore(bytes), expected);
    CHECK_EQ(digest(), before);
}

TEST(a_state_that_was_cut_is_refused)
{
    given_a_state();
    struct ln_bytes whole = save();
    given_a_fresh_client();
    for (size_t len = 0; len < whole.len; len++) {
        check_refused(ln_bytes(whole.at, len), LN_ERR_BAD_PAYLOAD);
    }
}

TEST(a_state_with_a_damaged_byte_is_refused)
{
    given_a_state();
    struct ln_bytes whole = save();
    given_a_fresh_client();
    for (size_t i = 0; i < whole.len; i++) {
        saved[i] ^= 0x04;
        uint32_t before = digest();
        CHECK(restore(whole) != LN_OK);
        CHECK_EQ(digest(), before);
        saved[i] ^= 0x04;
    }
}

/* Puts a right checksum under the changed bytes. */
static void seal(size_t len)
{
    struct ln_writer w = ln_writer(saved + len - 4, 4);

    ln_write_u32(&w, ln_checksum(ln_bytes(saved, len - 4)));
}

TEST(a_newer_state_is_refused)
{
    given_a_state();
    struct ln_bytes whole = save();
    given_a_fresh_client();
    saved[4] = 2;
    seal(whole.len);
    check_refused(whole, LN_ERR_VERSION);
    saved[4] = 0;
    seal(whole.len);
    check_refused(whole, LN_ERR_BAD_PAYLOAD);
}

TEST(a_section_that_nobody_takes_is_refused)
{
    given_a_state();
    struct ln_bytes whole = save();
    given_a_fresh_client();
    uint32_t before = digest();
    struct ln_reader in = ln_reader(whole);
    CHECK_ERR(ln_client_restore(&f.client, NULL, 0, &in), LN_ERR_VERSION);
    CHECK_EQ(digest(), before);
}

TEST(a_section_that_says_no_leaves_all_as_it_was)
{
    given_a_state();
    struct ln_bytes whole = save();
    given_a_fresh_client();
    own.refuses = true;
    check_refused(whole, LN_ERR_BAD_VALUE);
}

TEST(what_does_not_fit_is_refused)
{
    given_a_state();
    struct ln_bytes whole = save();
    given_a_fresh_client();
    f.securities.capacity = 1;
    check_refused(whole, LN_ERR_NO_SPACE);
    f.securities.capacity = ACCOUNTS;
    reporting.attribute_count = 1;
    check_refused(whole, LN_ERR_NO_SPACE);
    reporting.attribute_count = SETS;
    f.security[1].secret.size = 3;
    check_refused(whole, LN_ERR_BAD_VALUE);
    f.security[1].secret.size = KEY;
    CHECK_OK(restore(whole));
}

TEST(a_device_without_object_2_refuses_rights)
{
    given_a_state();
    struct ln_bytes whole = save();
    given_a_fresh_client();
    f.config.objects = f.objects;
    f.config.object_count = 5;
    check_refused(whole, LN_ERR_VERSION);
}

TEST(a_client_that_was_started_takes_no_state)
{
    given_a_state();
    struct ln_bytes whole = save();
    check_refused(whole, LN_ERR_CONFLICT);
}

int state_tests(void)
{
    const struct CMUnitTest state[] = {
        cmocka_unit_test(what_was_saved_is_there_again),
        cmocka_unit_test(what_was_not_there_is_not_there_again),
        cmocka_unit_test(a_restored_state_is_saved_as_the_same_bytes),
        cmocka_unit_test(attributes_are_again_those_of_their_server),
        cmocka_unit_test(a_writer_without_a_window_counts),
        cmocka_unit_test(a_state_may_stand_among_other_bytes),
        cmocka_unit_test(a_state_that_was_cut_is_refused),
        cmocka_unit_test(a_state_with_a_damaged_byte_is_refused),
        cmocka_unit_test(a_newer_state_is_refused),
        cmocka_unit_test(a_section_that_nobody_takes_is_refused),
        cmocka_unit_test(a_section_that_says_no_leaves_all_as_it_was),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_device_without_object_2_refuses_rights),
        cmocka_unit_test(a_client_that_was_started_takes_no_state),
    };

    return RUN_TESTS(state);
}
