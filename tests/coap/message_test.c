/* Datagrams taken apart: the examples of RFC 7252, and all that must be refused. */

#include "coap_test.h"

#include <stdlib.h>

/*
 * Parses a copy in a block of just its size, so that a read beyond it is seen. Walks the options
 * too. What the message borrowed is gone when it returns.
 */
static ln_err parse_copy(struct ln_bytes datagram, struct ln_coap_message *m)
{
    uint8_t *copy = malloc(datagram.len > 0 ? datagram.len : 1);
    assert_non_null(copy);
    if (datagram.len > 0) {
        memcpy(copy, datagram.at, datagram.len);
    }
    ln_err err = ln_coap_parse(ln_bytes(copy, datagram.len), m);
    if (err == LN_OK) {
        struct ln_coap_option_cursor option = ln_coap_option_first(m);
        unsigned sum = 0;

        while (ln_coap_option_next(&option)) {
            sum += ln_checksum(option.value);
        }
        sum += ln_checksum(m->payload);
        CHECK(!option.in.failed && ln_reader_left(&option.in) == 0 && sum > 0);
    }
    free(copy);
    return err;
}

static void check_refused(struct ln_bytes datagram)
{
    struct ln_coap_message m;

    CHECK_ERR(parse_copy(datagram, &m), LN_ERR_BAD_MESSAGE);
}

static void check_taken(struct ln_bytes datagram)
{
    struct ln_coap_message m;

    CHECK_OK(parse_copy(datagram, &m));
}

#define HEADER "\x40\x01\x7d\x34"

/* RFC 7252 appendix A, figure 16. */
TEST(reads_a_confirmable_get_and_its_piggybacked_response)
{
    struct ln_coap_message m;
    struct ln_coap_option_cursor option;

    CHECK_OK(ln_coap_parse(BYTES(HEADER "\xbbtemperature"), &m));
    CHECK_EQ(m.type, LN_COAP_CON);
    CHECK_EQ(m.code, LN_COAP_GET);
    CHECK_EQ(m.id, 0x7d34);
    CHECK_EQ(m.token.len, 0);
    CHECK(!m.has_payload);
    option = ln_coap_option_first(&m);
    CHECK(ln_coap_option_next(&option));
    CHECK_EQ(option.number, LN_COAP_URI_PATH);
    CHECK_TEXT(option.value, "temperature");
    CHECK(!ln_coap_option_next(&option));

    CHECK_OK(ln_coap_parse(BYTES("\x60\x45\x7d\x34\xff"
                                 "22.3 C"),
                           &m));
    CHECK_EQ(m.type, LN_COAP_ACK);
    CHECK_EQ(m.code, LN_COAP_2_05);
    CHECK_EQ(m.options.len, 0);
    CHECK(m.has_payload);
    CHECK_TEXT(m.payload, "22.3 C");
}

/* RFC 7252 appendix A, figure 17. */
TEST(reads_the_token_of_a_request)
{
    struct ln_coap_message m;
    struct ln_coap_token same = {{0x20}, 1};
    struct ln_coap_token longer = {{0x20, 0}, 2};

    CHECK_OK(ln_coap_parse(BYTES("\x41\x01\x7d\x35\x20\xbbtemperature"), &m));
    CHECK_EQ(m.token.len, 1);
    CHECK_EQ(m.token.bytes[0], 0x20);
    CHECK(ln_coap_token_equal(&m.token, &same));
    CHECK(!ln_coap_token_equal(&m.token, &longer));
}

TEST(reads_tokens_of_up_to_eight_bytes_and_refuses_longer_ones)
{
    check_taken(BYTES("\x48\x01\x00\x01tokentok"));
    check_refused(BYTES("\x48\x01\x00\x01tokento"));
    for (uint8_t length = 9; length <= 15; length++) {
        uint8_t datagram[] = "?\x01\x00\x01tokentokentokento";

        datagram[0] = (uint8_t)(0x40 | length);
        check_refused(ln_bytes(datagram, 4U + length)); /* all of it is there */
    }
}

