/* Writing TLV: spec CORE-1.1.1 §7.4.3. */

#include "codec/support.h"

#include "codec/tlv_vectors.h"

#include <stdlib.h>

static void check_encoded(const char *base, const struct ln_record *records, size_t count,
                          const char *hex)
{
    size_t len;
    uint8_t *expected = bytes_of_hex(hex, &len);
    struct ln_bytes written;

    CHECK_OK(encode(&ln_format_tlv, base, records, count, &written));
    CHECK(ln_bytes_equal(written, ln_bytes(expected, len)));
    free(expected);
}

TEST(writes_every_vector_as_it_was_read)
{
    for (size_t i = 0; i < LN_COUNT(tlv_vectors); i++) {
        const struct decoded *got =
            decode_hex(&ln_format_tlv, tlv_vectors[i].base, tlv_vectors[i].hex);
        check_encoded(tlv_vectors[i].base, got->records, got->count, tlv_vectors[i].hex);
    }
}

TEST(starts_at_the_level_that_was_asked_for)
{
    const struct ln_record records[] = {
        {.path = {{2, 2, 2, 310}, 4}, .value = ln_value_integer(1)},
    };

    check_encoded("/2", records, 1,
                  "0602"
                  "8402"
                  "61013601");
    check_encoded("/2/2", records, 1,
                  "8402"
                  "61013601");
    check_encoded("/2/2/2", records, 1,
                  "8402"
                  "61013601");
    check_encoded("/2/2/2/310", records, 1, "61013601");
}

TEST(writes_what_is_there_and_empty)
{
    const struct ln_record instance = {.path = {{3, 0}, 2}};
    const struct ln_record resource = {.path = {{3, 0, 6}, 3}};

    check_encoded("/3", &instance, 1, "0000");
    check_encoded("/3/0", &instance, 1, "");
    check_encoded("/3", &resource, 1, "02008006");
    check_encoded("/3/0", &resource, 1, "8006");
    check_encoded("/3/0/6", &resource, 1, "8006");
    check_encoded("/3", NULL, 0, "");
    check_encoded("/3/0/6", NULL, 0, "");
}

TEST(writes_the_resources_of_a_new_instance_bare)
{
    const struct ln_record records[] = {
        {.path = {{2, LN_ID_NONE, 0}, 3}, .value = ln_value_integer(3)},
        {.path = {{2, LN_ID_NONE, 2, 127}, 4}, .value = ln_value_integer(7)},
    };

    check_encoded("/2", records, 2,
                  "C10003"
                  "8302417F07");
}

TEST(writes_integers_as_short_as_can_be)
{
    static const struct {
        int64_t value;
        const char *hex;
    } rows[] = {
        {0, "C17800"},
        {127, "C1787F"},
        {-128, "C17880"},
        {128, "C2780080"},
        {-129, "C278FF7F"},
        {32767, "C2787FFF"},
        {-32768, "C2788000"},
        {32768, "C47800008000"},
        {INT32_MAX, "C4787FFFFFFF"},
        {INT32_MIN, "C47880000000"},
        {2147483648, "C878080000000080000000"},
        {-2147483649, "C87808FFFFFFFF7FFFFFFF"},
        {INT64_MIN, "C878088000000000000000"},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_record record = {.path = path("/3442/0/120"),
                                   .value = ln_value_integer(rows[i].value)};
        check_encoded("/3442/0", &record, 1, rows[i].hex);
    }
}

TEST(writes_the_other_types)
{
    const struct {
        struct ln_value value;
        const char *hex;
    } rows[] = {
        {ln_value_unsigned(255), "C100FF"},
        {ln_value_unsigned(256), "C2000100"},
        {ln_value_unsigned(UINT32_MAX), "C400FFFFFFFF"},
        {ln_value_unsigned(1ULL << 32), "C800080000000100000000"},
        {ln_value_float(1.5), "C4003FC00000"},
        {ln_value_float(0.1), "C800083FB999999999999A"},
        {ln_value_float(-1e300), "C80008FE37E43C8800759C"},
        {ln_value_boolean(true), "C10001"},
        {ln_value_boolean(false), "C10000"},
        {ln_value_time(1367491215), "C4005182428F"},
        {ln_value_objlnk(65535, 65535), "C400FFFFFFFF"},
        {ln_value_opaque(BYTES("\0\1")), "C2000001"},
        {ln_value_string(""), "C000"},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_record record = {.path = path("/9999/0/0"), .value = rows[i].value};
        check_encoded("/9999/0", &record, 1, rows[i].hex);
    }
}

