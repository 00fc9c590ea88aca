/* Read and Discover. */

#include "support.h"

static unsigned format_of(const struct ln_coap_message *m)
{
    struct ln_coap_options o;

    CHECK_OK(ln_coap_options(m, &o));
    return o.content_format;
}

static uint8_t code_of_read(const char *path)
{
    return read_path(path, LN_FORMAT_NONE).code;
}

/* ETS int-201 */
TEST(reads_resources_as_text)
{
    given_a_registered_client(LN_VERSION_1_1);

    struct ln_coap_message m = read_path("/3/0/0", LN_FORMAT_TEXT);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_EQ(format_of(&m), LN_FORMAT_TEXT);
    CHECK_TEXT(m.payload, "Open Mobile Alliance");
    CHECK_TEXT(read_path("/1/0/1", LN_FORMAT_TEXT).payload, "300");
    CHECK_TEXT(read_path("/1/0/6", LN_FORMAT_TEXT).payload, "0");
}

/* ETS int-203 */
TEST(reads_an_instance_as_tlv)
{
    given_a_registered_client(LN_VERSION_1_1);

    struct ln_coap_message m = read_path("/3/0", LN_FORMAT_TLV);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_EQ(format_of(&m), LN_FORMAT_TLV);
    CHECK_BYTES(m.payload, "\xC8\x00\x14Open Mobile Alliance"
                           "\xC8\x01\x16Lightweight M2M Client"
                           "\xC8\x02\x09"
                           "345000123"
                           "\xC3\x03"
                           "1.0"
                           "\x83\x0B\x41\x00\x00"
                           "\xC4\x0D\x51\x82\x42\x8F"
                           "\xC1\x10U");
}

/* ETS int-222 */
TEST(reads_an_object_with_its_instances)
{
    given_a_registered_client(LN_VERSION_1_1);

    struct ln_coap_message m = read_path("/1", LN_FORMAT_TLV);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_BYTES(m.payload, "\x08\x00\x16"
                           "\xC1\x00\x65"     /* 0: 101 */
                           "\xC2\x01\x01\x2C" /* 1: 300 */
                           "\xC1\x02\x00\xC1\x03\x00\xC1\x05\x00\xC1\x06\x00"
                           "\xC1\x07U");
}

TEST(an_object_without_instances_reads_as_nothing)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.tests.count = 0;

    struct ln_coap_message m = read_path("/3442", LN_FORMAT_TLV);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_EQ(m.payload.len, 0);
}

/* ETS int-225; spec: CORE-1.1.1 §6.3.1 Read: resource instances from 1.1 on */
TEST(reads_one_resource_instance_from_1_1_on)
{
    given_a_registered_client(LN_VERSION_1_1);
    CHECK_TEXT(read_path("/3/0/11/0", LN_FORMAT_TEXT).payload, "0");
    CHECK_EQ(code_of_read("/3/0/11/1"), LN_COAP_4_04);

    given_a_registered_client(LN_VERSION_1_0);
    CHECK_EQ(code_of_read("/3/0/11/0"), LN_COAP_4_05);
}

TEST(a_list_is_read_in_order_with_its_ids)
{
    given_a_registered_client(LN_VERSION_1_1);
    f.device.voltages.count = 2;
    f.device.voltages.ids[0] = 1;
    f.device.voltages.ids[1] = 300;
    f.device.voltages.values[0] = 3800;
    f.device.voltages.values[1] = -5;

    CHECK_BYTES(read_path("/3/0/7", LN_FORMAT_TLV).payload,
                "\x88\x07\x08\x42\x01\x0E\xD8\x61\x01\x2C\xFB");
    CHECK_TEXT(read_path("/3/0/7/300", LN_FORMAT_TEXT).payload, "-5");
}