TEST(drops_a_message_of_another_version)
{
    uint16_t id;

    check_refused(BYTES("\x00\x01\x7d\x34"));
    check_refused(BYTES("\x80\x01\x7d\x34"));
    check_refused(BYTES("\xc0\x01\x7d\x34"));
    CHECK(!ln_coap_reject(BYTES("\x80\x01\x7d\x34"), &id));
}

TEST(refuses_a_datagram_without_a_whole_header)
{
    uint16_t id;

    check_refused(ln_bytes(NULL, 0));
    check_refused(BYTES("\x40\x01\x7d"));
    CHECK(!ln_coap_reject(ln_bytes(NULL, 0), &id));
    CHECK(!ln_coap_reject(BYTES("\x40\x01\x7d"), &id));
}

TEST(refuses_an_empty_message_that_is_not_empty)
{
    check_taken(BYTES("\x40\x00\x00\x01"));
    check_taken(BYTES("\x60\x00\x00\x01"));
    check_taken(BYTES("\x70\x00\x00\x01"));
    check_refused(BYTES("\x41\x00\x00\x01t"));
    check_refused(BYTES("\x40\x00\x00\x01\xb1x"));
    check_refused(BYTES("\x60\x00\x00\x01\xffx"));
}

TEST(refuses_the_reserved_classes_of_codes)
{
    for (unsigned code = 0; code < 256; code++) {
        uint8_t datagram[] = {0x40, (uint8_t)code, 0, 1};
        unsigned class = code >> 5;

        if (class == 1 || class == 6 || class == 7) {
            check_refused(ln_bytes(datagram, sizeof(datagram)));
        } else {
            check_taken(ln_bytes(datagram, sizeof(datagram)));
        }
    }
}

TEST(refuses_a_code_that_the_type_may_not_carry)
{
    check_refused(BYTES("\x50\x00\x00\x01")); /* an empty NON */
    check_refused(BYTES("\x60\x01\x00\x01")); /* a request in an ACK */
    check_refused(BYTES("\x70\x01\x00\x01")); /* a Reset that is not empty */
    check_refused(BYTES("\x70\x45\x00\x01"));
}

TEST(refuses_a_marker_without_a_payload)
{
    check_refused(BYTES(HEADER "\xff"));
    check_refused(BYTES(HEADER "\xb1x\xff"));
    check_taken(BYTES(HEADER "\xb1x\xff\xff")); /* the second is payload */
}

TEST(keeps_type_and_id_of_what_it_refuses)
{
    struct ln_coap_message m;

    CHECK_ERR(ln_coap_parse(BYTES("\x50\x03\x12\x34\xff"), &m), LN_ERR_BAD_MESSAGE);
    CHECK_EQ(m.type, LN_COAP_NON);
    CHECK_EQ(m.code, LN_COAP_PUT);
    CHECK_EQ(m.id, 0x1234);
}

/* Every way to say a number or a length: in the nibble, with one byte more, with two. */
TEST(reads_every_form_of_an_option_header)
{
    static const uint32_t values[] = {0, 1, 12, 13, 14, 268, 269, 270, 1000};
    static uint8_t zeros[1000];
    static uint8_t datagram[4 + 5 + sizeof(zeros)];

    for (size_t d = 0; d < LN_COUNT(values); d++) {
        for (size_t l = 0; l < LN_COUNT(values); l++) {
            struct ln_writer w = ln_writer(datagram, sizeof(datagram));
            unsigned delta_nibble = values[d] < 13 ? values[d] : values[d] < 269 ? 13 : 14;
            unsigned length_nibble = values[l] < 13 ? values[l] : values[l] < 269 ? 13 : 14;
            struct ln_coap_message m;
            struct ln_coap_option_cursor option;

            ln_write_bytes(&w, BYTES(HEADER));
            ln_write_u8(&w, (uint8_t)(delta_nibble << 4 | length_nibble));
            if (delta_nibble == 13) {
                ln_write_u8(&w, (uint8_t)(values[d] - 13));
            } else if (delta_nibble == 14) {
                ln_write_u16(&w, (uint16_t)(values[d] - 269));
            }
            if (length_nibble == 13) {
                ln_write_u8(&w, (uint8_t)(values[l] - 13));
            } else if (length_nibble == 14) {
                ln_write_u16(&w, (uint16_t)(values[l] - 269));
            }
            ln_write_bytes(&w, ln_bytes(zeros, values[l]));
            CHECK(!w.failed);
            check_taken(ln_writer_bytes(&w));
            CHECK_OK(ln_coap_parse(ln_writer_bytes(&w), &m));
            option = ln_coap_option_first(&m);
            CHECK(ln_coap_option_next(&option));
            CHECK_EQ(option.number, values[d]);
            CHECK_EQ(option.value.len, values[l]);
            CHECK(!ln_coap_option_next(&option));
        }
    }
}

