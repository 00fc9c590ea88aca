/* What a bootstrap server sends wrong: the right code, nothing half done, and an event that says why. */

#include "bootstrap_support.h"
#include "support.h"

#define NOTHING      ln_bytes(NULL, 0)
#define REASON(name) LN_CLIENT_BOOTSTRAP_##name##_REASON

/* ---- Single requests ---- */

struct bad {
    const char *path;
    uint16_t format;
    struct ln_bytes payload;
    uint8_t code;
};

/* What Discover and Read say, which a refused request must not change. */
static uint32_t look(void)
{
    uint32_t sum = ln_checksum(ln_bytes_of_text(bootstrap_discovers("/")));

    for (int i = 1; i <= 2; i++) {
        struct ln_coap_message m = bootstrap_asks(LN_COAP_GET, i == 1 ? "/1" : "/2",
                                                  LN_FORMAT_TLV, LN_FORMAT_NONE, NOTHING);
        CHECK_EQ(m.code, LN_COAP_2_05);
        sum = sum * 31 + ln_checksum(m.payload);
    }
    return sum;
}

static void then_refused(const struct bad *bad, size_t count)
{
    struct ln_path path;

    given_a_bootstrap(LN_VERSION_1_1);
    bootstrap_writes_server(0, 1);
    uint32_t before = look();
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(bootstrap_asks(LN_COAP_PUT, bad[i].path, LN_FORMAT_NONE, bad[i].format,
                                bad[i].payload)
                     .code,
                 bad[i].code);
        CHECK_EQ(bs.machine.stats.refused, i + 1);
        CHECK_EQ(look(), before);
    }
    CHECK(ln_path_of_text(ln_bytes_of_text(bad[count - 1].path), &path));
    then_it_failed(REASON(BAD_REQUEST), bad[count - 1].path);
    CHECK_EQ(bs.event.code, bad[count - 1].code);
}

TEST(unknown_objects_and_those_that_may_not_be_changed)
{
    static const struct bad bad[] = {
        {"/500", LN_FORMAT_TLV, {NULL, 0}, LN_COAP_4_00},
        {"/500/0", LN_FORMAT_TLV, {NULL, 0}, LN_COAP_4_00},
        {"/3/1", LN_FORMAT_TLV, {NULL, 0}, LN_COAP_4_00},
    };

    then_refused(bad, LN_COUNT(bad));
}

TEST(values_of_the_wrong_type_or_out_of_range)
{
    const struct bad bad[] = {
        {"/1/0/1", LN_FORMAT_TEXT, BYTES("soon"), LN_COAP_4_00},
        {"/1/0/1", LN_FORMAT_TEXT, BYTES("-1"), LN_COAP_4_00},
        {"/1/0/6", LN_FORMAT_TEXT, BYTES("2"), LN_COAP_4_00},
        {"/1/0/7", LN_FORMAT_TEXT, BYTES("X"), LN_COAP_4_00},
        {"/1/0/0", LN_FORMAT_TEXT, BYTES("70000"), LN_COAP_4_00},
        {"/1/0", LN_FORMAT_TLV, BYTES("\xc3\x01\x00\x00\x05"), LN_COAP_4_00},
        {"/1/0", LN_FORMAT_TLV, BYTES("\xc1\x02\x09\xc2\x06\x01\x01"), LN_COAP_4_00},
        {"/0/0", LN_FORMAT_SENML_JSON, BYTES("[{\"n\":\"/0/0/0\",\"v\":5}]"), LN_COAP_4_00},
        {"/0/0/2", LN_FORMAT_TEXT, BYTES("256"), LN_COAP_4_00},
        {"/0/0/13", LN_FORMAT_TEXT, BYTES("4"), LN_COAP_4_00},
        {"/0/0/15", LN_FORMAT_TEXT, BYTES("4"), LN_COAP_4_00},
        {"/2/0", LN_FORMAT_TLV, BYTES("\x83\x02\x41\x05\x20"), LN_COAP_4_00},
        {"/1/0/4", LN_FORMAT_TEXT, BYTES("1"), LN_COAP_4_00},
    };

    then_refused(bad, LN_COUNT(bad));
}