TEST(writes_lengths_of_8_16_and_24_bits)
{
    static uint8_t content[65536];
    static const struct {
        size_t len;
        const char *header;
    } rows[] = {{7, "C700"},       {8, "C80008"},       {255, "C800FF"},
                {256, "D0000100"}, {65535, "D000FFFF"}, {65536, "D800010000"}};

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        struct ln_record record = {.path = path("/9999/0/0"),
                                   .value = ln_value_opaque(ln_bytes(content, rows[i].len))};
        const struct ln_array array = {&record, 1};
        uint8_t start[5];
        size_t len;
        uint8_t *expected = bytes_of_hex(rows[i].header, &len);
        struct ln_writer w = ln_writer_window(start, len, 0);

        CHECK_OK(ln_encode(&ln_format_tlv, &w, path("/9999/0"), ln_records_of(&array)));
        CHECK_EQ(w.written, len + rows[i].len);
        assert_memory_equal(start, expected, len);
        free(expected);
    }
}

/* Too long by one byte, in one value and in what an instance adds up to. */
TEST(refuses_what_no_length_can_say)
{
    enum { MOST = 0xFFFFFF };
    uint8_t *content = calloc(1, MOST + 1);
    struct ln_record record = {.path = path("/9999/0/0"),
                               .value = ln_value_opaque(ln_bytes(content, MOST))};
    const struct ln_array array = {&record, 1};
    struct ln_writer w = ln_writer_window(NULL, 0, 0);

    CHECK(content != NULL);
    CHECK_OK(ln_encode(&ln_format_tlv, &w, path("/9999/0"), ln_records_of(&array)));
    CHECK_ERR(ln_encode(&ln_format_tlv, &w, path("/9999"), ln_records_of(&array)),
              LN_ERR_TOO_LARGE);
    record.value.as.bytes.len++;
    CHECK_ERR(ln_encode(&ln_format_tlv, &w, path("/9999/0"), ln_records_of(&array)),
              LN_ERR_TOO_LARGE);
    free(content);
}

TEST(refuses_records_that_it_cannot_hold)
{
    static const struct {
        const char *base;
        struct ln_record records[2];
        size_t count;
    } rows[] = {
        {"/", {{.path = {{3, 0, 9}, 3}, .value = {.type = LN_INTEGER}}}, 1},
        {"/3/0", {{.path = {{3, 1, 9}, 3}, .value = {.type = LN_INTEGER}}}, 1},
        {"/3/0", {{.path = {{3}, 1}}}, 1},
        {"/3", {{.path = {{3}, 1}}}, 1},
        {"/3", {{.path = {{3, 0}, 2}, .value = {.type = LN_INTEGER}}}, 1},
        {"/3", {{.path = {{3, 0, 6, 1}, 4}, .value = {.type = LN_NONE}}}, 1},
        {"/3/0/6/1", {{.path = {{3, 0, 6, 1}, 4}, .value = {.type = LN_NONE}}}, 1},
        {"/3",
         {{.path = {{3, 0, 6, 1}, 4}, .value = {.type = LN_INTEGER}},
          {.path = {{3, 0, 6}, 3}, .value = {.type = LN_INTEGER}}},
         2},
        {"/3",
         {{.path = {{3, 0, 9}, 3}, .value = {.type = LN_INTEGER}},
          {.path = {{3, LN_ID_NONE, 9}, 3}, .value = {.type = LN_INTEGER}}},
         2},
    };
    struct ln_bytes out;

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        CHECK_ERR(encode(&ln_format_tlv, rows[i].base, rows[i].records, rows[i].count, &out),
                  LN_ERR_NOT_ACCEPTABLE);
    }
}

TEST(leaves_an_overflow_in_the_writer)
{
    const struct ln_record record = {.path = {{3, 0, 9}, 3}, .value = ln_value_integer(100)};
    const struct ln_array array = {&record, 1};
    uint8_t small[4];
    struct ln_writer w = ln_writer(small, sizeof(small));

    CHECK_OK(ln_encode(&ln_format_tlv, &w, path("/3"), ln_records_of(&array)));
    CHECK(w.failed);
}

int tlv_encode_tests(void);

int tlv_encode_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(writes_every_vector_as_it_was_read),
        cmocka_unit_test(starts_at_the_level_that_was_asked_for),
        cmocka_unit_test(writes_what_is_there_and_empty),
        cmocka_unit_test(writes_the_resources_of_a_new_instance_bare),
        cmocka_unit_test(writes_integers_as_short_as_can_be),
        cmocka_unit_test(writes_the_other_types),
        cmocka_unit_test(writes_lengths_of_8_16_and_24_bits),
        cmocka_unit_test(refuses_what_no_length_can_say),
        cmocka_unit_test(refuses_records_that_it_cannot_hold),
        cmocka_unit_test(leaves_an_overflow_in_the_writer),
    };
    return RUN_TESTS(group);
}