TEST(refuses_option_headers_that_are_reserved_or_cut)
{
    check_refused(BYTES(HEADER "\xf0")); /* delta 15 with a length that is not 15 */
    check_refused(BYTES(HEADER "\xf1x"));
    check_refused(BYTES(HEADER "\x0f"
                               "aaaaaaaaaaaaaaaa")); /* length 15 */
    check_refused(BYTES(HEADER "\xd0"));             /* no extended delta */
    check_refused(BYTES(HEADER "\xe0\x00"));         /* half of it */
    check_refused(BYTES(HEADER "\x0d"));             /* no extended length */
    check_refused(BYTES(HEADER "\x0e\x00"));         /* half of it */
    check_refused(BYTES(HEADER "\xb2x"));            /* a value cut */
    check_refused(BYTES(HEADER "\xbd\x00"
                               "aaaaaaaaaaaa"));
}

TEST(refuses_option_numbers_beyond_sixteen_bits)
{
    check_taken(BYTES(HEADER "\xe0\xfe\xf2"));   /* 65535 */
    check_refused(BYTES(HEADER "\xe0\xfe\xf3")); /* 65536 */
    check_refused(BYTES(HEADER "\xe0\xff\xff"));
    check_refused(BYTES(HEADER "\xe0\xfe\xf2\x10")); /* 65535 + 1 */
}

TEST(refuses_or_reads_every_truncation_without_a_look_beyond)
{
    /* PUT /3/0 with Content-Format, a Uri-Query of 13 bytes, Block1 and a payload. */
    static const char whole[] = "\x44\x03\x12\x34TOKN"
                                "\xb1"
                                "3"
                                "\x01"
                                "0"
                                "\x12\x2d\x16"
                                "\x3d\x00pmin=10&pmax="
                                "\xc1\x08"
                                "\xff"
                                "payload";
    static const uint8_t ends[] = {8, 10, 12, 15, 30, 32}; /* after the token and each option */
    size_t length = sizeof(whole) - 1;

    CHECK_EQ(length, 40);
    for (size_t cut = 0; cut <= length; cut++) {
        bool good = cut >= 34;

        for (size_t i = 0; i < LN_COUNT(ends); i++) {
            good = good || cut == ends[i];
        }
        if (good) {
            check_taken(ln_bytes(whole, cut));
        } else {
            check_refused(ln_bytes(whole, cut));
        }
    }
}

TEST(survives_random_bytes)
{
    uint32_t seed = 1;
    unsigned taken = 0;

    for (int i = 0; i < 200000; i++) {
        uint8_t datagram[24];
        size_t length = coap_test_random(&seed, sizeof(datagram) + 1);
        struct ln_coap_message m;

        for (size_t j = 0; j < length; j++) {
            datagram[j] = (uint8_t)coap_test_random(&seed, 256);
        }
        if (length > 1 && i % 2 == 0) {
            datagram[0] = (uint8_t)(0x40 | (datagram[0] & 0x33)); /* mostly good headers */
            datagram[1] &= 0x5f;
        }
        taken += parse_copy(ln_bytes(datagram, length), &m) == LN_OK;
    }
    CHECK(taken > 1000 && taken < 150000);
}