/* spec: CORE-1.1.1 §7.4: without Accept the choice is ours; 1.0 knows TLV only */
TEST(without_accept_a_single_value_is_text_from_1_1_on_and_tlv_in_1_0)
{
    given_a_registered_client(LN_VERSION_1_1);
    struct ln_coap_message m = read_path("/3/0/3", LN_FORMAT_NONE);
    CHECK_EQ(format_of(&m), LN_FORMAT_TEXT);
    m = read_path("/3442/0/150", LN_FORMAT_NONE);
    CHECK_EQ(format_of(&m), LN_FORMAT_OPAQUE);
    m = read_path("/3/0/11", LN_FORMAT_NONE);
    CHECK_EQ(format_of(&m), LN_FORMAT_TLV);
    m = read_path("/3/0", LN_FORMAT_NONE);
    CHECK_EQ(format_of(&m), LN_FORMAT_TLV);

    given_a_registered_client(LN_VERSION_1_0);
    m = read_path("/3/0/3", LN_FORMAT_NONE);
    CHECK_EQ(format_of(&m), LN_FORMAT_TLV);
    CHECK_BYTES(m.payload, "\xC3\x03"
                           "1.0");
}

TEST(a_format_that_cannot_be_made_is_not_acceptable)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(read_path("/3/0", 110).code, LN_COAP_4_06);
    CHECK_EQ(read_path("/3/0", LN_FORMAT_TEXT).code, LN_COAP_4_06);
    CHECK_EQ(read_path("/3/0/0", LN_FORMAT_OPAQUE).code, LN_COAP_4_06);
}

/* ETS int-221; spec: TRANSPORT-1.1.1 §6.4.3: wins over all else */
TEST(keys_and_their_like_are_for_the_bootstrap_server_only)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(code_of_read("/0"), LN_COAP_4_01);
    CHECK_EQ(code_of_read("/0/0/5"), LN_COAP_4_01);
    CHECK_EQ(code_of_read("/0/99"), LN_COAP_4_01);
    CHECK_EQ(code_of_read("/21/0"), LN_COAP_4_01);
    CHECK_EQ(code_of_read("/23/0"), LN_COAP_4_01);
    CHECK_EQ(read_path("/0/0", LN_FORMAT_LINK).code, LN_COAP_4_01);
    CHECK_EQ(write_text("/0/0/0", "x").code, LN_COAP_4_01);
    CHECK_EQ(post("/0", LN_FORMAT_TLV, BYTES("\xC1\x00\x00")).code, LN_COAP_4_01);
    CHECK_EQ(ask(&(struct question){LN_COAP_DELETE, "/0", NO_FORMAT}).code, LN_COAP_4_01);
    CHECK_EQ(execute("/0/0/0", NULL).code, LN_COAP_4_01);
}

/* spec: TRANSPORT-1.1.1 §6.4.3: there before readable, readable before a format */
TEST(what_is_not_there_comes_before_what_may_not_be_read)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(code_of_read("/99"), LN_COAP_4_04);
    CHECK_EQ(code_of_read("/3/1"), LN_COAP_4_04);
    CHECK_EQ(code_of_read("/3/1/4"), LN_COAP_4_04);
    CHECK_EQ(code_of_read("/3/0/99"), LN_COAP_4_04);
    CHECK_EQ(code_of_read("/3/0/9"), LN_COAP_4_04);  /* marked as absent */
    CHECK_EQ(code_of_read("/3/0/17"), LN_COAP_4_04); /* a text that is NULL */
    CHECK_EQ(code_of_read("/3/0/6"), LN_COAP_4_04);  /* an empty list */
    CHECK_EQ(code_of_read("/3/0/4"), LN_COAP_4_05);
    CHECK_EQ(read_path("/3/0/4", 9999).code, LN_COAP_4_05);
    CHECK_EQ(code_of_read("/3/0/0/0"), LN_COAP_4_05);
    CHECK_EQ(code_of_read("/3/x"), LN_COAP_4_04);
    CHECK_EQ(code_of_read("/3/0/0/0/0"), LN_COAP_4_04);
    CHECK_EQ(code_of_read("/"), LN_COAP_4_05);
    CHECK_EQ(ask(&(struct question){LN_COAP_DELETE, "/99/0/1", NO_FORMAT}).code, LN_COAP_4_04);
}