TEST(a_single_resource_is_no_list_and_a_list_no_single_value)
{
    const struct bad bad[] = {
        {"/1/0", LN_FORMAT_TLV, BYTES("\x83\x01\x41\x00\x05"), LN_COAP_4_00},
        {"/2/0", LN_FORMAT_TLV, BYTES("\xc1\x02\x05"), LN_COAP_4_00},
    };

    then_refused(bad, LN_COUNT(bad));
}

TEST(what_does_not_parse_or_is_of_no_format_here)
{
    const struct bad bad[] = {
        {"/1/0", LN_FORMAT_TLV, BYTES("\xc9\x01"), LN_COAP_4_00},
        {"/1", LN_FORMAT_TLV, BYTES("\x00\x11\x22\x33\x44\x55"), LN_COAP_4_00},
        {"/1", LN_FORMAT_SENML_JSON, BYTES("[{\"n\":\"/1/0/1\","), LN_COAP_4_00},
        {"/1", LN_FORMAT_SENML_JSON, BYTES("[{\"n\":\"/0/0/1\",\"vb\":true}]"), LN_COAP_4_00},
        {"/1", LN_FORMAT_TLV, BYTES("\xc1\x01\x05"), LN_COAP_4_00},
        {"/1/0", LN_FORMAT_SENML_CBOR, BYTES("\x80"), LN_COAP_4_15},
        {"/1/0", 4711, BYTES("x"), LN_COAP_4_15},
        {"/1/0", LN_FORMAT_TEXT, BYTES("x"), LN_COAP_4_15},
        {"/1/0/1", LN_FORMAT_NONE, BYTES("70"), LN_COAP_4_00},
        {"/2/0/2/1", LN_FORMAT_TEXT, BYTES("1"), LN_COAP_4_00},
    };

    then_refused(bad, LN_COUNT(bad));
}

/* One of several instances is bad: none is written. */
TEST(an_object_is_written_whole_or_not_at_all)
{
    const struct bad bad[] = {
        {"/1", LN_FORMAT_TLV,
         BYTES("\x06\x00\xc1\x00\x05\xc1\x01\x09\x06\x01\xc1\x00\x06\xc1\x06\x07"),
         LN_COAP_4_00},
        {"/1", LN_FORMAT_TLV,
         BYTES("\x03\x00\xc1\x00\x05\x03\x01\xc1\x00\x06\x03\x02\xc1\x00\x07\x03\x03\xc1\x00"
               "\x08"),
         LN_COAP_5_00},
        {"/1", LN_FORMAT_SENML_JSON,
         BYTES("[{\"n\":\"/1/1/0\",\"v\":5},{\"n\":\"/1/0/0\",\"v\":6},{\"n\":\"/1/1/"
               "1\",\"v\":5}]"),
         LN_COAP_4_00},
    };

    then_refused(bad, LN_COUNT(bad));
}

TEST(absurd_sizes)
{
    static uint8_t long_text[400];
    const struct bad bad[] = {
        {"/0/0/0", LN_FORMAT_TEXT, ln_bytes(long_text, 300), LN_COAP_4_00},
        {"/0/0/5", LN_FORMAT_OPAQUE, ln_bytes(long_text, BS_KEY + 1), LN_COAP_4_00},
        {"/1/0", LN_FORMAT_TLV, BYTES("\xd8\x07\xff\xff\xffUU"), LN_COAP_4_00},
    };

    memset(long_text, 'x', sizeof(long_text));
    then_refused(bad, LN_COUNT(bad));
}

static uint8_t put_block(uint32_t number, uint8_t exponent, struct ln_bytes part)
{
    uint8_t datagram[BS_DATAGRAM];
    const struct ln_coap_token token = {{1}, 1};
    const struct ln_coap_block block = {
        .number = number, .size_exponent = exponent, .more = true, .present = true};
    struct ln_coap_message m;
    struct ln_coap_builder b = ln_coap_start(datagram, sizeof(datagram), LN_COAP_CON,
                                             LN_COAP_PUT, bs.next_id++, &token);

    ln_coap_add_path(&b, LN_COAP_URI_PATH, ln_path_object(0));
    ln_coap_add_uint(&b, LN_COAP_CONTENT_FORMAT, LN_FORMAT_TLV);
    ln_coap_add_block(&b, LN_COAP_BLOCK1, block);
    ln_coap_add_payload(&b, part);
    device_receives(LN_LINK_BOOTSTRAP, ln_bytes(datagram, ln_coap_finish(&b)));
    return device_sends(&m) ? m.code : 0;
}