TEST(answers_a_refused_con_with_a_reset_and_nothing_else)
{
    uint16_t id = 0;

    CHECK(ln_coap_reject(BYTES("\x40\x00\x12\x34"), &id)); /* a ping */
    CHECK_EQ(id, 0x1234);
    CHECK(ln_coap_reject(BYTES("\x4f\x01\xab\xcd"), &id)); /* a reserved token length */
    CHECK_EQ(id, 0xabcd);
    CHECK(ln_coap_reject(BYTES("\x40\xe1\x00\x01\xff"), &id)); /* a reserved class */
    CHECK(!ln_coap_reject(BYTES("\x50\x45\x00\x01"), &id));
    CHECK(!ln_coap_reject(BYTES("\x60\x00\x00\x01"), &id));
    CHECK(!ln_coap_reject(BYTES("\x60\x01\x00\x01"), &id));
    CHECK(!ln_coap_reject(BYTES("\x70\x00\x00\x01"), &id));
}

TEST(finds_options_of_ascending_numbers_with_one_cursor)
{
    struct ln_coap_message m;
    struct ln_coap_option_cursor option;

    /* Uri-Path 3, Uri-Path 0, Content-Format 40, Uri-Query b=U */
    CHECK_OK(ln_coap_parse(BYTES(HEADER "\xb1"
                                        "3"
                                        "\x01"
                                        "0"
                                        "\x11\x28"
                                        "\x33"
                                        "b=U"),
                           &m));
    option = ln_coap_option_first(&m);
    CHECK(!ln_coap_option_find(&option, LN_COAP_ETAG));
    CHECK(ln_coap_option_find(&option, LN_COAP_URI_PATH));
    CHECK_TEXT(option.value, "3");
    CHECK(ln_coap_option_find(&option, LN_COAP_URI_PATH));
    CHECK_TEXT(option.value, "0");
    CHECK(!ln_coap_option_find(&option, LN_COAP_URI_PATH));
    CHECK(!ln_coap_option_find(&option, LN_COAP_MAX_AGE));
    CHECK(ln_coap_option_find(&option, LN_COAP_URI_QUERY));
    CHECK_TEXT(option.value, "b=U");
    CHECK(!ln_coap_option_find(&option, LN_COAP_SIZE1));
}

int message_tests(void)
{
    static const struct CMUnitTest message[] = {
        cmocka_unit_test(reads_a_confirmable_get_and_its_piggybacked_response),
        cmocka_unit_test(reads_the_token_of_a_request),
        cmocka_unit_test(reads_tokens_of_up_to_eight_bytes_and_refuses_longer_ones),
        cmocka_unit_test(drops_a_message_of_another_version),
        cmocka_unit_test(refuses_a_datagram_without_a_whole_header),
        cmocka_unit_test(refuses_an_empty_message_that_is_not_empty),
        cmocka_unit_test(refuses_the_reserved_classes_of_codes),
        cmocka_unit_test(refuses_a_code_that_the_type_may_not_carry),
        cmocka_unit_test(refuses_a_marker_without_a_payload),
        cmocka_unit_test(keeps_type_and_id_of_what_it_refuses),
        cmocka_unit_test(reads_every_form_of_an_option_header),
        cmocka_unit_test(refuses_option_headers_that_are_reserved_or_cut),
        cmocka_unit_test(refuses_option_numbers_beyond_sixteen_bits),
        cmocka_unit_test(refuses_or_reads_every_truncation_without_a_look_beyond),
        cmocka_unit_test(survives_random_bytes),
        cmocka_unit_test(answers_a_refused_con_with_a_reset_and_nothing_else),
        cmocka_unit_test(finds_options_of_ascending_numbers_with_one_cursor),
    };

    return RUN_TESTS(message);
}