TEST(the_time_goes_on)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_TEXT(read_path("/3/0/13", LN_FORMAT_TEXT).payload, "1367491215");
    f.wall += 10;
    CHECK_TEXT(read_path("/3/0/13", LN_FORMAT_TEXT).payload, "1367491225");
}

/* RFC 7959 §2.4 */
TEST(a_long_answer_is_cut_into_blocks_from_the_whole)
{
    uint8_t whole[2048];
    struct ln_writer w = ln_writer(whole, sizeof(whole));
    struct ln_coap_options o;
    struct ln_bytes first_etag = {0};
    uint8_t etag[8];

    given_a_registered_client(LN_VERSION_1_1);
    for (uint32_t i = 0; i < 100; i++) {
        struct ln_coap_message m =
            ask(&(struct question){LN_COAP_GET, "/3442/0", LN_FORMAT_TLV, LN_FORMAT_NONE,
                                   .block2 = {i, 2, false, true}});
        CHECK_EQ(m.code, LN_COAP_2_05);
        CHECK_OK(ln_coap_options(&m, &o));
        CHECK_EQ(o.block2.number, i);
        CHECK_EQ(o.block2.size_exponent, 2);
        ln_write_bytes(&w, m.payload);
        CHECK(o.etag.len > 0);
        if (i == 0) {
            memcpy(etag, o.etag.at, o.etag.len);
            first_etag = ln_bytes(etag, o.etag.len);
        }
        CHECK(ln_bytes_equal(o.etag, first_etag));
        if (!o.block2.more) {
            break;
        }
        CHECK_EQ(m.payload.len, 64);
    }
    CHECK(w.written > 128);
    struct ln_coap_message m = read_path("/3442/0", LN_FORMAT_TLV);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK(ln_bytes_equal(m.payload, ln_writer_bytes(&w)));
    CHECK_EQ(options_of(&m, LN_COAP_BLOCK2), 0);
}

TEST(an_answer_that_fits_no_datagram_starts_with_its_first_block)
{
    struct ln_coap_options o;

    given_a_client(LN_VERSION_1_1);
    f.config.datagram_size = 160;
    CHECK_OK(ln_client_init(&f.client, sizeof(f.client), &f.config));
    ln_client_start(&f.client, f.now);
    link_goes_up();
    struct ln_coap_message m;
    CHECK(client_sends(&m));
    server_answers(&m, LN_COAP_2_01, "rd/1");

    m = read_path("/3442/0", LN_FORMAT_TLV);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_OK(ln_coap_options(&m, &o));
    CHECK(o.block2.present);
    CHECK(o.block2.more);
    CHECK_EQ(o.block2.size_exponent, 2);
    CHECK_EQ(m.payload.len, 64);
    CHECK(o.size2 > 64);
    /* A larger block than fits is answered with a smaller one at the same place. */
    m = ask(&(struct question){LN_COAP_GET, "/3442/0", LN_FORMAT_TLV, LN_FORMAT_NONE,
                               .block2 = {1, 3, false, true}});
    CHECK_OK(ln_coap_options(&m, &o));
    CHECK_EQ(o.block2.number, 2);
    CHECK_EQ(o.block2.size_exponent, 2);
}

TEST(a_block_beyond_the_end_is_refused)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(ask(&(struct question){LN_COAP_GET, "/3/0/3", LN_FORMAT_TEXT, LN_FORMAT_NONE,
                                    .block2 = {1, 0, false, true}})
                 .code,
             LN_COAP_4_00);
    CHECK_EQ(ask(&(struct question){LN_COAP_GET, "/3/0/3", LN_FORMAT_TEXT, LN_FORMAT_NONE,
                                    .block2 = {0xFFFFF, 6, false, true}})
                 .code,
             LN_COAP_4_00);
}