TEST(a_body_beyond_the_room_for_one)
{
    static const uint8_t part[256];

    given_a_bootstrap(LN_VERSION_1_1);
    for (uint32_t i = 0; i < BS_BODY / sizeof(part); i++) {
        CHECK_EQ(put_block(i, 4, ln_bytes(part, sizeof(part))), LN_COAP_2_31);
    }
    CHECK_EQ(put_block(BS_BODY / sizeof(part), 4, ln_bytes(part, sizeof(part))), LN_COAP_4_13);
}

TEST(without_a_part_for_blocks_there_is_one_answer_to_them)
{
    given_a_device_to_bootstrap(LN_VERSION_1_1);
    bs.config.blocks = NULL;
    CHECK_OK(ln_client_bootstrap_init(&bs.machine, sizeof(bs.machine), &bs.config));
    ln_client_bootstrap_start(&bs.machine, bs.now);
    bootstrap_begins();
    CHECK_EQ(put_block(0, 0, BYTES("0123456789abcdef")), LN_COAP_4_13);
}

TEST(methods_and_paths_that_no_operation_has)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(bootstrap_asks(LN_COAP_POST, "/1", LN_FORMAT_NONE, LN_FORMAT_TLV, NOTHING).code,
             LN_COAP_4_05);
    CHECK_EQ(
        bootstrap_asks(LN_COAP_POST, "/bs/1", LN_FORMAT_NONE, LN_FORMAT_NONE, NOTHING).code,
        LN_COAP_4_00);
    CHECK_EQ(bootstrap_asks(LN_COAP_PUT, "/", LN_FORMAT_NONE, LN_FORMAT_TLV, NOTHING).code,
             LN_COAP_4_00);
    CHECK_EQ(bootstrap_asks(LN_COAP_GET, "/rd", LN_FORMAT_LINK, LN_FORMAT_NONE, NOTHING).code,
             LN_COAP_4_00);
    CHECK_EQ(bs.machine.stats.refused, 4);
    CHECK(bs.machine.is_open);
}

/* ---- Finish ---- */

static void write_record(struct ln_record record)
{
    char path[LN_PATH_TEXT_MAX + 1];
    struct ln_writer w = ln_writer(path, sizeof(path));

    ln_write_path(&w, ln_path_up(record.path, 3));
    path[w.written] = '\0';
    CHECK_EQ(bootstrap_writes(path, &record, 1), LN_COAP_2_04);
}

/* A sound account first; then what is to make it unsound. */
static void given_all_is_well(void)
{
    given_a_bootstrap(LN_VERSION_1_1);
    bootstrap_writes_server(0, 1);
}

static void then_finish_is_refused(enum ln_client_bootstrap_reason reason, const char *path)
{
    CHECK_EQ(bootstrap_finishes(), LN_COAP_4_06);
    CHECK(bs.machine.is_open);
    CHECK_EQ(bs.machine.stats.inconsistent, 1);
    then_it_failed(reason, path);
    CHECK_EQ(bs.event.code, LN_COAP_4_06);
    CHECK_EQ(bs.kept, 0);
}

TEST(finish_without_a_server_account)
{
    given_a_bootstrap(LN_VERSION_1_1);
    then_finish_is_refused(REASON(NO_SERVER), "/1");
}

TEST(finish_with_two_bootstrap_accounts)
{
    given_all_is_well();
    write_record(record_of(0, 0, 1, ln_value_boolean(true)));
    then_finish_is_refused(REASON(TWO_BOOTSTRAP_ACCOUNTS), "/0/1/1");
}

TEST(finish_with_a_server_account_without_security)
{
    given_all_is_well();
    CHECK_EQ(bootstrap_deletes("/0/0"), LN_COAP_2_02);
    write_record(record_of(1, 0, 0, ln_value_integer(1)));
    write_record(record_of(1, 0, 1, ln_value_integer(1)));
    write_record(record_of(1, 0, 6, ln_value_boolean(true)));
    write_record(record_of(1, 0, 7, ln_value_string("U")));
    then_finish_is_refused(REASON(NO_SECURITY), "/1/0");
}

TEST(finish_with_security_that_no_account_needs)
{
    given_all_is_well();
    CHECK_EQ(bootstrap_deletes("/1/0"), LN_COAP_2_02);
    then_finish_is_refused(REASON(NO_SERVER_OBJECT), "/0/0");
}