/* ETS int-260 */
TEST(discover_lists_what_is_there)
{
    given_a_registered_client(LN_VERSION_1_1);

    struct ln_coap_message m = read_path("/3", LN_FORMAT_LINK);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_EQ(format_of(&m), LN_FORMAT_LINK);
    CHECK_TEXT(m.payload, "</3>,</3/0>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,</3/0/5>,"
                          "</3/0/11>;dim=1,</3/0/12>,</3/0/13>,</3/0/16>");
    CHECK_TEXT(read_path("/1/0", LN_FORMAT_LINK).payload,
               "</1/0>,</1/0/0>,</1/0/1>,</1/0/2>,</1/0/3>,</1/0/4>,</1/0/5>,</1/0/6>,"
               "</1/0/7>,</1/0/8>");
    CHECK_TEXT(read_path("/3/0/11", LN_FORMAT_LINK).payload, "</3/0/11>;dim=1,</3/0/11/0>");
    CHECK_TEXT(read_path("/3/0/4", LN_FORMAT_LINK).payload, "</3/0/4>");
}

TEST(discover_of_1_0_lists_no_instances)
{
    given_a_registered_client(LN_VERSION_1_0);

    CHECK_TEXT(read_path("/1", LN_FORMAT_LINK).payload,
               "</1>,</1/0/0>,</1/0/1>,</1/0/2>,</1/0/3>,</1/0/4>,</1/0/5>,</1/0/6>,</1/0/7>,"
               "</1/0/8>");
    CHECK_TEXT(read_path("/3/0/11", LN_FORMAT_LINK).payload, "</3/0/11>;dim=1");
}

TEST(discover_of_what_is_not_there_is_not_found)
{
    given_a_registered_client(LN_VERSION_1_1);

    CHECK_EQ(read_path("/9", LN_FORMAT_LINK).code, LN_COAP_4_04);
    CHECK_EQ(read_path("/3/1", LN_FORMAT_LINK).code, LN_COAP_4_04);
    CHECK_EQ(read_path("/3/0/9", LN_FORMAT_LINK).code, LN_COAP_4_04);
    CHECK_EQ(read_path("/3/0/11/0", LN_FORMAT_LINK).code, LN_COAP_4_05);
}

int read_tests(void)
{
    const struct CMUnitTest reading[] = {
        cmocka_unit_test(reads_resources_as_text),
        cmocka_unit_test(reads_an_instance_as_tlv),
        cmocka_unit_test(reads_an_object_with_its_instances),
        cmocka_unit_test(an_object_without_instances_reads_as_nothing),
        cmocka_unit_test(reads_one_resource_instance_from_1_1_on),
        cmocka_unit_test(a_list_is_read_in_order_with_its_ids),
        cmocka_unit_test(without_accept_a_single_value_is_text_from_1_1_on_and_tlv_in_1_0),
        cmocka_unit_test(a_format_that_cannot_be_made_is_not_acceptable),
        cmocka_unit_test(keys_and_their_like_are_for_the_bootstrap_server_only),
        cmocka_unit_test(what_is_not_there_comes_before_what_may_not_be_read),
        cmocka_unit_test(the_time_goes_on),
        cmocka_unit_test(a_long_answer_is_cut_into_blocks_from_the_whole),
        cmocka_unit_test(an_answer_that_fits_no_datagram_starts_with_its_first_block),
        cmocka_unit_test(a_block_beyond_the_end_is_refused),
        cmocka_unit_test(discover_lists_what_is_there),
        cmocka_unit_test(discover_of_1_0_lists_no_instances),
        cmocka_unit_test(discover_of_what_is_not_there_is_not_found),
    };

    return RUN_TESTS(reading);
}