/* spec: LightweightM2M-1.1-int-9 */
TEST(finish_where_a_mandatory_resource_is_missing)
{
    given_a_bootstrap(LN_VERSION_1_1);
    write_record(record_of(1, 0, 5, ln_value_integer(30)));
    then_finish_is_refused(REASON(MISSING), "/1/0/0");
}

TEST(finish_with_a_short_id_that_is_none)
{
    given_all_is_well();
    write_record(record_of(0, 0, 10, ln_value_integer(65535)));
    then_finish_is_refused(REASON(BAD_SHORT_ID), "/0/0/10");
}

TEST(finish_with_one_short_id_for_two)
{
    given_all_is_well();
    bootstrap_writes_server(2, 1);
    then_finish_is_refused(REASON(SHORT_ID_TWICE), "/0/2/10");
}

TEST(finish_with_a_mode_that_is_none)
{
    given_all_is_well();
    write_record(record_of(0, 0, 2, ln_value_integer(7)));
    write_record(record_of(0, 0, 0, ln_value_string("coaps://192.0.2.77")));
    then_finish_is_refused(REASON(BAD_SECURITY), "/0/0/2");
}

TEST(finish_with_a_mode_but_no_keys)
{
    given_all_is_well();
    write_record(record_of(0, 0, 2, ln_value_integer(LN_SECURITY_PSK)));
    write_record(record_of(0, 0, 0, ln_value_string("coaps://192.0.2.77")));
    then_finish_is_refused(REASON(BAD_SECURITY), "/0/0/2");
}

TEST(finish_with_a_uri_that_is_none)
{
    given_all_is_well();
    write_record(record_of(0, 0, 0, ln_value_string("http://192.0.2.77")));
    then_finish_is_refused(REASON(BAD_URI), "/0/0/0");
}

TEST(a_bootstrap_server_may_mend_it_and_finish_again)
{
    given_a_bootstrap(LN_VERSION_1_1);
    CHECK_EQ(bootstrap_finishes(), LN_COAP_4_06);
    bootstrap_writes_server(0, 1);
    CHECK_EQ(bootstrap_finishes(), LN_COAP_2_04);
    CHECK(device_tells(LN_CLIENT_BOOTSTRAPPED));
    CHECK_EQ(bs.machine.stats.failed, 0);
}

TEST(what_cannot_be_kept_is_undone)
{
    given_all_is_well();
    bs.keeps = LN_ERR_SYSTEM;
    CHECK_EQ(bootstrap_finishes(), LN_COAP_5_00);
    CHECK_EQ(bs.kept, 1);
    then_it_failed(REASON(NOT_KEPT), "/");
    CHECK_EQ(bs.machine.stats.bootstrapped, 0);
}

int bootstrap_bad_input_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_objects_and_those_that_may_not_be_changed),
        cmocka_unit_test(values_of_the_wrong_type_or_out_of_range),
        cmocka_unit_test(a_single_resource_is_no_list_and_a_list_no_single_value),
        cmocka_unit_test(what_does_not_parse_or_is_of_no_format_here),
        cmocka_unit_test(an_object_is_written_whole_or_not_at_all),
        cmocka_unit_test(absurd_sizes),
        cmocka_unit_test(a_body_beyond_the_room_for_one),
        cmocka_unit_test(without_a_part_for_blocks_there_is_one_answer_to_them),
        cmocka_unit_test(methods_and_paths_that_no_operation_has),
        cmocka_unit_test(finish_without_a_server_account),
        cmocka_unit_test(finish_with_two_bootstrap_accounts),
        cmocka_unit_test(finish_with_a_server_account_without_security),
        cmocka_unit_test(finish_with_security_that_no_account_needs),
        cmocka_unit_test(finish_where_a_mandatory_resource_is_missing),
        cmocka_unit_test(finish_with_a_short_id_that_is_none),
        cmocka_unit_test(finish_with_one_short_id_for_two),
        cmocka_unit_test(finish_with_a_mode_that_is_none),
        cmocka_unit_test(finish_with_a_mode_but_no_keys),
        cmocka_unit_test(finish_with_a_uri_that_is_none),
        cmocka_unit_test(a_bootstrap_server_may_mend_it_and_finish_again),
        cmocka_unit_test(what_cannot_be_kept_is_undone),
    };

    return RUN_TESTS(tests);
}
